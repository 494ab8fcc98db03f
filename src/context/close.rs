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
//! serves again: every thread of a context has a share of its [`Tenancy`](super::tenancy::Tenancy), and the last one makes the
//! record vacant.

use super::gate::Phase;
use super::instance::Instance;
pub(crate) use super::report::Closed;
use crate::Host;
use crate::status::Status;
use crate::sync::{Arc, Mutex};
use crate::thread::Thread;
use std::time::{Duration, Instant};

/// The status of a close that ended so.
impl From<Closed> for Status {
    fn from(closed: Closed) -> Self {
        match closed {
            Closed::Clean => Self::Ok,
            Closed::TimedOut => Self::TimedOut,
        }
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
    if super::current::is_inside(host) || instance.owns_this_thread() {
        return Status::WouldDeadlock;
    }
    let first = inside.context.gate.advance(Phase::Running, Phase::Closing);
    drop(inside);
    let closed = if first { supervise(&instance, Box::new(|_| {})) } else { await_supervisor(&instance) };
    closed.into()
}

/// Waits for the outcome of a close that another thread supervises. What that does after its own limit has limits too: the end of
/// threads, of servers. Each wait begins when the one before is over, so a machine that stands still uses one of them up and not
/// all: the supervisor still has the time to abandon the context before this returns.
fn await_supervisor(instance: &Instance) -> Closed {
    let linger = instance.options.linger;
    let mut waits = [limit(instance), linger, linger, linger, linger].into_iter();
    let outcome = waits.find_map(|wait| instance.closing.report.await_outcome(Instant::now() + wait));
    outcome.unwrap_or(Closed::TimedOut)
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
            super::current::enter(host, || supervise(&instance, done));
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
/// `done` is told before those who wait in destroy: when they return, nothing of the context calls the host again.
fn supervise(instance: &Instance, done: Box<dyn FnOnce(Closed) + Send>) -> Closed {
    let closing = &instance.closing;
    closing.begin();
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
    instance.end_stay();
    #[cfg(feature = "ipc")]
    let outcome = if instance.servers.join(Instant::now() + linger) { outcome } else { Closed::TimedOut };
    crate::panic::contain_call(|| done(outcome));
    closing.report.publish(outcome);
    outcome
}

/// Ends what can be ended without the FFI thread. Nothing begins to run after this that calls the host, but `release`.
fn abandon(instance: &Instance) {
    instance.context.retire();
    instance.closing.abandonment().announce();
    // The library finds no host function from now on, so it calls none. Given back by the FFI thread, when it lets go.
    let entries = instance.registry.close();
    if let Some(events) = &instance.events {
        events.abandon();
    }
    instance.end_requests((Status::TimedOut, "the library did not stop in time when it was closed"));
    // The FFI thread may be inside of a callback that says that a request still runs: its terminal call comes after that.
    instance.requests.await_warnings(Instant::now() + instance.options.linger);
    entries.into_iter().for_each(|entry| crate::panic::contain_call(|| drop(entry)));
}
