{%- let fields = record.fields.as_slice() %}
{% filter lines(0, "///") %}{{ record.docs }}{% endfilter %}{{ Rust::deprecated(record.docs, 0) }}
#[derive(Clone, Debug{% if rust.has_default(fields) %}, Default{% endif %}, PartialEq, ffi::Serialize, ffi::Deserialize)]
#[serde(crate = "ffi::serde")]
pub struct {{ Rust::identifier(record.name) }} {
{%- include "rust/templates/fields.rs" %}
}
