//! The phases of a context's life, as a task of its loop: from the constructor to the destructor.
//!
//! ```text
//!   Construct ──> Run ──close──> Grace ──> Cancel ──> Destruct ──> Over
//!       └── constructor fails, or the grace period of a close ends ──────┘
//! ```
//!
//! - Grace lasts until no admitted work is left, but no longer than the grace period.
//! - Cancel begins by cancelling what is left and failing every open host call, and lasts as long as there is admitted work,
//!   but no longer than the linger.
//! - Destruct runs the author's destructor, which may call the host, within its deadline. It is left out if admitted work is
//!   left: that may use the state.
//! - A context that its supervisor has abandoned goes to Over at once: nothing calls the host any longer.

use super::instance::Instance;
use super::local::Local;
use super::report::Closed;
use super::requests::Key;
use crate::panic;
use crate::status::Status;
use futures::future::LocalBoxFuture;
use std::any::Any;
use std::cell::Cell;
use std::future::Future;
use std::mem::replace;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::task::AbortHandle;
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

/// The author's state, and where it is, for requests.
pub(crate) struct State {
    value: Rc<dyn Any>,
    address: *mut (),
    /// What create's callback is passed: nothing, in the format of its arguments.
    nothing: &'static [u8],
}

impl State {
    pub(crate) fn new<S: 'static>(state: S, nothing: &'static [u8]) -> Self {
        let state = Rc::new(state);
        Self { address: Rc::as_ptr(&state).cast_mut().cast(), value: state, nothing }
    }
}

/// How the loop has ended.
pub(super) enum Ended {
    /// After a life.
    Lived(Closed),
    /// Without one: the constructor failed.
    Failed(Failure),
}

/// See the module. It is polled whenever there is news, or a time is up.
pub(super) struct Lifecycle {
    local: Rc<Local>,
    created: Key,
    phase: Phase,
    destruct: Option<Destruct>,
    state: Option<Rc<dyn Any>>,
    /// Ends the present phase.
    timer: Option<Pin<Box<Sleep>>>,
    closed: Closed,
    ended: Rc<Cell<Option<Ended>>>,
}

enum Phase {
    Begin(Construct),
    Construct(LocalBoxFuture<'static, Result<State, Failure>>),
    Run,
    Grace,
    Cancel,
    Destruct(Option<LocalBoxFuture<'static, ()>>),
    Over,
}

impl Future for Lifecycle {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.get_mut();
        let polled = catch_unwind(AssertUnwindSafe(|| this.go_on(cx)));
        let ended = match polled {
            Ok(Poll::Pending) => return Poll::Pending,
            Ok(Poll::Ready(ended)) => ended,
            Err(payload) => Ended::Failed(Box::new((Status::Panic, panic::explain(payload)))),
        };
        this.turn_to(Phase::Over);
        this.ended.set(Some(ended));
        this.local.finish();
        Poll::Ready(())
    }
}

impl Lifecycle {
    pub(super) fn new(
        local: &Rc<Local>,
        created: Key,
        construct: Construct,
        destruct: Option<Destruct>,
        ended: &Rc<Cell<Option<Ended>>>,
    ) -> Self {
        Self {
            local: Rc::clone(local),
            created,
            phase: Phase::Begin(construct),
            destruct,
            state: None,
            timer: None,
            closed: Closed::Clean,
            ended: Rc::clone(ended),
        }
    }

    fn instance(&self) -> &Instance {
        &self.local.instance
    }

    fn go_on(&mut self, cx: &mut Context<'_>) -> Poll<Ended> {
        loop {
            if self.instance().closing.abandonment().has_happened() {
                return Poll::Ready(self.abandoned());
            }
            match &mut self.phase {
                Phase::Begin(_) => {
                    if let Phase::Begin(construct) = replace(&mut self.phase, Phase::Over) {
                        self.phase = Phase::Construct(construct());
                    }
                }
                Phase::Construct(construction) => match construction.as_mut().poll(cx) {
                    Poll::Ready(Ok(state)) => self.begin(state),
                    Poll::Ready(Err(failure)) => return Poll::Ready(Ended::Failed(failure)),
                    Poll::Pending => ready!(self.poll_unconstructed(cx)),
                },
                Phase::Run => {
                    if !self.is_closing(cx) {
                        return Poll::Pending;
                    }
                    self.turn_to(Phase::Grace);
                }
                Phase::Grace => {
                    let grace = self.instance().options.grace;
                    ready!(self.poll_admitted(cx, grace));
                    self.local.shut_down_calls();
                    self.turn_to(Phase::Cancel);
                }
                Phase::Cancel => {
                    self.cancel_requests();
                    let linger = self.instance().options.linger;
                    ready!(self.poll_admitted(cx, linger));
                    if self.instance().has_admitted_work() {
                        tracing::error!(after = ?linger, "requests did not stop; the destructor is left out");
                        self.closed = Closed::TimedOut;
                        return Poll::Ready(Ended::Lived(self.closed));
                    }
                    self.local.admit_calls(true);
                    self.turn_to(Phase::Destruct(None));
                }
                Phase::Destruct(_) => {
                    ready!(self.poll_destruct(cx));
                    return Poll::Ready(Ended::Lived(self.closed));
                }
                Phase::Over => return Poll::Pending,
            }
        }
    }

    /// What was in the phase before is the author's, and dropped last.
    fn turn_to(&mut self, phase: Phase) {
        self.timer = None;
        let before = replace(&mut self.phase, phase);
        panic::contain_call(|| drop(before));
    }

    /// The context is constructed.
    fn begin(&mut self, state: State) {
        self.turn_to(Phase::Run);
        let local = &self.local;
        self.state = Some(Rc::clone(&state.value));
        local.set_state(Some(state.value));
        local.instance.state.store(state.address, Ordering::Release);
        local.start_requests();
        local.end_request(self.created, Status::Ok, state.nothing);
    }

    fn abandoned(&mut self) -> Ended {
        self.closed = Closed::TimedOut;
        match self.phase {
            Phase::Begin(_) | Phase::Construct(_) => unconstructed(),
            _ => Ended::Lived(self.closed),
        }
    }

    /// Waits for the constructor, for as long as a grace period once the context closes.
    fn poll_unconstructed(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if !self.is_closing(cx) {
            return Poll::Pending;
        }
        let grace = self.instance().options.grace;
        ready!(self.poll_timer(cx, grace));
        self.turn_to(Phase::Construct(Box::pin(std::future::ready(Err(unconstructed_failure())))));
        Poll::Ready(())
    }

    /// Whether a close was requested; if not, waits for news.
    fn is_closing(&self, cx: &Context<'_>) -> bool {
        let closing = self.instance().closing.has_begun();
        if !closing {
            self.local.await_news(cx);
        }
        closing
    }

    /// Ready when no admitted work is left, or the time is up; if not, waits for news.
    fn poll_admitted(&mut self, cx: &mut Context<'_>, limit: Duration) -> Poll<()> {
        // Before the look: what ends after it is news.
        self.local.await_news(cx);
        if !self.instance().has_admitted_work() {
            return Poll::Ready(());
        }
        self.poll_timer(cx, limit)
    }

    fn poll_timer(&mut self, cx: &mut Context<'_>, limit: Duration) -> Poll<()> {
        self.timer.get_or_insert_with(|| Box::pin(sleep(limit))).as_mut().poll(cx)
    }

    /// Cancels what has come meanwhile.
    fn cancel_requests(&self) {
        let cancelled = self.instance().requests.cancel_all();
        cancelled.tasks.iter().for_each(AbortHandle::abort);
        if cancelled.found {
            // What was queued is ended by the loop.
            self.instance().context.signal.notify();
        }
    }

    /// Waits for the destructor, for as long as it may take.
    fn poll_destruct(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.poll_destructor(cx).is_ready() {
            return Poll::Ready(());
        }
        let deadline = self.instance().options.destructor_deadline;
        ready!(self.poll_timer(cx, deadline));
        tracing::error!(?deadline, "the destructor did not end in time");
        Poll::Ready(())
    }

    /// Goes on with the author's destructor. A panic ends it.
    fn poll_destructor(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Phase::Destruct(destructor) = &mut self.phase else { return Poll::Ready(()) };
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

fn unconstructed_failure() -> Failure {
    Box::new((Status::Cancelled, "the context was closed before it was constructed".to_owned()))
}

fn unconstructed() -> Ended {
    Ended::Failed(unconstructed_failure())
}
