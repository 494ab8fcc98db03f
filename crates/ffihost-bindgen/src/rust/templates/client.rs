
{% filter lines(0, "///") %}
{{ model.docs }}

A client of the library: elsewhere, by a connection, or in this process. All clones use one.
{%- if rust.inline().len() > 0 %}

Host functions that have to answer before they return cannot be implemented by a client: `{{ rust.inline().join("`, `") }}`.
{%- endif %}
{% endfilter %}
#[derive(Clone, Debug)]
pub struct {{ rust.helper("type") }} {
    client: ffi::Client,
}

impl {{ rust.helper("type") }} {
    /// Connects to a server of the library.
    ///
    /// # Errors
    ///
    /// If nobody listens there, if the server refuses, or if what this client has is missing there or differs. A server
    /// whose library has more is accepted.
    pub async fn {{ rust.helper("connect") }}(address: &ffi::Address, options: ffi::Options) -> Result<Self, ffi::ConnectError> {
        {{ rust.helper("interface") }}.connect(address, options).await.map(|client| Self { client })
    }
{%- if constructor.formats.cbor %}{% include "rust/templates/constructor.rs" %}{% endif %}

    /// The client without types, which knows what the server says of itself.
    pub fn {{ rust.helper("client") }}(&self) -> &ffi::Client {
        &self.client
    }

    /// Says goodbye, and waits until the connection has ended; where the library was loaded, until it is closed.
    /// Without this the connection ends when the last clone, handle and listener is dropped.
    pub async fn {{ rust.helper("close") }}(self) {
        self.client.close().await;
    }
{%- for request in rust.requests(None) %}{% include "rust/templates/request.rs" %}{% endfor %}
{%- for event in model.events %}{% include "rust/templates/event.rs" %}{% endfor %}
{%- for host_fn in model.host_fns %}{% include "rust/templates/host_fn.rs" %}{% endfor %}
{%- for group in rust.groups() %}{% include "rust/templates/implement.rs" %}{% endfor %}
}
