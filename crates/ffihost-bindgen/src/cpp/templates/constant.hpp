{%- filter comment(0) %}{{ constant.docs }}{% endfilter %}{{ Cpp::deprecated(constant.docs, 0) }}
{%- if *constant.ty == Type::String %}
inline constexpr std::string_view {{ Cpp::constant(constant) }}{{ "{" }}{{ c.constant(constant) }}, sizeof {{ c.constant(constant) }} - 1};
{%- else %}
inline constexpr {{ cpp.name(constant.ty) }} {{ Cpp::constant(constant) }} = {% if let Some(special) = Cpp::special(constant) %}{{ special }}{% else %}{{ c.constant(constant) }}{% endif %};
{%- endif %}
