/* What a close lets go on, as long as its limits are not reached: here they never are. */
#include "abuse.h"

static void act_never(Function *function, uint64_t token, const char *req, size_t len) {
    (void)function;
    (void)token;
    (void)req;
    (void)len;
}

static void closes(void *ctx, Told *done) {
    told_init(done);
    CHECK_EQ(abuse_close(ctx, on_told, done), FFI_RET_OK);
}

/* While a close is under way a second one is refused, and destroy waits for it. */
static void close_then_close_and_destroy(void) {
    Told request, done;
    void *ctx = abuse_new("");
    SUBMIT(ctx, abuse_never, "", &request);
    told_init(&done);
    CHECK_EQ(abuse_close(ctx, on_told, &done), FFI_RET_OK);
    CHECK_EQ(abuse_close(ctx, on_never, NULL), FFI_RET_CLOSING);
    CHECK_EQ(abuse_close(ctx, NULL, NULL), FFI_RET_CLOSING);
    CHECK_EQ(latch_count(&request.ended), 0);
    CHECK_EQ(abuse_cancel(ctx, &request), FFI_RET_OK);
    CHECK_EQ(abuse_destroy(ctx), FFI_RET_OK);
    CHECK_EQ(latch_count(&request.ended), 1);
    CHECK_TOLD(&request, FFI_RET_CANCELLED, NULL);
    CHECK_TOLD(&done, FFI_RET_OK, "");
    CHECK_EQ(abuse_destroy(ctx), FFI_RET_INVALID_CTX);
}

/* New requests are refused from the moment of the close; running ones go on, and so do their host calls, those that they
 * begin after it included. */
static void running_requests_go_on(void) {
    Told request, done;
    FFIStats stats;
    Function *function;
    void *ctx = abuse_new("");
    function = function_register(ctx, "ask", act_never);
    SUBMIT(ctx, abuse_ask_twice, "", &request);
    LATCH_AWAIT(&function->asked, 1);
    closes(ctx, &done);
    CHECK_EQ(abuse_echo(ctx, on_never, NULL, NULL, 0), FFI_RET_CLOSING);
    CHECK_EQ(abuse_now(ctx, on_never, NULL, NULL, 0), FFI_RET_CLOSING);
    CHECK_EQ(abuse_add_event_listener(ctx, "happened", on_never, NULL), 0);
    CHECK_EQ(answer(ctx, function->tokens[0], FFI_RET_OK, "first"), FFI_RET_OK);
    LATCH_AWAIT(&function->asked, 2);
    memset(&stats, 0, sizeof stats);
    stats.size = sizeof stats;
    CHECK_EQ(abuse_stats(ctx, &stats), FFI_RET_OK);
    CHECK_EQ(stats.requests_in_flight, 1);
    CHECK_EQ(answer(ctx, function->tokens[1], FFI_RET_OK, "second"), FFI_RET_OK);
    CHECK_TOLD(&request, FFI_RET_OK, "second");
    CHECK_TOLD(&done, FFI_RET_OK, "");
    function_end(function, 2, 0);
}

/* A call that is begun during the close ends with its request. */
static void a_call_begun_during_close(void) {
    Told request, done;
    Function *function;
    void *ctx = abuse_new("");
    function = function_register(ctx, "ask", act_never);
    SUBMIT(ctx, abuse_ask_twice, "", &request);
    LATCH_AWAIT(&function->asked, 1);
    closes(ctx, &done);
    CHECK_EQ(answer(ctx, function->tokens[0], FFI_RET_OK, "first"), FFI_RET_OK);
    LATCH_AWAIT(&function->asked, 2);
    CHECK_EQ(abuse_cancel(ctx, &request), FFI_RET_OK);
    CHECK_TOLD(&done, FFI_RET_OK, "");
    CHECK_EQ(latch_count(&request.ended), 1);
    CHECK_TOLD(&request, FFI_RET_CANCELLED, NULL);
    CHECK_EQ(latch_count(&function->cancelled), 1);
    CHECK_EQ(function->cancelled_tokens[0], function->tokens[1]);
    function_end(function, 2, 1);
}

/* The destructor may ask, and is waited for. */
static void destructors(void) {
    Told done;
    Function *function;
    void *ctx;
    ctx = abuse_new("asks in destructor");
    function = function_register(ctx, "ask", act_echo);
    CHECK_EQ(abuse_destroy(ctx), FFI_RET_OK);
    CHECK_BYTES(function->last, function->last_len, "destructor");
    function_end(function, 1, 0);

    ctx = abuse_new("asks in destructor");
    function = function_register(ctx, "ask", act_never);
    closes(ctx, &done);
    LATCH_AWAIT(&function->asked, 1);
    CHECK_EQ(answer(ctx, function->tokens[0], FFI_RET_OK, "in time"), FFI_RET_OK);
    CHECK_TOLD(&done, FFI_RET_OK, "");
    function_end(function, 1, 0);
}

typedef struct Sync {
    void *ctx;
    Function *function;
    Latch begun, ended;
    int status;
} Sync;

static void on_held(int ret, const char *msg, size_t len, void *userData) FFI_NOEXCEPT {
    Sync *sync = (Sync *)userData;
    CHECK_EQ(ret, FFI_RET_OK);
    CHECK_BYTES(msg, len, "held");
    /* This is a part of it, so the destructor has not begun to run. */
    CHECK_EQ(latch_count(&sync->function->asked), 0);
    pause_ms(20);
    CHECK_EQ(latch_count(&sync->function->asked), 0);
    latch_raise(&sync->ended);
}

static void *held(void *argument) {
    Sync *sync = (Sync *)argument;
    latch_raise(&sync->begun);
    sync->status = abuse_now(sync->ctx, on_held, sync, (const uint8_t *)"hold grace", 10);
    return NULL;
}

static void act_after_it(Function *function, uint64_t token, const char *req, size_t len) {
    Sync *sync = (Sync *)function->extra;
    CHECK_BYTES(req, len, "destructor");
    CHECK_EQ(latch_count(&sync->ended), 1);
    act_echo(function, token, req, len);
}

/* A synchronous request is given grace, as the others are: the destructor does not run while one runs. */
static void a_synchronous_request_is_given_grace(void) {
    Sync sync;
    Told done, asks;
    Function *other;
    pthread_t thread;
    memset(&sync, 0, sizeof sync);
    latch_init(&sync.begun);
    latch_init(&sync.ended);
    sync.ctx = abuse_new("asks in destructor");
    sync.function = function_new(sync.ctx, act_after_it);
    sync.function->extra = &sync;
    {
        FFIHostFnOptions options = options_of(sync.function);
        CHECK_EQ(abuse_register_host_fn_with(sync.ctx, "ask", &options), FFI_RET_OK);
    }
    other = function_register(sync.ctx, "other", act_never);
    thread = start_thread(held, &sync);
    LATCH_AWAIT(&sync.begun, 1);
    /* Time to come into the library: one that comes too late is refused, and that would show nothing. */
    pause_ms(50);
    SUBMIT(sync.ctx, abuse_ask_other, "", &asks);
    LATCH_AWAIT(&other->asked, 1);
    closes(sync.ctx, &done);
    CHECK_EQ(answer(sync.ctx, other->tokens[0], FFI_RET_OK, "it ends"), FFI_RET_OK);
    CHECK_TOLD(&asks, FFI_RET_OK, "it ends");
    /* Nothing but the synchronous request runs, and the destructor has a chance to. */
    pause_ms(50);
    CHECK_EQ(latch_count(&done.ended), 0);
    abuse_let_go("grace");
    join_thread(thread);
    CHECK_EQ(sync.status, FFI_RET_OK);
    CHECK_TOLD(&done, FFI_RET_OK, "");
    function_end(sync.function, 1, 0);
    function_end(other, 1, 0);
}

int main(void) {
    check_begin();
    RUN(close_then_close_and_destroy);
    RUN(running_requests_go_on);
    RUN(a_call_begun_during_close);
    RUN(destructors);
    RUN(a_synchronous_request_is_given_grace);
    return 0;
}
