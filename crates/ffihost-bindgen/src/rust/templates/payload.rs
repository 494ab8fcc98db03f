{%- let fields = event.params.as_slice() %}
{% filter lines(0, "///") %}What the event `{{ event.name }}` tells.{% endfilter %}
#[derive(Clone, Debug{% if rust.has_default(fields) %}, Default{% endif %}, PartialEq, ffi::Serialize, ffi::Deserialize)]
#[serde(crate = "ffi::serde")]
pub struct {{ rust.helpers.get("payload", event.name) }} {
{%- include "rust/templates/fields.rs" %}
}
