//! What the library's C header declares. This is all that the host knows of the library.

use ffihost::abi::types::{FFICallBack, FFIHostFnOptions, FFIStats};
use std::ffi::{CStr, c_char, c_int, c_void};

/// Done, or accepted.
pub(crate) const FFI_RET_OK: c_int = 0;
/// The declared error of that function.
pub(crate) const FFI_RET_ERR: c_int = 1;
/// Not terminal: the request is still running.
pub(crate) const FFI_RET_STALE_WARN: c_int = 3;

unsafe extern "C" {
    pub(crate) fn login_create(
        req: *const u8,
        len: usize,
        cb: Option<FFICallBack>,
        user_data: *mut c_void,
        ctx: *mut *mut c_void,
    ) -> c_int;

    pub(crate) fn login_destroy(ctx: *mut c_void) -> c_int;

    pub(crate) fn login_register_host_fn_with(
        ctx: *mut c_void,
        name: *const c_char,
        options: *const FFIHostFnOptions,
    ) -> c_int;

    pub(crate) fn login_host_complete(
        ctx: *mut c_void,
        token: u64,
        ret: c_int,
        msg: *const c_char,
        len: usize,
    ) -> c_int;

    pub(crate) fn login_open_session(
        ctx: *mut c_void,
        cb: Option<FFICallBack>,
        user_data: *mut c_void,
        req: *const u8,
        len: usize,
    ) -> c_int;

    pub(crate) fn login_stats(ctx: *mut c_void, out: *mut FFIStats) -> c_int;

    fn login_version() -> *const c_char;
}

/// The library's version.
pub(crate) fn version() -> String {
    // SAFETY: it takes nothing, and returns a NUL-terminated string in static storage.
    unsafe { CStr::from_ptr(login_version()) }.to_string_lossy().into_owned()
}

/// The text that a callback is passed.
///
/// # Safety
///
/// `bytes` points to `len` bytes, as every callback's `msg` and `req` do.
pub(crate) unsafe fn text(bytes: *const c_char, len: usize) -> String {
    // SAFETY: the caller's contract.
    String::from_utf8_lossy(unsafe { std::slice::from_raw_parts(bytes.cast(), len) }).into_owned()
}

/// A context, as C knows it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ctx(pub(crate) *mut c_void);

// SAFETY: a ctx is a number that may be used on any thread; ffihost.h says so.
unsafe impl Send for Ctx {}
