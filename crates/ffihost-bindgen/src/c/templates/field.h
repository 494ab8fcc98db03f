{%- filter comment(4) %}{{ field.docs }}

{{ C::note(field.name) }}{% endfilter %}{{ C::deprecated(field.docs, 4) }}
    {{ c.name(field.ty) }} {{ C::identifier(field.name) }};
