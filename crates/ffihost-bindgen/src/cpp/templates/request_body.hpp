
    using FfiSignature = {{ function.signature }};
    const ffihost::detail::Bound bound{% if request.owner.needs_context() %} = ffihost::detail::Access::bound({{ function.bound() }}){% else %}{&{{ library_fn }}(), nullptr}{% endif %};
    return ffihost::detail::{{ start }}, [&](::FFICallBack ffi_cb, void *user_data) {
        return {% if class.is_empty() %}{{ cpp.namespace() }}::{% else %}{{ class }}{% endif %}{{ submit }}(ffi_cb, user_data{% if let Some(name) = function.context %}, {{ name }}{% endif %}{% for param in function.params.iter() %}, {{ param.name }}{% endfor %});
    });
}
