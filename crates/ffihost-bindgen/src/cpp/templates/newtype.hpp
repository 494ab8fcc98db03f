
{% filter comment(0) %}{{ newtype.docs }}

{{ Cpp::note(newtype.name) }}{% endfilter %}
using {{ Cpp::called(newtype.name) }} = {{ cpp.name(newtype.ty) }};
