/* Requests: accepted ones call back once, refused ones never; statuses, payloads of every length, panics, cancellation. */
#include "abuse.h"

static void echo_and_name(void) {
    Told none;
    void *ctx = abuse_new("a name");
    CHECK_RUN(ctx, abuse_echo, "hello", FFI_RET_OK, "hello");
    CHECK_RUN(ctx, abuse_name, "", FFI_RET_OK, "a name");
    /* No bytes at all, with and without a pointer; msg is not NULL, as on_told checks. */
    CHECK_RUN(ctx, abuse_echo, "", FFI_RET_OK, "");
    told_init(&none);
    CHECK_EQ(abuse_echo(ctx, on_told, &none, NULL, 0), FFI_RET_OK);
    CHECK_TOLD(&none, FFI_RET_OK, "");
    CHECK_EQ(abuse_destroy(ctx), FFI_RET_OK);
}

static void bytes_are_bytes(void) {
    static const uint8_t bytes[] = {0, 0xff, 'a', 0, 0xc0, 0x80, 0};
    Told told;
    void *ctx = abuse_new("");
    told_init(&told);
    CHECK_EQ(abuse_echo(ctx, on_told, &told, bytes, sizeof bytes), FFI_RET_OK);
    CHECK_TOLD(&told, FFI_RET_OK, NULL);
    CHECK_EQ(told.len, sizeof bytes);
    CHECK_EQ(memcmp(told.text, bytes, sizeof bytes), 0);
    CHECK_EQ(abuse_destroy(ctx), FFI_RET_OK);
}

typedef struct Large {
    Latch ended;
    uint8_t *bytes;
    size_t len;
} Large;

static void on_large(int ret, const char *msg, size_t len, void *userData) FFI_NOEXCEPT {
    Large *large = (Large *)userData;
    CHECK_EQ(ret, FFI_RET_OK);
    CHECK_EQ(len, large->len);
    CHECK_EQ(memcmp(msg, large->bytes, len), 0);
    latch_raise(&large->ended);
}

static void act_echo_large(Function *function, uint64_t token, const char *req, size_t len) {
    const Large *large = (const Large *)function->extra;
    CHECK_EQ(len, large->len);
    CHECK_EQ(memcmp(req, large->bytes, len), 0);
    act_echo(function, token, req, len);
}

/* A payload of exactly the limit, there and back, through the library and through the host; one byte more is refused. */
static void large_payloads(void) {
    Large large;
    size_t index;
    Function *function;
    Told told;
    void *ctx = abuse_new("");
    latch_init(&large.ended);
    large.len = ABUSE_MAX_PAYLOAD;
    large.bytes = (uint8_t *)check_alloc(large.len + 1);
    for (index = 0; index < large.len; index++) {
        large.bytes[index] = (uint8_t)(index * 31 + index / 251);
    }
    CHECK_EQ(abuse_echo(ctx, on_large, &large, large.bytes, large.len), FFI_RET_OK);
    LATCH_AWAIT(&large.ended, 1);
    function = function_register(ctx, "ask", act_echo_large);
    function->extra = &large;
    CHECK_EQ(abuse_ask(ctx, on_large, &large, large.bytes, large.len), FFI_RET_OK);
    LATCH_AWAIT(&large.ended, 2);
    CHECK_EQ(abuse_ask_elsewhere(ctx, on_large, &large, large.bytes, large.len), FFI_RET_OK);
    LATCH_AWAIT(&large.ended, 3);
    CHECK_EQ(abuse_echo(ctx, on_never, NULL, large.bytes, large.len + 1), FFI_RET_TOO_LARGE);
    CHECK_EQ(abuse_now(ctx, on_never, NULL, large.bytes, large.len + 1), FFI_RET_TOO_LARGE);
    told_init(&told);
    CHECK_EQ(abuse_now(ctx, on_told, &told, large.bytes, large.len), FFI_RET_OK);
    CHECK_TOLD(&told, FFI_RET_OK, "");
    CHECK_EQ(abuse_destroy(ctx), FFI_RET_OK);
    CHECK_EQ(latch_count(&large.ended), 3);
    function_end(function, 2, 0);
    free(large.bytes);
}

/* Lengths that nobody has the memory for are refused before a byte is read. */
static void absurd_lengths(void) {
    static const size_t lengths[] = {ABUSE_MAX_PAYLOAD + 1, (size_t)INT32_MAX, (size_t)INT32_MAX + 1, (size_t)UINT32_MAX,
                                     (size_t)UINT32_MAX + 2, (size_t)3 << 30,  SIZE_MAX / 2,          SIZE_MAX / 2 + 1,
                                     SIZE_MAX};
    const uint8_t byte = 1;
    size_t index;
    void *ctx = abuse_new("");
    for (index = 0; index < sizeof lengths / sizeof lengths[0]; index++) {
        void *other = &other;
        int status;
        CHECK_EQ(abuse_echo(ctx, on_never, NULL, &byte, lengths[index]), FFI_RET_TOO_LARGE);
        CHECK_EQ(abuse_now(ctx, on_never, NULL, &byte, lengths[index]), FFI_RET_TOO_LARGE);
        CHECK_EQ(abuse_create(&byte, lengths[index], on_never, NULL, &other), FFI_RET_TOO_LARGE);
        CHECK(other == &other);
        CHECK_EQ(abuse_host_complete(ctx, 1, FFI_RET_OK, (const char *)&byte, lengths[index]), FFI_RET_UNKNOWN_TOKEN);
        status = abuse_echo(ctx, on_never, NULL, NULL, lengths[index]);
        CHECK(status == FFI_RET_TOO_LARGE || status == FFI_RET_INVALID_ARGUMENT);
    }
    CHECK_RUN(ctx, abuse_echo, "unharmed", FFI_RET_OK, "unharmed");
    CHECK_EQ(abuse_destroy(ctx), FFI_RET_OK);
}

static void refused_requests_never_call_back(void) {
    void *ctx = abuse_new("");
    void *gone = abuse_new("");
    FFIStats before, after;
    CHECK_EQ(abuse_destroy(gone), FFI_RET_OK);
    before = abuse_stats_of(ctx);
    CHECK_EQ(abuse_echo(ctx, NULL, NULL, NULL, 0), FFI_RET_MISSING_CALLBACK);
    CHECK_EQ(abuse_now(ctx, NULL, NULL, NULL, 0), FFI_RET_MISSING_CALLBACK);
    CHECK_EQ(abuse_echo(ctx, on_never, NULL, NULL, 1), FFI_RET_INVALID_ARGUMENT);
    CHECK_EQ(abuse_now(ctx, on_never, NULL, NULL, 1), FFI_RET_INVALID_ARGUMENT);
    CHECK_EQ(abuse_echo(gone, on_never, NULL, NULL, 0), FFI_RET_INVALID_CTX);
    CHECK_EQ(abuse_now(gone, on_never, NULL, NULL, 0), FFI_RET_INVALID_CTX);
    CHECK_EQ(abuse_create(NULL, 1, on_never, NULL, &gone), FFI_RET_INVALID_ARGUMENT);
    CHECK_EQ(abuse_create(NULL, 0, NULL, NULL, &gone), FFI_RET_MISSING_CALLBACK);
    CHECK_EQ(abuse_create(NULL, 0, on_never, NULL, NULL), FFI_RET_INVALID_ARGUMENT);
    after = abuse_stats_of(ctx);
    CHECK_EQ(after.requests, before.requests);
    CHECK_EQ(after.requests_in_flight, 0);
    CHECK_RUN(ctx, abuse_echo, "something that comes after them", FFI_RET_OK, NULL);
    CHECK_EQ(abuse_destroy(ctx), FFI_RET_OK);
}

static void errors_and_panics(void) {
    Function *function;
    void *ctx = abuse_new("");
    CHECK_RUN(ctx, abuse_fail, "the declared error", FFI_RET_ERR, "the declared error");
    CHECK_RUN(ctx, abuse_fail, "", FFI_RET_ERR, "");
    CHECK_RUN(ctx, abuse_panics, "oh dear", FFI_RET_PANIC, "oh dear");
    CHECK_RUN(ctx, abuse_panics, "", FFI_RET_PANIC, "");
    CHECK_RUN(ctx, abuse_now, "panic", FFI_RET_PANIC, "told to panic");
    function = function_register(ctx, "ask", act_echo);
    CHECK_RUN(ctx, abuse_ask_and_panic, "after an answer", FFI_RET_PANIC, "after an answer");
    CHECK_RUN(ctx, abuse_sleep, "not a number", FFI_RET_ERR, "not a number");
    /* The context goes on. */
    CHECK_RUN(ctx, abuse_echo, "still there", FFI_RET_OK, "still there");
    CHECK_RUN(ctx, abuse_now, "", FFI_RET_OK, "");
    CHECK_EQ(abuse_destroy(ctx), FFI_RET_OK);
    function_end(function, 1, 0);
}

static void a_synchronous_request_calls_back_here(void) {
    Told told;
    Function *function;
    void *ctx = abuse_new("a name");
    SUBMIT(ctx, abuse_now, "", &told);
    CHECK_EQ(latch_count(&told.ended), 1);
    CHECK(pthread_equal(told.thread, pthread_self()));
    CHECK_TOLD(&told, FFI_RET_OK, "a name");
    function = function_register(ctx, "ask", act_echo);
    CHECK_RUN(ctx, abuse_now, "ask", FFI_RET_OK, "now");
    CHECK(!pthread_equal(function->thread, pthread_self()));
    CHECK_EQ(abuse_destroy(ctx), FFI_RET_OK);
    function_end(function, 1, 0);
}

static void requests_overlap(void) {
    Told slow, quick;
    void *ctx = abuse_new("");
    SUBMIT(ctx, abuse_never, "", &slow);
    SUBMIT(ctx, abuse_sleep, "1", &quick);
    CHECK_TOLD(&quick, FFI_RET_OK, "");
    CHECK_EQ(latch_count(&slow.ended), 0);
    CHECK_EQ(abuse_stats_of(ctx).requests_in_flight, 1);
    CHECK_EQ(abuse_cancel(ctx, &slow), FFI_RET_OK);
    CHECK_TOLD(&slow, FFI_RET_CANCELLED, NULL);
    CHECK_EQ(abuse_destroy(ctx), FFI_RET_OK);
}

static void cancel(void) {
    Told one, another, done, blocks, queued;
    Function *function;
    void *ctx = abuse_new("");
    CHECK_EQ(abuse_cancel(ctx, NULL), FFI_RET_UNKNOWN_TOKEN);
    CHECK_EQ(abuse_cancel(ctx, &one), FFI_RET_UNKNOWN_TOKEN);
    SUBMIT(ctx, abuse_echo, "", &done);
    CHECK_TOLD(&done, FFI_RET_OK, "");
    CHECK_EQ(abuse_cancel(ctx, &done), FFI_RET_UNKNOWN_TOKEN);
    /* Only those with this userData. */
    SUBMIT(ctx, abuse_never, "", &one);
    SUBMIT(ctx, abuse_never, "", &another);
    CHECK_EQ(abuse_cancel(ctx, &one), FFI_RET_OK);
    CHECK_TOLD(&one, FFI_RET_CANCELLED, NULL);
    CHECK_EQ(latch_count(&another.ended), 0);
    CHECK_EQ(abuse_cancel(ctx, &one), FFI_RET_UNKNOWN_TOKEN);
    CHECK_EQ(abuse_cancel(ctx, &another), FFI_RET_OK);
    CHECK_TOLD(&another, FFI_RET_CANCELLED, NULL);
    /* One that awaits the host: the host is told. */
    function = function_register(ctx, "ask", NULL);
    SUBMIT(ctx, abuse_ask, "", &one);
    LATCH_AWAIT(&function->asked, 1);
    CHECK_EQ(abuse_cancel(ctx, &one), FFI_RET_OK);
    CHECK_TOLD(&one, FFI_RET_CANCELLED, NULL);
    LATCH_AWAIT(&function->cancelled, 1);
    CHECK_EQ(function->cancelled_tokens[0], function->tokens[0]);
    /* One that was not started yet never is. */
    SUBMIT(ctx, abuse_hold, "queued behind", &blocks);
    SUBMIT(ctx, abuse_ask, "", &queued);
    CHECK_EQ(abuse_cancel(ctx, &queued), FFI_RET_OK);
    abuse_let_go("queued behind");
    CHECK_TOLD(&queued, FFI_RET_CANCELLED, NULL);
    CHECK_TOLD(&blocks, FFI_RET_OK, "");
    CHECK_EQ(latch_count(&function->asked), 1);
    CHECK_EQ(abuse_destroy(ctx), FFI_RET_OK);
    function_end(function, 1, 1);
}

/* The creation of a context is no request, so there is nothing to cancel. */
static void creation_is_not_cancelled(void) {
    Told created;
    void *ctx = abuse_make("hangs", &created);
    CHECK_EQ(abuse_cancel(ctx, &created), FFI_RET_UNKNOWN_TOKEN);
    CHECK_EQ(abuse_destroy(ctx), FFI_RET_OK);
    CHECK_TOLD(&created, FFI_RET_CANCELLED, NULL);
}

static void on_counted(int ret, const char *msg, size_t len, void *userData) FFI_NOEXCEPT {
    (void)msg;
    (void)len;
    CHECK_EQ(ret, FFI_RET_OK);
    latch_raise((Latch *)userData);
}

/* More than can be queued: BUSY, and every accepted one is called back once. */
static void a_full_queue(void) {
    Told holds;
    Latch ended, let_go;
    Function *function, *other;
    int accepted = 0;
    void *ctx = abuse_new("");
    latch_init(&ended);
    other = function_hold(ctx, "other", &let_go);
    function = function_register(ctx, "ask", act_echo);
    SUBMIT(ctx, abuse_ask_other, "", &holds);
    LATCH_AWAIT(&other->asked, 1);
    for (; accepted < ABUSE_MAX_QUEUED; accepted++) {
        CHECK_EQ(abuse_ask(ctx, on_counted, &ended, NULL, 0), FFI_RET_OK);
    }
    CHECK_EQ(abuse_ask(ctx, on_never, NULL, NULL, 0), FFI_RET_BUSY);
    CHECK_EQ(abuse_echo(ctx, on_never, NULL, NULL, 0), FFI_RET_BUSY);
    CHECK_EQ(latch_count(&ended), 0);
    latch_raise(&let_go);
    CHECK_TOLD(&holds, FFI_RET_OK, "");
    LATCH_AWAIT(&ended, ABUSE_MAX_QUEUED);
    CHECK_EQ(abuse_stats_of(ctx).requests_refused, 2);
    CHECK_EQ(abuse_stats_of(ctx).requests, ABUSE_MAX_QUEUED + 1);
    CHECK_RUN(ctx, abuse_echo, "again", FFI_RET_OK, "again");
    CHECK_EQ(abuse_destroy(ctx), FFI_RET_OK);
    CHECK_EQ(latch_count(&ended), ABUSE_MAX_QUEUED);
    function_end(function, ABUSE_MAX_QUEUED, 0);
    function_end(other, 1, 0);
}

static void about_the_library(void) {
    const uint8_t *bytes = NULL, *again = NULL;
    size_t len = 0, len_again = 0;
    CHECK_EQ(strcmp(abuse_version(), "0.1.0"), 0);
    CHECK_EQ(abuse_abi_descriptor(&bytes, &len), FFI_RET_OK);
    CHECK(bytes != NULL && len > 100);
    /* A CBOR map, in static storage. */
    CHECK_EQ(bytes[0] >> 5, 5);
    CHECK_EQ(abuse_abi_descriptor(&again, &len_again), FFI_RET_OK);
    CHECK(again == bytes && len_again == len);
    CHECK_EQ(abuse_abi_descriptor(NULL, &len), FFI_RET_INVALID_ARGUMENT);
    CHECK_EQ(abuse_abi_descriptor(&bytes, NULL), FFI_RET_INVALID_ARGUMENT);
    CHECK_EQ(abuse_abi_descriptor(NULL, NULL), FFI_RET_INVALID_ARGUMENT);
    CHECK(abuse_abi_hash() != 0);
    CHECK(abuse_abi_hash() == abuse_abi_hash());
}

static void stats(void) {
    struct {
        FFIStats stats;
        uint64_t later;
    } larger;
    FFIStats stats;
    Function *function;
    void *ctx = abuse_new("");
    CHECK_EQ(abuse_stats(ctx, NULL), FFI_RET_INVALID_ARGUMENT);
    memset(&stats, 0x55, sizeof stats);
    stats.size = sizeof stats - 1;
    CHECK_EQ(abuse_stats(ctx, &stats), FFI_RET_INVALID_ARGUMENT);
    CHECK_EQ(stats.requests, 0x5555555555555555);
    stats.size = 0;
    CHECK_EQ(abuse_stats(ctx, &stats), FFI_RET_INVALID_ARGUMENT);
    /* A later header's struct: what this library does not know is not written to. */
    memset(&larger, 0x55, sizeof larger);
    larger.stats.size = sizeof larger;
    CHECK_EQ(abuse_stats(ctx, &larger.stats), FFI_RET_OK);
    CHECK_EQ(larger.later, 0x5555555555555555);
    function = function_register(ctx, "ask", act_echo);
    CHECK_RUN(ctx, abuse_ask, "", FFI_RET_OK, "");
    CHECK_RUN(ctx, abuse_ask_and_drop, "", FFI_RET_OK, "");
    CHECK_EQ(answer(ctx, 12345, FFI_RET_OK, ""), FFI_RET_UNKNOWN_TOKEN);
    stats = abuse_stats_of(ctx);
    CHECK_EQ(stats.size, sizeof stats);
    CHECK_EQ(stats.host_calls, 2);
    CHECK_EQ(stats.host_calls_inline, 2);
    CHECK_EQ(stats.host_calls_in_flight, 0);
    CHECK_EQ(stats.host_calls_remote, 0);
    CHECK_EQ(stats.host_answers_refused, 1);
    CHECK_EQ(stats.host_fns_registered, 1);
    CHECK_EQ(stats.requests, 2);
    CHECK_EQ(stats.requests_in_flight, 0);
    CHECK_EQ(stats.listeners, 0);
    CHECK_EQ(abuse_destroy(ctx), FFI_RET_OK);
    function_end(function, 2, 0);
}

int main(void) {
    check_begin();
    RUN(echo_and_name);
    RUN(bytes_are_bytes);
    RUN(large_payloads);
    RUN(absurd_lengths);
    RUN(refused_requests_never_call_back);
    RUN(errors_and_panics);
    RUN(a_synchronous_request_calls_back_here);
    RUN(requests_overlap);
    RUN(a_full_queue);
    RUN(about_the_library);
    RUN(stats);
    RUN(cancel);
    RUN(creation_is_not_cancelled);
    return 0;
}
