//! The C types that exports are declared with.

pub use ffihost_abi::types::{FFIHostFnOptions, FFIStats};
pub use std::ffi::{c_char, c_int};

use ffihost_abi::types::{FFICallBack, FFIHostFn};
use std::ffi::c_void;

/// A context.
pub type Ctx = *mut c_void;
/// What a callback is passed.
pub type UserData = *mut c_void;
/// A callback, or NULL.
pub type Callback = Option<FFICallBack>;
/// A host function, or NULL.
pub type HostFn = Option<FFIHostFn>;
/// NUL-terminated UTF-8.
pub type Name = *const c_char;
