{%- if !request.is_direct() %}
{%- let function = cpp.request(request) %}
    {{ Cpp::storage(request) }}int {{ cpp.helpers.get("submit", request.name) }}(
        ::FFICallBack ffi_cb,
        void *user_data,
{%- include "cpp/templates/params.hpp" %}
    ){{ Cpp::qualifier(request) }};
{%- endif %}
