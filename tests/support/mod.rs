//! A library with scripted requests, and a host for it that uses nothing but the C ABI.
#![allow(dead_code, unreachable_pub, reason = "each test file uses a part of it")]
#![allow(clippy::allow_attributes, reason = "whether the expectation above holds differs between test files")]
#![allow(unused_imports, reason = "as above")]

pub mod bombs;
pub mod c;
mod holds;
mod library;
mod limits;
mod odd;
mod requests;
mod scripts;
mod settled;

pub use self::holds::let_go;
pub use self::library::Library;
pub use self::limits::{LIMITS, OPTIONS};
pub use self::odd::Odd;
pub use self::scripts::Scripts;
pub use self::settled::{settle_elsewhere_each, settled_elsewhere};
pub use ffihost_test_host::{Asked, Log, PATIENCE, Told, wait_until};

use ffihost::abi::types::FFICallBack;
use ffihost::{HostError, HostFn};
use std::any::Any;
use std::ffi::c_void;

/// A context of the library, as a host has it.
pub type Context = ffihost_test_host::Context<c::T>;

/// What a request will be called back with.
pub type Pending = ffihost_test_host::Pending<Told>;

/// A C callback that calls `f`.
pub fn callback(mut f: impl FnMut(Told) + Send + 'static) -> (Option<FFICallBack>, *mut c_void) {
    ffihost_test_host::callback(move |ret, payload| f(Told::new(ret, payload)))
}

/// Panics as library code under test does. The panic hook is not called, so the output shows only panics that nobody meant: a
/// test whose library panics thousands of times would fill a log otherwise, and a backtrace takes seconds under a checker.
pub fn panic_on_purpose(payload: impl Any + Send) -> ! {
    std::panic::resume_unwind(Box::new(payload))
}

/// As the author declares it, so that calls are made the common way; `ask_by_name` is by its text.
pub static ASK: HostFn = HostFn::new("ask");

/// An error as a test wants to see it.
pub fn show(error: &HostError<Vec<u8>>) -> String {
    match error {
        HostError::Declared(bytes) => format!("Declared({})", String::from_utf8_lossy(bytes)),
        error => format!("{error:?}"),
    }
}

/// Polls a future until it is ready, on this thread.
pub fn futures_block_on<F: Future>(future: F) -> F::Output {
    futures::executor::block_on(future)
}

/// Polls a future once; it is not woken later.
pub fn futures_poll_once<F: Future + Unpin>(future: &mut F) -> Option<F::Output> {
    futures::FutureExt::now_or_never(future)
}
