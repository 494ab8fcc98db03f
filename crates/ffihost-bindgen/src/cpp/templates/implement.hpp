
{%- let interface = Cpp::called(group.name) %}

    /* Implements {{ group.name }}: registers all of its functions at one moment, in place of what was set, or throws and registers none. The options are for each. The implementation is let go when none of them can be called any more. */
    void {{ cpp.helpers.get("implement", group.name) }}(
        std::shared_ptr<{{ interface }}> implementation,
        ffihost::HostFnOptions options = {},
    ) const {
        using FfiGroup = {{ interface }};
        const ::FFINamedHostFn fns[] = {
{%- for method in group.methods %}
{%- let host_fn = method.host_fn %}
{%- let is_later = host_fn.contract.times == Times::EachCall(Answer::AnyTime) %}
            {"{{ host_fn.name }}",
             &ffihost::detail::call_method<ffihost::detail::{% if is_later %}Responding{% else %}Returning{% endif %}HostFunction, {{ cpp.of_host_fn(host_fn) }}, {{ cpp.c_arguments(host_fn.name, host_fn.params) }}, {{ cpp.tuple(host_fn.params) }}, FfiGroup, &FfiGroup::{{ Cpp::called(method.name) }}>},
{%- endfor %}
        };
        ffihost::detail::implement_group(
            ffihost::detail::Access::bound(*this), fns, std::move(implementation), std::move(options));
    }