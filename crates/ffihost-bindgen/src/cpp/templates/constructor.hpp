{%- let function = cpp.create() %}
{%- let create = cpp.helpers.get("create", "") %}
{% filter comment(4) %}
{{ constructor.docs }}
{% if function.is_cbor %}
{%- let keys = Cpp::keys(&Owner::Nobody, constructor.params) %}
{%- include "cpp/templates/keys.hpp" %}
{%- else %}
{{ Cpp::table(function.params) }}
{%- endif %}

Waits until it is made. Throws ffihost::AbiMismatch, what the constructor declares, or ffihost::Error.
{% endfilter %}
    static {{ context }} {{ cpp.helpers.get("open", "") }}(
{%- include "cpp/templates/params.hpp" %}
    ) {
        return {{ context }}::{{ create }}({% for param in function.params.iter() %}{% if !loop.first %}, {% endif %}{{ param.name }}{% endfor %}).get();
    }
{% filter comment(4) %}The same without waiting. Throws ffihost::AbiMismatch at once, the rest from the future.{% endfilter %}
    [[nodiscard]] static std::future<{{ context }}> {{ create }}(
{%- include "cpp/templates/params.hpp" %}
    ) {
        {{ check_abi }}();
        using FfiSignature = {{ function.signature }};
        return ffihost::detail::create<{{ cpp.own_context() }}, FfiSignature>([&](::FFICallBack ffi_cb, void *user_data, void **ctx) {
{%- include "cpp/templates/constructor_call.hpp" %}
    }
{% filter comment(4) %}The same with the context at once, so that host functions can be set which the library's constructor calls; ready is called on the FFI thread when that has ended. Requests wait until then.{% endfilter %}
    [[nodiscard]] static {{ context }} {{ cpp.helpers.get("start", "") }}(
{%- include "cpp/templates/params.hpp" %}
        std::function<void(ffihost::Result<void{% if let Some(error) = function.error %}, {{ error }}{% endif %}>)> ready,
    ) {
        {{ check_abi }}();
        using FfiSignature = {{ function.signature }};
        const ffihost::detail::Bound bound{&{{ library_fn }}(), nullptr};
        void *made = nullptr;
        void **ctx = &made;
        ffihost::detail::start_callback<FfiSignature>(bound, std::move(ready), [&](::FFICallBack ffi_cb, void *user_data) {
{%- include "cpp/templates/constructor_call.hpp" %}
        return {{ cpp.own_context() }}(made);
    }
