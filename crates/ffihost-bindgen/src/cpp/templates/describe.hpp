{%- let cpp_type = cpp.own(name) %}

template <> struct Describe<{{ cpp_type }}> {
{%- match item %}
{%- when Some(item) %}
    static std::string of(const {{ cpp_type }} &error) {
        static constexpr const char *names[] = {
{%- for variant in item.variants %}
            "{{ name }}::{{ variant.name }}",
{%- endfor %}
        };
        const std::size_t at = {% if item.layout.is_some() %}error.value.index(){% else %}static_cast<std::size_t>(error){% endif %};
        return at < {{ item.variants.len() }} ? names[at] : "{{ name }}";
    }
{%- when None %}
    static std::string of(const {{ cpp_type }} &) { return "{{ name }}"; }
{%- endmatch %}
};
