/* Everything is called from inside every callback: each may call everything, under no lock of the library. */
#include "abuse.h"

typedef struct Inside {
    void *ctx;
    Latch done;     /* one for each callback that did it and each request that they submitted and that ended */
} Inside;

static void on_inner(int ret, const char *msg, size_t len, void *userData) FFI_NOEXCEPT {
    CHECK_EQ(ret, FFI_RET_OK);
    CHECK_BYTES(msg, len, "inner");
    latch_raise((Latch *)userData);
}

static void on_inner_event(int ret, const char *msg, size_t len, void *userData) FFI_NOEXCEPT {
    (void)ret;
    (void)msg;
    (void)len;
    (void)userData;
}

static void inner_host_fn(uint64_t token, const char *req, size_t len, void *userData) FFI_NOEXCEPT {
    CHECK_EQ(abuse_host_complete(userData, token, FFI_RET_OK, req, len), FFI_RET_OK);
}

/* Submits one request, so `done` rises by two: here, and when that request has ended. */
static void call_everything(Inside *inside) {
    void *ctx = inside->ctx, *own = NULL;
    FFIStats stats;
    Told told;
    uint64_t listener;
    const uint8_t *bytes = NULL;
    size_t len = 0;
    CHECK_EQ(abuse_echo(ctx, on_inner, &inside->done, (const uint8_t *)"inner", 5), FFI_RET_OK);
    SUBMIT(ctx, abuse_now, "", &told);
    CHECK_TOLD(&told, FFI_RET_OK, "outer");
    CHECK_EQ(abuse_register_host_fn(ctx, "other", inner_host_fn, ctx), FFI_RET_OK);
    CHECK_EQ(abuse_host_fn_registered(ctx, "other"), 1);
    CHECK_EQ(abuse_register_host_fn_cbor(ctx, "other", inner_host_fn, ctx), FFI_RET_OK);
    CHECK_EQ(abuse_register_host_fn(ctx, "other", NULL, NULL), FFI_RET_OK);
    CHECK_EQ(answer(ctx, UINT64_MAX, FFI_RET_OK, ""), FFI_RET_UNKNOWN_TOKEN);
    CHECK_EQ(abuse_cancel(ctx, &own), FFI_RET_UNKNOWN_TOKEN);
    listener = abuse_add_event_listener(ctx, "happened", on_inner_event, NULL);
    CHECK(listener != 0);
    SUBMIT(ctx, abuse_now, "emit", &told);
    CHECK_TOLD(&told, FFI_RET_OK, "emitted");
    {
        int removed = abuse_remove_event_listener(ctx, listener);
        CHECK(removed == FFI_RET_OK || removed == FFI_RET_BUSY);
        if (removed == FFI_RET_OK) {
            CHECK_EQ(abuse_remove_event_listener(ctx, listener), FFI_RET_UNKNOWN_TOKEN);
        }
    }
    memset(&stats, 0, sizeof stats);
    stats.size = sizeof stats;
    CHECK_EQ(abuse_stats(ctx, &stats), FFI_RET_OK);
    CHECK_EQ(abuse_abi_descriptor(&bytes, &len), FFI_RET_OK);
    CHECK(abuse_version() != NULL && abuse_abi_hash() != 0);
    /* Another context, from birth to end. */
    own = abuse_new("inner");
    CHECK_RUN(own, abuse_name, "", FFI_RET_OK, "inner");
    CHECK_EQ(abuse_destroy(own), FFI_RET_OK);
    latch_raise(&inside->done);
}

static void in_request(int ret, const char *msg, size_t len, void *userData) FFI_NOEXCEPT {
    (void)msg;
    (void)len;
    CHECK_EQ(ret, FFI_RET_OK);
    call_everything((Inside *)userData);
}

static void in_host_fn(uint64_t token, const char *req, size_t len, void *userData) FFI_NOEXCEPT {
    Inside *inside = (Inside *)userData;
    call_everything(inside);
    CHECK_EQ(abuse_host_complete(inside->ctx, token, FFI_RET_OK, req, len), FFI_RET_OK);
    call_everything(inside);
}

static void in_silent_host_fn(uint64_t token, const char *req, size_t len, void *userData) FFI_NOEXCEPT {
    (void)token;
    (void)req;
    (void)len;
    call_everything((Inside *)userData);
}

static void in_cancel(uint64_t token, void *userData) FFI_NOEXCEPT {
    Inside *inside = (Inside *)userData;
    CHECK_EQ(answer(inside->ctx, token, FFI_RET_OK, ""), FFI_RET_UNKNOWN_TOKEN);
    call_everything(inside);
}

static void in_release(void *userData) FFI_NOEXCEPT {
    call_everything((Inside *)userData);
}

static void from_every_callback(void) {
    FFIHostFnOptions options = FFI_HOST_FN_OPTIONS_INIT;
    Inside inside;
    Told told;
    uint64_t listener;
    memset(&inside, 0, sizeof inside);
    latch_init(&inside.done);
    CHECK_EQ(abuse_create((const uint8_t *)"outer", 5, in_request, &inside, &inside.ctx), FFI_RET_OK);
    LATCH_AWAIT(&inside.done, 2);
    CHECK_EQ(abuse_echo(inside.ctx, in_request, &inside, NULL, 0), FFI_RET_OK);
    LATCH_AWAIT(&inside.done, 4);
    CHECK_EQ(abuse_now(inside.ctx, in_request, &inside, NULL, 0), FFI_RET_OK);
    LATCH_AWAIT(&inside.done, 6);
    CHECK_EQ(abuse_register_host_fn(inside.ctx, "ask", in_host_fn, &inside), FFI_RET_OK);
    CHECK_RUN(inside.ctx, abuse_ask, "?", FFI_RET_OK, "?");
    LATCH_AWAIT(&inside.done, 10);
    CHECK_RUN(inside.ctx, abuse_ask_elsewhere, "?", FFI_RET_OK, "?");
    LATCH_AWAIT(&inside.done, 14);
    options.fn = in_silent_host_fn;
    options.cancel = in_cancel;
    options.release = in_release;
    options.userData = &inside;
    CHECK_EQ(abuse_register_host_fn_with(inside.ctx, "ask", &options), FFI_RET_OK);
    CHECK_RUN(inside.ctx, abuse_ask_and_drop, "", FFI_RET_OK, "dropped");
    LATCH_AWAIT(&inside.done, 18);
    CHECK_EQ(abuse_register_host_fn(inside.ctx, "ask", NULL, NULL), FFI_RET_OK);
    LATCH_AWAIT(&inside.done, 20);
    listener = abuse_add_event_listener(inside.ctx, "happened", in_request, &inside);
    CHECK(listener != 0);
    /* It emits what it listens to itself, so it is called again and again until it is removed. */
    SUBMIT(inside.ctx, abuse_emit, "", &told);
    CHECK_TOLD(&told, FFI_RET_OK, "");
    LATCH_AWAIT(&inside.done, 22);
    CHECK_EQ(abuse_remove_event_listener(inside.ctx, listener), FFI_RET_OK);
    CHECK_EQ(abuse_destroy(inside.ctx), FFI_RET_OK);
}

static void on_called_at_the_end(int ret, const char *msg, size_t len, void *userData) FFI_NOEXCEPT {
    Inside *inside = (Inside *)userData;
    FFIStats stats;
    int status;
    (void)msg;
    (void)len;
    CHECK_EQ(ret, FFI_RET_CANCELLED);
    memset(&stats, 0, sizeof stats);
    stats.size = sizeof stats;
    CHECK_EQ(abuse_echo(inside->ctx, on_never, NULL, NULL, 0), FFI_RET_CLOSING);
    CHECK_EQ(abuse_now(inside->ctx, on_never, NULL, NULL, 0), FFI_RET_CLOSING);
    CHECK_EQ(abuse_close(inside->ctx, on_never, NULL), FFI_RET_CLOSING);
    CHECK_EQ(abuse_destroy(inside->ctx), FFI_RET_WOULD_DEADLOCK);
    CHECK_EQ(abuse_add_event_listener(inside->ctx, "happened", on_never, NULL), 0);
    status = abuse_cancel(inside->ctx, inside);
    CHECK(status == FFI_RET_UNKNOWN_TOKEN || status == FFI_RET_CLOSING);
    status = abuse_stats(inside->ctx, &stats);
    CHECK(status == FFI_RET_OK || status == FFI_RET_CLOSING);
    latch_raise(&inside->done);
}

/* From the callbacks that come when a context ends. */
static void from_the_last_callbacks(void) {
    Inside inside;
    memset(&inside, 0, sizeof inside);
    latch_init(&inside.done);
    inside.ctx = abuse_new("outer");
    CHECK_EQ(abuse_never(inside.ctx, on_called_at_the_end, &inside, NULL, 0), FFI_RET_OK);
    CHECK_EQ(abuse_never(inside.ctx, on_called_at_the_end, &inside, NULL, 0), FFI_RET_OK);
    CHECK_EQ(abuse_destroy(inside.ctx), FFI_RET_OK);
    CHECK_EQ(latch_count(&inside.done), 2);
}

/* A request that is submitted in the callback of the one before it, so many times: neither recursion nor a queue grows. */
typedef struct Chain {
    void *ctx;
    Latch ended;
} Chain;

static void on_link(int ret, const char *msg, size_t len, void *userData) FFI_NOEXCEPT {
    Chain *chain = (Chain *)userData;
    CHECK_EQ(ret, FFI_RET_OK);
    if (latch_raise(&chain->ended) < 3000) {
        CHECK_EQ(abuse_echo(chain->ctx, on_link, chain, (const uint8_t *)msg, len), FFI_RET_OK);
    }
}

static void a_chain_of_requests(void) {
    Chain chain;
    latch_init(&chain.ended);
    chain.ctx = abuse_new("");
    CHECK_EQ(abuse_echo(chain.ctx, on_link, &chain, (const uint8_t *)"link", 4), FFI_RET_OK);
    LATCH_AWAIT(&chain.ended, 3000);
    CHECK_EQ(abuse_destroy(chain.ctx), FFI_RET_OK);
    CHECK_EQ(latch_count(&chain.ended), 3000);
}

int main(void) {
    check_begin();
    RUN(from_every_callback);
    RUN(from_the_last_callbacks);
    RUN(a_chain_of_requests);
    return 0;
}
