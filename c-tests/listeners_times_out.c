/* After a destroy that timed out: no listener and no callback begins to run, remove_event_listener tells when one that ran has
 * ended, and INVALID_CTX means that nobody is called any more. */
#include "abuse.h"

typedef struct Listener {
    void *ctx;
    uint64_t id;
    Latch begun, ended, let_go;
    int holds; /* until it is let go */
    int status;
} Listener;

static void on_event(int ret, const char *msg, size_t len, void *userData) FFI_NOEXCEPT {
    Listener *listener = (Listener *)userData;
    (void)msg;
    (void)len;
    CHECK_EQ(ret, FFI_RET_OK);
    latch_raise(&listener->begun);
    if (listener->holds) {
        LATCH_AWAIT(&listener->let_go, 1);
    } else {
        pause_ms(1);
    }
    latch_raise(&listener->ended);
}

static void listen_to(Listener *listener, void *ctx, int holds) {
    memset(listener, 0, sizeof *listener);
    latch_init(&listener->begun);
    latch_init(&listener->ended);
    latch_init(&listener->let_go);
    listener->ctx = ctx;
    listener->holds = holds;
    listener->id = abuse_add_event_listener(ctx, "happened", on_event, listener);
    CHECK(listener->id != 0);
}

static void *removes(void *argument) {
    Listener *listener = (Listener *)argument;
    listener->status = abuse_remove_event_listener(listener->ctx, listener->id);
    if (listener->status == FFI_RET_OK) {
        /* So its userData is ours. */
        CHECK_EQ(latch_count(&listener->begun), latch_count(&listener->ended));
    }
    return NULL;
}

/* The FFI thread is stuck, the listener is well, and there are a thousand events that it has not heard. */
static void a_healthy_listener_is_not_called(void) {
    int round;
    for (round = 0; round < 3; round++) {
        Listener listener;
        Told held;
        char name[32];
        unsigned long at_return, heard;
        int status;
        void *ctx = abuse_new("");
        snprintf(name, sizeof name, "stuck %d", round);
        listen_to(&listener, ctx, 0);
        CHECK_RUN(ctx, abuse_emit_many, "1000", FFI_RET_OK, "");
        SUBMIT(ctx, abuse_hold, name, &held);
        CHECK_EQ(abuse_destroy(ctx), FFI_RET_TIMED_OUT);
        at_return = latch_count(&listener.begun);
        CHECK_TOLD(&held, FFI_RET_TIMED_OUT, NULL);
        /* One that ran may have come no further than to the function. */
        if (round == 0) {
            status = abuse_remove_event_listener(ctx, listener.id);
            CHECK(status == FFI_RET_OK || status == FFI_RET_INVALID_CTX);
            heard = latch_count(&listener.begun);
            CHECK_EQ(latch_count(&listener.ended), heard);
            CHECK(heard <= at_return + 1);
            pause_ms(20);
            CHECK_EQ(latch_count(&listener.begun), heard);
        }
        abuse_let_go(name);
        AWAIT(count_threads() == 1);
        CHECK(latch_count(&listener.begun) <= at_return + 1);
        CHECK_EQ(latch_count(&listener.ended), latch_count(&listener.begun));
        CHECK(latch_count(&listener.begun) < 1000);
        CHECK_EQ(abuse_remove_event_listener(ctx, listener.id), FFI_RET_INVALID_CTX);
    }
}

/* The listener is stuck: removing it waits for it, after the destroy too. */
static void a_stuck_listener_tells_when_it_has_ended(void) {
    Listener listener, well;
    pthread_t thread;
    void *ctx = abuse_new("");
    listen_to(&listener, ctx, 1);
    listen_to(&well, ctx, 0);
    CHECK_RUN(ctx, abuse_emit_many, "100", FFI_RET_OK, "");
    LATCH_AWAIT(&listener.begun, 1);
    CHECK_EQ(abuse_destroy(ctx), FFI_RET_TIMED_OUT);
    CHECK_EQ(abuse_destroy(ctx), FFI_RET_INVALID_CTX);
    CHECK_EQ(latch_count(&listener.begun), 1);
    CHECK_EQ(latch_count(&listener.ended), 0);
    thread = start_thread(removes, &listener);
    /* It has a chance to return too early. */
    pause_ms(20);
    CHECK_EQ(latch_count(&listener.ended), 0);
    latch_raise(&listener.let_go);
    join_thread(thread);
    CHECK_EQ(listener.status, FFI_RET_OK);
    AWAIT(count_threads() == 1);
    CHECK_EQ(latch_count(&listener.begun), 1);
    CHECK_EQ(latch_count(&listener.ended), 1);
    CHECK_EQ(latch_count(&well.begun), 0);
    CHECK_EQ(abuse_remove_event_listener(ctx, listener.id), FFI_RET_INVALID_CTX);
}

/* Requests and host calls that were open when the destroy timed out are over: nothing of them begins later. */
static void no_callback_begins(void) {
    Told held, queued, never, elsewhere;
    Function *function;
    void *ctx = abuse_new("");
    unsigned long asked, cancelled;
    function = function_register(ctx, "ask", NULL);
    SUBMIT(ctx, abuse_ask, "", &never);
    SUBMIT(ctx, abuse_ask_elsewhere, "", &elsewhere);
    LATCH_AWAIT(&function->asked, 2);
    SUBMIT(ctx, abuse_hold, "no callback", &held);
    SUBMIT(ctx, abuse_ask, "never asked", &queued);
    CHECK_EQ(abuse_destroy(ctx), FFI_RET_TIMED_OUT);
    CHECK_EQ(latch_count(&held.ended), 1);
    CHECK_EQ(latch_count(&queued.ended), 1);
    CHECK_EQ(latch_count(&never.ended), 1);
    CHECK_EQ(latch_count(&elsewhere.ended), 1);
    asked = latch_count(&function->asked);
    cancelled = latch_count(&function->cancelled);
    abuse_let_go("no callback");
    /* But for the release, which says that the stuck code has let go of it. */
    LATCH_AWAIT(&function->released, 1);
    AWAIT(count_threads() == 1);
    CHECK_EQ(asked, 2);
    function_end(function, 2, cancelled);
}

int main(void) {
    check_begin();
    RUN(a_healthy_listener_is_not_called);
    RUN(a_stuck_listener_tells_when_it_has_ended);
    RUN(no_callback_begins);
    return 0;
}
