//! A context's life on the FFI thread, from its constructor to its last release.

use super::close::{self, Closed, Stage};
use super::gate::Phase;
use super::local::Local;
use super::record::{Contexts, Instance};
use super::requests::{Key, Settled};
use crate::abi::Callback;
use crate::options::Options;
use crate::panic::{self, contain_call as contain};
use crate::status::Status;
use crate::sync::Arc;
use futures::future::LocalBoxFuture;
use std::any::Any;
use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::io;
use std::mem::{ManuallyDrop, replace};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};
use tokio::runtime::{Builder, LocalOptions, LocalRuntime};
use tokio::time::{Sleep, sleep};

/// Why there is no state: a status and its payload, when the host is told.
pub(crate) type Failure = Box<dyn Told>;

/// What can be told a host.
pub(crate) trait Told {
    /// Hands `take` the status and the payload: once.
    fn tell(&self, take: &mut dyn FnMut(Status, &[u8]));
}

impl Told for (Status, String) {
    fn tell(&self, take: &mut dyn FnMut(Status, &[u8])) {
        take(self.0, self.1.as_bytes());
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

/// Begins the life of a context, if there are less than `limit`: `told` is told its instance, and then its FFI thread starts.
/// `created` is called back when the constructor has ended.
///
/// # Errors
///
/// BUSY if there is no room for one more, or no thread. Then nothing was called back.
pub(crate) fn begin(
    contexts: &'static Contexts,
    limit: u32,
    options: Options,
    created: Callback,
    construct: Construct,
    destruct: Option<Destruct>,
    told: impl FnOnce(&Instance),
) -> Result<(), Status> {
    let context = contexts.acquire(limit).ok_or(Status::Busy)?;
    let instance = context.open(options).ok_or(Status::Busy)?;
    let created = instance.requests.accept(created);
    told(&instance);
    start(&instance, created, construct, destruct).map_err(|error| {
        tracing::error!(%error, "no FFI thread for a new context");
        let _never_called = instance.requests.settle(created);
        context.abort();
        Status::Busy
    })
}

/// Starts the FFI thread.
fn start(instance: &Arc<Instance>, created: Key, construct: Construct, destruct: Option<Destruct>) -> io::Result<()> {
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
fn run(local: &Rc<Local>, created: Key, construct: Construct, destruct: Option<Destruct>) -> Option<LastWord> {
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
    destruct: Option<Destruct>,
) -> Option<Failure> {
    let failed = Rc::new(Cell::new(None));
    local.spawn(Box::pin(Life {
        local: Rc::clone(local),
        created,
        chapter: Chapter::Beginning(construct),
        destruct,
        state: None,
        timer: None,
        failed: Rc::clone(&failed),
    }));
    local.instance.context.signal.notify();
    runtime.block_on(poll_fn(|cx| local.poll_loop(cx)));
    failed.take()
}

/// The life of a context, as a task of its loop. It is polled whenever there is news, or a time is up.
struct Life {
    local: Rc<Local>,
    created: Key,
    chapter: Chapter,
    destruct: Option<Destruct>,
    state: Option<Rc<dyn Any>>,
    /// Ends the present chapter.
    timer: Option<Pin<Box<Sleep>>>,
    /// Why it did not get to live.
    failed: Rc<Cell<Option<Failure>>>,
}

enum Chapter {
    Beginning(Construct),
    Constructing(LocalBoxFuture<'static, Result<State, Failure>>),
    Living,
    /// Requests may end by themselves.
    Grace,
    /// They are cancelled. What cannot be cancelled is left to the supervisor.
    Cancelling,
    Destructing(Option<LocalBoxFuture<'static, ()>>),
    Over,
}

impl Future for Life {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.get_mut();
        let polled = catch_unwind(AssertUnwindSafe(|| this.go_on(cx)));
        let failure = match polled {
            Ok(Poll::Pending) => return Poll::Pending,
            Ok(Poll::Ready(failure)) => failure,
            Err(payload) => Some(Box::new((Status::Panic, panic::explain(payload))) as Failure),
        };
        this.failed.set(failure);
        this.local.finish();
        Poll::Ready(())
    }
}

impl Life {
    fn go_on(&mut self, cx: &mut Context<'_>) -> Poll<Option<Failure>> {
        loop {
            let options = &self.local.instance.options;
            match &mut self.chapter {
                Chapter::Beginning(_) => {
                    if let Chapter::Beginning(construct) = replace(&mut self.chapter, Chapter::Over) {
                        self.chapter = Chapter::Constructing(construct());
                    }
                }
                Chapter::Constructing(construction) => match construction.as_mut().poll(cx) {
                    Poll::Ready(Ok(state)) => self.begin(state),
                    Poll::Ready(Err(failure)) => return self.end(Some(failure)),
                    Poll::Pending if !self.is_closing(cx) => return Poll::Pending,
                    Poll::Pending => {
                        ready!(self.poll_timer(cx, options.grace));
                        let why = (Status::Cancelled, "the context was closed before it was constructed".to_owned());
                        return self.end(Some(Box::new(why)));
                    }
                },
                Chapter::Living => {
                    if !self.is_closing(cx) {
                        return Poll::Pending;
                    }
                    self.turn_to(Chapter::Grace);
                }
                Chapter::Grace => {
                    let over = self.local.instance.requests.live() == 0;
                    ready!(self.poll_over(cx, over, options.grace));
                    self.turn_to(Chapter::Cancelling);
                }
                Chapter::Cancelling => {
                    let over = requests_cancelled(&self.local.instance);
                    ready!(self.poll_over(cx, over, options.linger));
                    self.local.shut_down_calls();
                    self.turn_to(Chapter::Destructing(None));
                }
                Chapter::Destructing(_) => {
                    let limit = options.destructor_deadline;
                    if self.poll_destructor(cx).is_pending() {
                        ready!(self.poll_timer(cx, limit));
                        tracing::error!(deadline = ?limit, "the destructor did not end in time");
                    }
                    return self.end(None);
                }
                Chapter::Over => return Poll::Pending,
            }
        }
    }

    fn turn_to(&mut self, chapter: Chapter) {
        self.timer = None;
        self.chapter = chapter;
    }

    /// The context is constructed.
    fn begin(&mut self, state: State) {
        self.turn_to(Chapter::Living);
        let local = &self.local;
        self.state = Some(Rc::clone(&state.value));
        local.set_state(Some(state.value));
        local.instance.state.store(state.address, Ordering::Release);
        local.start_requests();
        local.end_request(self.created, Status::Ok, b"");
    }

    fn end(&mut self, failure: Option<Failure>) -> Poll<Option<Failure>> {
        let lived = failure.is_none();
        self.turn_to(Chapter::Over);
        if lived {
            self.local.admit_calls(false);
        }
        Poll::Ready(failure)
    }

    /// Whether a close was requested; if not, waits for news.
    fn is_closing(&self, cx: &Context<'_>) -> bool {
        let closing = self.local.instance.closing.stage() > Stage::Open;
        if !closing {
            self.local.await_news(cx);
        }
        closing
    }

    /// Ready if the chapter is over, or its time is up; if not, waits for news.
    fn poll_over(&mut self, cx: &mut Context<'_>, over: bool, limit: Duration) -> Poll<()> {
        if over {
            return Poll::Ready(());
        }
        self.local.await_news(cx);
        self.poll_timer(cx, limit)
    }

    fn poll_timer(&mut self, cx: &mut Context<'_>, limit: Duration) -> Poll<()> {
        self.timer.get_or_insert_with(|| Box::pin(sleep(limit))).as_mut().poll(cx)
    }

    /// Goes on with the author's destructor. A panic ends it.
    fn poll_destructor(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Chapter::Destructing(destructor) = &mut self.chapter else { return Poll::Ready(()) };
        let polled = panic::contain(|| {
            if let (Some(destruct), Some(state)) = (self.destruct.take(), self.state.take()) {
                *destructor = Some(destruct(state));
            }
            destructor.as_mut().map_or(Poll::Ready(()), |destructor| destructor.as_mut().poll(cx))
        });
        polled.unwrap_or_else(|text| {
            tracing::error!(panic = %text, "the destructor panicked");
            Poll::Ready(())
        })
    }
}

/// Cancels what has come meanwhile; true if nothing is left.
fn requests_cancelled(instance: &Instance) -> bool {
    if instance.requests.cancel_all() {
        // What was queued is ended by the loop.
        instance.context.signal.notify();
    }
    instance.requests.live() == 0
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
    let delivered = instance.events.as_ref().is_none_or(|events| events.finish(Instant::now() + linger));
    let mut handles = instance.handles.clear();
    while let Some(handle) = handles.pop() {
        contain(|| drop(handle));
    }
    instance.requests.seal(Status::Cancelled, "the context has ended");
    local.retire();
    let mut entries = instance.registry.clear();
    while let Some(entry) = entries.pop() {
        contain(|| drop(entry));
    }
    if alone && delivered { Closed::Clean } else { Closed::TimedOut }
}
