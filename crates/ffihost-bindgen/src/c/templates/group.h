{%- let registration = c.helper("group_", group.name) %}
{%- let missing = c.helper("missing", group.name) %}

/* What implements {{ group.name }}. Each function is passed the same userData. */
typedef struct {{ c.own(group.name) }} {
{%- for method in group.methods %}
    {{ c.fn_type(method.host_fn.name) }} {{ C::identifier(method.name) }};
{%- endfor %}
} {{ c.own(group.name) }};

typedef struct {{ registration }} {
    {{ c.helper("registration_", "") }} kept; /* first: a pointer to one is a pointer to the other */
    {{ c.own(group.name) }} functions;
} {{ registration }};

{%- for method in group.methods %}
{%- let name = method.host_fn.name %}
{%- let has_args = method.host_fn.params.len() > 0 %}
{%- let call = c.helper("call_in_group_", name) %}
{%- let member = C::function(method.name) %}
{% include "c/templates/call.h" %}
{%- endfor %}

/* The first function of an implementation of {{ group.name }} that is NULL, by its name; NULL if none is. */
static inline const char *{{ missing }}(const {{ c.own(group.name) }} *functions) {
{%- for method in group.methods %}
    if (functions->{{ C::identifier(method.name) }} == NULL) {
        return "{{ C::identifier(method.name) }}";
    }
{%- endfor %}
    return NULL;
}

/* The same as {{ c.helper("implement", group.name) }}, with what FFIHostFnOptions can say: cancel, release, userData, deadline_ms and max_in_flight are taken from there, fn and format are not. */
static inline int {{ c.helper("implement_with", group.name) }}(
    void *ctx,
    const {{ c.own(group.name) }} *functions,
    const FFIHostFnOptions *options,
) {
    static const FFINamedHostFn fns[] = {
{%- for method in group.methods %}
        {"{{ method.host_fn.name }}", {{ c.helper("call_in_group_", method.host_fn.name) }}},
{%- endfor %}
    };
    {{ registration }} *registration;
    FFIHostFnOptions with;
    int ret;
    if (functions == NULL || options == NULL || {{ missing }}(functions) != NULL) {
        return FFI_RET_INVALID_ARGUMENT;
    }
    registration = {{ c.upper }}_OWN_({{ registration }}, malloc(sizeof *registration));
    if (registration == NULL) {
        return FFI_RET_BUSY;
    }
    registration->functions = *functions;
    with = {{ c.helper("keep_", "") }}(ctx, &registration->kept, options);
    ret = {{ library.name }}_register_host_fns(ctx, fns, sizeof fns / sizeof fns[0], &with);
    if (ret != FFI_RET_OK) {
        free(registration);
    }
    return ret;
}

/* Registers the functions of {{ group.name }} together, each in place of what was registered: all of them, or none. The struct is copied. userData is passed to each; release, which may be NULL, is called with it once, when none of them can be called any more, and not at all if this is refused.
 * Returns what {{ library.name }}_register_host_fns does; FFI_RET_INVALID_ARGUMENT if a function is NULL, which {{ missing }} names; or FFI_RET_BUSY without memory.
 */
static inline int {{ c.helper("implement", group.name) }}(
    void *ctx,
    const {{ c.own(group.name) }} *functions,
    void *userData,
    FFIRelease release,
) {
    FFIHostFnOptions options = FFI_HOST_FN_OPTIONS_INIT;
    options.userData = userData;
    options.release = release;
    return {{ c.helper("implement_with", group.name) }}(ctx, functions, &options);
}
