{%- let c_type = cpp.c_own(item.name) %}
{%- let cpp_type = cpp.own(item.name) %}
{%- let names = Cpp::variants(item) %}

template <> struct Convert<{{ c_type }}, {{ cpp_type }}> {
    static {{ cpp_type }} take(const {{ c_type }} &from, [[maybe_unused]] void *ctx) {
        using V = {{ cpp_type }};
        switch (from.tag) {
{%- for variant in item.variants %}
{%- let member = C::variant_member(variant.name) %}
            case {{ variant.tag }}:
                return V{V::{{ names[variant.tag] }}{
{%- match variant.payload %}
{%- when Payload::Nothing %}
{%- when Payload::One(ty) %}
                    detail::take<{{ cpp.name(ty) }}>(from.payload.{{ member }}, ctx),
{%- when Payload::Fields(fields) %}
{%- for field in fields %}
                    detail::take<{{ cpp.name(field.ty) }}>(from.payload.{{ member }}.{{ Cpp::identifier(field.name) }}, ctx),
{%- endfor %}
{%- endmatch %}
                }};
{%- endfor %}
            default: throw Error(FFI_RET_DECODE, "{{ c_type }} has no such tag");
        }
    }

    static {{ c_type }} lend(const {{ cpp_type }} &from, [[maybe_unused]] Arena &arena) {
        {{ c_type }} to{};
        to.tag = static_cast<std::int32_t>(from.index());
        switch (from.index()) {
{%- for variant in item.variants %}
{%- let member = C::variant_member(variant.name) %}
{%- if variant.payload.types().len() > 0 %}
            case {{ variant.tag }}: {
                const auto &held = *from.get_if<{{ cpp.part(item, names[variant.tag]) }}>();
{%- match variant.payload %}
{%- when Payload::Nothing %}
{%- when Payload::One(_) %}
                lend_to(to.payload.{{ member }}, held.value, arena);
{%- when Payload::Fields(fields) %}
{%- for field in fields %}
                lend_to(to.payload.{{ member }}.{{ Cpp::identifier(field.name) }}, held.{{ Cpp::identifier(field.name) }}, arena);
{%- endfor %}
{%- endmatch %}
                break;
            }
{%- endif %}
{%- endfor %}
            default: break;
        }
        return to;
    }
};
