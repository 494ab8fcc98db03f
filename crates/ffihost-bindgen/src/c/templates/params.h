{%- for param in params.iter() %}
    {{ param.declared }},
{%- endfor %}
