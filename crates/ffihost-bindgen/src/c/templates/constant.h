{%- filter comment(0) %}{{ constant.docs }}
{%- if let Some(deprecated) = constant.docs.deprecated %}

{{ deprecated }}
{%- endif %}{% endfilter %}
{%- if let Some(characters) = C::characters(constant) %}
static const char {{ c.constant(constant) }}[] = {{ "{" }}{{ characters }}
};
{%- else %}
#define {{ c.constant(constant) }} {{ C::literal(constant) }}
{%- endif %}
