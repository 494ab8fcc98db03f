//! What the threads of a context share about its close: see [`close`](super::close) for who does what.

use super::report::Report;
use crate::sync::{Arc, Mutex};
use crate::thread::{Thread, ThreadId};
use std::io;
use std::pin::Pin;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;
use tokio::sync::Notify;
use tokio::sync::futures::OwnedNotified;

/// The close of one context. See the module.
#[derive(Debug)]
pub(crate) struct Closing {
    begun: AtomicBool,
    pub(super) report: Report,
    thread: Mutex<Option<Thread>>,
    ffi_thread: OnceLock<ThreadId>,
    abandonment: Arc<Abandonment>,
}

/// Tells calls that are awaited on other threads that the FFI thread will not bring their outcome.
#[derive(Debug, Default)]
pub(crate) struct Abandonment {
    happened: AtomicBool,
    notify: Arc<Notify>,
}

/// Ready when the context was abandoned.
pub(crate) type Abandoned = Pin<Box<OwnedNotified>>;

impl Abandonment {
    pub(crate) fn has_happened(&self) -> bool {
        self.happened.load(Ordering::Acquire)
    }

    /// Waits for it; nothing if it has happened already.
    pub(crate) fn wait(&self) -> Option<Abandoned> {
        let mut abandoned = Box::pin(Arc::clone(&self.notify).notified_owned());
        abandoned.as_mut().enable();
        // After it was enabled: one that came too late for the notification, whose lock orders the two, sees the flag.
        (!self.has_happened()).then_some(abandoned)
    }

    pub(super) fn announce(&self) {
        self.happened.store(true, Ordering::Release);
        self.notify.notify_waiters();
    }
}

impl Closing {
    pub(super) fn new() -> Self {
        Self {
            begun: AtomicBool::new(false),
            report: Report::new(),
            thread: Mutex::new(None),
            ffi_thread: OnceLock::new(),
            abandonment: Arc::default(),
        }
    }

    pub(crate) fn abandonment(&self) -> &Arc<Abandonment> {
        &self.abandonment
    }

    /// Asks the FFI thread to end, as soon as it looks.
    pub(super) fn begin(&self) {
        self.begun.store(true, Ordering::Release);
    }

    /// Whether the FFI thread was asked to end.
    #[inline]
    pub(crate) fn has_begun(&self) -> bool {
        self.begun.load(Ordering::Acquire)
    }

    /// Starts the FFI thread and keeps it to be joined.
    pub(super) fn spawn(&self, body: Box<dyn FnOnce() + Send>) -> io::Result<()> {
        let thread = Thread::spawn(c"ffihost", body)?;
        *self.thread.lock() = Some(thread);
        Ok(())
    }

    /// This is the FFI thread, from now until its very end.
    pub(super) fn on_ffi_thread(&self) {
        let _once = self.ffi_thread.set(ThreadId::current());
    }

    pub(super) fn is_ffi_thread(&self) -> bool {
        self.ffi_thread.get() == Some(&ThreadId::current())
    }

    /// Waits until the FFI thread is over; false if it is not by then, and goes on by itself.
    pub(super) fn join(&self, deadline: Instant) -> bool {
        let thread = self.thread.lock().take();
        thread.is_none_or(|thread| thread.join_until(deadline))
    }
}
