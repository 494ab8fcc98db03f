//! What a library has the address of.

use std::any::Any;
use std::ffi::c_void;
use std::ptr;
use std::sync::Mutex;

/// Keeps a value for ever and returns its address as userData, so that a call too many would be noticed and not crash. What is
/// kept stays reachable, or a leak checker would report it, and the library's leaks among it.
pub fn keep<T: Send + Sync + 'static>(value: T) -> *mut c_void {
    static KEPT: Mutex<Vec<&(dyn Any + Send + Sync)>> = Mutex::new(Vec::new());
    let kept: &'static T = Box::leak(Box::new(value));
    KEPT.lock().expect("not poisoned").push(kept);
    ptr::from_ref(kept).cast_mut().cast()
}
