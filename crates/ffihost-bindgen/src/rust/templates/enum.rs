
{% filter lines(0, "///") %}{{ item.docs }}{% endfilter %}{{ Rust::deprecated(item.docs, 0) }}
#[derive(Clone, {% if item.layout.is_none() %}Copy, Debug, PartialEq, Eq, Hash{% else %}Debug, PartialEq{% endif %}, ffi::Serialize, ffi::Deserialize)]
#[serde(crate = "ffi::serde")]
pub enum {{ Rust::identifier(item.name) }} {
{%- for variant in item.variants %}
{%- filter lines(4, "///") %}{{ variant.docs }}{% endfilter %}{{ Rust::deprecated(variant.docs, 4) }}
{%- let called = variant.name %}
    {% include "rust/templates/renamed.rs" %}{{ Rust::identifier(variant.name) }}
{%- match variant.payload %}
{%- when Payload::Nothing %}
{%- when Payload::One(ty) %}({{ Rust::name(ty) }})
{%- when Payload::Fields(fields) %} {
{%- for field in fields %}
{%- filter lines(8, "///") %}{{ field.docs }}{% endfilter %}{{ Rust::deprecated(field.docs, 8) }}
{%- let called = field.name %}
        {% include "rust/templates/renamed.rs" %}{{ Rust::identifier(field.name) }}: {{ Rust::name(field.ty) }},
{%- endfor %}
    }
{%- endmatch %},
{%- endfor %}
}
