{%- match item %}
{%- when Defined::Option(whole, inner) %}

/* {{ whole }}: `value` means something only if `present`. */
struct {{ c.defined(item) }} {
    bool present;
    {{ c.name(inner) }} value;
};
{%- when Defined::List(whole, inner) %}

/* {{ whole }}; `data` may be NULL if `len` is 0. */
struct {{ c.defined(item) }} {
    const {{ c.name(inner) }} *data;
    size_t len;
};
{%- when Defined::Entry(whole, inner) %}

/* One entry of a {{ whole }}. */
struct {{ c.defined(item) }} {
    FFIString key;
    {{ c.name(inner) }} value;
};
{%- when Defined::Map(whole) %}

/* {{ whole }}, in any order; `data` may be NULL if `len` is 0. */
struct {{ c.defined(item) }} {
    const {{ c.entry(whole) }} *data;
    size_t len;
};
{%- when Defined::Record(record) %}
{% filter comment(0) %}{{ record.docs }}{% endfilter %}
struct {{ c.defined(item) }} {
{%- for field in record.fields %}{% include "c/templates/field.h" %}
{%- else %}
    /* means nothing: C has no empty struct */
    uint8_t reserved;
{%- endfor %}
};
{%- when Defined::Arguments(arguments) %}

/* The arguments of {{ arguments.kind }} `{{ arguments.name }}`. */
struct {{ c.defined(item) }} {
{%- for field in arguments.fields %}{% include "c/templates/field.h" %}{% endfor %}
};
{%- when Defined::Tagged(tagged) %}
{% filter comment(0) %}{{ tagged.docs }}{% endfilter %}
struct {{ c.defined(item) }} {
    /* which variant it is, and so what is in the payload */
    int32_t tag;
    union {
{%- for variant in tagged.variants %}
{%- match variant.payload %}
{%- when Payload::One(ty) %}
        /* of {{ c.variant(tagged.name, variant.name) }} */
        {{ c.name(ty) }} {{ C::variant_member(variant.name) }};
{%- when Payload::Fields(fields) %}
{%- if fields.len() > 0 %}
        /* of {{ c.variant(tagged.name, variant.name) }} */
        struct {
{%- for field in fields %}
{%- filter comment(12) %}{{ field.docs }}

{{ C::note(field.name) }}{% endfilter %}{{ C::deprecated(field.docs, 12) }}
            {{ c.name(field.ty) }} {{ C::identifier(field.name) }};
{%- endfor %}
        } {{ C::variant_member(variant.name) }};
{%- endif %}
{%- when Payload::Nothing %}
{%- endmatch %}
{%- endfor %}
    } payload;
};
{%- endmatch %}
