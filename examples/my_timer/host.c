/* A host for the timer library, in C99 with POSIX threads.
 *
 * Compile and run, in the project's folder:
 *
 *     cargo build --example my_timer
 *     cc -std=c99 -Wall -Wextra -Wpedantic -pthread -I include examples/my_timer/host.c \
 *        -L target/debug/examples -lmy_timer -Wl,-rpath,"$PWD/target/debug/examples" -o my_timer_host
 *     ./my_timer_host
 *
 * It prints the library's version, what it echoed, the event that it fired, and the clock that it asked this host for.
 * The bytes that cross are described at the top of lib.rs. The exit status is 0 if all went well.
 */
#define _POSIX_C_SOURCE 200809L

#include "ffihost.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

FFI_DECLARE_LIBRARY(my_timer)
FFI_DECLARE_REQUEST(my_timer, echo)
FFI_DECLARE_REQUEST(my_timer, read_clock)
FFI_DECLARE_REQUEST(my_timer, name)

/* What a callback was passed, for the thread that waits for it. */
typedef struct Outcome {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int ended;
    int ret;
    char *bytes; /* a copy, with a NUL after it */
    size_t len;
} Outcome;

#define OUTCOME_INIT {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, 0, NULL, 0}

static void *allocate(size_t size) {
    void *memory = malloc(size);
    if (memory == NULL) {
        fprintf(stderr, "out of memory\n");
        exit(EXIT_FAILURE);
    }
    return memory;
}

/* The callback of every request here, and of the event. What msg points to is gone when it returns, so it is copied. */
static void on_outcome(int ret, const char *msg, size_t len, void *userData) {
    Outcome *outcome = userData;
    char *bytes;
    if (ret == FFI_RET_STALE_WARN) {
        return; /* the request still runs */
    }
    bytes = allocate(len + 1);
    memcpy(bytes, msg, len);
    bytes[len] = '\0';
    pthread_mutex_lock(&outcome->lock);
    free(outcome->bytes); /* an event may come more than once */
    outcome->ended = 1;
    outcome->ret = ret;
    outcome->bytes = bytes;
    outcome->len = len;
    pthread_cond_signal(&outcome->changed);
    pthread_mutex_unlock(&outcome->lock);
}

/* Ends the program unless what was asked for was done. */
static void check(const char *what, int ret) {
    if (ret != FFI_RET_OK) {
        fprintf(stderr, "%s: status %d\n", what, ret);
        exit(EXIT_FAILURE);
    }
}

/* Waits for a callback that tells of success. */
static void await(const char *what, Outcome *outcome) {
    pthread_mutex_lock(&outcome->lock);
    while (!outcome->ended) {
        pthread_cond_wait(&outcome->changed, &outcome->lock);
    }
    pthread_mutex_unlock(&outcome->lock);
    if (outcome->ret != FFI_RET_OK) {
        fprintf(stderr, "%s: status %d: %s\n", what, outcome->ret, outcome->bytes);
        exit(EXIT_FAILURE);
    }
}

static void put_little_endian(uint8_t *bytes, size_t count, uint64_t value) {
    for (size_t i = 0; i < count; i++) {
        bytes[i] = (uint8_t)(value >> (8 * i));
    }
}

static uint64_t get_little_endian(const char *bytes, size_t count) {
    uint64_t value = 0;
    for (size_t i = 0; i < count; i++) {
        value |= (uint64_t)(uint8_t)bytes[i] << (8 * i);
    }
    return value;
}

/* The host function. This answer is at hand, so it is given before the function returns; a thread may give it later. */
static void fetch_clock(uint64_t token, const char *req, size_t reqLen, void *userData) {
    void *ctx = userData;
    struct timespec now;
    uint8_t answer[8];
    (void)req;
    (void)reqLen;
    if (clock_gettime(CLOCK_REALTIME, &now) != 0) {
        static const char text[] = "the host's clock cannot be read";
        my_timer_host_complete(ctx, token, FFI_RET_ERR, text, sizeof text - 1);
        return;
    }
    put_little_endian(answer, sizeof answer, (uint64_t)now.tv_sec * 1000 + (uint64_t)(now.tv_nsec / 1000000));
    my_timer_host_complete(ctx, token, FFI_RET_OK, (const char *)answer, sizeof answer);
}

/* `echo` with a delay, and its event. */
static void print_echo(void *ctx, uint32_t delay_ms, const char *message) {
    Outcome echo = OUTCOME_INIT, fired = OUTCOME_INIT;
    size_t len = strlen(message);
    uint8_t *req = allocate(4 + len);
    size_t echoed;
    uint64_t listener = my_timer_add_event_listener(ctx, "on_echo_fired", on_outcome, &fired);
    check("add_event_listener", listener != 0 ? FFI_RET_OK : FFI_RET_INVALID_ARGUMENT);
    put_little_endian(req, 4, delay_ms);
    memcpy(req + 4, message, len);
    check("echo", my_timer_echo(ctx, on_outcome, &echo, req, 4 + len));
    free(req); /* it was copied */

    await("echo", &echo);
    await("on_echo_fired", &fired);
    check("remove_event_listener", my_timer_remove_event_listener(ctx, listener)); /* now `fired` is ours again */
    echoed = echo.len < 4 ? 0 : (size_t)get_little_endian(echo.bytes, 4);
    check("the reply of echo", echo.len >= 4 && echoed <= echo.len - 4 ? FFI_RET_OK : FFI_RET_DECODE);
    printf("echo.echoed = %.*s\n", (int)echoed, echo.bytes + 4);
    printf("echo.timer = %s\n", echo.bytes + 4 + echoed);
    printf("on_echo_fired = %s\n", fired.bytes);
    free(echo.bytes);
    free(fired.bytes);
}

int main(void) {
    static const char name[] = "a timer in C";
    Outcome created = OUTCOME_INIT, named = OUTCOME_INIT, read = OUTCOME_INIT;
    void *ctx;

    printf("version = %s\n", my_timer_version());
    check("create", my_timer_create((const uint8_t *)name, sizeof name - 1, on_outcome, &created, &ctx));
    await("create", &created);
    check("register_host_fn", my_timer_register_host_fn(ctx, "fetch_clock", fetch_clock, ctx));

    /* Synchronous: the callback has been called when it returns. */
    check("name", my_timer_name(ctx, on_outcome, &named, NULL, 0));
    await("name", &named);
    printf("name = %s\n", named.bytes);

    print_echo(ctx, 20, "hello from C");

    check("read_clock", my_timer_read_clock(ctx, on_outcome, &read, NULL, 0));
    await("read_clock", &read);
    printf("clock = %s\n", read.bytes);

    check("destroy", my_timer_destroy(ctx));
    free(created.bytes);
    free(named.bytes);
    free(read.bytes);
    return EXIT_SUCCESS;
}
