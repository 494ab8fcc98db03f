{{ request.docs }}
{% if request.is_constructor %}
Makes {% if let Some(class) = request.class %}a {{ c.own(class) }}{% endif %}.
{% endif %}
{{ C::table(params) }}

cb: {{ C::times(request.contract) }}, on {{ C::thread(request.contract) }}. FFI_RET_OK with {% if let Some((carried, reader)) = c.success(name, outcomes) %}{{ carried }}, see {{ reader }}{% else %}nothing{% endif %}; {% include "c/templates/failure.h" %}.
Returns FFI_RET_OK (accepted), or why it never calls back: {{ C::refusals(request.contract, ", ") }}.
