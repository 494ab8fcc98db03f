/* The end of a context: close and destroy, once, twice, at the same time, inside callbacks, with calls and requests open,
 * with destructors that ask the host or hang. What a close lets go on: close_in_time.c. Code that refuses to stop:
 * stuck_times_out.c. */
#include "abuse.h"

static void act_never(Function *function, uint64_t token, const char *req, size_t len) {
    (void)function;
    (void)token;
    (void)req;
    (void)len;
}

static void destroy_twice(void) {
    void *ctx = abuse_new("");
    CHECK_EQ(abuse_destroy(ctx), FFI_RET_OK);
    CHECK_EQ(abuse_destroy(ctx), FFI_RET_INVALID_CTX);
    CHECK_EQ(abuse_close(ctx, on_never, NULL), FFI_RET_INVALID_CTX);
}

static void close_calls_done_once(void) {
    Told done;
    Function *function;
    void *ctx = abuse_new("");
    function = function_register(ctx, "ask", act_never);
    told_init(&done);
    CHECK_EQ(abuse_close(ctx, on_told, &done), FFI_RET_OK);
    CHECK_TOLD(&done, FFI_RET_OK, "");
    CHECK(!pthread_equal(done.thread, pthread_self()));
    function_end(function, 0, 0);
    CHECK_EQ(abuse_destroy(ctx), FFI_RET_INVALID_CTX);
    CHECK_EQ(abuse_close(ctx, on_never, NULL), FFI_RET_INVALID_CTX);
}

static void close_without_done(void) {
    Told request;
    void *ctx = abuse_new("");
    SUBMIT(ctx, abuse_never, "", &request);
    CHECK_EQ(abuse_close(ctx, NULL, NULL), FFI_RET_OK);
    CHECK_EQ(abuse_destroy(ctx), FFI_RET_OK);
    CHECK_TOLD(&request, FFI_RET_CANCELLED, NULL);
}

typedef struct Destroyer {
    void *ctx;
    int status;
} Destroyer;

static void *destroys(void *argument) {
    Destroyer *destroyer = (Destroyer *)argument;
    destroyer->status = abuse_destroy(destroyer->ctx);
    return NULL;
}

/* Four threads destroy the same context: one closes it, those that find it closing wait, and nobody waits for ever. */
static void destroy_from_many_threads(void) {
    int round, index;
    for (round = 0; round < 20; round++) {
        Destroyer destroyers[4];
        pthread_t threads[4];
        int destroyed = 0;
        void *ctx = abuse_new("");
        for (index = 0; index < 4; index++) {
            destroyers[index].ctx = ctx;
            threads[index] = start_thread(destroys, &destroyers[index]);
        }
        for (index = 0; index < 4; index++) {
            join_thread(threads[index]);
            CHECK(destroyers[index].status == FFI_RET_OK || destroyers[index].status == FFI_RET_INVALID_CTX);
            destroyed += destroyers[index].status == FFI_RET_OK;
        }
        CHECK(destroyed >= 1);
        CHECK_EQ(abuse_destroy(ctx), FFI_RET_INVALID_CTX);
    }
}

/* Everything that is open when a context is destroyed has been called back, once, when that returns. */
static void everything_open_is_settled(void) {
    enum { OPEN = 20 };
    Told never[OPEN], asks[OPEN], elsewhere;
    Function *function;
    int index;
    void *ctx = abuse_new("");
    function = function_register(ctx, "ask", act_never);
    for (index = 0; index < OPEN; index++) {
        SUBMIT(ctx, abuse_never, "", &never[index]);
        SUBMIT(ctx, abuse_ask, "", &asks[index]);
    }
    SUBMIT(ctx, abuse_ask_elsewhere, "", &elsewhere);
    LATCH_AWAIT(&function->asked, OPEN + 1);
    CHECK_EQ(abuse_destroy(ctx), FFI_RET_OK);
    for (index = 0; index < OPEN; index++) {
        CHECK_EQ(latch_count(&never[index].ended), 1);
        CHECK_TOLD(&never[index], FFI_RET_CANCELLED, NULL);
        CHECK_EQ(latch_count(&asks[index].ended), 1);
        CHECK_TOLD(&asks[index], FFI_RET_CANCELLED, NULL);
    }
    CHECK_EQ(latch_count(&elsewhere.ended), 1);
    function_end(function, OPEN + 1, OPEN + 1);
}

/* The destructor may ask, and a host that never answers does not hold it up for ever. */
static void destructors(void) {
    Function *function;
    void *ctx;
    ctx = abuse_new("asks in destructor");
    function = function_register(ctx, "ask", act_never);
    CHECK_EQ(abuse_destroy(ctx), FFI_RET_OK);
    function_end(function, 1, 1);

    ctx = abuse_new("hangs in destructor");
    CHECK_EQ(abuse_destroy(ctx), FFI_RET_OK);
    ctx = abuse_new("panics in destructor");
    CHECK_EQ(abuse_destroy(ctx), FFI_RET_OK);
}

/* What every kind of callback does here: destroy is refused, and close is legal. */
typedef struct Inside {
    void *ctx;
    void *other;
    Latch tried;
    Told done;
    int closes;
} Inside;

static void try_inside(Inside *inside) {
    CHECK_EQ(abuse_destroy(inside->ctx), FFI_RET_WOULD_DEADLOCK);
    if (inside->closes) {
        CHECK_EQ(abuse_close(inside->ctx, on_told, &inside->done), FFI_RET_OK);
        CHECK_EQ(abuse_close(inside->ctx, on_never, NULL), FFI_RET_CLOSING);
        CHECK_EQ(abuse_destroy(inside->ctx), FFI_RET_WOULD_DEADLOCK);
    }
    latch_raise(&inside->tried);
}

static void inside_request(int ret, const char *msg, size_t len, void *userData) FFI_NOEXCEPT {
    (void)msg;
    (void)len;
    CHECK_EQ(ret, FFI_RET_OK);
    try_inside((Inside *)userData);
}

static void inside_host_fn(uint64_t token, const char *req, size_t len, void *userData) FFI_NOEXCEPT {
    Inside *inside = (Inside *)userData;
    try_inside(inside);
    CHECK_EQ(abuse_host_complete(inside->ctx, token, FFI_RET_OK, req, len), FFI_RET_OK);
}

static void inside_silent_host_fn(uint64_t token, const char *req, size_t len, void *userData) FFI_NOEXCEPT {
    (void)token;
    (void)req;
    (void)len;
    (void)userData;
}

static void inside_cancel(uint64_t token, void *userData) FFI_NOEXCEPT {
    (void)token;
    try_inside((Inside *)userData);
}

static void inside_release(void *userData) FFI_NOEXCEPT {
    try_inside((Inside *)userData);
}

static void inside_begin(Inside *inside, int closes_too) {
    memset(inside, 0, sizeof *inside);
    latch_init(&inside->tried);
    told_init(&inside->done);
    inside->closes = closes_too;
    inside->ctx = abuse_new("");
}

static void inside_end(Inside *inside) {
    LATCH_AWAIT(&inside->tried, 1);
    if (inside->closes) {
        CHECK_TOLD(&inside->done, FFI_RET_OK, "");
    } else {
        CHECK_EQ(abuse_destroy(inside->ctx), FFI_RET_OK);
    }
    CHECK_EQ(latch_count(&inside->tried), 1);
    CHECK_EQ(abuse_destroy(inside->ctx), FFI_RET_INVALID_CTX);
}

static void inside_callbacks(void) {
    int closes_too;
    for (closes_too = 0; closes_too < 2; closes_too++) {
        FFIHostFnOptions options = FFI_HOST_FN_OPTIONS_INIT;
        Inside inside;
        Told told;

        inside_begin(&inside, closes_too);
        CHECK_EQ(abuse_echo(inside.ctx, inside_request, &inside, NULL, 0), FFI_RET_OK);
        inside_end(&inside);

        inside_begin(&inside, closes_too);
        CHECK_EQ(abuse_register_host_fn(inside.ctx, "ask", inside_host_fn, &inside), FFI_RET_OK);
        SUBMIT(inside.ctx, abuse_ask, "answered", &told);
        inside_end(&inside);
        CHECK_TOLD(&told, FFI_RET_OK, "answered");

        /* A synchronous request that waits for that host function: the function runs on the FFI thread all the same. */
        inside_begin(&inside, closes_too);
        CHECK_EQ(abuse_register_host_fn(inside.ctx, "ask", inside_host_fn, &inside), FFI_RET_OK);
        SUBMIT(inside.ctx, abuse_now, "ask", &told);
        inside_end(&inside);
        CHECK_TOLD(&told, FFI_RET_OK, "now");

        inside_begin(&inside, closes_too);
        options.fn = inside_silent_host_fn;
        options.cancel = inside_cancel;
        options.userData = &inside;
        CHECK_EQ(abuse_register_host_fn_with(inside.ctx, "ask", &options), FFI_RET_OK);
        SUBMIT(inside.ctx, abuse_ask_and_drop, "", &told);
        inside_end(&inside);
        CHECK_TOLD(&told, FFI_RET_OK, "dropped");

        /* A listener runs on the event thread. */
        inside_begin(&inside, closes_too);
        CHECK(abuse_add_event_listener(inside.ctx, "happened", inside_request, &inside) != 0);
        SUBMIT(inside.ctx, abuse_emit, "", &told);
        inside_end(&inside);
        CHECK_TOLD(&told, FFI_RET_OK, "");

        /* A release on the FFI thread, because an invocation had it last. */
        inside_begin(&inside, closes_too);
        {
            Latch let_go;
            Function *holding = function_hold(inside.ctx, "other", &let_go);
            Told held;
            options.cancel = NULL;
            options.release = inside_release;
            CHECK_EQ(abuse_register_host_fn_with(inside.ctx, "ask", &options), FFI_RET_OK);
            /* The library takes over the registration, and then is kept from letting it go before this thread has. */
            CHECK_RUN(inside.ctx, abuse_ask_and_drop, "", FFI_RET_OK, "dropped");
            SUBMIT(inside.ctx, abuse_ask_other, "", &held);
            LATCH_AWAIT(&holding->asked, 1);
            CHECK_EQ(abuse_register_host_fn(inside.ctx, "ask", NULL, NULL), FFI_RET_OK);
            latch_raise(&let_go);
            CHECK_TOLD(&held, FFI_RET_OK, "");
            inside_end(&inside);
            function_end(holding, 1, 0);
        }
    }
}

static void on_created_inside(int ret, const char *msg, size_t len, void *userData) FFI_NOEXCEPT {
    Inside *inside = (Inside *)userData;
    inside_request(ret, msg, len, inside);
}

static void inside_the_callback_of_create(void) {
    Inside inside;
    int closes_too;
    for (closes_too = 0; closes_too < 2; closes_too++) {
        memset(&inside, 0, sizeof inside);
        latch_init(&inside.tried);
        told_init(&inside.done);
        inside.closes = closes_too;
        /* create sets the ctx before it calls back. */
        CHECK_EQ(abuse_create(NULL, 0, on_created_inside, &inside, &inside.ctx), FFI_RET_OK);
        inside_end(&inside);
    }
}

static void on_done_of_close(int ret, const char *msg, size_t len, void *userData) FFI_NOEXCEPT {
    Inside *inside = (Inside *)userData;
    (void)msg;
    CHECK_EQ(ret, FFI_RET_OK);
    CHECK_EQ(len, 0);
    CHECK_EQ(abuse_destroy(inside->ctx), FFI_RET_INVALID_CTX);
    CHECK_EQ(abuse_close(inside->ctx, on_never, NULL), FFI_RET_INVALID_CTX);
    CHECK_EQ(abuse_echo(inside->ctx, on_never, NULL, NULL, 0), FFI_RET_INVALID_CTX);
    latch_raise(&inside->tried);
}

/* In `done` the ctx is invalid already. */
static void inside_done(void) {
    Inside inside;
    inside_begin(&inside, 0);
    CHECK_EQ(abuse_close(inside.ctx, on_done_of_close, &inside), FFI_RET_OK);
    LATCH_AWAIT(&inside.tried, 1);
}

static void on_synchronous(int ret, const char *msg, size_t len, void *userData) FFI_NOEXCEPT {
    Inside *inside = (Inside *)userData;
    (void)msg;
    (void)len;
    CHECK_EQ(ret, FFI_RET_OK);
    CHECK_EQ(abuse_destroy(inside->ctx), FFI_RET_WOULD_DEADLOCK);
    latch_raise(&inside->tried);
}

/* The callback of a synchronous request is part of it: destroy would wait for it. */
static void destroy_in_a_synchronous_callback(void) {
    Inside inside;
    inside_begin(&inside, 0);
    CHECK_EQ(abuse_now(inside.ctx, on_synchronous, &inside, NULL, 0), FFI_RET_OK);
    CHECK_EQ(latch_count(&inside.tried), 1);
    CHECK_EQ(abuse_destroy(inside.ctx), FFI_RET_OK);
}

static void inside_other_host_fn(uint64_t token, const char *req, size_t len, void *userData) FFI_NOEXCEPT {
    Inside *inside = (Inside *)userData;
    CHECK_EQ(abuse_destroy(inside->other), FFI_RET_OK);
    CHECK_EQ(abuse_host_complete(inside->ctx, token, FFI_RET_OK, req, len), FFI_RET_OK);
    latch_raise(&inside->tried);
}

/* Inside a callback of one context another one may be destroyed. */
static void destroy_another_context_inside_a_callback(void) {
    Inside inside;
    Told told;
    inside_begin(&inside, 0);
    inside.other = abuse_new("");
    CHECK_EQ(abuse_register_host_fn(inside.ctx, "ask", inside_other_host_fn, &inside), FFI_RET_OK);
    SUBMIT(inside.ctx, abuse_ask, "x", &told);
    CHECK_TOLD(&told, FFI_RET_OK, "x");
    CHECK_EQ(latch_count(&inside.tried), 1);
    CHECK_EQ(abuse_destroy(inside.other), FFI_RET_INVALID_CTX);
    CHECK_EQ(abuse_destroy(inside.ctx), FFI_RET_OK);
}

int main(void) {
    check_begin();
    RUN(destroy_twice);
    RUN(close_calls_done_once);
    RUN(close_without_done);
    RUN(destroy_from_many_threads);
    RUN(everything_open_is_settled);
    RUN(destructors);
    RUN(inside_callbacks);
    RUN(inside_the_callback_of_create);
    RUN(inside_done);
    RUN(destroy_in_a_synchronous_callback);
    RUN(destroy_another_context_inside_a_callback);
    return 0;
}
