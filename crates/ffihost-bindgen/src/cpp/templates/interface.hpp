

/* What a host implements at once: {{ group.name }}. Its methods run on the thread that host functions run on: return quickly. A call whose method throws fails. */
class {{ Cpp::called(group.name) }} {
public:
    virtual ~{{ Cpp::called(group.name) }}() = default;
{%- for method in group.methods %}
{%- let host_fn = method.host_fn %}
{%- let is_later = host_fn.contract.times == Times::EachCall(Answer::AnyTime) %}
{% filter comment(4) %}
{{ host_fn.docs }}

{{ Cpp::fields(host_fn.params) }}

{% if is_later %}Answered by `call`: now or later, from any thread.{% else %}Answered by what it returns.{% endif %}
{% endfilter %}
    virtual {% if is_later %}void{% else %}{{ cpp.name(host_fn.result) }}{% endif %} {{ Cpp::called(method.name) }}(
{%- if is_later %}
        ffihost::Responder<{{ cpp.name(host_fn.result) }}{% if let Some(error) = host_fn.error %}, {{ cpp.name(error) }}{% endif %}> call,
{%- endif %}
{%- for argument in cpp.arguments(host_fn.params) %}
        {{ argument }},
{%- endfor %}
    ) = 0;
{%- endfor %}
};
