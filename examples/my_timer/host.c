/* A host for the timer library, in C99 with POSIX threads.
 *
 * Compile and run, in the project's folder:
 *
 *     cargo build -p my_timer
 *     cc -std=c99 -Wall -pthread -I include -I examples/my_timer/generated examples/my_timer/host.c \
 *        -L target/debug -lmy_timer -Wl,-rpath,"$PWD/target/debug" -o my_timer_host
 *     ./my_timer_host
 *
 * It goes through everything that the library has, and prints what it is told. The header that it includes was
 * generated from the compiled library:
 *
 *     ffihost generate target/debug/libmy_timer.so --lang c,cpp --out examples/my_timer/generated
 *
 * Two rules are all that there is to learn. What a callback is passed lives until it returns, so the callbacks here
 * print or copy it. And a request that was accepted (FFI_RET_OK) calls back once; one that was refused, never.
 */
#define _POSIX_C_SOURCE 200809L

#include "my_timer.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* An FFIString for "%.*s": it has no NUL at its end. */
#define TEXT(string) (int)(string).len, ((string).len == 0 ? "" : (string).data)

/* How many elements an array has. */
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Ends the program if a request or registration was refused. */
static void check(const char *what, int ret) {
    if (ret != FFI_RET_OK) {
        fprintf(stderr, "%s was refused with status %d, see ffihost.h\n", what, ret);
        exit(EXIT_FAILURE);
    }
}

/* ----------------------------------------------------------------------------------------------- waiting for callbacks
 * Asynchronous requests call back on a thread of the library's. This program has nothing else to do, so it waits.
 */
typedef struct Signal {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool set;
} Signal;

#define SIGNAL_INIT {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false}

static void set(Signal *signal) {
    pthread_mutex_lock(&signal->lock);
    signal->set = true;
    pthread_cond_signal(&signal->changed);
    pthread_mutex_unlock(&signal->lock);
}

static void await(Signal *signal) {
    pthread_mutex_lock(&signal->lock);
    while (!signal->set) {
        pthread_cond_wait(&signal->changed, &signal->lock);
    }
    signal->set = false;
    pthread_mutex_unlock(&signal->lock);
}

/* -------------------------------------------------------------------------------------------------------------- errors
 * ret says how a request ended: FFI_RET_ERR is the error that the library declares, with a type; everything else comes
 * with text.
 */
static void print_error(const char *what, int ret, const char *msg, size_t len, const MyTimerTimerError *error) {
    if (error == NULL) {
        printf("%s: status %d: %.*s\n", what, ret, (int)len, msg);
        return;
    }
    /* The cast lets the compiler warn of a missing case; a library with more of them is refused by my_timer_open. */
    switch ((MyTimerTimerErrorTag)error->tag) {
        case MY_TIMER_TIMER_ERROR_EMPTY:
            printf("%s: there is nothing in it\n", what);
            break;
        case MY_TIMER_TIMER_ERROR_TOO_LONG:
            printf("%s: %u ms is longer than %u ms\n", what, (unsigned)error->payload.too_long.delay_ms,
                   (unsigned)MY_TIMER_MAX_DELAY_MS);
            break;
        case MY_TIMER_TIMER_ERROR_TOO_OFTEN:
            printf("%s: %llu times is too often\n", what, (unsigned long long)error->payload.too_often.times);
            break;
        case MY_TIMER_TIMER_ERROR_NO_CLOCK:
            printf("%s: no clock: %.*s\n", what, TEXT(error->payload.no_clock));
            break;
    }
}

/* ---------------------------------------------------------------------------------------- the context, and its name */

static void on_created(int ret, const char *msg, size_t len, void *userData) {
    if (ret != FFI_RET_OK) {
        print_error("create", ret, msg, len, my_timer_create_error(ret, msg, len));
        exit(EXIT_FAILURE);
    }
    set(userData);
}

/* Makes a context, if the library that was loaded is the one that this program was compiled for. */
static void *create(const char *name) {
    Signal created = SIGNAL_INIT;
    void *ctx;
    int ret = my_timer_open(my_timer_str(name), on_created, &created, &ctx);
    if (ret == FFI_RET_ABI_MISMATCH) {
        char text[512];
        my_timer_abi_message(text, sizeof text);
        fprintf(stderr, "%s\n", text);
        exit(EXIT_FAILURE);
    }
    check("create", ret);
    await(&created);
    return ctx;
}

/* `name` is synchronous: it returns its status, and what it has written is ours to release. */
static void show_name(void *ctx) {
    FFIOwnedString name = FFI_OWNED_INIT;
    check("name", my_timer_name(ctx, &name, NULL));
    printf("name = %.*s\n", TEXT(name));
    my_timer_release_string(&name);
}

/* ---------------------------------------------------------------------------------------------- echo, and its event */

static void on_echo(int ret, const char *msg, size_t len, void *userData) {
    const MyTimerEchoResponse *response = my_timer_echo_result(ret, msg, len);
    if (response != NULL) {
        printf("echo.echoed = %.*s\n", TEXT(response->echoed));
        printf("echo.timer = %.*s\n", TEXT(response->timer));
    } else {
        print_error("echo", ret, msg, len, my_timer_echo_error(ret, msg, len));
    }
    set(userData);
}

/* What the listener heard. It runs on another thread than on_echo does, so it leaves the printing to main. */
typedef struct Heard {
    Signal signal;
    char message[64];
} Heard;

static void on_echo_fired(int ret, const char *msg, size_t len, void *userData) {
    const MyTimerOnEchoFiredArgs *args = my_timer_on_echo_fired_args(msg, len);
    Heard *heard = userData;
    if (ret == FFI_RET_OK && args != NULL) {
        snprintf(heard->message, sizeof heard->message, "%.*s", TEXT(args->message));
    }
    set(&heard->signal);
}

static void show_echo(void *ctx) {
    Signal ended = SIGNAL_INIT;
    Heard heard = {SIGNAL_INIT, ""};
    MyTimerEchoRequest request = {{NULL, 0}, 20};
    uint64_t listener = my_timer_listen_on_echo_fired(ctx, on_echo_fired, &heard);
    check("listen", listener != 0 ? FFI_RET_OK : FFI_RET_INVALID_CTX);

    request.message = my_timer_str("hello from C");
    check("echo", my_timer_echo(ctx, on_echo, &ended, &request)); /* it was copied: request is ours again */
    await(&ended);
    await(&heard.signal);
    printf("on_echo_fired = %s\n", heard.message);
    check("remove_event_listener", my_timer_remove_event_listener(ctx, listener)); /* now heard is ours again, too */

    request.delay_ms = MY_TIMER_MAX_DELAY_MS + 1;
    check("echo", my_timer_echo(ctx, on_echo, &ended, &request));
    await(&ended);
}

/* -------------------------------------------------------------- plan: structs, lists, options and an enum with data */

static void on_plan(int ret, const char *msg, size_t len, void *userData) {
    const MyTimerPlan *plan = my_timer_plan_result(ret, msg, len);
    if (plan != NULL) {
        printf("plan.title = %.*s\n", TEXT(plan->title));
        for (size_t i = 0; i < plan->entries.len; i++) {
            const MyTimerPlanEntry *entry = &plan->entries.data[i];
            printf("plan at %llu ms: %.*s\n", (unsigned long long)entry->at_ms, TEXT(entry->message));
        }
        printf("plan.total_ms = %llu\n", (unsigned long long)plan->total_ms);
    } else {
        print_error("plan", ret, msg, len, my_timer_plan_error(ret, msg, len));
    }
    set(userData);
}

static void show_plan(void *ctx) {
    Signal ended = SIGNAL_INIT;
    const MyTimerEchoRequest echoes[] = {{my_timer_str("tick"), 10}, {my_timer_str("tock"), 20}};
    const FFIString tags[] = {my_timer_str("clock"), my_timer_str("demo")};
    MyTimerSchedule schedule;
    memset(&schedule, 0, sizeof schedule); /* no note, no repetition: options are absent, lists empty */
    schedule.echoes.data = echoes;
    schedule.echoes.len = COUNT(echoes);
    schedule.tags.data = tags;
    schedule.tags.len = COUNT(tags);
    schedule.repeat.present = true;
    schedule.repeat.value.tag = MY_TIMER_REPEAT_WITHIN;
    schedule.repeat.value.payload.within.total_ms = 65;
    check("plan", my_timer_plan(ctx, on_plan, &ended, &schedule));
    await(&ended);

    schedule.note.present = true;
    schedule.note.value = my_timer_str("far too often");
    schedule.repeat.value.tag = MY_TIMER_REPEAT_TIMES;
    schedule.repeat.value.payload.times = 1000000;
    check("plan", my_timer_plan(ctx, on_plan, &ended, &schedule));
    await(&ended);
}

/* -------------------------------------------------------------------------- a function that the library asks us for */

/* The library awaits this. The answer is at hand, so it is given here; it might also be given later, on any thread. */
static void fetch_clock(uint64_t token, void *userData) {
    void *ctx = userData;
    struct timespec now;
    if (clock_gettime(CLOCK_REALTIME, &now) == 0) {
        uint64_t now_ms = (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
        my_timer_complete_fetch_clock(ctx, token, now_ms);
    } else {
        my_timer_fail_host_fn(ctx, token, -1, "the clock cannot be read");
    }
}

static void on_clock(int ret, const char *msg, size_t len, void *userData) {
    FFIString sentence;
    if (my_timer_read_clock_result(ret, msg, len, &sentence)) {
        printf("clock = %.*s\n", TEXT(sentence));
    } else {
        print_error("read_clock", ret, msg, len, my_timer_read_clock_error(ret, msg, len));
    }
    set(userData);
}

static void show_clock(void *ctx) {
    Signal ended = SIGNAL_INIT;
    check("read_clock", my_timer_read_clock(ctx, on_clock, &ended)); /* nobody has told the library how */
    await(&ended);

    check("set_fetch_clock", my_timer_set_fetch_clock(ctx, fetch_clock, ctx));
    check("read_clock", my_timer_read_clock(ctx, on_clock, &ended));
    await(&ended);
}

/* --------------------------------------------------------------------------------- a function that needs no context */

static void show_total_delay(void) {
    static const uint32_t delays_ms[] = {10, 20, 30};
    FFIError error = FFI_ERROR_INIT;
    uint64_t total_ms;
    MyTimerU32List list;
    list.data = delays_ms;
    list.len = COUNT(delays_ms);
    if (my_timer_total_delay(list, &total_ms, &error) == FFI_RET_OK) {
        printf("total_delay = %llu ms\n", (unsigned long long)total_ms);
    } else {
        printf("total_delay: %.*s\n", (int)error.text_len, error.text);
        my_timer_release_error(&error);
    }
}

/* ---------------------------------------------------------------------------------- an object that lives over there */

/* A reading has text in it, so it is lent to a callback, which has been called when my_timer_read_stopwatch returns. */
static void on_reading(int ret, const char *msg, size_t len, void *userData) {
    const MyTimerReading *reading = my_timer_read_stopwatch_result(ret, msg, len);
    (void)userData;
    if (reading != NULL) {
        printf("stopwatch = %.*s, %s\n", TEXT(reading->label), reading->elapsed_ns > 0 ? "running" : "stopped");
    } else {
        print_error("read_stopwatch", ret, msg, len, NULL);
    }
}

static void show_stopwatch(void *ctx) {
    MyTimerStopwatch stopwatch = 0; /* no stopwatch */
    check("start_stopwatch", my_timer_start_stopwatch(ctx, my_timer_str("lap"), &stopwatch, NULL));
    check("read_stopwatch", my_timer_read_stopwatch(ctx, stopwatch, on_reading, NULL));
    check("release", my_timer_stopwatch_release(ctx, stopwatch));

    /* Its number is never used again, so this is an error, not a crash. */
    printf("released again: %s\n",
           my_timer_stopwatch_release(ctx, stopwatch) == FFI_RET_UNKNOWN_TOKEN ? "unknown" : "known");
}

int main(void) {
    void *ctx;
    printf("version = %s\n", my_timer_version());
    ctx = create("a timer in C");
    show_name(ctx);
    show_echo(ctx);
    show_plan(ctx);
    show_clock(ctx);
    show_total_delay();
    show_stopwatch(ctx);
    check("destroy", my_timer_destroy(ctx)); /* nothing of ours is called any more */
    return EXIT_SUCCESS;
}
