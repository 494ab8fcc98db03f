/* ffihost.h needs nothing before it, may come twice, and declares a library that is named in any way. */
#include <ffihost.h>
#include <ffihost.h>

FFI_DECLARE_LIBRARY(some_other)
FFI_DECLARE_REQUEST(some_other, login)
/* Twice as well: declarations may be repeated. */
FFI_DECLARE_LIBRARY(some_other)
FFI_DECLARE_REQUEST(some_other, login)

static int calls;

static void host_fn(uint64_t token, const char *req, size_t reqLen, void *userData) FFI_NOEXCEPT {
    (void)req;
    (void)userData;
    calls += token == 7 && reqLen == 3;
}

static void callback(int ret, const char *msg, size_t len, void *userData) FFI_NOEXCEPT {
    (void)msg;
    (void)userData;
    calls += ret == FFI_RET_ERR && len == 5;
}

static void cancel(uint64_t token, void *userData) FFI_NOEXCEPT {
    (void)userData;
    calls += token == 8;
}

static void release(void *userData) FFI_NOEXCEPT {
    calls += userData == &calls;
}

int main(void) {
    FFIHostFn asked = host_fn;
    FFICallBack told = callback;
    FFIHostCancelFn cancelled = cancel;
    FFIRelease released = release;
    asked(7, "abc", 3, NULL);
    told(FFI_RET_ERR, "wrong", 5, NULL);
    cancelled(8, NULL);
    released(&calls);
    return calls == 4 ? 0 : 1;
}
