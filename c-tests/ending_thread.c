/* Calls from a thread that is ending: from the destructor of a thread-specific value, when the library's own thread locals
 * are gone already, in several rounds. And memory of threads that have ended: requests, registrations and answers do not
 * depend on the thread that they came from. */
#include "abuse.h"

static pthread_key_t key;

typedef struct Ending {
    void *ctx;
    void (*while_running)(struct Ending *ending);
    void (*while_ending)(struct Ending *ending);
    int rounds;
    Latch ended;
    Function *function;
    Latch *latches;
    uint64_t listener;
    int status;
} Ending;

static void end(void *value) {
    Ending *ending = (Ending *)value;
    ending->while_ending(ending);
    if (--ending->rounds > 0) {
        /* One more round, after every other destructor. */
        CHECK_EQ(pthread_setspecific(key, ending), 0);
    } else {
        latch_raise(&ending->ended);
    }
}

static void *begin(void *argument) {
    Ending *ending = (Ending *)argument;
    CHECK_EQ(pthread_setspecific(key, ending), 0);
    if (ending->while_running != NULL) {
        ending->while_running(ending);
    }
    return NULL;
}

/* Runs a thread that does this while it runs, and that, so many times, while it ends. */
static void run_thread(Ending *ending, void (*while_running)(Ending *), void (*while_ending)(Ending *), int rounds) {
    ending->while_running = while_running;
    ending->while_ending = while_ending;
    ending->rounds = rounds;
    latch_init(&ending->ended);
    join_thread(start_thread(begin, ending));
    CHECK_EQ(latch_count(&ending->ended), 1);
}

static void on_ignored(int ret, const char *msg, size_t len, void *userData) FFI_NOEXCEPT {
    (void)ret;
    (void)msg;
    (void)len;
    (void)userData;
}

/* Every function there is. */
static void call_everything(Ending *ending) {
    void *ctx = ending->ctx, *own;
    Function *function;
    FFIHostFnOptions options;
    const uint8_t *bytes = NULL;
    size_t len = 0;
    uint64_t listener;
    CHECK_RUN(ctx, abuse_echo, "echo", FFI_RET_OK, "echo");
    CHECK_RUN(ctx, abuse_now, "", FFI_RET_OK, "");
    CHECK_RUN(ctx, abuse_now, "ask", FFI_RET_OK, "now");
    CHECK_RUN(ctx, abuse_now, "emit", FFI_RET_OK, "emitted");
    CHECK_RUN(ctx, abuse_now, "panic", FFI_RET_PANIC, "told to panic");
    CHECK_RUN(ctx, abuse_ask, "ask", FFI_RET_OK, "ask");
    CHECK_RUN(ctx, abuse_ask_elsewhere, "elsewhere", FFI_RET_OK, "elsewhere");
    CHECK_EQ(abuse_echo(ctx, on_never, NULL, NULL, 1), FFI_RET_INVALID_ARGUMENT);
    CHECK_EQ(abuse_echo(NULL, on_never, NULL, NULL, 0), FFI_RET_INVALID_CTX);
    CHECK_EQ(abuse_cancel(ctx, &own), FFI_RET_UNKNOWN_TOKEN);
    CHECK_EQ(answer(ctx, UINT64_MAX, FFI_RET_OK, ""), FFI_RET_UNKNOWN_TOKEN);
    CHECK_EQ(abuse_host_fn_registered(ctx, "ask"), 1);
    CHECK_EQ(abuse_host_fn_registered(ctx, "other"), 0);
    function = function_new(ctx, act_echo);
    options = options_of(function);
    CHECK_EQ(abuse_register_host_fn_with(ctx, "other", &options), FFI_RET_OK);
    CHECK_RUN(ctx, abuse_ask_other, "other", FFI_RET_OK, "other");
    CHECK_EQ(abuse_register_host_fn(ctx, "other", NULL, NULL), FFI_RET_OK);
    LATCH_AWAIT(&function->released, 1);
    function_end(function, 1, 0);
    listener = abuse_add_event_listener(ctx, "happened", on_ignored, NULL);
    CHECK(listener != 0);
    CHECK_EQ(abuse_remove_event_listener(ctx, listener), FFI_RET_OK);
    CHECK_EQ(abuse_remove_event_listener(ctx, listener), FFI_RET_UNKNOWN_TOKEN);
    CHECK_EQ(abuse_stats_of(ctx).host_fns_registered, 1);
    CHECK_EQ(abuse_abi_descriptor(&bytes, &len), FFI_RET_OK);
    CHECK(abuse_abi_hash() != 0);
    CHECK(abuse_version() != NULL);
    own = abuse_new("");
    CHECK_RUN(own, abuse_echo, "mine", FFI_RET_OK, "mine");
    CHECK_EQ(abuse_destroy(own), FFI_RET_OK);
    own = abuse_new("");
    {
        Told done;
        told_init(&done);
        CHECK_EQ(abuse_close(own, on_told, &done), FFI_RET_OK);
        CHECK_TOLD(&done, FFI_RET_OK, "");
    }
}

static void everything_from_an_ending_thread(void) {
    Ending ending;
    Function *function;
    unsigned long asked;
    memset(&ending, 0, sizeof ending);
    ending.ctx = abuse_new("");
    function = function_register(ending.ctx, "ask", act_echo);
    /* A thread that knows nothing of the library yet, and one that has used all of it. */
    run_thread(&ending, NULL, call_everything, 3);
    run_thread(&ending, call_everything, call_everything, 3);
    asked = 7 * 3;
    CHECK_EQ(abuse_destroy(ending.ctx), FFI_RET_OK);
    function_end(function, asked, 0);
}

static void destroy_it(Ending *ending) {
    CHECK_EQ(abuse_destroy(ending->ctx), ending->rounds == 2 ? FFI_RET_OK : FFI_RET_INVALID_CTX);
}

static void destroyed_by_an_ending_thread(void) {
    Ending ending;
    Told never;
    memset(&ending, 0, sizeof ending);
    ending.ctx = abuse_new("");
    SUBMIT(ending.ctx, abuse_never, "", &never);
    run_thread(&ending, NULL, destroy_it, 2);
    CHECK_EQ(latch_count(&never.ended), 1);
    CHECK_TOLD(&never, FFI_RET_CANCELLED, NULL);
}

static void answer_it(Ending *ending) {
    Function *function = ending->function;
    /* On the heap of a thread that is about to end. */
    char *text = (char *)check_alloc(100);
    memset(text, 'a', 100);
    CHECK_EQ(abuse_host_complete(ending->ctx, function->tokens[0], FFI_RET_OK, text, 100), FFI_RET_OK);
    memset(text, 'b', 100);
    free(text);
}

/* An answer that is decoded, and allocated, on a thread that ends: it is read after that. */
static void answered_by_an_ending_thread(void) {
    Ending ending;
    Told told, held;
    Latch let_go;
    Function *holding;
    int index;
    memset(&ending, 0, sizeof ending);
    ending.ctx = abuse_new("");
    ending.function = function_register(ending.ctx, "ask", NULL);
    holding = function_hold(ending.ctx, "other", &let_go);
    SUBMIT(ending.ctx, abuse_ask, "", &told);
    LATCH_AWAIT(&ending.function->asked, 1);
    SUBMIT(ending.ctx, abuse_ask_other, "", &held);
    LATCH_AWAIT(&holding->asked, 1);
    run_thread(&ending, NULL, answer_it, 1);
    /* The thread is gone, and nobody has looked at the answer yet. */
    CHECK_EQ(latch_count(&told.ended), 0);
    latch_raise(&let_go);
    CHECK_TOLD(&told, FFI_RET_OK, NULL);
    CHECK_EQ(told.len, 100);
    for (index = 0; index < 100; index++) {
        CHECK_EQ(told.text[index], 'a');
    }
    CHECK_TOLD(&held, FFI_RET_OK, "");
    CHECK_EQ(abuse_destroy(ending.ctx), FFI_RET_OK);
    function_end(ending.function, 1, 0);
    function_end(holding, 1, 0);
}

static Told submitted;

static void submit_and_register(Ending *ending) {
    FFIHostFnOptions options;
    char *text = (char *)check_alloc(6);
    memcpy(text, "asked", 5);
    ending->function = function_new(ending->ctx, act_echo);
    options = options_of(ending->function);
    CHECK_EQ(abuse_register_host_fn_with(ending->ctx, "ask", &options), FFI_RET_OK);
    told_init(&submitted);
    CHECK_EQ(abuse_ask(ending->ctx, on_told, &submitted, (const uint8_t *)text, 5), FFI_RET_OK);
    memset(text, 'x', 5);
    free(text);
}

/* A request and a registration that outlive the thread that they came from. */
static void submitted_by_an_ending_thread(void) {
    Ending ending;
    Told held;
    Latch let_go;
    Function *holding;
    memset(&ending, 0, sizeof ending);
    ending.ctx = abuse_new("");
    holding = function_hold(ending.ctx, "other", &let_go);
    SUBMIT(ending.ctx, abuse_ask_other, "", &held);
    LATCH_AWAIT(&holding->asked, 1);
    run_thread(&ending, NULL, submit_and_register, 1);
    CHECK_EQ(latch_count(&submitted.ended), 0);
    latch_raise(&let_go);
    CHECK_TOLD(&submitted, FFI_RET_OK, "asked");
    CHECK_TOLD(&held, FFI_RET_OK, "");
    CHECK_EQ(abuse_destroy(ending.ctx), FFI_RET_OK);
    function_end(ending.function, 1, 0);
    function_end(holding, 1, 0);
}

static void on_held_event(int ret, const char *msg, size_t len, void *userData) FFI_NOEXCEPT {
    Latch *latches = (Latch *)userData;
    (void)msg;
    (void)len;
    CHECK_EQ(ret, FFI_RET_OK);
    latch_raise(&latches[0]);
    LATCH_AWAIT(&latches[1], 1);
    latch_raise(&latches[2]);
}

static void *let_go_soon(void *argument) {
    Latch *latches = (Latch *)argument;
    pause_ms(50);
    latch_raise(&latches[1]);
    return NULL;
}

static void remove_a_running_one(Ending *ending) {
    pthread_t thread;
    int index;
    Latch *latches = ending->latches;
    for (index = 0; index < 3; index++) {
        latch_init(&latches[index]);
    }
    ending->listener = abuse_add_event_listener(ending->ctx, "happened", on_held_event, latches);
    CHECK(ending->listener != 0);
    CHECK_RUN(ending->ctx, abuse_emit, "", FFI_RET_OK, "");
    LATCH_AWAIT(&latches[0], 1);
    thread = start_thread(let_go_soon, latches);
    CHECK_EQ(abuse_remove_event_listener(ending->ctx, ending->listener), FFI_RET_OK);
    /* It has waited for the delivery that was under way. */
    CHECK_EQ(latch_count(&latches[2]), 1);
    join_thread(thread);
}

/* Removing a listener that is running waits for it, on a thread that is ending too. */
static void a_running_listener_removed_by_an_ending_thread(void) {
    Ending ending;
    Latch latches[3];
    memset(&ending, 0, sizeof ending);
    ending.ctx = abuse_new("");
    ending.latches = latches;
    run_thread(&ending, NULL, remove_a_running_one, 2);
    run_thread(&ending, remove_a_running_one, remove_a_running_one, 2);
    CHECK_EQ(abuse_destroy(ending.ctx), FFI_RET_OK);
}

int main(void) {
    check_begin();
    CHECK_EQ(pthread_key_create(&key, end), 0);
    RUN(everything_from_an_ending_thread);
    RUN(destroyed_by_an_ending_thread);
    RUN(answered_by_an_ending_thread);
    RUN(submitted_by_an_ending_thread);
    RUN(a_running_listener_removed_by_an_ending_thread);
    return 0;
}
