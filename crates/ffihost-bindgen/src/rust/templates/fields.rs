{%- for field in fields %}
{%- filter lines(4, "///") %}{{ field.docs }}{% endfilter %}
    {% if let Some(name) = Rust::renamed(field.name) %}#[serde(rename = {{ Rust::string(name) }})] {% endif %}pub {{ Rust::identifier(field.name) }}: {{ Rust::name(field.ty) }},
{%- endfor %}
