
{% filter lines(0, "///") %}
What a client implements at once, by [`{{ rust.helper("type") }}::{{ rust.helpers.get("implement_group", group.name) }}`]: `{{ group.name }}`.
{% endfilter %}
pub trait {{ Rust::identifier(group.name) }}: Send + Sync + 'static {
{%- for method in Rust::methods(group) %}
{%- let host_fn = method.host_fn %}
{% filter lines(4, "///") %}
{{ host_fn.docs }}

{{ Rust::list(host_fn.params) }}
{% endfilter %}{{ Rust::deprecated(host_fn.docs, 4) }}
    fn {{ Rust::identifier(method.name) }}(
        &self,
{%- for param in host_fn.params %}
        {{ Rust::identifier(param.name) }}: {{ Rust::name(param.ty) }},
{%- endfor %}
    ) -> impl ffi::Future<Output = {% include "rust/templates/outcome.rs" %}> + Send;
{%- endfor %}
}
