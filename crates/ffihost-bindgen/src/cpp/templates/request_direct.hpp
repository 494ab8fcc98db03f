
{% if class.is_empty() %}{{ Cpp::deprecated(request.docs, 0) }}{% endif %}
inline {{ function.value }} {{ class }}{{ name }}(
{%- include "cpp/templates/params.hpp" %}
){{ Cpp::qualifier(request) }} {
    using FfiSignature = {{ function.signature }};
    const ffihost::detail::Bound bound{% if request.owner.needs_context() %} = ffihost::detail::Access::bound({{ function.bound() }}){% else %}{&{{ library_fn }}(), nullptr}{% endif %};
{%- if function.lends() %}
    ffihost::detail::Arena arena;
{%- endif %}
    return ffihost::detail::call_direct<FfiSignature>(bound, [&](auto... ffi_outcome) {
        return {{ function.symbol }}(
{%- if request.owner.needs_context() %}
            bound.ctx,
{%- endif %}
{%- include "cpp/templates/arguments.hpp" %}
            ffi_outcome...,
        );
    });
}
