{% if let Some(name) = Rust::renamed(called) %}#[serde(rename = {{ Rust::string(name) }})] {% endif %}
