/* ffihost.h: the C types and rules that every ffihost library shares.
 *
 * A library that is named `my_app` exports functions that start with `my_app_`; FFI_DECLARE_LIBRARY(my_app) declares
 * those that every library has, FFI_DECLARE_REQUEST(my_app, login) a request of its own. This file is the authority on
 * types, threads and lifetimes: what it promises is tested, and what it does not promise may change.
 *
 * A first program:
 *
 *     FFI_DECLARE_LIBRARY(my_app)
 *     FFI_DECLARE_REQUEST(my_app, login)
 *
 *     static void fetch_profile(uint64_t token, const char *req, size_t reqLen, void *userData) {
 *         ... look it up, here or on any thread, now or later, then once:
 *         my_app_host_complete(ctx, token, FFI_RET_OK, profile, profileLen);
 *     }
 *
 *     void *ctx;
 *     my_app_create(NULL, 0, on_created, NULL, &ctx);
 *     my_app_register_host_fn(ctx, "fetch_profile", fetch_profile, NULL);
 *     my_app_login(ctx, on_session, NULL, (const uint8_t *)"alice", 5);
 *     ...
 *     my_app_destroy(ctx);
 *
 * THREADS
 *
 *   Every function here may be called from any thread, at any time, also from inside any callback, unless it says
 *   otherwise. Callbacks run on one of three threads, never under a lock of the library:
 *
 *     the FFI thread    one per context. It runs the library's asynchronous code, calls host functions and their cancel
 *                       functions, and request callbacks. While a callback of yours runs there, nothing else of this
 *                       context does: return quickly, and hand long work to a thread of your own.
 *     the event thread  one per context, started with the first listener; it calls event listeners.
 *     your thread       a synchronous request calls back before it returns; unregister and replace may release there.
 *
 *   If library code refuses to stop when it is closed, the thread that closes calls the callbacks that are left. One that is
 *   being called with FFI_RET_STALE_WARN just then is called again on the FFI thread when it has returned: after destroy
 *   has returned, if that takes longer than the library's linger.
 *
 * DIRECT FORM
 *
 *   A synchronous request whose result has no pointers in it, or is text or bytes as a whole, needs no callback. It takes its
 *   parameters, then a pointer to where its result goes (none if it returns nothing), then an FFIError, which may be NULL:
 *
 *     int my_app_score(void *ctx, FFIString game, uint32_t *result, FFIError *error);
 *
 *   It returns the status: FFI_RET_OK with *result written, or else what a request can be refused with or end with, and *error
 *   written. NULL instead of a result is FFI_RET_INVALID_ARGUMENT, before anything runs. Any other synchronous request
 *   takes callback and userData after its parameters, and calls back before it returns.
 *
 * EXACTLY ONCE
 *
 *   A request that is refused returns its status and never calls back. One that is accepted returns FFI_RET_OK and calls
 *   back with exactly one terminal status (anything but FFI_RET_STALE_WARN), possibly before the request function
 *   returns. A host call that the library awaits settles exactly once; see FFIHostFn.
 *
 * BAD INPUT
 *
 *   Nothing that you pass crashes the process as long as pointers point to what they say: a NULL, wild, stale or
 *   destroyed ctx gives FFI_RET_INVALID_CTX, unknown tokens give FFI_RET_UNKNOWN_TOKEN, a length beyond the limit gives
 *   FFI_RET_TOO_LARGE, a NULL pointer with a length FFI_RET_INVALID_ARGUMENT (FFI_RET_DECODE from host_complete, where it
 *   also ends the call). A ctx is a number, not an address; never dereference it.
 *
 * STRINGS AND BYTES
 *
 *   Whatever you pass is borrowed for that call and copied before it returns. Whatever you are passed lives until your
 *   callback returns. Bytes are not NUL-terminated; use the length.
 *
 * LEAVING A CALLBACK
 *
 *   A callback has to return. pthread_exit and longjmp out of one are undefined, cancelling the thread that it runs on
 *   (pthread_cancel) too, because the library's own frames are below it on that stack. The callback of a synchronous request
 *   may switch to another stack (ucontext, fibers, green threads) and be resumed later, on the same thread.
 *
 *   Destructors of thread-local values (pthread_key_create, thread_local, __thread with destructors) run when a thread of the
 *   library ends, as on any thread. They may call everything here; destroy of the context that the thread belongs to returns
 *   FFI_RET_WOULD_DEADLOCK or FFI_RET_INVALID_CTX. A close waits for them, within its limits.
 *
 * FORK
 *
 *   The child of a fork has none of the library's threads, and a lock that one of them held stays locked in it: the child
 *   must call no function of the library. It may call exec or _exit. The parent is not affected. If no function of the library
 *   was called before the fork, the child may use it.
 *
 * C++
 *
 *   An exception must not leave a callback. From C++17 on the callback types are noexcept, so that a function which may
 *   throw does not convert to them and one that does throw ends in std::terminate. Before C++17 an exception that leaves a
 *   callback aborts the process.
 */
#ifndef FFIHOST_H
#define FFIHOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#if __cplusplus >= 201703L
#define FFI_NOEXCEPT noexcept
#endif
#endif
#ifndef FFI_NOEXCEPT
#define FFI_NOEXCEPT
#endif

/* In front of what a library's author has deprecated, and behind the name of a deprecated value: compilers that know how say
 * so where it is used. Define FFI_NO_DEPRECATED before this header, and they do not. */
#if defined(FFI_NO_DEPRECATED)
#define FFI_DEPRECATED(text)
#define FFI_DEPRECATED_VALUE(text)
#elif defined(__cplusplus) && (__cplusplus >= 201703L || defined(_MSVC_LANG) && _MSVC_LANG >= 201703L)
#define FFI_DEPRECATED(text) [[deprecated(text)]]
#define FFI_DEPRECATED_VALUE(text) [[deprecated(text)]]
#elif defined(__clang__) || defined(__GNUC__) && __GNUC__ >= 6
#define FFI_DEPRECATED(text) __attribute__((deprecated(text)))
#define FFI_DEPRECATED_VALUE(text) __attribute__((deprecated(text)))
#elif defined(_MSC_VER)
#define FFI_DEPRECATED(text) __declspec(deprecated(text))
#define FFI_DEPRECATED_VALUE(text)
#else
#define FFI_DEPRECATED(text)
#define FFI_DEPRECATED_VALUE(text)
#endif

/* Around generated headers, which use what they declare. */
#if defined(__clang__) || defined(__GNUC__)
#define FFI_DEPRECATED_USES_BEGIN _Pragma("GCC diagnostic push") _Pragma("GCC diagnostic ignored \"-Wdeprecated-declarations\"")
#define FFI_DEPRECATED_USES_END _Pragma("GCC diagnostic pop")
#elif defined(_MSC_VER)
#define FFI_DEPRECATED_USES_BEGIN __pragma(warning(push)) __pragma(warning(disable : 4996))
#define FFI_DEPRECATED_USES_END __pragma(warning(pop))
#else
#define FFI_DEPRECATED_USES_BEGIN
#define FFI_DEPRECATED_USES_END
#endif
#ifdef __cplusplus
#define FFI_EXTERN_C extern "C"
#else
#define FFI_EXTERN_C extern
#endif

/* The version of this file. It is raised when a type or rule in it changes in a way that breaks a host. */
#define FFI_HEADER_VERSION 2

/* ---------------------------------------------------------------------------------------------------------- statuses
 * Every function that returns int returns one of these; so does the `ret` of a callback. A number is never reused.
 * From FFI_RET_INVALID_CTX on, the payload that comes with a status is UTF-8 text for people.
 */

/* Done, or accepted. */
#define FFI_RET_OK 0
/* The declared error of that function: its typed payload, or UTF-8 text. */
#define FFI_RET_ERR 1
/* A request without a callback; nothing was started. */
#define FFI_RET_MISSING_CALLBACK 2
/* Not terminal: the request is still running. The payload is the elapsed milliseconds in decimal. Only libraries that
 * set an interval send it. */
#define FFI_RET_STALE_WARN 3
/* ctx is not a live context of this library: NULL, never one, or ended. */
#define FFI_RET_INVALID_CTX 4
/* No such open call, request, listener or handle: late, answered or released already, or never issued. */
#define FFI_RET_UNKNOWN_TOKEN 5
/* An argument is not what it must be: NULL where a pointer is needed, a name that is not UTF-8 or not known. */
#define FFI_RET_INVALID_ARGUMENT 6
/* The context is closing, or was closed already. */
#define FFI_RET_CLOSING 7
/* A limit is reached (contexts, queued requests, threads); nothing was started. Try again later. */
#define FFI_RET_BUSY 8
/* The payload is larger than the library's limit, 64 MiB by default. */
#define FFI_RET_TOO_LARGE 9
/* The library's code panicked. The request has ended, the context goes on. */
#define FFI_RET_PANIC 10
/* Binding and library were made for different versions of the interface. */
#define FFI_RET_ABI_MISMATCH 11
/* destroy was called on a thread that the context needs to end: its FFI thread, its event thread, or inside one of its
 * synchronous requests, their callbacks, or a release. Use close there. */
#define FFI_RET_WOULD_DEADLOCK 12
/* No host function of that name is registered. */
#define FFI_RET_NOT_REGISTERED 13
/* It took longer than its deadline. From destroy, and to `done`: the library's code did not stop in time; its threads
 * and memory are left alone. */
#define FFI_RET_TIMED_OUT 14
/* It was cancelled, by the host or by the end of the context. */
#define FFI_RET_CANCELLED 15
/* A payload does not decode. */
#define FFI_RET_DECODE 16
/* A token is missing or wrong. Only over a wire, never from an export. */
#define FFI_RET_UNAUTHORIZED 17
/* Who should answer is at the other end of a connection that has ended. For host_complete, by whoever passes host calls on
 * to other processes; no export returns it. */
#define FFI_RET_DISCONNECTED 18

/* ---------------------------------------------------------------------------------------------------------- callbacks */

/* Takes the outcome of a request, of create or close, or an event.
 *
 *   ret       FFI_RET_OK with the result, FFI_RET_ERR with the declared error, or another status with text. For an event
 *             FFI_RET_OK with its payload.
 *   msg, len  the payload. msg is never NULL, whatever len is; it lives until this function returns.
 *   userData  what was passed with the callback. It is yours again when the terminal call returns.
 *
 * Thread: the FFI thread; the caller's thread for a synchronous request; the event thread for an event; a thread of the
 * library's for the `done` of close, and for what is left when the library's code refuses to stop.
 * How often: STALE_WARN any number of times, then exactly one terminal status; no two of these calls overlap. An event:
 *   once for each.
 * May call: everything here. destroy returns FFI_RET_WOULD_DEADLOCK on the FFI and event threads.
 */
typedef void (*FFICallBack)(int ret, const char *msg, size_t len, void *userData) FFI_NOEXCEPT;

/* A host function: the library awaits its answer.
 *
 *   token        names this call and no other, of whatever context of the library, living or later. Never 0.
 *   req, reqLen  the arguments; they live until this function returns, so copy what you need later. Never NULL.
 *   userData     what was registered. It stays valid until `release` is called.
 *
 * Answer with <lib>_host_complete, exactly once, from any thread: before this function returns (the fastest: no queue and
 * no wake-up), or at any time later. If you never answer, the call ends by its deadline, by cancellation, by
 * unregistering or when the context closes; an answer that comes after that returns FFI_RET_UNKNOWN_TOKEN and does no
 * harm.
 *
 * Thread: the FFI thread. How often: once per call. It must return quickly: while it runs, nothing else of the context
 * does, and one that takes longer than 10 ms is reported in the library's log and in FFIStats.
 */
typedef void (*FFIHostFn)(uint64_t token, const char *req, size_t reqLen, void *userData) FFI_NOEXCEPT;

/* Tells the host that the answer to a call is no longer wanted: its deadline passed, its awaiting code was dropped, its
 * function was unregistered, or the context closes. Stop the work if you can; an answer now returns
 * FFI_RET_UNKNOWN_TOKEN. Never called after an answer was accepted.
 *
 * Thread: the FFI thread, and not while the host function runs for that token. How often: at most once per token.
 */
typedef void (*FFIHostCancelFn)(uint64_t token, void *userData) FFI_NOEXCEPT;

/* Gives userData back: the function is registered no more, no invocation of it runs and no call made with it is open.
 *
 * Thread: the FFI thread, or a thread that registers, unregisters or closes. How often: exactly once per accepted
 * registration, or once for those that were registered together, and it has returned before destroy returns OK; never for a
 * refused one.
 */
typedef void (*FFIRelease)(void *userData) FFI_NOEXCEPT;

/* ------------------------------------------------------------------------------------------------------------- structs */

/* Text: UTF-8, without a NUL at the end. data may be NULL if len is 0. */
typedef struct FFIString {
    const char *data;
    size_t len;
} FFIString;

/* Bytes. data may be NULL if len is 0. */
typedef struct FFIBytes {
    const uint8_t *data;
    size_t len;
} FFIBytes;

/* Text that a request in direct form has returned: yours until <lib>_release_string, which empties it. An empty one owns
 * nothing; start from FFI_OWNED_INIT. Do not release a copy as well. data is never NULL after FFI_RET_OK. */
typedef struct FFIOwnedString {
    const char *data;
    size_t len;
    void *owner;
} FFIOwnedString;

/* Bytes that a request in direct form has returned: the same, until <lib>_release_bytes. */
typedef struct FFIOwnedBytes {
    const uint8_t *data;
    size_t len;
    void *owner;
} FFIOwnedBytes;

#define FFI_OWNED_INIT {NULL, 0, NULL}

/* Why a request in direct form has not returned FFI_RET_OK: yours until <lib>_release_error, which empties it. Start from
 * FFI_ERROR_INIT. A request overwrites what is in it only if it fails, and releases nothing before. */
typedef struct FFIError {
    const char *text;     /* for people, UTF-8 without a NUL at the end; NULL only while it is empty */
    size_t text_len;
    const void *payload;  /* with FFI_RET_ERR the declared error, if that is a type of the library's; else NULL */
    size_t payload_len;   /* the size of that type */
    void *owner;
} FFIError;

#define FFI_ERROR_INIT {NULL, 0, NULL, 0, NULL}

/* How the arguments of a host function are passed, and its answers read. */
#define FFI_FORMAT_NATIVE 0
#define FFI_FORMAT_CBOR 1

/* Everything that can be said when a host function is registered. Start from FFI_HOST_FN_OPTIONS_INIT, so that fields
 * that a later version adds are zero. */
typedef struct FFIHostFnOptions {
    size_t size;             /* sizeof(FFIHostFnOptions) */
    FFIHostFn fn;            /* required; NULL unregisters */
    FFIHostCancelFn cancel;  /* or NULL */
    FFIRelease release;      /* or NULL */
    void *userData;          /* passed to fn, cancel and release */
    int32_t format;          /* FFI_FORMAT_NATIVE or FFI_FORMAT_CBOR */
    uint32_t max_in_flight;  /* open calls of this function at once, then Overloaded; 0: no limit of its own */
    uint64_t deadline_ms;    /* for calls that have none of their own; 0: the library's default */
} FFIHostFnOptions;

#define FFI_HOST_FN_OPTIONS_INIT {sizeof(FFIHostFnOptions), NULL, NULL, NULL, NULL, FFI_FORMAT_NATIVE, 0, 0}

/* One of the host functions that <lib>_register_host_fns registers together. */
typedef struct FFINamedHostFn {
    const char *name;  /* NUL-terminated UTF-8, at most 255 bytes */
    FFIHostFn fn;      /* not NULL */
} FFINamedHostFn;

/* How a context is served, for `<lib>_serve`, where a library has it. Set `size` to sizeof; what is 0 or NULL has its default.
 * The strings are NUL-terminated UTF-8 and have to live during the call. */
typedef struct FFIServeOptions {
    size_t size;               /* sizeof(FFIServeOptions) */
    const char *token;         /* what a client has to know, or NULL */
    const char *certificates;  /* for TLS on TCP addresses: the file of a PEM chain, the server's own first, or NULL */
    const char *key;           /* the file of its PEM private key, or NULL */
    int32_t insecure;          /* not 0: TCP beyond loopback without TLS or token, for everybody who reaches it */
    uint32_t max_frame;        /* bytes of a frame; 16 MiB */
    uint32_t max_connections;  /* at once; 1,024 */
    uint32_t max_in_flight;    /* requests of a connection; 1,024 */
    uint64_t idle_ms;          /* a silent client is disconnected after this; 5 minutes */
} FFIServeOptions;

#define FFI_SERVE_OPTIONS_INIT {sizeof(FFIServeOptions), NULL, NULL, NULL, 0, 0, 0, 0, 0}

/* How this compiler lays out structs, as a number: one byte for each of the sizes of size_t and of a pointer, and of the
 * alignments in a struct of a pointer, of integers of 16, 32 and 64 bits, and of float and double. A struct is laid out by these
 * and by nothing else, so two targets with one FFI_LAYOUT lay out all structs alike. Compare it with <lib>_abi_layout(). */
typedef struct FFIAlignPointer { char first; void *second; } FFIAlignPointer;
typedef struct FFIAlign16 { char first; uint16_t second; } FFIAlign16;
typedef struct FFIAlign32 { char first; uint32_t second; } FFIAlign32;
typedef struct FFIAlign64 { char first; uint64_t second; } FFIAlign64;
typedef struct FFIAlignFloat { char first; float second; } FFIAlignFloat;
typedef struct FFIAlignDouble { char first; double second; } FFIAlignDouble;

#define FFI_AT_(byte) (UINT64_C(1) << 8 * (byte))
#define FFI_ALIGN_(of, byte) (offsetof(FFIAlign##of, second) * FFI_AT_(byte))
#define FFI_LAYOUT                                                                                                \
    (sizeof(size_t) * FFI_AT_(7) | sizeof(void *) * FFI_AT_(6) | FFI_ALIGN_(Pointer, 5) | FFI_ALIGN_(16, 4) |       \
     FFI_ALIGN_(32, 3) | FFI_ALIGN_(64, 2) | FFI_ALIGN_(Float, 1) | FFI_ALIGN_(Double, 0))

/* What a context has done and is doing. Set `size` before you call stats; counts are since create. The numbers are read
 * one by one while the context works, so they may be a few calls apart. */
typedef struct FFIStats {
    size_t size;                        /* sizeof(FFIStats) */
    uint64_t host_calls;                /* host functions called */
    uint64_t host_calls_in_flight;      /* called and not yet settled */
    uint64_t host_calls_inline;         /* answered before the host function returned */
    uint64_t host_calls_remote;         /* answered later, or from another thread */
    uint64_t host_calls_timed_out;      /* ended by a deadline */
    uint64_t host_calls_cancelled;      /* ended by drop, unregister or close */
    uint64_t host_calls_slow;           /* host functions that took longer than the warning threshold */
    uint64_t host_answers_refused;      /* answers that found no open call: late, double, never issued */
    uint64_t host_answers_undecodable;  /* answers that settled their call with a decoding error */
    uint64_t host_fns_registered;       /* registered now */
    uint64_t requests;                  /* accepted */
    uint64_t requests_in_flight;        /* accepted and not yet called back */
    uint64_t requests_refused;          /* refused because the queue was full */
    uint64_t events_emitted;            /* enqueued for listeners */
    uint64_t events_dropped;            /* dropped because the queue was full */
    uint64_t listeners;                 /* added and not removed */
    uint64_t handles;                   /* given to you and not released */
} FFIStats;

/* ----------------------------------------------------------------------------------------------------------- functions
 *
 * int <lib>_create(const uint8_t *req, size_t len, FFICallBack cb, void *userData, void **ctx)
 *     Makes a context and starts its FFI thread. *ctx is set before this returns, and before cb is called. Registrations
 *     are taken at once, requests too, which wait until the library's constructor has ended (synchronous ones return BUSY
 *     until then). cb: once, on the FFI thread,
 *     FFI_RET_OK or the constructor's error. After an error the context is gone: ctx is invalid when cb is called, what
 *     was queued has been called back with FFI_RET_CANCELLED, and there is nothing to destroy.
 *     Returns OK, MISSING_CALLBACK, INVALID_ARGUMENT, TOO_LARGE, or BUSY (1,024 contexts at once, or no thread).
 *
 * int <lib>_destroy(void *ctx)
 *     Closes, and waits until that is done. When it returns, nothing of this context calls you any more. If a close is
 *     under way already it waits for that one.
 *     Returns OK, INVALID_CTX, WOULD_DEADLOCK, or TIMED_OUT if library code did not stop in time.
 *
 * int <lib>_close(void *ctx, FFICallBack done, void *userData)
 *     Begins to close and returns at once. In this order: new requests are refused; running ones go on, host calls
 *     included, for a grace period (1.5 s unless the library says otherwise); what is left is cancelled and open host
 *     calls end; the library's destructor runs; everything is refused, queued events are delivered, pending callbacks
 *     called, userData released, the threads ended; then `done`, once, on a thread of the library's own, with FFI_RET_OK
 *     or FFI_RET_TIMED_OUT. ctx is invalid when `done` is called. done may be NULL.
 *     Returns OK, INVALID_CTX, CLOSING (the second time), or BUSY if no thread could be started.
 *
 * int <lib>_cancel(void *ctx, void *userData)
 *     Cancels the requests that were submitted with this userData and have not ended; they call back with CANCELLED, on
 *     the FFI thread, unless they end by themselves first.
 *     Returns OK if there was one, UNKNOWN_TOKEN if not, or INVALID_CTX.
 *
 * int <lib>_register_host_fn(void *ctx, const char *name, FFIHostFn fn, void *userData)
 * int <lib>_register_host_fn_cbor(void *ctx, const char *name, FFIHostFn fn, void *userData)
 * int <lib>_register_host_fn_with(void *ctx, const char *name, const FFIHostFnOptions *options)
 *     Registers fn under name, in place of what was registered there. fn = NULL unregisters; open calls of that
 *     registration end and are told to its cancel function. After a replacement, open calls of the old one may still be
 *     answered. name is NUL-terminated UTF-8, at most 255 bytes. Takes effect for calls that begin later; legal inside
 *     that very function.
 *     Returns OK, INVALID_CTX, INVALID_ARGUMENT (also for a name that the library does not call), CLOSING, or
 *     NOT_REGISTERED (fn = NULL and there was none).
 *
 * int <lib>_register_host_fns(void *ctx, const FFINamedHostFn *fns, size_t count, const FFIHostFnOptions *options)
 *     Registers count functions together, each in place of what was registered under its name: all of them, or, if this is
 *     refused, none. No call finds a part of them. options says for each what it says in register_host_fn_with; fn in it has
 *     to be NULL. userData is one for all, and `release` is called once, when the last of them is registered no more, none of
 *     them runs and no call made with any of them is open. Each is a registration of its own otherwise: one that is replaced
 *     or unregistered alone leaves the others as they are.
 *     Returns OK, INVALID_CTX, INVALID_ARGUMENT (also for a name that the library does not call or that comes twice, no
 *     function at all, or a NULL among them), or CLOSING.
 *
 * int <lib>_host_complete(void *ctx, uint64_t token, int ret, const char *msg, size_t len)
 *     Answers a host call. ret: FFI_RET_OK with the result; FFI_RET_ERR with the function's declared error;
 *     FFI_RET_CANCELLED or FFI_RET_DISCONNECTED; or any other number, with UTF-8 text: the host's own failure. The first
 *     answer wins.
 *     Returns OK, and then this answer is what the library gets; UNKNOWN_TOKEN if the call has ended or is none of this
 *     context's; DECODE if msg is not what the function returns, and TOO_LARGE if it is larger than the limit (the call ends
 *     with an error in both cases); INVALID_CTX.
 *
 * int <lib>_host_fn_registered(void *ctx, const char *name)
 *     1 or 0; or minus a status: -FFI_RET_INVALID_CTX, -FFI_RET_INVALID_ARGUMENT.
 *
 * uint64_t <lib>_add_event_listener(void *ctx, const char *event, FFICallBack cb, void *userData)
 * uint64_t <lib>_add_event_listener_cbor(void *ctx, const char *event, FFICallBack cb, void *userData)
 *     Calls cb on the event thread for every such event that is delivered from now on. Returns the listener, or 0 when it is
 *     refused: an invalid or closing context, no cb, or no such event.
 *
 * int <lib>_remove_event_listener(void *ctx, uint64_t listener)
 *     When this returns OK the listener is not running and will not be called again, so its userData is yours; it waits
 *     for a delivery that is under way. Inside a listener it returns at once: that delivery is the last. On the FFI
 *     thread it never waits: BUSY says that the listener is removed but its last delivery still runs; ask again. After a
 *     close that said TIMED_OUT it works until the last code of the context has ended; INVALID_CTX says that nobody is called
 *     any longer.
 *     Returns OK, BUSY, INVALID_CTX, or UNKNOWN_TOKEN.
 *
 * int <lib>_abi_descriptor(const uint8_t **bytes, size_t *len)
 *     The library's surface as CBOR, in static storage. Returns OK or INVALID_ARGUMENT.
 * uint64_t <lib>_abi_hash(void)
 *     Changes when and only when the surface does.
 * uint64_t <lib>_abi_layout(void)
 *     How the library's target lays out structs. If it is not FFI_LAYOUT, then what native functions are passed and pass is laid
 *     out otherwise than your compiler has it: call none of them. Generated headers check it with the hash.
 * int <lib>_stats(void *ctx, FFIStats *out)
 *     Fills *out. Returns OK, INVALID_CTX, or INVALID_ARGUMENT.
 * const char *<lib>_version(void)
 *     The library's own version, NUL-terminated, in static storage.
 *
 * int <lib>_release_string(FFIOwnedString *string)
 * int <lib>_release_bytes(FFIOwnedBytes *bytes)
 * int <lib>_release_error(FFIError *error)
 *     Releases what a request in direct form has returned, and empties the struct, so that releasing it again does nothing.
 *     NULL and a struct that is empty are fine. Needs no context, and may be called after the context has ended.
 *     Returns OK.
 *
 * int <lib>_serve(void *ctx, const char *address, const FFIServeOptions *options, FFICallBack cb, void *userData)
 *     Only of libraries that say so. Serves ctx to other processes at an address, `unix:<path>` or `tcp:<host>:<port>`, until
 *     ctx is closed: then clients are told, and what they wait for is answered within the grace period. options may be NULL.
 *     Host functions that you have registered stay yours; others may be implemented by clients. May be called again, for
 *     another address. A unix socket is for its user alone; TCP that other machines can reach needs certificates, key and
 *     token, or `insecure`. cb: once, on a thread of the library's, FFI_RET_OK with the address as it came out (the port
 *     that was given for 0), or FFI_RET_ERR with a text that says why it is not listened on.
 *     Returns OK, MISSING_CALLBACK, INVALID_CTX, CLOSING, INVALID_ARGUMENT (no such address, a token that is empty or has
 *     white space at its ends, certificates without key), or BUSY if no thread could be started.
 */
#define FFI_DECLARE_LIBRARY(lib)                                                                                       \
    FFI_EXTERN_C int lib##_create(const uint8_t *req, size_t len, FFICallBack cb, void *userData, void **ctx);         \
    FFI_EXTERN_C int lib##_destroy(void *ctx);                                                                         \
    FFI_EXTERN_C int lib##_close(void *ctx, FFICallBack done, void *userData);                                         \
    FFI_EXTERN_C int lib##_cancel(void *ctx, void *userData);                                                          \
    FFI_EXTERN_C int lib##_register_host_fn(void *ctx, const char *name, FFIHostFn fn, void *userData);                \
    FFI_EXTERN_C int lib##_register_host_fn_cbor(void *ctx, const char *name, FFIHostFn fn, void *userData);           \
    FFI_EXTERN_C int lib##_register_host_fn_with(void *ctx, const char *name, const FFIHostFnOptions *options);        \
    FFI_EXTERN_C int lib##_register_host_fns(void *ctx, const FFINamedHostFn *fns, size_t count,                       \
                                             const FFIHostFnOptions *options);                                         \
    FFI_EXTERN_C int lib##_host_complete(void *ctx, uint64_t token, int ret, const char *msg, size_t len);             \
    FFI_EXTERN_C int lib##_host_fn_registered(void *ctx, const char *name);                                            \
    FFI_EXTERN_C uint64_t lib##_add_event_listener(void *ctx, const char *event, FFICallBack cb, void *userData);      \
    FFI_EXTERN_C uint64_t lib##_add_event_listener_cbor(void *ctx, const char *event, FFICallBack cb, void *userData); \
    FFI_EXTERN_C int lib##_remove_event_listener(void *ctx, uint64_t listener);                                        \
    FFI_EXTERN_C int lib##_abi_descriptor(const uint8_t **bytes, size_t *len);                                         \
    FFI_EXTERN_C uint64_t lib##_abi_hash(void);                                                                        \
    FFI_EXTERN_C uint64_t lib##_abi_layout(void);                                                                      \
    FFI_EXTERN_C int lib##_stats(void *ctx, FFIStats *out);                                                            \
    FFI_EXTERN_C int lib##_release_string(FFIOwnedString *string);                                                     \
    FFI_EXTERN_C int lib##_release_bytes(FFIOwnedBytes *bytes);                                                        \
    FFI_EXTERN_C int lib##_release_error(FFIError *error);                                                             \
    FFI_EXTERN_C const char *lib##_version(void);

/* A request that takes bytes. Accepted requests run on the FFI thread, any number at once, and call back there; a
 * synchronous one runs here and calls back before it returns.
 * Returns OK (accepted), MISSING_CALLBACK, INVALID_CTX, INVALID_ARGUMENT (req is NULL and len is not 0), TOO_LARGE,
 * CLOSING, or BUSY (16,384 requests are queued, or the request is synchronous and the constructor has not ended). */
#define FFI_DECLARE_REQUEST(lib, name) \
    FFI_EXTERN_C int lib##_##name(void *ctx, FFICallBack cb, void *userData, const uint8_t *req, size_t len);

#ifdef __cplusplus
}
#endif

/* ------------------------------------------------------------------------------------------------------------- waiting
 *
 * With FFIHOST_WAIT defined before this is included first, a thread of your own can wait for an asynchronous request:
 *
 *     FFIWait wait = FFI_WAIT_INIT(on_session, &session);
 *     int ret = my_app_login(ctx, ffi_wake, &wait, request, len);
 *     ret = ffi_wait(&wait, ret, ctx, my_app_cancel, 5000);
 *
 * It needs pthreads, or Windows. Never wait on the FFI or the event thread, which no function recognises for you: on the FFI
 * thread the request can never end, and neither does the wait.
 */
#ifdef FFIHOST_WAIT

#ifdef _WIN32
#ifndef WIN32_LEAN_AND_MEAN
#define WIN32_LEAN_AND_MEAN
#endif
#ifndef NOMINMAX
#define NOMINMAX
#endif
#include <windows.h>
typedef SRWLOCK FFIWaitLock_;
typedef CONDITION_VARIABLE FFIWaitChanged_;
#define FFI_WAIT_LOCK_ SRWLOCK_INIT
#define FFI_WAIT_CHANGED_ CONDITION_VARIABLE_INIT
#else
#include <pthread.h>
#include <sys/time.h>
typedef pthread_mutex_t FFIWaitLock_;
typedef pthread_cond_t FFIWaitChanged_;
#define FFI_WAIT_LOCK_ PTHREAD_MUTEX_INITIALIZER
#define FFI_WAIT_CHANGED_ PTHREAD_COND_INITIALIZER
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* One request that a thread waits for. Start from FFI_WAIT_INIT, use it for one request, and do not move it. */
typedef struct FFIWait {
    FFICallBack cb;  /* called as that of a request, on the FFI thread, before ffi_wait returns; or NULL */
    void *userData;  /* passed to cb */
    int ret;         /* the header's own, as all that follows */
    int ended;
    FFIWaitLock_ lock;
    FFIWaitChanged_ changed;
} FFIWait;

#define FFI_WAIT_INIT(cb, userData) {cb, userData, 0, 0, FFI_WAIT_LOCK_, FFI_WAIT_CHANGED_}

#ifdef _WIN32
static inline void ffi_wait_lock_(FFIWait *wait) { AcquireSRWLockExclusive(&wait->lock); }
static inline void ffi_wait_unlock_(FFIWait *wait) { ReleaseSRWLockExclusive(&wait->lock); }
static inline void ffi_wait_signal_(FFIWait *wait) { WakeConditionVariable(&wait->changed); }
static inline void ffi_wait_free_(FFIWait *wait) { (void)wait; }

static inline void ffi_wait_end_(FFIWait *wait) {
    while (!wait->ended) {
        SleepConditionVariableSRW(&wait->changed, &wait->lock, INFINITE, 0);
    }
}

static inline void ffi_wait_for_(FFIWait *wait, uint32_t timeoutMs) {
    const ULONGLONG start = GetTickCount64();
    ULONGLONG elapsed = 0;
    while (!wait->ended && elapsed < timeoutMs) {
        SleepConditionVariableSRW(&wait->changed, &wait->lock, (DWORD)(timeoutMs - elapsed), 0);
        elapsed = GetTickCount64() - start;
    }
}
#else
static inline void ffi_wait_lock_(FFIWait *wait) { pthread_mutex_lock(&wait->lock); }
static inline void ffi_wait_unlock_(FFIWait *wait) { pthread_mutex_unlock(&wait->lock); }
static inline void ffi_wait_signal_(FFIWait *wait) { pthread_cond_signal(&wait->changed); }

static inline void ffi_wait_free_(FFIWait *wait) {
    pthread_cond_destroy(&wait->changed);
    pthread_mutex_destroy(&wait->lock);
}

static inline void ffi_wait_end_(FFIWait *wait) {
    while (!wait->ended) {
        pthread_cond_wait(&wait->changed, &wait->lock);
    }
}

static inline void ffi_wait_for_(FFIWait *wait, uint32_t timeoutMs) {
    struct timeval now;
    struct timespec until;
    gettimeofday(&now, NULL);
    until.tv_sec = now.tv_sec + timeoutMs / 1000;
    until.tv_nsec = now.tv_usec * 1000L + timeoutMs % 1000 * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec += 1;
        until.tv_nsec -= 1000000000;
    }
    while (!wait->ended && pthread_cond_timedwait(&wait->changed, &wait->lock, &until) == 0) {
    }
}
#endif

/* The callback of the request: calls that of wait, which is the userData, and then wakes the thread that waits. */
static inline void ffi_wake(int ret, const char *msg, size_t len, void *wait) FFI_NOEXCEPT {
#ifdef __cplusplus
    FFIWait *waited = static_cast<FFIWait *>(wait);
#else
    FFIWait *waited = (FFIWait *)wait;
#endif
    if (waited->cb != NULL) {
        waited->cb(ret, msg, len, waited->userData);
    }
    if (ret != FFI_RET_STALE_WARN) {
        ffi_wait_lock_(waited);
        waited->ret = ret;
        waited->ended = 1;
        ffi_wait_signal_(waited);
        ffi_wait_unlock_(waited);
    }
}

/* Waits until the request has ended and cb has returned. accepted is what the request function returned: if that is not
 * FFI_RET_OK this returns it at once. After timeoutMs (0: no limit; by the clock of the day, except on Windows) the request
 * is cancelled with cancel, <lib>_cancel, and waited for: cb is called with FFI_RET_CANCELLED, soon, as soon as the FFI
 * thread is free. cancel is NULL for a request without a context, which goes on.
 * Returns the status that the request ended with, or FFI_RET_TIMED_OUT if the time-out cancelled it. */
static inline int ffi_wait(FFIWait *wait, int accepted, void *ctx, int (*cancel)(void *ctx, void *userData),
                           uint32_t timeoutMs) {
    int ret = accepted;
    if (accepted == FFI_RET_OK) {
        int cancelled = 0;
        ffi_wait_lock_(wait);
        if (timeoutMs != 0) {
            ffi_wait_for_(wait, timeoutMs);
        }
        if (timeoutMs != 0 && !wait->ended && cancel != NULL) {
            ffi_wait_unlock_(wait);
            cancelled = cancel(ctx, wait) == FFI_RET_OK;
            ffi_wait_lock_(wait);
        }
        ffi_wait_end_(wait);
        ret = cancelled && wait->ret == FFI_RET_CANCELLED ? FFI_RET_TIMED_OUT : wait->ret;
        ffi_wait_unlock_(wait);
    }
    ffi_wait_free_(wait);
    return ret;
}

#ifdef __cplusplus
}
#endif

#endif /* FFIHOST_WAIT */

#endif /* FFIHOST_H */
