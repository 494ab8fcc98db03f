// The declaration macros, used in C++ as ffihost.h shows them, name the library's C functions.
#include "check.h"

FFI_DECLARE_LIBRARY(abuse)
FFI_DECLARE_REQUEST(abuse, echo)

static void echo() {
    Told created, told;
    void *ctx = nullptr;
    told_init(&created);
    told_init(&told);
    CHECK_EQ(abuse_create(nullptr, 0, on_told, &created, &ctx), FFI_RET_OK);
    CHECK_TOLD(&created, FFI_RET_OK, "");
    CHECK_EQ(abuse_echo(ctx, on_told, &told, reinterpret_cast<const uint8_t *>("hello"), 5), FFI_RET_OK);
    CHECK_TOLD(&told, FFI_RET_OK, "hello");
    CHECK_EQ(abuse_destroy(ctx), FFI_RET_OK);
}

int main() {
    check_begin();
    RUN(echo);
}
