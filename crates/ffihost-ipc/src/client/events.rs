//! The events that a client listens to.

use super::CANCELLED;
use super::connection::Shared;
use crate::contain::discard;
use futures::Stream;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::sync::mpsc;

/// An event as a listener receives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveredEvent<P = Vec<u8>> {
    /// How many events were missed between the previous one and this one, by the server or by this client.
    pub missed: u64,
    /// The event's arguments: a map in CBOR, or a value in a typed client.
    pub payload: P,
}

/// The events of one listener. Dropping this removes the listener.
#[derive(Debug)]
pub struct Events {
    shared: Arc<Shared>,
    id: u64,
    events: mpsc::Receiver<(u64, DeliveredEvent)>,
    /// Events that were taken without waiting, one after the other.
    at_once: usize,
}

/// The most events that wait to be taken; those that follow are missed.
pub(super) const WAITING: usize = 1_024;

impl Events {
    pub(super) fn new(shared: Arc<Shared>, id: u64, events: mpsc::Receiver<(u64, DeliveredEvent)>) -> Self {
        Self { shared, id, events, at_once: 0 }
    }

    /// The next event, or `None` when the connection has ended and the client does not reconnect.
    pub async fn next(&mut self) -> Option<DeliveredEvent> {
        self.next_of_connection().await.map(|(_, event)| event)
    }

    /// The next event, with the number of the connection that delivered it.
    pub(crate) async fn next_of_connection(&mut self) -> Option<(u64, DeliveredEvent)> {
        poll_fn(|context| self.poll_of_connection(context)).await
    }

    pub(crate) fn poll_of_connection(&mut self, context: &mut Context<'_>) -> Poll<Option<(u64, DeliveredEvent)>> {
        // What waits already is taken without tokio's budget, which is smaller than what the client's task brings at once:
        // what finds no room is missed. Still, others have their turn while more comes than this task can take.
        if self.at_once == WAITING {
            self.at_once = 0;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        if let Ok(event) = self.events.try_recv() {
            self.at_once += 1;
            return Poll::Ready(Some(event));
        }
        self.at_once = 0;
        self.events.poll_recv(context)
    }
}

/// Yields what [`Events::next`] returns.
impl Stream for Events {
    type Item = DeliveredEvent;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<DeliveredEvent>> {
        self.get_mut().poll_of_connection(context).map(|next| next.map(|(_, event)| event))
    }
}

impl Drop for Events {
    fn drop(&mut self) {
        discard(CANCELLED, self.shared.update(|session| session.cancel(self.id)));
    }
}
