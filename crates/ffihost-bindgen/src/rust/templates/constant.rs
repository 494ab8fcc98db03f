
{% filter lines(0, "///") %}{{ constant.docs }}{% endfilter %}{{ Rust::deprecated(constant.docs, 0) }}
pub const {{ Rust::identifier(constant.name) }}: {% if *constant.ty == Type::String %}&str{% else %}{{ Rust::name(constant.ty) }}{% endif %} = {{ Rust::literal(constant) }};
