//! The C functions of a library.

use crate::types::{Callback, Ctx, UserData};
use std::ffi::c_int;

/// `<lib>_create` of a library that is written by hand, and `<lib>_create_cbor` of any other.
pub type Create = extern "C" fn(*const u8, usize, Callback, UserData, *mut Ctx) -> c_int;
/// A request of a library that is written by hand, and a `_cbor` request with a receiver of any other.
pub type Request = extern "C" fn(Ctx, Callback, UserData, *const u8, usize) -> c_int;

/// Hands the functions that every library exports to a macro, after what it is given itself: they are listed here, as
/// `ffihost.h` declares them.
#[doc(hidden)]
#[macro_export]
macro_rules! every_export {
    ([$($macro:tt)*] $($before:tt)*) => {
        $($macro)*! { $($before)*
            destroy(ctx: $crate::types::Ctx) -> $crate::types::c_int;
            close(
                ctx: $crate::types::Ctx, done: $crate::types::Callback, data: $crate::types::UserData,
            ) -> $crate::types::c_int;
            cancel(ctx: $crate::types::Ctx, data: $crate::types::UserData) -> $crate::types::c_int;
            register_host_fn(
                ctx: $crate::types::Ctx, name: $crate::types::Name, function: $crate::types::HostFn,
                data: $crate::types::UserData,
            ) -> $crate::types::c_int;
            register_host_fn_cbor(
                ctx: $crate::types::Ctx, name: $crate::types::Name, function: $crate::types::HostFn,
                data: $crate::types::UserData,
            ) -> $crate::types::c_int;
            register_host_fn_with(
                ctx: $crate::types::Ctx, name: $crate::types::Name, options: *const $crate::types::FFIHostFnOptions,
            ) -> $crate::types::c_int;
            host_complete(
                ctx: $crate::types::Ctx, token: u64, ret: $crate::types::c_int, msg: *const $crate::types::c_char,
                len: usize,
            ) -> $crate::types::c_int;
            host_fn_registered(ctx: $crate::types::Ctx, name: $crate::types::Name) -> $crate::types::c_int;
            add_event_listener(
                ctx: $crate::types::Ctx, event: $crate::types::Name, cb: $crate::types::Callback,
                data: $crate::types::UserData,
            ) -> u64;
            add_event_listener_cbor(
                ctx: $crate::types::Ctx, event: $crate::types::Name, cb: $crate::types::Callback,
                data: $crate::types::UserData,
            ) -> u64;
            remove_event_listener(ctx: $crate::types::Ctx, listener: u64) -> $crate::types::c_int;
            abi_descriptor(bytes: *mut *const u8, len: *mut usize) -> $crate::types::c_int;
            abi_hash() -> u64;
            stats(ctx: $crate::types::Ctx, out: *mut $crate::types::FFIStats) -> $crate::types::c_int;
            version() -> *const $crate::types::c_char;
        }
    };
}

macro_rules! table {
    ($($name:ident($($parameter:ident: $type:ty),* $(,)?) -> $returned:ty;)*) => {
        /// What every library exports, as `ffihost.h` declares it.
        ///
        /// The functions are safe to call as far as their arguments are what `ffihost.h` asks for; a test that passes anything
        /// else passes what the library promises to refuse.
        #[derive(Clone, Copy, Debug)]
        #[expect(missing_docs, reason = "the fields are functions of ffihost.h, which documents them")]
        pub struct Exports {
            $(pub $name: extern "C" fn($($parameter: $type),*) -> $returned,)*
        }
    };
}

every_export!([table]);

/// Declares the functions that every library exports, of the library with this prefix, and `EXPORTS`, a table of them; and, by
/// name, constructors and requests that take bytes.
///
/// ```ignore
/// mod c {
///     ffihost_test_host::exports!("my_app", create: [create], requests: [ask, echo]);
/// }
/// ```
#[macro_export]
macro_rules! exports {
    ($prefix:literal $(, create: [$($create:ident),* $(,)?])? $(, requests: [$($request:ident),* $(,)?])? $(,)?) => {
        #[allow(dead_code, missing_docs, unreachable_pub, reason = "whoever declares a library uses a part of it")]
        unsafe extern "C" {
            $($(
                #[link_name = concat!($prefix, "_", stringify!($create))]
                pub safe fn $create(
                    req: *const u8,
                    len: usize,
                    cb: $crate::types::Callback,
                    data: $crate::types::UserData,
                    ctx: *mut $crate::types::Ctx,
                ) -> $crate::types::c_int;
            )*)?
            $($(
                #[link_name = concat!($prefix, "_", stringify!($request))]
                pub safe fn $request(
                    ctx: $crate::types::Ctx,
                    cb: $crate::types::Callback,
                    data: $crate::types::UserData,
                    req: *const u8,
                    len: usize,
                ) -> $crate::types::c_int;
            )*)?
        }

        $crate::every_export!([$crate::exports] @every $prefix);
    };
    (@every $prefix:literal $($name:ident($($parameter:ident: $type:ty),* $(,)?) -> $returned:ty;)*) => {
        #[allow(dead_code, missing_docs, unreachable_pub, reason = "whoever declares a library uses a part of it")]
        unsafe extern "C" {
            $(
                #[link_name = concat!($prefix, "_", stringify!($name))]
                pub safe fn $name($($parameter: $type),*) -> $returned;
            )*
        }

        /// What every library exports.
        #[allow(dead_code, unreachable_pub, reason = "as above")]
        pub const EXPORTS: &$crate::Exports = &$crate::Exports { $($name),* };
    };
}
