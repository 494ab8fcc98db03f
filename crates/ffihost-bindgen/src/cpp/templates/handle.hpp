{%- let name = Cpp::called(handle.name) %}
{%- let methods = cpp.members(&Class::Handle(handle.name)) %}
{% filter comment(0) %}{{ handle.docs }}

{{ Cpp::note(handle.name) }}{% endfilter %}
class {{ Cpp::deprecated_type(handle.docs) }}{{ name }} : public ffihost::Handle {
public:
    /* None. */
    {{ name }}() noexcept : {{ name }}(nullptr, 0) {}
    /* Takes over what C has as a number. */
    {{ name }}(void *ctx, std::uint64_t id) noexcept;
{%- for constant in model.constants_of(Some(handle.name)) %}{% include "cpp/templates/member_constant.hpp" %}{% endfor %}
{%- for request in methods.iter() %}{% include "cpp/templates/request_declared.hpp" %}{% endfor %}
{%- if Cpp::submits(methods) %}

private:
{%- for request in methods.iter() %}{% include "cpp/templates/submit_declared.hpp" %}{% endfor %}
{%- endif %}
};
