/* Events: delivered to every listener, in order, on a thread of their own; listeners come and go, also while they run and
 * from inside themselves, and one that is removed is not called again. */
#include "abuse.h"

typedef struct Listener Listener;
struct Listener {
    void *ctx;
    uint64_t id;
    Latch heard;
    Latch let_go; /* waited for by `holds` */
    Latch returned;
    char text[64]; /* of the latest event */
    pthread_t thread;
    void (*act)(Listener *listener);
    int status;
};

static void on_event(int ret, const char *msg, size_t len, void *userData) FFI_NOEXCEPT {
    Listener *listener = (Listener *)userData;
    CHECK_EQ(ret, FFI_RET_OK);
    CHECK(msg != NULL);
    CHECK(len < sizeof listener->text);
    memcpy(listener->text, msg, len);
    listener->text[len] = '\0';
    listener->thread = pthread_self();
    latch_raise(&listener->heard);
    if (listener->act != NULL) {
        listener->act(listener);
    }
    latch_raise(&listener->returned);
}

static void listen_to(void *ctx, const char *event, Listener *listener, void (*act)(Listener *listener)) {
    memset(listener, 0, sizeof *listener);
    latch_init(&listener->heard);
    latch_init(&listener->let_go);
    latch_init(&listener->returned);
    listener->ctx = ctx;
    listener->act = act;
    listener->id = abuse_add_event_listener(ctx, event, on_event, listener);
    CHECK(listener->id != 0);
}

static void emit(void *ctx, const char *text) {
    CHECK_RUN(ctx, abuse_emit, text, FFI_RET_OK, "");
}

static void every_listener_hears(void) {
    Listener one, another, elsewhere, cbor;
    void *ctx = abuse_new("");
    emit(ctx, "nobody hears this");
    CHECK_EQ(abuse_stats_of(ctx).events_emitted, 0);
    listen_to(ctx, "happened", &one, NULL);
    listen_to(ctx, "happened", &another, NULL);
    listen_to(ctx, "never_happens", &elsewhere, NULL);
    CHECK(one.id != another.id);
    memset(&cbor, 0, sizeof cbor);
    latch_init(&cbor.heard);
    latch_init(&cbor.returned);
    CHECK(abuse_add_event_listener_cbor(ctx, "happened", on_event, &cbor) != 0);
    CHECK_EQ(abuse_stats_of(ctx).listeners, 4);
    emit(ctx, "hello");
    LATCH_AWAIT(&one.returned, 1);
    LATCH_AWAIT(&another.returned, 1);
    LATCH_AWAIT(&cbor.returned, 1);
    CHECK_BYTES(one.text, strlen(one.text), "hello");
    CHECK_BYTES(another.text, strlen(another.text), "hello");
    CHECK(!pthread_equal(one.thread, pthread_self()));
    CHECK(pthread_equal(one.thread, another.thread));
    emit(ctx, "");
    LATCH_AWAIT(&one.returned, 2);
    CHECK_BYTES(one.text, strlen(one.text), "");
    CHECK_RUN(ctx, abuse_now, "emit", FFI_RET_OK, "emitted");
    LATCH_AWAIT(&one.returned, 3);
    CHECK_BYTES(one.text, strlen(one.text), "now");
    CHECK_EQ(abuse_destroy(ctx), FFI_RET_OK);
    CHECK_EQ(latch_count(&one.heard), 3);
    CHECK_EQ(latch_count(&another.heard), 3);
    CHECK_EQ(latch_count(&cbor.heard), 3);
    CHECK_EQ(latch_count(&elsewhere.heard), 0);
}

static void refused_listeners(void) {
    char name[300];
    void *ctx = abuse_new("");
    memset(name, 'e', sizeof name);
    name[299] = '\0';
    CHECK_EQ(abuse_add_event_listener(ctx, "happened", NULL, NULL), 0);
    CHECK_EQ(abuse_add_event_listener(ctx, NULL, on_never, NULL), 0);
    CHECK_EQ(abuse_add_event_listener(ctx, "", on_never, NULL), 0);
    CHECK_EQ(abuse_add_event_listener(ctx, "no such event", on_never, NULL), 0);
    CHECK_EQ(abuse_add_event_listener(ctx, "ask", on_never, NULL), 0);
    CHECK_EQ(abuse_add_event_listener(ctx, "\xff", on_never, NULL), 0);
    CHECK_EQ(abuse_add_event_listener(ctx, name, on_never, NULL), 0);
    CHECK_EQ(abuse_remove_event_listener(ctx, 0), FFI_RET_UNKNOWN_TOKEN);
    CHECK_EQ(abuse_remove_event_listener(ctx, 1), FFI_RET_UNKNOWN_TOKEN);
    CHECK_EQ(abuse_remove_event_listener(ctx, UINT64_MAX), FFI_RET_UNKNOWN_TOKEN);
    CHECK_EQ(abuse_stats_of(ctx).listeners, 0);
    emit(ctx, "unheard");
    CHECK_EQ(abuse_destroy(ctx), FFI_RET_OK);
}

/* In the order in which they were emitted, none lost. */
typedef struct Counter {
    Latch heard;
} Counter;

static void on_numbered(int ret, const char *msg, size_t len, void *userData) FFI_NOEXCEPT {
    Counter *counter = (Counter *)userData;
    char expected[24];
    CHECK_EQ(ret, FFI_RET_OK);
    snprintf(expected, sizeof expected, "%lu", latch_count(&counter->heard));
    CHECK_BYTES(msg, len, expected);
    latch_raise(&counter->heard);
}

/* More than the queue holds: the producer waits. What is queued when the context is destroyed is delivered before that
 * returns. */
static void in_order_and_none_lost(void) {
    Counter counter;
    Told told;
    void *ctx = abuse_new("");
    latch_init(&counter.heard);
    CHECK(abuse_add_event_listener(ctx, "happened", on_numbered, &counter) != 0);
    SUBMIT(ctx, abuse_emit_many, "3000", &told);
    CHECK_TOLD(&told, FFI_RET_OK, "");
    CHECK_EQ(abuse_stats_of(ctx).events_emitted, 3000);
    CHECK_EQ(abuse_stats_of(ctx).events_dropped, 0);
    CHECK_EQ(abuse_destroy(ctx), FFI_RET_OK);
    CHECK_EQ(latch_count(&counter.heard), 3000);
}

static void hold(Listener *listener) {
    LATCH_AWAIT(&listener->let_go, 1);
}

/* A listener that takes its time stalls neither requests nor host calls. */
static void a_slow_listener_stalls_nobody(void) {
    Listener slow;
    Function *function;
    void *ctx = abuse_new("");
    listen_to(ctx, "happened", &slow, hold);
    function = function_register(ctx, "ask", act_echo);
    emit(ctx, "1");
    LATCH_AWAIT(&slow.heard, 1);
    emit(ctx, "2");
    CHECK_RUN(ctx, abuse_ask, "meanwhile", FFI_RET_OK, "meanwhile");
    CHECK_EQ(latch_count(&slow.returned), 0);
    latch_raise(&slow.let_go);
    LATCH_AWAIT(&slow.returned, 2);
    CHECK_EQ(abuse_destroy(ctx), FFI_RET_OK);
    CHECK_EQ(latch_count(&slow.heard), 2);
    function_end(function, 1, 0);
}

static void remove_listener(void) {
    Listener removed, stays;
    void *ctx = abuse_new("");
    listen_to(ctx, "happened", &removed, NULL);
    listen_to(ctx, "happened", &stays, NULL);
    emit(ctx, "1");
    LATCH_AWAIT(&stays.returned, 1);
    CHECK_EQ(abuse_remove_event_listener(ctx, removed.id), FFI_RET_OK);
    CHECK_EQ(abuse_remove_event_listener(ctx, removed.id), FFI_RET_UNKNOWN_TOKEN);
    emit(ctx, "2");
    LATCH_AWAIT(&stays.returned, 2);
    CHECK_EQ(latch_count(&removed.heard), 1);
    CHECK_EQ(abuse_stats_of(ctx).listeners, 1);
    CHECK_EQ(abuse_destroy(ctx), FFI_RET_OK);
    CHECK_EQ(latch_count(&removed.heard), 1);
}

static void *removes(void *argument) {
    Listener *listener = (Listener *)argument;
    listener->status = abuse_remove_event_listener(listener->ctx, listener->id);
    /* OK means that it is not running any more, so its userData is ours: whatever it does is done. */
    CHECK_EQ(latch_count(&listener->returned), 1);
    return NULL;
}

/* Removing waits for the delivery that is under way. */
static void remove_while_it_is_called(void) {
    Listener *listener = (Listener *)check_alloc(sizeof *listener);
    pthread_t remover;
    void *ctx = abuse_new("");
    listen_to(ctx, "happened", listener, hold);
    emit(ctx, "1");
    LATCH_AWAIT(&listener->heard, 1);
    emit(ctx, "2");
    remover = start_thread(removes, listener);
    AWAIT(abuse_stats_of(ctx).listeners == 0);
    pause_ms(20);
    CHECK_EQ(latch_count(&listener->returned), 0);
    latch_raise(&listener->let_go);
    join_thread(remover);
    CHECK_EQ(listener->status, FFI_RET_OK);
    CHECK_EQ(latch_count(&listener->heard), 1);
    free(listener);
    CHECK_EQ(abuse_destroy(ctx), FFI_RET_OK);
}

static void remove_itself(Listener *listener) {
    CHECK_EQ(abuse_remove_event_listener(listener->ctx, listener->id), FFI_RET_OK);
    CHECK_EQ(abuse_remove_event_listener(listener->ctx, listener->id), FFI_RET_UNKNOWN_TOKEN);
}

static void remove_from_inside_itself(void) {
    Listener listener, stays;
    void *ctx = abuse_new("");
    listen_to(ctx, "happened", &listener, remove_itself);
    listen_to(ctx, "happened", &stays, NULL);
    emit(ctx, "1");
    emit(ctx, "2");
    LATCH_AWAIT(&stays.returned, 2);
    CHECK_EQ(latch_count(&listener.heard), 1);
    CHECK_EQ(abuse_destroy(ctx), FFI_RET_OK);
    CHECK_EQ(latch_count(&listener.heard), 1);
}

static void remove_next(Listener *listener) {
    /* The ids are given out in order: the next listener is the one after this. */
    CHECK_EQ(abuse_remove_event_listener(listener->ctx, listener->id + 1), FFI_RET_OK);
    listener->act = NULL;
}

/* One that is removed by an earlier listener of the same event does not hear it any more. */
static void remove_another_from_inside(void) {
    Listener first, removed, last;
    void *ctx = abuse_new("");
    listen_to(ctx, "happened", &first, remove_next);
    listen_to(ctx, "happened", &removed, NULL);
    listen_to(ctx, "happened", &last, NULL);
    CHECK_EQ(removed.id, first.id + 1);
    emit(ctx, "1");
    LATCH_AWAIT(&last.returned, 1);
    CHECK_EQ(latch_count(&removed.heard), 0);
    CHECK_EQ(abuse_destroy(ctx), FFI_RET_OK);
    CHECK_EQ(latch_count(&removed.heard), 0);
}

static void act_remove(Function *function, uint64_t token, const char *req, size_t len) {
    Listener *listener = (Listener *)function->extra;
    listener->status = abuse_remove_event_listener(listener->ctx, listener->id);
    act_echo(function, token, req, len);
}

/* On the FFI thread it never waits: it says that the last delivery still runs, as often as it is asked. Asked again on
 * another thread it waits for it. */
static void remove_on_the_ffi_thread(void) {
    Listener listener, stays;
    Function *function;
    pthread_t remover;
    void *ctx = abuse_new("");
    listen_to(ctx, "happened", &listener, hold);
    listen_to(ctx, "happened", &stays, NULL);
    function = function_new(ctx, act_remove);
    function->extra = &listener;
    {
        FFIHostFnOptions options = options_of(function);
        CHECK_EQ(abuse_register_host_fn_with(ctx, "ask", &options), FFI_RET_OK);
    }
    emit(ctx, "1");
    LATCH_AWAIT(&listener.heard, 1);
    emit(ctx, "2");
    CHECK_RUN(ctx, abuse_ask, "remove it", FFI_RET_OK, "remove it");
    CHECK_EQ(listener.status, FFI_RET_BUSY);
    CHECK_EQ(abuse_stats_of(ctx).listeners, 1);
    CHECK_RUN(ctx, abuse_ask, "remove it", FFI_RET_OK, "remove it");
    CHECK_EQ(listener.status, FFI_RET_BUSY);
    CHECK_EQ(latch_count(&listener.returned), 0);
    remover = start_thread(removes, &listener);
    pause_ms(20);
    latch_raise(&listener.let_go);
    join_thread(remover);
    CHECK_EQ(listener.status, FFI_RET_OK);
    CHECK_EQ(latch_count(&listener.heard), 1);
    CHECK_EQ(abuse_remove_event_listener(ctx, listener.id), FFI_RET_UNKNOWN_TOKEN);
    LATCH_AWAIT(&stays.returned, 2);
    /* One that is not running is simply removed. */
    listen_to(ctx, "happened", &listener, NULL);
    CHECK_RUN(ctx, abuse_ask, "remove it", FFI_RET_OK, "remove it");
    CHECK_EQ(listener.status, FFI_RET_OK);
    CHECK_EQ(abuse_destroy(ctx), FFI_RET_OK);
    CHECK_EQ(latch_count(&listener.heard), 0);
    CHECK_EQ(latch_count(&stays.heard), 2);
    function_end(function, 3, 0);
}

static void add_another(Listener *listener) {
    listener->act = NULL;
    listen_to(listener->ctx, "happened", listener + 1, NULL);
}

static void add_from_inside(void) {
    Listener listeners[2];
    void *ctx = abuse_new("");
    listen_to(ctx, "happened", &listeners[0], add_another);
    emit(ctx, "1");
    LATCH_AWAIT(&listeners[0].returned, 1);
    emit(ctx, "2");
    LATCH_AWAIT(&listeners[1].returned, 1);
    CHECK_BYTES(listeners[1].text, strlen(listeners[1].text), "2");
    CHECK_EQ(abuse_destroy(ctx), FFI_RET_OK);
    CHECK_EQ(latch_count(&listeners[0].heard), 2);
    CHECK_EQ(latch_count(&listeners[1].heard), 1);
}

typedef struct Churn {
    void *ctx;
    Latch *ended;
} Churn;

static void *churns(void *argument) {
    Churn *churn = (Churn *)argument;
    int round;
    for (round = 0; round < 200; round++) {
        Listener *listener = (Listener *)check_alloc(sizeof *listener);
        listen_to(churn->ctx, "happened", listener, NULL);
        if (round % 4 == 0) {
            LATCH_AWAIT(&listener->heard, 1);
        }
        CHECK_EQ(abuse_remove_event_listener(churn->ctx, listener->id), FFI_RET_OK);
        /* It is ours again: to use it now would be a use after free. */
        CHECK_EQ(latch_count(&listener->heard), latch_count(&listener->returned));
        free(listener);
    }
    latch_raise(churn->ended);
    return NULL;
}

/* Listeners that are added and removed while events are emitted. */
static void listeners_churn(void) {
    pthread_t threads[2];
    Churn churn;
    Latch ended;
    Listener ever;
    unsigned long emitted = 0;
    churn.ctx = abuse_new("");
    churn.ended = &ended;
    latch_init(&ended);
    listen_to(churn.ctx, "happened", &ever, NULL);
    threads[0] = start_thread(churns, &churn);
    threads[1] = start_thread(churns, &churn);
    for (; latch_count(&ended) < 2; emitted++) {
        emit(churn.ctx, "again");
    }
    join_thread(threads[0]);
    join_thread(threads[1]);
    CHECK_EQ(abuse_destroy(churn.ctx), FFI_RET_OK);
    CHECK_EQ(latch_count(&ever.heard), emitted);
}

static void remove_at_the_very_end(Listener *listener) {
    /* The context is past the point from which it refuses even this; before, there is nothing to unregister. */
    AWAIT(abuse_register_host_fn(listener->ctx, "ask", NULL, NULL) == FFI_RET_CLOSING);
    listener->status = abuse_remove_event_listener(listener->ctx, listener->id);
}

static void *destroys(void *argument) {
    CHECK_EQ(abuse_destroy(argument), FFI_RET_OK);
    return NULL;
}

/* A listener that removes itself while the last events are delivered is not called again either. */
static void remove_from_inside_itself_at_the_end(void) {
    Listener listener;
    pthread_t destroyer;
    void *ctx = abuse_new("");
    listen_to(ctx, "happened", &listener, remove_at_the_very_end);
    CHECK_RUN(ctx, abuse_emit_many, "3", FFI_RET_OK, "");
    LATCH_AWAIT(&listener.heard, 1);
    destroyer = start_thread(destroys, ctx);
    join_thread(destroyer);
    CHECK_EQ(listener.status, FFI_RET_OK);
    CHECK_EQ(latch_count(&listener.heard), 1);
}

int main(void) {
    check_begin();
    RUN(every_listener_hears);
    RUN(refused_listeners);
    RUN(in_order_and_none_lost);
    RUN(a_slow_listener_stalls_nobody);
    RUN(remove_listener);
    RUN(remove_while_it_is_called);
    RUN(remove_from_inside_itself);
    RUN(remove_another_from_inside);
    RUN(remove_on_the_ffi_thread);
    RUN(add_from_inside);
    RUN(listeners_churn);
    RUN(remove_from_inside_itself_at_the_end);
    return 0;
}
