//! Listeners and registrations, as the client keeps them.

use super::events::{DeliveredEvent, WAITING};
use crate::wire::frame::FromClient;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::mpsc;

/// A host function.
pub(super) type Function = Arc<dyn Fn(super::Call) + Send + Sync>;

/// Where the events of a listener go.
#[derive(Debug)]
pub(super) struct EventSink {
    events: mpsc::Sender<(u64, DeliveredEvent)>,
    missed: AtomicU64,
}

impl EventSink {
    /// Queues an event, or counts it as missed if the queue is full. Called by the client's task alone.
    pub(super) fn deliver(&self, connection: u64, missed: u64, payload: Vec<u8>) {
        let missed = missed + self.missed.swap(0, Ordering::Relaxed);
        if self.events.try_send((connection, DeliveredEvent { missed, payload })).is_err() {
            self.missed.store(missed + 1, Ordering::Relaxed);
        }
    }
}

/// A listener or a registration.
pub(super) enum Subscription {
    Listener { event: String, sink: Arc<EventSink> },
    Registration { name: String, function: Function },
}

impl Subscription {
    pub(super) fn listener(event: &str) -> (Self, mpsc::Receiver<(u64, DeliveredEvent)>) {
        let (events, receiver) = mpsc::channel(WAITING);
        (
            Self::Listener { event: event.to_owned(), sink: Arc::new(EventSink { events, missed: AtomicU64::new(0) }) },
            receiver,
        )
    }

    pub(super) fn registration(name: &str, function: Function) -> Self {
        Self::Registration { name: name.to_owned(), function }
    }

    pub(super) fn frame(&self, id: u64) -> FromClient<'_> {
        match self {
            Self::Listener { event, .. } => FromClient::Listen { id, event },
            Self::Registration { name, .. } => FromClient::Register { id, max_in_flight: 0, deadline_ms: 0, name },
        }
    }
}
