/* check.h: what every C test program uses: checks that print where they failed, latches that are waited for with a limit,
 * and records of what a callback was told. Nothing here asserts how long something takes: the limits are there so that what
 * never happens fails. */
#ifndef CHECK_H
#define CHECK_H

#include <ffihost.h>

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Seconds that a latch is waited for, and that a whole program may take, at most: longer than on any machine. */
#define PATIENCE 300
#define PROGRAM_PATIENCE 1200

static const char *check_running = "nothing";

static inline void check_fail(const char *file, int line, const char *what) {
    fprintf(stderr, "%s:%d: in %s: %s\n", file, line, check_running, what);
    fflush(stderr);
    _exit(1);
}

#define CHECK(condition) ((condition) ? (void)0 : check_fail(__FILE__, __LINE__, "does not hold: " #condition))

static inline void check_eq(const char *file, int line, const char *what, long long actual, long long expected) {
    if (actual != expected) {
        fprintf(stderr, "%s:%d: in %s: %s is %lld, not %lld\n", file, line, check_running, what, actual, expected);
        fflush(stderr);
        _exit(1);
    }
}

#define CHECK_EQ(actual, expected) check_eq(__FILE__, __LINE__, #actual, (long long)(actual), (long long)(expected))

static inline void check_bytes(const char *file, int line, const char *what, const char *actual, size_t len,
                               const char *expected) {
    if (len != strlen(expected) || memcmp(actual, expected, len) != 0) {
        fprintf(stderr, "%s:%d: in %s: %s is \"%.*s\", not \"%s\"\n", file, line, check_running, what, (int)len, actual,
                expected);
        fflush(stderr);
        _exit(1);
    }
}

#define CHECK_BYTES(actual, len, expected) check_bytes(__FILE__, __LINE__, #actual, (actual), (len), (expected))

/* A program that hangs, say in a function that never returns, ends too, and says in which test. */
static inline void check_alarm(int signal_number) {
    static const char text[] = ": it hangs\n";
    ssize_t written = write(2, check_running, strlen(check_running));
    written += write(2, text, sizeof text - 1);
    (void)signal_number;
    (void)written;
    _exit(1);
}

static inline void check_begin(void) {
    signal(SIGALRM, check_alarm);
    alarm(PROGRAM_PATIENCE);
}

#define RUN(test) (check_running = #test, fprintf(stderr, "%s\n", #test), test())

/* How often to do what a leak shows in: less where everything is slow, under a memory checker. */
static inline int check_rounds(int rounds, int slow_rounds) {
    return getenv("CHECK_SLOW") != NULL ? slow_rounds : rounds;
}

static inline void *check_alloc(size_t size) {
    void *memory = calloc(1, size);
    CHECK(memory != NULL);
    return memory;
}

static inline void pause_ms(long milliseconds) {
    struct timespec pause;
    pause.tv_sec = milliseconds / 1000;
    pause.tv_nsec = milliseconds % 1000 * 1000000;
    while (nanosleep(&pause, &pause) != 0 && errno == EINTR) {
    }
}

static inline pthread_t start_thread(void *(*body)(void *), void *argument) {
    pthread_t thread;
    CHECK_EQ(pthread_create(&thread, NULL, body, argument), 0);
    return thread;
}

static inline void join_thread(pthread_t thread) {
    CHECK_EQ(pthread_join(thread, NULL), 0);
}

/* A count that threads raise and wait for. */
typedef struct Latch {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    unsigned long count;
} Latch;

static inline void latch_init(Latch *latch) {
    CHECK_EQ(pthread_mutex_init(&latch->lock, NULL), 0);
    CHECK_EQ(pthread_cond_init(&latch->changed, NULL), 0);
    latch->count = 0;
}

/* Raises the count and returns it. */
static inline unsigned long latch_raise(Latch *latch) {
    unsigned long count;
    pthread_mutex_lock(&latch->lock);
    count = ++latch->count;
    pthread_cond_broadcast(&latch->changed);
    pthread_mutex_unlock(&latch->lock);
    return count;
}

static inline unsigned long latch_count(Latch *latch) {
    unsigned long count;
    pthread_mutex_lock(&latch->lock);
    count = latch->count;
    pthread_mutex_unlock(&latch->lock);
    return count;
}

static inline void latch_await(const char *file, int line, const char *what, Latch *latch, unsigned long count) {
    struct timespec deadline;
    int waited = 0;
    clock_gettime(CLOCK_REALTIME, &deadline);
    deadline.tv_sec += PATIENCE;
    pthread_mutex_lock(&latch->lock);
    while (latch->count < count && waited == 0) {
        waited = pthread_cond_timedwait(&latch->changed, &latch->lock, &deadline);
    }
    if (latch->count < count) {
        fprintf(stderr, "%s:%d: in %s: waited in vain until %s is %lu, it is %lu\n", file, line, check_running, what, count,
                latch->count);
        fflush(stderr);
        _exit(1);
    }
    pthread_mutex_unlock(&latch->lock);
}

/* Waits until the count is at least this. */
#define LATCH_AWAIT(latch, count) latch_await(__FILE__, __LINE__, #latch, (latch), (count))

/* Waits for something that another thread is about to do. */
#define AWAIT(condition)                                                          \
    do {                                                                          \
        int turns_left = PATIENCE * 1000;                                         \
        while (!(condition)) {                                                    \
            if (--turns_left == 0) {                                              \
                check_fail(__FILE__, __LINE__, "waited in vain until " #condition); \
            }                                                                     \
            pause_ms(1);                                                          \
        }                                                                         \
    } while (0)

/* What the callback of a request was told. */
typedef struct Told {
    Latch pings; /* STALE_WARN */
    Latch ended; /* terminal statuses */
    int ret;
    size_t len;
    char text[256]; /* the beginning of the payload */
    pthread_t thread;
} Told;

static inline void told_init(Told *told) {
    memset(told, 0, sizeof *told);
    latch_init(&told->pings);
    latch_init(&told->ended);
}

static inline void on_told(int ret, const char *msg, size_t len, void *userData) FFI_NOEXCEPT {
    Told *told = (Told *)userData;
    CHECK(msg != NULL);
    CHECK_EQ(latch_count(&told->ended), 0);
    if (ret == FFI_RET_STALE_WARN) {
        latch_raise(&told->pings);
        return;
    }
    told->ret = ret;
    told->len = len;
    told->thread = pthread_self();
    memcpy(told->text, msg, len < sizeof told->text ? len : sizeof told->text);
    CHECK_EQ(latch_raise(&told->ended), 1);
}

/* A callback that must not be called. */
static inline void on_never(int ret, const char *msg, size_t len, void *userData) FFI_NOEXCEPT {
    (void)userData;
    fprintf(stderr, "called back with %d \"%.*s\"\n", ret, (int)len, msg);
    check_fail(__FILE__, __LINE__, "something that was refused was called back");
}

static inline void told_check(const char *file, int line, const char *what, Told *told, int ret, const char *text) {
    latch_await(file, line, what, &told->ended, 1);
    if (told->ret != ret) {
        size_t len = told->len < sizeof told->text ? told->len : sizeof told->text;
        fprintf(stderr, "%s:%d: in %s: %s was told %d \"%.*s\", not %d\n", file, line, check_running, what, told->ret,
                (int)len, told->text, ret);
        fflush(stderr);
        _exit(1);
    }
    if (text != NULL) {
        check_bytes(file, line, what, told->text, told->len, text);
    }
}

/* Waits for the outcome and checks it; any text will do if `text` is NULL. */
#define CHECK_TOLD(told, ret, text) told_check(__FILE__, __LINE__, #told, (told), (ret), (text))

/* How many threads this process has. */
static inline int count_threads(void) {
    char line[256];
    int threads = -1;
    FILE *status = fopen("/proc/self/status", "r");
    CHECK(status != NULL);
    while (fgets(line, sizeof line, status) != NULL) {
        if (sscanf(line, "Threads: %d", &threads) == 1) {
            break;
        }
    }
    fclose(status);
    CHECK(threads > 0);
    return threads;
}

#endif /* CHECK_H */
