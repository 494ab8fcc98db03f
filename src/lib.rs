//! Call back into the program that loaded your Rust library, and await the answer: every such call settles exactly once,
//! with a typed outcome, whatever the host does.

#![cfg_attr(not(test), deny(clippy::panic))]
#![cfg_attr(ffihost_loom, allow(dead_code, unused_imports, reason = "only what is modelled is built"))]

#[cfg(not(ffihost_loom))]
pub mod abi;
mod bridge;
mod context;
#[cfg(not(ffihost_loom))]
mod error;
mod events;
#[cfg(not(ffihost_loom))]
mod host;
mod inflight;
#[cfg(test)]
mod models;
#[cfg(not(ffihost_loom))]
mod options;
#[cfg(not(ffihost_loom))]
mod panic;
mod registry;
#[cfg(not(ffihost_loom))]
mod stats;
#[cfg(not(ffihost_loom))]
mod status;
mod sync;

#[cfg(not(ffihost_loom))]
pub use self::{
    error::{DecodeError, HostError},
    host::{Call, FromHost, Host, HostFn, HostFnRef, ToHost},
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
