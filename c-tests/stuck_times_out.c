/* Library and host code that refuses to stop: a close ends all the same, in bounded time, and says so; what such code may
 * touch is left alone, and given back when it does stop. */
#include "abuse.h"

static void closes(void *ctx, Told *done) {
    told_init(done);
    CHECK_EQ(abuse_close(ctx, on_told, done), FFI_RET_OK);
}

/* Nothing holds it up, but on a slow machine its limits may be shorter than what there is to do. */
static void destroy_in_any_time(void *ctx) {
    int status = abuse_destroy(ctx);
    CHECK(status == FFI_RET_OK || status == FFI_RET_TIMED_OUT);
}

static void act_hold_until_it_is_too_late(Function *function, uint64_t token, const char *req, size_t len) {
    LATCH_AWAIT((Latch *)function->extra, 1);
    CHECK_EQ(abuse_host_complete(function->ctx, token, FFI_RET_OK, req, len), FFI_RET_INVALID_CTX);
}

/* A host function that does not return keeps the FFI thread: destroy returns all the same, says so, and has called back
 * everything that was accepted. What it keeps is left alone until it does return, and released then. A queued request never
 * runs, neither then nor in the next context. */
static void code_that_refuses_to_stop(void) {
    Latch let_go;
    Told held, queued, never, done;
    Function *holding, *function, *next_function;
    void *ctx, *next;
    int threads, by_close;
    AWAIT(count_threads() == 1);
    threads = count_threads();
    for (by_close = 0; by_close < 2; by_close++) {
        ctx = abuse_new("");
        holding = function_hold(ctx, "other", &let_go);
        holding->act = act_hold_until_it_is_too_late;
        function = function_register(ctx, "ask", act_echo);
        SUBMIT(ctx, abuse_never, "", &never);
        SUBMIT(ctx, abuse_ask_other, "", &held);
        LATCH_AWAIT(&holding->asked, 1);
        SUBMIT(ctx, abuse_ask, "never asked", &queued);
        if (by_close) {
            closes(ctx, &done);
            CHECK_TOLD(&done, FFI_RET_TIMED_OUT, NULL);
            CHECK(done.len > 0);
        } else {
            CHECK_EQ(abuse_destroy(ctx), FFI_RET_TIMED_OUT);
        }
        CHECK_EQ(latch_count(&held.ended), 1);
        CHECK_TOLD(&held, FFI_RET_TIMED_OUT, NULL);
        CHECK_EQ(latch_count(&queued.ended), 1);
        CHECK_TOLD(&queued, FFI_RET_TIMED_OUT, NULL);
        CHECK_EQ(latch_count(&never.ended), 1);
        CHECK_TOLD(&never, FFI_RET_TIMED_OUT, NULL);
        CHECK_EQ(abuse_destroy(ctx), FFI_RET_INVALID_CTX);
        CHECK_EQ(abuse_echo(ctx, on_never, NULL, NULL, 0), FFI_RET_INVALID_CTX);
        CHECK_EQ(latch_count(&holding->released), 0);
        /* Other contexts are unharmed. */
        next = abuse_new("");
        next_function = function_register(next, "ask", act_echo);
        CHECK_RUN(next, abuse_ask, "unharmed", FFI_RET_OK, "unharmed");
        latch_raise(&let_go);
        LATCH_AWAIT(&holding->released, 1);
        LATCH_AWAIT(&function->released, 1);
        CHECK_EQ(abuse_stats_of(next).requests, 1);
        CHECK_EQ(abuse_stats_of(next).host_calls, 1);
        destroy_in_any_time(next);
        LATCH_AWAIT(&next_function->released, 1);
        function_end(next_function, 1, 0);
        AWAIT(count_threads() <= threads);
        function_end(function, 0, 0);
        function_end(holding, 1, latch_count(&holding->cancelled));
    }
}

/* The same, of the library's own code. */
static void a_request_that_blocks(void) {
    Told blocks;
    void *ctx = abuse_new("");
    SUBMIT(ctx, abuse_hold, "refuses", &blocks);
    CHECK_EQ(abuse_destroy(ctx), FFI_RET_TIMED_OUT);
    CHECK_EQ(latch_count(&blocks.ended), 1);
    CHECK_TOLD(&blocks, FFI_RET_TIMED_OUT, NULL);
    abuse_let_go("refuses");
    AWAIT(count_threads() == 1);
}

/* A listener that does not return holds up the close only so long. */
static void on_held_event(int ret, const char *msg, size_t len, void *userData) FFI_NOEXCEPT {
    Latch *latches = (Latch *)userData;
    (void)msg;
    (void)len;
    CHECK_EQ(ret, FFI_RET_OK);
    latch_raise(&latches[0]);
    LATCH_AWAIT(&latches[1], 1);
    latch_raise(&latches[2]);
}

static void a_listener_that_refuses_to_stop(void) {
    Latch latches[3];
    int index;
    void *ctx = abuse_new("");
    for (index = 0; index < 3; index++) {
        latch_init(&latches[index]);
    }
    CHECK(abuse_add_event_listener(ctx, "happened", on_held_event, latches) != 0);
    CHECK_RUN(ctx, abuse_emit, "", FFI_RET_OK, "");
    LATCH_AWAIT(&latches[0], 1);
    CHECK_EQ(abuse_destroy(ctx), FFI_RET_TIMED_OUT);
    CHECK_EQ(abuse_destroy(ctx), FFI_RET_INVALID_CTX);
    latch_raise(&latches[1]);
    LATCH_AWAIT(&latches[2], 1);
    AWAIT(count_threads() == 1);
}

typedef struct Neighbour {
    void *mine;
    void *other;
    Latch *both;
    int status;
} Neighbour;

static void destroys_the_other(uint64_t token, const char *req, size_t len, void *userData) FFI_NOEXCEPT {
    Neighbour *neighbour = (Neighbour *)userData;
    (void)req;
    (void)len;
    latch_raise(neighbour->both);
    LATCH_AWAIT(neighbour->both, 2);
    neighbour->status = abuse_destroy(neighbour->other);
    abuse_host_complete(neighbour->mine, token, FFI_RET_OK, "", 0);
    latch_raise(neighbour->both);
}

/* Two contexts whose host functions destroy each other do wait for each other, but not for ever. */
static void contexts_that_destroy_each_other(void) {
    Neighbour one, another;
    Latch both;
    Told told, other_told;
    latch_init(&both);
    memset(&one, 0, sizeof one);
    memset(&another, 0, sizeof another);
    one.mine = another.other = abuse_new("one");
    another.mine = one.other = abuse_new("another");
    one.both = another.both = &both;
    CHECK_EQ(abuse_register_host_fn(one.mine, "ask", destroys_the_other, &one), FFI_RET_OK);
    CHECK_EQ(abuse_register_host_fn(another.mine, "ask", destroys_the_other, &another), FFI_RET_OK);
    SUBMIT(one.mine, abuse_ask, "", &told);
    SUBMIT(another.mine, abuse_ask, "", &other_told);
    LATCH_AWAIT(&both, 4);
    CHECK(one.status == FFI_RET_TIMED_OUT || another.status == FFI_RET_TIMED_OUT);
    LATCH_AWAIT(&told.ended, 1);
    LATCH_AWAIT(&other_told.ended, 1);
    AWAIT(count_threads() == 1);
    CHECK_EQ(abuse_destroy(one.mine), FFI_RET_INVALID_CTX);
    CHECK_EQ(abuse_destroy(another.mine), FFI_RET_INVALID_CTX);
}

int main(void) {
    check_begin();
    RUN(code_that_refuses_to_stop);
    RUN(a_request_that_blocks);
    RUN(a_listener_that_refuses_to_stop);
    RUN(contexts_that_destroy_each_other);
    return 0;
}
