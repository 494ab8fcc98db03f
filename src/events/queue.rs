//! The queue to the event thread: many put in, one takes out, and there is a bound. See
//! `docs/adr/0009-event-queue.md` for why this is a queue under a lock and not a channel.
//!
//! Nothing is dropped under the lock: what does not stay in the queue is handed to who put in.

use crate::sync::{Condvar, Mutex};
use std::collections::VecDeque;
use std::mem;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Looks at an empty queue before it is slept at: one half after pauses of doubling length, the other after turns of other
/// threads.
const WATCH: u32 = 12;

/// Pauses after the first item of a burst.
const GATHER: u32 = 64;

/// What becomes of an item for which there is no room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Full {
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
pub(super) struct Queue<T> {
    inner: Mutex<Inner<T>>,
    filled: Condvar,
    emptied: Condvar,
    capacity: usize,
    /// So many are taken at once, at most: few beside the capacity, which they do not count for any more.
    at_once: usize,
    /// As many as there are, for one who looks before it locks.
    length: AtomicUsize,
}

#[derive(Debug)]
struct Inner<T> {
    items: VecDeque<T>,
    closed: bool,
    /// Whether the one who takes out sleeps: only then it is worth a notification.
    sleeps: bool,
    /// Those who wait for room, likewise.
    waiting: usize,
}

impl<T> Queue<T> {
    /// A queue of that many items, of which there is one at least.
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            inner: Mutex::new(Inner { items: VecDeque::new(), closed: false, sleeps: false, waiting: 0 }),
            filled: Condvar::new(),
            emptied: Condvar::new(),
            capacity: capacity.max(1),
            at_once: (capacity / 64).clamp(1, 16),
            length: AtomicUsize::new(0),
        }
    }

    /// Makes room for all that it may hold, so that putting in allocates nothing.
    pub(super) fn reserve(&self) {
        self.inner.lock().items.reserve_exact(self.capacity);
    }

    /// Puts an item last; returns one that is left out: this one or the oldest, if there is no room, and this one if the
    /// queue is closed. For the caller to drop.
    #[must_use = "what is left out is dropped by the caller, under no lock"]
    pub(super) fn push(&self, item: T, full: Full) -> Option<T> {
        let mut inner = self.inner.lock();
        let mut left_out = None;
        while inner.items.len() >= self.capacity && !inner.closed {
            match full {
                Full::Wait => {
                    inner.waiting += 1;
                    inner = self.emptied.wait(inner);
                    inner.waiting -= 1;
                }
                Full::LeaveOutOldest => left_out = inner.items.pop_front(),
                Full::LeaveOut => return Some(item),
            }
        }
        if inner.closed {
            return Some(item);
        }
        inner.items.push_back(item);
        self.length.store(inner.items.len(), Ordering::Relaxed);
        let sleeps = mem::take(&mut inner.sleeps);
        drop(inner);
        if sleeps {
            self.filled.notify_one();
        }
        left_out
    }

    /// The next item; waits for one, until the queue is closed. `taken` is the taker's own, and empty at first: of a long queue
    /// it takes several at once, so that it does not meet those who put in at the lock for each.
    pub(super) fn pop(&self, taken: &mut VecDeque<T>) -> Option<T> {
        if let Some(item) = taken.pop_front() {
            return Some(item);
        }
        self.watch();
        let mut inner = self.inner.lock();
        loop {
            if let Some(item) = inner.items.pop_front() {
                let more = inner.items.len().min(self.at_once - 1);
                taken.extend(inner.items.drain(..more));
                self.length.store(inner.items.len(), Ordering::Relaxed);
                let waits = inner.waiting > 0;
                drop(inner);
                if waits {
                    self.emptied.notify_all();
                }
                return Some(item);
            }
            if inner.closed {
                return None;
            }
            inner.sleeps = true;
            inner = self.filled.wait(inner);
        }
    }

    /// Waits a little for an item without sleeping: of those that are put in one after the other only the first pays for waking.
    fn watch(&self) {
        for look in 0..WATCH {
            if self.length.load(Ordering::Relaxed) > 0 {
                if look > 0 {
                    // Who put it in is at it: a moment later there are several, and neither waits for the other's cache line.
                    (0..GATHER).for_each(|_| std::hint::spin_loop());
                }
                return;
            }
            if look < WATCH / 2 {
                (0..1 << look).for_each(|_| std::hint::spin_loop());
            } else {
                std::thread::yield_now();
            }
        }
    }

    /// Takes nothing more. What was put in before is still taken out, and nobody waits any longer.
    pub(super) fn close(&self) {
        self.inner.lock().closed = true;
        self.filled.notify_all();
        self.emptied.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread;
    use std::time::Duration;

    #[test]
    fn what_was_put_in_before_the_closing_is_taken_out() {
        let queue = Queue::new(2);
        assert_eq!(queue.push(1, Full::LeaveOut), None);
        assert_eq!(queue.push(2, Full::Wait), None);
        queue.close();
        assert_eq!(queue.push(3, Full::Wait), Some(3));
        let taken = &mut VecDeque::new();
        assert_eq!((queue.pop(taken), queue.pop(taken), queue.pop(taken)), (Some(1), Some(2), None));
    }

    #[test]
    fn one_is_left_out_of_a_full_queue() {
        let queue = Queue::new(0);
        assert_eq!(queue.push(1, Full::LeaveOut), None, "there is room for one");
        assert_eq!(queue.push(2, Full::LeaveOut), Some(2));
        assert_eq!(queue.push(3, Full::LeaveOutOldest), Some(1));
        assert_eq!(queue.pop(&mut VecDeque::new()), Some(3));
    }

    #[test]
    fn several_of_a_long_queue_are_taken_at_once_in_their_order() {
        let queue = Queue::new(256);
        let taken = &mut VecDeque::new();
        (0..10).for_each(|item| assert_eq!(queue.push(item, Full::LeaveOut), None));
        assert_eq!(queue.pop(taken), Some(0));
        assert_eq!(*taken, [1, 2, 3]);
        queue.close();
        assert!((1..10).all(|item| queue.pop(taken) == Some(item)));
        assert_eq!(queue.pop(taken), None);
    }

    #[test]
    fn the_closing_ends_every_wait() {
        let (full, empty) = (Queue::new(1), Queue::<u32>::new(1));
        assert_eq!(full.push(1, Full::Wait), None);
        thread::scope(|scope| {
            let producers = [2, 3].map(|item| {
                scope.spawn({
                    let full = &full;
                    move || full.push(item, Full::Wait)
                })
            });
            let consumer = scope.spawn(|| empty.pop(&mut VecDeque::new()));
            thread::sleep(Duration::from_millis(20));
            full.close();
            empty.close();
            let left_out = producers.map(|producer| producer.join().expect("no panic"));
            assert_eq!(left_out, [Some(2), Some(3)]);
            assert_eq!(consumer.join().expect("no panic"), None);
        });
    }
}
