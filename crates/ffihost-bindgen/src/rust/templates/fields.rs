{%- for field in fields %}
{%- filter lines(4, "///") %}{{ field.docs }}{% endfilter %}{{ Rust::deprecated(field.docs, 4) }}
{%- let called = field.name %}
    {% include "rust/templates/renamed.rs" %}pub {{ Rust::identifier(field.name) }}: {{ Rust::name(field.ty) }},
{%- endfor %}
