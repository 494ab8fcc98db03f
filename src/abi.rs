//! The C ABI: the types of `ffihost.h`, and the entry point behind every export.
//!
//! Each entry point has the same shape: check what the host passed, convert it, make one safe call, convert the outcome back. This
//! module and [`crate::wire`] are the only ones that hold `extern "C"` and raw pointers; what the attributes and
//! [`exports!`](crate::exports) emit calls into them. Nothing in it is meant to be called by hand.

mod descriptor;
mod entry;
mod exports;
mod host_fn;
mod library;
mod own_context;
mod section;

#[doc(inline)]
pub use ffihost_abi::types;
#[doc(hidden)]
pub use ffihost_abi::{rust, signature, with_exports};

pub(crate) use self::entry::Warn;
#[cfg(feature = "ipc")]
pub use self::entry::served;
pub use self::entry::{
    As, Cbor, Ends, Native, OfHandle, OfNobody, OfState, abi_hash, abi_layout, add_event_listener, by_hand, cancel,
    close, create, descriptor, destroy, destructor, host_complete, host_fn_registered, register_host_fn,
    register_host_fn_with, register_host_fns, release_bytes, release_error, release_handle, release_string,
    remove_event_listener, run_here, stats, submit, version, with_callback,
};
#[cfg(feature = "ipc")]
pub(crate) use self::entry::{
    accepted, add_listener, cancel_in, context_of, fits, register_for_client, remove_listener, unregister_for_client,
};
pub use self::host_fn::Callback;
pub(crate) use self::host_fn::HostFunction;
#[cfg(any(feature = "ipc", test))]
pub(crate) use self::host_fn::UserData;
pub use self::library::{AnyLibrary, Library, Reply, Typed};
pub(crate) use self::section::section;
