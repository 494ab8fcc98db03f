//! Events: from any thread of the library to the host's listeners, by way of a bounded queue and a thread of their own, so
//! that a slow listener never stalls the FFI thread.
//!
//! - Emitting copies the payload into the queue and returns. Short payloads are kept in the queue's own storage.
//! - The event thread starts with the first listener. It calls each listener of the event, in the order in which they were
//!   added, under no lock.
//! - When the queue is full the library's policy decides, and what is dropped is counted.
//! - Removal: see [`listeners`]. It waits for a delivery that is under way, but not on the event thread (it would wait for
//!   itself) and not on the FFI thread (which a listener may be waiting for).
//! - At the end of the context the queue is closed: what was enqueued before that is delivered, what comes later, or still
//!   waits for room, is dropped and counted.
//! - A library that has no event links none of it; see [`support`].

#[cfg(not(ffihost_loom))]
mod hub;
pub(crate) mod listeners;
pub(crate) mod queue;
pub(crate) mod stage;
#[cfg(not(ffihost_loom))]
mod support;
mod word;

#[cfg(not(ffihost_loom))]
pub(crate) use self::listeners::Removal;
#[cfg(not(ffihost_loom))]
pub(crate) use self::support::{Events, events};
#[cfg(not(ffihost_loom))]
pub use self::support::{SUPPORT, Support};
