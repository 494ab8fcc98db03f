//! What the userData of the C ends stand for.
//!
//! A userData is a number that is not used again, and no pointer: a call that comes when it should not, or after somebody gave up
//! waiting for it, finds nothing. So no status of the library's has to be right for memory to be safe.

use crate::sync::Mutex;
use std::collections::HashMap;
use std::ffi::c_void;
use std::ptr;

/// Values by the userData that they were given.
#[derive(Debug)]
pub(super) struct Kept<T>(Mutex<Numbered<T>>);

#[derive(Debug)]
struct Numbered<T> {
    values: HashMap<usize, T>,
    last: usize,
}

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self(Mutex::new(Numbered { values: HashMap::new(), last: 0 }))
    }
}

impl<T> Kept<T> {
    /// Keeps a value, and returns its userData.
    pub(super) fn keep(&self, value: T) -> *mut c_void {
        let mut kept = self.0.lock();
        // On 32 bits the numbers start over; 0 would be no userData to cancel by.
        let number = loop {
            kept.last = kept.last.wrapping_add(1);
            if kept.last != 0 && !kept.values.contains_key(&kept.last) {
                break kept.last;
            }
        };
        kept.values.insert(number, value);
        ptr::without_provenance_mut(number)
    }

    /// Takes a value out, for the caller to drop under no lock.
    pub(super) fn take(&self, user_data: *mut c_void) -> Option<T> {
        self.0.lock().values.remove(&user_data.addr())
    }

    /// What `clone` makes of a value, which stays. It runs under the lock, so it only clones.
    pub(super) fn get<C>(&self, user_data: *mut c_void, clone: impl FnOnce(&T) -> C) -> Option<C> {
        self.0.lock().values.get(&user_data.addr()).map(clone)
    }
}
