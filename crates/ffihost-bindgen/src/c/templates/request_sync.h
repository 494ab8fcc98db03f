{%- let outcomes = C::read(request) %}
{%- let params = c.parameters(request.params, request.owner, ["ctx", "cb", "userData"]) %}
{% filter comment(0) %}{% include "c/templates/request_docs.h" %}{% endfilter %}{{ C::deprecated(request.docs, 0) }}
int {{ library.name }}_{{ name }}(
{%- if request.owner.needs_context() %}
    void *ctx,
{%- endif %}
{%- include "c/templates/params.h" %}
    FFICallBack cb,
    void *userData,
);
