
/* What every library has; ffihost.h says more. */
{%- for symbol in standard %}
{%- if !symbol.docs.is_empty() %}
{% filter comment(0) %}{{ symbol.docs }}{% endfilter %}
{%- endif %}
{{ symbol.prototype }}
{%- endfor %}
