{%- let name = request.name %}
{%- if request.formats.native %}
{%- if request.is_direct() %}{% include "c/templates/request_direct.h" %}
{%- else if request.is_asynchronous() %}{% include "c/templates/request_async.h" %}
{%- else %}{% include "c/templates/request_sync.h" %}
{%- endif %}
{%- endif %}
{%- if request.formats.cbor %}{% include "c/templates/request_cbor.h" %}{% endif %}
{%- for outcome in C::read(request) %}{% include "c/templates/reader.h" %}{% endfor %}
