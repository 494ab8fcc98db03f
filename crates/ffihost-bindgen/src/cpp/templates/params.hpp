{%- for param in function.params.iter() %}
    {{ param.declared }},
{%- endfor %}
