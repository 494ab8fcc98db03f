
/* Answers any host call with the host's own failure: code is FFI_RET_CANCELLED or a number of yours that is neither
 * FFI_RET_OK nor FFI_RET_ERR (those return FFI_RET_INVALID_ARGUMENT), text is NUL-terminated and for people.
 */
static inline int {{ c.helper("fail_host_fn", "") }}(void *ctx, uint64_t token, int code, const char *text) {
    if (code == FFI_RET_OK || code == FFI_RET_ERR) {
        return FFI_RET_INVALID_ARGUMENT;
    }
    return {{ library.name }}_host_complete(ctx, token, code, text, text == NULL ? 0 : strlen(text));
}

/* What the setters below keep of each registration; freed when it is released. */
typedef struct {{ c.helper("registration_", "") }} {
    void *ctx;
    FFIHostCancelFn cancel;
    FFIRelease release;
    void *userData;
} {{ c.helper("registration_", "") }};

static inline void {{ c.helper("cancel_", "") }}(uint64_t token, void *userData) FFI_NOEXCEPT {
    const {{ c.helper("registration_", "") }} *kept = {{ c.upper }}_AS_(const {{ c.helper("registration_", "") }}, userData);
    kept->cancel(token, kept->userData);
}

static inline void {{ c.helper("release_", "") }}(void *userData) FFI_NOEXCEPT {
    const {{ c.helper("registration_", "") }} *kept = {{ c.upper }}_AS_(const {{ c.helper("registration_", "") }}, userData);
    if (kept->release != NULL) {
        kept->release(kept->userData);
    }
    free(userData);
}

/* Keeps what the options say, and makes options that pass it on. */
static inline FFIHostFnOptions {{ c.helper("keep_", "") }}(
    void *ctx, {{ c.helper("registration_", "") }} *kept, const FFIHostFnOptions *options) {
    FFIHostFnOptions with = *options;
    kept->ctx = ctx;
    kept->cancel = with.cancel;
    kept->release = with.release;
    kept->userData = with.userData;
    with.size = sizeof with;
    with.fn = NULL;
    with.cancel = with.cancel == NULL ? NULL : {{ c.helper("cancel_", "") }};
    with.release = {{ c.helper("release_", "") }};
    with.userData = kept;
    with.format = FFI_FORMAT_NATIVE;
    return with;
}

static inline int {{ c.helper("register_", "") }}(
    void *ctx, const char *name, FFIHostFn call, {{ c.helper("registration_", "") }} *kept,
    const FFIHostFnOptions *options) {
    FFIHostFnOptions with = FFI_HOST_FN_OPTIONS_INIT;
    int ret = FFI_RET_INVALID_ARGUMENT;
    if (options == NULL) {
        free(kept);
        return ret;
    }
    with = {{ c.helper("keep_", "") }}(ctx, kept, options);
    with.fn = call;
    ret = {{ library.name }}_register_host_fn_with(ctx, name, &with);
    if (ret != FFI_RET_OK) {
        free(kept);
    }
    return ret;
}
