
{% filter comment(0) %}{{ record.docs }}

{{ Cpp::note(record.name) }}{% endfilter %}
struct {{ Cpp::deprecated_type(record.docs) }}{{ Cpp::called(record.name) }} {
{%- for field in record.fields %}
{%- filter comment(4) %}{{ field.docs }}

{{ C::note(field.name) }}{% endfilter %}{{ Cpp::deprecated(field.docs, 4) }}
    {{ cpp.name(field.ty) }} {{ Cpp::identifier(field.name) }}{};
{%- endfor %}
{%- let pad = "    " %}
{%- let type_name = cpp.own(record.name) %}
{%- let members = Cpp::identifiers(record.fields) %}
{%- include "cpp/templates/equal.hpp" %}
};
