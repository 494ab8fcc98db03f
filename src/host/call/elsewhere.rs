//! A call that is awaited on another thread than the FFI thread: its way there and back.

use super::Held;
use super::answer::Outcome;
use super::course::{Course, poll_here};
use crate::context::closing::Abandoned;
use crate::context::jobs::Run;
use crate::context::local::Local;
use crate::error::HostError;
use crate::host::{FromHost, ToHost};
use crate::inflight::{Ticket, Untyped};
use crate::registry::Name;
use futures::future::LocalBoxFuture;
use std::mem::replace;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use tokio::sync::oneshot;
use tokio::time::Instant;

/// The outcome of a call that was sent to the FFI thread.
pub(super) struct Delivery<T, E> {
    pub(super) receiver: oneshot::Receiver<Outcome<T, E>>,
    pub(super) abandoned: Abandoned,
}

impl<T, E> Future for Delivery<T, E> {
    type Output = Outcome<T, E>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Outcome<T, E>> {
        match Pin::new(&mut self.receiver).poll(cx) {
            Poll::Ready(Ok(outcome)) => Poll::Ready(outcome),
            Poll::Pending if self.abandoned.as_mut().poll(cx).is_pending() => Poll::Pending,
            // The sender is dropped unsent only when the context ends.
            Poll::Pending | Poll::Ready(Err(_)) => Poll::Ready(Err(HostError::ShuttingDown)),
        }
    }
}

/// What a call has of the FFI thread's, when it is not there.
pub(super) enum Stray {
    New,
    Crowded,
    Open(Ticket<Untyped>, Option<Instant>),
}

impl Stray {
    /// Gives it back: nobody awaits the call any more.
    pub(super) fn take_leave(self, local: &Local) {
        match self {
            Self::New => {}
            Self::Crowded => local.room.leave(),
            Self::Open(ticket, _) => local.cancel_call(ticket),
        }
    }
}

/// A call on its way to the FFI thread, and there the task that goes on with it until it settles or nobody awaits it any more.
pub(super) struct Errand<A, T, E> {
    pub(super) course: Course,
    pub(super) stray: Stray,
    pub(super) name: String,
    pub(super) id: Option<u32>,
    pub(super) held: Held<A, T, E>,
    /// None when it is over.
    pub(super) sender: Option<oneshot::Sender<Outcome<T, E>>>,
}

impl<A, T, E> Unpin for Errand<A, T, E> {}

impl<A: ToHost + Send + 'static, T: FromHost, E: FromHost> Run for Errand<A, T, E> {
    fn run(mut self: Box<Self>, local: &Rc<Local>) {
        let stray = replace(&mut self.stray, Stray::New);
        self.course.arrive(stray, local);
        // The same type of task as that of requests.
        let task: LocalBoxFuture<'static, ()> = Box::into_pin(self);
        local.spawn(task);
    }
}

impl<A: ToHost, T: FromHost, E: FromHost> Future for Errand<A, T, E> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let Self { course, name, id, held, sender, .. } = self.get_mut();
        let name = Name { text: name, id: *id };
        let polled = course.host.with_local(|local| match local {
            Some(local) => poll_here(course, &name, held, local, cx),
            None => Poll::Pending,
        });
        match (polled, &mut *sender) {
            (Poll::Pending, Some(sender)) => sender.poll_closed(cx),
            (Poll::Ready(outcome), _) => {
                if let Some(sender) = sender.take() {
                    // Nobody awaits it any more, if it comes back.
                    let _ = sender.send(outcome);
                }
                Poll::Ready(())
            }
            (Poll::Pending, None) => Poll::Ready(()),
        }
    }
}
