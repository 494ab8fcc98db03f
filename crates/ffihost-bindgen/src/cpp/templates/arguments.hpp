{%- if request.owner.handle().is_some() %}
        ffihost::detail::Access::id(*this),
{%- endif %}
{%- for param in function.params.iter() %}
        {% include "cpp/templates/argument.hpp" %}
{%- endfor %}
