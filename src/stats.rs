//! Counters of a context.

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

/// A context's counters and gauges at one moment, as the Rust side sees them; `FFIStats` is the host's view.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Host functions called.
    pub host_calls: u64,
    /// Called and not yet settled.
    pub host_calls_in_flight: u64,
    /// Answered before the host function returned.
    pub host_calls_inline: u64,
    /// Answered later, or from another thread.
    pub host_calls_remote: u64,
    /// Ended by a deadline.
    pub host_calls_timed_out: u64,
    /// Ended by drop, unregister or close.
    pub host_calls_cancelled: u64,
    /// Host functions that took longer than the warning threshold.
    pub host_calls_slow: u64,
    /// Answers that found no open call.
    pub host_answers_refused: u64,
    /// Answers that settled their call with a decoding error.
    pub host_answers_undecodable: u64,
    /// Host functions registered now.
    pub host_fns_registered: u64,
    /// Requests accepted.
    pub requests: u64,
    /// Accepted and not yet called back.
    pub requests_in_flight: u64,
    /// Refused because the queue was full.
    pub requests_refused: u64,
    /// Events enqueued for listeners.
    pub events_emitted: u64,
    /// Events dropped because the queue was full.
    pub events_dropped: u64,
    /// Listeners added and not removed.
    pub listeners: u64,
    /// Handles given to the host and not released.
    pub handles: u64,
}
