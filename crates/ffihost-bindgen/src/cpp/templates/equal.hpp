
{%- if members.len() > 0 %}

{{ pad }}friend bool operator==(
{{ pad }}    const {{ type_name }} &left,
{{ pad }}    const {{ type_name }} &right,
{{ pad }}) {
{{ pad }}    return {% for member in members.iter() %}ffihost::detail::same(left.{{ member }}, right.{{ member }}){% if !loop.last %} && {% endif %}{% endfor %};
{{ pad }}}
{{ pad }}friend bool operator!=(
{{ pad }}    const {{ type_name }} &left,
{{ pad }}    const {{ type_name }} &right,
{{ pad }}) {
{{ pad }}    return !(left == right);
{{ pad }}}
{%- else %}
{{ pad }}friend bool operator==(
{{ pad }}    const {{ type_name }} &,
{{ pad }}    const {{ type_name }} &,
{{ pad }}) { return true; }
{{ pad }}friend bool operator!=(
{{ pad }}    const {{ type_name }} &,
{{ pad }}    const {{ type_name }} &,
{{ pad }}) { return false; }
{%- endif %}
