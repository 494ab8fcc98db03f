//! A context's life on the FFI thread, from its constructor to its last release.

use super::close::{self, Closed, Stage};
use super::gate::Phase;
use super::local::Local;
use super::record::Instance;
use super::requests::{Key, Settled};
use crate::events::machinery;
use crate::panic::{self, contain_call as contain};
use crate::status::Status;
use crate::sync::Arc;
use futures_util::FutureExt;
use futures_util::future::{Either, LocalBoxFuture, select};
use std::any::Any;
use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::io;
use std::mem::ManuallyDrop;
use std::panic::AssertUnwindSafe;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use tokio::runtime::{Builder, LocalOptions, LocalRuntime};
use tokio::time::timeout;

/// Why there is no state: a status and its payload, when the host is told.
pub(crate) type Failure = Box<dyn Told>;

/// What can be told a host.
pub(crate) trait Told {
    /// Hands `take` the status and the payload: once.
    fn tell(&self, take: &mut dyn FnMut(Status, &[u8]));
}

impl<T: AsRef<str>> Told for (Status, T) {
    fn tell(&self, take: &mut dyn FnMut(Status, &[u8])) {
        take(self.0, self.1.as_ref().as_bytes());
    }
}

/// Makes the state, on the FFI thread.
pub(crate) type Construct = Box<dyn FnOnce() -> LocalBoxFuture<'static, Result<State, Failure>> + Send>;

/// The author's asynchronous destructor.
pub(crate) type Destruct = Box<dyn FnOnce(Rc<dyn Any>) -> LocalBoxFuture<'static, ()> + Send>;

/// The author's state, and where it is, for synchronous requests.
pub(crate) struct State {
    pub(crate) value: Rc<dyn Any>,
    pub(crate) address: *mut (),
}

/// Starts the FFI thread of a context; `created` is called back when the constructor has ended.
///
/// # Errors
///
/// If there is no thread. Then nothing was called.
pub(crate) fn start(
    instance: &Arc<Instance>,
    created: Key,
    construct: Construct,
    destruct: Destruct,
) -> io::Result<()> {
    let theirs = Arc::clone(instance);
    let body = Box::new(move || {
        let local = Rc::new(Local::new(theirs));
        let host = local.instance.host();
        let last_word = super::frame::enter(host, Some(&local), || run(&local, created, construct, destruct));
        // Outside of the frame: the record may have a new owner, whose FFI thread this is not.
        if let Some(last_word) = last_word {
            last_word.say(&local.instance);
        }
    });
    instance.closing.spawn(body)
}

/// What a context that could not be constructed tells when everything else is over.
struct LastWord {
    created: Option<Settled>,
    failure: Failure,
    closed: Closed,
}

impl LastWord {
    fn say(self, instance: &Instance) {
        if let Some(settled) = self.created {
            tell_once(&*self.failure, |status, payload| settled.callback.call(status, payload));
        }
        // Somebody may have asked to destroy it meanwhile, and waits.
        instance.closing.publish(self.closed);
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
fn run(local: &Rc<Local>, created: Key, construct: Construct, destruct: Destruct) -> Option<LastWord> {
    let instance = &local.instance;
    let gate = &instance.context.gate;
    let (runtime, failure) = match runtime() {
        Ok(runtime) => {
            let runtime = Rc::new(runtime);
            local.set_runtime(Some(Rc::clone(&runtime)));
            let failure = live(&runtime, local, created, construct, destruct);
            local.set_runtime(None);
            (Rc::into_inner(runtime), failure)
        }
        Err(error) => (None, Some(Box::new((Status::Busy, format!("no event loop: {error}"))) as Failure)),
    };
    // A context that could not be constructed ends itself, unless somebody closes it already.
    let unsupervised = failure.is_some() && gate.advance(Phase::Running, Phase::Closing);
    gate.advance(Phase::Closing, Phase::Finishing);
    match failure {
        Some(failure) if unsupervised => {
            let created = instance.requests.settle(created);
            let closed = wind_up(local, runtime);
            match closed {
                Closed::Clean => instance.context.vacate(),
                Closed::TimedOut => instance.context.retire(),
            }
            Some(LastWord { created, failure, closed })
        }
        failure => {
            if let Some(failure) = failure {
                tell_once(&*failure, |status, payload| local.end_request(created, status, payload));
            }
            report(instance, wind_up(local, runtime));
            None
        }
    }
}

fn report(instance: &Instance, closed: Closed) {
    let abandoned = instance.closing.report(closed);
    if abandoned && closed == Closed::Clean {
        instance.context.reclaim();
    }
}

fn runtime() -> io::Result<LocalRuntime> {
    Builder::new_current_thread()
        .enable_time()
        .on_thread_park(Local::before_park)
        .on_thread_unpark(Local::after_park)
        .build_local(LocalOptions::default())
}

/// Runs the loop until the context has lived; returns why it did not get to live, if it did not.
fn live(
    runtime: &LocalRuntime,
    local: &Rc<Local>,
    created: Key,
    construct: Construct,
    destruct: Destruct,
) -> Option<Failure> {
    let failed = Rc::new(Cell::new(None));
    let (mine, fails) = (Rc::clone(local), Rc::clone(&failed));
    let life = async move {
        let story = AssertUnwindSafe(story(&mine, created, construct, destruct)).catch_unwind();
        fails.set(story.await.unwrap_or_else(|payload| Some(panicked(payload))));
        mine.finish();
    };
    local.spawn(Box::pin(life));
    local.instance.context.signal.notify();
    runtime.block_on(poll_fn(|cx| local.poll_loop(cx)));
    failed.take()
}

async fn story(local: &Rc<Local>, created: Key, construct: Construct, destruct: Destruct) -> Option<Failure> {
    let instance = &local.instance;
    let state = match constructed(local, construct).await {
        Ok(state) => state,
        Err(failure) => return Some(failure),
    };
    local.set_state(Some(Rc::clone(&state.value)));
    instance.state.store(state.address, Ordering::Release);
    local.start_requests();
    local.end_request(created, Status::Ok, b"");
    close_requested(local).await;
    let options = &instance.options;
    // What has not ended by itself after the grace period is cancelled; what cannot be cancelled is left to the supervisor.
    within(options.grace, pin!(local.until(|| instance.requests.live() == 0))).await;
    within(options.linger, pin!(local.until(|| requests_cancelled(instance)))).await;
    local.shut_down_calls();
    let destructor = async {
        if let Err(payload) = AssertUnwindSafe(async { destruct(state.value).await }).catch_unwind().await {
            tracing::error!(panic = %panic::explain(payload), "the destructor panicked");
        }
    };
    if !within(options.destructor_deadline, pin!(destructor)).await {
        tracing::error!(deadline = ?options.destructor_deadline, "the destructor did not end in time");
    }
    local.admit_calls(false);
    None
}

async fn constructed(local: &Local, construct: Construct) -> Result<State, Failure> {
    // A panic of it ends the story, which is caught as a whole.
    let construction = construct();
    let patience = async {
        close_requested(local).await;
        tokio::time::sleep(local.instance.options.grace).await;
    };
    match select(construction, pin!(patience)).await {
        Either::Left((constructed, _)) => constructed,
        Either::Right(_) => Err(Box::new((Status::Cancelled, "the context was closed before it was constructed"))),
    }
}

/// False if it did not end in time. Whatever it is, so that there is one of these.
async fn within(limit: Duration, work: Pin<&mut dyn Future<Output = ()>>) -> bool {
    timeout(limit, work).await.is_ok()
}

async fn close_requested(local: &Local) {
    local.until(|| local.instance.closing.stage() > Stage::Open).await;
}

/// Cancels what has come meanwhile; true if nothing is left.
fn requests_cancelled(instance: &Instance) -> bool {
    if instance.requests.cancel_all() {
        // What was queued is ended by the loop.
        instance.context.signal.notify();
    }
    instance.requests.live() == 0
}

fn panicked(payload: Box<dyn Any + Send>) -> Failure {
    Box::new((Status::Panic, panic::explain(payload)))
}

/// Refuses everything, delivers what is queued, calls back what is pending, and lets go of everything.
fn wind_up(local: &Rc<Local>, runtime: Option<LocalRuntime>) -> Closed {
    let instance = &local.instance;
    let linger = instance.options.linger;
    local.admit_calls(false);
    instance.requests.refuse_errands();
    let alone = close::await_pins(instance, linger);
    let state = local.set_state(None);
    instance.state.store(std::ptr::null_mut(), Ordering::Release);
    if !alone {
        tracing::error!(after = ?linger, "a synchronous request did not end; the state it may use is leaked");
        let _leaked = state.map(ManuallyDrop::new);
    } else if let Some(runtime) = &runtime {
        let _entered = runtime.enter();
        contain(|| drop(state));
    }
    if let Some(runtime) = runtime {
        contain(|| runtime.shutdown_timeout(linger));
    }
    let delivered = machinery().is_none_or(|machinery| (machinery.finish)(&instance.events, Instant::now() + linger));
    for handle in instance.handles.clear() {
        contain(|| drop(handle));
    }
    instance.requests.seal(Status::Cancelled, "the context has ended");
    local.retire();
    for entry in instance.registry.clear() {
        contain(|| drop(entry));
    }
    if alone && delivered { Closed::Clean } else { Closed::TimedOut }
}
