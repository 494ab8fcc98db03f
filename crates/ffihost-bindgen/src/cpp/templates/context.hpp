{%- let methods = cpp.members(&Class::Context) %}
{% filter comment(0) %}
{{ model.docs }}

A live instance of the library. See ffihost.hpp.
{% endfilter %}
class {{ context }} : public ffihost::Context {
public:
    /* Takes over a context that C made; nullptr is none. */
    explicit {{ context }}(void *ctx) noexcept : ffihost::Context({{ library_fn }}(), ctx) {}
{%- if library.serve %}

    /* Serves it to other processes at `unix:<path>` or `tcp:<host>:<port>`, until it is closed. Waits until it is listened
     * on, and returns the address as it came out; throws ffihost::Error that says why not. See serve in ffihost.h. */
    std::string serve(const std::string &address, const ::FFIServeOptions &options = FFI_SERVE_OPTIONS_INIT) const {
        return ffihost::detail::serve([&](::FFICallBack ffi_cb, void *user_data) {
            return ::{{ library.name }}_serve(ffihost::detail::Access::bound(*this).ctx, address.c_str(), &options, ffi_cb, user_data);
        });
    }
{%- endif %}
{%- include "cpp/templates/constructor.hpp" %}
{%- for request in methods.iter() %}{% include "cpp/templates/request_declared.hpp" %}{% endfor %}
{%- for host_fn in model.host_fns %}{% include "cpp/templates/host_fn.hpp" %}{% endfor %}
{%- for group in model.groups %}{% include "cpp/templates/implement.hpp" %}{% endfor %}
{%- for event in model.events %}{% include "cpp/templates/event.hpp" %}{% endfor %}
{%- if Cpp::submits(methods) %}

private:
{%- for request in methods.iter() %}{% include "cpp/templates/submit_declared.hpp" %}{% endfor %}
{%- endif %}
};
