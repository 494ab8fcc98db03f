{%- if let Some(name) = function.context %}
    const {{ context }} &{{ name }},
{%- endif %}
{%- for param in function.params.iter() %}
    {{ param.declared }},
{%- endfor %}
