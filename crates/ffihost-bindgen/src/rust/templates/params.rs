{%- for param in params %}
        {{ Rust::identifier(param.name) }}: {{ rust.parameter(param.ty) }},
{%- endfor %}
