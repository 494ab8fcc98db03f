//! The queue to the event thread: many put in, one takes out, and there is a bound.
//!
//! The items are in a channel that is only ever asked what it can do without waiting: its own waiting needs a thread-local with
//! a destructor, which a thread that is ending may not have, and does not end when the queue is closed. Waiting is here.
//!
//! # Protocol
//!
//! The consumer is awake, asleep, or finished.
//!
//! - *push*: send; fence; look at the consumer. Asleep: one compare-and-swap to awake, and whoever did it notifies. Finished:
//!   it may have missed the item, so the producer takes out what is left, and drops it.
//! - *pop*: receive. If there is nothing: say asleep; fence; look again at queue and closing; then wait until a producer has
//!   said awake. At the end: say finished; fence; look again.
//! - *room*: a producer that waits counts itself; fence; tries again; waits for the event. The consumer receives; fence; looks at
//!   the count; notifies.
//! - *close*: say closed; fence; wake everybody. A push that comes later hands its item back.
//!
//! # Orderings
//!
//! Each pair is store-then-load on both sides with a sequentially consistent fence in between, so one side sees the other's
//! store: an item is received by a consumer that looks again, or its producer sees the consumer asleep or finished; a producer
//! sees the room, or the consumer sees it counted; a consumer sees the closing, or is woken by it. Items themselves are ordered
//! by the channel.

use crate::sync::{AtomicU32, Channel, Event, Ordering, fence, planted};

/// Looks at an empty queue before it is slept at: one half after pauses of doubling length, the other after turns of other
/// threads.
#[cfg(not(ffihost_loom))]
const WATCH: u32 = 12;

const AWAKE: u32 = 0;
const ASLEEP: u32 = 1;
const FINISHED: u32 = 2;

/// What becomes of an item for which there is no room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Full {
    /// It waits.
    Wait,
    /// The oldest makes room for it.
    LeaveOutOldest,
    /// It is left out.
    LeaveOut,
}

/// See the module. What is beside it is in other cache lines.
#[derive(Debug)]
#[repr(align(64))]
pub(crate) struct Queue<T> {
    items: Channel<T>,
    consumer: AtomicU32,
    /// Not 0 when nothing is taken any longer.
    closed: AtomicU32,
    /// Producers that wait for room.
    waiting: AtomicU32,
    filled: Event,
    emptied: Event,
}

impl<T> Queue<T> {
    /// A queue of that many items, and room for them.
    pub(crate) fn new(capacity: usize) -> Self {
        Self {
            items: Channel::new(capacity.max(1)),
            consumer: AtomicU32::new(AWAKE),
            closed: AtomicU32::new(0),
            waiting: AtomicU32::new(0),
            filled: Event::new(),
            emptied: Event::new(),
        }
    }

    /// Puts an item last. What is left out is handed to `left_out`: this one or the oldest if there is no room, and this one if
    /// the queue is closed.
    ///
    /// `full` says what to do if there is no room: it is asked then.
    #[cfg(any(test, ffihost_loom))]
    pub(crate) fn push(&self, item: T, full: impl FnOnce() -> Full, mut left_out: impl FnMut(T)) {
        if self.is_closed() {
            return left_out(item);
        }
        self.push_open(item, full, left_out);
    }

    /// The same, for whoever has seen just now that the queue is open. It may be closed meanwhile, as it may between the look of
    /// a [`push`](Self::push) and its sending: then the consumer takes the item, or has finished, and the item is left out.
    #[inline(always)]
    pub(crate) fn push_open(&self, item: T, full: impl FnOnce() -> Full, mut left_out: impl FnMut(T)) {
        match self.items.try_send(item) {
            Ok(()) => self.wake_consumer(&mut left_out),
            Err(item) => self.push_full(item, full(), &mut left_out),
        }
    }

    #[cold]
    fn push_full(&self, item: T, full: Full, left_out: &mut dyn FnMut(T)) {
        match full {
            Full::LeaveOut => left_out(item),
            Full::LeaveOutOldest => {
                let mut item = item;
                while let Err(back) = self.items.try_send(item) {
                    item = back;
                    if let Some(oldest) = self.items.try_recv() {
                        left_out(oldest);
                    }
                }
                self.wake_consumer(left_out);
            }
            Full::Wait => match self.wait_for_room(item) {
                Ok(()) => self.wake_consumer(left_out),
                Err(item) => left_out(item),
            },
        }
    }

    /// Sends as soon as there is room; hands the item back when the queue is closed.
    fn wait_for_room(&self, item: T) -> Result<(), T> {
        let mut item = Some(item);
        let counted = u32::from(!planted("wait_uncounted"));
        self.waiting.fetch_add(counted, Ordering::Relaxed);
        let sent = self.emptied.wait(|| {
            fence(Ordering::SeqCst);
            if self.is_closed() {
                return Some(false);
            }
            match self.items.try_send(item.take()?) {
                Ok(()) => Some(true),
                Err(back) => {
                    item = Some(back);
                    None
                }
            }
        });
        self.waiting.fetch_sub(counted, Ordering::Relaxed);
        match item {
            Some(item) if !sent => Err(item),
            _ => Ok(()),
        }
    }

    /// After an item was sent.
    #[inline]
    fn wake_consumer(&self, left_out: &mut dyn FnMut(T)) {
        fence(Ordering::SeqCst);
        match self.consumer.load(Ordering::Relaxed) {
            AWAKE => {}
            ASLEEP => self.wake(),
            _ => self.take_back(left_out),
        }
    }

    #[cold]
    fn wake(&self) {
        if self.consumer.compare_exchange(ASLEEP, AWAKE, Ordering::AcqRel, Ordering::Relaxed).is_ok() {
            self.filled.notify_all();
        }
    }

    /// The consumer has finished, and may not have seen the item.
    #[cold]
    fn take_back(&self, left_out: &mut dyn FnMut(T)) {
        if !planted("nobody_takes_back") {
            while let Some(item) = self.items.try_recv() {
                left_out(item);
            }
        }
    }

    /// The next item; waits for one, until the queue is closed and empty. Consumer only.
    pub(crate) fn pop(&self) -> Option<T> {
        loop {
            if let Some(item) = self.receive() {
                return Some(item);
            }
            if self.is_closed() {
                // Every push that has not begun is refused.
                self.consumer.store(FINISHED, Ordering::Relaxed);
                fence(Ordering::SeqCst);
                return self.receive();
            }
            self.watch();
            self.sleep();
        }
    }

    fn receive(&self) -> Option<T> {
        let item = self.items.try_recv()?;
        fence(Ordering::SeqCst);
        if self.waiting.load(Ordering::Relaxed) > 0 {
            self.emptied.notify_all();
        }
        Some(item)
    }

    fn sleep(&self) {
        self.consumer.store(ASLEEP, Ordering::Relaxed);
        fence(Ordering::SeqCst);
        let looks_again = !planted("sleep_without_look") && (!self.items.is_empty() || self.is_closed());
        if !looks_again {
            self.filled.wait(|| (self.consumer.load(Ordering::Acquire) != ASLEEP).then_some(()));
        }
        self.consumer.store(AWAKE, Ordering::Relaxed);
    }

    /// Waits a little for an item without sleeping: of those that are put in one after the other only the first pays for waking.
    #[cfg(not(ffihost_loom))]
    fn watch(&self) {
        for look in 0..WATCH {
            if !self.items.is_empty() {
                return;
            }
            if look < WATCH / 2 {
                (0..1 << look).for_each(|_| std::hint::spin_loop());
            } else {
                std::thread::yield_now();
            }
        }
    }

    #[cfg(ffihost_loom)]
    fn watch(&self) {}

    /// Whether a producer waits for room.
    #[cfg(all(test, not(ffihost_loom)))]
    pub(crate) fn is_waited_for(&self) -> bool {
        self.waiting.load(Ordering::Relaxed) > 0
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire) != 0
    }

    /// Takes nothing more. What was put in before is still taken out, and nobody waits any longer.
    pub(crate) fn close(&self) {
        self.closed.store(1, Ordering::Release);
        fence(Ordering::SeqCst);
        self.wake();
        if !planted("closing_leaves_producers_waiting") {
            self.emptied.notify_all();
        }
    }
}

#[cfg(all(test, not(ffihost_loom)))]
mod tests {
    use super::*;
    use std::cell::Cell;
    use std::sync::Arc;
    use std::sync::atomic::AtomicUsize;
    use std::sync::mpsc;
    use std::thread;
    use std::time::Duration;

    const PATIENCE: Duration = Duration::from_secs(60);

    fn push(queue: &Queue<u32>, item: u32, full: Full) -> Vec<u32> {
        let mut left_out = Vec::new();
        queue.push(item, || full, |item| left_out.push(item));
        left_out
    }

    #[test]
    fn what_was_put_in_before_the_closing_is_taken_out() {
        let queue = Queue::new(2);
        assert_eq!((push(&queue, 1, Full::LeaveOut), push(&queue, 2, Full::Wait)), (vec![], vec![]));
        queue.close();
        assert_eq!(push(&queue, 3, Full::Wait), [3]);
        assert_eq!((queue.pop(), queue.pop(), queue.pop()), (Some(1), Some(2), None));
    }

    #[test]
    fn one_is_left_out_of_a_full_queue() {
        let queue = Queue::new(0);
        assert_eq!(push(&queue, 1, Full::LeaveOut), [], "there is room for one");
        assert_eq!(push(&queue, 2, Full::LeaveOut), [2]);
        assert_eq!(push(&queue, 3, Full::LeaveOutOldest), [1]);
        assert_eq!(queue.pop(), Some(3));
    }

    /// A weak point of the channel's own waiting: a producer that waits while the queue is closed.
    #[test]
    fn the_closing_ends_every_wait() {
        let (full, empty) = (Queue::new(1), Queue::<u32>::new(1));
        assert_eq!(push(&full, 1, Full::Wait), []);
        thread::scope(|scope| {
            let producers = [2, 3].map(|item| {
                let full = &full;
                scope.spawn(move || push(full, item, Full::Wait))
            });
            let consumer = scope.spawn(|| empty.pop());
            while full.waiting.load(Ordering::Relaxed) < 2 || empty.consumer.load(Ordering::Relaxed) != ASLEEP {
                thread::yield_now();
            }
            full.close();
            empty.close();
            assert_eq!(producers.map(|producer| producer.join().expect("no panic")), [vec![2], vec![3]]);
            assert_eq!(consumer.join().expect("no panic"), None);
        });
    }

    /// The other one: a producer on a thread that is ending.
    #[test]
    fn a_producer_waits_on_a_thread_that_is_ending() {
        struct AtTheEnd(Arc<Queue<u32>>, mpsc::Sender<Vec<u32>>);
        impl Drop for AtTheEnd {
            fn drop(&mut self) {
                self.1.send(push(&self.0, 2, Full::Wait)).expect("the test listens");
            }
        }
        thread_local!(static AT_THE_END: Cell<Option<AtTheEnd>> = const { Cell::new(None) });
        let queue = Arc::new(Queue::new(1));
        assert_eq!(push(&queue, 1, Full::Wait), []);
        let (sender, pushed) = mpsc::channel();
        let theirs = Arc::clone(&queue);
        let ending = thread::spawn(move || AT_THE_END.set(Some(AtTheEnd(theirs, sender))));
        while queue.waiting.load(Ordering::Relaxed) == 0 {
            thread::yield_now();
        }
        assert_eq!(queue.pop(), Some(1));
        assert_eq!(pushed.recv_timeout(PATIENCE), Ok(vec![]));
        assert_eq!(queue.pop(), Some(2));
        ending.join().expect("no panic");
    }

    /// Everything that is put in is taken out or handed back, once, whatever the policy and whenever the queue is closed.
    #[test]
    fn nothing_is_lost_or_doubled() {
        for round in 0..200 {
            let queue = Queue::new(4);
            let (taken, handed_back) = (AtomicUsize::new(0), AtomicUsize::new(0));
            thread::scope(|scope| {
                let producers = [Full::Wait, Full::LeaveOut, Full::LeaveOutOldest].map(|full| {
                    let (queue, handed_back) = (&queue, &handed_back);
                    scope.spawn(move || {
                        for item in 0..100 {
                            queue.push(
                                item,
                                || full,
                                |_| {
                                    handed_back.fetch_add(1, Ordering::Relaxed);
                                },
                            );
                        }
                    })
                });
                scope.spawn(|| {
                    while queue.pop().is_some() {
                        taken.fetch_add(1, Ordering::Relaxed);
                    }
                });
                if round % 2 == 0 {
                    producers.into_iter().for_each(|producer| producer.join().expect("no panic"));
                }
                queue.close();
            });
            assert_eq!(taken.into_inner() + handed_back.into_inner(), 300);
            assert!(queue.items.is_empty());
        }
    }
}
