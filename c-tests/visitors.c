/* Threads that only look, that register and unregister, or that have a handle of a context that has ended: they keep no close
 * from ending, of theirs or of anybody's. They stop when the context has been destroyed, and not before. */
#include "abuse.h"

enum { MAX_THREADS = 64 };

static int stop;

static int stopped(void) {
    return __atomic_load_n(&stop, __ATOMIC_ACQUIRE);
}

typedef struct Visitors {
    pthread_t threads[MAX_THREADS];
    int count;
    Latch begun;
    void *ctx;
} Visitors;

static int gone(int status) {
    return status == FFI_RET_CLOSING || status == FFI_RET_INVALID_CTX;
}

static void *looks(void *argument) {
    Visitors *visitors = (Visitors *)argument;
    FFIStats stats;
    latch_raise(&visitors->begun);
    while (!stopped()) {
        int status;
        memset(&stats, 0, sizeof stats);
        stats.size = sizeof stats;
        status = abuse_stats(visitors->ctx, &stats);
        CHECK(status == FFI_RET_OK || gone(status));
        status = abuse_host_fn_registered(visitors->ctx, "ask");
        CHECK(status == 0 || status == 1 || gone(-status));
    }
    return NULL;
}

static void *has_a_stale_handle(void *argument) {
    Visitors *visitors = (Visitors *)argument;
    FFIStats stats;
    latch_raise(&visitors->begun);
    while (!stopped()) {
        memset(&stats, 0, sizeof stats);
        stats.size = sizeof stats;
        CHECK_EQ(abuse_stats(visitors->ctx, &stats), FFI_RET_INVALID_CTX);
        CHECK_EQ(abuse_echo(visitors->ctx, on_never, NULL, NULL, 0), FFI_RET_INVALID_CTX);
        CHECK_EQ(abuse_now(visitors->ctx, on_never, NULL, NULL, 0), FFI_RET_INVALID_CTX);
        CHECK_EQ(answer(visitors->ctx, 1, FFI_RET_OK, ""), FFI_RET_INVALID_CTX);
        CHECK_EQ(abuse_destroy(visitors->ctx), FFI_RET_INVALID_CTX);
        CHECK_EQ(abuse_remove_event_listener(visitors->ctx, 1), FFI_RET_INVALID_CTX);
    }
    return NULL;
}

static void ignored(uint64_t token, const char *req, size_t len, void *userData) FFI_NOEXCEPT {
    (void)token;
    (void)req;
    (void)len;
    (void)userData;
}

static void on_ignored(int ret, const char *msg, size_t len, void *userData) FFI_NOEXCEPT {
    (void)ret;
    (void)msg;
    (void)len;
    (void)userData;
}

static void *registers(void *argument) {
    Visitors *visitors = (Visitors *)argument;
    latch_raise(&visitors->begun);
    while (!stopped()) {
        uint64_t listener;
        int status = abuse_register_host_fn(visitors->ctx, "ask", ignored, NULL);
        CHECK(status == FFI_RET_OK || gone(status));
        status = abuse_register_host_fn(visitors->ctx, "ask", NULL, NULL);
        CHECK(status == FFI_RET_OK || status == FFI_RET_NOT_REGISTERED || gone(status));
        listener = abuse_add_event_listener(visitors->ctx, "happened", on_ignored, NULL);
        if (listener != 0) {
            status = abuse_remove_event_listener(visitors->ctx, listener);
            CHECK(status == FFI_RET_OK || gone(status));
        }
        status = answer(visitors->ctx, 12345, FFI_RET_OK, "forged");
        CHECK(status == FFI_RET_UNKNOWN_TOKEN || status == FFI_RET_INVALID_CTX);
    }
    return NULL;
}

static void come(Visitors *visitors, void *ctx, int count, void *(*body)(void *)) {
    int index;
    memset(visitors, 0, sizeof *visitors);
    latch_init(&visitors->begun);
    visitors->ctx = ctx;
    visitors->count = count;
    for (index = 0; index < count; index++) {
        visitors->threads[index] = start_thread(body, visitors);
    }
    LATCH_AWAIT(&visitors->begun, (unsigned long)count);
}

static void leave(Visitors *visitors) {
    int index;
    for (index = 0; index < visitors->count; index++) {
        join_thread(visitors->threads[index]);
    }
}

static void destroyed_while(int count, void *(*body)(void *), int stale) {
    int rounds = check_rounds(4, 2), round;
    for (round = 0; round < rounds; round++) {
        Visitors visitors;
        Told never, done;
        void *ctx, *old = abuse_new("");
        if (stale) {
            CHECK_EQ(abuse_destroy(old), FFI_RET_OK);
        }
        /* It has the record that the other one had, if that is gone. */
        ctx = stale ? abuse_new("") : old;
        __atomic_store_n(&stop, 0, __ATOMIC_RELEASE);
        come(&visitors, old, count, body);
        SUBMIT(ctx, abuse_never, "", &never);
        if (round % 2 == 0) {
            CHECK_EQ(abuse_destroy(ctx), FFI_RET_OK);
        } else {
            told_init(&done);
            CHECK_EQ(abuse_close(ctx, on_told, &done), FFI_RET_OK);
            CHECK_TOLD(&done, FFI_RET_OK, "");
        }
        CHECK_EQ(latch_count(&never.ended), 1);
        /* Only now: the close has not waited for them. */
        __atomic_store_n(&stop, 1, __ATOMIC_RELEASE);
        leave(&visitors);
        AWAIT(count_threads() == 1);
    }
}

/* Some of so many are always inside, since there are fewer processors. */
static void sixty_four_that_look(void) {
    destroyed_while(MAX_THREADS, looks, 0);
}

static void sixty_four_that_have_a_stale_handle(void) {
    destroyed_while(MAX_THREADS, has_a_stale_handle, 1);
}

static void sixty_four_that_register(void) {
    destroyed_while(MAX_THREADS, registers, 0);
}

int main(void) {
    check_begin();
    RUN(sixty_four_that_look);
    RUN(sixty_four_that_have_a_stale_handle);
    RUN(sixty_four_that_register);
    return 0;
}
