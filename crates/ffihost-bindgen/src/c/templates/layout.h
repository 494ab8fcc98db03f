{%- match c.layout(item) %}
{%- when Some((size, offsets)) %}
{{ c.upper }}_SAME_({{ c.defined(item) }}, sizeof({{ c.defined(item) }}), {{ size }})
{%- for (field, offset) in offsets %}
{{ c.upper }}_SAME_({{ c.defined(item) }}_{{ field }}, offsetof({{ c.defined(item) }}, {{ field }}), {{ offset }})
{%- endfor %}
{%- when None %}
{%- endmatch %}
