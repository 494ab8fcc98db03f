{% filter comment(0) %}{{ newtype.docs }}{% endfilter %}{{ C::deprecated(newtype.docs, 0) }}
typedef {{ c.name(newtype.ty) }} {{ c.own(newtype.name) }};
