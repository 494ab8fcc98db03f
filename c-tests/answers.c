/* A host call settles exactly once, whatever the host does: inline, later, twice, wrongly, never, from any thread. */
#include "abuse.h"

static void act_never(Function *function, uint64_t token, const char *req, size_t len) {
    (void)function;
    (void)token;
    (void)req;
    (void)len;
}

static void inline_answers(void) {
    Function *function;
    void *ctx = abuse_new("");
    function = function_register(ctx, "ask", act_echo);
    CHECK_RUN(ctx, abuse_ask, "hello", FFI_RET_OK, "hello");
    CHECK_RUN(ctx, abuse_ask, "", FFI_RET_OK, "");
    CHECK_RUN(ctx, abuse_ask_twice, "twice", FFI_RET_OK, "twice");
    CHECK_RUN(ctx, abuse_ask_elsewhere, "elsewhere", FFI_RET_OK, "elsewhere");
    CHECK_RUN(ctx, abuse_ask_sync, "at once", FFI_RET_OK, "at once");
    CHECK_RUN(ctx, abuse_ask_text, "text", FFI_RET_OK, "text");
    CHECK_RUN(ctx, abuse_ask_and_drop, "answered", FFI_RET_OK, "answered");
    CHECK_EQ(abuse_stats_of(ctx).host_calls_inline, 8);
    CHECK_EQ(abuse_destroy(ctx), FFI_RET_OK);
    function_end(function, 8, 0);
}

static void later_answers(void) {
    Told first, second;
    Function *function;
    void *ctx = abuse_new("");
    function = function_register(ctx, "ask", act_never);
    SUBMIT(ctx, abuse_ask, "one", &first);
    SUBMIT(ctx, abuse_ask, "two", &second);
    LATCH_AWAIT(&function->asked, 2);
    CHECK_EQ(abuse_stats_of(ctx).host_calls_in_flight, 2);
    /* In the other order. */
    CHECK_EQ(answer(ctx, function->tokens[1], FFI_RET_OK, "TWO"), FFI_RET_OK);
    CHECK_TOLD(&second, FFI_RET_OK, "TWO");
    CHECK_EQ(latch_count(&first.ended), 0);
    CHECK_EQ(answer(ctx, function->tokens[0], FFI_RET_OK, "ONE"), FFI_RET_OK);
    CHECK_TOLD(&first, FFI_RET_OK, "ONE");
    SUBMIT(ctx, abuse_ask_elsewhere, "three", &first);
    LATCH_AWAIT(&function->asked, 3);
    CHECK_EQ(answer(ctx, function->tokens[2], FFI_RET_OK, "THREE"), FFI_RET_OK);
    CHECK_TOLD(&first, FFI_RET_OK, "THREE");
    CHECK_EQ(abuse_stats_of(ctx).host_calls_remote, 3);
    CHECK_EQ(abuse_destroy(ctx), FFI_RET_OK);
    function_end(function, 3, 0);
}

/* The request's words are the status of the answer: what the library makes of it. */
static void every_kind_of_answer(void) {
    static const struct {
        int ret;
        const char *text;
        int told;
        const char *told_text;
    } kinds[] = {
        {FFI_RET_OK, "fine", FFI_RET_OK, "fine"},
        {FFI_RET_ERR, "declared", FFI_RET_ERR, "Declared(declared)"},
        {FFI_RET_ERR, "", FFI_RET_ERR, "Declared()"},
        {FFI_RET_CANCELLED, "gone", FFI_RET_ERR, "Cancelled"},
        {FFI_RET_STALE_WARN, "3", FFI_RET_ERR, "Failed { code: 3, text: \"3\" }"},
        {FFI_RET_PANIC, "", FFI_RET_ERR, "Failed { code: 10, text: \"\" }"},
        {-1, "minus one", FFI_RET_ERR, "Failed { code: -1, text: \"minus one\" }"},
        {INT32_MAX, "x", FFI_RET_ERR, "Failed { code: 2147483647, text: \"x\" }"},
        {INT32_MIN, "x", FFI_RET_ERR, "Failed { code: -2147483648, text: \"x\" }"},
        {77, "\xff", FFI_RET_ERR, "Failed { code: 77, text: \"\xef\xbf\xbd\" }"},
    };
    Told told;
    Function *function;
    size_t index;
    void *ctx = abuse_new("");
    function = function_register(ctx, "ask", act_never);
    for (index = 0; index < sizeof kinds / sizeof kinds[0]; index++) {
        SUBMIT(ctx, abuse_ask, "", &told);
        LATCH_AWAIT(&function->asked, index + 1);
        CHECK_EQ(answer(ctx, function->tokens[index], kinds[index].ret, kinds[index].text), FFI_RET_OK);
        CHECK_TOLD(&told, kinds[index].told, kinds[index].told_text);
    }
    CHECK_EQ(abuse_destroy(ctx), FFI_RET_OK);
    function_end(function, index, 0);
}

static void act_twice(Function *function, uint64_t token, const char *req, size_t len) {
    CHECK_EQ(abuse_host_complete(function->ctx, token, FFI_RET_OK, req, len), FFI_RET_OK);
    CHECK_EQ(answer(function->ctx, token, FFI_RET_OK, "second"), FFI_RET_UNKNOWN_TOKEN);
    CHECK_EQ(answer(function->ctx, token, FFI_RET_ERR, "third"), FFI_RET_UNKNOWN_TOKEN);
}

/* The first answer wins; others are refused, also when the slot has a new call. */
static void double_and_late_answers(void) {
    Told told, next;
    Function *function, *silent;
    uint64_t stale;
    void *ctx = abuse_new("");
    function = function_register(ctx, "ask", act_twice);
    CHECK_RUN(ctx, abuse_ask, "first", FFI_RET_OK, "first");
    stale = function->tokens[0];
    CHECK_EQ(answer(ctx, stale, FFI_RET_OK, "late"), FFI_RET_UNKNOWN_TOKEN);
    silent = function_register(ctx, "other", act_never);
    SUBMIT(ctx, abuse_ask_other, "", &told);
    LATCH_AWAIT(&silent->asked, 1);
    CHECK_EQ(answer(ctx, stale, FFI_RET_OK, "stale"), FFI_RET_UNKNOWN_TOKEN);
    CHECK_EQ(latch_count(&told.ended), 0);
    CHECK_EQ(answer(ctx, silent->tokens[0], FFI_RET_OK, "right"), FFI_RET_OK);
    CHECK_EQ(answer(ctx, silent->tokens[0], FFI_RET_OK, "double"), FFI_RET_UNKNOWN_TOKEN);
    CHECK_TOLD(&told, FFI_RET_OK, "right");
    SUBMIT(ctx, abuse_ask_other, "", &next);
    LATCH_AWAIT(&silent->asked, 2);
    CHECK(silent->tokens[1] > silent->tokens[0]);
    CHECK_EQ(answer(ctx, silent->tokens[0], FFI_RET_OK, "late"), FFI_RET_UNKNOWN_TOKEN);
    CHECK_EQ(latch_count(&next.ended), 0);
    CHECK_EQ(answer(ctx, silent->tokens[1], FFI_RET_OK, "its own"), FFI_RET_OK);
    CHECK_TOLD(&next, FFI_RET_OK, "its own");
    CHECK_EQ(abuse_stats_of(ctx).host_answers_refused, 6);
    CHECK_EQ(abuse_destroy(ctx), FFI_RET_OK);
    function_end(function, 1, 0);
    function_end(silent, 2, 0);
}

/* Tokens that were never issued. */
static void forged_tokens(void) {
    Told told;
    Function *function;
    uint64_t token;
    int bit;
    void *ctx = abuse_new("");
    function = function_register(ctx, "ask", act_never);
    SUBMIT(ctx, abuse_ask, "", &told);
    LATCH_AWAIT(&function->asked, 1);
    token = function->tokens[0];
    CHECK_EQ(answer(ctx, 0, FFI_RET_OK, ""), FFI_RET_UNKNOWN_TOKEN);
    CHECK_EQ(answer(ctx, UINT64_MAX, FFI_RET_OK, ""), FFI_RET_UNKNOWN_TOKEN);
    for (bit = 0; bit < 64; bit++) {
        CHECK_EQ(answer(ctx, token ^ (uint64_t)1 << bit, FFI_RET_OK, ""), FFI_RET_UNKNOWN_TOKEN);
        if (token != (uint64_t)1 << bit) {
            CHECK_EQ(answer(ctx, (uint64_t)1 << bit, FFI_RET_OK, ""), FFI_RET_UNKNOWN_TOKEN);
        }
    }
    CHECK_EQ(latch_count(&told.ended), 0);
    CHECK_EQ(answer(ctx, token, FFI_RET_OK, "right"), FFI_RET_OK);
    CHECK_TOLD(&told, FFI_RET_OK, "right");
    CHECK_EQ(abuse_destroy(ctx), FFI_RET_OK);
    function_end(function, 1, 0);
}

static int undecodable(void *ctx, uint64_t token, int kind) {
    switch (kind) {
    case 0:
        return abuse_host_complete(ctx, token, FFI_RET_OK, "\xff\xfe", 2);
    case 1:
        return abuse_host_complete(ctx, token, FFI_RET_OK, NULL, 5);
    case 2:
        return abuse_host_complete(ctx, token, FFI_RET_ERR, NULL, 1);
    case 3:
        return abuse_host_complete(ctx, token, 42, NULL, 1);
    case 4:
        return abuse_host_complete(ctx, token, FFI_RET_OK, "x", ABUSE_MAX_PAYLOAD + 1);
    case 5:
        return abuse_host_complete(ctx, token, FFI_RET_OK, "x", (size_t)3 << 30);
    case 6:
        return abuse_host_complete(ctx, token, FFI_RET_OK, NULL, SIZE_MAX);
    default:
        return abuse_host_complete(ctx, token, FFI_RET_ERR, "x", SIZE_MAX);
    }
}

static void act_undecodable(Function *function, uint64_t token, const char *req, size_t len) {
    int kind = req[0] - '0';
    CHECK_EQ(len, 1);
    CHECK_EQ(undecodable(function->ctx, token, kind), kind < 4 ? FFI_RET_DECODE : FFI_RET_TOO_LARGE);
    CHECK_EQ(answer(function->ctx, token, FFI_RET_OK, "better"), FFI_RET_UNKNOWN_TOKEN);
}

/* An answer that cannot be read settles the call too: a faulty host must not hang it. */
static void undecodable_answers(void) {
    Told told;
    Function *function, *silent;
    char kind[2] = "0";
    unsigned long asked = 0;
    void *ctx = abuse_new("");
    function = function_register(ctx, "ask", act_undecodable);
    for (; kind[0] < '8'; kind[0]++) {
        CHECK_RUN(ctx, abuse_ask_text, kind, FFI_RET_ERR, "Decode");
        asked++;
    }
    CHECK_EQ(abuse_stats_of(ctx).host_answers_undecodable, asked);
    /* The same from another thread. */
    silent = function_register(ctx, "ask", act_never);
    LATCH_AWAIT(&function->released, 1);
    function_end(function, asked, 0);
    for (asked = 0; asked < 8; asked++) {
        SUBMIT(ctx, abuse_ask_text, "", &told);
        LATCH_AWAIT(&silent->asked, asked + 1);
        CHECK_EQ(undecodable(ctx, silent->tokens[asked], (int)asked), asked < 4 ? FFI_RET_DECODE : FFI_RET_TOO_LARGE);
        CHECK_EQ(answer(ctx, silent->tokens[asked], FFI_RET_OK, "better"), FFI_RET_UNKNOWN_TOKEN);
        CHECK_TOLD(&told, FFI_RET_ERR, "Decode");
    }
    /* NULL without a length is no bytes. */
    SUBMIT(ctx, abuse_ask, "", &told);
    LATCH_AWAIT(&silent->asked, 9);
    CHECK_EQ(abuse_host_complete(ctx, silent->tokens[8], FFI_RET_OK, NULL, 0), FFI_RET_OK);
    CHECK_TOLD(&told, FFI_RET_OK, "");
    CHECK_EQ(abuse_destroy(ctx), FFI_RET_OK);
    function_end(silent, 9, 0);
}

/* The host never answers: the call ends by deadline, by being dropped, or with its context; the host is told once. */
static void never_answered(void) {
    Told told;
    Function *function;
    void *ctx = abuse_new("");
    function = function_register(ctx, "ask", act_never);
    CHECK_RUN(ctx, abuse_ask_with_deadline, "5", FFI_RET_ERR, "TimedOut");
    LATCH_AWAIT(&function->cancelled, 1);
    CHECK_RUN(ctx, abuse_ask_with_deadline, "0", FFI_RET_ERR, "TimedOut");
    LATCH_AWAIT(&function->cancelled, 2);
    CHECK_RUN(ctx, abuse_ask_and_drop, "", FFI_RET_OK, "dropped");
    LATCH_AWAIT(&function->cancelled, 3);
    CHECK_RUN(ctx, abuse_ask_sync, "", FFI_RET_ERR, "TimedOut");
    LATCH_AWAIT(&function->cancelled, 4);
    CHECK_EQ(memcmp(function->tokens, function->cancelled_tokens, 4 * sizeof(uint64_t)), 0);
    CHECK_EQ(abuse_stats_of(ctx).host_calls_timed_out, 3);
    CHECK_EQ(abuse_stats_of(ctx).host_calls_cancelled, 1);
    CHECK_EQ(abuse_stats_of(ctx).host_calls_in_flight, 0);
    SUBMIT(ctx, abuse_ask, "", &told);
    LATCH_AWAIT(&function->asked, 5);
    CHECK_EQ(abuse_destroy(ctx), FFI_RET_OK);
    CHECK_EQ(latch_count(&told.ended), 1);
    CHECK_TOLD(&told, FFI_RET_CANCELLED, NULL);
    function_end(function, 5, 5);
}

static void *answer_all_twice(void *argument) {
    Function *function = (Function *)argument;
    unsigned long *won = (unsigned long *)check_alloc(sizeof *won);
    unsigned long index;
    for (index = 0; index < ABUSE_MAX_CALLS; index++) {
        char text[24];
        int round;
        LATCH_AWAIT(&function->asked, index + 1);
        snprintf(text, sizeof text, "%lu", index);
        for (round = 0; round < 2; round++) {
            int status = answer(function->ctx, function->tokens[index], FFI_RET_OK, text);
            CHECK(status == FFI_RET_OK || status == FFI_RET_UNKNOWN_TOKEN);
            *won += status == FFI_RET_OK;
        }
    }
    return won;
}

/* As many calls as may be in flight, answered by four threads at once, each of which answers each call twice: exactly one
 * answer of each eight wins, and each call gets its own. */
static void many_answerers(void) {
    pthread_t threads[4];
    unsigned long won = 0;
    size_t index;
    Told told;
    Function *function;
    void *ctx = abuse_new("");
    function = function_register(ctx, "ask", act_never);
    SUBMIT(ctx, abuse_ask_many, "1000", &told);
    for (index = 0; index < 4; index++) {
        threads[index] = start_thread(answer_all_twice, function);
    }
    for (index = 0; index < 4; index++) {
        void *theirs;
        CHECK_EQ(pthread_join(threads[index], &theirs), 0);
        won += *(unsigned long *)theirs;
        free(theirs);
    }
    CHECK_TOLD(&told, FFI_RET_OK, "1000");
    CHECK_EQ(won, ABUSE_MAX_CALLS);
    CHECK_EQ(abuse_stats_of(ctx).host_calls_in_flight, 0);
    CHECK_EQ(abuse_stats_of(ctx).host_answers_refused, 7 * ABUSE_MAX_CALLS);
    CHECK_EQ(abuse_destroy(ctx), FFI_RET_OK);
    function_end(function, ABUSE_MAX_CALLS, 0);
}

/* One more than may be in flight is Overloaded at once, and not lost. */
static void too_many_calls(void) {
    Told many, one;
    Function *function;
    unsigned long index;
    void *ctx = abuse_new("");
    function = function_register(ctx, "ask", act_never);
    SUBMIT(ctx, abuse_ask_many, "1000", &many);
    LATCH_AWAIT(&function->asked, ABUSE_MAX_CALLS);
    CHECK_RUN(ctx, abuse_ask, "one more", FFI_RET_ERR, "Overloaded");
    CHECK_EQ(answer(ctx, function->tokens[7], FFI_RET_OK, "7"), FFI_RET_OK);
    AWAIT(abuse_stats_of(ctx).host_calls_in_flight == ABUSE_MAX_CALLS - 1);
    SUBMIT(ctx, abuse_ask, "now there is room", &one);
    LATCH_AWAIT(&function->asked, ABUSE_MAX_CALLS + 1);
    CHECK_EQ(answer(ctx, function->tokens[ABUSE_MAX_CALLS], FFI_RET_OK, "one"), FFI_RET_OK);
    CHECK_TOLD(&one, FFI_RET_OK, "one");
    for (index = 0; index < ABUSE_MAX_CALLS; index++) {
        int expected = index == 7 ? FFI_RET_UNKNOWN_TOKEN : FFI_RET_OK;
        CHECK_EQ(answer(ctx, function->tokens[index], FFI_RET_OK, "all the same"), expected);
    }
    CHECK_TOLD(&many, FFI_RET_OK, "1");
    CHECK_EQ(abuse_destroy(ctx), FFI_RET_OK);
    function_end(function, ABUSE_MAX_CALLS + 1, 0);
}

/* A token of a context that has ended settles nothing in its successor, whatever ctx comes with it. */
static void an_answer_after_its_context(void) {
    Told told;
    Function *function, *theirs;
    void *ctx, *next;
    int round;
    ctx = abuse_new("");
    function = function_register(ctx, "ask", act_never);
    SUBMIT(ctx, abuse_ask, "", &told);
    LATCH_AWAIT(&function->asked, 1);
    CHECK_EQ(abuse_destroy(ctx), FFI_RET_OK);
    CHECK_EQ(answer(ctx, function->tokens[0], FFI_RET_OK, "late"), FFI_RET_INVALID_CTX);
    for (round = 0; round < 3; round++) {
        next = abuse_new("");
        CHECK(next != ctx);
        theirs = function_register(next, "ask", act_never);
        SUBMIT(next, abuse_ask, "", &told);
        LATCH_AWAIT(&theirs->asked, 1);
        CHECK(theirs->tokens[0] != function->tokens[0]);
        CHECK_EQ(answer(ctx, theirs->tokens[0], FFI_RET_OK, "old ctx"), FFI_RET_INVALID_CTX);
        CHECK_EQ(answer(ctx, function->tokens[0], FFI_RET_OK, "both old"), FFI_RET_INVALID_CTX);
        CHECK_EQ(answer(next, function->tokens[0], FFI_RET_OK, "old token"), FFI_RET_UNKNOWN_TOKEN);
        CHECK_EQ(latch_count(&told.ended), 0);
        CHECK_EQ(answer(next, theirs->tokens[0], FFI_RET_OK, "right"), FFI_RET_OK);
        CHECK_TOLD(&told, FFI_RET_OK, "right");
        CHECK_EQ(abuse_destroy(next), FFI_RET_OK);
        function_end(theirs, 1, 0);
    }
    function_end(function, 1, 1);
}

static void act_slow(Function *function, uint64_t token, const char *req, size_t len) {
    pause_ms(60);
    act_echo(function, token, req, len);
}

/* A host function that keeps the FFI thread is counted. */
static void a_slow_host_function(void) {
    Function *function;
    void *ctx = abuse_new("");
    function = function_register(ctx, "ask", act_slow);
    CHECK_RUN(ctx, abuse_ask, "slow", FFI_RET_OK, "slow");
    CHECK_EQ(abuse_stats_of(ctx).host_calls_slow, 1);
    CHECK_EQ(abuse_destroy(ctx), FFI_RET_OK);
    function_end(function, 1, 0);
}

int main(void) {
    check_begin();
    RUN(inline_answers);
    RUN(later_answers);
    RUN(every_kind_of_answer);
    RUN(double_and_late_answers);
    RUN(forged_tokens);
    RUN(undecodable_answers);
    RUN(never_answered);
    RUN(many_answerers);
    RUN(too_many_calls);
    RUN(an_answer_after_its_context);
    RUN(a_slow_host_function);
    return 0;
}
