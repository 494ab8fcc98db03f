//! The library as C knows it: what `ffihost generate` would put into its header, written by hand. This is all that the host
//! knows of the library.

use ffihost::abi::types::{FFICallBack, FFIHostFnOptions, FFIStats};
use std::ffi::{CStr, c_char, c_int, c_void};
use std::{ptr, slice};

/// Done, or accepted.
pub(crate) const FFI_RET_OK: c_int = 0;
/// The declared error of that function.
pub(crate) const FFI_RET_ERR: c_int = 1;
/// Not terminal: the request is still running.
pub(crate) const FFI_RET_STALE_WARN: c_int = 3;

/// Text: UTF-8, without a NUL at the end.
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct FFIString {
    data: *const c_char,
    len: usize,
}

impl FFIString {
    /// Borrows; C does not say for how long.
    pub(crate) fn new(text: &str) -> Self {
        Self { data: text.as_ptr().cast(), len: text.len() }
    }

    /// A copy.
    ///
    /// # Safety
    ///
    /// What it was made of lives.
    pub(crate) unsafe fn copy(self) -> String {
        if self.len == 0 {
            return String::new();
        }
        // SAFETY: the caller's contract.
        String::from_utf8_lossy(unsafe { slice::from_raw_parts(self.data.cast(), self.len) }).into_owned()
    }
}

/// What a user is: one of these.
pub(crate) const LOGIN_ROLE_READER: i32 = 0;
pub(crate) const LOGIN_ROLE_EDITOR: i32 = 1;
pub(crate) const LOGIN_ROLE_ADMIN: i32 = 2;

#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct LoginProfile {
    pub(crate) name: FFIString,
    pub(crate) email: FFIString,
    pub(crate) role: i32,
}

#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct LoginSession {
    pub(crate) number: u64,
    pub(crate) service: FFIString,
    pub(crate) profile: LoginProfile,
    pub(crate) may: FFIString,
}

/// The tags of [`LoginOpenError`].
pub(crate) const LOGIN_OPEN_ERROR_UNKNOWN_USER: i32 = 0;
pub(crate) const LOGIN_OPEN_ERROR_NO_PROFILE: i32 = 1;

#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct LoginOpenError {
    pub(crate) tag: i32,
    pub(crate) payload: LoginOpenErrorPayload,
}

#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) union LoginOpenErrorPayload {
    /// The field `user` of `UnknownUser`: a struct of one field is laid out as that.
    pub(crate) unknown_user: FFIString,
    pub(crate) no_profile: FFIString,
}

/// The only variant of the error that `fetch_profile` declares.
pub(crate) const LOGIN_PROFILE_ERROR_NO_SUCH_USER: i32 = 0;

/// The arguments of `fetch_profile`.
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct LoginFetchProfileArgs {
    pub(crate) user: FFIString,
}

// As in the header: what the library was built with.
#[cfg(target_pointer_width = "64")]
const _: () = {
    assert!(size_of::<LoginProfile>() == 40);
    assert!(size_of::<LoginSession>() == 80);
    assert!(size_of::<LoginOpenError>() == 24);
    assert!(size_of::<LoginFetchProfileArgs>() == 16);
};

unsafe extern "C" {
    pub(crate) fn login_create(
        service: FFIString,
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

    fn login_host_complete(ctx: *mut c_void, token: u64, ret: c_int, msg: *const c_char, len: usize) -> c_int;

    pub(crate) fn login_open_session(
        ctx: *mut c_void,
        cb: Option<FFICallBack>,
        user_data: *mut c_void,
        user: FFIString,
    ) -> c_int;

    pub(crate) fn login_stats(ctx: *mut c_void, out: *mut FFIStats) -> c_int;

    fn login_version() -> *const c_char;
}

/// The library's version.
pub(crate) fn version() -> String {
    // SAFETY: it takes nothing, and returns a NUL-terminated string in static storage.
    unsafe { CStr::from_ptr(login_version()) }.to_string_lossy().into_owned()
}

/// Answers a host call.
///
/// The status says whether anybody still wants the answer. If not, the library has told its caller why, and nothing is left
/// to do here.
pub(crate) fn complete(ctx: Ctx, token: u64, ret: c_int, payload: Payload<'_>) {
    // SAFETY: the payload lives during the call; any number may be passed as ctx and token.
    let _wanted = unsafe { login_host_complete(ctx.0, token, ret, payload.msg, payload.len) };
}

/// What a callback is passed, and what an answer is: a C type, or text.
#[derive(Clone, Copy)]
pub(crate) struct Payload<'a> {
    msg: *const c_char,
    len: usize,
    lives: std::marker::PhantomData<&'a ()>,
}

impl<'a> Payload<'a> {
    /// What a callback was passed.
    ///
    /// # Safety
    ///
    /// `msg` points to `len` bytes, as every callback's does, and `'a` ends before the callback returns.
    pub(crate) unsafe fn new(msg: *const c_char, len: usize) -> Self {
        Self { msg, len, lives: std::marker::PhantomData }
    }

    pub(crate) fn of<T: Copy>(value: &'a T) -> Self {
        // SAFETY: it is as long as its type says, and borrowed for that long.
        unsafe { Self::new(ptr::from_ref(value).cast(), size_of::<T>()) }
    }

    pub(crate) fn of_text(text: &'a str) -> Self {
        // SAFETY: it is as long as it says, and borrowed for that long.
        unsafe { Self::new(text.as_ptr().cast(), text.len()) }
    }

    /// The text that it is.
    pub(crate) fn text(self) -> String {
        // SAFETY: it points to so many bytes.
        unsafe { FFIString { data: self.msg, len: self.len }.copy() }
    }

    /// The C type that it is, if its size fits.
    ///
    /// # Safety
    ///
    /// The function that it comes from says that it is a `T`.
    pub(crate) unsafe fn read<T: Copy>(self) -> Option<T> {
        // SAFETY: the caller's contract.
        (self.len == size_of::<T>()).then(|| unsafe { self.msg.cast::<T>().read_unaligned() })
    }
}

/// A context, as C knows it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ctx(pub(crate) *mut c_void);

// SAFETY: a ctx is a number that may be used on any thread; ffihost.h says so.
unsafe impl Send for Ctx {}
