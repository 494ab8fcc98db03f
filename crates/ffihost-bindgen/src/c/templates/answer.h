{%- let which = C::which(outcome) %}
{%- let c_type = c.name(outcome.ty) %}
{%- let passing = model.types.passing(outcome.ty) %}
{%- let is_option = model.types.class(outcome.ty) == Class::Option %}
{%- let is_result = outcome.status == Status::Ok %}
{% filter comment(0) %}
Answers a call of {{ host_fn.name }} with {% if is_result %}its result{% else %}its declared error{% endif %}{% if is_option %}; NULL is none{% endif %}. Returns what {{ library.name }}_host_complete does.
{% endfilter %}
static inline int {{ c.helper(C::verb(outcome), host_fn.name) }}(
    void *ctx,
    uint64_t token,
{%- if passing != Passing::Nothing %}
    {{ c.parameter(outcome.ty, which) }},
{%- endif %}
) {
{%- if is_option %}
    {{ c_type }} none;
    if ({{ which }} == NULL) {
        memset(&none, 0, sizeof none);
        {{ which }} = &none;
    }
{%- endif %}
    return {{ library.name }}_host_complete(ctx, token, {{ outcome.status.name() }}, {% match passing %}
{%- when Passing::Nothing %}NULL, 0
{%- when Passing::Text %}{{ c.upper }}_AS_(const char, {{ which }}.data), {{ which }}.len
{%- when Passing::Pointer %}{{ c.upper }}_AS_(const char, {{ which }}), sizeof *{{ which }}
{%- when Passing::Value | Passing::Slice %}{{ c.upper }}_AS_(const char, &{{ which }}), sizeof {{ which }}
{%- endmatch %});
}
