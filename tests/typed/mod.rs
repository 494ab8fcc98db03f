//! A host in Rust for libraries with attributes. Each test file has a library of its own, all of them named `my_app`.
#![allow(dead_code, unreachable_pub, reason = "each test file uses a part of it")]
#![allow(clippy::allow_attributes, reason = "whether the expectation above holds differs between test files")]
#![allow(unused_imports, reason = "as above")]

pub use ciborium::Value;
pub use ffihost::abi::types::{FFICallBack, FFIHostFn, FFIHostFnOptions, FFIStats};
pub use ffihost_test_host::cbor::{map, parse, payload as cbor, write};
pub use ffihost_test_host::native::{Entry, List, Optional, Str, bytes_of, c_value};
pub use ffihost_test_host::{Given, Log, Open, PATIENCE, callback, keep, text, wait_until};
pub use std::ffi::{c_char, c_int, c_void};

pub use ffihost_test_host::Request as CborExport;

use ffihost_test_host::Exports;
use std::fmt::Debug;
use std::ptr;
use std::sync::mpsc::{self, Sender};
use std::time::Duration;

/// For the limits of a close and of a call that are not to be reached, on whatever machine.
pub const NEVER: Duration = Duration::from_secs(3_600);

pub const OK: c_int = 0;
pub const ERR: c_int = 1;
pub const MISSING_CALLBACK: c_int = 2;
pub const INVALID_CTX: c_int = 4;
pub const UNKNOWN_TOKEN: c_int = 5;
pub const INVALID_ARGUMENT: c_int = 6;
pub const BUSY: c_int = 8;
pub const TOO_LARGE: c_int = 9;
pub const PANIC: c_int = 10;
pub const CANCELLED: c_int = 15;
pub const DECODE: c_int = 16;

/// What every library exports.
pub mod c {
    ffihost_test_host::exports!("my_app");
}

/// The library, as its host knows it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MyApp;

impl ffihost_test_host::Library for MyApp {
    fn exports(self) -> &'static Exports {
        c::EXPORTS
    }
}

/// A context, as a host has it.
pub type Context = ffihost_test_host::Context<MyApp>;

/// What a request is called back with, and whatever was made of it while it was there.
pub type Pending<T> = ffihost_test_host::Pending<(c_int, T)>;

/// Submits something, and reads the payload with `read` in the callback.
pub fn try_submit<T: Send + 'static>(
    read: impl Fn(c_int, &[u8]) -> T + Send + 'static,
    submit: impl FnOnce(Option<FFICallBack>, *mut c_void) -> c_int,
) -> (c_int, Pending<T>) {
    ffihost_test_host::try_submit(move |ret, payload| (ret, read(ret, payload)), submit)
}

/// Submits what has to be accepted, and waits for it.
#[track_caller]
pub fn run<T: Debug + Send + 'static>(
    read: impl Fn(c_int, &[u8]) -> T + Send + 'static,
    submit: impl FnOnce(Option<FFICallBack>, *mut c_void) -> c_int,
) -> (c_int, T) {
    ffihost_test_host::run(move |ret, payload| (ret, read(ret, payload)), submit)
}

/// Runs a `_cbor` export with a map of arguments.
#[track_caller]
pub fn run_cbor(export: CborExport, ctx: Context, args: &Value) -> (c_int, Value) {
    let req = write(args);
    run(cbor, |cb, user_data| export(ctx.0, cb, user_data, req.as_ptr(), req.len()))
}

/// Declares `_cbor` exports of requests with a receiver: `cbor_exports!(login = "my_app_login_cbor", …)`.
#[allow(unused_macros, reason = "not every test file has some")]
macro_rules! cbor_exports {
    ($($name:ident = $symbol:literal),* $(,)?) => {
        unsafe extern "C" {
            $(
                #[link_name = $symbol]
                safe fn $name(ctx: *mut c_void, cb: Option<FFICallBack>, ud: *mut c_void, req: *const u8, len: usize) -> c_int;
            )*
        }
    };
}
#[allow(unused_imports, reason = "not every test file has some")]
pub(crate) use cbor_exports;

pub const NATIVE: i32 = 0;
pub const CBOR: i32 = 1;
pub const BOTH: [i32; 2] = [NATIVE, CBOR];

/// What a listener or a host function heard, for the test's thread.
pub fn heard<T: Send + 'static>() -> (Sender<T>, impl Fn() -> T) {
    let (sender, receiver) = mpsc::channel();
    (sender, move || receiver.recv_timeout(PATIENCE).expect("it is heard"))
}

/// The library, as its descriptor says.
#[track_caller]
pub fn library() -> ffihost_schema::Library {
    ffihost_schema::Library::from_document(document()).expect("the descriptor can be read")
}

/// The descriptor, as the running library has it.
#[track_caller]
pub fn document() -> &'static [u8] {
    let (mut bytes, mut len) = (ptr::null(), 0);
    assert_eq!(c::abi_descriptor(&raw mut bytes, &raw mut len), OK);
    // SAFETY: static storage, of that length.
    unsafe { std::slice::from_raw_parts(bytes, len) }
}

pub use ffihost_test_host::direct::{FFIError, FFIOwnedBytes, FFIOwnedString, NO_ERROR, Place, Plain};

/// Runs a request in direct form, and calls back with its outcome.
pub fn called_back<P: Place>(
    cb: Option<FFICallBack>,
    user_data: *mut c_void,
    run: impl FnOnce(*mut P, *mut FFIError) -> c_int,
) -> c_int {
    ffihost_test_host::direct::called_back(c::EXPORTS, (cb, user_data), run)
}

/// Declares synchronous requests, which say last where their outcome goes, as functions with a callback in front.
#[allow(unused_macros, reason = "not every test file has some")]
macro_rules! synchronous {
    () => {};
    ($(#[$attr:meta])* $name:ident $([$ctx:ident])? ($($param:ident: $type:ty),* $(,)?) -> calls_back; $($rest:tt)*) => {
        $(#[$attr])*
        extern "C" fn $name($($ctx: *mut c_void,)? cb: Option<FFICallBack>, ud: *mut c_void $(, $param: $type)*) -> c_int {
            unsafe extern "C" {
                safe fn $name($($ctx: *mut c_void,)? $($param: $type,)* cb: Option<FFICallBack>, ud: *mut c_void) -> c_int;
            }
            $name($($ctx,)? $($param,)* cb, ud)
        }
        typed::synchronous! { $($rest)* }
    };
    ($(#[$attr:meta])* $name:ident $([$ctx:ident])? ($($param:ident: $type:ty),* $(,)?) -> (); $($rest:tt)*) => {
        $(#[$attr])*
        extern "C" fn $name($($ctx: *mut c_void,)? cb: Option<FFICallBack>, ud: *mut c_void $(, $param: $type)*) -> c_int {
            unsafe extern "C" {
                safe fn $name($($ctx: *mut c_void,)? $($param: $type,)* error: *mut typed::FFIError) -> c_int;
            }
            typed::called_back::<()>(cb, ud, |_, error| $name($($ctx,)? $($param,)* error))
        }
        typed::synchronous! { $($rest)* }
    };
    ($(#[$attr:meta])* $name:ident $([$ctx:ident])? ($($param:ident: $type:ty),* $(,)?) -> $place:ty; $($rest:tt)*) => {
        $(#[$attr])*
        extern "C" fn $name($($ctx: *mut c_void,)? cb: Option<FFICallBack>, ud: *mut c_void $(, $param: $type)*) -> c_int {
            unsafe extern "C" {
                safe fn $name(
                    $($ctx: *mut c_void,)? $($param: $type,)* result: *mut $place, error: *mut typed::FFIError
                ) -> c_int;
            }
            typed::called_back::<$place>(cb, ud, |result, error| $name($($ctx,)? $($param,)* result, error))
        }
        typed::synchronous! { $($rest)* }
    };
}
#[allow(unused_imports, reason = "not every test file has some")]
pub(crate) use synchronous;
