{%- if c.reading(outcome) != Reading::Nothing %}
{%- let which = C::which(outcome) %}
{%- let c_type = c.name(outcome.ty) %}
{%- let reader = c.helper(which, name) %}
{%- let status = outcome.status.name() %}
{%- match c.reading(outcome) %}
{%- when Reading::Pointer %}

/* {% if outcome.status == Status::Ok %}The result{% else %}The declared error{% endif %} that a callback of {{ name }} was passed; NULL if it was passed something else. */
static inline const {{ c_type }} *{{ reader }}(
    int ret,
    const char *msg,
    size_t len,
) {
    return ret == {{ status }} && len == sizeof({{ c_type }}) ? {{ c.upper }}_AS_(const {{ c_type }}, msg) : NULL;
}
{%- when reading %}

/* Sets *{{ which }} to what a callback of {{ name }} was passed; false if that is something else. */
static inline bool {{ reader }}(
    int ret,
    const char *msg,
    size_t len,
    {{ c_type }} *{{ which }},
) {
{%- if *reading == Reading::Value %}
    if (ret != {{ status }} || len != sizeof({{ c_type }})) {
        return false;
    }
    memcpy({{ which }}, msg, len);
    return true;
{%- else %}
    if (ret != {{ status }}) {
        return false;
    }
    {{ which }}->data = {% if *reading == Reading::Bytes %}{{ c.upper }}_AS_(const uint8_t, msg){% else %}msg{% endif %};
    {{ which }}->len = len;
    return true;
{%- endif %}
}
{%- endmatch %}
{%- endif %}
