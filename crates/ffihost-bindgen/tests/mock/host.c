/* A host in C99, run against the mock library: every helper of the header at least once. */
#define _POSIX_C_SOURCE 200809L

#include "my_app.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <string.h>

#define CHECK(what)                                                                                                    \
    do {                                                                                                               \
        if (!(what)) {                                                                                                 \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #what);                                         \
            abort();                                                                                                   \
        }                                                                                                              \
    } while (0)

/* What a callback was told, of which a test looks at some. */
struct told {
    sem_t done;
    int ret;
    char text[64];
    uint64_t token;
    MyAppCursor cursor;
    uint32_t count;
    MyAppLoginError error;
};

static void tell(struct told *told, int ret) {
    told->ret = ret;
    sem_post(&told->done);
}

static int wait_for(struct told *told) {
    sem_wait(&told->done);
    return told->ret;
}

static bool is(FFIString string, const char *text) {
    return string.len == strlen(text) && memcmp(string.data, text, string.len) == 0;
}

static void on_created(int ret, const char *msg, size_t len, void *userData) {
    const MyAppOpenError *error = my_app_create_error(ret, msg, len);
    if (ret == FFI_RET_STALE_WARN) {
        return;
    }
    CHECK(error == NULL || (error->tag == MY_APP_OPEN_ERROR_NAME && is(error->payload.name, "fails 2 limited")));
    tell(userData, ret);
}

static void on_session(int ret, const char *msg, size_t len, void *userData) {
    struct told *told = userData;
    const MyAppSession *session = my_app_login_result(ret, msg, len);
    const MyAppLoginError *error = my_app_login_error(ret, msg, len);
    if (ret == FFI_RET_STALE_WARN) {
        CHECK(session == NULL && error == NULL);
        return;
    }
    if (session != NULL) {
        told->token = session->token;
        told->cursor = session->cursor;
        CHECK(is(session->profile.id, "bob") && session->profile.role == MY_APP_ROLE_GUEST);
        CHECK(session->profile.age.present && session->profile.age.value == 41 && session->profile.tags.len == 1);
    }
    if (error != NULL) {
        told->error = *error;
    }
    tell(told, ret);
}

static void on_done(int ret, const char *msg, size_t len, void *userData) {
    (void)msg;
    (void)len;
    tell(userData, ret);
}

static void on_fired(int ret, const char *msg, size_t len, void *userData) {
    struct told *told = userData;
    const MyAppOnFiredArgs *args = my_app_on_fired_args(msg, len);
    CHECK(args != NULL && is(args->message, "ping"));
    told->count = args->count;
    tell(told, ret);
}

/* What the host functions below are registered with. */
struct host {
    void *ctx;
    int mode;
    int released;
};

static void fetch_profile(uint64_t token, const MyAppFetchProfileArgs *args, void *userData) {
    const struct host *host = userData;
    const FFIString tags[1] = {my_app_str("tag")};
    const MyAppProfileError offline = MY_APP_PROFILE_ERROR_OFFLINE;
    MyAppProfile profile;
    CHECK(is(args->user_id, "bob") && args->fresh);
    memset(&profile, 0, sizeof profile);
    profile.id = my_app_str("bob");
    profile.age.present = true;
    profile.age.value = 41;
    profile.role = MY_APP_ROLE_GUEST;
    profile.tags.data = tags;
    profile.tags.len = 1;
    if (host->mode == 0) {
        CHECK(my_app_complete_fetch_profile(host->ctx, token, &profile) == FFI_RET_OK);
        CHECK(my_app_complete_fetch_profile(host->ctx, token, &profile) == FFI_RET_UNKNOWN_TOKEN);
    } else if (host->mode == 1) {
        CHECK(my_app_fail_fetch_profile(host->ctx, token, offline) == FFI_RET_OK);
    } else {
        CHECK(my_app_fail_host_fn(host->ctx, token, FFI_RET_OK, "never") == FFI_RET_INVALID_ARGUMENT);
        CHECK(my_app_fail_host_fn(host->ctx, token, 77, "no disk") == FFI_RET_OK);
    }
}

static void store(uint64_t token, const MyAppStoreArgs *args, void *userData) {
    const struct host *host = userData;
    CHECK(is(args->key, "key") && args->value.present && args->value.value.len == 3);
    CHECK(my_app_complete_store(host->ctx, token) == FFI_RET_OK);
}

static void load(uint64_t token, const MyAppLoadArgs *args, void *userData) {
    const struct host *host = userData;
    MyAppOptionalBytes nothing;
    CHECK(args->key.len == 0);
    memset(&nothing, 0, sizeof nothing);
    CHECK(my_app_complete_load(host->ctx, token, &nothing) == FFI_RET_OK);
}

static void choose(uint64_t token, const MyAppChooseArgs *args, void *userData) {
    const struct host *host = userData;
    CHECK(my_app_complete_choose(host->ctx, token, args->roles.data[0]) == FFI_RET_OK);
}

static void released(void *userData) {
    struct host *host = userData;
    ++host->released;
}

static void on_role(int ret, const char *msg, size_t len, void *userData) {
    struct told *told = userData;
    MyAppRole role = -1;
    CHECK(my_app_role_of_result(ret, msg, len, &role) && role == MY_APP_ROLE_ADMIN);
    tell(told, ret);
}

int main(void) {
    struct told told, fired; /* one for each thread that tells */
    struct host host = {NULL, 0, 0};
    FFIHostFnOptions options = FFI_HOST_FN_OPTIONS_INIT;
    MyAppStorage storage = {NULL, NULL};
    MyAppOptionalLimits limits;
    MyAppLoginReq req;
    char message[512];
    uint64_t listener;
    FFIOwnedString text = FFI_OWNED_INIT;
    FFIOwnedBytes bytes = FFI_OWNED_INIT;
    FFIError failed = FFI_ERROR_INIT;
    uint32_t sum = 0;

    memset(&told, 0, sizeof told);
    memset(&fired, 0, sizeof fired);
    CHECK(sem_init(&told.done, 0, 0) == 0 && sem_init(&fired.done, 0, 0) == 0);

    /* The interface, and both ends of creation. */
    CHECK(my_app_check_abi() == FFI_RET_OK);
    CHECK(my_app_abi_message(message, sizeof message) < (int)sizeof message && strstr(message, "9.9.9") != NULL);
    memset(&limits, 0, sizeof limits);
    limits.present = true;
    CHECK(my_app_open(my_app_str("fails"), &limits, 2, on_created, &told, &host.ctx) == FFI_RET_OK);
    CHECK(wait_for(&told) == FFI_RET_ERR);
    CHECK(my_app_open(my_app_str("c"), NULL, 2, on_created, &told, &host.ctx) == FFI_RET_OK);
    CHECK(wait_for(&told) == FFI_RET_OK);

    /* Synchronous ones, and one without a context. */
    CHECK(my_app_greet(host.ctx, my_app_str("you"), &text, &failed) == FFI_RET_OK && failed.owner == NULL);
    CHECK(text.len == 9 && memcmp(text.data, "hello you", text.len) == 0);
    CHECK(my_app_release_string(&text) == FFI_RET_OK && text.data == NULL && my_app_release_string(&text) == FFI_RET_OK);
    CHECK(my_app_greet(host.ctx, my_app_str(NULL), &text, &failed) == FFI_RET_ERR && text.data == NULL);
    CHECK(failed.text_len == 7 && memcmp(failed.text, "no name", 7) == 0 && failed.payload == NULL);
    CHECK(my_app_release_error(&failed) == FFI_RET_OK && my_app_release_error(&failed) == FFI_RET_OK);
    CHECK(my_app_greet(host.ctx, my_app_str("busy"), &text, NULL) == FFI_RET_BUSY);
    CHECK(my_app_seal(host.ctx, my_app_str("x"), &bytes, &failed) == FFI_RET_OK && bytes.len == 1 && bytes.data[0] == 'x');
    CHECK(my_app_seal_error(&failed) == NULL && my_app_release_bytes(&bytes) == FFI_RET_OK && bytes.data == NULL);
    CHECK(my_app_seal(host.ctx, my_app_str(NULL), &bytes, &failed) == FFI_RET_ERR);
    CHECK(my_app_seal_error(&failed) != NULL && *my_app_seal_error(&failed) == MY_APP_PROFILE_ERROR_OFFLINE);
    CHECK(my_app_release_error(&failed) == FFI_RET_OK && my_app_seal_error(&failed) == NULL);
    CHECK(my_app_touch(host.ctx, &failed) == FFI_RET_OK);
    CHECK(my_app_add(2, 3, &sum, NULL) == FFI_RET_OK && sum == 5);

    /* A host function: its result, its declared error, and another failure. */
    CHECK(my_app_set_fetch_profile(host.ctx, fetch_profile, &host) == FFI_RET_OK);
    memset(&req, 0, sizeof req);
    req.user_id = my_app_str("bob");
    CHECK(my_app_login(host.ctx, on_session, &told, &req) == FFI_RET_OK);
    CHECK(wait_for(&told) == FFI_RET_OK && told.token == 7);
    CHECK(my_app_cursor_release(host.ctx, told.cursor) == FFI_RET_OK);
    CHECK(my_app_cursor_release(host.ctx, told.cursor) == FFI_RET_UNKNOWN_TOKEN);
    host.mode = 1;
    CHECK(my_app_login(host.ctx, on_session, &told, &req) == FFI_RET_OK && wait_for(&told) == FFI_RET_ERR);
    CHECK(told.error.tag == MY_APP_LOGIN_ERROR_LOCKED && told.error.payload.locked.minutes == 5);
    host.mode = 2;
    CHECK(my_app_login(host.ctx, on_session, &told, &req) == FFI_RET_OK && wait_for(&told) == FFI_RET_ERR);
    CHECK(told.error.tag == MY_APP_LOGIN_ERROR_HOST);

    /* Options: userData is released once, when it is replaced. */
    options.release = released;
    options.userData = &host;
    CHECK(my_app_set_choose_with(host.ctx, choose, &options) == FFI_RET_OK);
    CHECK(my_app_role_of(host.ctx, on_role, &told, my_app_str("x")) == FFI_RET_OK && wait_for(&told) == FFI_RET_OK);
    CHECK(host.released == 0 && my_app_set_choose(host.ctx, choose, &host) == FFI_RET_OK);
    CHECK(host.released == 1 && my_app_set_choose(host.ctx, NULL, NULL) == FFI_RET_OK);
    CHECK(my_app_set_choose(host.ctx, NULL, NULL) == FFI_RET_NOT_REGISTERED);
    CHECK(my_app_set_choose_with(host.ctx, choose, NULL) == FFI_RET_INVALID_ARGUMENT);
    CHECK(my_app_set_choose(NULL, choose, NULL) == FFI_RET_INVALID_CTX && host.released == 1);

    /* Nothing as a result, and an event. */
    CHECK(my_app_set_store(host.ctx, store, &host) == FFI_RET_OK);
    CHECK(my_app_ping(host.ctx, on_done, &told) == FFI_RET_OK && wait_for(&told) == FFI_RET_OK);

    /* A group: all of it or none, and one release, when the last of its functions has gone. */
    host.released = 0;
    storage.load = load;
    CHECK(strcmp(my_app_storage_missing(&storage), "save") == 0);
    CHECK(my_app_implement_storage(host.ctx, &storage, &host, released) == FFI_RET_INVALID_ARGUMENT);
    CHECK(my_app_host_fn_registered(host.ctx, "load") == 0);
    storage.save = store;
    CHECK(my_app_storage_missing(&storage) == NULL);
    CHECK(my_app_implement_storage(NULL, &storage, &host, released) == FFI_RET_INVALID_CTX);
    CHECK(my_app_implement_storage(host.ctx, NULL, &host, released) == FFI_RET_INVALID_ARGUMENT);
    CHECK(my_app_implement_storage_with(host.ctx, &storage, NULL) == FFI_RET_INVALID_ARGUMENT);
    CHECK(my_app_implement_storage(host.ctx, &storage, &host, released) == FFI_RET_OK);
    CHECK(my_app_host_fn_registered(host.ctx, "load") == 1);
    CHECK(my_app_ping(host.ctx, on_done, &told) == FFI_RET_OK && wait_for(&told) == FFI_RET_OK);
    CHECK(my_app_set_load(host.ctx, NULL, NULL) == FFI_RET_OK && host.released == 0);
    CHECK(my_app_set_store(host.ctx, store, &host) == FFI_RET_OK);

    listener = my_app_listen_on_fired(host.ctx, on_fired, &fired);
    CHECK(listener != 0);
    CHECK(my_app_ping(host.ctx, on_done, &told) == FFI_RET_OK);
    CHECK(wait_for(&told) == FFI_RET_OK && sem_wait(&fired.done) == 0);
    /* Only then is it not running: the first pings' events may have been delivered late, and the last one's after them. */
    CHECK(my_app_remove_event_listener(host.ctx, listener) == FFI_RET_OK);
    CHECK(fired.ret == FFI_RET_OK && fired.count >= 1 && fired.count <= 3);

    CHECK(my_app_destroy(host.ctx) == FFI_RET_OK && host.released == 1);
    CHECK(my_app_destroy(host.ctx) == FFI_RET_INVALID_CTX);
    sem_destroy(&told.done);
    sem_destroy(&fired.done);
    return 0;
}
