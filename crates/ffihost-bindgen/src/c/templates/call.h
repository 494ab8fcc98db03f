
static inline void {{ call }}(
    uint64_t token,
    const char *req,
    size_t reqLen,
    void *userData,
) FFI_NOEXCEPT {
    const {{ registration }} *registration = {{ c.upper }}_AS_(const {{ registration }}, userData);
{%- if has_args %}
    const {{ c.args(name) }} *args = {{ c.helper("args", name) }}(req, reqLen);
    if (args == NULL) {
        {{ c.helper("fail_host_fn", "") }}(registration->kept.ctx, token, FFI_RET_DECODE, "arguments of another size");
        return;
    }
    registration->{{ member }}(token, args, registration->kept.userData);
{%- else %}
    (void)req;
    (void)reqLen;
    registration->{{ member }}(token, registration->kept.userData);
{%- endif %}
}
