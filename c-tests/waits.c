/* A thread waits for requests with what ffihost.h has for that: how each ends, and that its callback ran before. */
#define FFIHOST_WAIT
#include "abuse.h"

static const uint8_t hello[] = {'h', 'e', 'l', 'l', 'o'};

static void the_callback_has_run(void) {
    static const uint32_t limits[] = {0, 60000, UINT32_MAX};
    size_t index;
    void *ctx = abuse_new("");
    for (index = 0; index < sizeof limits / sizeof limits[0]; index++) {
        Told told;
        FFIWait wait = FFI_WAIT_INIT(on_told, &told);
        int ret;
        told_init(&told);
        ret = abuse_echo(ctx, ffi_wake, &wait, hello, sizeof hello);
        CHECK_EQ(ffi_wait(&wait, ret, ctx, abuse_cancel, limits[index]), FFI_RET_OK);
        CHECK_EQ(latch_count(&told.ended), 1);
        CHECK_TOLD(&told, FFI_RET_OK, "hello");
    }
    CHECK_EQ(abuse_destroy(ctx), FFI_RET_OK);
}

static void without_a_callback(void) {
    FFIWait works = FFI_WAIT_INIT(NULL, NULL);
    FFIWait fails = FFI_WAIT_INIT(NULL, NULL);
    void *ctx = abuse_new("");
    int ret = abuse_echo(ctx, ffi_wake, &works, hello, sizeof hello);
    CHECK_EQ(ffi_wait(&works, ret, ctx, NULL, 0), FFI_RET_OK);
    ret = abuse_fail(ctx, ffi_wake, &fails, hello, sizeof hello);
    CHECK_EQ(ffi_wait(&fails, ret, ctx, NULL, 1), FFI_RET_ERR);
    CHECK_EQ(abuse_destroy(ctx), FFI_RET_OK);
}

static void a_refused_request_is_not_waited_for(void) {
    FFIWait wait = FFI_WAIT_INIT(on_never, NULL);
    int ret = abuse_echo(NULL, ffi_wake, &wait, hello, sizeof hello);
    CHECK_EQ(ffi_wait(&wait, ret, NULL, abuse_cancel, 0), FFI_RET_INVALID_CTX);
}

static void a_time_out_cancels(void) {
    Told told;
    FFIWait wait = FFI_WAIT_INIT(on_told, &told);
    void *ctx = abuse_new("");
    int ret;
    told_init(&told);
    ret = abuse_never(ctx, ffi_wake, &wait, NULL, 0);
    CHECK_EQ(ffi_wait(&wait, ret, ctx, abuse_cancel, 1), FFI_RET_TIMED_OUT);
    CHECK_EQ(latch_count(&told.ended), 1);
    CHECK_TOLD(&told, FFI_RET_CANCELLED, NULL);
    /* It has ended, so there is nothing to cancel. */
    CHECK_EQ(abuse_cancel(ctx, &wait), FFI_RET_UNKNOWN_TOKEN);
    CHECK_EQ(abuse_destroy(ctx), FFI_RET_OK);
}

static void *destroy(void *ctx) {
    CHECK_EQ(abuse_destroy(ctx), FFI_RET_OK);
    return NULL;
}

static void the_end_of_the_context_ends_it(void) {
    FFIWait wait = FFI_WAIT_INIT(NULL, NULL);
    void *ctx = abuse_new("");
    int ret = abuse_never(ctx, ffi_wake, &wait, NULL, 0);
    pthread_t closing = start_thread(destroy, ctx);
    CHECK_EQ(ffi_wait(&wait, ret, ctx, abuse_cancel, 0), FFI_RET_CANCELLED);
    join_thread(closing);
}

int main(void) {
    check_begin();
    RUN(the_callback_has_run);
    RUN(without_a_callback);
    RUN(a_refused_request_is_not_waited_for);
    RUN(a_time_out_cancels);
    RUN(the_end_of_the_context_ends_it);
    return 0;
}
