/* A host thread that switches stacks, as fibers, greenlets and the schedulers of some languages do: synchronous requests that
 * were begun on several stacks of one thread, and end in any order. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "abuse.h"
#include <sys/mman.h>
#include <ucontext.h>

/* Apart by more than a memory checker takes for the growth of one stack. */
enum { FIBERS = 3, STACK = 4 << 20 };

typedef struct Fiber {
    ucontext_t at;
    char *stack;
    void *ctx;
    FFICallBack cb;
    int inside; /* how often the callback has run */
    int told;
    int ended;
} Fiber;

static ucontext_t host_loop;
static Fiber fibers[FIBERS];
static Fiber *running;

/* Goes on with a fiber until that suspends itself, or ends. */
static void resume(Fiber *fiber) {
    running = fiber;
    CHECK_EQ(swapcontext(&host_loop, &fiber->at), 0);
    running = NULL;
}

static void suspend(Fiber *fiber) {
    CHECK(fiber == running);
    CHECK_EQ(swapcontext(&fiber->at, &host_loop), 0);
    CHECK(fiber == running);
}

static void in_callback(int ret, const char *msg, size_t len, void *userData) FFI_NOEXCEPT {
    Fiber *fiber = (Fiber *)userData;
    (void)msg;
    (void)len;
    CHECK_EQ(ret, FFI_RET_OK);
    CHECK_EQ(abuse_destroy(fiber->ctx), FFI_RET_WOULD_DEADLOCK);
    fiber->inside++;
    suspend(fiber);
    CHECK_EQ(abuse_destroy(fiber->ctx), FFI_RET_WOULD_DEADLOCK);
    fiber->told++;
}

/* Another request inside of the callback of the first. */
static void nests(int ret, const char *msg, size_t len, void *userData) FFI_NOEXCEPT {
    Fiber *fiber = (Fiber *)userData;
    (void)msg;
    (void)len;
    CHECK_EQ(ret, FFI_RET_OK);
    CHECK_EQ(abuse_now(fiber->ctx, in_callback, fiber, NULL, 0), FFI_RET_OK);
    CHECK_EQ(abuse_destroy(fiber->ctx), FFI_RET_WOULD_DEADLOCK);
}

static void body(void) {
    Fiber *fiber = running;
    CHECK_EQ(abuse_now(fiber->ctx, fiber->cb, fiber, NULL, 0), FFI_RET_OK);
    fiber->ended = 1;
}

static void begin(Fiber *fiber, void *ctx, FFICallBack cb) {
    memset(fiber, 0, sizeof *fiber);
    fiber->ctx = ctx;
    fiber->cb = cb;
    fiber->stack = (char *)mmap(NULL, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(fiber->stack != MAP_FAILED);
    CHECK_EQ(getcontext(&fiber->at), 0);
    fiber->at.uc_stack.ss_sp = fiber->stack;
    fiber->at.uc_stack.ss_size = STACK;
    fiber->at.uc_link = &host_loop;
    makecontext(&fiber->at, body, 0);
    resume(fiber);
    CHECK_EQ(fiber->inside, 1);
}

/* Goes on with it until its request has returned; then its stack is gone. */
static void end(Fiber *fiber) {
    while (!fiber->ended) {
        resume(fiber);
    }
    CHECK_EQ(fiber->told, 1);
    CHECK_EQ(munmap(fiber->stack, STACK), 0);
}

/* Begun in this order, and ended in each. */
static void in_every_order(FFICallBack cb) {
    static const int orders[6][FIBERS] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    int order, index;
    for (order = 0; order < 6; order++) {
        void *ctx = abuse_new("");
        for (index = 0; index < FIBERS; index++) {
            begin(&fibers[index], ctx, cb);
        }
        for (index = 0; index < FIBERS; index++) {
            CHECK_EQ(abuse_destroy(ctx), FFI_RET_WOULD_DEADLOCK);
            end(&fibers[orders[order][index]]);
        }
        CHECK_EQ(abuse_destroy(ctx), FFI_RET_OK);
    }
}

static void suspended_in_the_callback(void) {
    in_every_order(in_callback);
}

static void suspended_in_a_callback_of_a_callback(void) {
    in_every_order(nests);
}

/* What is current on one stack is not on another. */
static void of_several_contexts(void) {
    void *one = abuse_new("one"), *another = abuse_new("another");
    begin(&fibers[0], one, in_callback);
    begin(&fibers[1], another, in_callback);
    end(&fibers[0]);
    CHECK_EQ(abuse_destroy(one), FFI_RET_OK);
    CHECK_EQ(abuse_destroy(another), FFI_RET_WOULD_DEADLOCK);
    begin(&fibers[0], another, in_callback);
    end(&fibers[1]);
    CHECK_EQ(abuse_destroy(another), FFI_RET_WOULD_DEADLOCK);
    end(&fibers[0]);
    CHECK_EQ(abuse_destroy(another), FFI_RET_OK);
}

int main(void) {
    check_begin();
    RUN(suspended_in_the_callback);
    RUN(suspended_in_a_callback_of_a_callback);
    RUN(of_several_contexts);
    return 0;
}
