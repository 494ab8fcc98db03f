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

/// One of the host functions that are registered together.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
#[expect(missing_docs, reason = "the fields are those of ffihost.h, which documents them")]
pub struct FFINamedHostFn {
    pub name: *const c_char,
    pub function: Option<FFIHostFn>,
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

/// Text that a request in direct form has returned, owned by the host until `<lib>_release_string`.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
#[expect(missing_docs, reason = "the fields are those of ffihost.h, which documents them")]
pub struct FFIOwnedString {
    pub data: *const c_char,
    pub len: usize,
    pub owner: *mut c_void,
}

/// The same of bytes, until `<lib>_release_bytes`.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
#[expect(missing_docs, reason = "the fields are those of ffihost.h, which documents them")]
pub struct FFIOwnedBytes {
    pub data: *const u8,
    pub len: usize,
    pub owner: *mut c_void,
}

/// Why a request in direct form has failed, owned by the host until `<lib>_release_error`.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
#[expect(missing_docs, reason = "the fields are those of ffihost.h, which documents them")]
pub struct FFIError {
    pub text: *const c_char,
    pub text_len: usize,
    pub payload: *const c_void,
    pub payload_len: usize,
    pub owner: *mut c_void,
}

/// A context's counters and gauges at one moment: ffihost's `Stats` and the host's struct are this one type.
///
/// A later version may have more fields at the end, so it is made by [`Default`], which sets the size and leaves the rest at 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct FFIStats {
    /// The struct's own size, by which a host says which one it has.
    pub size: usize,
    /// Host functions called.
    pub host_calls: u64,
    /// Called and not yet settled.
    pub host_calls_in_flight: u64,
    /// Answered before the host function returned.
    pub host_calls_inline: u64,
    /// Answered later, or from another thread.
    pub host_calls_remote: u64,
    /// Ended by a deadline.
    pub host_calls_timed_out: u64,
    /// Ended by drop, unregister or close.
    pub host_calls_cancelled: u64,
    /// Host functions that took longer than the warning threshold.
    pub host_calls_slow: u64,
    /// Answers that found no open call.
    pub host_answers_refused: u64,
    /// Answers that settled their call with a decoding error.
    pub host_answers_undecodable: u64,
    /// Host functions registered now.
    pub host_fns_registered: u64,
    /// Requests accepted.
    pub requests: u64,
    /// Accepted and not yet called back.
    pub requests_in_flight: u64,
    /// Refused because the queue was full.
    pub requests_refused: u64,
    /// Events enqueued for listeners.
    pub events_emitted: u64,
    /// Events dropped because the queue was full.
    pub events_dropped: u64,
    /// Listeners added and not removed.
    pub listeners: u64,
    /// Handles given to the host and not released.
    pub handles: u64,
}

impl Default for FFIStats {
    fn default() -> Self {
        Self {
            size: size_of::<Self>(),
            host_calls: 0,
            host_calls_in_flight: 0,
            host_calls_inline: 0,
            host_calls_remote: 0,
            host_calls_timed_out: 0,
            host_calls_cancelled: 0,
            host_calls_slow: 0,
            host_answers_refused: 0,
            host_answers_undecodable: 0,
            host_fns_registered: 0,
            requests: 0,
            requests_in_flight: 0,
            requests_refused: 0,
            events_emitted: 0,
            events_dropped: 0,
            listeners: 0,
            handles: 0,
        }
    }
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
    assert!(size_of::<FFINamedHostFn>() == 16 && align_of::<FFINamedHostFn>() == 8);
    assert!(offset_of!(FFINamedHostFn, function) == 8);
    assert!(size_of::<FFIServeOptions>() == 56 && align_of::<FFIServeOptions>() == 8);
    assert!(offset_of!(FFIServeOptions, token) == 8);
    assert!(offset_of!(FFIServeOptions, certificates) == 16);
    assert!(offset_of!(FFIServeOptions, key) == 24);
    assert!(offset_of!(FFIServeOptions, insecure) == 32);
    assert!(offset_of!(FFIServeOptions, max_frame) == 36);
    assert!(offset_of!(FFIServeOptions, max_connections) == 40);
    assert!(offset_of!(FFIServeOptions, max_in_flight) == 44);
    assert!(offset_of!(FFIServeOptions, idle_ms) == 48);
    assert!(size_of::<FFIOwnedString>() == 24 && align_of::<FFIOwnedString>() == 8);
    assert!(offset_of!(FFIOwnedString, len) == 8 && offset_of!(FFIOwnedString, owner) == 16);
    assert!(size_of::<FFIOwnedBytes>() == 24 && align_of::<FFIOwnedBytes>() == 8);
    assert!(offset_of!(FFIOwnedBytes, len) == 8 && offset_of!(FFIOwnedBytes, owner) == 16);
    assert!(size_of::<FFIError>() == 40 && align_of::<FFIError>() == 8);
    assert!(offset_of!(FFIError, text_len) == 8);
    assert!(offset_of!(FFIError, payload) == 16);
    assert!(offset_of!(FFIError, payload_len) == 24);
    assert!(offset_of!(FFIError, owner) == 32);
    assert!(size_of::<FFIStats>() == 144 && align_of::<FFIStats>() == 8);
    assert!(offset_of!(FFIStats, host_calls) == 8);
    assert!(offset_of!(FFIStats, host_fns_registered) == 80);
    assert!(offset_of!(FFIStats, requests) == 88);
    assert!(offset_of!(FFIStats, listeners) == 128);
    assert!(offset_of!(FFIStats, handles) == 136);
};
