{%- if host_fn.form == Form::Asynchronous %}
{%- let args = rust.helper("Args_") %}
{%- let returned = rust.helper("R_") %}
{% filter lines(4, "///") %}
{{ host_fn.docs }}

{{ Rust::list(host_fn.params) }}

Is this host function until what this returns is dropped, or until the connection ends for good.

# Errors

If the process that serves the library is it itself.
{% endfilter %}{{ Rust::deprecated(host_fn.docs, 4) }}
    pub async fn {{ rust.helpers.get("implement", host_fn.name) }}<{{ returned }}>(
        &self,
        function: impl Fn(
{%- for param in host_fn.params %}
            {{ Rust::name(param.ty) }},
{%- endfor %}
        ) -> {{ returned }} + Send + Sync + 'static,
    ) -> Result<ffi::Registration, ffi::RequestError>
    where
        {{ returned }}: ffi::Future<Output = {% include "rust/templates/outcome.rs" %}> + Send + 'static,
    {
        #[derive(ffi::Deserialize)]
        #[serde(crate = "ffi::serde")]
        struct {{ args }} {
{%- for field in host_fn.params %}
{%- let called = field.name %}
            {% include "rust/templates/renamed.rs" %}{{ Rust::identifier(field.name) }}: {{ Rust::name(field.ty) }},
{%- endfor %}
        }
        ffi::implement(&self.client, "{{ host_fn.name }}", move |{% if host_fn.params.len() > 0 %}args: {{ args }}{% else %}{{ args }} {}{% endif %}| function(
{%- for field in host_fn.params %}
            args.{{ Rust::identifier(field.name) }},
{%- endfor %}
        )).await
    }
{%- endif %}
