{%- let name = Rust::identifier(handle.name) %}
{%- let requests = rust.requests(Some(handle.name)) %}
{%- let constants = model.constants_of(Some(handle.name)) %}
{% filter lines(0, "///") %}
{{ handle.docs }}

It stays in the library, and is given back when the last clone of this is dropped.
{% endfilter %}{{ Rust::deprecated(handle.docs, 0) }}
#[derive(Clone, Debug, PartialEq, Eq, Hash, ffi::Serialize, ffi::Deserialize)]
#[serde(crate = "ffi::serde", transparent)]
pub struct {{ name }} {
    handle: ffi::Handle<Self>,
}

impl ffi::HandleType for {{ name }} {
    const RELEASE: &'static str = "{{ handle.release.request }}";
}
{%- if requests.len() + constants.len() > 0 %}

impl {{ name }} {
{%- for constant in constants.iter() %}{% include "rust/templates/member_constant.rs" %}{% endfor %}
{%- for request in requests.iter() %}{% include "rust/templates/request.rs" %}{% endfor %}
}
{%- endif %}
