{{ head }}
#ifndef FFIHOST_{{ upper }}_H_
#define FFIHOST_{{ upper }}_H_

#include "ffihost.h"

{%- if constants.len() > 0 && needs_math %}
#include <math.h>
{%- endif %}
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The interface that this header was made for, and the version of the library that it was made from. */
#define {{ upper }}_ABI_HASH UINT64_C({{ "{:#018x}"|format(library.hash) }})
#define {{ upper }}_ABI_VERSION {{ version }}
{%- if constants.len() > 0 %}
{{ self.section("constants") }}
{% for constant in constants %}{{ constant.comment }}
#define {{ constant.name }} {{ constant.value }}
{%- endfor %}
{%- endif %}
{{ self.section("types") }}
{%- for variants in types.variants %}
{%- match variants.number %}
{%- when Some(number) %}
{{ number.comment }}
typedef {{ number.underlying }} {{ number.name }};
{%- when None %}

/* The tags of {{ variants.owner }}. */
{%- endmatch %}
{%- if variants.items.len() > 0 %}
enum {
{%- for item in variants.items %}{{ item.comment }}
    {{ item.name }} = {{ item.value }}{% if !loop.last %},{% endif %}
{%- endfor %}
};
{%- endif %}
{%- endfor %}
{%- for number in types.numbers %}
{{ number.comment }}
typedef {{ number.underlying }} {{ number.name }};
{%- endfor %}
{%- if types.declared.len() > 0 %}
{% for name in types.declared %}
typedef struct {{ name }} {{ name }};
{%- endfor %}
{%- endif %}
{%- for item in types.structs %}
{{ item.comment }}
struct {{ item.name }} {
{%- for member in item.members %}{{ member.comment }}
    {{ member.text }};
{%- endfor %}
};
{%- endfor %}

/* What the library was built with. */
#if UINTPTR_MAX == {% if library.pointer_width == 64 %}UINT64_MAX{% else %}UINT32_MAX{% endif %}
#if defined(__cplusplus)
#define {{ upper }}_SAME_(name, left, right) static_assert((left) == (right), "not laid out as in {{ library.name }}");
#elif defined(__STDC_VERSION__) && __STDC_VERSION__ >= 201112L
#define {{ upper }}_SAME_(name, left, right) _Static_assert((left) == (right), "not laid out as in {{ library.name }}");
#else
#define {{ upper }}_SAME_(name, left, right) typedef char {{ library.name }}_##name##_is_laid_out_otherwise_[(left) == (right) ? 1 : -1];
#endif
{%- for item in types.structs %}
{%- match item.layout %}
{%- when Some(layout) %}
{{ upper }}_SAME_({{ item.name }}, sizeof({{ item.name }}), {{ layout.size }})
{%- for (field, offset) in layout.offsets %}
{{ upper }}_SAME_({{ item.name }}_{{ field }}, offsetof({{ item.name }}, {{ field }}), {{ offset }})
{%- endfor %}
{%- when None %}
{%- endmatch %}
{%- endfor %}
#undef {{ upper }}_SAME_
#endif
{{ self.section("the whole library") }}

/* What every library has; ffihost.h says more. */
{%- for symbol in standard %}
{%- if symbol.comment.len() > 0 %}
{{ symbol.comment }}
{%- endif %}
{{ symbol.prototype }}
{%- endfor %}
{{ self.section("create, and check first") }}
{%- match functions.constructor.native %}
{%- when Some(symbol) %}
{{ symbol.comment }}
{{ symbol.prototype }}
{%- when None %}
{%- endmatch %}
{%- match functions.constructor.cbor %}
{%- when Some(symbol) %}
{{ symbol.comment }}
{{ symbol.prototype }}
{%- when None %}
{%- endmatch %}

/* Pointers from bytes, without a warning in C or C++. */
#ifdef __cplusplus
#define {{ upper }}_AS_(type, pointer) static_cast<type *>(static_cast<const void *>(pointer))
#define {{ upper }}_OWN_(type, pointer) static_cast<type *>(pointer)
#else
#define {{ upper }}_AS_(type, pointer) ((type *)(const void *)(pointer))
#define {{ upper }}_OWN_(type, pointer) ((type *)(pointer))
#endif

/* FFI_RET_OK if the library that is loaded is the one that this header was made for, or FFI_RET_ABI_MISMATCH. */
static inline int {{ functions.helpers.check_abi }}(void) {
    return {{ library.name }}_abi_hash() == {{ upper }}_ABI_HASH ? FFI_RET_OK : FFI_RET_ABI_MISMATCH;
}

/* Says for people which interface this program was compiled for and which one the library has. Returns what snprintf does:
 * how long the text is, whatever fits into buf.
 */
static inline int {{ functions.helpers.abi_message }}(char *buf, size_t size) {
    return snprintf(buf, size,
                    "{{ library.name }}: this program was compiled for version %s (interface %016llx), "
                    "but the library that is loaded is version %s (interface %016llx); they have to be the same",
                    {{ upper }}_ABI_VERSION, {{ upper }}_ABI_HASH + 0ULL, {{ library.name }}_version(), {{ library.name }}_abi_hash() + 0ULL);
}
{%- if functions.constructor.native.is_some() %}

/* Checks the interface, then creates: returns what {{ library.name }}_create does, or FFI_RET_ABI_MISMATCH, and then
 * {{ functions.helpers.abi_message }} says more.
 */
{{ functions.constructor.open }}
    if ({{ functions.helpers.check_abi }}() != FFI_RET_OK) {
        return FFI_RET_ABI_MISMATCH;
    }
    return {{ library.name }}_create({{ functions.constructor.passed }}cb, userData, ctx);
}
{%- endif %}
{%- match functions.constructor.error %}
{%- when Some(reader) %}
{% call read(reader) %}{% endcall %}
{%- when None %}
{%- endmatch %}

/* A NUL-terminated string as an argument; NULL is the empty one. */
static inline FFIString {{ functions.helpers.str }}(const char *text) {
    FFIString string;
    string.data = text;
    string.len = text == NULL ? 0 : strlen(text);
    return string;
}
{%- if functions.requests.len() > 0 || functions.releases.len() > 0 %}
{{ self.section("requests") }}
{%- for request in functions.requests %}
{%- for symbol in request.symbols %}
{{ symbol.comment }}
{{ symbol.prototype }}
{%- endfor %}
{%- for reader in request.readers %}
{% call read(reader) %}{% endcall %}
{%- endfor %}
{%- endfor %}
{%- for symbol in functions.releases %}
{{ symbol.comment }}
{{ symbol.prototype }}
{%- endfor %}
{%- endif %}
{%- if functions.host_fns.len() > 0 %}
{{ self.section("host functions") }}

/* Answers any host call with the host's own failure: code is FFI_RET_CANCELLED or a number of yours that is neither
 * FFI_RET_OK nor FFI_RET_ERR (those return FFI_RET_INVALID_ARGUMENT), text is NUL-terminated and for people.
 */
static inline int {{ functions.helpers.fail_host_fn }}(void *ctx, uint64_t token, int code, const char *text) {
    if (code == FFI_RET_OK || code == FFI_RET_ERR) {
        return FFI_RET_INVALID_ARGUMENT;
    }
    return {{ library.name }}_host_complete(ctx, token, code, text, text == NULL ? 0 : strlen(text));
}

/* What the setters below keep of each registration; freed when it is released. */
typedef struct {{ functions.helpers.registration }} {
    void *ctx;
    FFIHostCancelFn cancel;
    FFIRelease release;
    void *userData;
} {{ functions.helpers.registration }};

static inline void {{ functions.helpers.cancel }}(uint64_t token, void *userData) FFI_NOEXCEPT {
    const {{ functions.helpers.registration }} *kept = {{ upper }}_AS_(const {{ functions.helpers.registration }}, userData);
    kept->cancel(token, kept->userData);
}

static inline void {{ functions.helpers.release }}(void *userData) FFI_NOEXCEPT {
    const {{ functions.helpers.registration }} *kept = {{ upper }}_AS_(const {{ functions.helpers.registration }}, userData);
    if (kept->release != NULL) {
        kept->release(kept->userData);
    }
    free(userData);
}

static inline int {{ functions.helpers.register }}(
    void *ctx, const char *name, FFIHostFn call, {{ functions.helpers.registration }} *kept,
    const FFIHostFnOptions *options) {
    FFIHostFnOptions with = FFI_HOST_FN_OPTIONS_INIT;
    int ret = FFI_RET_INVALID_ARGUMENT;
    if (options == NULL) {
        free(kept);
        return ret;
    }
    with = *options;
    kept->ctx = ctx;
    kept->cancel = with.cancel;
    kept->release = with.release;
    kept->userData = with.userData;
    with.size = sizeof with;
    with.fn = call;
    with.cancel = with.cancel == NULL ? NULL : {{ functions.helpers.cancel }};
    with.release = {{ functions.helpers.release }};
    with.userData = kept;
    with.format = FFI_FORMAT_NATIVE;
    ret = {{ library.name }}_register_host_fn_with(ctx, name, &with);
    if (ret != FFI_RET_OK) {
        free(kept);
    }
    return ret;
}
{%- for host_fn in functions.host_fns %}
{{ host_fn.docs }}
{{ host_fn.fn_declaration }}
{%- match host_fn.args %}
{%- when Some(args) %}

/* The arguments of {{ host_fn.name }} from what an FFIHostFn is passed; NULL if that is something else. */
static inline const {{ args }} *{{ host_fn.read_args }}(const char *req, size_t reqLen) {
    return reqLen == sizeof({{ args }}) ? {{ upper }}_AS_(const {{ args }}, req) : NULL;
}
{%- when None %}
{%- endmatch %}

typedef struct {{ host_fn.registration }} {
    {{ functions.helpers.registration }} kept; /* first: a pointer to one is a pointer to the other */
    {{ host_fn.fn_type }} fn;
} {{ host_fn.registration }};

{{ host_fn.call_head }}
    const {{ host_fn.registration }} *registration = {{ upper }}_AS_(const {{ host_fn.registration }}, userData);
{%- match host_fn.args %}
{%- when Some(args) %}
    const {{ args }} *args = {{ host_fn.read_args }}(req, reqLen);
    if (args == NULL) {
        {{ functions.helpers.fail_host_fn }}(registration->kept.ctx, token, FFI_RET_DECODE, "arguments of another size");
        return;
    }
    registration->fn(token, args, registration->kept.userData);
{%- when None %}
    (void)req;
    (void)reqLen;
    registration->fn(token, registration->kept.userData);
{%- endmatch %}
}
{{ host_fn.set_with_comment }}
{{ host_fn.set_with_head }}
    {{ host_fn.registration }} *registration;
    if (fn == NULL) {
        return {{ library.name }}_register_host_fn(ctx, "{{ host_fn.name }}", NULL, NULL);
    }
    registration = {{ upper }}_OWN_({{ host_fn.registration }}, malloc(sizeof *registration));
    if (registration == NULL) {
        return FFI_RET_BUSY;
    }
    registration->fn = fn;
    return {{ functions.helpers.register }}(ctx, "{{ host_fn.name }}", {{ host_fn.call }}, &registration->kept, options);
}

/* Registers fn as {{ host_fn.name }}, in place of what was; NULL unregisters. userData is passed to fn.
 * Returns what {{ library.name }}_register_host_fn does, or FFI_RET_BUSY without memory.
 */
{{ host_fn.set_head }}
    FFIHostFnOptions options = FFI_HOST_FN_OPTIONS_INIT;
    options.userData = userData;
    return {{ host_fn.set_with }}(ctx, fn, &options);
}
{%- for answer in host_fn.answers %}
{{ answer.comment }}
{{ answer.head }}
{%- match answer.none %}
{%- when Some(option) %}
    {{ option }} none;
    if ({{ answer.data }} == NULL) {
        memset(&none, 0, sizeof none);
        {{ answer.data }} = &none;
    }
{%- when None %}
{%- endmatch %}
    return {{ library.name }}_host_complete(ctx, token, {{ answer.status }}, {% if answer.data == "NULL" %}NULL{% else %}{{ upper }}_AS_(const char, {{ answer.data }}){% endif %}, {{ answer.len }});
}
{%- endfor %}
{%- endfor %}
{%- endif %}
{%- if functions.events.len() > 0 %}
{{ self.section("events") }}
{%- for event in functions.events %}
{{ event.comment }}
{{ event.listen_head }}
    return {{ library.name }}_add_event_listener(ctx, "{{ event.name }}", cb, userData);
}
{%- match event.args %}
{%- when Some(args) %}

/* What a listener of {{ event.name }} was passed; NULL if that is something else. */
{{ event.read_args_head }}
    return len == sizeof({{ args }}) ? {{ upper }}_AS_(const {{ args }}, msg) : NULL;
}
{%- when None %}
{%- endmatch %}
{%- endfor %}
{%- endif %}

#undef {{ upper }}_AS_
#undef {{ upper }}_OWN_

#ifdef __cplusplus
}
#endif

#endif /* FFIHOST_{{ upper }}_H_ */
{%- macro read(reader) %}
{{- reader.comment }}
{{ reader.head }}
{%- match reader.kind %}
{%- when ReaderKind::Pointer %}
    return ret == {{ reader.status }} && len == sizeof({{ reader.c_type }}) ? {{ upper }}_AS_(const {{ reader.c_type }}, msg) : NULL;
{%- when ReaderKind::Value %}
    if (ret != {{ reader.status }} || len != sizeof({{ reader.c_type }})) {
        return false;
    }
    memcpy({{ reader.out }}, msg, len);
    return true;
{%- when ReaderKind::String %}
    if (ret != {{ reader.status }}) {
        return false;
    }
    {{ reader.out }}->data = msg;
    {{ reader.out }}->len = len;
    return true;
{%- when ReaderKind::Bytes %}
    if (ret != {{ reader.status }}) {
        return false;
    }
    {{ reader.out }}->data = {{ upper }}_AS_(const uint8_t, msg);
    {{ reader.out }}->len = len;
    return true;
{%- endmatch %}
}
{%- endmacro %}
