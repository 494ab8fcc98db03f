{%- filter comment(4) %}{{ field.docs }}{% endfilter %}
    {{ c.name(field.ty) }} {{ C::identifier(field.name) }};
