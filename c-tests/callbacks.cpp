// Every kind of C++ function that can be a callback: functions, static members, lambdas that capture nothing; noexcept, as
// they have to be from C++17 on.
#include "abuse.h"

namespace {

struct Host {
    void *ctx;
    Latch asked;
    Latch released;

    static void ask(uint64_t token, const char *req, size_t len, void *userData) FFI_NOEXCEPT {
        Host *host = static_cast<Host *>(userData);
        CHECK_EQ(abuse_host_complete(host->ctx, token, FFI_RET_OK, req, len), FFI_RET_OK);
        latch_raise(&host->asked);
    }
};

void members_and_lambdas() {
    Host host;
    latch_init(&host.asked);
    latch_init(&host.released);
    host.ctx = abuse_new("C++");
    FFIHostFnOptions options = FFI_HOST_FN_OPTIONS_INIT;
    options.fn = Host::ask;
    options.cancel = [](uint64_t, void *) FFI_NOEXCEPT { CHECK(!"nothing is cancelled"); };
    options.release = [](void *userData) FFI_NOEXCEPT { latch_raise(&static_cast<Host *>(userData)->released); };
    options.userData = &host;
    CHECK_EQ(abuse_register_host_fn_with(host.ctx, "ask", &options), FFI_RET_OK);
    CHECK_RUN(host.ctx, abuse_ask, "hello", FFI_RET_OK, "hello");
    CHECK_EQ(abuse_register_host_fn(
                 host.ctx, "other",
                 [](uint64_t token, const char *, size_t, void *userData) FFI_NOEXCEPT {
                     CHECK_EQ(answer(static_cast<Host *>(userData)->ctx, token, FFI_RET_ERR, "no"), FFI_RET_OK);
                 },
                 &host),
             FFI_RET_OK);
    CHECK_RUN(host.ctx, abuse_ask_other, "hello", FFI_RET_ERR, "Declared(no)");
    CHECK_EQ(abuse_destroy(host.ctx), FFI_RET_OK);
    CHECK_EQ(latch_count(&host.asked), 1);
    CHECK_EQ(latch_count(&host.released), 1);
}

} // namespace

int main() {
    check_begin();
    RUN(members_and_lambdas);
}
