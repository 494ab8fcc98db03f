//! What a session asks its connection to do.

use super::{HandleRef, Key};
use std::time::Duration;

/// What a client asks for.
#[derive(Debug, PartialEq, Eq)]
pub enum Action<'a> {
    /// There is nothing to do.
    None,
    /// Start a request, call [`Session::started`](super::Session::started), and in the end
    /// [`Session::reply`](super::Session::reply).
    Start {
        /// The key to reply with.
        key: Key,
        /// Its name.
        method: &'a str,
        /// Its arguments.
        payload: &'a [u8],
    },
    /// Cancel the request with this ticket.
    Cancel(u64),
    /// Add a listener, then call [`Session::opened`](super::Session::opened) or [`Session::refused`](super::Session::refused).
    Listen {
        /// The id that its events are sent with.
        id: u64,
        /// The event's name.
        event: &'a str,
    },
    /// Remove a listener, then call [`Session::closed`](super::Session::closed).
    Unlisten {
        /// The id that it was opened with.
        id: u64,
        /// The listener's ticket.
        ticket: u64,
    },
    /// Register a host function, then call [`Session::opened`](super::Session::opened) or
    /// [`Session::refused`](super::Session::refused).
    Register {
        /// The id that its calls are sent with.
        id: u64,
        /// The host function's name.
        name: &'a str,
        /// The most open calls; 0 is no limit.
        max_in_flight: u32,
        /// The deadline of each call; `None` leaves it to the library.
        deadline: Option<Duration>,
    },
    /// Fail the open calls of a registration, take it back, then call [`Session::closed`](super::Session::closed).
    Unregister {
        /// The id that it was opened with.
        id: u64,
        /// Its open calls.
        calls: Vec<u64>,
    },
    /// Pass the answer to a call on; if it is refused, call [`Session::call_refused`](super::Session::call_refused).
    Complete {
        /// The call.
        call: u64,
        /// The status.
        ret: i32,
        /// Its payload.
        payload: &'a [u8],
    },
    /// The client said goodbye: end its listeners and registrations, with
    /// [`Session::end_subscriptions`](super::Session::end_subscriptions).
    Goodbye,
}

/// What was open at the end of a connection, to be ended by the caller.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Leftovers {
    /// Requests to cancel, by ticket.
    pub requests: Vec<u64>,
    /// Listeners to remove, by ticket.
    pub listeners: Vec<u64>,
    /// Registrations to take back, by id.
    pub registrations: Vec<u64>,
    /// Calls to fail.
    pub calls: Vec<u64>,
    /// Handles to release, each with how often.
    pub handles: Vec<(HandleRef, u64)>,
}
