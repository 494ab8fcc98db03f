/* Every function, called by several threads while another one destroys the context: each call returns a status that it may,
 * each accepted request is called back exactly once before destroy returns, each registration released exactly once. */
#include "abuse.h"

enum { THREADS = 4, ROUNDS = 12, CALLS = 150 };

typedef struct Caller {
    void *ctx;
    unsigned seed;
    int told_count;
    Told *told[CALLS];   /* accepted requests */
    int function_count;
    Function *functions[CALLS];

    Latch heard;
    int refused;
} Caller;

static void on_heard(int ret, const char *msg, size_t len, void *userData) FFI_NOEXCEPT {
    CHECK_EQ(ret, FFI_RET_OK);
    CHECK_BYTES(msg, len, "event");
    latch_raise((Latch *)userData);
}

static int gone(int status) {
    return status == FFI_RET_CLOSING || status == FFI_RET_INVALID_CTX;
}

static void request(Caller *caller, Request function, const char *text) {
    Told *told = (Told *)check_alloc(sizeof *told);
    int status = submit(caller->ctx, function, text, told);
    if (status == FFI_RET_OK) {
        caller->told[caller->told_count++] = told;
    } else {
        CHECK(gone(status) || status == FFI_RET_BUSY);
        CHECK_EQ(latch_count(&told->ended), 0);
        caller->refused++;
        free(told);
    }
}

static void register_one(Caller *caller, const char *name, Act act) {
    Function *function = function_new(caller->ctx, act);
    FFIHostFnOptions options = options_of(function);
    int status = abuse_register_host_fn_with(caller->ctx, name, &options);
    if (status == FFI_RET_OK) {
        caller->functions[caller->function_count++] = function;
    } else {
        CHECK(gone(status));
        CHECK_EQ(latch_count(&function->released), 0);
        free(function);
    }
}

static void act_mostly_echo(Function *function, uint64_t token, const char *req, size_t len) {
    if (token % 3 != 0) {
        int status = abuse_host_complete(function->ctx, token, FFI_RET_OK, req, len);
        CHECK(status == FFI_RET_OK || status == FFI_RET_UNKNOWN_TOKEN || status == FFI_RET_INVALID_CTX);
    }
}

static void *calls(void *argument) {
    Caller *caller = (Caller *)argument;
    void *ctx = caller->ctx;
    int call, status;
    FFIStats stats;
    uint64_t id;
    for (call = 0; call < CALLS; call++) {
        caller->seed = caller->seed * 1103515245u + 12345u;
        switch (caller->seed >> 16 & 15) {
        case 0:
            request(caller, abuse_now, "");
            break;
        case 1:
            request(caller, abuse_now, "ask");
            break;
        case 2:
            request(caller, abuse_ask, "?");
            break;
        case 3:
            request(caller, abuse_ask_elsewhere, "?");
            break;
        case 4:
            request(caller, abuse_sleep, "1");
            break;
        case 5:
            request(caller, abuse_never, "");
            if (caller->told_count > 0) {
                status = abuse_cancel(ctx, caller->told[caller->told_count - 1]);
                CHECK(status == FFI_RET_OK || status == FFI_RET_UNKNOWN_TOKEN || gone(status));
            }
            break;
        case 6:
            register_one(caller, "ask", act_mostly_echo);
            break;
        case 7:
            register_one(caller, "other", act_mostly_echo);
            break;
        case 8:
            status = abuse_register_host_fn(ctx, "ask", NULL, NULL);
            CHECK(status == FFI_RET_OK || status == FFI_RET_NOT_REGISTERED || gone(status));
            break;
        case 9:
            status = answer(ctx, (uint64_t)call << 16, FFI_RET_OK, "forged");
            CHECK(status == FFI_RET_OK || status == FFI_RET_UNKNOWN_TOKEN || status == FFI_RET_INVALID_CTX);
            break;
        case 10:
            memset(&stats, 0, sizeof stats);
            stats.size = sizeof stats;
            status = abuse_stats(ctx, &stats);
            CHECK(status == FFI_RET_OK || gone(status));
            break;
        case 11:
            status = abuse_host_fn_registered(ctx, "ask");
            CHECK(status == 0 || status == 1 || gone(-status));
            break;
        case 12:
        case 13:
            id = abuse_add_event_listener(ctx, "happened", on_heard, &caller->heard);
            if (id != 0) {
                status = abuse_remove_event_listener(ctx, id);
                CHECK(status == FFI_RET_OK || gone(status));
            }
            break;
        case 14:
            request(caller, abuse_emit, "event");
            break;
        default:
            request(caller, abuse_ask_and_drop, "x");
            break;
        }
    }
    return NULL;
}

static void destroyed_under_fire(void) {
    static Caller callers[THREADS];
    int round, index, accepted = 0, refused = 0;
    for (round = 0; round < ROUNDS; round++) {
        pthread_t threads[THREADS];
        Told created;
        void *ctx = abuse_make("", &created);
        if (round % 2 == 0) {
            CHECK_TOLD(&created, FFI_RET_OK, "");
        }
        for (index = 0; index < THREADS; index++) {
            memset(&callers[index], 0, sizeof callers[index]);
            latch_init(&callers[index].heard);
            callers[index].ctx = ctx;
            callers[index].seed = (unsigned)(round * THREADS + index) * 2654435761u;
            threads[index] = start_thread(calls, &callers[index]);
        }
        pause_ms(round % 4);
        CHECK_EQ(abuse_destroy(ctx), FFI_RET_OK);
        CHECK_EQ(latch_count(&created.ended), 1);
        for (index = 0; index < THREADS; index++) {
            join_thread(threads[index]);
        }
        for (index = 0; index < THREADS; index++) {
            Caller *caller = &callers[index];
            int item;
            refused += caller->refused;
            accepted += caller->told_count;
            for (item = 0; item < caller->told_count; item++) {
                CHECK_EQ(latch_count(&caller->told[item]->ended), 1);
                free(caller->told[item]);
            }
            for (item = 0; item < caller->function_count; item++) {
                LATCH_AWAIT(&caller->functions[item]->released, 1);
                CHECK_EQ(latch_count(&caller->functions[item]->released), 1);
                free(caller->functions[item]);
            }
        }
    }
    /* It did happen before, and after. */
    CHECK(accepted > 0);
    CHECK(refused > 0);
}

static void *creates_and_destroys(void *argument) {
    int round;
    (void)argument;
    for (round = 0; round < 40; round++) {
        void *ctx = abuse_new("");
        Function *function = function_register(ctx, "ask", act_echo);
        CHECK_RUN(ctx, abuse_ask, "mine", FFI_RET_OK, "mine");
        CHECK_EQ(abuse_destroy(ctx), FFI_RET_OK);
        function_end(function, 1, 0);
    }
    return NULL;
}

/* Contexts come and go on several threads at once. */
static void contexts_come_and_go(void) {
    pthread_t threads[THREADS];
    int index;
    for (index = 0; index < THREADS; index++) {
        threads[index] = start_thread(creates_and_destroys, NULL);
    }
    for (index = 0; index < THREADS; index++) {
        join_thread(threads[index]);
    }
}

int main(void) {
    check_begin();
    RUN(destroyed_under_fire);
    RUN(contexts_come_and_go);
    return 0;
}
