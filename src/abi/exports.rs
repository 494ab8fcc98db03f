//! The C exports of a library.

/// Makes the C exports of a library, by hand: its name, its state, its functions.
///
/// Once in a crate that is built as a `cdylib` (or a `staticlib`). Every symbol carries the prefix, and nothing else is
/// exported. What each export promises is in `ffihost.h`.
///
/// - `constructor`: `async fn(Vec<u8>) -> Result<State, E>`, given the bytes that `create` was.
/// - `destructor` (optional): `async fn(&State)`, before the state is dropped.
/// - `requests`: `async fn(&State, Vec<u8>) -> Result<T, E>`, on the FFI thread, any number at once. A request is polled once
///   when it is taken from the queue, and becomes a tokio task only if it has to wait; in that first poll there is no
///   `tokio::task::id()`.
/// - `sync_requests` (optional): `fn(&State, &[u8]) -> Result<T, E>`, on the caller's thread; the state must be `Sync`.
/// - `host_fns`: the names that the library calls; a host that registers another is told so. Left out, any name goes.
/// - `events`: the names that the library emits.
/// - `options`: [`Options`](crate::Options), if the defaults are not right.
///
/// `T` and `E` are [`ToHost`](crate::ToHost).
///
/// # Examples
///
/// ```
/// use ffihost::{Host, HostFn};
///
/// static NOW: HostFn = HostFn::new("now");
///
/// pub struct Greeter {
///     greeting: String,
/// }
///
/// async fn create(greeting: Vec<u8>) -> Result<Greeter, String> {
///     String::from_utf8(greeting).map(|greeting| Greeter { greeting }).map_err(|error| error.to_string())
/// }
///
/// async fn greet(greeter: &Greeter, name: Vec<u8>) -> Result<String, String> {
///     let name = String::from_utf8_lossy(&name);
///     let host = Host::current().map_err(|error| error.to_string())?;
///     let now: String = host.call_as::<_, _, String>(&NOW, ()).await.map_err(|error| error.to_string())?;
///     Ok(format!("{}, {name}, it is {now}", greeter.greeting))
/// }
///
/// ffihost::exports! {
///     prefix: "greeter",
///     state: Greeter,
///     constructor: create,
///     requests: { greet: greet },
///     host_fns: ["now"],
/// }
/// ```
#[macro_export]
macro_rules! exports {
    (
        prefix: $prefix:literal,
        state: $state:ty,
        $(options: $options:expr,)?
        constructor: $constructor:path,
        $(destructor: $destructor:path,)?
        requests: { $($request:ident: $handler:path),* $(,)? },
        $(sync_requests: { $($sync_request:ident: $sync_handler:path),* $(,)? },)?
        $(host_fns: [$($host_fn:literal),* $(,)?],)?
        $(events: [$($event:literal),* $(,)?],)?
    ) => {
        const _: () = {
            type __State = $state;

            static __LIBRARY: $crate::abi::Library<__State> = $crate::abi::Library::by_hand(
                $prefix,
                concat!(env!("CARGO_PKG_VERSION"), "\0"),
                $crate::exports!(@or [$($options)?] $crate::Options::new()),
                &[$(stringify!($request)),*],
                &[$($(stringify!($sync_request)),*)?],
                &[$($($host_fn),*)?],
                &[$($($event),*)?],
            );

            #[unsafe(export_name = concat!($prefix, "_create"))]
            unsafe extern "C" fn __ffihost_create(
                req: *const u8,
                len: usize,
                cb: ::std::option::Option<$crate::abi::types::FFICallBack>,
                user_data: *mut ::std::ffi::c_void,
                ctx: *mut *mut ::std::ffi::c_void,
            ) -> ::std::ffi::c_int {
                // SAFETY: the caller's contract is that of ffihost.h.
                unsafe {
                    $crate::abi::by_hand::create(
                        &__LIBRARY,
                        (req, len),
                        (cb, user_data),
                        ctx,
                        $constructor,
                        $crate::exports!(@destructor [$($destructor)?]),
                    )
                }
            }

            $crate::__standard_exports!($prefix, __LIBRARY);
            $($crate::__events!($($event),*);)?

            $(
                const _: () = {
                    #[unsafe(export_name = concat!($prefix, "_", stringify!($request)))]
                    unsafe extern "C" fn __ffihost_request(
                        ctx: *mut ::std::ffi::c_void,
                        cb: ::std::option::Option<$crate::abi::types::FFICallBack>,
                        user_data: *mut ::std::ffi::c_void,
                        req: *const u8,
                        len: usize,
                    ) -> ::std::ffi::c_int {
                        // SAFETY: the caller's contract is that of ffihost.h.
                        unsafe {
                            $crate::abi::with_callback((cb, user_data), |callback| {
                                let owner = $crate::abi::OfState::named(&__LIBRARY, ctx)?;
                                let find = |limit| $crate::abi::by_hand::request_bytes(req, len, limit);
                                let args = $crate::abi::by_hand::Copied::new(find);
                                $crate::abi::submit(owner, args, callback, ($handler, ::std::convert::identity))
                            })
                        }
                    }
                };
            )*

            $($(
                const _: () = {
                    #[unsafe(export_name = concat!($prefix, "_", stringify!($sync_request)))]
                    unsafe extern "C" fn __ffihost_sync_request(
                        ctx: *mut ::std::ffi::c_void,
                        cb: ::std::option::Option<$crate::abi::types::FFICallBack>,
                        user_data: *mut ::std::ffi::c_void,
                        req: *const u8,
                        len: usize,
                    ) -> ::std::ffi::c_int {
                        // SAFETY: the caller's contract is that of ffihost.h, and `of_sync_state` takes only a state that is `Sync`.
                        unsafe {
                            $crate::abi::with_callback((cb, user_data), |callback| {
                                let owner = $crate::abi::by_hand::of_sync_state(&__LIBRARY, ctx)?;
                                let find = |limit| $crate::abi::by_hand::request_bytes(req, len, limit);
                                let args = $crate::abi::by_hand::Bytes::new(find);
                                $crate::abi::run_here(owner, args, callback, ($sync_handler, ::std::convert::identity))
                            })
                        }
                    }
                };
            )*)?
        };
    };
    (@destructor []) => { ::std::option::Option::None };
    (@destructor [$destructor:path]) => {
        ::std::option::Option::Some($crate::abi::destructor::<__State, _, _>($destructor))
    };
    (@or [] $default:expr) => { $default };
    (@or [$given:expr] $default:expr) => { $given };
}

/// The exports that every library has, whatever its surface.
#[doc(hidden)]
#[macro_export]
macro_rules! __standard_exports {
    ($prefix:literal, $library:ident) => {
        #[unsafe(export_name = concat!($prefix, "_destroy"))]
        extern "C" fn __ffihost_destroy(ctx: *mut ::std::ffi::c_void) -> ::std::ffi::c_int {
            $crate::abi::destroy(&$library, ctx)
        }

        #[unsafe(export_name = concat!($prefix, "_close"))]
        unsafe extern "C" fn __ffihost_close(
            ctx: *mut ::std::ffi::c_void,
            cb: ::std::option::Option<$crate::abi::types::FFICallBack>,
            user_data: *mut ::std::ffi::c_void,
        ) -> ::std::ffi::c_int {
            // SAFETY: the caller's contract is that of ffihost.h.
            unsafe { $crate::abi::close(&$library, ctx, cb, user_data) }
        }

        #[unsafe(export_name = concat!($prefix, "_cancel"))]
        extern "C" fn __ffihost_cancel(
            ctx: *mut ::std::ffi::c_void,
            user_data: *mut ::std::ffi::c_void,
        ) -> ::std::ffi::c_int {
            $crate::abi::cancel(&$library, ctx, user_data)
        }

        #[unsafe(export_name = concat!($prefix, "_register_host_fn"))]
        unsafe extern "C" fn __ffihost_register_host_fn(
            ctx: *mut ::std::ffi::c_void,
            name: *const ::std::ffi::c_char,
            function: ::std::option::Option<$crate::abi::types::FFIHostFn>,
            user_data: *mut ::std::ffi::c_void,
        ) -> ::std::ffi::c_int {
            // SAFETY: the caller's contract is that of ffihost.h.
            unsafe { $crate::abi::register_host_fn(&$library, ctx, name, function, user_data, $crate::Format::Native) }
        }

        #[unsafe(export_name = concat!($prefix, "_register_host_fn_cbor"))]
        unsafe extern "C" fn __ffihost_register_host_fn_cbor(
            ctx: *mut ::std::ffi::c_void,
            name: *const ::std::ffi::c_char,
            function: ::std::option::Option<$crate::abi::types::FFIHostFn>,
            user_data: *mut ::std::ffi::c_void,
        ) -> ::std::ffi::c_int {
            // SAFETY: the caller's contract is that of ffihost.h.
            unsafe { $crate::abi::register_host_fn(&$library, ctx, name, function, user_data, $crate::Format::Cbor) }
        }

        #[unsafe(export_name = concat!($prefix, "_register_host_fn_with"))]
        unsafe extern "C" fn __ffihost_register_host_fn_with(
            ctx: *mut ::std::ffi::c_void,
            name: *const ::std::ffi::c_char,
            options: *const $crate::abi::types::FFIHostFnOptions,
        ) -> ::std::ffi::c_int {
            // SAFETY: the caller's contract is that of ffihost.h.
            unsafe { $crate::abi::register_host_fn_with(&$library, ctx, name, options) }
        }

        #[unsafe(export_name = concat!($prefix, "_host_complete"))]
        unsafe extern "C" fn __ffihost_host_complete(
            ctx: *mut ::std::ffi::c_void,
            token: u64,
            ret: ::std::ffi::c_int,
            msg: *const ::std::ffi::c_char,
            len: usize,
        ) -> ::std::ffi::c_int {
            // SAFETY: the caller's contract is that of ffihost.h.
            unsafe { $crate::abi::host_complete(&$library, ctx, token, ret, msg, len) }
        }

        #[unsafe(export_name = concat!($prefix, "_host_fn_registered"))]
        unsafe extern "C" fn __ffihost_host_fn_registered(
            ctx: *mut ::std::ffi::c_void,
            name: *const ::std::ffi::c_char,
        ) -> ::std::ffi::c_int {
            // SAFETY: the caller's contract is that of ffihost.h.
            unsafe { $crate::abi::host_fn_registered(&$library, ctx, name) }
        }

        #[unsafe(export_name = concat!($prefix, "_add_event_listener"))]
        unsafe extern "C" fn __ffihost_add_event_listener(
            ctx: *mut ::std::ffi::c_void,
            event: *const ::std::ffi::c_char,
            cb: ::std::option::Option<$crate::abi::types::FFICallBack>,
            user_data: *mut ::std::ffi::c_void,
        ) -> u64 {
            // SAFETY: the caller's contract is that of ffihost.h.
            unsafe { $crate::abi::add_event_listener(&$library, ctx, event, cb, user_data, $crate::Format::Native) }
        }

        #[unsafe(export_name = concat!($prefix, "_add_event_listener_cbor"))]
        unsafe extern "C" fn __ffihost_add_event_listener_cbor(
            ctx: *mut ::std::ffi::c_void,
            event: *const ::std::ffi::c_char,
            cb: ::std::option::Option<$crate::abi::types::FFICallBack>,
            user_data: *mut ::std::ffi::c_void,
        ) -> u64 {
            // SAFETY: the caller's contract is that of ffihost.h.
            unsafe { $crate::abi::add_event_listener(&$library, ctx, event, cb, user_data, $crate::Format::Cbor) }
        }

        #[unsafe(export_name = concat!($prefix, "_remove_event_listener"))]
        extern "C" fn __ffihost_remove_event_listener(
            ctx: *mut ::std::ffi::c_void,
            listener: u64,
        ) -> ::std::ffi::c_int {
            $crate::abi::remove_event_listener(&$library, ctx, listener)
        }

        #[unsafe(export_name = concat!($prefix, "_abi_descriptor"))]
        unsafe extern "C" fn __ffihost_abi_descriptor(bytes: *mut *const u8, len: *mut usize) -> ::std::ffi::c_int {
            // SAFETY: the caller's contract is that of ffihost.h.
            unsafe { $crate::abi::descriptor(&$library, bytes, len) }
        }

        #[unsafe(export_name = concat!($prefix, "_abi_hash"))]
        extern "C" fn __ffihost_abi_hash() -> u64 {
            $crate::abi::abi_hash(&$library)
        }

        #[unsafe(export_name = concat!($prefix, "_stats"))]
        unsafe extern "C" fn __ffihost_stats(
            ctx: *mut ::std::ffi::c_void,
            out: *mut $crate::abi::types::FFIStats,
        ) -> ::std::ffi::c_int {
            // SAFETY: the caller's contract is that of ffihost.h.
            unsafe { $crate::abi::stats(&$library, ctx, out) }
        }

        #[unsafe(export_name = concat!($prefix, "_version"))]
        extern "C" fn __ffihost_version() -> *const ::std::ffi::c_char {
            $crate::abi::version(&$library)
        }
    };
}

/// `<lib>_serve`.
#[cfg(feature = "ipc")]
#[doc(hidden)]
#[macro_export]
macro_rules! __serve_export {
    ($prefix:literal, $library:ident, $admit:expr) => {
        #[unsafe(export_name = concat!($prefix, "_serve"))]
        unsafe extern "C" fn __ffihost_serve(
            ctx: *mut ::std::ffi::c_void,
            address: *const ::std::ffi::c_char,
            options: *const $crate::abi::types::FFIServeOptions,
            cb: ::std::option::Option<$crate::abi::types::FFICallBack>,
            user_data: *mut ::std::ffi::c_void,
        ) -> ::std::ffi::c_int {
            // SAFETY: the caller's contract is that of ffihost.h.
            unsafe { $crate::export::serve(&$library, ctx, address, options, (cb, user_data), $admit) }
        }
    };
}

/// What `serve` needs is not there.
#[cfg(not(feature = "ipc"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __row {
    ($row:expr) => {};
}

/// What `serve` needs is not there.
#[cfg(not(feature = "ipc"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __serve_export {
    ($prefix:literal, $library:ident, $admit:expr) => {
        ::std::compile_error!("`serve` needs the feature `ipc` of ffihost: `cargo add ffihost --features ipc`");
    };
}
