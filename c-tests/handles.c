/* A ctx that is NULL, wild, forged, another library's, destroyed, or of a slot that has a new owner is refused by every
 * function, and calls nothing back. */
#include "abuse.h"

static void no_host_fn(uint64_t token, const char *req, size_t len, void *userData) FFI_NOEXCEPT {
    (void)token;
    (void)req;
    (void)len;
    (void)userData;
    check_fail(__FILE__, __LINE__, "a function that was refused was called");
}

static void no_release(void *userData) FFI_NOEXCEPT {
    (void)userData;
    check_fail(__FILE__, __LINE__, "a registration that was refused was released");
}

static void refused_everywhere(void *ctx) {
    FFIHostFnOptions options = FFI_HOST_FN_OPTIONS_INIT;
    FFIStats stats;
    options.fn = no_host_fn;
    options.release = no_release;
    memset(&stats, 0, sizeof stats);
    stats.size = sizeof stats;
    CHECK_EQ(abuse_echo(ctx, on_never, NULL, NULL, 0), FFI_RET_INVALID_CTX);
    CHECK_EQ(abuse_ask(ctx, on_never, NULL, (const uint8_t *)"?", 1), FFI_RET_INVALID_CTX);
    CHECK_EQ(abuse_now(ctx, on_never, NULL, NULL, 0), FFI_RET_INVALID_CTX);
    CHECK_EQ(abuse_cancel(ctx, NULL), FFI_RET_INVALID_CTX);
    CHECK_EQ(abuse_register_host_fn(ctx, "ask", no_host_fn, NULL), FFI_RET_INVALID_CTX);
    CHECK_EQ(abuse_register_host_fn(ctx, "ask", NULL, NULL), FFI_RET_INVALID_CTX);
    CHECK_EQ(abuse_register_host_fn_cbor(ctx, "ask", no_host_fn, NULL), FFI_RET_INVALID_CTX);
    CHECK_EQ(abuse_register_host_fn_with(ctx, "ask", &options), FFI_RET_INVALID_CTX);
    CHECK_EQ(abuse_host_complete(ctx, 1, FFI_RET_OK, "x", 1), FFI_RET_INVALID_CTX);
    CHECK_EQ(abuse_host_complete(ctx, 0, FFI_RET_OK, NULL, SIZE_MAX), FFI_RET_INVALID_CTX);
    CHECK_EQ(abuse_host_fn_registered(ctx, "ask"), -FFI_RET_INVALID_CTX);
    CHECK_EQ(abuse_add_event_listener(ctx, "happened", on_never, NULL), 0);
    CHECK_EQ(abuse_add_event_listener_cbor(ctx, "happened", on_never, NULL), 0);
    CHECK_EQ(abuse_remove_event_listener(ctx, 1), FFI_RET_INVALID_CTX);
    CHECK_EQ(abuse_stats(ctx, &stats), FFI_RET_INVALID_CTX);
    CHECK_EQ(abuse_close(ctx, on_never, NULL), FFI_RET_INVALID_CTX);
    CHECK_EQ(abuse_close(ctx, NULL, NULL), FFI_RET_INVALID_CTX);
    CHECK_EQ(abuse_destroy(ctx), FFI_RET_INVALID_CTX);
}

static void *as_ctx(uint64_t bits) {
    return (void *)(uintptr_t)bits;
}

static void wild(void) {
    static int data;
    int on_stack;
    void *on_heap = check_alloc(64);
    int bit;
    refused_everywhere(NULL);
    refused_everywhere(as_ctx(UINTPTR_MAX));
    refused_everywhere(&data);
    refused_everywhere(&on_stack);
    refused_everywhere(on_heap);
    refused_everywhere(as_ctx((uintptr_t)&wild));
    for (bit = 0; bit < 64; bit++) {
        refused_everywhere(as_ctx((uint64_t)1 << bit));
        refused_everywhere(as_ctx(~((uint64_t)1 << bit)));
    }
    free(on_heap);
}

/* A live one with any bit wrong. */
static void forged(void) {
    int bit;
    uint64_t round, seed = 88172645463325252u;
    void *ctx = abuse_new("");
    for (bit = 0; bit < 64; bit++) {
        refused_everywhere(as_ctx((uintptr_t)ctx ^ (uint64_t)1 << bit));
    }
    for (round = 0; round < 2000; round++) {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        if (seed != (uintptr_t)ctx) {
            CHECK_EQ(abuse_echo(as_ctx(seed), on_never, NULL, NULL, 0), FFI_RET_INVALID_CTX);
            CHECK_EQ(abuse_host_complete(as_ctx(seed), 1, 0, NULL, 0), FFI_RET_INVALID_CTX);
        }
    }
    CHECK_RUN(ctx, abuse_echo, "the real one", FFI_RET_OK, "the real one");
    CHECK_EQ(abuse_destroy(ctx), FFI_RET_OK);
}

static void destroyed(void) {
    void *ctx = abuse_new("");
    CHECK_EQ(abuse_destroy(ctx), FFI_RET_OK);
    CHECK_EQ(abuse_destroy(ctx), FFI_RET_INVALID_CTX);
    refused_everywhere(ctx);
}

/* Of each context that ever was, also when its slot has had many owners since. */
static void a_slot_with_a_new_owner(void) {
    enum { CONTEXTS = 3 * ABUSE_MAX_CONTEXTS };
    void *gone[CONTEXTS], *live;
    int index, other;
    for (index = 0; index < CONTEXTS; index++) {
        gone[index] = abuse_new("");
        for (other = 0; other < index; other++) {
            CHECK(gone[other] != gone[index]);
        }
        CHECK_EQ(abuse_destroy(gone[index]), FFI_RET_OK);
    }
    live = abuse_new("");
    for (index = 0; index < CONTEXTS; index++) {
        refused_everywhere(gone[index]);
    }
    CHECK_RUN(live, abuse_echo, "unharmed", FFI_RET_OK, "unharmed");
    CHECK_EQ(abuse_stats_of(live).requests, 1);
    CHECK_EQ(abuse_destroy(live), FFI_RET_OK);
}

/* Names and other arguments are checked whatever the ctx is, so both may be wrong. */
static void everything_wrong(void) {
    CHECK(abuse_echo(NULL, NULL, NULL, NULL, 1) != FFI_RET_OK);
    CHECK(abuse_register_host_fn(NULL, NULL, NULL, NULL) != FFI_RET_OK);
    CHECK(abuse_register_host_fn_with(NULL, NULL, NULL) != FFI_RET_OK);
    CHECK(abuse_host_fn_registered(NULL, NULL) < 0);
    CHECK_EQ(abuse_add_event_listener(NULL, NULL, NULL, NULL), 0);
    CHECK(abuse_stats(NULL, NULL) != FFI_RET_OK);
    CHECK(abuse_host_complete(NULL, 0, 0, NULL, 1) != FFI_RET_OK);
    CHECK(abuse_create(NULL, 1, NULL, NULL, NULL) != FFI_RET_OK);
}

int main(void) {
    check_begin();
    RUN(wild);
    RUN(forged);
    RUN(destroyed);
    RUN(a_slot_with_a_new_owner);
    RUN(everything_wrong);
    return 0;
}
