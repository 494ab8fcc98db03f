
{% filter lines(0, "///") %}{{ newtype.docs }}{% endfilter %}
pub type {{ Rust::identifier(newtype.name) }} = {{ Rust::name(newtype.ty) }};
