{%- let function = cpp.request(request) %}
{%- let name = Cpp::called(function.name) %}
{%- if request.is_direct() %}{% include "cpp/templates/request_direct.hpp" %}
{%- else %}
{%- let submit = cpp.helpers.get("submit", request.name) %}
{%- let is_last = !request.is_asynchronous() && !function.is_cbor %}

inline int {{ class }}{{ submit }}(
    ::FFICallBack ffi_cb,
    void *user_data,
{%- include "cpp/templates/params.hpp" %}
){{ Cpp::qualifier(request) }} {
{%- if function.lends() %}
    ffihost::detail::Arena arena;
{%- endif %}
    return {{ function.symbol }}(
{%- if request.owner.needs_context() %}
        ffihost::detail::Access::bound({{ function.bound() }}).ctx,
{%- endif %}
{%- if !is_last %}
        ffi_cb,
        user_data,
{%- endif %}
{%- if function.is_cbor %}
        request.data(),
        request.size(),
{%- else %}
{%- include "cpp/templates/arguments.hpp" %}
{%- endif %}
{%- if is_last %}
        ffi_cb,
        user_data,
{%- endif %}
    );
}
{%- if request.is_asynchronous() %}
{% if class.is_empty() %}{{ Cpp::deprecated(request.docs, 0) }}{% endif %}
inline ffihost::Future<{{ function.value }}> {{ class }}{{ name }}(
{%- include "cpp/templates/params.hpp" %}
){{ Cpp::qualifier(request) }} {
{%- let start = "start_future<FfiSignature>(bound" %}{% include "cpp/templates/request_body.hpp" %}
{% if class.is_empty() %}{{ Cpp::deprecated(request.docs, 0) }}{% endif %}
inline ffihost::Request {{ class }}{{ name }}(
{%- include "cpp/templates/params.hpp" %}
    std::function<void(ffihost::Result<{{ function.outcome() }}>)> done,
){{ Cpp::qualifier(request) }} {
{%- let start = "start_callback<FfiSignature>(bound, std::move(done)" %}{% include "cpp/templates/request_body.hpp" %}

#ifdef FFIHOST_COROUTINES
{%- if class.is_empty() %}{{ Cpp::deprecated(request.docs, 0) }}{% endif %}
inline ffihost::Awaitable<{{ function.outcome() }}> {{ class }}{{ cpp.helpers.get("async", request.name) }}(
{%- include "cpp/templates/params.hpp" %}
){{ Cpp::qualifier(request) }} {
{%- let start = "start_await<FfiSignature>(bound" %}{% include "cpp/templates/request_body.hpp" %}
#endif
{%- else %}
{% if class.is_empty() %}{{ Cpp::deprecated(request.docs, 0) }}{% endif %}
inline {{ function.value }} {{ class }}{{ name }}(
{%- include "cpp/templates/params.hpp" %}
){{ Cpp::qualifier(request) }} {
{%- let start = "run<FfiSignature>(bound" %}{% include "cpp/templates/request_body.hpp" %}
{%- endif %}
{%- endif %}
