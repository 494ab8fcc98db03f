//! The listeners of one context, the queue to them, and the event thread.

use super::listener::{Removed, Word};
use super::machinery::{Around, Events, Removal};
use super::queue::{Full, Queue};
use crate::abi::Callback;
use crate::options::{Options, WhenFull};
use crate::stats::Counters;
use crate::status::Status;
use crate::sync::{Arc, Condvar, Mutex};
use crate::thread::Thread;
use crate::{Format, ToHost, panic};
use smallbox::{SmallBox, smallbox};
use std::cell::Cell;
use std::collections::VecDeque;
use std::io;
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Instant;

#[derive(Debug)]
struct Listener {
    id: u64,
    event: Box<str>,
    format: Format,
    callback: Callback,
    word: Word,
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

/// Small ones need no allocation.
type QueuedPayload = SmallBox<dyn Payload, [usize; 8]>;

struct Event {
    name: &'static str,
    payload: QueuedPayload,
}

thread_local! {
    /// On an event thread, whose it is. Without a destructor, so that a thread that is ending may look.
    static EVENTS_OF: Cell<*const Shared> = const { Cell::new(ptr::null()) };
}

/// The events of one context. Who emits only reads here, so nothing that the event thread writes is in the same cache line.
#[repr(align(64))]
pub(crate) struct Hub {
    shared: Arc<Shared>,
    thread: Mutex<Stage>,
    when_full: WhenFull,
    /// How many listeners there are.
    count: AtomicUsize,
    closed: AtomicBool,
}

/// The event thread.
enum Stage {
    /// There was no listener yet.
    None,
    Started(Thread),
    /// It was told to end.
    Over,
}

struct Shared {
    queue: Queue<Event>,
    listeners: Mutex<Listeners>,
    /// Notified after the last delivery to a listener that was removed meanwhile, and when the thread ends.
    settled: Condvar,
}

#[derive(Debug, Default)]
struct Listeners {
    latest: u64,
    /// Shared with the event thread while it delivers, and copied if it changes meanwhile.
    present: Arc<Vec<Arc<Listener>>>,
    /// Removed without waiting while their last delivery ran: whoever did that may ask again.
    leaving: Vec<Arc<Listener>>,
}

impl Hub {
    pub(crate) fn new(options: &Options) -> Self {
        Self {
            shared: Arc::new(Shared {
                queue: Queue::new(options.events_queued as usize),
                listeners: Mutex::default(),
                settled: Condvar::new(),
            }),
            thread: Mutex::new(Stage::None),
            when_full: options.events_when_full,
            count: AtomicUsize::new(0),
            closed: AtomicBool::new(false),
        }
    }

    fn start(&self, around: Around) -> io::Result<()> {
        let mut thread = self.thread.lock();
        if let Stage::None = *thread {
            self.shared.queue.reserve();
            let shared = Arc::clone(&self.shared);
            let body = Box::new(move || around(&mut || shared.run()));
            *thread = Stage::Started(Thread::spawn(c"ffihost-events", body)?);
        }
        Ok(())
    }

    /// Enqueues an event for whoever listens.
    pub(crate) fn emit(&self, event: &'static str, payload: impl ToHost, counters: &Counters) {
        if self.count.load(Ordering::Acquire) == 0 {
            return;
        }
        if self.closed.load(Ordering::Relaxed) {
            counters.events_dropped.bump();
            return;
        }
        self.enqueue(Event { name: event, payload: smallbox!(payload.into_owned()) }, counters);
    }

    fn enqueue(&self, event: Event, counters: &Counters) {
        let full = match self.when_full {
            WhenFull::Block if !self.is_event_thread() => Full::Wait,
            WhenFull::DropOldest => Full::LeaveOutOldest,
            // The event thread would wait for itself.
            WhenFull::Block | WhenFull::DropNewest => Full::LeaveOut,
        };
        counters.events_emitted.bump();
        if let Some(left_out) = self.shared.queue.push(event, full) {
            counters.events_dropped.bump();
            drop(left_out);
        }
    }
}

impl Events for Hub {
    fn hub(&self) -> &Hub {
        self
    }

    fn add(&self, event: &str, format: Format, callback: Callback, around: Around) -> io::Result<u64> {
        self.start(around)?;
        let mut listeners = self.shared.listeners.lock();
        listeners.latest += 1;
        let id = listeners.latest;
        let listener = Arc::new(Listener { id, event: event.into(), format, callback, word: Word::new() });
        Arc::make_mut(&mut listeners.present).push(listener);
        self.count.store(listeners.present.len(), Ordering::Release);
        Ok(id)
    }

    fn remove(&self, id: u64, wait: bool) -> Removal {
        let mut listeners = self.shared.listeners.lock();
        let Some(listener) = listeners.take(id) else { return Removal::Unknown };
        self.count.store(listeners.present.len(), Ordering::Release);
        if listener.word.remove() == Removed::Idle || self.is_event_thread() {
            return Removal::Done;
        }
        while listener.word.is_running() {
            if !wait {
                listeners.leaving.push(listener);
                return Removal::StillRunning;
            }
            listeners = self.shared.settled.wait(listeners);
        }
        Removal::Done
    }

    fn finish(&self, deadline: Instant) -> bool {
        self.closed.store(true, Ordering::Relaxed);
        self.shared.queue.close();
        let Stage::Started(thread) = std::mem::replace(&mut *self.thread.lock(), Stage::Over) else { return true };
        let ended = thread.join_until(deadline);
        if !ended {
            self.abandon();
        }
        ended
    }

    fn abandon(&self) {
        self.closed.store(true, Ordering::Relaxed);
        self.shared.queue.close();
        let mut listeners = self.shared.listeners.lock();
        let removed = std::mem::take(Arc::make_mut(&mut listeners.present));
        for listener in removed {
            if listener.word.remove() == Removed::Running {
                listeners.leaving.push(listener);
            }
        }
        self.count.store(0, Ordering::Release);
    }

    fn is_event_thread(&self) -> bool {
        ptr::eq(EVENTS_OF.get(), &raw const *self.shared)
    }

    fn listeners(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }
}

impl Listeners {
    /// Takes a listener out, so that no delivery to it begins that has not begun.
    fn take(&mut self, id: u64) -> Option<Arc<Listener>> {
        if let Some(leaving) = self.leaving.iter().position(|listener| listener.id == id) {
            return Some(self.leaving.swap_remove(leaving));
        }
        let at = self.present.iter().position(|listener| listener.id == id)?;
        Some(Arc::make_mut(&mut self.present).remove(at))
    }
}

impl Shared {
    /// The event thread.
    fn run(&self) {
        EVENTS_OF.set(ptr::from_ref(self));
        let mut taken = VecDeque::new();
        while let Some(Event { name, payload }) = self.queue.pop(&mut taken) {
            let listeners = Arc::clone(&self.listeners.lock().present);
            for listener in listeners.iter().filter(|listener| *listener.event == *name) {
                self.deliver(listener, &*payload);
            }
            if let Err(text) = panic::contain(|| drop(payload)) {
                tracing::error!(event = name, panic = %text, "the drop of an event's payload panicked");
            }
        }
    }

    fn deliver(&self, listener: &Listener, payload: &dyn Payload) {
        if !listener.word.try_begin() {
            return;
        }
        // The encoder may be an author's.
        let passed = panic::contain(|| {
            payload.pass(listener.format, &mut |bytes| listener.callback.call(Status::Ok, bytes));
        });
        if let Err(text) = passed {
            tracing::error!(event = %listener.event, panic = %text, "an event could not be delivered");
        }
        if listener.word.end() {
            // The lock: a remover that has just seen RUNNING is waiting before this notifies.
            drop(self.listeners.lock());
            self.settled.notify_all();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::abi::UserData;
    use std::ffi::{c_char, c_int, c_void};
    use std::sync::mpsc;
    use std::thread;
    use std::time::Duration;

    const PATIENCE: Duration = Duration::from_secs(60);

    type Heard = Box<dyn Fn(&str) + Send + Sync>;

    extern "C" fn on_event(_: c_int, msg: *const c_char, len: usize, user_data: *mut c_void) {
        // SAFETY: the hub passes `len` bytes that live during this call, and a leaked listener.
        let (bytes, heard) = unsafe { (std::slice::from_raw_parts(msg.cast(), len), &*user_data.cast::<Heard>()) };
        heard(std::str::from_utf8(bytes).expect("the tests send text"));
    }

    fn listen(hub: &Hub, heard: impl Fn(&str) + Send + Sync + 'static) -> u64 {
        let heard: &'static Heard = Box::leak(Box::new(Box::new(heard) as Heard));
        let user_data = UserData(std::ptr::from_ref(heard).cast_mut().cast());
        hub.add("event", Format::Native, Callback::new(on_event, user_data), Box::new(|run| run())).expect("a thread")
    }

    fn finish(hub: &Hub) {
        assert!(hub.finish(Instant::now() + PATIENCE), "the event thread ends");
    }

    /// A hub whose event thread is inside of its first listener until the sender is used.
    fn held_up(when_full: WhenFull) -> (Arc<Hub>, Counters, mpsc::Sender<()>, mpsc::Receiver<String>) {
        let hub = Arc::new(Hub::new(&Options::new().events(4, when_full)));
        let counters = Counters::default();
        let (go_on, wait) = mpsc::channel::<()>();
        let (entered, enters) = mpsc::channel();
        let (heard, hears) = mpsc::channel();
        let wait = Mutex::new(wait);
        listen(&hub, move |text| {
            heard.send(text.to_owned()).expect("the test listens");
            if text == "first" {
                entered.send(()).expect("the test waits");
                wait.lock().recv().expect("the test lets it go on");
            }
        });
        hub.emit("event", "first", &counters);
        enters.recv_timeout(PATIENCE).expect("it is delivered");
        (hub, counters, go_on, hears)
    }

    #[test]
    fn the_oldest_is_dropped() {
        let (hub, counters, go_on, hears) = held_up(WhenFull::DropOldest);
        (0..6).for_each(|n| hub.emit("event", format!("{n}"), &counters));
        go_on.send(()).expect("it waits");
        finish(&hub);
        assert_eq!(hears.try_iter().collect::<Vec<_>>(), ["first", "2", "3", "4", "5"]);
        assert_eq!((counters.events_emitted.get(), counters.events_dropped.get()), (7, 2));
    }

    #[test]
    fn the_newest_is_dropped() {
        let (hub, counters, go_on, hears) = held_up(WhenFull::DropNewest);
        (0..6).for_each(|n| hub.emit("event", format!("{n}"), &counters));
        go_on.send(()).expect("it waits");
        finish(&hub);
        assert_eq!(hears.try_iter().collect::<Vec<_>>(), ["first", "0", "1", "2", "3"]);
        assert_eq!((counters.events_emitted.get(), counters.events_dropped.get()), (7, 2));
    }

    #[test]
    fn the_producer_waits() {
        let (hub, _, go_on, hears) = held_up(WhenFull::Block);
        let producer = {
            let hub = Arc::clone(&hub);
            thread::spawn(move || {
                let counters = Counters::default();
                (0..6).for_each(|n| hub.emit("event", format!("{n}"), &counters));
                counters.events_dropped.get()
            })
        };
        go_on.send(()).expect("it waits");
        assert_eq!(producer.join().expect("no panic"), 0);
        finish(&hub);
        assert_eq!(hears.try_iter().count(), 7);
    }

    #[test]
    fn nothing_is_lost_with_many_producers() {
        let hub = Arc::new(Hub::new(&Options::new()));
        let heard = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&heard);
        listen(&hub, move |text| {
            assert_eq!(text.len(), 100, "longer than what is stored in the queue");
            count.fetch_add(1, Ordering::Relaxed);
        });
        let producers: Vec<_> = (0..4)
            .map(|_| {
                let hub = Arc::clone(&hub);
                thread::spawn(move || {
                    let counters = Counters::default();
                    (0..5_000).for_each(|_| hub.emit("event", [b'x'; 100], &counters));
                })
            })
            .collect();
        producers.into_iter().for_each(|producer| producer.join().expect("no panic"));
        finish(&hub);
        assert_eq!(heard.load(Ordering::Relaxed), 20_000);
    }

    #[test]
    fn a_removal_waits_for_the_delivery_and_a_removed_listener_is_not_called() {
        let (hub, counters, go_on, hears) = held_up(WhenFull::Block);
        assert_eq!(hub.remove(1, false), Removal::StillRunning);
        assert_eq!(hub.remove(1, false), Removal::StillRunning, "asked again");
        hub.emit("event", "nobody's", &counters);
        let other = listen(&hub, |_| {});
        go_on.send(()).expect("it waits");
        assert_eq!(hub.remove(1, true), Removal::Done);
        assert_eq!(hub.remove(1, true), Removal::Unknown);
        assert_eq!(hub.remove(other, true), Removal::Done);
        finish(&hub);
        assert_eq!(hears.try_iter().collect::<Vec<_>>(), ["first"]);
    }

    #[test]
    fn after_the_end_events_are_dropped_and_counted() {
        let hub = Hub::new(&Options::new());
        let counters = Counters::default();
        listen(&hub, |_| {});
        finish(&hub);
        hub.emit("event", "late", &counters);
        assert_eq!((counters.events_emitted.get(), counters.events_dropped.get()), (0, 1));
    }
}
