{%- let name = "create" %}
{%- let outcomes = constructor.outcomes() %}
{%- let params = c.parameters(constructor.params, &Owner::Nobody, ["cb", "userData", "ctx"]) %}
{%- if constructor.formats.native %}
{% filter comment(0) %}
{{ constructor.docs }}

{{ C::table(params) }}

Makes a context. *ctx is set before this returns; cb: {{ C::times(constructor.contract) }}, on {{ C::thread(constructor.contract) }}, FFI_RET_OK when the library's constructor has ended, {% include "c/templates/failure.h" %}. After an error there is nothing to destroy.
Returns FFI_RET_OK, {{ C::refusals(constructor.contract, " or ") }}; see create in ffihost.h. {{ c.helper("open", "") }}, which checks the interface first, is what to call.
{% endfilter %}
int {{ library.name }}_create(
{%- include "c/templates/params.h" %}
    FFICallBack cb,
    void *userData,
    void **ctx,
);
{%- endif %}
{%- if constructor.formats.cbor %}

/* The same in CBOR: req is a map from the names of the parameters. */
int {{ library.name }}_create_cbor(
    const uint8_t *req,
    size_t len,
    FFICallBack cb,
    void *userData,
    void **ctx,
);
{%- endif %}
