
{%- if function.lends() %}
            ffihost::detail::Arena arena;
{%- endif %}
            return {{ function.symbol }}(
{%- if function.is_cbor %}
                request.data(),
                request.size(),
{%- else %}
{%- for param in function.params.iter() %}
                {% include "cpp/templates/argument.hpp" %}
{%- endfor %}
{%- endif %}
                ffi_cb,
                user_data,
                ctx,
            );
        });
