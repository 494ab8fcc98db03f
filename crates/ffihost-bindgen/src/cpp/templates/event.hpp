{%- let name = event.name %}
{% filter comment(4) %}
{{ event.docs }}

{{ Cpp::fields(event.params) }}

Calls listener for each event {{ name }}, on {{ C::thread(event.contract) }}, as long as the subscription lives.
{% endfilter %}{{ Cpp::deprecated(event.docs, 4) }}
    ffihost::Subscription {{ cpp.helpers.get("listen", name) }}(std::function<void(
{%- for argument in cpp.arguments(event.params) %}
        {{ argument }},
{%- endfor %}
    )> listener) const {
        using FfiArgs = {{ cpp.tuple(event.params) }};
        return ffihost::detail::listen<{{ cpp.c_arguments(name, event.params) }}, FfiArgs>(
            ffihost::detail::Access::bound(*this), "{{ name }}", std::move(listener));
    }
