//! Calls that cannot be made yet, and what they wait for.

use crate::sync::Arc;
use std::cell::Cell;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::sync::Notify;
use tokio::sync::futures::OwnedNotified;

/// What a call has to wait for before it can be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lacks {
    /// Room within the context's limit.
    RoomInContext,
    /// Room within the limit that the host registered the function with.
    RoomInFunction,
    /// The function's registration.
    Registration,
}

/// Where calls wait that cannot be made yet. The FFI thread's own.
///
/// A freed slot serves any one of those that wait for the context's limit. Those that wait for a function's own limit are
/// told whenever a call of such a function has ended, those that wait for a registration whenever the registry has changed,
/// and look for themselves.
#[derive(Default)]
pub(crate) struct Room {
    waiting: Cell<usize>,
    in_context: Arc<Notify>,
    in_function: Arc<Notify>,
    registration: Arc<Notify>,
}

/// A call in the waiting room.
pub(crate) struct Waiting {
    notified: Pin<Box<OwnedNotified>>,
}

impl Waiting {
    /// Ready when it is worth another look.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.notified.as_mut().poll(cx)
    }
}

impl Room {
    #[inline]
    pub(super) fn made(&self, limited: bool) {
        if self.waiting.get() > 0 {
            self.in_context.notify_one();
            if limited {
                self.in_function.notify_waiters();
            }
        }
    }

    /// The registry has changed: one that waits for a registration may find it, and one that waits for room in a function
    /// that is gone has nothing to wait for.
    pub(super) fn registry_changed(&self) {
        self.registration.notify_waiters();
        self.in_function.notify_waiters();
    }

    /// Waits; when that is over, [`leave`](Self::leave).
    pub(crate) fn wait(&self, lacks: Lacks) -> Waiting {
        self.waiting.set(self.waiting.get() + 1);
        let notify = match lacks {
            Lacks::RoomInContext => &self.in_context,
            Lacks::RoomInFunction => &self.in_function,
            Lacks::Registration => &self.registration,
        };
        let mut notified = Box::pin(Arc::clone(notify).notified_owned());
        notified.as_mut().enable();
        Waiting { notified }
    }

    /// Wakes the next that waits for the context's limit, in place of one that did not use its turn.
    pub(crate) fn pass_on(&self) {
        if self.waiting.get() > 0 {
            self.in_context.notify_one();
        }
    }

    /// One does not wait any more.
    pub(crate) fn leave(&self) {
        self.waiting.set(self.waiting.get().saturating_sub(1));
    }
}
