//! The C host of the library with attributes: [`crate::host`], with what is natively another type.

use crate::__symbol;
use crate::host::{self, Context, Standard};
use ffihost::abi::types::{FFICallBack, FFIError};
use std::ffi::{c_int, c_void};
use std::sync::Arc;
use std::time::Duration;

// The library's symbols are found by name.
use ffihost_benches_typed as _;

/// A request with one number.
pub type Request<N> = unsafe extern "C" fn(*mut c_void, Option<FFICallBack>, *mut c_void, N) -> c_int;

/// A request in direct form, from a number to a number.
pub type Direct = unsafe extern "C" fn(*mut c_void, u32, *mut u32, *mut FFIError) -> c_int;

/// The same without a context.
pub type FreeDirect = unsafe extern "C" fn(u32, *mut u32, *mut FFIError) -> c_int;

/// The library's functions, as found by name.
#[derive(Clone, Copy, Debug)]
#[expect(missing_docs, reason = "the fields are the library's functions, which `ffihost_benches_typed` documents")]
pub struct Exports {
    pub standard: Standard,
    pub await_numbers: Request<u64>,
    pub await_texts: Request<u64>,
    pub emit_burst: Request<u64>,
    pub nudge: Request<u32>,
    pub bump_sync: Direct,
    pub bump_free: FreeDirect,
}

/// The library's functions.
pub fn typed() -> Exports {
    Exports {
        // Without parameters, so no bytes are the arguments.
        standard: host::standard!("bench_typed", create_cbor),
        await_numbers: __symbol!("bench_typed_await_numbers", Request<u64>),
        await_texts: __symbol!("bench_typed_await_texts", Request<u64>),
        emit_burst: __symbol!("bench_typed_emit_burst", Request<u64>),
        nudge: __symbol!("bench_typed_nudge", Request<u32>),
        bump_sync: __symbol!("bench_typed_bump_sync", Direct),
        bump_free: __symbol!("bench_typed_bump_free", FreeDirect),
    }
}

/// A context of it.
pub fn context() -> Arc<Context<Exports>> {
    let exports = typed();
    Context::of(exports.standard, exports)
}

/// Runs a request that makes `calls` calls, and returns how long it says that they took.
pub fn time(context: &Context<Exports>, request: Request<u64>, calls: u64) -> Duration {
    Duration::from_nanos(context.run_with(|callback, user_data| {
        // SAFETY: userData lives until it is called back.
        unsafe { request(context.ctx(), Some(callback), user_data, calls) }
    }))
}
