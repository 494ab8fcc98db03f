{%- if fields.len() > 0 %}
{%- let c_type = cpp.c_args(name) %}
{%- let cpp_type = cpp.tuple(fields) %}

template <> struct Convert<{{ c_type }}, {{ cpp_type }}> {
    static {{ cpp_type }} take(const {{ c_type }} &from, void *ctx) {
        return {{ cpp_type }}{
{%- for field in fields %}
            detail::take<{{ cpp.name(field.ty) }}>(from.{{ Cpp::identifier(field.name) }}, ctx),
{%- endfor %}
        };
    }
};
{%- endif %}
