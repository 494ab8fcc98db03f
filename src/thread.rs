//! A library's own threads.

use std::ffi::CStr;
use std::io;
use std::thread::{Builder, JoinHandle};

/// A thread. Dropped, it goes on by itself.
#[derive(Debug)]
pub(crate) struct Thread(JoinHandle<()>);

impl Thread {
    /// Starts a thread. Its name has 15 letters at most.
    pub(crate) fn spawn(name: &'static CStr, body: Box<dyn FnOnce() + Send>) -> io::Result<Self> {
        Builder::new().name(name.to_string_lossy().into_owned()).spawn(body).map(Self)
    }

    /// Whether its body has returned.
    pub(crate) fn is_finished(&self) -> bool {
        self.0.is_finished()
    }

    /// Waits for its end.
    pub(crate) fn join(self) {
        // Bodies contain panics, so there is nothing to learn from the result.
        let _ended = self.0.join();
    }
}
