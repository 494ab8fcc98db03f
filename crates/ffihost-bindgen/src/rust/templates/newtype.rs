
{% filter lines(0, "///") %}{{ newtype.docs }}{% endfilter %}{{ Rust::deprecated(newtype.docs, 0) }}
pub type {{ Rust::identifier(newtype.name) }} = {{ Rust::name(newtype.ty) }};
