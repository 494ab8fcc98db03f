
{% filter comment(0) %}{{ item.docs }}

{{ Cpp::note(item.name) }}{% endfilter %}
enum class {{ Cpp::called(item.name) }} : std::int32_t {
{%- for variant in item.variants %}
{%- filter comment(4) %}{{ variant.docs }}

{{ C::note(variant.name) }}{% endfilter %}
    {{ Cpp::identifier(variant.name) }} = {{ variant.tag }},
{%- endfor %}
};
