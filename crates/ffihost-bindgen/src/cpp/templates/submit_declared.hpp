{%- let function = cpp.request(request) %}
    int {{ cpp.helpers.get("submit", request.name) }}(
        FFICallBack ffi_cb,
        void *user_data,
{%- for param in function.params.iter() %}
        {{ param.declared }},
{%- endfor %}
    ) const;
