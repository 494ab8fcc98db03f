//! The end of a context, and who brings it about.
//!
//! # Parties
//!
//! The *supervisor* is the one who moved the gate from Running to Closing: the thread that called destroy, or a thread that
//! close started. It asks the FFI thread to end, waits for that with a limit, joins it, and frees the record. The FFI thread
//! does everything else ([`run`](super::run)), because it alone may touch calls, tasks and state. Others who call destroy
//! meanwhile wait for the supervisor's outcome. A context whose constructor fails has no supervisor: its FFI thread frees the
//! record itself.
//!
//! # Stages
//!
//! ```text
//!   Open ──close──> Closing ──────────────────────────> Done | Abandoned
//!                   grace, cancel, destructor,          supervisor's outcome
//!                   gate Finishing, events, callbacks,
//!                   releases
//! ```
//!
//! # Bounded time
//!
//! The supervisor waits for grace + destructor deadline + four times the linger. If the FFI thread has not reported by then,
//! library code keeps it. Then the supervisor *abandons* the context: the handle becomes stale, pending requests are called
//! back from the supervisor's thread (a request is taken out under a lock, so none is called back twice), host calls that
//! are awaited on other threads end with `ShuttingDown`, the outcome is
//! TIMED_OUT, and everything that the stuck code may touch stays where it is. If that code lets go one day, the FFI thread
//! finishes its work, finds the context abandoned, and frees the record itself.
//!
//! Report and abandonment are decided under one lock, so exactly one of the two frees the record.

use super::gate::Phase;
use super::record::Instance;
use crate::Host;
use crate::status::Status;
use crate::sync::{Arc, Condvar, Mutex};
use crate::thread::Thread;
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};
use tokio::sync::Notify;
use tokio::sync::futures::OwnedNotified;

/// How far a close has come, as the FFI thread looks at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stage {
    /// Nobody has asked for it.
    Open,
    /// It was asked for.
    Closing,
}

/// How a close ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Closed {
    /// Everything is released and ended.
    Clean,
    /// Library or host code did not stop in time.
    TimedOut,
}

impl Closed {
    pub(crate) fn status(self) -> Status {
        match self {
            Self::Clean => Status::Ok,
            Self::TimedOut => Status::TimedOut,
        }
    }

    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::Clean => "",
            Self::TimedOut => "code of the library or a listener did not stop in time; what it may touch is left alone",
        }
    }
}

#[derive(Debug, Default)]
struct Report {
    /// What the FFI thread reported.
    ended: Option<Closed>,
    /// What the supervisor made of it.
    outcome: Option<Closed>,
    abandoned: bool,
}

/// The close of one context. See the module.
#[derive(Debug)]
pub(crate) struct Closing {
    stage: AtomicU32,
    report: Mutex<Report>,
    changed: Condvar,
    thread: Mutex<Option<Thread>>,
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
    pub(crate) fn new() -> Self {
        Self {
            stage: AtomicU32::new(0),
            report: Mutex::new(Report::default()),
            changed: Condvar::new(),
            thread: Mutex::new(None),
            abandonment: Arc::default(),
        }
    }

    pub(crate) fn abandonment(&self) -> &Arc<Abandonment> {
        &self.abandonment
    }

    pub(crate) fn stage(&self) -> Stage {
        if self.stage.load(Ordering::Acquire) == 0 { Stage::Open } else { Stage::Closing }
    }

    /// Starts the FFI thread and keeps it to be joined: the lock is held meanwhile, so a close that comes at once finds it.
    pub(super) fn spawn(&self, body: Box<dyn FnOnce() + Send>) -> io::Result<()> {
        let mut slot = self.thread.lock();
        *slot = Some(Thread::spawn(c"ffihost", body)?);
        Ok(())
    }

    /// The FFI thread's last word. True if the supervisor has given up, and the FFI thread has to free the record.
    pub(super) fn report(&self, ended: Closed) -> bool {
        let mut report = self.report.lock();
        report.ended = Some(ended);
        self.changed.notify_all();
        report.abandoned
    }

    /// Waits for the FFI thread's report; decides to abandon the context when it does not come.
    fn await_report(&self, deadline: Instant) -> Option<Closed> {
        let mut report = self.report.lock();
        while report.ended.is_none() && Instant::now() < deadline {
            report = self.changed.wait_until(report, deadline);
        }
        report.abandoned = report.ended.is_none();
        report.ended
    }

    /// The outcome, for everybody who waits for it.
    pub(super) fn publish(&self, outcome: Closed) {
        self.report.lock().outcome = Some(outcome);
        self.changed.notify_all();
    }

    /// Waits for the supervisor of a close that is under way.
    fn await_outcome(&self) -> Closed {
        let mut report = self.report.lock();
        loop {
            if let Some(outcome) = report.outcome {
                return outcome;
            }
            report = self.changed.wait(report);
        }
    }

    /// Joins the FFI thread after its report; false if something in it still keeps it.
    fn join(&self, deadline: Instant) -> bool {
        let Some(thread) = self.thread.lock().take() else { return true };
        let mut pause = Duration::from_micros(10);
        while !thread.is_finished() {
            if Instant::now() >= deadline {
                return false;
            }
            thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(1));
        }
        thread.join();
        true
    }
}

/// Closes and waits.
pub(crate) fn destroy(host: Host) -> Status {
    if super::frame::is_inside(host) {
        return if host.is_live() { Status::WouldDeadlock } else { Status::InvalidCtx };
    }
    let Ok(inside) = host.enter(Phase::Finishing) else { return Status::InvalidCtx };
    let instance = inside.share();
    let first = inside.context.gate.advance(Phase::Running, Phase::Closing);
    drop(inside);
    let closed = if first { supervise(&instance, Box::new(|_| {})) } else { instance.closing.await_outcome() };
    closed.status()
}

/// Begins to close; `done` is called by a thread of its own.
pub(crate) fn close(host: Host, done: Box<dyn FnOnce(Closed) + Send>) -> Status {
    let inside = match host.enter(Phase::Finishing) {
        Ok(inside) => inside,
        Err(refused) => return refused.into(),
    };
    if inside.closing.stage() > Stage::Open {
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
            super::frame::enter(host, None, || supervise(&instance, done));
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
    closing.stage.store(1, Ordering::Release);
    instance.context.signal.notify();
    #[cfg(feature = "ipc")]
    instance.servers.stop();
    let options = &instance.options;
    let limit = options.grace + options.destructor_deadline + options.linger * 4;
    let deadline = Instant::now() + limit;
    let outcome = match closing.await_report(deadline) {
        Some(Closed::Clean) => {
            let joined = closing.join(deadline.max(Instant::now() + options.linger));
            instance.context.vacate();
            if joined { Closed::Clean } else { Closed::TimedOut }
        }
        Some(Closed::TimedOut) => {
            instance.context.retire();
            Closed::TimedOut
        }
        None => {
            tracing::error!(after = ?limit, "library code keeps the FFI thread of a context that was closed; it is left behind");
            instance.context.retire();
            instance.requests.seal(Status::TimedOut, "the library did not stop in time when it was closed");
            closing.abandonment.announce();
            Closed::TimedOut
        }
    };
    #[cfg(feature = "ipc")]
    let outcome = if instance.servers.join(Instant::now() + options.linger) { outcome } else { Closed::TimedOut };
    done(outcome);
    closing.publish(outcome);
    outcome
}

/// Waits until nobody is inside the gate; false if somebody still is after `limit`.
pub(super) fn await_pins(instance: &Instance, limit: Duration) -> bool {
    let deadline = Instant::now() + limit;
    let mut pause = Duration::from_micros(10);
    while instance.context.gate.is_occupied() {
        if Instant::now() >= deadline {
            return false;
        }
        thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(1));
    }
    true
}
