{%- let names = Cpp::variants(item) %}
{% filter comment(0) %}{{ item.docs }}{% endfilter %}
struct {{ Cpp::identifier(item.name) }} {
{%- for variant in item.variants %}
{%- filter comment(4) %}{{ variant.docs }}{% endfilter %}
{%- match variant.payload %}
{%- when Payload::One(ty) %}
    struct {{ names[variant.tag] }} {
        {{ cpp.qualified(ty) }} value;
    };
{%- when Payload::Fields(fields) %}
{%- if fields.len() > 0 %}
    struct {{ names[variant.tag] }} {
{%- for field in fields %}
{%- filter comment(8) %}{{ field.docs }}{% endfilter %}
        {{ cpp.qualified(field.ty) }} {{ Cpp::identifier(field.name) }};
{%- endfor %}
    };
{%- else %}
    struct {{ names[variant.tag] }} {};
{%- endif %}
{%- when Payload::Nothing %}
    struct {{ names[variant.tag] }} {};
{%- endmatch %}
{%- endfor %}

    std::variant<{{ names.join(", ") }}> value;
};
