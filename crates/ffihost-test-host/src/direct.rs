//! Requests in direct form.

use crate::Exports;
use crate::callback::Given;
use crate::native::bytes_of;
pub use ffihost_abi::types::{FFIError, FFIOwnedBytes, FFIOwnedString};
use std::ffi::c_int;
use std::mem::MaybeUninit;
use std::{ptr, slice};

const OK: c_int = 0;
const MISSING_CALLBACK: c_int = 2;
const INVALID_ARGUMENT: c_int = 6;

/// An error with nothing in it: `FFI_ERROR_INIT`.
pub const NO_ERROR: FFIError =
    FFIError { text: ptr::null(), text_len: 0, payload: ptr::null(), payload_len: 0, owner: ptr::null_mut() };

/// Where a request in direct form writes its result.
pub trait Place {
    /// What is there before.
    fn empty() -> Self;

    /// Hands on what was written, and releases it.
    fn take(self, exports: &Exports, take: impl FnOnce(&[u8]));
}

macro_rules! owned {
    ($($type:ident: $release:ident),*) => {$(
        impl Place for $type {
            fn empty() -> Self {
                Self { data: ptr::null(), len: 0, owner: ptr::null_mut() }
            }

            fn take(mut self, exports: &Exports, take: impl FnOnce(&[u8])) {
                assert!(!self.data.is_null() && !self.owner.is_null(), "it is owned");
                // SAFETY: the library says so.
                take(unsafe { slice::from_raw_parts(self.data.cast(), self.len) });
                for _ in 0..2 {
                    assert_eq!((exports.$release)(&raw mut self), OK);
                    assert!(self.data.is_null() && self.len == 0 && self.owner.is_null(), "it is emptied");
                }
            }
        }
    )*};
}

owned!(FFIOwnedString: release_string, FFIOwnedBytes: release_bytes);

/// A C type without pointers.
#[derive(Clone, Copy, Debug)]
#[repr(transparent)]
pub struct Plain<C: Copy>(pub MaybeUninit<C>);

impl<C: Copy> Place for Plain<C> {
    fn empty() -> Self {
        Self(MaybeUninit::zeroed())
    }

    fn take(self, _: &Exports, take: impl FnOnce(&[u8])) {
        take(bytes_of(&self.0));
    }
}

/// Nothing is written.
impl Place for () {
    fn empty() -> Self {}

    fn take(self, _: &Exports, take: impl FnOnce(&[u8])) {
        take(&[]);
    }
}

/// Runs a request in direct form, and calls back with its outcome as a request with a callback does. One that is refused is not
/// called back: nobody owns its text. Without a callback it is given no place for its result, and the status is that of a
/// request without a callback.
pub fn called_back<P: Place>(
    exports: &Exports,
    (cb, user_data): Given,
    run: impl FnOnce(*mut P, *mut FFIError) -> c_int,
) -> c_int {
    let (mut result, mut error) = (P::empty(), NO_ERROR);
    let Some(cb) = cb else {
        assert_eq!(run(ptr::null_mut(), ptr::null_mut()), INVALID_ARGUMENT);
        return MISSING_CALLBACK;
    };
    let ret = run(&raw mut result, &raw mut error);
    // SAFETY: the callback is one, and the payload lives during the call.
    let tell = |payload: &[u8]| unsafe { cb(ret, payload.as_ptr().cast(), payload.len(), user_data) };
    if ret == OK {
        assert!(error.text.is_null() && error.owner.is_null(), "an error is written only where there is one");
        result.take(exports, tell);
        return OK;
    }
    let is_refused = error.owner.is_null();
    if !is_refused {
        let (data, len) = match error.payload.is_null() {
            true => (error.text.cast::<u8>(), error.text_len),
            false => (error.payload.cast::<u8>(), error.payload_len),
        };
        // SAFETY: the library says so.
        tell(unsafe { slice::from_raw_parts(data, len) });
    }
    assert!(!error.text.is_null(), "every failure has a text, if it is an empty one");
    for _ in 0..2 {
        assert_eq!((exports.release_error)(&raw mut error), OK);
        assert!(error.text.is_null() && error.payload.is_null() && error.owner.is_null(), "it is emptied");
    }
    if is_refused { ret } else { OK }
}
