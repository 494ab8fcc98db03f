/* Progress is not the end: FFI_RET_STALE_WARN comes any number of times while a request runs, and then its one outcome. The
 * library `second` sends it every 5 ms. */
#include "abuse.h"

static void *second_new(void) {
    Told created;
    void *ctx = NULL;
    told_init(&created);
    CHECK_EQ(second_create(NULL, 0, on_told, &created, &ctx), FFI_RET_OK);
    CHECK_TOLD(&created, FFI_RET_OK, "");
    CHECK_EQ(latch_count(&created.pings), 0);
    return ctx;
}

static void on_pinged(int ret, const char *msg, size_t len, void *userData) FFI_NOEXCEPT {
    /* The payload is the elapsed milliseconds in decimal. */
    if (ret == FFI_RET_STALE_WARN) {
        size_t index;
        CHECK(len > 0 && len < 8);
        for (index = 0; index < len; index++) {
            CHECK(msg[index] >= '0' && msg[index] <= '9');
        }
    }
    on_told(ret, msg, len, userData);
}

static Latch asked;
static uint64_t last_token;

static void silent(uint64_t token, const char *req, size_t len, void *userData) FFI_NOEXCEPT {
    (void)req;
    (void)len;
    (void)userData;
    last_token = token;
    latch_raise(&asked);
}

static void warnings_then_the_outcome(void) {
    Told told;
    void *ctx = second_new();
    latch_init(&asked);
    CHECK_EQ(second_register_host_fn(ctx, "ask", silent, NULL), FFI_RET_OK);
    told_init(&told);
    CHECK_EQ(second_ask(ctx, on_pinged, &told, NULL, 0), FFI_RET_OK);
    LATCH_AWAIT(&told.pings, 3);
    CHECK_EQ(latch_count(&told.ended), 0);
    LATCH_AWAIT(&asked, 1);
    CHECK_EQ(second_host_complete(ctx, last_token, FFI_RET_OK, "at last", 7), FFI_RET_OK);
    CHECK_TOLD(&told, FFI_RET_OK, "at last");
    /* None comes after the outcome: on_told would fail. */
    pause_ms(30);
    CHECK_EQ(second_destroy(ctx), FFI_RET_OK);
    CHECK_EQ(latch_count(&told.ended), 1);
}

static void quick_requests_are_not_warned_about(void) {
    Told told;
    void *ctx = second_new();
    told_init(&told);
    CHECK_EQ(second_name_now(ctx, on_pinged, &told, NULL, 0), FFI_RET_OK);
    CHECK_TOLD(&told, FFI_RET_OK, "");
    CHECK_EQ(latch_count(&told.pings), 0);
    CHECK_EQ(second_destroy(ctx), FFI_RET_OK);
}

static void warnings_then_cancelled(void) {
    Told cancelled, destroyed;
    void *ctx = second_new();
    told_init(&cancelled);
    told_init(&destroyed);
    CHECK_EQ(second_never(ctx, on_pinged, &cancelled, NULL, 0), FFI_RET_OK);
    CHECK_EQ(second_never(ctx, on_pinged, &destroyed, NULL, 0), FFI_RET_OK);
    LATCH_AWAIT(&cancelled.pings, 2);
    LATCH_AWAIT(&destroyed.pings, 2);
    CHECK_EQ(second_cancel(ctx, &cancelled), FFI_RET_OK);
    CHECK_TOLD(&cancelled, FFI_RET_CANCELLED, NULL);
    CHECK_EQ(second_destroy(ctx), FFI_RET_OK);
    CHECK_EQ(latch_count(&destroyed.ended), 1);
    CHECK_TOLD(&destroyed, FFI_RET_CANCELLED, NULL);
}

typedef struct Canceller {
    Told told;
    void *ctx;
} Canceller;

static void cancels_when_pinged(int ret, const char *msg, size_t len, void *userData) FFI_NOEXCEPT {
    Canceller *canceller = (Canceller *)userData;
    if (ret == FFI_RET_STALE_WARN && latch_count(&canceller->told.pings) == 0) {
        CHECK_EQ(second_cancel(canceller->ctx, canceller), FFI_RET_OK);
    }
    on_told(ret, msg, len, &canceller->told);
}

/* Cancelled from inside a warning. */
static void cancelled_from_inside(void) {
    Canceller canceller;
    told_init(&canceller.told);
    canceller.ctx = second_new();
    CHECK_EQ(second_never(canceller.ctx, cancels_when_pinged, &canceller, NULL, 0), FFI_RET_OK);
    CHECK_TOLD(&canceller.told, FFI_RET_CANCELLED, NULL);
    CHECK_EQ(latch_count(&canceller.told.pings), 1);
    CHECK_EQ(second_destroy(canceller.ctx), FFI_RET_OK);
}

int main(void) {
    check_begin();
    RUN(warnings_then_the_outcome);
    RUN(quick_requests_are_not_warned_about);
    RUN(warnings_then_cancelled);
    RUN(cancelled_from_inside);
    return 0;
}
