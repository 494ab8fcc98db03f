//! The servers of a context: they end with it.

use super::Own;
use crate::sync::Mutex;
use crate::thread::Thread;
use ffihost_ipc::{Providers, Stopper};
use std::time::Instant;

/// The servers of one context.
#[derive(Debug, Default)]
pub(crate) struct Servers(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    /// What they serve, and how they share it.
    shared: Option<(Own, Providers)>,
    running: Vec<(Stopper, Thread)>,
    stopped: bool,
}

impl Servers {
    /// What the servers serve: what the first of them brought.
    pub(super) fn shared(&self, own: Own) -> (Own, Providers) {
        self.0.lock().shared.get_or_insert_with(|| (own, Providers::default())).clone()
    }

    /// One more; it is told to stop at once if the others were.
    pub(crate) fn add(&self, stopper: &Stopper, thread: Thread) {
        let mut inner = self.0.lock();
        let stopped = inner.stopped;
        inner.running.push((stopper.clone(), thread));
        drop(inner);
        if stopped {
            stopper.stop();
        }
    }

    /// Tells all to stop: they take no more requests, and answer those that run.
    pub(crate) fn stop(&self) {
        let mut inner = self.0.lock();
        inner.stopped = true;
        let stoppers: Vec<Stopper> = inner.running.iter().map(|(stopper, _)| stopper.clone()).collect();
        drop(inner);
        stoppers.iter().for_each(Stopper::stop);
    }

    /// Stops them, and joins their threads. False if one has not ended by then; it is left alone.
    pub(crate) fn join(&self, deadline: Instant) -> bool {
        let running = std::mem::take(&mut self.0.lock().running);
        running.iter().for_each(|(stopper, _)| stopper.finish());
        let mut joined = true;
        for (_, thread) in running {
            joined &= thread.join_until(deadline);
        }
        joined
    }
}
