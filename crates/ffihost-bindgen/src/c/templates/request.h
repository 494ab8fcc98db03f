{%- let name = request.name %}
{%- let outcomes = C::read(request) %}
{%- let params = c.parameters(request.params, request.owner, ["ctx", "cb", "userData"]) %}
{%- if request.formats.native %}
{% filter comment(0) %}{% include "c/templates/request_docs.h" %}{% endfilter %}
int {{ library.name }}_{{ request.name }}(
{%- if request.owner.needs_context() %}
    void *ctx,
{%- endif %}
    FFICallBack cb,
    void *userData,
{%- include "c/templates/params.h" %}
);
{%- endif %}
{%- if request.formats.cbor %}
{% filter comment(0) %}
{%- if request.formats.native %}
The same in CBOR: req is a map from the names of the parameters, and so is what cb is passed.
{%- else %}
{%- include "c/templates/request_docs.h" %}

Only in CBOR: req is a map from the names of the parameters.
{%- endif %}
{% endfilter %}
int {{ library.name }}_{{ request.name }}_cbor(
{%- if request.owner.needs_context() %}
    void *ctx,
{%- endif %}
    FFICallBack cb,
    void *userData,
    const uint8_t *req,
    size_t len,
);
{%- endif %}
{%- for outcome in outcomes.iter() %}{% include "c/templates/reader.h" %}{% endfor %}
