//! The handles that a client has.
//!
//! A library counts how often its host was given the number of an object, and lets go of the object when the host has released
//! it as often. Where a library is served, the host is the server, which passes the numbers on to its clients. So each time
//! that a number was given has to be some client's, or be released.
//!
//! # Parties
//!
//! The *service* knows types: it finds the numbers in what the library passes, which may be a result, a declared error, an
//! event, or the arguments of a call. It is also who releases. The *session* decides what becomes of a payload, and counts what
//! its client has. The *connection* ends the session.
//!
//! # Where a handle is
//!
//! From when the library gives it to when it is released it is in one of three places, for each time that it was given:
//!
//! 1. With the service, while it passes the payload on. The session answers whether the client is sent it; in the same moment,
//!    under the lock of the session, the handles become the client's. If the client is not sent it, the service releases them
//!    at once: because nobody waits for the answer any more, because it was replaced by a shorter one, because the event was
//!    missed or the call refused, or because the session is over.
//! 2. With the session, as the client's. What waits to be sent counts like what was sent: nobody can know what was read.
//! 3. With who took it out, to release it: a request of the client, by [`take_handle`](super::Session::take_handle), or the
//!    connection's end, by [`end`](super::Session::end). Both take it out under that lock, so one of them has it.
//!
//! After the end nothing is sent, so nothing becomes the client's any more, and what `end` gave is all there is. A client takes
//! out what it has and nothing else: it cannot release what others have.
//!
//! It releases without a lock, because that may drop an object of the library's author.

use std::collections::HashMap;

/// A handle that a client has, once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct HandleRef {
    /// Of which type it is, as its service numbers them.
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

    /// Takes a handle out, once; false if it is not there.
    pub(super) fn take(&mut self, handle: HandleRef) -> bool {
        let Some(count) = self.0.get_mut(&handle) else { return false };
        *count -= 1;
        if *count == 0 {
            self.0.remove(&handle);
        }
        true
    }

    /// Takes all out, each with how often it is there.
    pub(super) fn take_all(&mut self) -> Vec<(HandleRef, u64)> {
        std::mem::take(&mut self.0).into_iter().collect()
    }
}
