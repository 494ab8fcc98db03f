/* abuse.h: the library `abuse` (src/lib.rs) and `second` (second/src/lib.rs) as C sees them, and a host for them. */
#ifndef ABUSE_H
#define ABUSE_H

#include "check.h"

#ifdef __cplusplus
extern "C" {
#endif

FFI_DECLARE_LIBRARY(abuse)
FFI_DECLARE_REQUEST(abuse, ask)
FFI_DECLARE_REQUEST(abuse, ask_other)
FFI_DECLARE_REQUEST(abuse, ask_twice)
FFI_DECLARE_REQUEST(abuse, ask_both)
FFI_DECLARE_REQUEST(abuse, ask_many)
FFI_DECLARE_REQUEST(abuse, ask_with_deadline)
FFI_DECLARE_REQUEST(abuse, ask_and_drop)
FFI_DECLARE_REQUEST(abuse, ask_text)
FFI_DECLARE_REQUEST(abuse, ask_elsewhere)
FFI_DECLARE_REQUEST(abuse, ask_sync)
FFI_DECLARE_REQUEST(abuse, ask_and_panic)
FFI_DECLARE_REQUEST(abuse, panics)
FFI_DECLARE_REQUEST(abuse, fail)
FFI_DECLARE_REQUEST(abuse, echo)
FFI_DECLARE_REQUEST(abuse, name)
FFI_DECLARE_REQUEST(abuse, sleep)
FFI_DECLARE_REQUEST(abuse, hold)
FFI_DECLARE_REQUEST(abuse, never)
FFI_DECLARE_REQUEST(abuse, emit)
FFI_DECLARE_REQUEST(abuse, emit_many)
FFI_DECLARE_REQUEST(abuse, now) /* synchronous */

/* Ends every `hold` of this name, now and later, whatever its context. */
void abuse_let_go(const char *name);
/* Has `function` called by a destructor of a thread-local value of the library's, when the calling thread ends. */
void abuse_at_thread_end(void (*function)(void *), void *userData);

FFI_DECLARE_LIBRARY(second)
FFI_DECLARE_REQUEST(second, name)
FFI_DECLARE_REQUEST(second, ask)
FFI_DECLARE_REQUEST(second, never)
FFI_DECLARE_REQUEST(second, name_now) /* synchronous */

#ifdef __cplusplus
}
#endif

/* The limits of `abuse`: see OPTIONS in src/lib.rs. */
#define ABUSE_MAX_CONTEXTS 64
#define ABUSE_MAX_PAYLOAD ((size_t)1 << 20)
#define ABUSE_MAX_CALLS 1000
#define ABUSE_MAX_QUEUED 500

typedef int (*Request)(void *ctx, FFICallBack cb, void *userData, const uint8_t *req, size_t len);

/* Makes a context; `told` is told when it is constructed. */
static inline void *abuse_make(const char *name, Told *told) {
    void *ctx = NULL;
    told_init(told);
    CHECK_EQ(abuse_create((const uint8_t *)name, strlen(name), on_told, told, &ctx), FFI_RET_OK);
    CHECK(ctx != NULL);
    return ctx;
}

/* Makes a context and waits until it is constructed. */
static inline void *abuse_new(const char *name) {
    Told created;
    void *ctx = abuse_make(name, &created);
    CHECK_TOLD(&created, FFI_RET_OK, "");
    return ctx;
}

/* Submits a request; returns its status. */
static inline int submit(void *ctx, Request request, const char *text, Told *told) {
    told_init(told);
    return request(ctx, on_told, told, (const uint8_t *)text, strlen(text));
}

#define SUBMIT(ctx, request, text, told) CHECK_EQ(submit((ctx), (request), (text), (told)), FFI_RET_OK)

/* Submits a request and checks its outcome. */
#define CHECK_RUN(ctx, request, text, ret, answer) \
    do {                                           \
        Told run_told;                             \
        SUBMIT(ctx, request, text, &run_told);     \
        CHECK_TOLD(&run_told, ret, answer);        \
    } while (0)

static inline FFIStats abuse_stats_of(void *ctx) {
    FFIStats stats;
    memset(&stats, 0, sizeof stats);
    stats.size = sizeof stats;
    CHECK_EQ(abuse_stats(ctx, &stats), FFI_RET_OK);
    return stats;
}

static inline int answer(void *ctx, uint64_t token, int ret, const char *text) {
    return abuse_host_complete(ctx, token, ret, text, strlen(text));
}

/* A registered host function: what it does, and what happened to it. */
#define MAX_TOKENS 4096
typedef struct Function Function;
struct Function {
    void *ctx;
    void (*act)(Function *function, uint64_t token, const char *req, size_t len); /* NULL: does not answer */
    void *extra;                                                                 /* for `act` */
    Latch asked;
    Latch cancelled;
    Latch released;
    Latch returned;
    uint64_t tokens[MAX_TOKENS]; /* in the order of the calls; for whoever awaited `asked` */
    uint64_t cancelled_tokens[MAX_TOKENS];
    char last[256]; /* the beginning of the latest arguments */
    size_t last_len;
    pthread_t thread;
};

static inline void on_asked(uint64_t token, const char *req, size_t len, void *userData) FFI_NOEXCEPT {
    Function *function = (Function *)userData;
    unsigned long index = latch_count(&function->asked);
    CHECK(token != 0);
    CHECK(req != NULL);
    CHECK_EQ(latch_count(&function->released), 0);
    CHECK(index < MAX_TOKENS);
    if (index > 0) {
        CHECK(token > function->tokens[index - 1]);
    }
    function->tokens[index] = token;
    function->last_len = len;
    function->thread = pthread_self();
    memcpy(function->last, req, len < sizeof function->last ? len : sizeof function->last);
    latch_raise(&function->asked);
    if (function->act != NULL) {
        function->act(function, token, req, len);
    }
    CHECK_EQ(latch_count(&function->released), 0);
    latch_raise(&function->returned);
}

static inline void on_cancelled(uint64_t token, void *userData) FFI_NOEXCEPT {
    Function *function = (Function *)userData;
    unsigned long index = latch_count(&function->cancelled);
    int status;
    CHECK_EQ(latch_count(&function->released), 0);
    CHECK(index < MAX_TOKENS);
    function->cancelled_tokens[index] = token;
    /* The call has ended: an answer finds nothing. In a context that was left behind, neither a context. */
    status = answer(function->ctx, token, FFI_RET_OK, "late");
    CHECK(status == FFI_RET_UNKNOWN_TOKEN || status == FFI_RET_INVALID_CTX);
    latch_raise(&function->cancelled);
}

static inline void on_released(void *userData) FFI_NOEXCEPT {
    Function *function = (Function *)userData;
    CHECK_EQ(latch_raise(&function->released), 1);
}

typedef void (*Act)(Function *function, uint64_t token, const char *req, size_t len);

static inline Function *function_new(void *ctx, Act act) {
    Function *function = (Function *)check_alloc(sizeof *function);
    function->ctx = ctx;
    function->act = act;
    latch_init(&function->asked);
    latch_init(&function->cancelled);
    latch_init(&function->released);
    latch_init(&function->returned);
    return function;
}

static inline FFIHostFnOptions options_of(Function *function) {
    FFIHostFnOptions options = FFI_HOST_FN_OPTIONS_INIT;
    options.fn = on_asked;
    options.cancel = on_cancelled;
    options.release = on_released;
    options.userData = function;
    return options;
}

static inline Function *function_register(void *ctx, const char *name, Act act) {
    Function *function = function_new(ctx, act);
    FFIHostFnOptions options = options_of(function);
    CHECK_EQ(abuse_register_host_fn_with(ctx, name, &options), FFI_RET_OK);
    return function;
}

/* Checks how often it was called, cancelled and released (once), and frees it: for when its context has ended, or the
 * registration. A release that comes later would be a use after free. */
static inline void function_end(Function *function, unsigned long asked, unsigned long cancelled) {
    CHECK_EQ(latch_count(&function->asked), asked);
    CHECK_EQ(latch_count(&function->returned), asked);
    CHECK_EQ(latch_count(&function->cancelled), cancelled);
    CHECK_EQ(latch_count(&function->released), 1);
    free(function);
}

/* Answers with the question. */
static inline void act_echo(Function *function, uint64_t token, const char *req, size_t len) {
    CHECK_EQ(abuse_host_complete(function->ctx, token, FFI_RET_OK, req, len), FFI_RET_OK);
}

/* Answers with the question once the latch `extra` is raised: keeps the FFI thread until then. */
static inline void act_hold(Function *function, uint64_t token, const char *req, size_t len) {
    LATCH_AWAIT((Latch *)function->extra, 1);
    act_echo(function, token, req, len);
}

/* Registers a host function that keeps the FFI thread until `latch` is raised. */
static inline Function *function_hold(void *ctx, const char *name, Latch *latch) {
    Function *function = function_new(ctx, act_hold);
    FFIHostFnOptions options = options_of(function);
    function->extra = latch;
    latch_init(latch);
    CHECK_EQ(abuse_register_host_fn_with(ctx, name, &options), FFI_RET_OK);
    return function;
}

#endif /* ABUSE_H */
