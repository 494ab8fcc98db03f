{%- if constructor.formats.native %}
{%- let params = c.parameters(constructor.params, &Owner::Nobody, ["cb", "userData", "ctx"]) %}

/* Checks the interface, then creates: returns what {{ library.name }}_create does, or FFI_RET_ABI_MISMATCH, and then
 * {{ c.helper("abi_message", "") }} says more.
 */
static inline int {{ c.helper("open", "") }}(
{%- include "c/templates/params.h" %}
    FFICallBack cb,
    void *userData,
    void **ctx,
) {
    if ({{ c.helper("check_abi", "") }}() != FFI_RET_OK) {
        return FFI_RET_ABI_MISMATCH;
    }
    return {{ library.name }}_create({% for param in params.iter() %}{{ param.name }}, {% endfor %}cb, userData, ctx);
}
{%- endif %}
{%- let name = "create" %}
{%- for outcome in constructor.outcomes() %}{% include "c/templates/reader.h" %}{% endfor %}
