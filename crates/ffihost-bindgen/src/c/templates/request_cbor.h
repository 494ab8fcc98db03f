{%- let params = c.parameters(request.params, request.owner, ["ctx", "cb", "userData"]) %}
{% filter comment(0) %}
{%- if request.is_direct() %}
The same in CBOR: req is a map from the names of the parameters, and cb is passed the outcome in CBOR on this thread, before this returns.
{%- else if request.formats.native %}
The same in CBOR: req is a map from the names of the parameters, and so is what cb is passed.
{%- else %}
{%- let outcomes = C::read(request) %}
{%- include "c/templates/request_docs.h" %}

Only in CBOR: req is a map from the names of the parameters.
{%- endif %}
{% endfilter %}{{ C::deprecated(request.docs, 0) }}
int {{ library.name }}_{{ name }}_cbor(
{%- if request.owner.needs_context() %}
    void *ctx,
{%- endif %}
    FFICallBack cb,
    void *userData,
    const uint8_t *req,
    size_t len,
);
