//! Support for generated clients: `ffihost generate <library> --lang rust`. Needs the feature `typed`.
//!
//! ```text
//!   my_timer.rs   types, and for each request, event and host function a name and a signature
//!        │
//!      typed      values to CBOR and back, handles with their release, futures and streams
//!        │
//!     Client      the wire, or the same over memory: names and payloads
//! ```
//!
//! A generated file imports everything from this module, so that a program depends on `ffihost-ipc` alone; and on
//! `ffihost-load`, if it loads the library into its own process.
//!
//! In reading order: `interface` identifies the library that a file was generated from; `cbor` converts values and payloads;
//! `handle` is for objects that stay in the library; `args`, `request`, `events`, `host_fn` and `group` are what a client does.

mod args;
mod cbor;
mod events;
mod group;
mod handle;
mod host_fn;
mod interface;
mod request;

pub use self::args::Args;
pub use self::events::{Events, listen};
pub use self::group::{GroupError, Registrations};
pub use self::handle::{Handle, HandleType};
pub use self::host_fn::{HostError, implement};
pub use self::interface::{Interface, Library};
pub use self::request::{NoError, Request};
pub use crate::client::{ConnectError, DeliveredEvent, Options, Registration, RequestError};
pub use crate::{Address, Client};
pub use bytes::Bytes;
pub use serde::{self, Deserialize, Serialize};
pub use std::borrow::Borrow;
pub use std::collections::BTreeMap;
pub use std::future::Future;
pub use std::sync::Arc;
