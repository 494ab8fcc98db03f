{% filter comment(0) %}{{ newtype.docs }}{% endfilter %}
typedef {{ c.name(newtype.ty) }} {{ c.own(newtype.name) }};
