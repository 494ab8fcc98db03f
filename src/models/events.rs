//! Listeners that are removed while they are delivered to, and the queue to the event thread.

use super::{model, thread};
use crate::events::listeners::{Listeners, Removal, Running};
use crate::events::queue::{Full, Queue};
use crate::events::stage::{Deliveries, Stage};
use crate::sync::{Arc, UnsafeCell};
use std::sync::atomic::{AtomicUsize, Ordering};

/// What the host frees when it learns that a listener will not be called again.
struct UserData(UnsafeCell<u32>);

// SAFETY: the protocol of listeners is what makes it so; that is what the models show.
unsafe impl Sync for UserData {}
// SAFETY: as above.
unsafe impl Send for UserData {}

impl UserData {
    fn use_it(&self) {
        // SAFETY: the listener is being delivered to, so its userData is there.
        assert_eq!(self.0.with(|data| unsafe { *data }), 7);
    }

    fn free(&self) {
        // SAFETY: the listener does not run and never will again.
        self.0.with_mut(|data| unsafe { *data = 0 });
    }
}

type Model = Arc<Listeners<Arc<UserData>>>;

/// Listeners with one that is there, and an event thread that delivers to it twice.
fn delivered() -> (Model, Arc<UserData>, u64, thread::JoinHandle<()>) {
    let (listeners, data) = (Arc::new(Listeners::new()), Arc::new(UserData(UnsafeCell::new(7))));
    let id = listeners.add(Arc::clone(&data)).expect("there was no abandonment");
    let theirs = Arc::clone(&listeners);
    let event_thread = thread::spawn(move || {
        let present = theirs.present();
        for listener in present.iter().chain(present.iter()) {
            theirs.deliver(listener, |data| data.use_it());
        }
    });
    (listeners, data, id, event_thread)
}

#[test]
fn a_removed_listener_is_not_running_and_is_not_called() {
    model(|| {
        let (listeners, data, id, event_thread) = delivered();
        assert_eq!(listeners.remove(id, Running::Wait), Removal::Done);
        data.free();
        event_thread.join().expect("no panic");
        assert_eq!(listeners.remove(id, Running::Wait), Removal::Unknown);
    });
}

/// The supervisor gives up: no delivery begins after that, and a host that asks learns when the one that runs has ended.
#[test]
fn removal_against_an_abandoned_context() {
    model(|| {
        let (listeners, data, id, event_thread) = delivered();
        listeners.abandon();
        match listeners.remove(id, Running::Report) {
            Removal::Done => data.free(),
            Removal::StillRunning => {
                assert_eq!(listeners.remove(id, Running::Wait), Removal::Done);
                data.free();
            }
            Removal::Unknown => panic!("nobody was told of it"),
        }
        event_thread.join().expect("no panic");
    });
}

/// Whoever adds a listener may have entered before the close: it is removed with the others, or refused.
#[test]
fn addition_against_an_abandonment() {
    model(|| {
        let listeners = Arc::new(Listeners::new());
        let other = {
            let listeners = Arc::clone(&listeners);
            thread::spawn(move || listeners.add(()))
        };
        listeners.abandon();
        // What the event thread does for each event that is left when stuck code has let go.
        let late =
            |when| listeners.present().iter().for_each(|listener| listeners.deliver(listener, |()| panic!("{when}")));
        late("called while it is added");
        let added = other.join().expect("no panic");
        late("called after it was added");
        assert_eq!(listeners.count(), 0);
        if let Some(id) = added {
            assert_eq!(listeners.remove(id, Running::Wait), Removal::Done);
        }
    });
}

#[test]
fn one_removal_is_told_that_it_is_done() {
    model(|| {
        let listeners = Arc::new(Listeners::new());
        let id = listeners.add(()).expect("there was no abandonment");
        let other = {
            let listeners = Arc::clone(&listeners);
            thread::spawn(move || listeners.remove(id, Running::Report))
        };
        let outcomes = [listeners.remove(id, Running::Report), other.join().expect("no panic")];
        assert!(outcomes.contains(&Removal::Done) && outcomes.contains(&Removal::Unknown), "{outcomes:?}");
    });
}

/// A producer and the consumer; how many items were taken and how many handed back.
fn queue(capacity: usize, items: u32, full: Full, close_at_once: bool) -> (usize, usize) {
    let queue = Arc::new(Queue::new(capacity));
    let handed_back = Arc::new(AtomicUsize::new(0));
    let producer = {
        let (queue, handed_back) = (Arc::clone(&queue), Arc::clone(&handed_back));
        thread::spawn(move || {
            for item in 0..items {
                queue.push(
                    item,
                    || full,
                    |_| {
                        handed_back.fetch_add(1, Ordering::SeqCst);
                    },
                );
            }
            if !close_at_once {
                queue.close();
            }
        })
    };
    if close_at_once {
        queue.close();
    }
    let mut taken = 0;
    while queue.pop().is_some() {
        taken += 1;
    }
    producer.join().expect("no panic");
    (taken, handed_back.load(Ordering::SeqCst))
}

#[test]
fn an_event_wakes_the_event_thread() {
    model(|| assert_eq!(queue(2, 1, Full::LeaveOut, false), (1, 0)));
}

#[test]
fn room_wakes_a_producer() {
    model(|| assert_eq!(queue(1, 2, Full::Wait, false), (2, 0)));
}

/// What was accepted is delivered, or handed back by whoever comes too late; nothing stays in the queue.
#[test]
fn emit_against_the_end_of_the_event_thread() {
    model(|| {
        let (taken, handed_back) = queue(1, 1, Full::Wait, true);
        assert_eq!(taken + handed_back, 1, "lost");
    });
}

#[test]
fn the_closing_against_a_producer_that_waits() {
    model(|| {
        let queue = Arc::new(Queue::new(1));
        queue.push(1, || Full::Wait, |_| panic!("there is room"));
        let producer = {
            let queue = Arc::clone(&queue);
            thread::spawn(move || {
                let mut handed_back = 0;
                queue.push(2, || Full::Wait, |_| handed_back += 1);
                handed_back
            })
        };
        queue.close();
        assert_eq!(producer.join().expect("no panic"), 1);
        assert_eq!((queue.pop(), queue.pop()), (Some(1), None));
    });
}

type EventThread = Stage<thread::JoinHandle<()>>;

/// Adds a listener, and starts the event thread if it may.
fn start(stage: &EventThread, deliveries: &Arc<Deliveries<(), u32>>) {
    let started = stage.start(deliveries, 1, || {
        let deliveries = Arc::clone(deliveries);
        Ok::<_, ()>(thread::spawn(move || {
            let queue = deliveries.queue().expect("it is made before the thread is started");
            while queue.pop().is_some() {}
        }))
    });
    assert_eq!(started, Ok(()));
}

/// A listener is added while the context closes: its event thread is joined, which does not wait in vain, or not started.
#[test]
fn the_first_listener_against_the_end() {
    model(|| {
        let (stage, deliveries) = (Arc::new(EventThread::new()), Arc::new(Deliveries::new()));
        let adder = {
            let (stage, deliveries) = (Arc::clone(&stage), Arc::clone(&deliveries));
            thread::spawn(move || start(&stage, &deliveries))
        };
        if let Some(event_thread) = stage.finish(&deliveries) {
            event_thread.join().expect("no panic");
        }
        adder.join().expect("no panic");
        start(&stage, &deliveries);
        assert!(stage.finish(&deliveries).is_none(), "started after the end");
    });
}

/// The supervisor gives up while the first listener is added: an event thread that was started ends, though nobody finishes
/// before it has.
#[test]
fn the_first_listener_against_an_abandonment() {
    model(|| {
        let (stage, deliveries) = (Arc::new(EventThread::new()), Arc::new(Deliveries::new()));
        let adder = {
            let (stage, deliveries) = (Arc::clone(&stage), Arc::clone(&deliveries));
            thread::spawn(move || start(&stage, &deliveries))
        };
        deliveries.abandon();
        adder.join().expect("no panic");
        start(&stage, &deliveries);
        if let Some(queue) = deliveries.queue() {
            assert!(
                queue.is_closed() || stage.is_not_started(),
                "an event thread waits for a queue that nobody closes"
            );
        }
        if let Some(event_thread) = stage.finish(&deliveries) {
            event_thread.join().expect("no panic");
        }
    });
}
