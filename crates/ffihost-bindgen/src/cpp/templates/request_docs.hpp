{{ request.docs }}

{{ Cpp::note(request.name) }}
{% if function.is_cbor %}
{%- let keys = Cpp::keys(request.owner, request.params) %}
{%- include "cpp/templates/keys.hpp" %}
{%- else %}
{{ Cpp::table(function.params) }}
{%- endif %}

{% if request.is_asynchronous() %}The future throws {% else %}Runs here, before it returns. Throws {% endif %}{% if let Some(error) = function.error %}ffihost::ErrorOf<{{ error }}> or {% endif %}ffihost::Error.
