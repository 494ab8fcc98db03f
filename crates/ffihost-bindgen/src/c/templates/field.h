{%- filter comment(4) %}{{ field.docs }}

{{ C::note(field.name) }}{% endfilter %}
    {{ c.name(field.ty) }} {{ C::identifier(field.name) }};
