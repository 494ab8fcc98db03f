
        let args = ffi::Args::new()
{%- if let Some(owner) = owner %}
            .with({{ Rust::string(owner) }}, self)
{%- endif %}
{%- for param in params %}
{%- let name = Rust::identifier(param.name) %}
            {% match rust.pass(param.ty) %}
{%- when Pass::Bytes %}.bytes({{ Rust::string(param.name) }}, {{ name }})
{%- when Pass::OptionalBytes %}.with({{ Rust::string(param.name) }}, &{{ name }}.map(ffi::Bytes::copy_from_slice))
{%- when Pass::Lent %}.with({{ Rust::string(param.name) }}, {{ name }})
{%- when Pass::Reference %}.with({{ Rust::string(param.name) }}, &{{ name }})
{%- when Pass::Borrow %}.with({{ Rust::string(param.name) }}, {{ name }}.borrow())
{%- endmatch %}
{%- endfor %};
