//! The C types of `ffihost.h`, field by field.

use core::ffi::{c_char, c_int, c_void};
use core::mem::offset_of;

/// Takes the outcome of a request, of create or close, or an event.
pub type FFICallBack = unsafe extern "C" fn(ret: c_int, msg: *const c_char, len: usize, user_data: *mut c_void);
/// A host function.
pub type FFIHostFn = unsafe extern "C" fn(token: u64, req: *const c_char, req_len: usize, user_data: *mut c_void);
/// Tells the host that an answer is no longer wanted.
pub type FFIHostCancelFn = unsafe extern "C" fn(token: u64, user_data: *mut c_void);
/// Gives userData back.
pub type FFIRelease = unsafe extern "C" fn(user_data: *mut c_void);

/// `FFI_FORMAT_NATIVE`
pub const FFI_FORMAT_NATIVE: i32 = 0;
/// `FFI_FORMAT_CBOR`
pub const FFI_FORMAT_CBOR: i32 = 1;

/// Everything that can be said when a host function is registered.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
#[expect(missing_docs, reason = "the fields are those of ffihost.h, which documents them")]
pub struct FFIHostFnOptions {
    pub size: usize,
    pub function: Option<FFIHostFn>,
    pub cancel: Option<FFIHostCancelFn>,
    pub release: Option<FFIRelease>,
    pub user_data: *mut c_void,
    pub format: i32,
    pub max_in_flight: u32,
    pub deadline_ms: u64,
}

/// How a context is served.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
#[expect(missing_docs, reason = "the fields are those of ffihost.h, which documents them")]
pub struct FFIServeOptions {
    pub size: usize,
    pub token: *const c_char,
    pub certificates: *const c_char,
    pub key: *const c_char,
    pub insecure: i32,
    pub max_frame: u32,
    pub max_connections: u32,
    pub max_in_flight: u32,
    pub idle_ms: u64,
}

/// What a context has done and is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
#[expect(missing_docs, reason = "the fields are those of ffihost.h, which documents them")]
pub struct FFIStats {
    pub size: usize,
    pub host_calls: u64,
    pub host_calls_in_flight: u64,
    pub host_calls_inline: u64,
    pub host_calls_remote: u64,
    pub host_calls_timed_out: u64,
    pub host_calls_cancelled: u64,
    pub host_calls_slow: u64,
    pub host_answers_refused: u64,
    pub host_answers_undecodable: u64,
    pub host_fns_registered: u64,
    pub requests: u64,
    pub requests_in_flight: u64,
    pub requests_refused: u64,
    pub events_emitted: u64,
    pub events_dropped: u64,
    pub listeners: u64,
    pub handles: u64,
}

// The same figures are asserted in C: c-tests/layout.c.
#[cfg(target_pointer_width = "64")]
const _: () = {
    assert!(size_of::<FFIHostFnOptions>() == 56 && align_of::<FFIHostFnOptions>() == 8);
    assert!(offset_of!(FFIHostFnOptions, function) == 8);
    assert!(offset_of!(FFIHostFnOptions, cancel) == 16);
    assert!(offset_of!(FFIHostFnOptions, release) == 24);
    assert!(offset_of!(FFIHostFnOptions, user_data) == 32);
    assert!(offset_of!(FFIHostFnOptions, format) == 40);
    assert!(offset_of!(FFIHostFnOptions, max_in_flight) == 44);
    assert!(offset_of!(FFIHostFnOptions, deadline_ms) == 48);
    assert!(size_of::<FFIServeOptions>() == 56 && align_of::<FFIServeOptions>() == 8);
    assert!(offset_of!(FFIServeOptions, token) == 8);
    assert!(offset_of!(FFIServeOptions, certificates) == 16);
    assert!(offset_of!(FFIServeOptions, key) == 24);
    assert!(offset_of!(FFIServeOptions, insecure) == 32);
    assert!(offset_of!(FFIServeOptions, max_frame) == 36);
    assert!(offset_of!(FFIServeOptions, max_connections) == 40);
    assert!(offset_of!(FFIServeOptions, max_in_flight) == 44);
    assert!(offset_of!(FFIServeOptions, idle_ms) == 48);
    assert!(size_of::<FFIStats>() == 144 && align_of::<FFIStats>() == 8);
    assert!(offset_of!(FFIStats, host_calls) == 8);
    assert!(offset_of!(FFIStats, host_fns_registered) == 80);
    assert!(offset_of!(FFIStats, requests) == 88);
    assert!(offset_of!(FFIStats, listeners) == 128);
    assert!(offset_of!(FFIStats, handles) == 136);
};
