{%- filter comment(0) %}{{ constant.docs }}{% endfilter %}
{%- if let Some(characters) = C::characters(constant) %}
static const char {{ c.constant(constant) }}[] = {{ "{" }}{{ characters }}
};
{%- else %}
#define {{ c.constant(constant) }} {{ C::literal(constant) }}
{%- endif %}
