//! A call that is awaited on another thread than the FFI thread: its way there and back.

use super::Body;
use super::answer::Outcome;
use super::state::poll_uncommon;
use crate::context::closing::Abandoned;
use crate::context::current::local_of;
use crate::context::jobs::Run;
use crate::context::local::Local;
use crate::error::HostError;
use crate::host::{FromHost, ToHost};
use crate::panic::{Contained, contain_call as contain};
use crate::registry::Name;
use futures::future::LocalBoxFuture;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::thread;
use tokio::sync::oneshot;

/// What comes back: the outcome, or the panic of the author's code that ran on the FFI thread.
pub(super) type Delivered<T, E> = thread::Result<Outcome<T, E>>;

/// The outcome of a call that was sent to the FFI thread.
pub(super) struct Delivery<T, E> {
    /// Contained, since what was delivered and nobody awaited is dropped with it.
    pub(super) receiver: Contained<oneshot::Receiver<Delivered<T, E>>>,
    pub(super) abandoned: Abandoned,
}

impl<T, E> Future for Delivery<T, E> {
    type Output = Delivered<T, E>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Delivered<T, E>> {
        match Pin::new(&mut *self.receiver).poll(cx) {
            Poll::Ready(Ok(delivered)) => Poll::Ready(delivered),
            Poll::Pending if self.abandoned.as_mut().poll(cx).is_pending() => Poll::Pending,
            // The sender is dropped unsent only when the context ends.
            Poll::Pending | Poll::Ready(Err(_)) => Poll::Ready(Ok(Err(HostError::ShuttingDown))),
        }
    }
}

/// A call on its way to the FFI thread, and there the task that goes on with it until it settles or nobody awaits it any longer.
pub(super) struct PostedCall<A, T, E> {
    pub(super) body: Body<A, T, E>,
    pub(super) name: String,
    pub(super) id: usize,
    /// None when it is over.
    pub(super) sender: Option<oneshot::Sender<Delivered<T, E>>>,
}

impl<A, T, E> Unpin for PostedCall<A, T, E> {}

impl<A: ToHost + Send + 'static, T: FromHost, E: FromHost> Run for PostedCall<A, T, E> {
    fn run(self: Box<Self>, local: &Rc<Local>) {
        // One that nobody awaits any longer is not made; if it was made already, dropping it ends it.
        if self.sender.as_ref().is_none_or(oneshot::Sender::is_closed) {
            return;
        }
        // The same type of task as that of requests.
        let task: LocalBoxFuture<'static, ()> = Box::into_pin(self);
        local.spawn(task);
    }
}

impl<A: ToHost, T: FromHost, E: FromHost> Future for PostedCall<A, T, E> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let Self { body, name, id, sender } = self.get_mut();
        // As above.
        let Some(open) = sender.as_mut().filter(|sender| !sender.is_closed()) else { return Poll::Ready(()) };
        let name = Name::Given { text: name, id: *id };
        let polled = catch_unwind(AssertUnwindSafe(|| {
            // SAFETY: it is used before this returns, and this is a task of the loop's.
            match unsafe { local_of(body.state.host) } {
                Some(local) => poll_uncommon(body, &name, local, cx),
                None => Poll::Pending,
            }
        }));
        let delivered = match polled {
            Ok(Poll::Pending) => return open.poll_closed(cx),
            Ok(Poll::Ready(outcome)) => Ok(outcome),
            Err(panic) => Err(panic),
        };
        if let Some(sender) = sender.take() {
            // If it comes back, nobody awaits it any longer, and what the author or the host made of it is dropped here.
            contain(|| drop(sender.send(delivered)));
        }
        Poll::Ready(())
    }
}
