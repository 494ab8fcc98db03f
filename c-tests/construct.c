/* Constructors that succeed, fail, panic, hang and ask the host; what was queued meanwhile; the limit of contexts. */
#include "abuse.h"

static void act_never(Function *function, uint64_t token, const char *req, size_t len) {
    (void)function;
    (void)token;
    CHECK_BYTES(req, len, "constructor");
}

/* A context whose constructor awaits the host's answer: `function` was called with the one token. */
static void *made_that_asks(FFICallBack cb, void *userData, Function **function) {
    void *ctx = NULL;
    CHECK_EQ(abuse_create((const uint8_t *)"asks", 4, cb, userData, &ctx), FFI_RET_OK);
    *function = function_register(ctx, "ask", act_never);
    LATCH_AWAIT(&(*function)->asked, 1);
    return ctx;
}

/* Before the constructor has ended the ctx can be used; requests wait for it. */
static void the_ctx_is_there_at_once(void) {
    Told created, queued;
    Function *function, *other;
    void *ctx;
    told_init(&created);
    ctx = made_that_asks(on_told, &created, &function);
    SUBMIT(ctx, abuse_name, "", &queued);
    other = function_register(ctx, "other", act_echo);
    CHECK_EQ(abuse_stats_of(ctx).host_calls_in_flight, 1);
    CHECK_EQ(latch_count(&created.ended), 0);
    CHECK_EQ(latch_count(&queued.ended), 0);
    CHECK_EQ(answer(ctx, function->tokens[0], FFI_RET_OK, "the host's name for it"), FFI_RET_OK);
    CHECK_TOLD(&created, FFI_RET_OK, "");
    CHECK_TOLD(&queued, FFI_RET_OK, "the host's name for it");
    CHECK_RUN(ctx, abuse_ask_other, "also", FFI_RET_OK, "also");
    CHECK_EQ(abuse_destroy(ctx), FFI_RET_OK);
    function_end(function, 1, 0);
    function_end(other, 1, 0);
}

static void fails(const char *name, size_t len, int ret, const char *text) {
    Told told;
    void *ctx = NULL;
    told_init(&told);
    CHECK_EQ(abuse_create((const uint8_t *)name, len, on_told, &told, &ctx), FFI_RET_OK);
    CHECK_TOLD(&told, ret, text);
    CHECK_EQ(abuse_echo(ctx, on_never, NULL, NULL, 0), FFI_RET_INVALID_CTX);
    CHECK_EQ(abuse_close(ctx, on_never, NULL), FFI_RET_INVALID_CTX);
    CHECK_EQ(abuse_destroy(ctx), FFI_RET_INVALID_CTX);
}

static void constructors_that_fail(void) {
    fails("fails", 5, FFI_RET_ERR, "told to fail");
    fails("panics", 6, FFI_RET_PANIC, "told to panic");
    fails("\xff", 1, FFI_RET_ERR, NULL);
}

typedef struct Failing {
    Told told;
    void *ctx;
    Told queued[3];
} Failing;

/* When create calls back with an error the context is gone, and all that was queued has been called back. */
static void on_failed(int ret, const char *msg, size_t len, void *userData) FFI_NOEXCEPT {
    Failing *failing = (Failing *)userData;
    int index;
    for (index = 0; index < 3; index++) {
        CHECK_EQ(latch_count(&failing->queued[index].ended), 1);
    }
    CHECK_EQ(abuse_echo(failing->ctx, on_never, NULL, NULL, 0), FFI_RET_INVALID_CTX);
    CHECK_EQ(abuse_close(failing->ctx, on_never, NULL), FFI_RET_INVALID_CTX);
    CHECK_EQ(abuse_destroy(failing->ctx), FFI_RET_INVALID_CTX);
    on_told(ret, msg, len, &failing->told);
}

static void a_failure_settles_what_was_queued(void) {
    Failing failing;
    Function *function, *silent;
    int index;
    memset(&failing, 0, sizeof failing);
    told_init(&failing.told);
    failing.ctx = made_that_asks(on_failed, &failing, &silent);
    function = function_register(failing.ctx, "other", act_echo);
    for (index = 0; index < 3; index++) {
        SUBMIT(failing.ctx, abuse_ask_other, "never asked", &failing.queued[index]);
    }
    CHECK_EQ(answer(failing.ctx, silent->tokens[0], FFI_RET_ERR, "no name"), FFI_RET_OK);
    CHECK_TOLD(&failing.told, FFI_RET_ERR, "Declared(no name)");
    for (index = 0; index < 3; index++) {
        CHECK_TOLD(&failing.queued[index], FFI_RET_CANCELLED, NULL);
    }
    function_end(function, 0, 0);
    function_end(silent, 1, 0);
}

/* A context that is closed while its constructor runs: created is called back, and so is what was queued; none of it ever
 * runs, neither there nor in a successor. */
static void closed_before_it_was_constructed(void) {
    Told created, queued, refused;
    Function *function;
    void *ctx, *next;
    int round;
    for (round = 0; round < 2; round++) {
        Told done;
        ctx = abuse_make("hangs", &created);
        function = function_register(ctx, "ask", act_echo);
        SUBMIT(ctx, abuse_ask, "never asked", &queued);
        CHECK_EQ(latch_count(&created.ended), 0);
        /* Synchronous requests have nothing to run on yet. */
        CHECK_EQ(submit(ctx, abuse_now, "", &refused), FFI_RET_BUSY);
        if (round == 0) {
            CHECK_EQ(abuse_destroy(ctx), FFI_RET_OK);
        } else {
            told_init(&done);
            CHECK_EQ(abuse_close(ctx, on_told, &done), FFI_RET_OK);
            CHECK_TOLD(&done, FFI_RET_OK, "");
        }
        CHECK_EQ(latch_count(&created.ended), 1);
        CHECK_TOLD(&created, FFI_RET_CANCELLED, NULL);
        CHECK_EQ(latch_count(&queued.ended), 1);
        CHECK_TOLD(&queued, FFI_RET_CANCELLED, NULL);
        CHECK_EQ(latch_count(&refused.ended), 0);
        function_end(function, 0, 0);
        next = abuse_new("");
        function = function_register(next, "ask", act_echo);
        CHECK_RUN(next, abuse_echo, "", FFI_RET_OK, "");
        CHECK_EQ(abuse_stats_of(next).requests, 1);
        CHECK_EQ(abuse_stats_of(next).host_calls, 0);
        CHECK_EQ(abuse_destroy(next), FFI_RET_OK);
        function_end(function, 0, 0);
    }
}

static void the_limit(void) {
    Told created[ABUSE_MAX_CONTEXTS];
    void *contexts[ABUSE_MAX_CONTEXTS], *other = &other;
    int index;
    for (index = 0; index < ABUSE_MAX_CONTEXTS; index++) {
        contexts[index] = abuse_make("", &created[index]);
    }
    CHECK_EQ(abuse_create(NULL, 0, on_never, NULL, &other), FFI_RET_BUSY);
    CHECK(other == &other);
    for (index = 0; index < ABUSE_MAX_CONTEXTS; index++) {
        CHECK_TOLD(&created[index], FFI_RET_OK, "");
    }
    CHECK_EQ(abuse_create(NULL, 0, on_never, NULL, &other), FFI_RET_BUSY);
    CHECK_EQ(abuse_destroy(contexts[17]), FFI_RET_OK);
    contexts[17] = abuse_new("there is room again");
    CHECK_EQ(abuse_create(NULL, 0, on_never, NULL, &other), FFI_RET_BUSY);
    for (index = 0; index < ABUSE_MAX_CONTEXTS; index++) {
        CHECK_EQ(abuse_destroy(contexts[index]), FFI_RET_OK);
    }
}

/* Constructors that fail leak no slot: many times as many as there may be at once, and as a ctx can tell apart (4,096). */
static void failures_leak_no_slot(void) {
    static const char *const kinds[] = {"fails", "succeeds", "fails"};
    int rounds = check_rounds(4500, 300);
    int round, threads;
    void *last;
    threads = count_threads();
    for (round = 0; round < rounds; round++) {
        const char *kind = kinds[round % 3];
        Told created;
        void *ctx = abuse_make(kind, &created);
        LATCH_AWAIT(&created.ended, 1);
        if (created.ret == FFI_RET_OK) {
            CHECK_EQ(abuse_destroy(ctx), FFI_RET_OK);
        } else {
            CHECK_EQ(created.ret, FFI_RET_ERR);
        }
    }
    last = abuse_new("");
    CHECK_EQ(abuse_destroy(last), FFI_RET_OK);
    AWAIT(count_threads() <= threads);
    /* All of them can be had at once, still. */
    the_limit();
}

typedef struct Race {
    void *ctx;
    Latch go;
    Latch ended;
    int status;
} Race;

static void *destroys(void *argument) {
    Race *race = (Race *)argument;
    LATCH_AWAIT(&race->go, 1);
    race->status = abuse_destroy(race->ctx);
    latch_raise(&race->ended);
    return NULL;
}

static void on_cancelled_at_the_end(int ret, const char *msg, size_t len, void *userData) FFI_NOEXCEPT {
    Race *race = (Race *)userData;
    (void)msg;
    (void)len;
    CHECK_EQ(ret, FFI_RET_CANCELLED);
    latch_raise(&race->go);
    /* Time for the other thread to find the context. */
    pause_ms(100);
}

/* A thread that destroys a context while it ends because its constructor failed does not wait for ever. */
static void destroyed_while_the_constructor_fails(void) {
    Race race;
    Told created;
    Function *function;
    pthread_t thread;
    memset(&race, 0, sizeof race);
    latch_init(&race.go);
    latch_init(&race.ended);
    told_init(&created);
    race.ctx = made_that_asks(on_told, &created, &function);
    CHECK_EQ(abuse_echo(race.ctx, on_cancelled_at_the_end, &race, NULL, 0), FFI_RET_OK);
    thread = start_thread(destroys, &race);
    CHECK_EQ(answer(race.ctx, function->tokens[0], FFI_RET_ERR, "no"), FFI_RET_OK);
    CHECK_TOLD(&created, FFI_RET_ERR, "Declared(no)");
    LATCH_AWAIT(&race.ended, 1);
    join_thread(thread);
    CHECK(race.status == FFI_RET_OK || race.status == FFI_RET_INVALID_CTX);
    function_end(function, 1, 0);
}

int main(void) {
    check_begin();
    RUN(the_ctx_is_there_at_once);
    RUN(constructors_that_fail);
    RUN(a_failure_settles_what_was_queued);
    RUN(closed_before_it_was_constructed);
    RUN(the_limit);
    RUN(failures_leak_no_slot);
    RUN(destroyed_while_the_constructor_fails);
    return 0;
}
