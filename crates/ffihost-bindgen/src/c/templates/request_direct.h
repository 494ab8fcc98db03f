{%- let params = c.parameters(request.params, request.owner, ["ctx", "result", "error"]) %}
{%- let place = c.result_place(request.result) %}
{% filter comment(0) %}
{{ request.docs }}

{{ C::table(params) }}

Runs on this thread and returns the status: FFI_RET_OK{% if let Some(place) = place %}, and then *result is written
{%- if *request.result == Type::String %}, to be released by {{ library.name }}_release_string
{%- else if *request.result == Type::Bytes %}, to be released by {{ library.name }}_release_bytes
{%- endif %}{% endif %};
{%- if request.error.is_some() %} FFI_RET_ERR, its declared error{% if C::declared(request).is_some() %}, see {{ c.helper("error", name) }}{% endif %};{% endif %} or {{ C::refusals(request.contract, ", ") }}, DECODE or PANIC. error may be NULL; it is written unless this returns FFI_RET_OK, to be released by {{ library.name }}_release_error.
{% endfilter %}{{ C::deprecated(request.docs, 0) }}
int {{ library.name }}_{{ name }}(
{%- if request.owner.needs_context() %}
    void *ctx,
{%- endif %}
{%- include "c/templates/params.h" %}
{%- if let Some(place) = place %}
    {{ place }},
{%- endif %}
    FFIError *error,
);
{%- if let Some(ty) = C::declared(request) %}

/* The declared error that {{ library.name }}_{{ name }} has returned, until it is released; NULL if it is something else. */
static inline const {{ c.name(ty) }} *{{ c.helper("error", name) }}(const FFIError *error) {
    return error->payload_len == sizeof({{ c.name(ty) }}) ? {{ c.upper }}_AS_(const {{ c.name(ty) }}, error->payload) : NULL;
}
{%- endif %}
