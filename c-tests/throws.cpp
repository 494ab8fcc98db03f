// An exception that leaves a callback ends the process at once, and not as undefined behaviour: std::terminate where the
// types are noexcept, an abort before that. Each case runs in a child of its own.
#include "abuse.h"

#include <exception>
#include <sys/resource.h>
#include <sys/wait.h>

// The functions are not declared noexcept themselves: before C++17 they are callbacks all the same, and from then on a
// noexcept lambda calls them.
#if __cplusplus >= 201703L
#define HOST_FN(f) [](uint64_t token, const char *req, size_t len, void *userData) noexcept { f(token, req, len, userData); }
#define CALLBACK(f) [](int ret, const char *msg, size_t len, void *userData) noexcept { f(ret, msg, len, userData); }
#define RELEASE(f) [](void *userData) noexcept { f(userData); }
#else
#define HOST_FN(f) f
#define CALLBACK(f) f
#define RELEASE(f) f
#endif

static int zero = 0;

static void throw_one() {
    if (zero == 0) {
        throw 1;
    }
}

static void throwing_host_fn(uint64_t, const char *, size_t, void *) {
    throw_one();
}

static void throwing_callback(int, const char *, size_t, void *) {
    throw_one();
}

static void throwing_release(void *) {
    throw_one();
}

static void in_host_fn(void *ctx) {
    Told told;
    CHECK_EQ(abuse_register_host_fn(ctx, "ask", HOST_FN(throwing_host_fn), nullptr), FFI_RET_OK);
    SUBMIT(ctx, abuse_ask, "", &told);
    LATCH_AWAIT(&told.ended, 1);
}

static void in_callback(void *ctx) {
    Latch never;
    latch_init(&never);
    CHECK_EQ(abuse_echo(ctx, CALLBACK(throwing_callback), nullptr, nullptr, 0), FFI_RET_OK);
    LATCH_AWAIT(&never, 1);
}

static void in_synchronous_callback(void *ctx) {
    abuse_now(ctx, CALLBACK(throwing_callback), nullptr, nullptr, 0);
}

static void in_release(void *ctx) {
    FFIHostFnOptions options = FFI_HOST_FN_OPTIONS_INIT;
    options.fn = [](uint64_t, const char *, size_t, void *) FFI_NOEXCEPT {};
    options.release = RELEASE(throwing_release);
    CHECK_EQ(abuse_register_host_fn_with(ctx, "ask", &options), FFI_RET_OK);
    CHECK_EQ(abuse_destroy(ctx), FFI_RET_OK);
}

static void in_listener(void *ctx) {
    Latch never;
    latch_init(&never);
    CHECK(abuse_add_event_listener(ctx, "happened", CALLBACK(throwing_callback), nullptr) != 0);
    CHECK_RUN(ctx, abuse_emit, "", FFI_RET_OK, "");
    LATCH_AWAIT(&never, 1);
}

static void aborts(void (*body)(void *ctx)) {
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        struct rlimit no_core = {0, 0};
        CHECK_EQ(setrlimit(RLIMIT_CORE, &no_core), 0);
        alarm(PATIENCE);
        body(abuse_new("throws"));
        _exit(0);
    }
    int status = 0;
    CHECK_EQ(waitpid(child, &status, 0), child);
    CHECK(WIFSIGNALED(status));
    CHECK_EQ(WTERMSIG(status), SIGABRT);
}

static void from_a_host_function() {
    aborts(in_host_fn);
}

static void from_a_callback() {
    aborts(in_callback);
}

static void from_a_synchronous_callback() {
    aborts(in_synchronous_callback);
}

static void from_a_release() {
    aborts(in_release);
}

static void from_a_listener() {
    aborts(in_listener);
}

int main() {
    check_begin();
    RUN(from_a_host_function);
    RUN(from_a_callback);
    RUN(from_a_synchronous_callback);
    RUN(from_a_release);
    RUN(from_a_listener);
}
