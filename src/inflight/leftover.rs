//! What is foreign in a slot and has no owner any longer: moved out first, dropped after the bookkeeping is done.
//!
//! An outcome is a value of the author's, a waker belongs to whoever polls, and the last hold on a registration gives the host
//! its userData back. The drop of each may run anything: it may panic, and it may come back into the table. So no operation
//! drops one of them. It moves them out, finishes its own work, and returns them; their drop contains a panic.

use super::outcome::Unwanted;
use std::task::Waker;

#[cfg(not(ffihost_loom))]
pub(super) use crate::panic::contain_call as contain;

/// Models hold no values whose drop panics: a panic in one of them is a failed check.
#[cfg(ffihost_loom)]
pub(super) fn contain(f: impl FnOnce()) {
    f();
}

/// A foreign value, or nothing. A panic of its drop is contained.
#[derive(Debug)]
pub(crate) struct ContainedOption<T>(Option<T>);

impl<T> ContainedOption<T> {
    pub(super) fn new(value: Option<T>) -> Self {
        Self(value)
    }

    pub(crate) fn as_ref(&self) -> Option<&T> {
        self.0.as_ref()
    }

    /// Takes the value out; its drop is the caller's to contain.
    pub(crate) fn take(&mut self) -> Option<T> {
        self.0.take()
    }
}

impl<T> Drop for ContainedOption<T> {
    #[inline]
    fn drop(&mut self) {
        if let Some(value) = self.0.take() {
            discard(value);
        }
    }
}

#[cold]
fn discard<T>(value: T) {
    contain(|| drop(value));
}

/// Everything foreign that a slot held when its call ended.
#[derive(Debug)]
#[must_use = "it is dropped by the caller, when nothing is borrowed"]
pub(crate) struct Leftover<H> {
    /// What the call held on to.
    pub(crate) hold: ContainedOption<H>,
    /// Of the code that awaited the call.
    #[expect(dead_code, reason = "it is dropped")]
    pub(super) waker: ContainedOption<Waker>,
    /// An answer that nobody takes.
    pub(super) outcome: ContainedOption<Unwanted>,
}

impl<H> Leftover<H> {
    pub(super) fn of_hold(hold: Option<H>) -> Self {
        Self {
            hold: ContainedOption::new(hold),
            waker: ContainedOption::new(None),
            outcome: ContainedOption::new(None),
        }
    }
}
