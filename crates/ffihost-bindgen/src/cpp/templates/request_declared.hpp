{%- let function = cpp.request(request) %}
{%- let name = Cpp::called(function.name) %}
{% filter comment(4) %}{% include "cpp/templates/request_docs.hpp" %}{% endfilter %}{{ Cpp::deprecated(request.docs, 4) }}
{%- if request.is_asynchronous() %}
    {{ Cpp::storage(request) }}ffihost::Future<{{ function.value }}> {{ name }}(
{%- include "cpp/templates/params.hpp" %}
    ){{ Cpp::qualifier(request) }};
{% filter comment(4) %}{% include "cpp/templates/callback_docs.hpp" %}{% endfilter %}{{ Cpp::deprecated(request.docs, 4) }}
    {{ Cpp::storage(request) }}ffihost::Request {{ name }}(
{%- include "cpp/templates/params.hpp" %}
        std::function<void(ffihost::Result<{{ function.outcome() }}>)> done,
    ){{ Cpp::qualifier(request) }};
#ifdef FFIHOST_COROUTINES
{%- filter comment(4) %}{% include "cpp/templates/await_docs.hpp" %}{% endfilter %}{{ Cpp::deprecated(request.docs, 4) }}
    {{ Cpp::storage(request) }}ffihost::Awaitable<{{ function.outcome() }}> {{ cpp.helpers.get("async", request.name) }}(
{%- include "cpp/templates/params.hpp" %}
    ){{ Cpp::qualifier(request) }};
#endif
{%- else %}
    {{ Cpp::storage(request) }}{{ function.value }} {{ name }}(
{%- include "cpp/templates/params.hpp" %}
    ){{ Cpp::qualifier(request) }};
{%- endif %}
