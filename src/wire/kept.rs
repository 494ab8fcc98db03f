//! Values whose C type outlives the call that has made it.

use super::Lower;
use super::native::Scratch;
use std::ffi::c_void;
use std::fmt;
use std::mem::MaybeUninit;

/// A value with its C type, which lives as long as this.
pub struct Kept {
    payload: *const c_void,
    len: usize,
    /// What the payload is in, and leads to.
    _owner: Box<dyn Send>,
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

/// In one place, from which it is not moved.
struct Lowered<T: Lower> {
    c: MaybeUninit<T::C>,
    scratch: Scratch,
    value: T,
}

// SAFETY: the pointers in the C type lead into the value and the scratch memory, which go with it.
unsafe impl<T: Lower + Send> Send for Lowered<T> {}

/// Keeps a value with its C type.
pub fn keep<T: Lower + Send + 'static>(value: T) -> Kept {
    let mut lowered = Box::new(Lowered { c: MaybeUninit::<T::C>::zeroed(), scratch: Scratch::new(), value });
    let Lowered { c, scratch, value } = &mut *lowered;
    // SAFETY: it is a place of ours, all zeros.
    unsafe { value.lower(c.as_mut_ptr(), scratch) };
    Kept { payload: c.as_ptr().cast(), len: size_of::<T::C>(), _owner: lowered }
}
