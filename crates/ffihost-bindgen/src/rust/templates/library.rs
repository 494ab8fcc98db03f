{{ head }}

#![cfg_attr(rustfmt, rustfmt_skip)]
#![allow(
    dead_code, missing_docs, nonstandard_style, rustdoc::all, unreachable_pub, unused_imports,
    clippy::all, clippy::pedantic,
    reason = "what there is, and how it is called and described, is the library's to say"
)]

use ::ffihost_ipc::typed as ffi;
use ffi::Borrow as _;

/// The library that this file was made for.
pub const {{ interface }}: ffi::Interface<'static> =
    ffi::Interface { library: "{{ library.name }}", version: {{ version }}, abi_hash: {{ hash }} };
{%- for constant in constants %}
{{ constant.docs }}
pub const {{ constant.name }}: {{ constant.ty }} = {{ constant.value }};
{%- endfor %}
{%- for shape in shapes %}
{{ shape.docs }}
#[derive({{ shape.derives }})]
#[serde(crate = "ffi::serde")]
pub {{ shape.keyword }} {{ shape.name }} {
{%- for member in shape.members %}{{ member.docs }}
    {{ member.text }}
{%- endfor %}
}
{%- endfor %}
{%- for handle in handles %}
{{ handle.docs }}
#[derive(Clone, Debug, PartialEq, Eq, Hash, ffi::Serialize, ffi::Deserialize)]
#[serde(crate = "ffi::serde")]
pub struct {{ handle.name }}(ffi::Handle<Self>);

impl ffi::HandleType for {{ handle.name }} {
    const RELEASE: &'static str = "{{ handle.release }}";
}
{%- if handle.methods.len() > 0 %}

impl {{ handle.name }} {
{%- for method in handle.methods %}{% call request(method) %}{% endcall %}
{%- endfor %}
}
{%- endif %}
{%- endfor %}
{{ client_docs }}
#[derive(Clone, Debug)]
pub struct {{ client }}(ffi::Client);

impl {{ client }} {
    /// Connects to a server of the library.
    ///
    /// # Errors
    ///
    /// If nobody listens there, or if the server refuses: because it serves another interface, for instance.
    pub async fn {{ names.connect }}(address: &ffi::Address, options: ffi::Options) -> Result<Self, ffi::ConnectError> {
        {{ interface }}.connect(address, options).await.map(Self)
    }
{%- match load %}
{%- when Some(load) %}
{{ load.docs }}
    {{ load.signature }} {
        {{ load.args }}
        {{ interface }}.load({{ names.library }}, args).await.map(Self)
    }
{%- when None %}
{%- endmatch %}

    /// The client without types, which knows what the server says of itself.
    pub fn {{ names.client }}(&self) -> &ffi::Client {
        &self.0
    }

    /// Says goodbye, and waits until the connection has ended; where the library was loaded, until it is closed.
    /// Without this the connection ends when the last clone, handle and listener is dropped.
    pub async fn {{ names.close }}(self) {
        self.0.close().await;
    }
{%- for method in methods %}{% call request(method) %}{% endcall %}
{%- endfor %}
{%- for event in events %}
{{ event.docs }}
    pub async fn {{ event.method }}(&self) -> Result<ffi::Events<{{ event.payload }}>, ffi::RequestError> {
        ffi::listen(&self.0, "{{ event.name }}").await
    }
{%- endfor %}
{%- for host_fn in host_fns %}
{{ host_fn.docs }}
    {{ host_fn.signature }}
    where
        {{ names.returned }}: {{ host_fn.bound }},
    {
        #[derive(ffi::Deserialize)]
        #[serde(crate = "ffi::serde")]
        struct {{ names.args }} {
{%- for field in host_fn.fields %}
            {{ field }}
{%- endfor %}
        }
        {{ host_fn.call }}
    }
{%- endfor %}
}
{%- macro request(method) %}
{{ method.docs }}
    {{ method.signature }} {
        {{ method.args }}
        ffi::Request::new({{ method.of }}, "{{ method.name }}", args)
    }
{%- endmacro %}
