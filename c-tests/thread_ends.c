/* Destructors of thread-local values, the host's and the library's, on the library's threads and on the host's: what they
 * call is answered, and nobody waits for itself. Those that block: thread_ends_times_out.c. */
#include "abuse.h"

typedef struct Guard {
    void *ctx;
    void *other;
    Latch destroyed;
    int status;       /* what destroy said in the destructor */
    int other_status; /* and for another context */
    int by_key;
} Guard;

static pthread_key_t key;

static void at_end(void *value) {
    Guard *guard = (Guard *)value;
    FFIStats stats;
    int status;
    memset(&stats, 0, sizeof stats);
    stats.size = sizeof stats;
    guard->status = abuse_destroy(guard->ctx);
    status = abuse_stats(guard->ctx, &stats);
    CHECK(status == FFI_RET_OK || status == FFI_RET_CLOSING || status == FFI_RET_INVALID_CTX);
    status = abuse_echo(guard->ctx, on_never, NULL, NULL, 0);
    CHECK(status == FFI_RET_CLOSING || status == FFI_RET_INVALID_CTX);
    guard->other_status = guard->other == NULL ? FFI_RET_OK : abuse_destroy(guard->other);
    latch_raise(&guard->destroyed);
}

static void guard_this_thread(Guard *guard) {
    if (guard->by_key) {
        CHECK_EQ(pthread_setspecific(key, guard), 0);
    } else {
        abuse_at_thread_end(at_end, guard);
    }
}

static void guard_init(Guard *guard, int by_key) {
    memset(guard, 0, sizeof *guard);
    latch_init(&guard->destroyed);
    guard->by_key = by_key;
    guard->ctx = abuse_new("");
    guard->other = abuse_new("");
}

static void asked(uint64_t token, const char *req, size_t len, void *userData) FFI_NOEXCEPT {
    Guard *guard = (Guard *)userData;
    guard_this_thread(guard);
    CHECK_EQ(abuse_host_complete(guard->ctx, token, FFI_RET_OK, req, len), FFI_RET_OK);
}

static void heard(int ret, const char *msg, size_t len, void *userData) FFI_NOEXCEPT {
    (void)msg;
    (void)len;
    CHECK_EQ(ret, FFI_RET_OK);
    guard_this_thread((Guard *)userData);
}

/* The thread is the context's own: its destructors run while the close waits for them. */
static void guard_end(Guard *guard, int closes) {
    if (closes) {
        Told done;
        told_init(&done);
        CHECK_EQ(abuse_close(guard->ctx, on_told, &done), FFI_RET_OK);
        CHECK_TOLD(&done, FFI_RET_OK, "");
    } else {
        CHECK_EQ(abuse_destroy(guard->ctx), FFI_RET_OK);
    }
    LATCH_AWAIT(&guard->destroyed, 1);
    CHECK(guard->status == FFI_RET_WOULD_DEADLOCK || guard->status == FFI_RET_INVALID_CTX);
    CHECK_EQ(guard->other_status, FFI_RET_OK);
    CHECK_EQ(abuse_destroy(guard->ctx), FFI_RET_INVALID_CTX);
    CHECK_EQ(abuse_destroy(guard->other), FFI_RET_INVALID_CTX);
}

static void destroyed_at_the_end_of_the_ffi_thread(void) {
    int by_key, closes;
    for (by_key = 0; by_key < 2; by_key++) {
        for (closes = 0; closes < 2; closes++) {
            Guard guard;
            guard_init(&guard, by_key);
            CHECK_EQ(abuse_register_host_fn(guard.ctx, "ask", asked, &guard), FFI_RET_OK);
            CHECK_RUN(guard.ctx, abuse_ask, "guarded", FFI_RET_OK, "guarded");
            guard_end(&guard, closes);
        }
    }
}

static void destroyed_at_the_end_of_the_event_thread(void) {
    int by_key, closes;
    for (by_key = 0; by_key < 2; by_key++) {
        for (closes = 0; closes < 2; closes++) {
            Guard guard;
            guard_init(&guard, by_key);
            CHECK(abuse_add_event_listener(guard.ctx, "happened", heard, &guard) != 0);
            CHECK_RUN(guard.ctx, abuse_emit, "", FFI_RET_OK, "");
            guard_end(&guard, closes);
        }
    }
}

static void *uses_and_ends(void *argument) {
    Guard *guard = (Guard *)argument;
    guard_this_thread(guard);
    CHECK_RUN(guard->ctx, abuse_now, "", FFI_RET_OK, "");
    return NULL;
}

/* A host's thread is not the context's: there it is destroyed, wherever that is. */
static void destroyed_at_the_end_of_a_hosts_thread(void) {
    int by_key;
    for (by_key = 0; by_key < 2; by_key++) {
        Guard guard;
        guard_init(&guard, by_key);
        join_thread(start_thread(uses_and_ends, &guard));
        CHECK_EQ(guard.status, FFI_RET_OK);
        CHECK_EQ(guard.other_status, FFI_RET_OK);
    }
}

static void at_end_of_the_closing_thread(void *value) {
    Guard *guard = (Guard *)value;
    guard->status = abuse_destroy(guard->ctx);
    guard->other_status = abuse_destroy(guard->other);
    latch_raise(&guard->destroyed);
}

static void done_with_a_guard(int ret, const char *msg, size_t len, void *userData) FFI_NOEXCEPT {
    (void)msg;
    (void)len;
    CHECK_EQ(ret, FFI_RET_OK);
    abuse_at_thread_end(at_end_of_the_closing_thread, userData);
}

static void destroyed_at_the_end_of_the_closing_thread(void) {
    Guard guard;
    guard_init(&guard, 0);
    CHECK_EQ(abuse_close(guard.ctx, done_with_a_guard, &guard), FFI_RET_OK);
    LATCH_AWAIT(&guard.destroyed, 1);
    CHECK_EQ(guard.status, FFI_RET_INVALID_CTX);
    CHECK_EQ(guard.other_status, FFI_RET_OK);
}

int main(void) {
    check_begin();
    CHECK_EQ(pthread_key_create(&key, at_end), 0);
    RUN(destroyed_at_the_end_of_the_ffi_thread);
    RUN(destroyed_at_the_end_of_the_event_thread);
    RUN(destroyed_at_the_end_of_a_hosts_thread);
    RUN(destroyed_at_the_end_of_the_closing_thread);
    AWAIT(count_threads() == 1);
    return 0;
}
