{%- let has_args = host_fn.params.len() > 0 %}
{%- let name = host_fn.name %}
{%- let registration = c.helper("registration_", name) %}
{%- let fn_type = c.fn_type(name) %}
{% filter comment(0) %}
The host function {{ name }}.

{{ host_fn.docs }}

{{ C::fields(host_fn.params) }}

Answer with {{ c.carried(host_fn.result) }}{% if let Some(error) = host_fn.error %}, or fail with {{ c.carried(error) }}{% endif %}. {{ C::times(host_fn.contract) }}.
Thread: {{ C::thread(host_fn.contract) }}; return quickly.{% if host_fn.contract.lifetime == Lifetime::Call %} args lives until it returns.{% endif %}
{% endfilter %}
typedef void (*{{ fn_type }})(
    uint64_t token,
{%- if has_args %}
    const {{ c.args(name) }} *args,
{%- endif %}
    void *userData,
) FFI_NOEXCEPT;
{%- if has_args %}

/* The arguments of {{ name }} from what an FFIHostFn is passed; NULL if that is something else. */
static inline const {{ c.args(name) }} *{{ c.helper("args", name) }}(const char *req, size_t reqLen) {
    return reqLen == sizeof({{ c.args(name) }}) ? {{ c.upper }}_AS_(const {{ c.args(name) }}, req) : NULL;
}
{%- endif %}

typedef struct {{ registration }} {
    {{ c.helper("registration_", "") }} kept; /* first: a pointer to one is a pointer to the other */
    {{ fn_type }} fn;
} {{ registration }};

{%- let call = c.helper("call_", name) %}
{%- let member = "fn" %}
{% include "c/templates/call.h" %}

/* The same as {{ c.helper("set", name) }}, with what FFIHostFnOptions can say: cancel, release, userData, deadline_ms and max_in_flight are taken from there, fn and format are not. */{{ C::deprecated(host_fn.docs, 0) }}
static inline int {{ c.helper("set_with", name) }}(
    void *ctx,
    {{ fn_type }} fn,
    const FFIHostFnOptions *options,
) {
    {{ registration }} *registration;
    if (fn == NULL) {
        return {{ library.name }}_register_host_fn(ctx, "{{ name }}", NULL, NULL);
    }
    registration = {{ c.upper }}_OWN_({{ registration }}, malloc(sizeof *registration));
    if (registration == NULL) {
        return FFI_RET_BUSY;
    }
    registration->fn = fn;
    return {{ c.helper("register_", "") }}(ctx, "{{ name }}", {{ c.helper("call_", name) }}, &registration->kept, options);
}

/* Registers fn as {{ name }}, in place of what was; NULL unregisters. userData is passed to fn.
 * Returns what {{ library.name }}_register_host_fn does, or FFI_RET_BUSY without memory.
 */{{ C::deprecated(host_fn.docs, 0) }}
static inline int {{ c.helper("set", name) }}(
    void *ctx,
    {{ fn_type }} fn,
    void *userData,
) {
    FFIHostFnOptions options = FFI_HOST_FN_OPTIONS_INIT;
    options.userData = userData;
    return {{ c.helper("set_with", name) }}(ctx, fn, &options);
}
{%- for outcome in host_fn.outcomes() %}{% include "c/templates/answer.h" %}{% endfor %}
