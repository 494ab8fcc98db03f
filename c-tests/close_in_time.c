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

int main(void) {
    check_begin();
    RUN(close_then_close_and_destroy);
    RUN(running_requests_go_on);
    RUN(a_call_begun_during_close);
    RUN(destructors);
    return 0;
}
