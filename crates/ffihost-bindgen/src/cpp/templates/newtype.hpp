
{% filter comment(0) %}{{ newtype.docs }}

{{ Cpp::note(newtype.name) }}{% endfilter %}
using {{ Cpp::called(newtype.name) }}{{ Cpp::deprecated_value(newtype.docs) }} = {{ cpp.name(newtype.ty) }};
