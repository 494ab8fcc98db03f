//! One listener's word: it is delivered to by the event thread, and removed by anybody.
//!
//! - deliver: IDLE to RUNNING by compare-and-swap (Acquire); fails once REMOVED is set. Afterwards the RUNNING bit is taken
//!   away with Release, so a remover that sees it gone sees everything that the listener did.
//! - remove: set REMOVED. Whoever set it first is the remover; if RUNNING was set, the last delivery is under way.
//!
//! Both are read-modify-writes of one word: either the delivery comes first and the remover sees RUNNING, or the removal
//! comes first and there is no delivery.

use crate::sync::{AtomicU32, Ordering, planted};

const IDLE: u32 = 0;
const RUNNING: u32 = 1;
const REMOVED: u32 = 2;

/// What a removal found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub(crate) enum Removed {
    /// It is not running and never will again.
    Idle,
    /// Its last delivery is under way.
    Running,
    /// It was removed before.
    Already,
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Word(AtomicU32);

impl Word {
    pub(crate) fn new() -> Self {
        Self(AtomicU32::new(IDLE))
    }

    /// Begins a delivery, unless the listener is removed. Event thread only.
    pub(crate) fn try_begin(&self) -> bool {
        if planted("deliver_without_cas") {
            let idle = self.0.load(Ordering::Acquire) == IDLE;
            if idle {
                self.0.store(RUNNING, Ordering::Release);
            }
            return idle;
        }
        self.0.compare_exchange(IDLE, RUNNING, Ordering::Acquire, Ordering::Relaxed).is_ok()
    }

    /// Ends it. True if somebody removed the listener meanwhile, and may wait.
    pub(crate) fn end(&self) -> bool {
        self.0.fetch_and(!RUNNING, Ordering::Release) & REMOVED != 0
    }

    /// Removes the listener.
    pub(crate) fn remove(&self) -> Removed {
        match self.0.fetch_or(REMOVED, Ordering::AcqRel) {
            IDLE => Removed::Idle,
            RUNNING => Removed::Running,
            _ => Removed::Already,
        }
    }

    /// Whether a delivery is under way.
    pub(crate) fn is_running(&self) -> bool {
        self.0.load(Ordering::Acquire) & RUNNING != 0
    }
}
