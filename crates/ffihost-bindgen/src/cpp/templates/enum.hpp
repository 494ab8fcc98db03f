
{% filter comment(0) %}{{ item.docs }}{% endfilter %}
enum class {{ Cpp::identifier(item.name) }} : std::int32_t {
{%- for variant in item.variants %}
{%- filter comment(4) %}{{ variant.docs }}{% endfilter %}
    {{ Cpp::identifier(variant.name) }} = {{ variant.tag }},
{%- endfor %}
};
