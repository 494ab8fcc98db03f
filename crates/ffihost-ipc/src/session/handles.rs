//! The handles that a client has.
//!
//! A library counts how often it has passed the number of an object to its host, and drops the object when the host has released
//! it as often. If a library is served, the host is the server, which passes the numbers on to its clients. So each passing of a
//! number has to be counted for a client, or be released.
//!
//! # Parties
//!
//! The *service* knows types: it finds the numbers in what the library passes, which may be a result, a declared error, an
//! event, or the arguments of a call. It also releases them. The *session* decides whether a payload is sent, and counts the
//! handles of its client. The *connection* ends the session.
//!
//! # Where a handle is
//!
//! From its passing to its release, each passing of a handle is in one of three places:
//!
//! 1. With the service, while it passes the payload on. The session decides whether the client is sent the payload; if so, the
//!    handles become the client's under the same lock. If not, the service releases them at once. That is so if the request
//!    was answered before, at its deadline, if the answer was replaced by a shorter one, if the event was missed or the call
//!    refused, or if the session is over.
//! 2. With the session, as the client's. A payload that waits to be sent counts as sent, since the server cannot know what the
//!    client has read.
//! 3. With the code that took it out to release it: a request of the client, by [`take_handle`](super::Session::take_handle), or
//!    the connection's end, by [`end`](super::Session::end). Both take it out under that lock, so only one of them gets it.
//!
//! After the end nothing is sent, so no handle becomes the client's, and `end` has returned all of them. A client can take out
//! only its own handles: it cannot release another client's.
//!
//! Handles are released under no lock, because a release may drop an object of the library's author.

use std::collections::HashMap;

/// A reference to a handle that a client has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct HandleRef {
    /// Its type, as the service numbers them.
    pub kind: usize,
    /// Its number.
    pub number: u64,
}

/// How often a client has each handle.
#[derive(Debug, Default)]
pub(super) struct Handles(HashMap<HandleRef, u64>);

impl Handles {
    pub(super) fn add(&mut self, handles: &[HandleRef]) {
        for handle in handles {
            *self.0.entry(*handle).or_default() += 1;
        }
    }

    pub(super) fn has(&self, handle: HandleRef) -> bool {
        self.0.contains_key(&handle)
    }

    /// Takes a handle out, once; false if the client does not have it.
    pub(super) fn take(&mut self, handle: HandleRef) -> bool {
        let Some(count) = self.0.get_mut(&handle) else { return false };
        *count -= 1;
        if *count == 0 {
            self.0.remove(&handle);
        }
        true
    }

    /// Takes all handles out, each with how often the client has it.
    pub(super) fn take_all(&mut self) -> Vec<(HandleRef, u64)> {
        std::mem::take(&mut self.0).into_iter().collect()
    }
}
