
{% filter comment(0) %}{{ item.docs }}

{{ Cpp::note(item.name) }}{% endfilter %}
enum class {{ Cpp::deprecated_type(item.docs) }}{{ Cpp::called(item.name) }} : std::int32_t {
{%- for variant in item.variants %}
{%- filter comment(4) %}{{ variant.docs }}

{{ C::note(variant.name) }}{% endfilter %}
    {{ Cpp::identifier(variant.name) }}{{ Cpp::deprecated_value(variant.docs) }} = {{ variant.tag }},
{%- endfor %}
};
