{%- let name = Cpp::called(handle.name) %}

inline {{ name }}::{{ name }}(void *ctx, std::uint64_t id) noexcept
    : ffihost::Handle({&{{ library_fn }}(), ctx}, id, &::{{ handle.release.symbol }}) {}
{%- let class = Cpp::member_of(name) %}
{%- for request in cpp.members(&Class::Handle(handle.name)) %}{% include "cpp/templates/request.hpp" %}{% endfor %}
