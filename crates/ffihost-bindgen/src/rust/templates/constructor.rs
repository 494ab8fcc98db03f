{%- let params = constructor.params.as_slice() %}
{%- let owner = Owner::Nobody.param() %}
{% filter lines(4, "///") %}
{{ constructor.docs }}

{{ Rust::list(params) }}

Makes a context in this process, of a library that was loaded (`ffihost_load::Library`), and closes it after the last clone of this.

# Errors

With the constructor's declared error, or why there is no context: because the library that was loaded has another interface, for instance.
{% endfilter %}
    pub async fn {{ rust.helper("load") }}(
        {{ rust.helper("library_") }}: impl ffi::Library,
{%- include "rust/templates/params.rs" %}
    ) -> Result<Self, ffi::RequestError<{% if let Some(error) = constructor.error %}{{ Rust::name(error) }}{% else %}ffi::NoError{% endif %}>> {
{%- include "rust/templates/args.rs" %}
        {{ rust.helper("interface") }}.load({{ rust.helper("library_") }}, args).await.map(|client| Self { client })
    }
