//! The hub with real threads and listeners.

use super::*;
use crate::abi::UserData;
use crate::sync::Mutex;
use std::ffi::{c_char, c_int, c_void};
use std::sync::atomic::{AtomicUsize, Ordering};
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

/// Kept for ever.
fn callback(heard: impl Fn(&str) + Send + Sync + 'static) -> Callback {
    let heard: &'static Heard = Box::leak(Box::new(Box::new(heard) as Heard));
    Callback::new(on_event, UserData(std::ptr::from_ref(heard).cast_mut().cast()))
}

fn listen(hub: &Hub, heard: impl Fn(&str) + Send + Sync + 'static) -> u64 {
    let added = hub.add("event", Format::Native, callback(heard), Box::new(|run| run()));
    added.expect("a thread").expect("there was no abandonment")
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
fn the_event_thread_does_not_wait_for_itself() {
    let hub = Arc::new(Hub::new(&Options::new().events(4, WhenFull::Block)));
    let (sender, dropped) = mpsc::channel();
    let from_inside = Arc::clone(&hub);
    listen(&hub, move |text| {
        if text == "first" {
            let counters = Counters::default();
            (0..6).for_each(|_| from_inside.emit("event", "from inside", &counters));
            sender.send(counters.events_dropped.get()).expect("the test waits");
        }
    });
    hub.emit("event", "first", &Counters::default());
    assert_eq!(dropped.recv_timeout(PATIENCE), Ok(2));
    finish(&hub);
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

#[test]
fn a_slow_listener_is_left_behind() {
    let (hub, counters, go_on, hears) = held_up(WhenFull::Block);
    let other = listen(&hub, |text| panic!("it was removed, and heard {text}"));
    (0..4).for_each(|n| hub.emit("event", format!("{n}"), &counters));
    assert!(!hub.finish(Instant::now()), "the listener runs");
    hub.emit("event", "late", &counters);
    assert_eq!((hub.listeners(), hub.remove(1, false)), (0, Removal::StillRunning));
    assert_eq!((hub.remove(other, true), hub.remove(other, true)), (Removal::Done, Removal::Unknown));
    go_on.send(()).expect("it waits");
    assert_eq!((hub.remove(1, true), hub.remove(1, true)), (Removal::Done, Removal::Unknown));
    // The event thread drops its share when it has dropped what was queued.
    while Arc::strong_count(&hub.shared) > 1 {
        thread::yield_now();
    }
    assert_eq!(hears.try_iter().collect::<Vec<_>>(), ["first"]);
}

#[test]
fn an_abandoned_hub_starts_no_thread_and_adds_nobody() {
    let hub = Hub::new(&Options::new());
    hub.abandon();
    let around = Box::new(|_: &mut dyn FnMut()| panic!("started"));
    assert!(matches!(hub.add("event", Format::Native, callback(|_| panic!("heard")), around), Ok(None)));
    assert!(hub.thread.is_not_started());
    finish(&hub);
}

/// Panics when it is dropped, or when it is encoded, or both.
struct Bomb {
    text: &'static str,
    drops: Arc<AtomicUsize>,
}

impl Drop for Bomb {
    fn drop(&mut self) {
        self.drops.fetch_add(1, Ordering::Relaxed);
        panic!("a bomb");
    }
}

impl ToHost for Bomb {
    type Owned = Self;

    fn to_host(&self, _: Format, take: &mut dyn FnMut(&[u8])) {
        assert_ne!(self.text, "encoder", "panics before");
        take(self.text.as_bytes());
        assert_ne!(self.text, "encoder after", "panics after");
    }

    fn into_owned(self) -> Self {
        self
    }
}

/// Each is dropped once, which unwinds into nobody's code and ends nothing, and the counters are right.
#[test]
fn bombs_at_every_end_of_an_event() {
    let drops = Arc::new(AtomicUsize::new(0));
    let bomb = |text| Bomb { text, drops: Arc::clone(&drops) };
    let dropped = |expected: usize, when: &str| assert_eq!(drops.swap(0, Ordering::Relaxed), expected, "{when}");
    let counters = Counters::default();
    let nobody = Hub::new(&Options::new());
    nobody.emit("event", bomb("unheard"), &counters);
    dropped(1, "nobody listens");
    finish(&nobody);

    for when_full in [WhenFull::DropOldest, WhenFull::DropNewest] {
        let (hub, counters, go_on, hears) = held_up(when_full);
        for text in ["a", "encoder", "encoder after", "d", "e", "f"] {
            hub.emit("event", bomb(text), &counters);
        }
        dropped(2, "left out");
        go_on.send(()).expect("it waits");
        finish(&hub);
        dropped(4, "delivered, or not to be encoded");
        let expected: &[&str] = match when_full {
            WhenFull::DropOldest => &["first", "encoder after", "d", "e", "f"],
            _ => &["first", "a", "encoder after", "d"],
        };
        assert_eq!(hears.try_iter().collect::<Vec<_>>(), expected);
        hub.emit("event", bomb("late"), &counters);
        dropped(1, "closed");
        assert_eq!((counters.events_emitted.get(), counters.events_dropped.get()), (7, 3));
    }
}

#[test]
fn bombs_of_a_producer_that_waits_and_of_a_hub_that_is_abandoned() {
    let drops = Arc::new(AtomicUsize::new(0));
    let (hub, counters, go_on, hears) = held_up(WhenFull::Block);
    for text in ["a", "b", "c", "d"] {
        hub.emit("event", Bomb { text, drops: Arc::clone(&drops) }, &counters);
    }
    let producer = {
        let (hub, drops) = (Arc::clone(&hub), Arc::clone(&drops));
        thread::spawn(move || {
            let counters = Counters::default();
            hub.emit("event", Bomb { text: "waits", drops }, &counters);
            (counters.events_emitted.get(), counters.events_dropped.get())
        })
    };
    let queue = hub.shared.deliveries.queue().expect("there is a listener");
    while !queue.is_waited_for() {
        thread::yield_now();
    }
    hub.abandon();
    assert_eq!(producer.join().expect("its drop unwinds into nobody's code"), (1, 1));
    assert_eq!(drops.swap(0, Ordering::Relaxed), 1, "only the event thread drops what is queued");
    go_on.send(()).expect("it waits");
    finish(&hub);
    assert_eq!((drops.load(Ordering::Relaxed), hears.try_iter().count()), (4, 1));
}

/// A log that panics too.
struct PanickingLog;

impl tracing::Subscriber for PanickingLog {
    fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        tracing::span::Id::from_u64(1)
    }

    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}

    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}

    fn event(&self, _: &tracing::Event<'_>) {
        panic!("the log panics");
    }

    fn enter(&self, _: &tracing::span::Id) {}

    fn exit(&self, _: &tracing::span::Id) {}
}

#[test]
fn a_log_that_panics_ends_no_event_thread() {
    let hub = Hub::new(&Options::new());
    let (sender, hears) = mpsc::channel();
    let callback = callback(move |text| sender.send(text.to_owned()).expect("the test listens"));
    let around = Box::new(|run: &mut dyn FnMut()| tracing::subscriber::with_default(PanickingLog, run));
    let added = hub.add("event", Format::Native, callback, around);
    let id = added.expect("a thread").expect("there was no abandonment");
    let (drops, counters) = (Arc::new(AtomicUsize::new(0)), Counters::default());
    hub.emit("event", Bomb { text: "encoder", drops: Arc::clone(&drops) }, &counters);
    hub.emit("event", "next", &counters);
    assert_eq!(hears.recv_timeout(PATIENCE).as_deref(), Ok("next"));
    assert_eq!(hub.remove(id, true), Removal::Done);
    finish(&hub);
    assert_eq!(drops.load(Ordering::Relaxed), 1);
}
