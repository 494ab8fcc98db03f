/* There are no threads to be had: what needs one says so, nothing of it is left, and what needs none works. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "abuse.h"
#include <dlfcn.h>

/* While it is set no thread can be started, by the library or by this program. */
static int none_left;

typedef int (*Create)(pthread_t *thread, const pthread_attr_t *attributes, void *(*body)(void *), void *argument);

/* The program's own is what every library in it calls. */
#ifdef __cplusplus
extern "C"
#endif
    int
    pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*body)(void *), void *argument) FFI_NOEXCEPT {
    static Create create;
    if (__atomic_load_n(&none_left, __ATOMIC_SEQ_CST)) {
        return EAGAIN;
    }
    if (create == NULL) {
        void *symbol = dlsym(RTLD_NEXT, "pthread_create");
        memcpy(&create, &symbol, sizeof create);
    }
    return create(thread, attributes, body, argument);
}

static void leave_none(int none) {
    __atomic_store_n(&none_left, none, __ATOMIC_SEQ_CST);
}

/* As many contexts as there may be, and not one more: neither a failure nor a race has taken one away, or added one. */
static void the_limit_holds(void) {
    static Told created[ABUSE_MAX_CONTEXTS];
    void *contexts[ABUSE_MAX_CONTEXTS], *other = NULL;
    int index;
    for (index = 0; index < ABUSE_MAX_CONTEXTS; index++) {
        contexts[index] = abuse_make("", &created[index]);
    }
    CHECK_EQ(abuse_create(NULL, 0, on_never, NULL, &other), FFI_RET_BUSY);
    for (index = 0; index < ABUSE_MAX_CONTEXTS; index++) {
        CHECK_TOLD(&created[index], FFI_RET_OK, "");
        CHECK_EQ(abuse_destroy(contexts[index]), FFI_RET_OK);
    }
}

static void create_says_busy(void) {
    int round, rounds = check_rounds(5000, 300);
    for (round = 0; round < rounds; round++) {
        void *ctx = NULL;
        leave_none(1);
        CHECK_EQ(abuse_create(NULL, 0, on_never, NULL, &ctx), FFI_RET_BUSY);
        CHECK(ctx == NULL);
        leave_none(0);
    }
    the_limit_holds();
}

typedef struct Race {
    void *ctx;
    int round;
    Latch go;
    Latch ended;
} Race;

/* Reads the ctx as soon as create has written it, and destroys it. */
static void *reads_and_destroys(void *argument) {
    Race *race = (Race *)argument;
    int round;
    for (round = 1; round <= race->round; round++) {
        void *ctx = NULL;
        LATCH_AWAIT(&race->go, (unsigned long)round);
        while (latch_count(&race->ended) < (unsigned long)round && ctx == NULL) {
            ctx = __atomic_load_n(&race->ctx, __ATOMIC_ACQUIRE);
        }
        if (ctx != NULL) {
            int status = abuse_destroy(ctx);
            CHECK(status == FFI_RET_OK || status == FFI_RET_INVALID_CTX);
        }
        latch_raise(&race->ended);
        LATCH_AWAIT(&race->ended, 2 * (unsigned long)round);
    }
    return NULL;
}

static void destroyed_while_there_is_no_thread(void) {
    Race race;
    pthread_t thread;
    int round;
    memset(&race, 0, sizeof race);
    latch_init(&race.go);
    latch_init(&race.ended);
    race.round = check_rounds(3000, 200);
    thread = start_thread(reads_and_destroys, &race);
    for (round = 1; round <= race.round; round++) {
        int status;
        __atomic_store_n(&race.ctx, (void *)NULL, __ATOMIC_RELEASE);
        leave_none(1);
        latch_raise(&race.go);
        status = abuse_create(NULL, 0, on_never, NULL, &race.ctx);
        CHECK_EQ(status, FFI_RET_BUSY);
        latch_raise(&race.ended);
        LATCH_AWAIT(&race.ended, 2 * (unsigned long)round);
        leave_none(0);
    }
    join_thread(thread);
    the_limit_holds();
}

/* close needs a thread, and destroy does not. */
static void close_says_busy(void) {
    Told never;
    void *ctx = abuse_new("");
    SUBMIT(ctx, abuse_never, "", &never);
    leave_none(1);
    CHECK_EQ(abuse_close(ctx, on_never, NULL), FFI_RET_BUSY);
    CHECK_RUN(ctx, abuse_echo, "it goes on", FFI_RET_OK, "it goes on");
    CHECK_EQ(abuse_close(ctx, on_never, NULL), FFI_RET_BUSY);
    CHECK_EQ(abuse_destroy(ctx), FFI_RET_OK);
    leave_none(0);
    CHECK_TOLD(&never, FFI_RET_CANCELLED, NULL);
}

static void on_heard(int ret, const char *msg, size_t len, void *userData) FFI_NOEXCEPT {
    (void)msg;
    (void)len;
    CHECK_EQ(ret, FFI_RET_OK);
    latch_raise((Latch *)userData);
}

/* The first listener needs a thread; later it can be had. */
static void a_listener_is_refused(void) {
    Latch heard;
    void *ctx = abuse_new("");
    latch_init(&heard);
    leave_none(1);
    CHECK_EQ(abuse_add_event_listener(ctx, "happened", on_never, NULL), 0);
    leave_none(0);
    CHECK(abuse_add_event_listener(ctx, "happened", on_heard, &heard) != 0);
    CHECK_RUN(ctx, abuse_emit, "", FFI_RET_OK, "");
    LATCH_AWAIT(&heard, 1);
    CHECK_EQ(abuse_destroy(ctx), FFI_RET_OK);
}

int main(void) {
    check_begin();
    RUN(create_says_busy);
    RUN(destroyed_while_there_is_no_thread);
    RUN(close_says_busy);
    RUN(a_listener_is_refused);
    return 0;
}
