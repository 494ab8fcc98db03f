//! One host call, as a future.
//!
//! On the FFI thread the first poll makes the call, and later polls look at its slot. On any other thread the first poll
//! posts the call to the FFI thread, where a task of its own makes it and sends the outcome back. A call that was made on the
//! FFI thread and then moved to another one sends its ticket after it. All that is for calls that a host was named
//! for; a typed call that names none belongs to its FFI thread, so that a library which makes no others links none of it.

mod answer;
mod encode;
mod off_thread;
mod state;
mod sync;

use self::answer::{Outcome, decoder};
pub(crate) use self::encode::Encoder;
use self::encode::Natively;
use self::off_thread::{Delivered, Delivery, PostedCall};
pub(super) use self::state::WaitPolicy;
use self::state::{CallState, Progress, make, poll_uncommon};
pub(super) use self::sync::call_sync;
use super::{Host, HostFnRef};
use crate::Format;
use crate::context::current::local_of;
use crate::context::gate::{Phase, Refused};
use crate::error::{HostError, NoContext};
use crate::host::{FromHost, ToHost};
use crate::panic::Contained;
use crate::registry::Name;
use futures::future::BoxFuture;
use std::future::Future;
use std::mem::{ManuallyDrop, replace};
use std::panic::resume_unwind;
use std::pin::Pin;
use std::ptr;
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
    /// Dropped by hand: a call that is over has nothing to drop, and that is seen with one look.
    body: ManuallyDrop<Body<A, T, E>>,
    function: HostFnRef<'a>,
    /// How it goes on off the FFI thread, if it may.
    off_thread: Option<GoOn<Self, Outcome<T, E>>>,
}

type GoOn<C, O> = fn(&mut C, &mut Context<'_>) -> Poll<O>;

/// Where a call stands, and what it has.
struct Body<A, T, E> {
    state: CallState,
    held: Held<A, T, E>,
}

/// What a call has of its own types.
enum Held<A, T, E> {
    /// Before it is made.
    Args(Contained<A>),
    /// While it is made on the FFI thread, and awaited on another.
    Delivery(BoxFuture<'static, Delivered<T, E>>),
    /// Once it was made.
    Nothing,
}

impl<A, T: FromHost, E: FromHost> Held<A, T, E> {
    /// Drops arguments where it is known that they are held. Contained, as wherever they are dropped.
    #[inline]
    fn drop_args(&mut self) {
        if let Self::Args(args) = self {
            let args: *mut Contained<A> = args;
            // SAFETY: what is held is overwritten here, after the arguments were dropped, which does not unwind.
            unsafe {
                ptr::drop_in_place(args);
                ptr::from_mut(self).write(Self::Nothing);
            }
        }
    }
}

impl<A, T: FromHost, E: FromHost> Unpin for Call<'_, A, T, E> {}

impl<A, T: FromHost, E: FromHost> Drop for Call<'_, A, T, E> {
    #[inline]
    fn drop(&mut self) {
        if !self.is_spent() {
            // SAFETY: it is dropped once, here.
            unsafe { drop_unspent(&mut self.body) };
        }
    }
}

/// # Safety
///
/// It is not used again.
#[cold]
unsafe fn drop_unspent<A, T, E>(body: &mut ManuallyDrop<Body<A, T, E>>) {
    // SAFETY: the caller's contract.
    unsafe { ManuallyDrop::drop(body) }
}

impl<'a, A, T: FromHost, E: FromHost> Call<'a, A, T, E> {
    #[inline]
    pub(super) fn new(host: Option<Host>, function: HostFnRef<'a>, args: A) -> Self {
        let body = Body { state: CallState::new(host), held: Held::Args(Contained::new(args)) };
        Self { body: ManuallyDrop::new(body), function, off_thread: None }
    }

    /// Ends the call with [`HostError::TimedOut`] if the host has not answered by then, counted from its first poll.
    ///
    /// Without this the deadline is that of the registration, and without that the library's.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.body.state.set_limit(Some(deadline));
        self
    }

    /// Whether it is over, and nothing is to be dropped.
    #[inline]
    pub(super) fn is_spent(&self) -> bool {
        self.body.state.is_spent()
    }

    /// Whether it was made in no context, and none was named since.
    #[inline]
    pub(super) fn is_detached(&self) -> bool {
        self.body.state.host.is_none()
    }

    pub(super) fn function(&self) -> &Name<'a> {
        &self.function.0
    }

    /// Its arguments, unless it was made; it is not made any longer, whatever host is named for it.
    pub(super) fn take_args(&mut self) -> Option<A> {
        self.body.state.settle();
        match replace(&mut self.body.held, Held::Nothing) {
            Held::Args(args) => Some(args.into_inner()),
            other => {
                self.body.held = other;
                None
            }
        }
    }

    pub(super) fn set_deadline(&mut self, deadline: Duration) {
        self.body.state.set_limit(Some(deadline));
    }

    pub(super) fn wait_policy(&mut self) -> &mut WaitPolicy {
        &mut self.body.state.wait_policy
    }

    /// Waits when too many calls are in flight, instead of ending with [`HostError::Overloaded`].
    pub fn wait_for_room(mut self) -> Self {
        self.body.state.wait_policy.room = true;
        self
    }

    /// Waits until the host has registered the function, instead of ending with [`HostError::NotRegistered`]. This is for
    /// constructors: a host can register only after create has returned.
    pub fn wait_for_registration(mut self) -> Self {
        self.body.state.wait_policy.registration = true;
        self
    }
}

impl<A: ToHost, T: FromHost, E: FromHost> Call<'_, A, T, E> {
    /// Lets it be awaited on any thread.
    #[inline]
    pub(super) fn anywhere(mut self) -> Self {
        self.off_thread = Some(Self::poll_off_thread);
        self
    }

    /// Calls this host, from any thread; or the one before, if it was polled already.
    pub(super) fn set_host(&mut self, host: Host) {
        if self.body.state.is_new() {
            self.body.state.host = Some(host);
        }
        self.off_thread = Some(Self::poll_off_thread);
    }

    #[inline(never)]
    fn poll_uncommon(&mut self, cx: &mut Context<'_>) -> Poll<Outcome<T, E>> {
        if self.is_spent() {
            return Poll::Pending;
        }
        let Some(host) = self.body.state.host else {
            return Poll::Ready(Err(HostError::NoContext(NoContext::Nowhere)));
        };
        host.with_local(|local| match (local, &self.body.state.progress) {
            (None, _) | (_, Progress::OffThread) => match self.off_thread {
                Some(go_on) => go_on(self, cx),
                None => Poll::Ready(Err(self.body.state.misplaced().widen())),
            },
            (Some(local), _) => poll_uncommon(&mut self.body, self.function.name(), local, cx),
        })
    }

    /// Goes on, on another thread than the FFI thread.
    fn poll_off_thread(&mut self, cx: &mut Context<'_>) -> Poll<Outcome<T, E>> {
        if matches!((&self.body.state.progress, &self.body.held), (Progress::Open(_), _) | (_, Held::Args(_)))
            && let Err(refused) = self.send()
        {
            self.body.state.settle();
            return Poll::Ready(Err(HostError::from(refused).widen()));
        }
        let Held::Delivery(delivery) = &mut self.body.held else {
            return Poll::Pending;
        };
        let delivered = ready!(delivery.as_mut().poll(cx));
        self.body.state.settle();
        self.body.held = Held::Nothing;
        Poll::Ready(delivered.unwrap_or_else(|panic| resume_unwind(panic)))
    }

    /// Sends the call to the FFI thread, with its ticket if it has one.
    fn send(&mut self) -> Result<(), Refused> {
        let inside = self.body.state.host.ok_or(Refused::Stale)?.enter(Phase::Closing)?;
        let abandoned = inside.closing.abandonment().wait().ok_or(Refused::Closing)?;
        let (sender, receiver) = oneshot::channel();
        let delivery = Held::Delivery(Box::pin(Delivery { receiver: Contained::new(receiver), abandoned }));
        let held = match replace(&mut self.body.held, delivery) {
            Held::Args(args) => Held::Args(Contained::new(args.into_inner().into_owned())),
            _ => Held::Nothing,
        };
        let state = self.body.state.send();
        let posted = PostedCall {
            body: Body { state, held },
            name: self.function.name().text().to_owned(),
            id: self.function.name().id(),
            sender: Some(sender),
        };
        inside.post(Box::new(posted)).map_err(|_| Refused::Closing)
    }
}

impl<A: ToHost, T: FromHost, E: FromHost> Future for Call<'_, A, T, E> {
    type Output = Outcome<T, E>;

    // Never inlined: what is small enough on its own is inlined into it, which makes it one straight function.
    #[inline(never)]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        // SAFETY: it is used before this returns, and this is code that the loop runs, if there is one.
        if let Some(local) = unsafe { local_of(this.body.state.host) } {
            if this.body.state.is_plain() {
                if let Some(lent) = local.ready(this.function.name()) {
                    let (call, name) = (&mut *this.body, this.function.name());
                    // SAFETY: one that is over is spent: nothing looks at what it holds.
                    return unsafe { make(call, name, local, cx, (lent, None), (decoder(Format::Native), Natively)) };
                }
            } else if let Some(ticket) = this.body.state.take_ready(local) {
                // SAFETY: a call has tickets only of its own, which are made for this outcome.
                return Poll::Ready(local.finish_call(unsafe { ticket.typed() }));
            }
        }
        this.poll_uncommon(cx)
    }
}
