//! Events: from any thread of the library to the host's listeners, by way of a bounded queue and a thread of their own, so
//! that a slow listener never stalls the FFI thread.
//!
//! - Emitting copies the payload into the queue and returns. Short payloads are kept in the queue's own storage.
//! - The event thread starts with the first listener. It calls each listener of the event, in the order in which they were
//!   added, under no lock.
//! - When the queue is full the library's policy decides, and what is dropped is counted.
//! - Removal: see [`listener`]. It waits for a delivery that is under way, but not on the event thread (it would wait for
//!   itself) and not on the FFI thread (which a listener may be waiting for).
//! - At the end of the context the queue is closed: what was enqueued before that is delivered, what comes later, or still
//!   waits for room, is dropped and counted.
//! - A library that has no event links none of it; see [`machinery`].

#[cfg(not(ffihost_loom))]
mod hub;
pub(crate) mod listener;
#[cfg(not(ffihost_loom))]
mod machinery;
#[cfg(not(ffihost_loom))]
mod queue;

#[cfg(not(ffihost_loom))]
pub(crate) use self::machinery::{Events, Removal, events};
#[cfg(not(ffihost_loom))]
pub use self::machinery::{MACHINERY, Machinery};
