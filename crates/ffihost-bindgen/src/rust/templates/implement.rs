{%- let implementation = rust.helpers.get("implementation_", group.name) %}
{%- let registrations = rust.helpers.get("registrations_", group.name) %}
{% filter lines(4, "///") %}
Implements `{{ group.name }}`, until what this returns is dropped, or until the connection ends for good. Its functions are registered one after the other: the library can call the first before it can call the last.

# Errors

If one of them is refused, which the error names. Those before it are taken back.
{% endfilter %}
    pub async fn {{ rust.helpers.get("implement_group", group.name) }}(
        &self,
        {{ implementation }}: impl {{ Rust::identifier(group.name) }},
    ) -> Result<ffi::Registrations, ffi::GroupError> {
        let {{ implementation }} = ffi::Arc::new({{ implementation }});
        let mut {{ registrations }} = ffi::Registrations::default();
{%- for method in Rust::methods(group) %}
{%- let host_fn = method.host_fn %}
        {{ registrations }}.add("{{ host_fn.name }}", self.{{ rust.helpers.get("implement", host_fn.name) }}({
            let {{ implementation }} = ffi::Arc::clone(&{{ implementation }});
            move |{% for field in host_fn.params %}{{ Rust::identifier(field.name) }}{% if !loop.last %}, {% endif %}{% endfor %}| {
                let {{ implementation }} = ffi::Arc::clone(&{{ implementation }});
                async move { {{ implementation }}.{{ Rust::identifier(method.name) }}({% for field in host_fn.params %}{{ Rust::identifier(field.name) }}{% if !loop.last %}, {% endif %}{% endfor %}).await }
            }
        })).await?;
{%- endfor %}
        Ok({{ registrations }})
    }
