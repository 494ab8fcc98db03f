//! Values whose C type outlives the call that has made it.

use super::Lower;
use super::native::Scratch;
use std::ffi::c_void;
use std::fmt;
use std::mem::MaybeUninit;
use std::ptr::NonNull;

/// A value with its C type, which lives as long as this.
pub struct Kept {
    payload: *const c_void,
    len: usize,
    /// What the payload is in, and leads to. It is no `Box`: moving one says that nothing else points into it.
    owner: NonNull<dyn Send>,
}

// SAFETY: the owner is `Send`, and the payload is in it.
unsafe impl Send for Kept {}

impl Drop for Kept {
    fn drop(&mut self) {
        // SAFETY: `keep` has made it of a `Box`, and nobody else frees it.
        drop(unsafe { Box::from_raw(self.owner.as_ptr()) });
    }
}

impl Kept {
    /// Where its C type is, and the size of that.
    pub(crate) fn payload(&self) -> (*const c_void, usize) {
        (self.payload, self.len)
    }
}

impl fmt::Debug for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Kept").field("len", &self.len).finish_non_exhaustive()
    }
}

/// In one place, from which it is not moved. Its C type comes first.
#[repr(C)]
struct Lowered<T: Lower> {
    c: MaybeUninit<T::C>,
    scratch: Scratch,
    value: T,
}

// SAFETY: the pointers in the C type lead into the value and the scratch memory, which go with it and are `Send`.
unsafe impl<T: Lower + Send> Send for Lowered<T> {}

/// Keeps a value with its C type.
pub fn keep<T: Lower + Send + 'static>(value: T) -> Kept {
    let lowered = Lowered { c: MaybeUninit::<T::C>::zeroed(), scratch: Scratch::new(), value };
    let owner = NonNull::from(Box::leak(Box::new(lowered)));
    let kept = Kept { payload: owner.as_ptr().cast_const().cast(), len: size_of::<T::C>(), owner };
    let lowered = owner.as_ptr();
    // SAFETY: it is a place of ours, all zeros, which is written while value and scratch are read.
    unsafe { (*lowered).value.lower((&raw mut (*lowered).c).cast(), &(*lowered).scratch) };
    kept
}
