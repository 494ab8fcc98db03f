/* Closes that time out, one after the other, whose stuck code lets go afterwards: all that they kept serves again. More of those
 * whose host's code is stuck than there are places for contexts (4,096), and half as many whose library's code is. */
#include "abuse.h"

enum { BATCH = 48, KINDS = 3 };

typedef struct Stuck {
    void *ctx;
    char name[32];
    Told held, done;
    Latch entered, let_go, returned;
    pthread_t thread;
} Stuck;

static Stuck stuck[BATCH];

static void *requests(void *argument) {
    Stuck *one = (Stuck *)argument;
    char mode[64];
    int status;
    snprintf(mode, sizeof mode, "hold %s", one->name);
    told_init(&one->held);
    latch_raise(&one->entered);
    status = abuse_now(one->ctx, on_told, &one->held, (const uint8_t *)mode, strlen(mode));
    CHECK(status == FFI_RET_OK || status == FFI_RET_CLOSING || status == FFI_RET_INVALID_CTX);
    return NULL;
}

static void on_event(int ret, const char *msg, size_t len, void *userData) FFI_NOEXCEPT {
    Stuck *one = (Stuck *)userData;
    (void)msg;
    (void)len;
    CHECK_EQ(ret, FFI_RET_OK);
    latch_raise(&one->entered);
    LATCH_AWAIT(&one->let_go, 1);
    latch_raise(&one->returned);
}

/* On the FFI thread, in a synchronous request, in a listener. */
static void get_stuck(Stuck *one, int kind) {
    latch_init(&one->entered);
    latch_init(&one->let_go);
    latch_init(&one->returned);
    one->ctx = abuse_new("");
    if (kind == 0) {
        SUBMIT(one->ctx, abuse_hold, one->name, &one->held);
    } else if (kind == 1) {
        one->thread = start_thread(requests, one);
        LATCH_AWAIT(&one->entered, 1);
    } else {
        CHECK(abuse_add_event_listener(one->ctx, "happened", on_event, one) != 0);
        CHECK_RUN(one->ctx, abuse_emit, "", FFI_RET_OK, "");
        LATCH_AWAIT(&one->entered, 1);
    }
}

static void let_go(Stuck *one, int kind) {
    abuse_let_go(one->name);
    latch_raise(&one->let_go);
    if (kind == 1) {
        join_thread(one->thread);
    } else if (kind == 2) {
        LATCH_AWAIT(&one->returned, 1);
    }
}

static void more_than_there_are_places(void) {
    int batches = check_rounds(4200 * KINDS / (KINDS - 1) / BATCH + 1, 4), batch, index;
    for (batch = 0; batch < batches; batch++) {
        for (index = 0; index < BATCH; index++) {
            snprintf(stuck[index].name, sizeof stuck[index].name, "%d/%d", batch, index);
            get_stuck(&stuck[index], index % KINDS);
        }
        for (index = 0; index < BATCH; index++) {
            told_init(&stuck[index].done);
            CHECK_EQ(abuse_close(stuck[index].ctx, on_told, &stuck[index].done), FFI_RET_OK);
        }
        for (index = 0; index < BATCH; index++) {
            Told *done = &stuck[index].done;
            LATCH_AWAIT(&done->ended, 1);
            /* A synchronous request may have come too late to be stuck. */
            CHECK(done->ret == FFI_RET_TIMED_OUT || (index % KINDS == 1 && done->ret == FFI_RET_OK));
        }
        for (index = 0; index < BATCH; index++) {
            let_go(&stuck[index], index % KINDS);
        }
        AWAIT(count_threads() == 1);
    }
}

/* As many at once as there may be, and their calls work. */
static void the_limit_holds(void) {
    static Told created[ABUSE_MAX_CONTEXTS];
    void *contexts[ABUSE_MAX_CONTEXTS], *other = NULL;
    int index;
    for (index = 0; index < ABUSE_MAX_CONTEXTS; index++) {
        contexts[index] = abuse_make("", &created[index]);
    }
    CHECK_EQ(abuse_create(NULL, 0, on_never, NULL, &other), FFI_RET_BUSY);
    for (index = 0; index < ABUSE_MAX_CONTEXTS; index++) {
        int status;
        CHECK_TOLD(&created[index], FFI_RET_OK, "");
        CHECK_RUN(contexts[index], abuse_echo, "served again", FFI_RET_OK, "served again");
        status = abuse_destroy(contexts[index]);
        CHECK(status == FFI_RET_OK || status == FFI_RET_TIMED_OUT);
    }
    AWAIT(count_threads() == 1);
}

int main(void) {
    check_begin();
    RUN(more_than_there_are_places);
    RUN(the_limit_holds);
    return 0;
}
