{%- let name = host_fn.name %}
{%- let set = cpp.helpers.get("set", name) %}
{%- let result = cpp.name(host_fn.result) %}
{%- let arguments = cpp.arguments(host_fn.params) %}
{%- let signature = cpp.of_host_fn(host_fn) %}
{%- let c_arguments = cpp.c_arguments(name, host_fn.params) %}
{% filter comment(4) %}
{{ host_fn.docs }}

{{ Cpp::fields(host_fn.params) }}

Sets the host function {{ name }}, in place of what was set. {% if *host_fn.result == Type::Unit %}Returns when it is done,{% else %}Returns the answer,{% endif %}{% if let Some(error) = host_fn.error %} throws ffihost::ErrorOf<{{ cpp.name(error) }}> to answer with that,{% endif %} or throws something else, whose what() is told to the library. Runs on {{ C::thread(host_fn.contract) }}: return quickly.
{% endfilter %}{{ Cpp::deprecated(host_fn.docs, 4) }}
    void {{ set }}(std::function<{{ result }}(
{%- for argument in arguments.iter() %}
        {{ argument }},
{%- endfor %}
    )> host_function) const {
        using FfiSignature = {{ signature }};
        using FfiArgs = {{ cpp.tuple(host_fn.params) }};
        ffihost::detail::implement<FfiSignature, {{ c_arguments }}, FfiArgs>(
            ffihost::detail::Access::bound(*this), "{{ name }}", std::move(host_function));
    }
{%- if host_fn.contract.times == Times::EachCall(Answer::AnyTime) %}
{% filter comment(4) %}The same, answered by `call`: now or later, from any thread.{% if host_fn.contract.is_cancellable %} The options can say who is told that an answer is not wanted any more.{% endif %}{% endfilter %}{{ Cpp::deprecated(host_fn.docs, 4) }}
    void {{ set }}(std::function<void(
        ffihost::Responder<{{ result }}{% if let Some(error) = host_fn.error %}, {{ cpp.name(error) }}{% endif %}> call,
{%- for argument in arguments.iter() %}
        {{ argument }},
{%- endfor %}
    )> host_function,
{{ Cpp::below("    void (", set) }}ffihost::HostFnOptions options = {}) const {
        using FfiSignature = {{ signature }};
        using FfiArgs = {{ cpp.tuple(host_fn.params) }};
        ffihost::detail::implement_responding<FfiSignature, {{ c_arguments }}, FfiArgs>(
            ffihost::detail::Access::bound(*this), "{{ name }}", std::move(host_function), std::move(options));
    }
{%- endif %}

    /* Unregisters it; its open calls end. */
    void {{ set }}(std::nullptr_t) const {
        ffihost::detail::unregister(ffihost::detail::Access::bound(*this), "{{ name }}");
    }
