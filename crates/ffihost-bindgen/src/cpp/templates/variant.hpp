{%- let names = Cpp::variants(item) %}
{%- let parts = cpp.helpers.get("variants", item.name) %}

/* What {{ Cpp::called(item.name) }} can hold. */
struct {{ parts }} {
{%- for variant in item.variants %}
{%- filter comment(4) %}{{ variant.docs }}

{{ C::note(variant.name) }}{% endfilter %}
{%- match variant.payload %}
{%- when Payload::One(ty) %}
    struct {{ names[variant.tag] }} {
        {{ cpp.name(ty) }} value{{ cpp.initial(ty) }};
    };
{%- when Payload::Fields(fields) %}
{%- if fields.len() > 0 %}
    struct {{ names[variant.tag] }} {
{%- for field in fields %}
{%- filter comment(8) %}{{ field.docs }}

{{ C::note(field.name) }}{% endfilter %}
        {{ cpp.name(field.ty) }} {{ Cpp::identifier(field.name) }}{{ cpp.initial(field.ty) }};
{%- endfor %}
    };
{%- else %}
    struct {{ names[variant.tag] }} {};
{%- endif %}
{%- when Payload::Nothing %}
    struct {{ names[variant.tag] }} {};
{%- endmatch %}
{%- endfor %}
};
{% filter comment(0) %}{{ item.docs }}

{{ Cpp::note(item.name) }}{% endfilter %}
struct {{ Cpp::called(item.name) }} {
{%- for name in names.iter() %}
    using {{ name }} = {{ cpp.namespace() }}::{{ parts }}::{{ name }};
{%- endfor %}

    std::variant<{{ names.join(", ") }}> value;
};
