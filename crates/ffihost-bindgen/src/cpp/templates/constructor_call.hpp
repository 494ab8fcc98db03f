
{%- if function.lends() %}
            ffihost::detail::Arena arena;
{%- endif %}
            return {{ function.symbol }}(
{%- if function.is_cbor %}
                request.data(),
                request.size(),
{%- else %}
{%- for param in function.params.iter() %}
                {{ param.lent }},
{%- endfor %}
{%- endif %}
                ffi_cb,
                user_data,
                ctx,
            );
        });
