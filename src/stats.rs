//! Counters of a context.

pub use crate::abi::types::FFIStats as Stats;

use std::sync::atomic::{AtomicU64, Ordering};

/// A number that only rises. Relaxed: it orders nothing.
#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    /// Counts one, on any thread.
    #[inline]
    pub(crate) fn bump(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts one where only one thread ever does: no read-modify-write.
    #[inline]
    pub(crate) fn bump_owned(&self) {
        self.0.store(self.get() + 1, Ordering::Relaxed);
    }

    #[inline]
    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// What one context has done. Those of `calls_*` are the FFI thread's alone, and each call ends in exactly one of inline,
/// remote, timed out and cancelled.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) calls: Counter,
    pub(crate) calls_inline: Counter,
    pub(crate) calls_remote: Counter,
    pub(crate) calls_timed_out: Counter,
    pub(crate) calls_cancelled: Counter,
    pub(crate) calls_slow: Counter,
    pub(crate) requests_refused: Counter,
    pub(crate) events_emitted: Counter,
    pub(crate) events_dropped: Counter,
}
