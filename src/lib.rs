//! Call back into the program that loaded your Rust library, and await the answer: every such call settles exactly once,
//! with a typed outcome, whatever the host does.
//!
//! ```text
//!     host program                        C ABI             your library, on its FFI thread
//!
//!     my_app_login("alice") ────────────────────────────>   async fn login(…)
//!                                                             fetch_profile("alice").await
//!     fetch_profile(token, "alice") <─────────────────────────┘ :
//!       … answers here, or on any thread, now or later …        :
//!     my_app_host_complete(token, profile) ─────────────>     … goes on
//!     on_ended(OK, session) <───────────────────────────    Ok(session)
//! ```
//!
//! # Examples
//!
//! A library, and what its own unit test does in the host's place. A host in C is in the README.
//!
//! ```
//! use ffihost::{HostError, ffi, ffi_host};
//!
//! ffihost::library!("twice", Twice);
//!
//! pub struct Twice;
//!
//! /// Implemented by the host.
//! #[ffi_host]
//! async fn double(text: String) -> Result<String, HostError>;
//!
//! #[ffi(constructor)]
//! pub async fn create() -> Result<Twice, String> {
//!     Ok(Twice)
//! }
//!
//! /// Asks the host to double a text, twice.
//! #[ffi]
//! pub async fn quadruple(_twice: &Twice, text: String) -> Result<String, String> {
//!     let once = double(text).await?;
//!     Ok(double(once).await?)
//! }
//!
//! # fn main() {
//! let _host = double::implement(|text| async move { Ok(text.repeat(2)) });
//! assert_eq!(futures::executor::block_on(quadruple(&Twice, "ho".to_owned())), Ok("hohohoho".to_owned()));
//! # }
//! ```
//!
//! # The modules, in reading order
//!
//! | module | what it is |
//! |---|---|
//! | [`macro@ffi`], [`macro@ffi_host`], [`macro@ffi_event`], [`library!`] | what an author writes; the crate `ffihost-macros` |
//! | `host` | the author's side: [`Host`], [`HostFn`], and [`Call`] and [`HostCall`], one host call as a future |
//! | `inflight` | the table of open calls: every way that a call can end, as one state machine |
//! | `bridge` | from any thread to the FFI thread: completions, errands, the signal |
//! | `registry` | host functions by name: register, replace, unregister, release |
//! | `waiters` | who waits for a place within a limit: first come, first served |
//! | `context` | one live instance: its gate, its loop, its requests, its life and its close |
//! | `events` | events to listeners, on a thread of their own |
//! | [`Handle`] | objects that stay in the library |
//! | [`wire`] | how typed values cross: as C structs and as CBOR |
//! | [`abi`] | the C types, the entry points, the descriptor; [`exports!`], for libraries that are written by hand |
//! | [`testing`] | host functions in Rust, for unit tests |
//! | `sync`, `models` | the door to atomics and locks, and the models that loom runs through it |
//!
//! `ARCHITECTURE.md` has the life of a call, the invariants, and what guards each of them.

#![cfg_attr(not(test), deny(clippy::panic))]
#![cfg_attr(ffihost_loom, allow(dead_code, unused_imports, unreachable_pub, reason = "only what is modelled is built"))]

#[cfg(not(ffihost_loom))]
pub mod abi;
mod bridge;
mod context;
#[cfg(not(ffihost_loom))]
mod error;
mod events;
#[cfg(not(ffihost_loom))]
#[doc(hidden)]
pub mod export;
#[cfg(not(ffihost_loom))]
mod handles;
#[cfg(not(ffihost_loom))]
mod host;
mod inflight;
#[cfg(all(feature = "ipc", not(ffihost_loom)))]
pub mod ipc;
#[cfg(test)]
mod models;
#[cfg(not(ffihost_loom))]
mod options;
mod panic;
mod registry;
#[cfg(not(ffihost_loom))]
mod stats;
mod status;
mod sync;
#[cfg(not(ffihost_loom))]
pub mod testing;
#[cfg(not(ffihost_loom))]
mod thread;
mod waiters;
#[cfg(not(ffihost_loom))]
pub mod wire;

#[cfg(not(ffihost_loom))]
pub use ffihost_macros::{ffi, ffi_event, ffi_host, library};

#[cfg(not(ffihost_loom))]
pub use self::{
    error::{DecodeError, HostError, NoContext},
    handles::Handle,
    host::{Call, FromHost, Host, HostCall, HostFn, HostFnRef, ToHost},
    options::{Options, WhenFull},
    stats::Stats,
    status::Status,
};

/// How the arguments of a host function are passed and its answers read: chosen by the host, for each registration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// C structs, strings and bytes as they are.
    Native,
    /// CBOR.
    Cbor,
}
