//! The end of a context, and who brings it about.
//!
//! # Parties
//!
//! The *supervisor* is the one who moved the gate from Running to Closing: the thread that called destroy, or a thread that
//! close started. It asks the FFI thread to end, waits for its report with a limit, and for the end of the thread. The FFI
//! thread does everything else ([`lifecycle`](super::lifecycle), [`run`](super::run)), because it alone may touch calls, tasks
//! and state. Others who call destroy meanwhile wait for the supervisor's outcome ([`report`](super::report)). A context whose
//! constructor fails has no supervisor.
//!
//! # Bounded time
//!
//! The supervisor waits for grace + destructor deadline + four times the linger. If the FFI thread has not reported by then,
//! library code keeps it, and the supervisor *abandons* the context: the handle becomes stale, every listener is removed,
//! pending requests are called back from the supervisor's thread, host calls that are awaited on other threads end with
//! `ShuttingDown`, and the outcome is TIMED_OUT. Nothing begins to run that the host would be called by after that.
//! What the stuck code may touch stays where it is. When it lets go, the FFI thread drops what is left, and the record
//! serves again: every thread of a context has a share of its [`Tenancy`], and the last one makes the record vacant.

use super::gate::Phase;
use super::instance::Instance;
use super::records::{Stay, Tenancy};
pub(crate) use super::report::Closed;
use super::report::Report;
use crate::Host;
use crate::status::Status;
use crate::sync::{Arc, Mutex};
use crate::thread::{Thread, ThreadId};
use std::io;
use std::pin::Pin;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::Notify;
use tokio::sync::futures::OwnedNotified;

/// The status of a close that ended so.
impl From<Closed> for Status {
    fn from(closed: Closed) -> Self {
        match closed {
            Closed::Clean => Self::Ok,
            Closed::TimedOut => Self::TimedOut,
        }
    }
}

/// The close of one context. See the module.
#[derive(Debug)]
pub(crate) struct Closing {
    begun: AtomicBool,
    pub(super) report: Report,
    thread: Mutex<Option<Thread>>,
    ffi_thread: OnceLock<ThreadId>,
    /// Until the close is over.
    stay: Mutex<Option<Stay>>,
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

    fn announce(&self) {
        self.happened.store(true, Ordering::Release);
        self.notify.notify_waiters();
    }
}

impl Closing {
    pub(super) fn new(stay: Stay) -> Self {
        Self {
            begun: AtomicBool::new(false),
            report: Report::new(),
            thread: Mutex::new(None),
            ffi_thread: OnceLock::new(),
            stay: Mutex::new(Some(stay)),
            abandonment: Arc::default(),
        }
    }

    pub(crate) fn abandonment(&self) -> &Arc<Abandonment> {
        &self.abandonment
    }

    /// Whether the FFI thread was asked to end.
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

    pub(super) fn tenancy(&self) -> Option<Arc<Tenancy>> {
        self.stay.lock().as_ref().map(Stay::tenancy)
    }

    /// The close is over: gives back the seat, and this share of the tenancy. Once; dropped under no lock.
    pub(super) fn end_stay(&self) {
        let stay = self.stay.lock().take();
        drop(stay);
    }

    /// Waits until the FFI thread is over; false if it is not by then, and goes on by itself.
    fn join(&self, deadline: Instant) -> bool {
        let thread = self.thread.lock().take();
        thread.is_none_or(|thread| thread.join_until(deadline))
    }
}

/// How long a close takes at most, by the limits that the author has set.
fn limit(instance: &Instance) -> Duration {
    let options = &instance.options;
    options.grace + options.destructor_deadline + options.linger * 4
}

/// Closes and waits.
pub(crate) fn destroy(host: Host) -> Status {
    let Ok(inside) = host.enter(Phase::Finishing) else { return Status::InvalidCtx };
    let instance = inside.share();
    if super::frame::is_inside(host) || instance.owns_this_thread() {
        return Status::WouldDeadlock;
    }
    let first = inside.context.gate.advance(Phase::Running, Phase::Closing);
    drop(inside);
    let closed = if first {
        supervise(&instance, Box::new(|_| {}))
    } else {
        // What the supervisor does after its own limit has limits too: the end of threads, of servers.
        let limit = limit(&instance) + instance.options.linger * 4;
        instance.closing.report.await_outcome(Instant::now() + limit)
    };
    closed.into()
}

/// Begins to close; `done` is called by a thread of its own.
pub(crate) fn close(host: Host, done: Box<dyn FnOnce(Closed) + Send>) -> Status {
    let inside = match host.enter(Phase::Finishing) {
        Ok(inside) => inside,
        Err(refused) => return refused.into(),
    };
    if inside.closing.has_begun() {
        return Status::Closing;
    }
    let instance = inside.share();
    // The thread comes first: without one there is no close, and nobody must have seen that it had begun. The lock is held
    // until it is known whether this is the close, which the thread waits for.
    let first = Arc::new(Mutex::new(false));
    let mut begins = first.lock();
    let begun = Arc::clone(&first);
    let supervisor = Box::new(move || {
        if *begun.lock() {
            super::frame::enter(host, || supervise(&instance, done));
        }
    });
    if let Err(error) = Thread::spawn(c"ffihost-close", supervisor) {
        drop(begins);
        tracing::error!(%error, "no thread to close a context with");
        return Status::Busy;
    }
    *begins = inside.context.gate.advance(Phase::Running, Phase::Closing);
    if *begins { Status::Ok } else { Status::Closing }
}

/// Brings a context to its end. For the one who moved the gate to Closing.
///
/// `done` is told before those who wait in destroy: when they return, nothing of the context calls the host any more.
fn supervise(instance: &Instance, done: Box<dyn FnOnce(Closed) + Send>) -> Closed {
    let closing = &instance.closing;
    closing.begun.store(true, Ordering::Release);
    instance.context.signal.notify();
    #[cfg(feature = "ipc")]
    instance.servers.stop();
    let limit = limit(instance);
    let linger = instance.options.linger;
    let outcome = match closing.report.await_report(Instant::now() + limit) {
        Some(closed) => {
            instance.context.retire();
            // One that waits for library code after its report goes on by itself.
            let over = closed == Closed::TimedOut || closing.join(Instant::now() + linger);
            if over { closed } else { Closed::TimedOut }
        }
        None => {
            tracing::error!(after = ?limit, "library code keeps the FFI thread of a context that was closed; it is left behind");
            abandon(instance);
            Closed::TimedOut
        }
    };
    closing.end_stay();
    #[cfg(feature = "ipc")]
    let outcome = if instance.servers.join(Instant::now() + linger) { outcome } else { Closed::TimedOut };
    crate::panic::contain_call(|| done(outcome));
    closing.report.publish(outcome);
    outcome
}

/// Ends what can be ended without the FFI thread. Nothing begins to run after this that calls the host, but `release`.
fn abandon(instance: &Instance) {
    instance.context.retire();
    instance.closing.abandonment.announce();
    // The library calls no host function any more: it finds none. Given back by the FFI thread, when it lets go.
    let entries = instance.registry.clear();
    if let Some(events) = &instance.events {
        events.abandon();
    }
    instance.requests.seal(Status::TimedOut, "the library did not stop in time when it was closed");
    entries.into_iter().for_each(|entry| crate::panic::contain_call(|| drop(entry)));
}
