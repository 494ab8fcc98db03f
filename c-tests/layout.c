/* The structs and numbers of ffihost.h, as crates/ffihost-abi has them. */
#include "check.h"

#define AT(type, field, offset) CHECK_EQ(offsetof(type, field), (offset))
#define WIDE(type, field, width) CHECK_EQ(sizeof(((type *)0)->field), (width))

/* Checked by the compiler too: an array cannot have a negative length. */
typedef char options_are_56_bytes[sizeof(FFIHostFnOptions) == 56 ? 1 : -1];
typedef char stats_are_144_bytes[sizeof(FFIStats) == 144 ? 1 : -1];

static void options(void) {
    FFIHostFnOptions initial = FFI_HOST_FN_OPTIONS_INIT;
    CHECK_EQ(sizeof(options_are_56_bytes), 1);
    CHECK_EQ(sizeof(FFIHostFnOptions), 56);
    AT(FFIHostFnOptions, size, 0);
    AT(FFIHostFnOptions, fn, 8);
    AT(FFIHostFnOptions, cancel, 16);
    AT(FFIHostFnOptions, release, 24);
    AT(FFIHostFnOptions, userData, 32);
    AT(FFIHostFnOptions, format, 40);
    AT(FFIHostFnOptions, max_in_flight, 44);
    AT(FFIHostFnOptions, deadline_ms, 48);
    WIDE(FFIHostFnOptions, size, 8);
    WIDE(FFIHostFnOptions, fn, 8);
    WIDE(FFIHostFnOptions, format, 4);
    WIDE(FFIHostFnOptions, max_in_flight, 4);
    WIDE(FFIHostFnOptions, deadline_ms, 8);
    CHECK_EQ(sizeof(FFINamedHostFn), 16);
    AT(FFINamedHostFn, name, 0);
    AT(FFINamedHostFn, fn, 8);
    CHECK_EQ(initial.size, 56);
    CHECK(initial.fn == NULL && initial.cancel == NULL && initial.release == NULL && initial.userData == NULL);
    CHECK_EQ(initial.format, FFI_FORMAT_NATIVE);
    CHECK(initial.max_in_flight == 0 && initial.deadline_ms == 0);
    CHECK_EQ(FFI_FORMAT_NATIVE, 0);
    CHECK_EQ(FFI_FORMAT_CBOR, 1);
}

static void stats(void) {
    CHECK_EQ(sizeof(stats_are_144_bytes), 1);
    CHECK_EQ(sizeof(FFIOwnedString), 24);
    AT(FFIOwnedString, len, 8);
    AT(FFIOwnedString, owner, 16);
    CHECK_EQ(sizeof(FFIOwnedBytes), 24);
    AT(FFIOwnedBytes, len, 8);
    AT(FFIOwnedBytes, owner, 16);
    CHECK_EQ(sizeof(FFIError), 40);
    AT(FFIError, text_len, 8);
    AT(FFIError, payload, 16);
    AT(FFIError, payload_len, 24);
    AT(FFIError, owner, 32);

    CHECK_EQ(sizeof(FFIStats), 144);
    AT(FFIStats, size, 0);
    AT(FFIStats, host_calls, 8);
    AT(FFIStats, host_calls_in_flight, 16);
    AT(FFIStats, host_calls_inline, 24);
    AT(FFIStats, host_calls_remote, 32);
    AT(FFIStats, host_calls_timed_out, 40);
    AT(FFIStats, host_calls_cancelled, 48);
    AT(FFIStats, host_calls_slow, 56);
    AT(FFIStats, host_answers_refused, 64);
    AT(FFIStats, host_answers_undecodable, 72);
    AT(FFIStats, host_fns_registered, 80);
    AT(FFIStats, requests, 88);
    AT(FFIStats, requests_in_flight, 96);
    AT(FFIStats, requests_refused, 104);
    AT(FFIStats, events_emitted, 112);
    AT(FFIStats, events_dropped, 120);
    AT(FFIStats, listeners, 128);
    AT(FFIStats, handles, 136);
    WIDE(FFIStats, listeners, 8);
    WIDE(FFIStats, handles, 8);
}

static void statuses(void) {
    CHECK_EQ(FFI_RET_OK, 0);
    CHECK_EQ(FFI_RET_ERR, 1);
    CHECK_EQ(FFI_RET_MISSING_CALLBACK, 2);
    CHECK_EQ(FFI_RET_STALE_WARN, 3);
    CHECK_EQ(FFI_RET_INVALID_CTX, 4);
    CHECK_EQ(FFI_RET_UNKNOWN_TOKEN, 5);
    CHECK_EQ(FFI_RET_INVALID_ARGUMENT, 6);
    CHECK_EQ(FFI_RET_CLOSING, 7);
    CHECK_EQ(FFI_RET_BUSY, 8);
    CHECK_EQ(FFI_RET_TOO_LARGE, 9);
    CHECK_EQ(FFI_RET_PANIC, 10);
    CHECK_EQ(FFI_RET_ABI_MISMATCH, 11);
    CHECK_EQ(FFI_RET_WOULD_DEADLOCK, 12);
    CHECK_EQ(FFI_RET_NOT_REGISTERED, 13);
    CHECK_EQ(FFI_RET_TIMED_OUT, 14);
    CHECK_EQ(FFI_RET_CANCELLED, 15);
    CHECK_EQ(FFI_RET_DECODE, 16);
    CHECK_EQ(FFI_HEADER_VERSION, 2);
}

int main(void) {
    check_begin();
    RUN(options);
    RUN(stats);
    RUN(statuses);
    return 0;
}
