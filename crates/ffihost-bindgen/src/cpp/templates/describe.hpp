{%- let name = item.name() %}
{%- let cpp_type = cpp.own(name) %}
{%- let variants = item.variants() %}

template <> struct Describe<{{ cpp_type }}> {
{%- if variants.len() > 0 %}
    static std::string of(const {{ cpp_type }} &error) {
        static constexpr const char *names[] = {
{%- for variant in variants %}
            "{{ name }}::{{ variant.name }}",
{%- endfor %}
        };
        const std::size_t at = {% if item.is_number() %}static_cast<std::size_t>(error){% else %}error.index(){% endif %};
        return at < {{ variants.len() }} ? names[at] : "{{ name }}";
    }
{%- else %}
    static std::string of(const {{ cpp_type }} &) { return "{{ name }}"; }
{%- endif %}
};
