{%- let c_type = cpp.c_own(record.name) %}
{%- let cpp_type = cpp.own(record.name) %}
{%- let unused = Cpp::unused(record.fields) %}

template <> struct Convert<{{ c_type }}, {{ cpp_type }}> {
    static {{ cpp_type }} take({{ unused }}const {{ c_type }} &from, {{ unused }}void *ctx) {
        return {
{%- for field in record.fields %}
            detail::take<{{ cpp.name(field.ty) }}>(from.{{ Cpp::identifier(field.name) }}, ctx),
{%- endfor %}
        };
    }

    static {{ c_type }} lend({{ unused }}const {{ cpp_type }} &from, {{ unused }}Arena &arena) {
        {{ c_type }} to{};
{%- for field in record.fields %}
        lend_to(to.{{ Cpp::identifier(field.name) }}, from.{{ Cpp::identifier(field.name) }}, arena);
{%- endfor %}
        return to;
    }
};
