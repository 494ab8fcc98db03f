//! One host call, as a future.
//!
//! On the FFI thread the first poll makes the call, and later polls look at its slot. On any other thread the first poll
//! sends an errand to the FFI thread, where a task of its own makes the call and sends the outcome back. A call that was made
//! on the FFI thread and then moved to another one sends its ticket after it.

mod answer;
mod elsewhere;
mod sync;

use self::answer::{Outcome, Reader};
use self::elsewhere::{Errand, Stray};
pub(super) use self::sync::call_sync;
use super::{Host, HostFnRef};
use crate::context::close::Abandoned;
use crate::context::gate::{Phase, Refused};
use crate::context::local::{Local, NotMade};
use crate::context::room::{Lacks, Waiting};
use crate::error::HostError;
use crate::host::{FromHost, ToHost};
use crate::inflight::{Poll as CallPoll, Ticket};
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::{Instant, Sleep, sleep_until};

/// A host call that settles exactly once, whatever the host does. Made by [`Host::call`].
///
/// # Threading
///
/// `Send` if its arguments are; it may be polled on any thread, also on several one after the other.
///
/// # Cancellation
///
/// Dropping it ends the call, and tells the host's cancel function if the host had not answered.
#[must_use = "a call does nothing before it is awaited"]
pub struct Call<'a, A, T: FromHost, E: FromHost> {
    host: Host,
    function: HostFnRef<'a>,
    args: Option<A>,
    deadline: Option<Duration>,
    patience: Patience,
    /// The timer of a call that waited before it was made.
    started: Timer,
    state: State<T, E>,
}

/// What a call waits for before it is made, instead of ending with an error.
#[derive(Clone, Copy, Default)]
pub(super) struct Patience {
    pub(super) room: bool,
    pub(super) registration: bool,
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

enum State<T, E> {
    /// Not made yet; or, without arguments, made and answered inline.
    New,
    /// Waiting until it can be made.
    Crowded { waiting: Waiting, deadline: Timer },
    /// Made on the FFI thread, and open.
    Open { ticket: Ticket<Outcome<T, E>>, deadline: Timer },
    /// Made, or to be made, by a task on the FFI thread.
    Elsewhere { delivery: oneshot::Receiver<Outcome<T, E>>, abandoned: Abandoned },
    /// Settled.
    Done,
}

impl<A, T: FromHost, E: FromHost> Unpin for Call<'_, A, T, E> {}

impl<'a, A, T: FromHost, E: FromHost> Call<'a, A, T, E> {
    #[inline]
    pub(super) fn new(host: Host, function: HostFnRef<'a>, args: A) -> Self {
        Self {
            host,
            function,
            args: Some(args),
            deadline: None,
            patience: Patience::default(),
            started: None,
            state: State::New,
        }
    }

    /// Ends the call with [`HostError::TimedOut`] if the host has not answered by then, counted from its first poll.
    ///
    /// Without this the deadline is that of the registration, and without that the library's.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// Calls this host instead. Without effect once it was polled.
    pub(super) fn on(mut self, host: Host) -> Self {
        if matches!(self.state, State::New) {
            self.host = host;
        }
        self
    }

    pub(super) fn with(mut self, deadline: Option<Duration>, patience: Patience) -> Self {
        self.deadline = deadline;
        self.patience = patience;
        self
    }

    pub(super) fn set_deadline(&mut self, deadline: Duration) {
        self.deadline = Some(deadline);
    }

    pub(super) fn patience(&mut self) -> &mut Patience {
        &mut self.patience
    }

    /// Waits when too many calls are in flight, instead of ending with [`HostError::Overloaded`].
    pub fn wait_for_room(mut self) -> Self {
        self.patience.room = true;
        self
    }

    /// Waits until the host has registered the function, instead of ending with [`HostError::NotRegistered`]. This is for
    /// constructors: a host can register only after create has returned.
    pub fn wait_for_registration(mut self) -> Self {
        self.patience.registration = true;
        self
    }
}

impl<A: ToHost, T: FromHost, E: FromHost> Call<'_, A, T, E> {
    /// Makes the call, on the FFI thread.
    #[inline]
    fn make(&mut self, local: &Local, cx: &mut Context<'_>) -> Poll<Outcome<T, E>> {
        let args = self.args.take().expect("a call is made once");
        let made = local.call::<Reader<T, E, false>, Reader<T, E, true>>(self.function.name(), |format, take| {
            args.to_host(format, take);
        });
        match made {
            Ok(made) => match local.answered(made.ticket) {
                Ok(outcome) => Poll::Ready(outcome),
                Err(ticket) => self.wait(local, cx, ticket, made.deadline),
            },
            Err(NotMade::Lacks(lacks)) if self.patience.covers(lacks) => {
                self.args = Some(args);
                let deadline = self.started.take().or_else(|| timer(self.deadline));
                self.state = State::Crowded { waiting: local.room.wait(lacks), deadline };
                self.poll_crowded(local, cx)
            }
            Err(not_made) => Poll::Ready(Err(not_made.into_error(&self.function))),
        }
    }

    /// Awaits the answer to a call that was made and not answered inline.
    fn wait(
        &mut self,
        local: &Local,
        cx: &mut Context<'_>,
        ticket: Ticket<Outcome<T, E>>,
        registered: Option<Duration>,
    ) -> Poll<Outcome<T, E>> {
        let deadline = self.started.take().or_else(|| {
            let limit = self.deadline.or(registered).or(local.instance.options.host_deadline);
            timer(limit)
        });
        self.state = State::Open { ticket, deadline };
        self.poll_open(local, cx)
    }

    fn poll_crowded(&mut self, local: &Local, cx: &mut Context<'_>) -> Poll<Outcome<T, E>> {
        let State::Crowded { waiting, deadline } = &mut self.state else { return Poll::Pending };
        let over = is_over(deadline, cx);
        if !over && waiting.poll(cx).is_pending() {
            return Poll::Pending;
        }
        local.room.leave();
        if let State::Crowded { deadline, .. } = std::mem::replace(&mut self.state, State::Done) {
            self.started = deadline;
        }
        let polled = if over { Poll::Ready(Err(HostError::TimedOut)) } else { self.make(local, cx) };
        if polled.is_ready() {
            // It may have been woken for room that it did not use.
            local.room.pass_on();
        }
        polled
    }

    #[inline]
    fn poll_open(&mut self, local: &Local, cx: &mut Context<'_>) -> Poll<Outcome<T, E>> {
        let State::Open { ticket, deadline } = &mut self.state else { return Poll::Pending };
        match local.poll_call(ticket, cx.waker()) {
            CallPoll::Pending => {}
            CallPoll::Answered => {
                let State::Open { ticket, .. } = std::mem::replace(&mut self.state, State::Done) else {
                    return Poll::Pending;
                };
                return Poll::Ready(local.finish_call(ticket));
            }
            CallPoll::Ended(reason) => {
                self.state = State::Done;
                return Poll::Ready(Err(local.ended_call(reason).widen()));
            }
        }
        if !is_over(deadline, cx) {
            return Poll::Pending;
        }
        let State::Open { ticket, .. } = std::mem::replace(&mut self.state, State::Done) else { return Poll::Pending };
        match local.expire_call(ticket) {
            Ok(()) => Poll::Ready(Err(HostError::TimedOut)),
            // An answer was accepted just now: it is the outcome, and its arrival wakes this call.
            Err(ticket) => {
                self.state = State::Open { ticket, deadline: None };
                Poll::Pending
            }
        }
    }
}

impl<A: ToHost, T: FromHost, E: FromHost> Call<'_, A, T, E> {
    /// Every other poll.
    fn poll_again(&mut self, local: Option<&Local>, cx: &mut Context<'_>) -> Poll<Outcome<T, E>> {
        let polled = match (local, &self.state) {
            (_, State::Done) => Poll::Pending,
            // Answered inline, and polled again.
            (_, State::New) if self.args.is_none() => Poll::Pending,
            (_, State::Elsewhere { .. }) => self.poll_elsewhere(cx),
            (Some(local), State::New) => self.make(local, cx),
            (Some(local), State::Crowded { .. }) => self.poll_crowded(local, cx),
            (Some(local), State::Open { .. }) => self.poll_open(local, cx),
            (None, _) => self.poll_elsewhere(cx),
        };
        if polled.is_ready() {
            self.state = State::Done;
        }
        polled
    }

    /// Goes on, on another thread than the FFI thread.
    fn poll_elsewhere(&mut self, cx: &mut Context<'_>) -> Poll<Outcome<T, E>> {
        loop {
            let State::Elsewhere { delivery, abandoned } = &mut self.state else {
                match self.send() {
                    Ok(()) => continue,
                    Err(refused) => return Poll::Ready(Err(HostError::from(refused).widen())),
                }
            };
            return match Pin::new(delivery).poll(cx) {
                Poll::Pending if abandoned.as_mut().poll(cx).is_pending() => Poll::Pending,
                Poll::Ready(Ok(outcome)) => Poll::Ready(outcome),
                // The sender is dropped unsent only when the context ends.
                Poll::Pending | Poll::Ready(Err(_)) => Poll::Ready(Err(HostError::ShuttingDown)),
            };
        }
    }

    /// Sends the call to the FFI thread, with its ticket if it has one.
    fn send(&mut self) -> Result<(), Refused> {
        let inside = self.host.enter(Phase::Closing)?;
        let abandoned = inside.closing.abandonment().wait().ok_or(Refused::Closing)?;
        let (sender, delivery) = oneshot::channel();
        let stray = match std::mem::replace(&mut self.state, State::Elsewhere { delivery, abandoned }) {
            State::Open { ticket, deadline } => Stray::Open(ticket, deadline.map(|deadline| deadline.deadline())),
            State::Crowded { .. } => Stray::Crowded,
            _ => Stray::New,
        };
        let errand = Errand {
            host: self.host,
            name: self.function.name().text.to_owned(),
            id: self.function.name().id,
            args: self.args.take().map(ToHost::into_owned),
            deadline: self.deadline,
            patience: self.patience,
            stray,
            sender,
        };
        inside.post(Box::new(move |local| errand.run(local))).map_err(|_| Refused::Closing)
    }
}

impl<A: ToHost, T: FromHost, E: FromHost> Future for Call<'_, A, T, E> {
    type Output = Outcome<T, E>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        this.host.with_local(|local| match (local, &this.state) {
            // The two that have to be quick.
            (Some(local), State::New) if this.args.is_some() => this.make(local, cx),
            (Some(local), State::Open { .. }) => this.poll_open(local, cx),
            _ => this.poll_again(local, cx),
        })
    }
}

impl<A, T: FromHost, E: FromHost> Drop for Call<'_, A, T, E> {
    #[inline]
    fn drop(&mut self) {
        if matches!(self.state, State::Open { .. } | State::Crowded { .. }) {
            self.take_leave();
        }
    }
}

impl<A, T: FromHost, E: FromHost> Call<'_, A, T, E> {
    fn take_leave(&mut self) {
        let stray = match std::mem::replace(&mut self.state, State::Done) {
            State::Open { ticket, .. } => Stray::Open(ticket, None),
            State::Crowded { .. } => Stray::Crowded,
            State::New | State::Elsewhere { .. } | State::Done => return,
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
            let _ = inside.post(Box::new(move |local| stray.take_leave(local)));
        }
    }
}
