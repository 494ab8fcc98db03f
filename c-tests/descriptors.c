/* Contexts come and go without a trace, and work when more descriptors are open than a select could watch. */
#include "abuse.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/resource.h>

static int count_descriptors(void) {
    int count = 0;
    struct dirent *entry;
    DIR *folder = opendir("/proc/self/fd");
    CHECK(folder != NULL);
    while ((entry = readdir(folder)) != NULL) {
        count += entry->d_name[0] != '.';
    }
    closedir(folder);
    return count;
}

static long resident_kib(void) {
    char line[256];
    long kib = -1;
    FILE *status = fopen("/proc/self/status", "r");
    CHECK(status != NULL);
    while (fgets(line, sizeof line, status) != NULL) {
        if (sscanf(line, "VmRSS: %ld", &kib) == 1) {
            break;
        }
    }
    fclose(status);
    CHECK(kib > 0);
    return kib;
}

static void on_nothing(int ret, const char *msg, size_t len, void *userData) FFI_NOEXCEPT {
    (void)msg;
    (void)len;
    CHECK_EQ(ret, FFI_RET_OK);
    latch_raise((Latch *)userData);
}

/* One life of a context that uses all that a context can have: both threads, host calls, an event. */
static void live_once(void) {
    Latch heard;
    Function *function;
    void *ctx = abuse_new("");
    latch_init(&heard);
    CHECK(abuse_add_event_listener(ctx, "happened", on_nothing, &heard) != 0);
    function = function_register(ctx, "ask", act_echo);
    CHECK_RUN(ctx, abuse_ask, "ask", FFI_RET_OK, "ask");
    CHECK_RUN(ctx, abuse_ask_elsewhere, "elsewhere", FFI_RET_OK, "elsewhere");
    CHECK_RUN(ctx, abuse_emit, "", FFI_RET_OK, "");
    CHECK_EQ(abuse_destroy(ctx), FFI_RET_OK);
    CHECK_EQ(latch_count(&heard), 1);
    function_end(function, 2, 0);
}

static void cycles_leave_no_trace(void) {
    int rounds = check_rounds(1000, 60);
    int round, descriptors, threads;
    long resident;
    for (round = 0; round < 20; round++) {
        live_once();
    }
    AWAIT(count_threads() == 1);
    descriptors = count_descriptors();
    threads = count_threads();
    resident = resident_kib();
    for (round = 0; round < rounds; round++) {
        live_once();
    }
    AWAIT(count_threads() == threads);
    CHECK_EQ(count_descriptors(), descriptors);
    /* A leak of one kilobyte in each cycle would be more; what sanitizers and memory checkers keep is no leak. */
#ifndef __SANITIZE_ADDRESS__
    if (rounds == check_rounds(rounds, 0)) {
        CHECK(resident_kib() - resident < rounds);
    }
#else
    (void)resident;
#endif
}

static void more_than_1024_descriptors(void) {
    enum { OPEN = 1500 };
    struct rlimit limit;
    int descriptors[OPEN], index;
    CHECK_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
    if (limit.rlim_cur < OPEN + 200) {
        limit.rlim_cur = OPEN + 200;
        CHECK_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
    }
    for (index = 0; index < OPEN; index++) {
        descriptors[index] = open("/dev/null", O_RDONLY);
        CHECK(descriptors[index] >= 0);
    }
    CHECK(descriptors[OPEN - 1] > 1024);
    for (index = 0; index < 5; index++) {
        live_once();
    }
    for (index = 0; index < OPEN; index++) {
        CHECK_EQ(close(descriptors[index]), 0);
    }
}

/* Without any descriptor to be had, create either works or says that it cannot; nothing hangs or crashes. */
static void no_descriptor_left(void) {
    struct rlimit limit, none;
    Told created;
    void *ctx = NULL;
    int status;
    live_once();
    CHECK_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
    none = limit;
    none.rlim_cur = 0;
    CHECK_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
    told_init(&created);
    status = abuse_create(NULL, 0, on_told, &created, &ctx);
    if (status == FFI_RET_OK) {
        LATCH_AWAIT(&created.ended, 1);
        CHECK(created.ret == FFI_RET_OK || created.ret == FFI_RET_BUSY);
        CHECK_EQ(abuse_destroy(ctx), created.ret == FFI_RET_OK ? FFI_RET_OK : FFI_RET_INVALID_CTX);
    } else {
        CHECK_EQ(status, FFI_RET_BUSY);
        CHECK_EQ(latch_count(&created.ended), 0);
    }
    CHECK_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
    live_once();
}

int main(void) {
    check_begin();
    RUN(cycles_leave_no_trace);
    RUN(more_than_1024_descriptors);
    RUN(no_descriptor_left);
    return 0;
}
