{%- let params = request.params.as_slice() %}
{%- let owner = request.owner.param() %}
{% filter lines(4, "///") %}
{{ request.docs }}

{{ Rust::list(params) }}
{% endfilter %}{{ Rust::deprecated(request.docs, 4) }}
    pub fn {{ Rust::identifier(request.member) }}(
{%- if request.is_method() || request.class.is_none() %}
        &self,
{%- else %}
        {{ rust.helpers.get("of_", request.name) }}: &{{ rust.helper("type") }},
{%- endif %}
{%- include "rust/templates/params.rs" %}
    ) -> ffi::Request<{{ Rust::name(request.result) }}{% if let Some(error) = request.error %}, {{ Rust::name(error) }}{% endif %}> {
{%- include "rust/templates/args.rs" %}
        ffi::Request::new({% if owner.is_some() %}self.handle.client(){% else if request.class.is_some() %}&{{ rust.helpers.get("of_", request.name) }}.client{% else %}&self.client{% endif %}, "{{ request.name }}", args)
    }
