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
            const _: $crate::abi::signature::create_cbor = __ffihost_create;

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

/// The exports that every library has, whatever its surface: those of the table of exports.
#[doc(hidden)]
#[macro_export]
macro_rules! __standard_exports {
    ($prefix:literal, $library:ident) => {
        $crate::abi::with_exports!($crate::__exports_of_table, $prefix, $library);
    };
}

/// Exports the rows of the table that all libraries have; `create` and `serve` are made where the constructor is, and below.
#[doc(hidden)]
#[macro_export]
macro_rules! __exports_of_table {
    ([$prefix:literal, $library:ident] $($presence:ident $name:ident $params:tt -> $returns:ident $about:tt)+) => {
        $($crate::__export_of_table! { $presence [$prefix, $library] $name $params -> $returns })+
    };
}

/// Exports one row, whose body is the function of that name in `ffihost::abi`.
#[doc(hidden)]
#[macro_export]
macro_rules! __export_of_table {
    (Always [$prefix:literal, $library:ident] $name:ident($($param:ident: $ty:ident),*) -> $returns:ident) => {
        const _: () = {
            #[unsafe(export_name = concat!($prefix, "_", stringify!($name)))]
            unsafe extern "C" fn __ffihost_export($($param: $crate::abi::rust::$ty),*) -> $crate::abi::rust::$returns {
                // SAFETY: the caller's contract is that of ffihost.h.
                unsafe { $crate::__export_of_table!(@$name &$library $(, $param)*) }
            }
        };
    };
    (NativeConstructor $($row:tt)*) => {};
    (CborConstructor $($row:tt)*) => {};
    (Serve $($row:tt)*) => {};
    (@abi_descriptor $($args:tt)*) => { $crate::abi::descriptor($($args)*) };
    (@register_host_fn $($args:tt)*) => { $crate::abi::register_host_fn($($args)*, $crate::Format::Native) };
    (@register_host_fn_cbor $($args:tt)*) => { $crate::abi::register_host_fn($($args)*, $crate::Format::Cbor) };
    (@add_event_listener $($args:tt)*) => { $crate::abi::add_event_listener($($args)*, $crate::Format::Native) };
    (@add_event_listener_cbor $($args:tt)*) => { $crate::abi::add_event_listener($($args)*, $crate::Format::Cbor) };
    (@$name:ident $($args:tt)*) => { $crate::abi::$name($($args)*) };
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
        const _: $crate::abi::signature::serve = __ffihost_serve;
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
