/* Host functions come and go while they are used: replaced, unregistered, also from inside themselves. Each registration
 * that was accepted is released exactly once, never while it is used; one that was refused never. */
#include "abuse.h"

static void nothing_registered(void) {
    void *ctx = abuse_new("");
    CHECK_EQ(abuse_host_fn_registered(ctx, "ask"), 0);
    CHECK_RUN(ctx, abuse_ask, "", FFI_RET_ERR, "NotRegistered { name: \"ask\" }");
    CHECK_EQ(abuse_register_host_fn(ctx, "ask", NULL, NULL), FFI_RET_NOT_REGISTERED);
    CHECK_EQ(abuse_register_host_fn_cbor(ctx, "ask", NULL, NULL), FFI_RET_NOT_REGISTERED);
    CHECK_EQ(abuse_destroy(ctx), FFI_RET_OK);
}

static void register_and_unregister(void) {
    Function *function, *other;
    void *ctx = abuse_new("");
    function = function_register(ctx, "ask", act_echo);
    CHECK_EQ(abuse_host_fn_registered(ctx, "ask"), 1);
    CHECK_EQ(abuse_host_fn_registered(ctx, "other"), 0);
    other = function_register(ctx, "other", act_echo);
    CHECK_EQ(abuse_stats_of(ctx).host_fns_registered, 2);
    CHECK_RUN(ctx, abuse_ask_both, "?", FFI_RET_OK, "Ok(\"?\") Ok(\"?\")");
    CHECK_EQ(latch_count(&function->released), 0);
    CHECK_EQ(abuse_register_host_fn(ctx, "ask", NULL, NULL), FFI_RET_OK);
    LATCH_AWAIT(&function->released, 1);
    CHECK_EQ(abuse_host_fn_registered(ctx, "ask"), 0);
    CHECK_RUN(ctx, abuse_ask, "", FFI_RET_ERR, "NotRegistered { name: \"ask\" }");
    CHECK_RUN(ctx, abuse_ask_other, "still", FFI_RET_OK, "still");
    CHECK_EQ(latch_count(&other->released), 0);
    CHECK_EQ(abuse_destroy(ctx), FFI_RET_OK);
    function_end(function, 1, 0);
    function_end(other, 2, 0);
}

static void plain(uint64_t token, const char *req, size_t len, void *userData) FFI_NOEXCEPT {
    CHECK_EQ(abuse_host_complete(userData, token, FFI_RET_OK, req, len), FFI_RET_OK);
}

/* Without options; the other format makes no difference to bytes. */
static void plain_functions(void) {
    void *ctx = abuse_new("");
    CHECK_EQ(abuse_register_host_fn(ctx, "ask", plain, ctx), FFI_RET_OK);
    CHECK_EQ(abuse_register_host_fn_cbor(ctx, "other", plain, ctx), FFI_RET_OK);
    CHECK_RUN(ctx, abuse_ask, "native", FFI_RET_OK, "native");
    CHECK_RUN(ctx, abuse_ask_other, "cbor", FFI_RET_OK, "cbor");
    CHECK_RUN(ctx, abuse_ask_elsewhere, "native", FFI_RET_OK, "native");
    CHECK_EQ(abuse_register_host_fn_cbor(ctx, "ask", plain, ctx), FFI_RET_OK);
    CHECK_RUN(ctx, abuse_ask_elsewhere, "now cbor", FFI_RET_OK, "now cbor");
    CHECK_EQ(abuse_destroy(ctx), FFI_RET_OK);
}

static void act_never(Function *function, uint64_t token, const char *req, size_t len) {
    (void)function;
    (void)token;
    (void)req;
    (void)len;
}

/* Calls that were made with what was replaced may still be answered; it is released with the last of them. */
static void replace_while_calls_are_open(void) {
    Told first, second;
    Function *old, *new_one;
    void *ctx = abuse_new("");
    old = function_register(ctx, "ask", act_never);
    SUBMIT(ctx, abuse_ask, "1", &first);
    SUBMIT(ctx, abuse_ask, "2", &second);
    LATCH_AWAIT(&old->asked, 2);
    new_one = function_register(ctx, "ask", act_echo);
    CHECK_RUN(ctx, abuse_ask, "new", FFI_RET_OK, "new");
    CHECK_EQ(answer(ctx, old->tokens[0], FFI_RET_OK, "old answer"), FFI_RET_OK);
    CHECK_TOLD(&first, FFI_RET_OK, "old answer");
    CHECK_RUN(ctx, abuse_ask, "new", FFI_RET_OK, "new");
    CHECK_EQ(latch_count(&old->released), 0);
    CHECK_EQ(answer(ctx, old->tokens[1], FFI_RET_OK, "last answer"), FFI_RET_OK);
    CHECK_TOLD(&second, FFI_RET_OK, "last answer");
    LATCH_AWAIT(&old->released, 1);
    CHECK_EQ(latch_count(&new_one->released), 0);
    function_end(old, 2, 0);
    CHECK_EQ(abuse_destroy(ctx), FFI_RET_OK);
    function_end(new_one, 2, 0);
}

/* Open calls of what was unregistered end, and the host is told about each. */
static void unregister_while_calls_are_open(void) {
    Told first, second, unharmed;
    Function *function, *other;
    void *ctx = abuse_new("");
    function = function_register(ctx, "ask", act_never);
    other = function_register(ctx, "other", act_never);
    SUBMIT(ctx, abuse_ask, "1", &first);
    SUBMIT(ctx, abuse_ask_other, "", &unharmed);
    SUBMIT(ctx, abuse_ask, "2", &second);
    LATCH_AWAIT(&function->asked, 2);
    LATCH_AWAIT(&other->asked, 1);
    CHECK_EQ(abuse_register_host_fn(ctx, "ask", NULL, NULL), FFI_RET_OK);
    CHECK_TOLD(&first, FFI_RET_ERR, "Unregistered");
    CHECK_TOLD(&second, FFI_RET_ERR, "Unregistered");
    LATCH_AWAIT(&function->released, 1);
    CHECK_EQ(latch_count(&function->cancelled), 2);
    CHECK_EQ(answer(ctx, function->tokens[0], FFI_RET_OK, "late"), FFI_RET_UNKNOWN_TOKEN);
    function_end(function, 2, 2);
    CHECK_EQ(latch_count(&unharmed.ended), 0);
    CHECK_EQ(answer(ctx, other->tokens[0], FFI_RET_OK, "fine"), FFI_RET_OK);
    CHECK_TOLD(&unharmed, FFI_RET_OK, "fine");
    CHECK_EQ(abuse_destroy(ctx), FFI_RET_OK);
    function_end(other, 1, 0);
}

/* Answered, and unregistered before the library has looked: the answer counts, and the host hears of no cancellation. */
static void answer_then_unregister(void) {
    Told told, holds;
    Latch let_go;
    Function *function, *other;
    void *ctx = abuse_new("");
    function = function_register(ctx, "ask", act_never);
    other = function_hold(ctx, "other", &let_go);
    SUBMIT(ctx, abuse_ask, "", &told);
    LATCH_AWAIT(&function->asked, 1);
    SUBMIT(ctx, abuse_ask_other, "", &holds);
    LATCH_AWAIT(&other->asked, 1);
    CHECK_EQ(answer(ctx, function->tokens[0], FFI_RET_OK, "in time"), FFI_RET_OK);
    CHECK_EQ(abuse_register_host_fn(ctx, "ask", NULL, NULL), FFI_RET_OK);
    CHECK_EQ(latch_count(&function->released), 0);
    latch_raise(&let_go);
    CHECK_TOLD(&told, FFI_RET_OK, "in time");
    CHECK_TOLD(&holds, FFI_RET_OK, "");
    LATCH_AWAIT(&function->released, 1);
    function_end(function, 1, 0);
    CHECK_EQ(abuse_destroy(ctx), FFI_RET_OK);
    function_end(other, 1, 0);
}

static void act_unregister_itself(Function *function, uint64_t token, const char *req, size_t len) {
    CHECK_EQ(abuse_register_host_fn(function->ctx, "ask", NULL, NULL), FFI_RET_OK);
    CHECK_EQ(abuse_host_fn_registered(function->ctx, "ask"), 0);
    CHECK_EQ(latch_count(&function->released), 0);
    /* userData is still there, and so are the arguments; the call is still open. */
    act_echo(function, token, req, len);
    CHECK_EQ(latch_count(&function->released), 0);
}

static void unregister_inside_the_running_function(void) {
    Function *function;
    void *ctx = abuse_new("");
    function = function_register(ctx, "ask", act_unregister_itself);
    CHECK_RUN(ctx, abuse_ask, "answered all the same", FFI_RET_OK, "answered all the same");
    LATCH_AWAIT(&function->released, 1);
    function_end(function, 1, 0);
    CHECK_RUN(ctx, abuse_ask, "", FFI_RET_ERR, "NotRegistered { name: \"ask\" }");
    CHECK_EQ(abuse_destroy(ctx), FFI_RET_OK);
}

static void act_unregister_and_do_not_answer(Function *function, uint64_t token, const char *req, size_t len) {
    (void)token;
    (void)req;
    (void)len;
    CHECK_EQ(abuse_register_host_fn(function->ctx, "ask", NULL, NULL), FFI_RET_OK);
    CHECK_EQ(latch_count(&function->cancelled), 0);
}

static void unregister_inside_and_do_not_answer(void) {
    Function *function;
    void *ctx = abuse_new("");
    function = function_register(ctx, "ask", act_unregister_and_do_not_answer);
    CHECK_RUN(ctx, abuse_ask, "", FFI_RET_ERR, "Unregistered");
    LATCH_AWAIT(&function->released, 1);
    function_end(function, 1, 1);
    CHECK_EQ(abuse_destroy(ctx), FFI_RET_OK);
}

static void act_replace_itself(Function *function, uint64_t token, const char *req, size_t len) {
    function->extra = function_register(function->ctx, "ask", act_echo);
    CHECK_EQ(latch_count(&function->released), 0);
    CHECK_EQ(abuse_host_complete(function->ctx, token, FFI_RET_OK, req, len), FFI_RET_OK);
}

static void replace_inside_the_running_function(void) {
    Function *function, *next;
    void *ctx = abuse_new("");
    function = function_register(ctx, "ask", act_replace_itself);
    CHECK_RUN(ctx, abuse_ask_twice, "both", FFI_RET_OK, "both");
    next = (Function *)function->extra;
    LATCH_AWAIT(&function->released, 1);
    function_end(function, 1, 0);
    CHECK_EQ(latch_count(&next->asked), 1);
    CHECK_EQ(abuse_destroy(ctx), FFI_RET_OK);
    function_end(next, 1, 0);
}

typedef struct Churn {
    void *ctx;
    Function *registered[400];
} Churn;

/* Threads that register, replace and unregister while the library calls: what it calls is never gone. */
static void *churn_thread(void *argument) {
    Churn *churn = (Churn *)argument;
    int round;
    for (round = 0; round < 400; round++) {
        churn->registered[round] = function_register(churn->ctx, "ask", act_echo);
        if (round % 3 == 0) {
            int status = abuse_register_host_fn(churn->ctx, "ask", NULL, NULL);
            CHECK(status == FFI_RET_OK || status == FFI_RET_NOT_REGISTERED);
        }
    }
    return NULL;
}

static void on_any(int ret, const char *msg, size_t len, void *userData) FFI_NOEXCEPT {
    CHECK(ret == FFI_RET_OK || (ret == FFI_RET_ERR && len > 0 && memcmp(msg, "NotRegistered", 13) == 0));
    latch_raise((Latch *)userData);
}

static void registrations_churn(void) {
    static Churn churns[2];
    pthread_t threads[2];
    Latch ended;
    unsigned long round, asked = 0;
    int index;
    void *ctx = abuse_new("");
    latch_init(&ended);
    for (index = 0; index < 2; index++) {
        churns[index].ctx = ctx;
        threads[index] = start_thread(churn_thread, &churns[index]);
    }
    for (round = 0; round < 1000; round++) {
        CHECK_EQ(abuse_ask(ctx, on_any, &ended, (const uint8_t *)"?", 1), FFI_RET_OK);
        LATCH_AWAIT(&ended, round + 1);
    }
    for (index = 0; index < 2; index++) {
        join_thread(threads[index]);
    }
    CHECK_EQ(abuse_destroy(ctx), FFI_RET_OK);
    for (index = 0; index < 2; index++) {
        for (round = 0; round < 400; round++) {
            Function *function = churns[index].registered[round];
            asked += latch_count(&function->asked);
            function_end(function, latch_count(&function->asked), 0);
        }
    }
    CHECK(asked <= 1000);
}

static void refuse(void *ctx, const char *name, const FFIHostFnOptions *options) {
    CHECK_EQ(abuse_register_host_fn_with(ctx, name, options), FFI_RET_INVALID_ARGUMENT);
}

static void refuse_name(void *ctx, const char *name) {
    Function *function = function_new(ctx, act_echo);
    FFIHostFnOptions options = options_of(function);
    refuse(ctx, name, &options);
    CHECK_EQ(abuse_register_host_fn(ctx, name, on_asked, function), FFI_RET_INVALID_ARGUMENT);
    CHECK_EQ(abuse_register_host_fn_cbor(ctx, name, on_asked, function), FFI_RET_INVALID_ARGUMENT);
    CHECK_EQ(abuse_register_host_fn(ctx, name, NULL, NULL), FFI_RET_INVALID_ARGUMENT);
    /* Nothing was accepted, so nothing is released: it is still ours. */
    CHECK_EQ(latch_count(&function->released), 0);
    free(function);
}

static void names(void) {
    char name[300];
    void *ctx = abuse_new("");
    refuse_name(ctx, NULL);
    refuse_name(ctx, "");
    refuse_name(ctx, "no such function");
    refuse_name(ctx, "ASK");
    refuse_name(ctx, "ask ");
    refuse_name(ctx, "\xff\xfe");
    refuse_name(ctx, "ask\xc0\x80");
    refuse_name(ctx, "\xed\xa0\x80");
    memset(name, 'a', sizeof name);
    name[255] = '\0';
    refuse_name(ctx, name);
    name[255] = 'a';
    name[256] = '\0';
    refuse_name(ctx, name);
    CHECK_EQ(abuse_host_fn_registered(ctx, NULL), -FFI_RET_INVALID_ARGUMENT);
    CHECK_EQ(abuse_host_fn_registered(ctx, "\xff"), -FFI_RET_INVALID_ARGUMENT);
    CHECK_EQ(abuse_host_fn_registered(ctx, ""), -FFI_RET_INVALID_ARGUMENT);
    CHECK_EQ(abuse_host_fn_registered(ctx, name), -FFI_RET_INVALID_ARGUMENT);
    CHECK_EQ(abuse_stats_of(ctx).host_fns_registered, 0);
    CHECK_EQ(abuse_destroy(ctx), FFI_RET_OK);
}

static void options(void) {
    struct {
        FFIHostFnOptions options;
        uint64_t later;
    } larger;
    Function *function;
    FFIHostFnOptions good;
    void *ctx = abuse_new("");
    function = function_new(ctx, act_echo);
    good = options_of(function);
    refuse(ctx, "ask", NULL);
    good.size = 0;
    refuse(ctx, "ask", &good);
    good.size = sizeof good - 1;
    refuse(ctx, "ask", &good);
    good.size = SIZE_MAX;
    refuse(ctx, "ask", &good);
    good.size = (size_t)1 << 32;
    refuse(ctx, "ask", &good);
    good.size = sizeof good;
    good.format = 2;
    refuse(ctx, "ask", &good);
    good.format = -1;
    refuse(ctx, "ask", &good);
    good.format = FFI_FORMAT_CBOR;
    /* A later header's struct is understood if nothing is said in what came later. */
    larger.options = good;
    larger.options.size = sizeof larger;
    larger.later = 1;
    refuse(ctx, "ask", &larger.options);
    CHECK_EQ(latch_count(&function->released), 0);
    larger.later = 0;
    CHECK_EQ(abuse_register_host_fn_with(ctx, "ask", &larger.options), FFI_RET_OK);
    /* What was passed is not kept. */
    memset(&larger, 0x55, sizeof larger);
    CHECK_RUN(ctx, abuse_ask, "options", FFI_RET_OK, "options");
    /* fn = NULL unregisters, and releases nothing of its own. */
    good = options_of(function);
    good.fn = NULL;
    CHECK_EQ(abuse_register_host_fn_with(ctx, "ask", &good), FFI_RET_OK);
    CHECK_EQ(abuse_register_host_fn_with(ctx, "ask", &good), FFI_RET_NOT_REGISTERED);
    LATCH_AWAIT(&function->released, 1);
    CHECK_EQ(abuse_destroy(ctx), FFI_RET_OK);
    function_end(function, 1, 0);
}

static void a_limit_and_a_deadline(void) {
    Told first, second;
    FFIHostFnOptions options;
    Function *function;
    void *ctx = abuse_new("");
    function = function_new(ctx, act_never);
    options = options_of(function);
    options.max_in_flight = 2;
    CHECK_EQ(abuse_register_host_fn_with(ctx, "ask", &options), FFI_RET_OK);
    SUBMIT(ctx, abuse_ask, "", &first);
    SUBMIT(ctx, abuse_ask, "", &second);
    LATCH_AWAIT(&function->asked, 2);
    CHECK_RUN(ctx, abuse_ask, "", FFI_RET_ERR, "Overloaded");
    CHECK_EQ(answer(ctx, function->tokens[0], FFI_RET_OK, ""), FFI_RET_OK);
    CHECK_TOLD(&first, FFI_RET_OK, "");
    SUBMIT(ctx, abuse_ask, "", &first);
    LATCH_AWAIT(&function->asked, 3);
    CHECK_EQ(answer(ctx, function->tokens[1], FFI_RET_OK, ""), FFI_RET_OK);
    CHECK_EQ(answer(ctx, function->tokens[2], FFI_RET_OK, ""), FFI_RET_OK);
    CHECK_TOLD(&first, FFI_RET_OK, "");
    CHECK_TOLD(&second, FFI_RET_OK, "");
    CHECK_EQ(abuse_destroy(ctx), FFI_RET_OK);
    function_end(function, 3, 0);
}

static void a_registered_deadline(void) {
    FFIHostFnOptions options;
    Function *function;
    void *ctx = abuse_new("");
    function = function_new(ctx, act_never);
    options = options_of(function);
    options.deadline_ms = 5;
    CHECK_EQ(abuse_register_host_fn_with(ctx, "ask", &options), FFI_RET_OK);
    CHECK_RUN(ctx, abuse_ask, "", FFI_RET_ERR, "TimedOut");
    LATCH_AWAIT(&function->cancelled, 1);
    CHECK_RUN(ctx, abuse_ask_elsewhere, "", FFI_RET_ERR, "TimedOut");
    LATCH_AWAIT(&function->cancelled, 2);
    CHECK_EQ(abuse_destroy(ctx), FFI_RET_OK);
    function_end(function, 2, 2);
    /* A deadline that the clock cannot count is none. */
    ctx = abuse_new("");
    function = function_new(ctx, act_echo);
    options = options_of(function);
    options.deadline_ms = UINT64_MAX;
    options.max_in_flight = UINT32_MAX;
    CHECK_EQ(abuse_register_host_fn_with(ctx, "ask", &options), FFI_RET_OK);
    CHECK_RUN(ctx, abuse_ask, "patient", FFI_RET_OK, "patient");
    CHECK_EQ(abuse_destroy(ctx), FFI_RET_OK);
    function_end(function, 1, 0);
}

static void on_counted_release(void *userData) FFI_NOEXCEPT {
    latch_raise((Latch *)userData);
}

static void unused(uint64_t token, const char *req, size_t len, void *userData) FFI_NOEXCEPT {
    (void)token;
    (void)req;
    (void)len;
    (void)userData;
    CHECK(!"it is not called");
}

/* Each accepted registration is one release, also of the same userData, under both names and one after the other. */
static void one_release_for_each_registration(void) {
    Latch released;
    FFIHostFnOptions options = FFI_HOST_FN_OPTIONS_INIT;
    int round;
    void *ctx = abuse_new("");
    latch_init(&released);
    options.fn = unused;
    options.release = on_counted_release;
    options.userData = &released;
    for (round = 0; round < 10; round++) {
        CHECK_EQ(abuse_register_host_fn_with(ctx, "ask", &options), FFI_RET_OK);
        CHECK_EQ(abuse_register_host_fn_with(ctx, "other", &options), FFI_RET_OK);
    }
    LATCH_AWAIT(&released, 18);
    CHECK_EQ(latch_count(&released), 18);
    CHECK_EQ(abuse_destroy(ctx), FFI_RET_OK);
    CHECK_EQ(latch_count(&released), 20);
}

int main(void) {
    check_begin();
    RUN(nothing_registered);
    RUN(register_and_unregister);
    RUN(plain_functions);
    RUN(replace_while_calls_are_open);
    RUN(unregister_while_calls_are_open);
    RUN(answer_then_unregister);
    RUN(unregister_inside_the_running_function);
    RUN(unregister_inside_and_do_not_answer);
    RUN(replace_inside_the_running_function);
    RUN(registrations_churn);
    RUN(names);
    RUN(options);
    RUN(a_limit_and_a_deadline);
    RUN(a_registered_deadline);
    RUN(one_release_for_each_registration);
    return 0;
}
