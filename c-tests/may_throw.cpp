// Functions that may throw are no callbacks. Compiles before C++17; from then on each conversion is an error.
#include <ffihost.h>

static void host_fn(uint64_t, const char *, size_t, void *) {
    throw 1;
}

static void callback(int, const char *, size_t, void *) {
    throw 1;
}

static void cancel(uint64_t, void *) {
    throw 1;
}

static void release(void *) {
    throw 1;
}

FFIHostFn as_host_fn = host_fn;
FFICallBack as_callback = callback;
FFIHostCancelFn as_cancel = cancel;
FFIRelease as_release = release;
