{%- let function = cpp.request(request) %}
{%- let name = Cpp::called(function.name) %}
{% filter comment(4) %}{% include "cpp/templates/request_docs.hpp" %}{% endfilter %}
{%- if request.is_asynchronous() %}
    ffihost::Future<{{ function.value }}> {{ name }}(
{%- include "cpp/templates/params.hpp" %}
    ) const;
{% filter comment(4) %}{% include "cpp/templates/callback_docs.hpp" %}{% endfilter %}
    ffihost::Request {{ name }}(
{%- include "cpp/templates/params.hpp" %}
        std::function<void(ffihost::Result<{{ function.outcome() }}>)> done,
    ) const;
#ifdef FFIHOST_COROUTINES
{%- filter comment(4) %}{% include "cpp/templates/await_docs.hpp" %}{% endfilter %}
    ffihost::Awaitable<{{ function.outcome() }}> {{ cpp.helpers.get("async", request.name) }}(
{%- include "cpp/templates/params.hpp" %}
    ) const;
#endif
{%- else %}
    {{ function.value }} {{ name }}(
{%- include "cpp/templates/params.hpp" %}
    ) const;
{%- endif %}
