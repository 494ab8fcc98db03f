
{% filter comment(0) %}
{{ handle.docs }}

A live object of the library's; 0 is none. Yours until {{ handle.release.symbol }}, or the end of its context.
{% endfilter %}{{ C::deprecated(handle.docs, 0) }}
typedef uint64_t {{ c.own(handle.name) }};
