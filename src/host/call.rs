//! One host call, as a future.
//!
//! On the FFI thread the first poll makes the call, and later polls look at its slot. On any other thread the first poll
//! sends an errand to the FFI thread, where a task of its own makes the call and sends the outcome back. A call that was made
//! on the FFI thread and then moved to another one sends its ticket after it. All that is for calls that a host was named
//! for; a typed call that names none belongs to its FFI thread, so that a library which makes no others links none of it.

mod answer;
mod course;
mod elsewhere;
mod sync;

use self::answer::Outcome;
pub(super) use self::course::Patience;
use self::course::{Course, State, poll_here};
use self::elsewhere::{Delivery, Errand};
pub(super) use self::sync::call_sync;
use super::{Host, HostFnRef};
use crate::context::gate::{Phase, Refused};
use crate::error::HostError;
use crate::host::{FromHost, ToHost};
use futures::future::BoxFuture;
use std::future::Future;
use std::mem::replace;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::sync::oneshot;

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
    course: Course,
    function: HostFnRef<'a>,
    held: Held<A, T, E>,
    /// How it goes on elsewhere, if it may.
    elsewhere: Option<GoOn<Self, Outcome<T, E>>>,
}

type GoOn<C, O> = fn(&mut C, &mut Context<'_>) -> Poll<O>;

/// What a call has of its own types.
enum Held<A, T, E> {
    /// Before it is made.
    Args(A),
    /// While it is made elsewhere.
    Delivery(BoxFuture<'static, Outcome<T, E>>),
    /// Once it was made.
    Nothing,
}

impl<A, T: FromHost, E: FromHost> Unpin for Call<'_, A, T, E> {}

impl<'a, A, T: FromHost, E: FromHost> Call<'a, A, T, E> {
    #[inline]
    pub(super) fn new(host: Host, function: HostFnRef<'a>, args: A) -> Self {
        Self { course: Course::new(host), function, held: Held::Args(args), elsewhere: None }
    }

    /// Ends the call with [`HostError::TimedOut`] if the host has not answered by then, counted from its first poll.
    ///
    /// Without this the deadline is that of the registration, and without that the library's.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.course.deadline = Some(deadline);
        self
    }

    pub(super) fn with(mut self, deadline: Option<Duration>, patience: Patience) -> Self {
        self.course.deadline = deadline;
        self.course.patience = patience;
        self
    }

    pub(super) fn set_deadline(&mut self, deadline: Duration) {
        self.course.deadline = Some(deadline);
    }

    pub(super) fn patience(&mut self) -> &mut Patience {
        &mut self.course.patience
    }

    /// Waits when too many calls are in flight, instead of ending with [`HostError::Overloaded`].
    pub fn wait_for_room(mut self) -> Self {
        self.course.patience.room = true;
        self
    }

    /// Waits until the host has registered the function, instead of ending with [`HostError::NotRegistered`]. This is for
    /// constructors: a host can register only after create has returned.
    pub fn wait_for_registration(mut self) -> Self {
        self.course.patience.registration = true;
        self
    }
}

impl<A: ToHost, T: FromHost, E: FromHost> Call<'_, A, T, E> {
    /// Lets it be awaited on any thread.
    #[inline]
    pub(super) fn anywhere(mut self) -> Self {
        self.elsewhere = Some(Self::poll_elsewhere);
        self
    }

    /// Calls this host, from any thread; or the one before, if it was polled already.
    pub(super) fn on(mut self, host: Host) -> Self {
        if matches!(self.course.state, State::New) {
            self.course.host = host;
        }
        self.anywhere()
    }

    /// Goes on, on another thread than the FFI thread.
    fn poll_elsewhere(&mut self, cx: &mut Context<'_>) -> Poll<Outcome<T, E>> {
        if matches!((&self.course.state, &self.held), (State::Open(_), _) | (_, Held::Args(_)))
            && let Err(refused) = self.send()
        {
            let _ = self.course.settle();
            return Poll::Ready(Err(HostError::from(refused).widen()));
        }
        let Held::Delivery(delivery) = &mut self.held else {
            return Poll::Pending;
        };
        let outcome = ready!(delivery.as_mut().poll(cx));
        let _ = self.course.settle();
        self.held = Held::Nothing;
        Poll::Ready(outcome)
    }

    /// Sends the call to the FFI thread, with its ticket if it has one.
    fn send(&mut self) -> Result<(), Refused> {
        let inside = self.course.host.enter(Phase::Closing)?;
        let abandoned = inside.closing.abandonment().wait().ok_or(Refused::Closing)?;
        let (sender, receiver) = oneshot::channel();
        let (course, stray) = self.course.send();
        let delivery = Held::Delivery(Box::pin(Delivery { receiver, abandoned }));
        let held = match replace(&mut self.held, delivery) {
            Held::Args(args) => Held::Args(args.into_owned()),
            _ => Held::Nothing,
        };
        let errand = Errand {
            course,
            stray,
            name: self.function.name().text.to_owned(),
            id: self.function.name().id,
            held,
            sender: Some(sender),
        };
        inside.post(Box::new(errand)).map_err(|_| Refused::Closing)
    }
}

impl<A: ToHost, T: FromHost, E: FromHost> Future for Call<'_, A, T, E> {
    type Output = Outcome<T, E>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        this.course.host.with_local(|local| match (local, &this.course.state) {
            (None, _) | (_, State::Elsewhere) => match this.elsewhere {
                Some(go_on) => go_on(this, cx),
                None => Poll::Ready(Err(this.course.stray().widen())),
            },
            (Some(local), _) => poll_here(&mut this.course, this.function.name(), &mut this.held, local, cx),
        })
    }
}
