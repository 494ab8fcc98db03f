/* Every registration that was accepted is released once, also where the close times out: when the stuck code has let go, whatever
 * that is and wherever the registration was by then. What was refused is never released. */
#include "abuse.h"

enum { KINDS = 5, CHURNING = 3 };

/* Registers for as long as that is accepted, and counts. */
typedef struct Churn {
    void *ctx;
    const char *name;
    unsigned long accepted;
    Latch begun, released;
    pthread_t thread;
} Churn;

static void on_counted_release(void *userData) FFI_NOEXCEPT {
    latch_raise((Latch *)userData);
}

static void never_called(uint64_t token, const char *req, size_t len, void *userData) FFI_NOEXCEPT {
    (void)token;
    (void)req;
    (void)len;
    (void)userData;
    CHECK(!"it is not called");
}

static int is_over(int status) {
    return status == FFI_RET_CLOSING || status == FFI_RET_INVALID_CTX;
}

static void *churns(void *argument) {
    Churn *churn = (Churn *)argument;
    FFIHostFnOptions options = FFI_HOST_FN_OPTIONS_INIT;
    options.fn = never_called;
    options.release = on_counted_release;
    options.userData = &churn->released;
    for (;;) {
        int status = abuse_register_host_fn_with(churn->ctx, churn->name, &options);
        if (is_over(status)) {
            return NULL;
        }
        CHECK_EQ(status, FFI_RET_OK);
        churn->accepted++;
        if (churn->accepted % 3 == 0) {
            status = abuse_register_host_fn(churn->ctx, churn->name, NULL, NULL);
            CHECK(status == FFI_RET_OK || status == FFI_RET_NOT_REGISTERED || is_over(status));
        }
        if (churn->accepted == 10) {
            latch_raise(&churn->begun);
        }
    }
}

/* What keeps a context from ending. */
typedef struct Stuck {
    void *ctx;
    char name[32];
    Told held;
    Latch entered, let_go, returned;
    Function *function;
    pthread_t thread;
} Stuck;

static void act_too_late(Function *function, uint64_t token, const char *req, size_t len) {
    Stuck *stuck = (Stuck *)function->extra;
    latch_raise(&stuck->entered);
    LATCH_AWAIT(&stuck->let_go, 1);
    CHECK_EQ(abuse_host_complete(function->ctx, token, FFI_RET_OK, req, len), FFI_RET_INVALID_CTX);
}

static void on_event(int ret, const char *msg, size_t len, void *userData) FFI_NOEXCEPT {
    Stuck *stuck = (Stuck *)userData;
    (void)msg;
    (void)len;
    CHECK_EQ(ret, FFI_RET_OK);
    latch_raise(&stuck->entered);
    LATCH_AWAIT(&stuck->let_go, 1);
    latch_raise(&stuck->returned);
}

static void *requests(void *argument) {
    Stuck *stuck = (Stuck *)argument;
    char mode[64];
    int status;
    snprintf(mode, sizeof mode, "hold %s", stuck->name);
    told_init(&stuck->held);
    latch_raise(&stuck->entered);
    status = abuse_now(stuck->ctx, on_told, &stuck->held, (const uint8_t *)mode, strlen(mode));
    CHECK(status == FFI_RET_OK || is_over(status));
    return NULL;
}

/* Released where the last one lets go of it: here, or on the FFI thread. */
static void on_slow_release(void *userData) FFI_NOEXCEPT {
    Function *function = (Function *)userData;
    Stuck *stuck = (Stuck *)function->extra;
    latch_raise(&stuck->entered);
    LATCH_AWAIT(&stuck->let_go, 1);
    on_released(userData);
}

static void *unregisters(void *argument) {
    Stuck *stuck = (Stuck *)argument;
    int status = abuse_register_host_fn(stuck->ctx, "other", NULL, NULL);
    CHECK(status == FFI_RET_OK || is_over(status));
    return NULL;
}

static Function *stuck_function(Stuck *stuck, FFIRelease release) {
    Function *function = function_new(stuck->ctx, act_too_late);
    FFIHostFnOptions options = options_of(function);
    function->extra = stuck;
    options.release = release;
    CHECK_EQ(abuse_register_host_fn_with(stuck->ctx, "other", &options), FFI_RET_OK);
    return function;
}

/* In library code on the FFI thread, in a synchronous request, in a listener, in a host function, in a release. */
static void get_stuck(Stuck *stuck, void *ctx, int kind) {
    static int count;
    memset(stuck, 0, sizeof *stuck);
    latch_init(&stuck->entered);
    latch_init(&stuck->let_go);
    latch_init(&stuck->returned);
    stuck->ctx = ctx;
    snprintf(stuck->name, sizeof stuck->name, "release %d", count++);
    if (kind == 0) {
        SUBMIT(ctx, abuse_hold, stuck->name, &stuck->held);
        return;
    } else if (kind == 1) {
        stuck->thread = start_thread(requests, stuck);
    } else if (kind == 2) {
        CHECK(abuse_add_event_listener(ctx, "happened", on_event, stuck) != 0);
        CHECK_RUN(ctx, abuse_emit, "", FFI_RET_OK, "");
    } else if (kind == 3) {
        stuck->function = stuck_function(stuck, on_released);
        SUBMIT(ctx, abuse_ask_other, "", &stuck->held);
    } else {
        stuck->function = stuck_function(stuck, on_slow_release);
        stuck->thread = start_thread(unregisters, stuck);
    }
    LATCH_AWAIT(&stuck->entered, 1);
}

static void let_go(Stuck *stuck, int kind) {
    abuse_let_go(stuck->name);
    latch_raise(&stuck->let_go);
    if (kind == 1 || kind == 4) {
        join_thread(stuck->thread);
    } else if (kind == 2) {
        LATCH_AWAIT(&stuck->returned, 1);
    }
    if (stuck->function != NULL) {
        LATCH_AWAIT(&stuck->function->released, 1);
    }
}

static void end(Function *function, unsigned long asked) {
    LATCH_AWAIT(&function->released, 1);
    /* Its call may be told to its cancel function, or be left with the context. */
    CHECK(latch_count(&function->cancelled) <= asked);
    function_end(function, asked, latch_count(&function->cancelled));
}

/* One that is idle, one that was replaced while calls of it are open, one that was unregistered then. */
static void when_the_stuck_code_lets_go(void) {
    int rounds = check_rounds(4, 1), round;
    for (round = 0; round < rounds * KINDS; round++) {
        Function *replaced, *unregistered, *idle;
        Told asked, elsewhere, ended;
        Stuck stuck;
        int kind = round % KINDS, status;
        void *ctx = abuse_new("");
        unregistered = function_register(ctx, "ask", NULL);
        SUBMIT(ctx, abuse_ask, "", &ended);
        LATCH_AWAIT(&unregistered->asked, 1);
        CHECK_EQ(abuse_register_host_fn(ctx, "ask", NULL, NULL), FFI_RET_OK);
        CHECK_TOLD(&ended, FFI_RET_ERR, NULL);
        replaced = function_register(ctx, "ask", NULL);
        SUBMIT(ctx, abuse_ask, "", &asked);
        SUBMIT(ctx, abuse_ask_elsewhere, "", &elsewhere);
        LATCH_AWAIT(&replaced->asked, 2);
        idle = function_register(ctx, "ask", NULL);
        CHECK_EQ(latch_count(&replaced->released), 0);
        get_stuck(&stuck, ctx, kind);
        status = abuse_destroy(ctx);
        /* A synchronous request may have come too late to be stuck. */
        CHECK(status == FFI_RET_TIMED_OUT || (kind == 1 && status == FFI_RET_OK));
        CHECK_EQ(latch_count(&asked.ended), 1);
        CHECK_EQ(latch_count(&elsewhere.ended), 1);
        if (kind == 0 || kind == 3) {
            /* The FFI thread looks its functions up in what it has. */
            CHECK_EQ(latch_count(&idle->released), 0);
        }
        let_go(&stuck, kind);
        end(unregistered, 1);
        end(replaced, 2);
        end(idle, 0);
        AWAIT(count_threads() == 1);
        if (stuck.function != NULL) {
            end(stuck.function, kind == 3);
        }
    }
}

/* Threads register and take back while the close begins, times out, and is over. */
static void while_others_register(void) {
    int rounds = check_rounds(4, 1), round, index;
    for (round = 0; round < rounds * KINDS; round++) {
        Churn churning[CHURNING];
        Stuck stuck;
        int kind = round % KINDS, status;
        void *ctx = abuse_new("");
        memset(churning, 0, sizeof churning);
        get_stuck(&stuck, ctx, kind);
        for (index = 0; index < CHURNING; index++) {
            Churn *churn = &churning[index];
            churn->ctx = ctx;
            /* The stuck one stays what it is. */
            churn->name = index % 2 == 0 || kind >= 3 ? "ask" : "other";
            latch_init(&churn->begun);
            latch_init(&churn->released);
            churn->thread = start_thread(churns, churn);
            LATCH_AWAIT(&churn->begun, 1);
        }
        status = abuse_destroy(ctx);
        CHECK(status == FFI_RET_TIMED_OUT || (kind == 1 && status == FFI_RET_OK));
        for (index = 0; index < CHURNING; index++) {
            join_thread(churning[index].thread);
        }
        let_go(&stuck, kind);
        AWAIT(count_threads() == 1);
        for (index = 0; index < CHURNING; index++) {
            CHECK(churning[index].accepted >= 10);
            LATCH_AWAIT(&churning[index].released, churning[index].accepted);
            CHECK_EQ(latch_count(&churning[index].released), churning[index].accepted);
        }
        if (stuck.function != NULL) {
            end(stuck.function, kind == 3);
        }
    }
}

int main(void) {
    check_begin();
    RUN(when_the_stuck_code_lets_go);
    RUN(while_others_register);
    return 0;
}
