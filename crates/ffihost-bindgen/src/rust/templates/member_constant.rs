{% filter lines(4, "///") %}{{ constant.docs }}{% endfilter %}
    pub const {{ Rust::identifier(constant.member) }}: {% if *constant.ty == Type::String %}&str{% else %}{{ Rust::name(constant.ty) }}{% endif %} = {{ Rust::literal(constant) }};
