//! The C ABI: the types of `ffihost.h`, and the body behind every export.
//!
//! Each body has the same shape: check what the host passed, convert it, make one safe call, convert the outcome back. This
//! module and [`crate::wire`] are the only ones that hold `extern "C"` and raw pointers; what the attributes and
//! [`exports!`](crate::exports) emit calls into them. Nothing in it is meant to be called by hand.

mod body;
mod descriptor;
mod exports;
mod host_fn;
mod library;
mod own_context;
mod section;

#[doc(inline)]
pub use ffihost_abi::types;
#[doc(hidden)]
pub use ffihost_abi::{rust, signature, with_exports};

pub(crate) use self::body::Warn;
#[cfg(feature = "ipc")]
pub use self::body::served;
pub use self::body::{
    abi_hash, add_event_listener, by_hand, cancel, close, create, create_cbor, descriptor, destroy, destructor,
    free_request, free_request_cbor, free_sync_request, free_sync_request_cbor, host_complete, host_fn_registered,
    register_host_fn, register_host_fn_with, release_handle, remove_event_listener, request, request_cbor, stats,
    sync_handle_request, sync_handle_request_cbor, sync_request, sync_request_cbor, version,
};
#[cfg(feature = "ipc")]
pub(crate) use self::body::{
    accepted, add_listener, cancel_in, context_of, fits, register_for_client, remove_listener, unregister_for_client,
};
pub use self::host_fn::Callback;
pub(crate) use self::host_fn::HostFunction;
#[cfg(any(feature = "ipc", test))]
pub(crate) use self::host_fn::UserData;
pub use self::library::{AnyLibrary, Library, Reply};
pub(crate) use self::section::section;
