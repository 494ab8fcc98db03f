
{% filter comment(0) %}{{ record.docs }}{% endfilter %}
struct {{ Cpp::identifier(record.name) }} {
{%- for field in record.fields %}
{%- filter comment(4) %}{{ field.docs }}{% endfilter %}
    {{ Cpp::name(field.ty) }} {{ Cpp::identifier(field.name) }}{};
{%- endfor %}
};
