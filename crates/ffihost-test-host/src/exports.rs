//! The C functions of a library.

use crate::types::{Callback, Ctx, UserData};
use std::ffi::c_int;

/// `<lib>_create` of a library that is written by hand, and `<lib>_create_cbor` of any other.
pub type Create = extern "C" fn(*const u8, usize, Callback, UserData, *mut Ctx) -> c_int;
/// A request of a library that is written by hand, and a `_cbor` request with a receiver of any other.
pub type Request = extern "C" fn(Ctx, Callback, UserData, *const u8, usize) -> c_int;

/// Keeps the rows of the table of exports that all libraries have, and makes of them a struct, or declarations.
#[doc(hidden)]
#[macro_export]
macro_rules! every_export {
    ([$($given:tt)*] $($rows:tt)*) => { $crate::every_export!(@of [$($given)*] [] $($rows)*); };
    (@of $given:tt [$($kept:tt)*] Always $name:ident $params:tt -> $returns:ident $about:tt $($rest:tt)*) => {
        $crate::every_export!(@of $given [$($kept)* $name $params -> $returns;] $($rest)*);
    };
    (@of $given:tt $kept:tt $presence:ident $name:ident $params:tt -> $returns:ident $about:tt $($rest:tt)*) => {
        $crate::every_export!(@of $given $kept $($rest)*);
    };
    (@of [struct] [$($name:ident($($param:ident: $type:ident),*) -> $returns:ident;)*]) => {
        /// What every library exports, as `ffihost.h` declares it.
        ///
        /// The functions are safe to call as far as their arguments are what `ffihost.h` asks for; a test that passes anything
        /// else passes what the library promises to refuse.
        #[derive(Clone, Copy, Debug)]
        #[expect(missing_docs, reason = "the fields are functions of ffihost.h, which documents them")]
        pub struct Exports {
            $(pub $name: extern "C" fn($($crate::rust::$type),*) -> $crate::rust::$returns,)*
        }
    };
    (@of [$prefix:literal] [$($name:ident($($param:ident: $type:ident),*) -> $returns:ident;)*]) => {
        #[allow(dead_code, missing_docs, unreachable_pub, reason = "whoever declares a library uses a part of it")]
        unsafe extern "C" {
            $(
                #[link_name = concat!($prefix, "_", stringify!($name))]
                pub safe fn $name($($param: $crate::rust::$type),*) -> $crate::rust::$returns;
            )*
        }

        /// What every library exports.
        #[allow(dead_code, unreachable_pub, reason = "as above")]
        pub const EXPORTS: &$crate::Exports = &$crate::Exports { $($name),* };
    };
}

crate::with_exports!(crate::every_export, struct);

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

        $crate::with_exports!($crate::every_export, $prefix);
    };
}
