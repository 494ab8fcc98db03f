//! What the FFI thread is given to do: requests, and jobs that library code on other threads posts.

use super::local::Local;
use super::requests::{Key, Requests};
use crate::abi::Callback;
use crate::status::Status;
use smallbox::SmallBox;
use std::rc::Rc;
use tokio::task::AbortHandle;

/// The requests of a context.
pub(crate) type HostRequests = Requests<Callback, QueuedJob, AbortHandle, Ending>;

/// Queued requests.
pub(crate) type Batch = super::requests::Batch<QueuedJob>;

/// How requests end that are left at the end of a context: a status, and its text.
pub(crate) type Ending = (Status, &'static str);

/// A request's work: small ones are stored in the queue itself.
pub(crate) type QueuedJob = SmallBox<dyn Job, [usize; 10]>;

/// Something to start on the FFI thread.
pub(crate) trait Job: Send {
    /// Starts the request with this key; called once.
    fn start(&mut self, local: &Rc<Local>, key: Key);
}

/// Something that library code on another thread wants done on the FFI thread: to begin a host call, or to end one that it has
/// dropped.
///
/// Nothing bounds how many wait. Usually it is one for each call that such code awaits, and one for each open call that it has
/// dropped, so at most as many as there may be open calls. The worst case is code that polls calls once and drops them, in a loop, while
/// the FFI thread is held: each leaves its job behind, with the arguments, until that thread goes on or the context ends. Only
/// the library's own code can do that; a host's threads post nothing.
pub(crate) type PostedJob = Box<dyn Run + Send>;

/// What a [`PostedJob`] is.
pub(crate) trait Run {
    fn run(self: Box<Self>, local: &Rc<Local>);
}

impl<F: FnOnce(&Rc<Local>)> Run for F {
    fn run(self: Box<Self>, local: &Rc<Local>) {
        self(local);
    }
}
