/* Destructors of thread-local values that block: a close does not wait for them longer than its limits say, and says so. */
#include "abuse.h"

typedef struct Blocking {
    void *ctx;
    Latch entered;
    Latch let_go;
    int by_key;
    int status;
} Blocking;

static pthread_key_t key;

static void at_end(void *value) {
    Blocking *blocking = (Blocking *)value;
    latch_raise(&blocking->entered);
    LATCH_AWAIT(&blocking->let_go, 1);
    blocking->status = abuse_destroy(blocking->ctx);
    latch_raise(&blocking->entered);
}

static void block_this_threads_end(Blocking *blocking) {
    if (blocking->by_key) {
        CHECK_EQ(pthread_setspecific(key, blocking), 0);
    } else {
        abuse_at_thread_end(at_end, blocking);
    }
}

static void asked(uint64_t token, const char *req, size_t len, void *userData) FFI_NOEXCEPT {
    Blocking *blocking = (Blocking *)userData;
    block_this_threads_end(blocking);
    CHECK_EQ(abuse_host_complete(blocking->ctx, token, FFI_RET_OK, req, len), FFI_RET_OK);
}

static void heard(int ret, const char *msg, size_t len, void *userData) FFI_NOEXCEPT {
    (void)msg;
    (void)len;
    CHECK_EQ(ret, FFI_RET_OK);
    block_this_threads_end((Blocking *)userData);
}

static void blocked(int on_ffi_thread, int by_key, int closes) {
    Blocking blocking;
    memset(&blocking, 0, sizeof blocking);
    latch_init(&blocking.entered);
    latch_init(&blocking.let_go);
    blocking.by_key = by_key;
    blocking.ctx = abuse_new("");
    if (on_ffi_thread) {
        CHECK_EQ(abuse_register_host_fn(blocking.ctx, "ask", asked, &blocking), FFI_RET_OK);
        CHECK_RUN(blocking.ctx, abuse_ask, "blocks", FFI_RET_OK, "blocks");
    } else {
        Told emitted;
        CHECK(abuse_add_event_listener(blocking.ctx, "happened", heard, &blocking) != 0);
        SUBMIT(blocking.ctx, abuse_emit, "", &emitted);
        CHECK_TOLD(&emitted, FFI_RET_OK, "");
    }
    if (closes) {
        Told done;
        told_init(&done);
        CHECK_EQ(abuse_close(blocking.ctx, on_told, &done), FFI_RET_OK);
        CHECK_TOLD(&done, FFI_RET_TIMED_OUT, NULL);
    } else {
        CHECK_EQ(abuse_destroy(blocking.ctx), FFI_RET_TIMED_OUT);
    }
    CHECK_EQ(abuse_destroy(blocking.ctx), FFI_RET_INVALID_CTX);
    LATCH_AWAIT(&blocking.entered, 1);
    latch_raise(&blocking.let_go);
    LATCH_AWAIT(&blocking.entered, 2);
    CHECK(blocking.status == FFI_RET_INVALID_CTX || blocking.status == FFI_RET_WOULD_DEADLOCK);
    AWAIT(count_threads() == 1);
}

static void on_the_ffi_thread(void) {
    int by_key, closes;
    for (by_key = 0; by_key < 2; by_key++) {
        for (closes = 0; closes < 2; closes++) {
            blocked(1, by_key, closes);
        }
    }
}

static void on_the_event_thread(void) {
    int by_key, closes;
    for (by_key = 0; by_key < 2; by_key++) {
        for (closes = 0; closes < 2; closes++) {
            blocked(0, by_key, closes);
        }
    }
}

int main(void) {
    check_begin();
    CHECK_EQ(pthread_key_create(&key, at_end), 0);
    RUN(on_the_ffi_thread);
    RUN(on_the_event_thread);
    return 0;
}
