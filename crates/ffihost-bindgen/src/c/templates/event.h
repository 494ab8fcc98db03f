{%- let name = event.name %}
{%- let reader = c.helper("event_args", name) %}
{% filter comment(0) %}
{{ event.docs }}

{{ C::fields(event.params) }}

The event {{ name }}: cb is called on {{ C::thread(event.contract) }}, {{ C::times(event.contract) }}. {% if event.params.len() > 0 %}{{ reader }} reads what it is passed{% else %}Without payload{% endif %}.
Returns the listener, for {{ library.name }}_remove_event_listener, or 0 if it is refused.
{% endfilter %}{{ C::deprecated(event.docs, 0) }}
static inline uint64_t {{ c.helper("listen", name) }}(
    void *ctx,
    FFICallBack cb,
    void *userData,
) {
    return {{ library.name }}_add_event_listener(ctx, "{{ name }}", cb, userData);
}
{%- if event.params.len() > 0 %}

/* What a listener of {{ name }} was passed; NULL if that is something else. */
static inline const {{ c.args(name) }} *{{ reader }}(
    const char *msg,
    size_t len,
) {
    return len == sizeof({{ c.args(name) }}) ? {{ c.upper }}_AS_(const {{ c.args(name) }}, msg) : NULL;
}
{%- endif %}
