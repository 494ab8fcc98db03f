{%- if item.layout.is_none() %}
{% filter comment(0) %}{{ item.docs }}{% endfilter %}
typedef int32_t {{ c.own(item.name) }};
{%- else %}

/* The tags of {{ c.own(item.name) }}. */
{%- endif %}
{%- if item.variants.len() > 0 %}
enum {
{%- for variant in item.variants %}
{%- filter comment(4) %}{{ variant.docs }}{% endfilter %}
    {{ c.variant(item.name, variant.name) }} = {{ variant.tag }}{% if !loop.last %},{% endif %}
{%- endfor %}
};
{%- endif %}
