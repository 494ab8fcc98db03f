//! The C ABI: the types of `ffihost.h`, and the body behind every export.
//!
//! Each body has the same shape: check what the host passed, convert it, make one safe call, convert the outcome back. This
//! is the only module that holds `extern "C"` and raw pointers; [`exports!`](crate::exports) emits functions that call into
//! it. Nothing in it is meant to be called by hand.

mod body;
mod exports;
mod host_fn;
mod library;
pub mod types;

pub use self::body::{
    abi_hash, add_event_listener, cancel, close, create, descriptor, destroy, host_complete, host_fn_registered,
    register_host_fn, register_host_fn_with, remove_event_listener, request, stats, sync_request, version,
};
pub(crate) use self::host_fn::{Callback, HostFunction, UserData};
pub use self::library::{Library, Reply};
