//! Where a call stands, and how it goes on: all of it that does not depend on the types of its arguments and its outcome.

use super::Held;
use super::answer::{Outcome, Reader};
use super::off_thread::Handoff;
use crate::context::calls::NotMade;
use crate::context::gate::Phase;
use crate::context::local::Local;
use crate::context::room::{Lacks, Waiting};
use crate::error::HostError;
use crate::host::{FromHost, Host, ToHost};
use crate::inflight::{Poll as CallPoll, Reason, Ticket, Untyped};
use crate::registry::Name;
use std::future::Future;
use std::mem::replace;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::{Instant, Sleep, sleep_until};

/// What a call waits for before it is made, instead of ending with an error.
#[derive(Clone, Copy, Default)]
pub(in crate::host) struct WaitPolicy {
    pub(in crate::host) room: bool,
    pub(in crate::host) registration: bool,
}

impl WaitPolicy {
    fn covers(self, lacks: Lacks) -> bool {
        match lacks {
            Lacks::RoomInContext | Lacks::RoomInFunction => self.room,
            Lacks::Registration => self.registration,
        }
    }
}

/// When a call is over, if it ever is.
type Timer = Option<Pin<Box<Sleep>>>;

/// Starts a timer. A deadline beyond what the clock can count is none.
fn timer(limit: Option<Duration>) -> Timer {
    timer_at(limit.and_then(|limit| Instant::now().checked_add(limit)))
}

fn timer_at(at: Option<Instant>) -> Timer {
    at.map(|at| Box::pin(sleep_until(at)))
}

fn is_over(timer: &mut Timer, cx: &mut Context<'_>) -> bool {
    timer.as_mut().is_some_and(|timer| timer.as_mut().poll(cx).is_ready())
}

/// One call, whatever its types.
pub(super) struct CallState {
    pub(super) host: Host,
    pub(super) deadline: Option<Duration>,
    pub(super) wait_policy: WaitPolicy,
    timer: Timer,
    /// In the waiting room.
    waiting: Option<Waiting>,
    pub(super) state: Progress,
}

pub(super) enum Progress {
    /// Not made yet.
    New,
    /// Waiting until it can be made.
    Waiting,
    /// Made on the FFI thread, and open. The ticket is one for the outcome of this call.
    Open(Ticket<Untyped>),
    /// Made, or to be made, by a task on the FFI thread.
    OffThread,
    /// Settled.
    Done,
}

/// What became of a call that was open.
enum Open {
    Still,
    Answered(Ticket<Untyped>),
    TimedOut,
    Ended(Reason),
}

/// How a call goes on that is not open.
enum Step {
    Pending,
    /// It can be made now: it is new again.
    Make,
    Failed(HostError),
}

/// Goes on with a call, on the FFI thread.
#[inline]
pub(super) fn poll_here<A: ToHost, T: FromHost, E: FromHost>(
    state: &mut CallState,
    name: &Name<'_>,
    held: &mut Held<A, T, E>,
    local: &Local,
    cx: &mut Context<'_>,
) -> Poll<Outcome<T, E>> {
    match state.state {
        // The two that have to be quick.
        Progress::New => make(state, name, held, local, cx),
        Progress::Open(_) => settled(local, state.poll_open(local, cx)),
        _ => {
            let step = state.poll_rest(local, cx);
            go_on(state, name, held, local, cx, step)
        }
    }
}

/// Makes the call.
#[inline]
fn make<A: ToHost, T: FromHost, E: FromHost>(
    state: &mut CallState,
    name: &Name<'_>,
    held: &mut Held<A, T, E>,
    local: &Local,
    cx: &mut Context<'_>,
) -> Poll<Outcome<T, E>> {
    // Nothing is left of one that was answered inline, or that panicked, and is polled again.
    let Held::Args(args) = replace(held, Held::Nothing) else { return Poll::Pending };
    let encode = |format, take: &mut dyn FnMut(&[u8])| args.to_host(format, take);
    match local.call::<Reader<T, E, false>, Reader<T, E, true>>(name, encode) {
        Ok(made) => match local.answered(made.ticket) {
            Ok(outcome) => Poll::Ready(outcome),
            Err(ticket) => settled(local, state.wait(local, cx, ticket.untyped(), made.deadline)),
        },
        Err(not_made) => {
            let step = state.not_made(local, cx, not_made, name);
            if !matches!(step, Step::Failed(_)) {
                *held = Held::Args(args);
            }
            go_on(state, name, held, local, cx, step)
        }
    }
}

#[cold]
fn go_on<A: ToHost, T: FromHost, E: FromHost>(
    state: &mut CallState,
    name: &Name<'_>,
    held: &mut Held<A, T, E>,
    local: &Local,
    cx: &mut Context<'_>,
    step: Step,
) -> Poll<Outcome<T, E>> {
    match step {
        Step::Pending => Poll::Pending,
        Step::Make => {
            let polled = make(state, name, held, local, cx);
            if polled.is_ready() {
                // It may have been woken for room that it did not use.
                local.room.pass_on();
            }
            polled
        }
        Step::Failed(error) => Poll::Ready(Err(error.widen())),
    }
}

/// What the awaiting code gets, if it is over.
#[inline]
fn settled<T: FromHost, E: FromHost>(local: &Local, open: Open) -> Poll<Outcome<T, E>> {
    match open {
        Open::Still => Poll::Pending,
        // SAFETY: a state has tickets only of its own calls, which are made for this outcome.
        Open::Answered(ticket) => Poll::Ready(local.finish_call(unsafe { ticket.typed() })),
        Open::TimedOut => Poll::Ready(Err(HostError::TimedOut)),
        Open::Ended(reason) => Poll::Ready(Err(local.ended_call(reason).widen())),
    }
}

impl CallState {
    #[inline]
    pub(super) fn new(host: Host) -> Self {
        Self {
            host,
            deadline: None,
            wait_policy: WaitPolicy::default(),
            timer: None,
            waiting: None,
            state: Progress::New,
        }
    }

    /// Awaits the answer to a call that was made and not answered inline.
    #[inline]
    fn wait(
        &mut self,
        local: &Local,
        cx: &mut Context<'_>,
        ticket: Ticket<Untyped>,
        registered: Option<Duration>,
    ) -> Open {
        if self.timer.is_none() {
            self.timer = timer(self.deadline.or(registered).or(local.instance.options.host_deadline));
        }
        self.state = Progress::Open(ticket);
        self.poll_open(local, cx)
    }

    #[cold]
    fn not_made(&mut self, local: &Local, cx: &mut Context<'_>, not_made: NotMade, name: &Name<'_>) -> Step {
        match not_made {
            NotMade::Lacks(lacks) if self.wait_policy.covers(lacks) => {
                if self.timer.is_none() {
                    self.timer = timer(self.deadline);
                }
                self.waiting = Some(local.room.wait(lacks));
                self.state = Progress::Waiting;
                self.poll_waiting(local, cx)
            }
            not_made => Step::Failed(not_made.into_error(name)),
        }
    }

    fn poll_waiting(&mut self, local: &Local, cx: &mut Context<'_>) -> Step {
        let Some(waiting) = &mut self.waiting else { return Step::Pending };
        let over = is_over(&mut self.timer, cx);
        if !over && waiting.poll(cx).is_pending() {
            return Step::Pending;
        }
        self.waiting = None;
        local.room.leave();
        if over {
            let _ = self.settle();
            local.room.pass_on();
            return Step::Failed(HostError::TimedOut);
        }
        self.state = Progress::New;
        Step::Make
    }

    #[inline]
    fn poll_open(&mut self, local: &Local, cx: &mut Context<'_>) -> Open {
        let Progress::Open(ticket) = &mut self.state else { return Open::Still };
        match local.poll_call(ticket, cx.waker()) {
            CallPoll::Pending => {}
            CallPoll::Answered => {
                let Progress::Open(ticket) = self.settle() else { return Open::Still };
                return Open::Answered(ticket);
            }
            CallPoll::Ended(reason) => {
                let _ = self.settle();
                return Open::Ended(reason);
            }
        }
        if !is_over(&mut self.timer, cx) {
            return Open::Still;
        }
        let Progress::Open(ticket) = self.settle() else { return Open::Still };
        match local.expire_call(ticket) {
            Ok(()) => Open::TimedOut,
            // An answer was accepted just now: it is the outcome, and its arrival wakes this call.
            Err(ticket) => {
                self.state = Progress::Open(ticket);
                Open::Still
            }
        }
    }

    /// The end, with what there was.
    #[inline]
    pub(super) fn settle(&mut self) -> Progress {
        self.timer = None;
        self.waiting = None;
        replace(&mut self.state, Progress::Done)
    }

    /// Every other poll.
    fn poll_rest(&mut self, local: &Local, cx: &mut Context<'_>) -> Step {
        match self.state {
            Progress::Waiting => self.poll_waiting(local, cx),
            Progress::New | Progress::Open(_) | Progress::OffThread | Progress::Done => Step::Pending,
        }
    }

    /// What goes on with it on the FFI thread, while this one waits for the outcome.
    pub(super) fn send(&mut self) -> (Self, Handoff) {
        let handoff = match replace(&mut self.state, Progress::OffThread) {
            Progress::Open(ticket) => Handoff::Open(ticket, self.timer.take().map(|timer| timer.deadline())),
            Progress::Waiting => Handoff::Waiting,
            _ => Handoff::New,
        };
        self.timer = None;
        self.waiting = None;
        let mut sent = Self::new(self.host);
        (sent.deadline, sent.wait_policy) = (self.deadline, self.wait_policy);
        (sent, handoff)
    }

    /// Has come to the FFI thread.
    pub(super) fn arrive(&mut self, handoff: Handoff, local: &Local) {
        match handoff {
            Handoff::New => {}
            Handoff::Waiting => local.room.leave(),
            Handoff::Open(ticket, at) => {
                self.timer = timer_at(at);
                self.state = Progress::Open(ticket);
            }
        }
    }

    /// Ends it where it may not be awaited.
    #[cold]
    pub(super) fn handoff(&mut self) -> HostError {
        self.withdraw();
        tracing::warn!("a host call was awaited off the FFI thread of its context: there it needs `.on(host)`");
        HostError::NoContext
    }

    /// Ends it, if it was not over.
    fn withdraw(&mut self) {
        let handoff = match self.settle() {
            Progress::Open(ticket) => Handoff::Open(ticket, None),
            Progress::Waiting => Handoff::Waiting,
            Progress::New | Progress::OffThread | Progress::Done => return,
        };
        let off_thread = self.host.with_local(|local| match local {
            Some(local) => {
                handoff.withdraw(local);
                None
            }
            None => Some(handoff),
        });
        // If it is refused the context has ended, and with it the slot's call.
        if let Some(handoff) = off_thread
            && let Ok(inside) = self.host.enter(Phase::Closing)
        {
            let _ = inside.post(Box::new(move |local: &Rc<Local>| handoff.withdraw(local)));
        }
    }
}

impl Drop for CallState {
    #[inline]
    fn drop(&mut self) {
        if matches!(self.state, Progress::Open(_) | Progress::Waiting) {
            self.withdraw();
        }
    }
}
