/* Two libraries in one process: each knows its own contexts, host functions and threads, and refuses the other's; a host
 * function of one may call the other, to and fro. */
#include "abuse.h"

static void *second_new(const char *name) {
    Told created;
    void *ctx = NULL;
    told_init(&created);
    CHECK_EQ(second_create((const uint8_t *)name, strlen(name), on_told, &created, &ctx), FFI_RET_OK);
    CHECK_TOLD(&created, FFI_RET_OK, "");
    return ctx;
}

static void side_by_side(void) {
    void *one = abuse_new("one"), *two = second_new("two");
    CHECK(one != two);
    CHECK_RUN(one, abuse_name, "", FFI_RET_OK, "one");
    CHECK_RUN(two, second_name, "", FFI_RET_OK, "two");
    CHECK_RUN(one, abuse_now, "", FFI_RET_OK, "one");
    CHECK_RUN(two, second_name_now, "", FFI_RET_OK, "two");
    CHECK(abuse_abi_hash() != second_abi_hash());
    CHECK(abuse_version() != second_version());
    CHECK_EQ(abuse_destroy(one), FFI_RET_OK);
    CHECK_RUN(two, second_name, "", FFI_RET_OK, "two");
    CHECK_EQ(second_destroy(two), FFI_RET_OK);
}

static void no_host_fn(uint64_t token, const char *req, size_t len, void *userData) FFI_NOEXCEPT {
    (void)token;
    (void)req;
    (void)len;
    (void)userData;
    check_fail(__FILE__, __LINE__, "a function that was refused was called");
}

/* The handle of one library means nothing to the other. */
static void handles_do_not_mix(void) {
    void *one = abuse_new("one"), *two = second_new("two");
    FFIStats stats;
    stats.size = sizeof stats;
    CHECK_EQ(abuse_echo(two, on_never, NULL, NULL, 0), FFI_RET_INVALID_CTX);
    CHECK_EQ(second_name(one, on_never, NULL, NULL, 0), FFI_RET_INVALID_CTX);
    CHECK_EQ(second_name_now(one, on_never, NULL, NULL, 0), FFI_RET_INVALID_CTX);
    CHECK_EQ(abuse_register_host_fn(two, "ask", no_host_fn, NULL), FFI_RET_INVALID_CTX);
    CHECK_EQ(second_host_complete(one, 1, FFI_RET_OK, "", 0), FFI_RET_INVALID_CTX);
    CHECK_EQ(second_add_event_listener(one, "happened", on_never, NULL), 0);
    CHECK_EQ(second_stats(one, &stats), FFI_RET_INVALID_CTX);
    CHECK_EQ(second_cancel(one, NULL), FFI_RET_INVALID_CTX);
    CHECK_EQ(abuse_close(two, on_never, NULL), FFI_RET_INVALID_CTX);
    CHECK_EQ(abuse_destroy(two), FFI_RET_INVALID_CTX);
    CHECK_EQ(second_destroy(one), FFI_RET_INVALID_CTX);
    CHECK_RUN(one, abuse_name, "", FFI_RET_OK, "one");
    CHECK_RUN(two, second_name, "", FFI_RET_OK, "two");
    CHECK_EQ(abuse_destroy(one), FFI_RET_OK);
    CHECK_EQ(second_destroy(two), FFI_RET_OK);
}

typedef struct Relay {
    void *one;
    void *two;
    uint64_t token; /* of the first library's call */
    Latch answered;
    Latch asked;
} Relay;

/* The first library asks; the host asks the second, which asks the host, which answers, and with that answers the first. */
static void on_second_told(int ret, const char *msg, size_t len, void *userData) FFI_NOEXCEPT {
    Relay *relay = (Relay *)userData;
    if (ret == FFI_RET_STALE_WARN) {
        return;
    }
    CHECK_EQ(ret, FFI_RET_OK);
    CHECK_EQ(abuse_host_complete(relay->one, relay->token, FFI_RET_OK, msg, len), FFI_RET_OK);
    latch_raise(&relay->answered);
}

static void asked_by_one(uint64_t token, const char *req, size_t len, void *userData) FFI_NOEXCEPT {
    Relay *relay = (Relay *)userData;
    Told told;
    relay->token = token;
    /* A synchronous request of the other library, inside: its callback comes before it returns. */
    told_init(&told);
    CHECK_EQ(second_name_now(relay->two, on_told, &told, NULL, 0), FFI_RET_OK);
    CHECK_TOLD(&told, FFI_RET_OK, "two");
    CHECK_EQ(second_ask(relay->two, on_second_told, relay, (const uint8_t *)req, len), FFI_RET_OK);
}

static void asked_by_two(uint64_t token, const char *req, size_t len, void *userData) FFI_NOEXCEPT {
    Relay *relay = (Relay *)userData;
    Told told;
    SUBMIT(relay->one, abuse_now, "", &told);
    CHECK_TOLD(&told, FFI_RET_OK, "one");
    /* The token of the one is no token of the other's context, nor the other way round. */
    CHECK_EQ(second_host_complete(relay->two, token, FFI_RET_OK, req, len), FFI_RET_OK);
    CHECK_EQ(second_host_complete(relay->two, token, FFI_RET_OK, req, len), FFI_RET_UNKNOWN_TOKEN);
    latch_raise(&relay->asked);
}

static void to_and_fro(void) {
    Relay relay;
    Told told;
    unsigned long round;
    memset(&relay, 0, sizeof relay);
    latch_init(&relay.answered);
    latch_init(&relay.asked);
    relay.one = abuse_new("one");
    relay.two = second_new("two");
    CHECK_EQ(abuse_register_host_fn(relay.one, "ask", asked_by_one, &relay), FFI_RET_OK);
    CHECK_EQ(second_register_host_fn(relay.two, "ask", asked_by_two, &relay), FFI_RET_OK);
    for (round = 1; round <= 100; round++) {
        SUBMIT(relay.one, abuse_ask, "there and back", &told);
        CHECK_TOLD(&told, FFI_RET_OK, "there and back");
        CHECK_EQ(latch_count(&relay.asked), round);
    }
    CHECK_EQ(second_destroy(relay.two), FFI_RET_OK);
    CHECK_EQ(abuse_destroy(relay.one), FFI_RET_OK);
    CHECK_EQ(latch_count(&relay.answered), 100);
}

static void destroys_the_other(uint64_t token, const char *req, size_t len, void *userData) FFI_NOEXCEPT {
    Relay *relay = (Relay *)userData;
    CHECK_EQ(second_destroy(relay->two), FFI_RET_OK);
    CHECK_EQ(abuse_destroy(relay->one), FFI_RET_WOULD_DEADLOCK);
    CHECK_EQ(abuse_host_complete(relay->one, token, FFI_RET_OK, req, len), FFI_RET_OK);
}

/* A library's context may be destroyed on the other's FFI thread. */
static void one_destroys_the_other(void) {
    Relay relay;
    memset(&relay, 0, sizeof relay);
    relay.one = abuse_new("one");
    relay.two = second_new("two");
    CHECK_EQ(abuse_register_host_fn(relay.one, "ask", destroys_the_other, &relay), FFI_RET_OK);
    CHECK_RUN(relay.one, abuse_ask, "done", FFI_RET_OK, "done");
    CHECK_EQ(second_destroy(relay.two), FFI_RET_INVALID_CTX);
    CHECK_EQ(abuse_destroy(relay.one), FFI_RET_OK);
}

int main(void) {
    check_begin();
    RUN(side_by_side);
    RUN(handles_do_not_mix);
    RUN(to_and_fro);
    RUN(one_destroys_the_other);
    return 0;
}
