//! A context's FFI thread: how it begins, runs the loop, and lets go of everything at the end.
//!
//! # How the loop sleeps
//!
//! When nothing is left to run, tokio calls `on_thread_park`, in which the thread may still watch its signal (`super::spin`). Then
//! tokio looks once more for tasks and wakers that were woken, and parks in its driver until the next timer. Without I/O the
//! driver waits on a condition variable. With [`Options::io`] it waits for the system's events of sockets (epoll, kqueue, IOCP).
//!
//! A signal is never lost between the two: notifying a signal that sleeps wakes the waker that the loop has registered, which is
//! tokio's own for `block_on`. That waker unparks whichever driver there is. Both remember being unparked: the condition variable by
//! a flag, the system's events by an event of their own, which stays ready until it is read. So a notification that comes after the last
//! look and before the thread sleeps ends that sleep at once.
//!
//! While the thread watches its signal it does not see sockets, as it does not see timers: they are late by [`Options::spin`] at
//! most. While tasks keep it busy, tokio looks at its driver between them.

use super::close::Closed;
use super::current;
use super::gate::Phase;
use super::instance::{Instance, Stay, Tenancy};
use super::lifecycle::{Construct, Destruct, Ended, Failure, Lifecycle, Told};
use super::local::Local;
use super::report::Reported;
use super::requests::Key;
use crate::abi::Callback;
use crate::options::Options;
use crate::panic::{self, contain_call as contain};
use crate::status::Status;
use crate::sync::{Arc, Mutex};
use std::any::Any;
use std::cell::Cell;
use std::future::poll_fn;
use std::io;
use std::rc::Rc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use tokio::runtime::{Builder, LocalOptions, LocalRuntime};

/// Begins the life of a context: `told` is told its instance, and then its FFI thread goes on. `created` is called back when
/// the constructor has ended.
///
/// # Errors
///
/// BUSY if there is no thread. Then nothing was told, nothing was called back, and no handle was ever valid.
pub(crate) fn begin(
    stay: Stay,
    options: Options,
    created: Callback,
    construct: Construct,
    destruct: Option<Destruct>,
    told: impl FnOnce(&Instance),
) -> Result<(), Status> {
    let tenancy = stay.tenancy();
    let instance = Instance::new(stay, options).ok_or(Status::Busy)?;
    let created = instance.requests.accept(created);
    // The thread comes first, and waits for this lock: without one there is no context, and nobody must have seen it.
    let begins = Arc::new(Mutex::new(()));
    let held = begins.lock();
    let (theirs, begun) = (Arc::clone(&instance), Arc::clone(&begins));
    let body = Box::new(move || {
        drop(begun.lock());
        ffi_thread(theirs, tenancy, created, construct, destruct);
    });
    if let Err(error) = instance.closing.spawn(body) {
        tracing::error!(%error, "no FFI thread for a new context");
        instance.end_stay();
        return Err(Status::Busy);
    }
    instance.open();
    told(&instance);
    drop(held);
    Ok(())
}

/// What a context that could not be constructed tells when everything else is over.
struct FinalReport {
    created: Option<Callback>,
    failure: Failure,
    closed: Closed,
}

impl FinalReport {
    fn tell(self, instance: &Instance) {
        if let Some(callback) = self.created {
            tell_once(&*self.failure, |status, payload| callback.call(status, payload));
        }
        contain(|| drop(self.failure));
        // Somebody may have asked to destroy it meanwhile, and waits.
        instance.closing.report.publish(self.closed);
    }
}

/// Tells a failure, also if making its payload panics.
fn tell_once(failure: &dyn Told, tell: impl FnOnce(Status, &[u8])) {
    let mut tell = Some(tell);
    let told = panic::contain(|| {
        failure.tell(&mut |status, payload| {
            if let Some(tell) = tell.take() {
                tell(status, payload);
            }
        });
    });
    if let Some(tell) = tell {
        tell(Status::Panic, told.err().as_deref().unwrap_or("the error was not encoded").as_bytes());
    }
}

/// The FFI thread.
fn ffi_thread(
    instance: Arc<Instance>,
    tenancy: Arc<Tenancy>,
    created: Key,
    construct: Construct,
    destruct: Option<Destruct>,
) {
    instance.closing.on_ffi_thread();
    let local = Rc::new(Local::new(instance));
    let last = current::with_loop(&local, || run(&local, created, construct, destruct));
    let instance = Arc::clone(&local.instance);
    drop(local);
    // The record may have a new owner from here on, whose FFI thread this is not.
    drop(tenancy);
    if let Some(last) = last {
        instance.end_stay();
        last.tell(&instance);
    }
}

fn run(local: &Rc<Local>, created: Key, construct: Construct, destruct: Option<Destruct>) -> Option<FinalReport> {
    let instance = &local.instance;
    let gate = &instance.context.gate;
    let (runtime, ended) = match runtime(instance.options) {
        Ok(runtime) => live(runtime, local, created, construct, destruct),
        Err(error) => (None, Ended::Failed(Box::new((Status::Busy, format!("no event loop: {error}"))))),
    };
    match ended {
        Ended::Lived(closed) => {
            gate.advance(Phase::Closing, Phase::Finishing);
            supervised(local, runtime, closed);
            None
        }
        // A context that could not be constructed ends itself, unless somebody closes it already.
        Ended::Failed(failure) if gate.advance(Phase::Running, Phase::Finishing) => {
            let created = instance.requests.settle(created);
            let closed = wind_up(local, runtime);
            instance.context.retire();
            await_admitted(local);
            Some(FinalReport { created, failure, closed })
        }
        Ended::Failed(failure) => {
            gate.advance(Phase::Closing, Phase::Finishing);
            tell_once(&*failure, |status, payload| local.end_request(created, status, payload));
            contain(|| drop(failure));
            supervised(local, runtime, Closed::Clean);
            None
        }
    }
}

/// Ends a context that has a supervisor. After the report nothing of the host's is called but `release`.
fn supervised(local: &Rc<Local>, runtime: Option<LocalRuntime>, closed: Closed) {
    let closed = closed.and(wind_up(local, runtime));
    match local.instance.closing.report.report(closed) {
        Reported::InTime | Reported::TooLate => await_admitted(local),
    }
}

fn runtime(options: Options) -> io::Result<LocalRuntime> {
    let mut builder = Builder::new_current_thread();
    builder
        .enable_time()
        .on_thread_park(|| {
            current::local(Local::before_park);
        })
        .on_thread_unpark(|| {
            current::local(Local::after_park);
        });
    if options.io {
        enable_io(&mut builder);
    }
    builder.build_local(LocalOptions::default())
}

/// Without the feature [`Options::io`] cannot be switched on.
fn enable_io(builder: &mut Builder) {
    #[cfg(feature = "io")]
    builder.enable_io();
    #[cfg(not(feature = "io"))]
    let _ = builder;
}

/// Runs the loop until the context has lived.
fn live(
    runtime: LocalRuntime,
    local: &Rc<Local>,
    created: Key,
    construct: Construct,
    destruct: Option<Destruct>,
) -> (Option<LocalRuntime>, Ended) {
    let runtime = Rc::new(runtime);
    local.set_runtime(Some(Rc::clone(&runtime)));
    let ended = Rc::new(Cell::new(None));
    local.spawn(Box::pin(Lifecycle::new(local, created, construct, destruct, &ended)));
    local.instance.context.signal.notify();
    runtime.block_on(poll_fn(|cx| local.poll_loop(cx)));
    local.set_runtime(None);
    (Rc::into_inner(runtime), ended.take().unwrap_or(Ended::Lived(Closed::TimedOut)))
}

/// Refuses everything, ends tasks, delivers what is queued, calls back what is pending, and lets go of everything that no
/// admitted work may touch.
fn wind_up(local: &Rc<Local>, runtime: Option<LocalRuntime>) -> Closed {
    let instance = &local.instance;
    let linger = instance.options.linger;
    local.admit_calls(false);
    instance.refuse_posted();
    if instance.context.gate.admitted() == 0 {
        let _entered = runtime.as_ref().map(|runtime| runtime.enter());
        drop_state(local);
    }
    let mut closed = runtime.map_or(Closed::Clean, |runtime| shut_down(runtime, linger));
    if !instance.events.as_ref().is_none_or(|events| events.finish(Instant::now() + linger)) {
        closed = Closed::TimedOut;
    }
    let mut handles = instance.handles.clear();
    while let Some(handle) = handles.pop() {
        contain(|| drop(handle));
    }
    instance.end_requests((Status::Cancelled, "the context has ended"));
    local.retire();
    if !release_registrations(instance) {
        closed = Closed::TimedOut;
    }
    closed
}

/// Gives back every registration, and waits until those that the host's threads have replaced or taken back are given back,
/// too; false if they are not within the linger.
fn release_registrations(instance: &Instance) -> bool {
    let linger = instance.options.linger;
    let mut entries = instance.registry.close();
    while let Some(entry) = entries.pop() {
        contain(|| drop(entry));
    }
    let given_back = instance.registry.await_given_back(Instant::now() + linger);
    if !given_back {
        tracing::error!(after = ?linger, "a release of the host's, in a registration, did not end");
    }
    given_back
}

/// Drops the tasks, and waits for work that was given to `spawn_blocking`. tokio does not tell whether that has ended: it has
/// if the wait was shorter than its limit.
fn shut_down(runtime: LocalRuntime, linger: Duration) -> Closed {
    let start = Instant::now();
    contain(|| runtime.shutdown_timeout(linger));
    if start.elapsed() < linger {
        return Closed::Clean;
    }
    tracing::error!(after = ?linger, "work that was given to `spawn_blocking` did not end; it is left behind");
    Closed::TimedOut
}

/// Waits for admitted work that did not stop, and for nothing else, before the state is dropped that it may use. The close
/// has been reported, and its supervisor does not wait for this thread.
fn await_admitted(local: &Local) {
    local.instance.context.await_admitted();
    drop_state(local);
}

fn drop_state(local: &Local) {
    local.instance.state.store(std::ptr::null_mut(), Ordering::Release);
    let state: Option<Rc<dyn Any>> = local.set_state(None);
    contain(|| drop(state));
}
