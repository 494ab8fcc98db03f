//! The events of one context: its listeners, the queue to them, and the event thread.

use super::listeners::{Listener, Removal, Running};
use super::queue::{Full, Queue};
use super::stage::{Deliveries, Stage};
use super::support::{Around, Events};
use crate::abi::Callback;
use crate::options::{Options, WhenFull};
use crate::panic::{self, Contained, contain_call as contain};
use crate::stats::Counters;
use crate::status::Status;
use crate::sync::Arc;
use crate::thread::{Thread, ThreadId};
use crate::{Format, ToHost};
use smallbox::{SmallBox, smallbox};
use std::io;
use std::sync::OnceLock;
use std::time::Instant;

/// Whom an event is delivered to.
#[derive(Debug)]
struct Sink {
    event: Box<str>,
    format: Format,
    callback: Callback,
}

/// A payload that waits for the event thread, whatever its type.
trait Payload: Send {
    fn pass(&self, format: Format, take: &mut dyn FnMut(&[u8]));
}

impl<P: ToHost + Send> Payload for P {
    fn pass(&self, format: Format, take: &mut dyn FnMut(&[u8])) {
        self.to_host(format, take);
    }
}

/// Small ones need no allocation: two texts fit. A larger place would be copied with each event.
type QueuedPayload = SmallBox<dyn Payload, [usize; 6]>;

struct Event {
    name: &'static str,
    payload: QueuedPayload,
}

impl Event {
    /// The drop of a payload may be an author's.
    fn discard(self) {
        contain(|| drop(self.payload));
    }
}

/// The events of one context.
pub(crate) struct Hub {
    shared: Arc<Shared>,
    thread: Stage<Thread>,
    when_full: WhenFull,
    capacity: usize,
}

struct Shared {
    deliveries: Deliveries<Sink, Event>,
    event_thread: OnceLock<ThreadId>,
}

impl Hub {
    pub(crate) fn new(options: &Options) -> Self {
        Self {
            shared: Arc::new(Shared { deliveries: Deliveries::new(), event_thread: OnceLock::new() }),
            thread: Stage::new(),
            when_full: options.events_when_full,
            capacity: options.events_queued as usize,
        }
    }

    /// Starts the event thread with the first listener; see [`Stage`].
    fn start(&self, around: Around) -> io::Result<()> {
        self.thread.start(&self.shared.deliveries, self.capacity, || {
            let shared = Arc::clone(&self.shared);
            Thread::spawn(c"ffihost-events", Box::new(move || around(&mut || shared.run())))
        })
    }

    /// Enqueues an event for whoever listens. No drop of an event unwinds out of here, be it this one's or that of one that
    /// makes room for it.
    #[inline]
    pub(crate) fn emit(&self, event: &'static str, payload: impl ToHost, counters: &Counters) {
        let payload = Contained::new(payload);
        if self.shared.deliveries.listeners.count() == 0 {
            return;
        }
        let Some(queue) = self.shared.deliveries.queue() else { return };
        if queue.is_closed() {
            return counters.events_dropped.bump();
        }
        self.enqueue(queue, Event { name: event, payload: smallbox!(payload.into_inner().into_owned()) }, counters);
    }

    /// For a queue that was open just now.
    #[inline(always)]
    fn enqueue(&self, queue: &Queue<Event>, event: Event, counters: &Counters) {
        counters.events_emitted.bump();
        queue.push_open(
            event,
            || match self.when_full {
                WhenFull::DropOldest => Full::LeaveOutOldest,
                // It would wait for itself.
                WhenFull::Block if !self.is_event_thread() => Full::Wait,
                WhenFull::DropNewest | WhenFull::Block => Full::LeaveOut,
            },
            |left_out| {
                counters.events_dropped.bump();
                left_out.discard();
            },
        );
    }
}

impl Events for Hub {
    fn hub(&self) -> &Hub {
        self
    }

    fn add(&self, event: &str, format: Format, callback: Callback, around: Around) -> io::Result<Option<u64>> {
        self.start(around)?;
        Ok(self.shared.deliveries.listeners.add(Sink { event: event.into(), format, callback }))
    }

    fn remove(&self, id: u64, wait: bool) -> Removal {
        let running = match wait {
            _ if self.is_event_thread() => Running::IsThis,
            true => Running::Wait,
            false => Running::Report,
        };
        self.shared.deliveries.listeners.remove(id, running)
    }

    fn finish(&self, deadline: Instant) -> bool {
        let Some(thread) = self.thread.finish(&self.shared.deliveries) else { return true };
        let ended = thread.join_until(deadline);
        if !ended {
            self.abandon();
        }
        ended
    }

    fn abandon(&self) {
        self.shared.deliveries.abandon();
    }

    fn listeners(&self) -> usize {
        self.shared.deliveries.listeners.count() as usize
    }

    fn is_event_thread(&self) -> bool {
        self.shared.event_thread.get() == Some(&ThreadId::current())
    }
}

impl Shared {
    /// The event thread.
    fn run(&self) {
        let _once = self.event_thread.set(ThreadId::current());
        let Some(queue) = self.deliveries.queue() else { return };
        while let Some(event) = queue.pop() {
            for listener in
                self.deliveries.listeners.present().iter().filter(|listener| *listener.value.event == *event.name)
            {
                self.deliver(listener, &*event.payload);
            }
            event.discard();
        }
    }

    fn deliver(&self, listener: &Listener<Sink>, payload: &dyn Payload) {
        self.deliveries.listeners.deliver(listener, |Sink { event, format, callback }| {
            // The encoder may be an author's.
            let passed = panic::contain(|| {
                payload.pass(*format, &mut |bytes| callback.call(Status::Ok, bytes));
            });
            if let Err(text) = passed {
                // So may the subscriber be, and the end of the delivery has to be told.
                contain(|| tracing::error!(%event, panic = %text, "an event could not be delivered"));
            }
        });
    }
}

#[cfg(test)]
mod tests;
