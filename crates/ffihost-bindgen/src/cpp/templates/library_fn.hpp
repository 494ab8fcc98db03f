
/* For ffihost.hpp: what is called in {{ library.name }}. */
inline const ffihost::detail::Library &{{ cpp.helpers.get("library", "") }}() noexcept {
    static const ffihost::detail::Library calls = {
        &::{{ library.name }}_destroy,
        &::{{ library.name }}_close,
        &::{{ library.name }}_cancel,
        &::{{ library.name }}_stats,
        &::{{ library.name }}_register_host_fn_with,
        &::{{ library.name }}_register_host_fn,
        &::{{ library.name }}_register_host_fns,
        &::{{ library.name }}_host_complete,
        &::{{ library.name }}_add_event_listener,
        &::{{ library.name }}_remove_event_listener,
        &::{{ library.name }}_release_string,
        &::{{ library.name }}_release_bytes,
        &::{{ library.name }}_release_error,
    };
    return calls;
}

/* Throws ffihost::AbiMismatch, which names both sides, if the library that is loaded is not the one that these headers
 * were made for, or lays out structs otherwise. Whatever makes a context checks it. */
inline void {{ cpp.helpers.get("check_abi", "") }}() {
    if (::{{ c.helper("check_abi", "") }}() != FFI_RET_OK) {
        char text[512] = "";
        ::{{ c.helper("abi_message", "") }}(text, sizeof text);
        throw ffihost::AbiMismatch(text);
    }
}
