{%- if item.layout.is_none() %}
{% filter comment(0) %}{{ item.docs }}{% endfilter %}{{ C::deprecated(item.docs, 0) }}
typedef int32_t {{ c.own(item.name) }};
{%- else %}
{%- endif %}
{%- if item.variants.len() > 0 %}

/* The {% if item.layout.is_some() %}tags{% else %}values{% endif %} of {{ c.own(item.name) }}. Cast to {{ c.helpers.get("tag", item.name) }} in a switch, and the compiler warns of missing cases. */
typedef enum {
{%- for variant in item.variants %}
{%- filter comment(4) %}{{ variant.docs }}{% endfilter %}
    {{ c.variant(item.name, variant.name) }}{{ C::deprecated_value(variant.docs) }} = {{ variant.tag }}{% if !loop.last %},{% endif %}
{%- endfor %}
} {{ c.helpers.get("tag", item.name) }};
{%- endif %}
