{% filter comment(4) %}{{ constant.docs }}{% endfilter %}
{%- if *constant.ty == Type::String %}
    static constexpr std::string_view {{ Cpp::constant(constant) }}{{ "{" }}{{ c.constant(constant) }}, sizeof {{ c.constant(constant) }} - 1};
{%- else %}
    static constexpr {{ cpp.name(constant.ty) }} {{ Cpp::constant(constant) }} = {% if let Some(special) = Cpp::special(constant) %}{{ special }}{% else %}{{ c.constant(constant) }}{% endif %};
{%- endif %}
