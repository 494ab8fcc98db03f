{%- let names = Cpp::variants(item) %}
{%- let parts = cpp.helpers.get("variants", item.name) %}

/* What {{ Cpp::called(item.name) }} can hold. */
struct {{ parts }} {
{%- for variant in item.variants %}
{%- filter comment(4) %}{{ variant.docs }}

{{ C::note(variant.name) }}{% endfilter %}
    struct {{ names[variant.tag] }} {
{%- match variant.payload %}
{%- when Payload::One(ty) %}
        {{ cpp.name(ty) }} value{{ cpp.initial(ty) }};
{%- when Payload::Fields(fields) %}
{%- for field in fields %}
{%- filter comment(8) %}{{ field.docs }}

{{ C::note(field.name) }}{% endfilter %}{{ Cpp::deprecated(field.docs, 8) }}
        {{ cpp.name(field.ty) }} {{ Cpp::identifier(field.name) }}{{ cpp.initial(field.ty) }};
{%- endfor %}
{%- when Payload::Nothing %}
{%- endmatch %}
{%- let pad = "        " %}
{%- let type_name = cpp.part(item, names[variant.tag]) %}
{%- let members = Cpp::members_of(variant.payload) %}
{%- include "cpp/templates/equal.hpp" %}
    };
{%- endfor %}

    using Held = ffihost::Variant<{{ names.join(", ") }}>;
};
{% filter comment(0) %}{{ item.docs }}

{{ Cpp::note(item.name) }}{% endfilter %}
struct {{ Cpp::deprecated_type(item.docs) }}{{ Cpp::called(item.name) }} : {{ parts }}::Held {
    using {{ parts }}::Held::Held;
{%- for variant in item.variants %}
{%- let name = names[variant.tag].as_str() %}
    using {{ name }}{{ Cpp::deprecated_value(variant.docs) }} = {{ cpp.part(item, name) }};
{%- endfor %}
};
