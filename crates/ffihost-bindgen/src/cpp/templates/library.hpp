{{ head }}
#ifndef FFIHOST_{{ upper }}_HPP_
#define FFIHOST_{{ upper }}_HPP_

#include "{{ library.name }}.h"
#include "ffihost.hpp"

namespace {{ namespace }} {
{%- if constants.len() > 0 %}
{{ self.section("constants") }}
{% for constant in constants %}{{ constant.comment }}
inline constexpr {{ constant.text }};
{%- endfor %}
{%- endif %}
{{ self.section("types") }}
{%- if shapes.len() > 0 %}
{% for shape in shapes %}
{%- match shape %}
{%- when Shape::Record with { comment, name, fields } %}
struct {{ name }};
{%- when Shape::Variant with { comment, name, variants, list } %}
struct {{ name }};
{%- when Shape::Numbers with { comment, name, variants } %}
{%- endmatch %}
{%- endfor %}
{%- endif %}
{%- for shape in shapes %}
{%- match shape %}
{%- when Shape::Numbers with { comment, name, variants } %}
{{ comment }}
enum class {{ name }} : std::int32_t {
{%- for variant in variants %}{{ variant.comment }}
    {{ variant.name }} = {{ variant.value }},
{%- endfor %}
};
{%- else %}
{%- endmatch %}
{%- endfor %}
{%- for handle in handles %}
{{ handle.comment }}
class {{ handle.name }} : public ffihost::Handle {
public:
    /* None. */
    {{ handle.name }}() noexcept : {{ handle.name }}(nullptr, 0) {}
    /* Takes over what C has as a number. */
    {{ handle.name }}(void *ctx, std::uint64_t id) noexcept;
{%- for method in handle.class.methods %}{% call declare(method) %}{% endcall %}
{%- endfor %}
{%- if handle.class.methods.len() > 0 %}

private:
{%- for method in handle.class.methods %}
    {{ method.submit_declaration }}
{%- endfor %}
{%- endif %}
};
{%- endfor %}
{%- for shape in shapes %}
{%- match shape %}
{%- when Shape::Record with { comment, name, fields } %}
{{ comment }}
struct {{ name }} {
{%- for field in fields %}{{ field.comment }}
{{ field.text }}{};
{%- endfor %}
};
{%- when Shape::Variant with { comment, name, variants, list } %}
{{ comment }}
struct {{ name }} {
{%- for variant in variants %}{{ variant.comment }}
{%- if variant.fields.len() > 0 %}
    struct {{ variant.name }} {
{%- for field in variant.fields %}{{ field.comment }}
{{ field.text }};
{%- endfor %}
    };
{%- else %}
    struct {{ variant.name }} {};
{%- endif %}
{%- endfor %}

{{ list }}
};
{%- when Shape::Numbers with { comment, name, variants } %}
{%- endmatch %}
{%- endfor %}

} // namespace {{ namespace }}

/* How the types above become those of C, and the other way round. */
namespace ffihost {
inline namespace v1 {
namespace detail {
{%- for item in converted %}
{%- match item %}
{%- when Converted::Record with { c, cpp, fields } %}

template <> struct Convert<{{ c }}, {{ cpp }}> {
    static {{ cpp }} take(const {{ c }} &from, void *ctx) {
        return {
{%- for field in fields %}
            detail::take<{{ field.cpp }}>(from.{{ field.name }}, ctx),
{%- endfor %}
        };
    }

    static {{ c }} lend(const {{ cpp }} &from, Arena &arena) {
        {{ c }} to{};
{%- for field in fields %}
        lend_to(to.{{ field.name }}, from.{{ field.name }}, arena);
{%- endfor %}
        return to;
    }
};
{%- when Converted::Variant with { c, cpp, variants } %}

template <> struct Convert<{{ c }}, {{ cpp }}> {
    static {{ cpp }} take(const {{ c }} &from, [[maybe_unused]] void *ctx) {
        using V = {{ cpp }};
        switch (from.tag) {
{%- for variant in variants %}
            case {{ variant.tag }}:
                return V{V::{{ variant.name }}{
{%- for field in variant.fields %}
                    detail::take<{{ field.cpp }}>(from.payload.{{ field.c }}, ctx),
{%- endfor %}
                }};
{%- endfor %}
            default: throw Error(FFI_RET_DECODE, "{{ c }} has no such tag");
        }
    }

    static {{ c }} lend(const {{ cpp }} &from, [[maybe_unused]] Arena &arena) {
        {{ c }} to{};
        to.tag = static_cast<std::int32_t>(from.value.index());
        switch (from.value.index()) {
{%- for variant in variants %}
{%- if variant.fields.len() > 0 %}
            case {{ variant.tag }}: {
                const auto &held = std::get<{{ variant.tag }}>(from.value);
{%- for field in variant.fields %}
                lend_to(to.payload.{{ field.c }}, held.{{ field.name }}, arena);
{%- endfor %}
                break;
            }
{%- endif %}
{%- endfor %}
            default: break;
        }
        return to;
    }
};
{%- when Converted::Arguments with { c, cpp, fields } %}

template <> struct Convert<{{ c }}, {{ cpp }}> {
    static {{ cpp }} take(const {{ c }} &from, void *ctx) {
        return {{ cpp }}{
{%- for field in fields %}
            detail::take<{{ field.cpp }}>(from.{{ field.name }}, ctx),
{%- endfor %}
        };
    }
};
{%- endmatch %}
{%- endfor %}
{%- for item in described %}

template <> struct Describe<{{ item.cpp }}> {
{%- if item.variants.len() > 0 %}
    static std::string of(const {{ item.cpp }} &error) {
        static constexpr const char *names[] = {
{%- for variant in item.variants %}
            "{{ item.name }}::{{ variant }}",
{%- endfor %}
        };
        const std::size_t at = {{ item.number }};
        return at < {{ item.variants.len() }} ? names[at] : "{{ item.name }}";
    }
{%- else %}
    static std::string of(const {{ item.cpp }} &) { return "{{ item.name }}"; }
{%- endif %}
};
{%- endfor %}

} // namespace detail
} // namespace v1
} // namespace ffihost

namespace {{ namespace }} {
{{ self.section("the library") }}

/* For ffihost.hpp: what is called in {{ library.name }}. */
inline const ffihost::detail::Library &{{ library_fn }}() noexcept {
    static const ffihost::detail::Library calls = {
        &::{{ library.name }}_destroy,
        &::{{ library.name }}_close,
        &::{{ library.name }}_cancel,
        &::{{ library.name }}_stats,
        &::{{ library.name }}_register_host_fn_with,
        &::{{ library.name }}_register_host_fn,
        &::{{ library.name }}_host_complete,
        &::{{ library.name }}_add_event_listener,
        &::{{ library.name }}_remove_event_listener,
    };
    return calls;
}

/* Throws ffihost::AbiMismatch, which names both sides, if the library that is loaded is not the one that these headers
 * were made for. Whatever makes a context checks it. */
inline void {{ check_abi }}() {
    if (::{{ library.name }}_abi_hash() != {{ upper }}_ABI_HASH) {
        char text[512] = "";
        ::{{ c_abi_message }}(text, sizeof text);
        throw ffihost::AbiMismatch(text);
    }
}
{%- for method in free %}
{% call define(method) %}{% endcall %}
{%- endfor %}
{{ context_docs }}
class {{ context.name }} : public ffihost::Context {
public:
    /* Takes over a context that C made; nullptr is none. */
    explicit {{ context.name }}(void *ctx) noexcept : ffihost::Context(::{{ namespace }}::{{ library_fn }}(), ctx) {}
{%- if library.serve %}

    /* Serves it to other processes at `unix:<path>` or `tcp:<host>:<port>`, until it is closed. Waits until it is listened
     * on, and returns the address as it came out; throws ffihost::Error that says why not. See serve in ffihost.h. */
    std::string serve(const std::string &address, const FFIServeOptions &options = FFI_SERVE_OPTIONS_INIT) const {
        return ffihost::detail::serve([&](FFICallBack ffi_cb, void *user_data) {
            return ::{{ library.name }}_serve(raw(), address.c_str(), &options, ffi_cb, user_data);
        });
    }
{%- endif %}
{{ constructor.comment }}
    {{ constructor.open }}
        return {{ constructor.open_passed }}.get();
    }
{{ constructor.create_comment }}
    {{ constructor.create }}
        ::{{ namespace }}::{{ check_abi }}();
        using S = {{ constructor.signature }};
        return ffihost::detail::create<{{ context.name }}, S>([&](FFICallBack ffi_cb, void *user_data, void **ctx) {
{%- if constructor.lends %}
            ffihost::detail::Arena arena;
{%- endif %}
            {{ constructor.call }}
        });
    }
{{ constructor.start_comment }}
    {{ constructor.start }}
        ::{{ namespace }}::{{ check_abi }}();
        using S = {{ constructor.signature }};
        const ffihost::detail::Bound bound{&::{{ namespace }}::{{ library_fn }}(), nullptr};
        void *made = nullptr;
        void **ctx = &made;
        ffihost::detail::start_callback<S>(bound, std::move(ready), [&](FFICallBack ffi_cb, void *user_data) {
{%- if constructor.lends %}
            ffihost::detail::Arena arena;
{%- endif %}
            {{ constructor.call }}
        });
        return {{ context.name }}(made);
    }
{%- for method in context.methods %}{% call declare(method) %}{% endcall %}
{%- endfor %}
{%- for host_fn in host_fns %}
{{ host_fn.comment }}
    {{ host_fn.returning }}
        using S = {{ host_fn.signature }};
        using Args = {{ host_fn.args }};
        ffihost::detail::implement<S, {{ host_fn.c_args }}, Args>(
            ffihost::detail::Access::bound(*this), "{{ host_fn.name }}", std::move(host_function));
    }
{%- match host_fn.responding %}
{%- when Some(responding) %}
{{ host_fn.responding_comment }}
    {{ responding }}
        using S = {{ host_fn.signature }};
        using Args = {{ host_fn.args }};
        ffihost::detail::implement_responding<S, {{ host_fn.c_args }}, Args>(
            ffihost::detail::Access::bound(*this), "{{ host_fn.name }}", std::move(host_function), std::move(options));
    }
{%- when None %}
{%- endmatch %}

    /* Unregisters it; its open calls end. */
    void {{ host_fn.set }}(std::nullptr_t) const {
        ffihost::detail::unregister(ffihost::detail::Access::bound(*this), "{{ host_fn.name }}");
    }
{%- endfor %}
{%- for event in events %}
{{ event.comment }}
    {{ event.declaration }}
        using Args = {{ event.args }};
        return ffihost::detail::listen<{{ event.c_args }}, Args>(
            ffihost::detail::Access::bound(*this), "{{ event.name }}", std::move(listener));
    }
{%- endfor %}
{%- if context.methods.len() > 0 %}

private:
{%- for method in context.methods %}
    {{ method.submit_declaration }}
{%- endfor %}
{%- endif %}
};
{%- for handle in handles %}

inline {{ handle.name }}::{{ handle.name }}(void *ctx, std::uint64_t id) noexcept
    : ffihost::Handle({&::{{ namespace }}::{{ library_fn }}(), ctx}, id, &::{{ handle.release }}) {}
{%- for method in handle.class.methods %}
{% call define(method) %}{% endcall %}
{%- endfor %}
{%- endfor %}
{%- for method in context.methods %}
{% call define(method) %}{% endcall %}
{%- endfor %}

} // namespace {{ namespace }}

#endif /* FFIHOST_{{ upper }}_HPP_ */
{%- macro declare(method) %}
{{ method.comment }}
    {{ method.declaration }}
{%- if method.asynchronous %}
{{ method.callback_comment }}
    {{ method.callback_declaration }}
#ifdef FFIHOST_COROUTINES
{{- method.await_comment }}
    {{ method.await_declaration }}
#endif
{%- endif %}
{%- endmacro %}
{%- macro define(method) %}
{{ method.submit_definition }}
{%- if method.lends %}
    ffihost::detail::Arena arena;
{%- endif %}
    {{ method.call }}
}

{{ method.definition }}
{%- if method.asynchronous %}
{%- call body(method, "return ffihost::detail::start_future<S>(bound") %}{% endcall %}

{{ method.callback_definition }}
{%- call body(method, "return ffihost::detail::start_callback<S>(bound, std::move(done)") %}{% endcall %}

#ifdef FFIHOST_COROUTINES
{{ method.await_definition }}
{%- call body(method, "return ffihost::detail::start_await<S>(bound") %}{% endcall %}
#endif
{%- else %}
{%- call body(method, "return ffihost::detail::run<S>(bound") %}{% endcall %}
{%- endif %}
{%- endmacro %}
{%- macro body(method, start) %}
    using S = {{ method.signature }};
    const ffihost::detail::Bound bound{{ method.bound }};
    {{ start }}, [&](FFICallBack ffi_cb, void *user_data) {
        return {{ method.submit }};
    });
}
{%- endmacro %}
