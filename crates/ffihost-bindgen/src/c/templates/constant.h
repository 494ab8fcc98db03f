{%- filter comment(0) %}{{ constant.docs }}{% endfilter %}
#define {{ c.constant(constant) }} {{ C::literal(constant) }}
