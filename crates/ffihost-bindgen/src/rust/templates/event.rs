
{% filter lines(4, "///") %}
{{ event.docs }}

Listens to it, until what this returns is dropped.

# Errors

If the library takes no listeners any more.
{% endfilter %}{{ Rust::deprecated(event.docs, 4) }}
    pub async fn {{ rust.helpers.get("listen", event.name) }}(&self) -> Result<ffi::Events<{{ rust.helpers.get("payload", event.name) }}>, ffi::RequestError> {
        ffi::listen(&self.client, "{{ event.name }}").await
    }
