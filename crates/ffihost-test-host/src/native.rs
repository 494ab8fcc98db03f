//! Values as C has them; see `docs/abi.md`.

use std::{ptr, slice};

/// `FFIString` and `FFIBytes`.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
#[expect(missing_docs, reason = "as in ffihost.h")]
pub struct Str {
    pub data: *const u8,
    pub len: usize,
}

impl Str {
    /// These bytes, borrowed.
    pub fn of(bytes: &(impl AsRef<[u8]> + ?Sized)) -> Self {
        let bytes = bytes.as_ref();
        Self { data: bytes.as_ptr(), len: bytes.len() }
    }

    /// # Safety
    ///
    /// It points to `len` bytes.
    pub unsafe fn bytes(self) -> Vec<u8> {
        // SAFETY: the caller's contract.
        if self.len == 0 { Vec::new() } else { unsafe { slice::from_raw_parts(self.data, self.len) }.to_vec() }
    }

    /// # Safety
    ///
    /// It points to `len` bytes.
    pub unsafe fn text(self) -> String {
        // SAFETY: the caller's contract.
        String::from_utf8(unsafe { self.bytes() }).expect("the library passes UTF-8")
    }
}

/// `MyAppTList`
#[derive(Clone, Copy, Debug)]
#[repr(C)]
#[expect(missing_docs, reason = "as in ffihost.h")]
pub struct List<T> {
    pub data: *const T,
    pub len: usize,
}

impl<T: Copy> List<T> {
    /// These values, borrowed.
    pub fn of(values: &[T]) -> Self {
        Self { data: values.as_ptr(), len: values.len() }
    }

    /// # Safety
    ///
    /// It points to `len` values.
    pub unsafe fn values(self) -> Vec<T> {
        // SAFETY: the caller's contract.
        if self.len == 0 { Vec::new() } else { unsafe { slice::from_raw_parts(self.data, self.len) }.to_vec() }
    }
}

/// `MyAppOptionalT`
#[derive(Clone, Copy, Debug)]
#[repr(C)]
#[expect(missing_docs, reason = "as in ffihost.h")]
pub struct Optional<T> {
    pub present: bool,
    pub value: T,
}

/// `MyAppTEntry`
#[derive(Clone, Copy, Debug)]
#[repr(C)]
#[expect(missing_docs, reason = "as in ffihost.h")]
pub struct Entry<T> {
    pub key: Str,
    pub value: T,
}

/// Reads a payload that is a C type, without regard for alignment.
///
/// # Safety
///
/// Every bit pattern is a `C`.
#[track_caller]
pub unsafe fn c_value<C: Copy>(payload: &[u8]) -> C {
    assert_eq!(payload.len(), size_of::<C>(), "the payload is of the C type's size");
    // SAFETY: that many bytes are there.
    unsafe { payload.as_ptr().cast::<C>().read_unaligned() }
}

/// The bytes of a C type, for an answer.
pub fn bytes_of<C: Copy>(value: &C) -> &[u8] {
    // SAFETY: what is padding in it is copied and never looked at.
    unsafe { slice::from_raw_parts(ptr::from_ref(value).cast(), size_of::<C>()) }
}
