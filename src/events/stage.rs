//! The event thread's stage: not started, started, over. It starts with the first listener, and ends with the context.
//!
//! # The guarantee
//!
//! Every thread that is started finds a queue that somebody closes afterwards, so it ends, and whoever joins it does not wait in
//! vain. After [`finish`](Stage::finish) or [`abandon`](Deliveries::abandon) none is started.
//!
//! # Parties
//!
//! - *starters*: whoever adds a listener, on any thread, also while the context closes.
//! - the one that *finishes*: the FFI thread, at the end of the context.
//! - the one that *abandons*: the supervisor of a close that takes too long, and a finish whose wait is over.
//!
//! # Protocol
//!
//! - *start*, under the stage's lock: if it is not started, make the queue, then look for an abandonment, and only then start the
//!   thread.
//! - *finish*: take the stage, leaving it over, and close the queue after that, if there is one. A start that came first has made
//!   the queue that is closed now, and its thread is joined. One that comes later finds the stage over. In the other order a
//!   start between the two would make a queue that nobody closes.
//! - *abandon*: mark the listeners abandoned, and close the queue after that, if there is one. A start that looked before the mark
//!   has made its queue before, so that is closed; one that looks after it starts nothing.
//!
//! The lock orders the start and the finish. The lock of the listeners orders the mark and the look.

use super::listeners::Listeners;
use super::queue::Queue;
use crate::sync::{Mutex, OnceLock, planted};
use std::mem::replace;

/// What is delivered, and to whom: shared by everybody and the event thread.
#[derive(Debug)]
pub(crate) struct Deliveries<L, E> {
    pub(crate) listeners: Listeners<L>,
    /// Made with the first listener, and all of its room with it.
    queue: OnceLock<Queue<E>>,
}

impl<L, E> Deliveries<L, E> {
    pub(crate) fn new() -> Self {
        Self { listeners: Listeners::new(), queue: OnceLock::new() }
    }

    /// The queue, if the event thread was ever to be started.
    #[inline]
    pub(crate) fn queue(&self) -> Option<&Queue<E>> {
        self.queue.get()
    }

    /// Removes every listener, refuses those that come later, and has the event thread end.
    pub(crate) fn abandon(&self) {
        self.listeners.abandon();
        self.close();
    }

    fn close(&self) {
        if let Some(queue) = self.queue.get() {
            queue.close();
        }
    }
}

/// The event thread, of which `T` is the handle. See the module.
#[derive(Debug)]
pub(crate) struct Stage<T>(Mutex<At<T>>);

#[derive(Debug)]
enum At<T> {
    /// There was no listener yet.
    NotStarted,
    Started(T),
    /// It was told to end.
    Over,
}

impl<T> Stage<T> {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(At::NotStarted))
    }

    /// Starts the event thread, unless it was, or is to start no more. `spawn` is called under the lock, and runs nothing of the
    /// library's or the host's on this thread.
    pub(crate) fn start<L, E, Error>(
        &self,
        deliveries: &Deliveries<L, E>,
        capacity: usize,
        spawn: impl FnOnce() -> Result<T, Error>,
    ) -> Result<(), Error> {
        let mut at = self.0.lock();
        if let At::NotStarted = *at {
            if planted("abandonment_before_queue") && deliveries.listeners.is_abandoned() {
                return Ok(());
            }
            deliveries.queue.get_or_init(|| Queue::new(capacity));
            if !planted("abandonment_before_queue") && deliveries.listeners.is_abandoned() {
                return Ok(());
            }
            *at = At::Started(spawn()?);
        }
        Ok(())
    }

    /// Has the event thread end after what is queued, and returns it to be joined, if it was started.
    #[must_use = "it is joined by the caller"]
    pub(crate) fn finish<L, E>(&self, deliveries: &Deliveries<L, E>) -> Option<T> {
        if planted("queue_closed_before_stage") {
            deliveries.close();
        }
        let before = replace(&mut *self.0.lock(), At::Over);
        if !planted("queue_closed_before_stage") {
            deliveries.close();
        }
        match before {
            At::Started(thread) => Some(thread),
            At::NotStarted | At::Over => None,
        }
    }

    /// Whether it was neither started nor told to end.
    #[cfg(test)]
    pub(crate) fn is_not_started(&self) -> bool {
        matches!(*self.0.lock(), At::NotStarted)
    }
}
