//! A compiled ffihost library, loaded at run time and called through its C ABI in CBOR.
//!
//! [`Library::open`] loads it, [`Library::create`] makes a context, and a [`Context`] is a [`Service`](ffihost::ipc::Service):
//! whatever the library is, it can be served. [`client()`] is a client of it in this process; a client that was generated
//! for the library takes the [`Library`] itself.
//!
//! A library that was loaded stays loaded: its threads may be anywhere in it.

mod client;
mod context;
mod exports;
mod library;
mod once;
mod registered;

pub use self::client::client;
pub use self::context::{Context, Loaded};
pub use self::library::{CreateError, Library, LoadError};
