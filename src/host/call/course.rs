//! Where a call stands, and how it goes on: all of it that does not depend on the types of its arguments and its outcome.

use super::Held;
use super::answer::{Outcome, Reader};
use super::elsewhere::Stray;
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
pub(in crate::host) struct Patience {
    pub(in crate::host) room: bool,
    pub(in crate::host) registration: bool,
}

impl Patience {
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
pub(super) struct Course {
    pub(super) host: Host,
    pub(super) deadline: Option<Duration>,
    pub(super) patience: Patience,
    timer: Timer,
    /// In the waiting room.
    waiting: Option<Waiting>,
    pub(super) state: State,
}

pub(super) enum State {
    /// Not made yet.
    New,
    /// Waiting until it can be made.
    Crowded,
    /// Made on the FFI thread, and open. The ticket is one for the outcome of this call.
    Open(Ticket<Untyped>),
    /// Made, or to be made, by a task on the FFI thread.
    Elsewhere,
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
    course: &mut Course,
    name: &Name<'_>,
    held: &mut Held<A, T, E>,
    local: &Local,
    cx: &mut Context<'_>,
) -> Poll<Outcome<T, E>> {
    match course.state {
        // The two that have to be quick.
        State::New => make(course, name, held, local, cx),
        State::Open(_) => settled(local, course.poll_open(local, cx)),
        _ => {
            let step = course.poll_rest(local, cx);
            go_on(course, name, held, local, cx, step)
        }
    }
}

/// Makes the call.
#[inline]
fn make<A: ToHost, T: FromHost, E: FromHost>(
    course: &mut Course,
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
            Err(ticket) => settled(local, course.wait(local, cx, ticket.untyped(), made.deadline)),
        },
        Err(not_made) => {
            let step = course.not_made(local, cx, not_made, name);
            if !matches!(step, Step::Failed(_)) {
                *held = Held::Args(args);
            }
            go_on(course, name, held, local, cx, step)
        }
    }
}

#[cold]
fn go_on<A: ToHost, T: FromHost, E: FromHost>(
    course: &mut Course,
    name: &Name<'_>,
    held: &mut Held<A, T, E>,
    local: &Local,
    cx: &mut Context<'_>,
    step: Step,
) -> Poll<Outcome<T, E>> {
    match step {
        Step::Pending => Poll::Pending,
        Step::Make => {
            let polled = make(course, name, held, local, cx);
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
        // SAFETY: a course has tickets only of its own calls, which are made for this outcome.
        Open::Answered(ticket) => Poll::Ready(local.finish_call(unsafe { ticket.typed() })),
        Open::TimedOut => Poll::Ready(Err(HostError::TimedOut)),
        Open::Ended(reason) => Poll::Ready(Err(local.ended_call(reason).widen())),
    }
}

impl Course {
    #[inline]
    pub(super) fn new(host: Host) -> Self {
        Self { host, deadline: None, patience: Patience::default(), timer: None, waiting: None, state: State::New }
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
        self.state = State::Open(ticket);
        self.poll_open(local, cx)
    }

    #[cold]
    fn not_made(&mut self, local: &Local, cx: &mut Context<'_>, not_made: NotMade, name: &Name<'_>) -> Step {
        match not_made {
            NotMade::Lacks(lacks) if self.patience.covers(lacks) => {
                if self.timer.is_none() {
                    self.timer = timer(self.deadline);
                }
                self.waiting = Some(local.room.wait(lacks));
                self.state = State::Crowded;
                self.poll_crowded(local, cx)
            }
            not_made => Step::Failed(not_made.into_error(name)),
        }
    }

    fn poll_crowded(&mut self, local: &Local, cx: &mut Context<'_>) -> Step {
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
        self.state = State::New;
        Step::Make
    }

    #[inline]
    fn poll_open(&mut self, local: &Local, cx: &mut Context<'_>) -> Open {
        let State::Open(ticket) = &mut self.state else { return Open::Still };
        match local.poll_call(ticket, cx.waker()) {
            CallPoll::Pending => {}
            CallPoll::Answered => {
                let State::Open(ticket) = self.settle() else { return Open::Still };
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
        let State::Open(ticket) = self.settle() else { return Open::Still };
        match local.expire_call(ticket) {
            Ok(()) => Open::TimedOut,
            // An answer was accepted just now: it is the outcome, and its arrival wakes this call.
            Err(ticket) => {
                self.state = State::Open(ticket);
                Open::Still
            }
        }
    }

    /// The end, with what there was.
    #[inline]
    pub(super) fn settle(&mut self) -> State {
        self.timer = None;
        self.waiting = None;
        replace(&mut self.state, State::Done)
    }

    /// Every other poll.
    fn poll_rest(&mut self, local: &Local, cx: &mut Context<'_>) -> Step {
        match self.state {
            State::Crowded => self.poll_crowded(local, cx),
            State::New | State::Open(_) | State::Elsewhere | State::Done => Step::Pending,
        }
    }

    /// What goes on with it on the FFI thread, while this one waits for the outcome.
    pub(super) fn send(&mut self) -> (Self, Stray) {
        let stray = match replace(&mut self.state, State::Elsewhere) {
            State::Open(ticket) => Stray::Open(ticket, self.timer.take().map(|timer| timer.deadline())),
            State::Crowded => Stray::Crowded,
            _ => Stray::New,
        };
        self.timer = None;
        self.waiting = None;
        let mut sent = Self::new(self.host);
        (sent.deadline, sent.patience) = (self.deadline, self.patience);
        (sent, stray)
    }

    /// Has come to the FFI thread.
    pub(super) fn arrive(&mut self, stray: Stray, local: &Local) {
        match stray {
            Stray::New => {}
            Stray::Crowded => local.room.leave(),
            Stray::Open(ticket, at) => {
                self.timer = timer_at(at);
                self.state = State::Open(ticket);
            }
        }
    }

    /// Ends it where it may not be awaited.
    #[cold]
    pub(super) fn stray(&mut self) -> HostError {
        self.take_leave();
        tracing::warn!("a host call was awaited off the FFI thread of its context: there it needs `.on(host)`");
        HostError::NoContext
    }

    /// Ends it, if it was not over.
    fn take_leave(&mut self) {
        let stray = match self.settle() {
            State::Open(ticket) => Stray::Open(ticket, None),
            State::Crowded => Stray::Crowded,
            State::New | State::Elsewhere | State::Done => return,
        };
        let elsewhere = self.host.with_local(|local| match local {
            Some(local) => {
                stray.take_leave(local);
                None
            }
            None => Some(stray),
        });
        // If it is refused the context has ended, and with it the slot's call.
        if let Some(stray) = elsewhere
            && let Ok(inside) = self.host.enter(Phase::Closing)
        {
            let _ = inside.post(Box::new(move |local: &Rc<Local>| stray.take_leave(local)));
        }
    }
}

impl Drop for Course {
    #[inline]
    fn drop(&mut self) {
        if matches!(self.state, State::Open(_) | State::Crowded) {
            self.take_leave();
        }
    }
}
