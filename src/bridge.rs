//! From any thread to the FFI thread: a queue of completions, and the signal that wakes its consumer.
//!
//! # The guarantee
//!
//! Whoever pushes and then notifies is seen: after [`Signal::notify`] returns, the consumer either has not yet looked for
//! the last time before it sleeps, or it is woken. That needs nobody else: everybody who pushes notifies, also when the queue
//! was not empty, since whoever found it empty may be suspended before its own notification. Notifications coalesce: however
//! many come while the consumer is awake or being woken, it is woken once.
//!
//! # The queue
//!
//! [`Completions`] is a list of slots, linked through the slots themselves. Answerers push at the head with a
//! compare-and-swap; the consumer takes the whole list with one swap, so a slot that comes back to the head (ABA) can
//! do no harm, and turns it around into the order of arrival. Push is Release and take is Acquire: what was written to a
//! slot before the push is seen by the consumer after the take, also by way of later pushes, which continue the release
//! sequence as read-modify-writes.
//!
//! # The signal
//!
//! One word: `RUNNING`, `NOTIFIED`, `SLEEPING` or `SPINNING`, and a waker.
//!
//! - notify: swap in NOTIFIED. Only who finds SLEEPING wakes the waker; who finds SPINNING knows that the consumer is
//!   watching the word; who finds RUNNING or NOTIFIED knows that the consumer looks again before it sleeps.
//! - sleep: keep the waker, then swap RUNNING for SLEEPING. If that fails the word is NOTIFIED: look again instead.
//!   The waker is kept *before*, so whoever sees SLEEPING finds it.
//! - spin: the loop's park hook swaps SLEEPING for SPINNING, watches for a while, and swaps back. If that fails the word
//!   is NOTIFIED, and the hook wakes the loop itself: no system call on either side.
//!
//! All of these are AcqRel read-modify-writes on one word, so they are totally ordered and each sees what happened before
//! those that it follows: a notifier's push happens before the consumer's next look if its swap came first, and if it came
//! second it saw SLEEPING.

use crate::sync::{AtomicPtr, AtomicU32, AtomicWaker, Mutex, Ordering, planted};
use std::collections::VecDeque;
use std::ptr;
use std::task::{Context, Poll, Waker};

/// What can be in a [`Completions`].
pub(crate) trait Linked: Sized {
    /// What is below it in the list. Written by who pushes it, then by the consumer.
    fn link(&self) -> &AtomicPtr<Self>;
}

/// A list of slots: many push, one takes all.
#[derive(Debug)]
pub(crate) struct Completions<T> {
    /// What is on top; null when the list is empty.
    head: AtomicPtr<T>,
}

impl<T: Linked> Completions<T> {
    pub(crate) fn new() -> Self {
        Self { head: AtomicPtr::new(ptr::null_mut()) }
    }

    /// Puts an item on top. Notify after this, whoever pushed before.
    ///
    /// # Safety
    ///
    /// It is in no list, and lives as long as this one.
    #[inline]
    pub(crate) unsafe fn push(&self, item: &T) {
        let mut head = self.head.load(Ordering::Relaxed);
        loop {
            item.link().store(head, Ordering::Relaxed);
            let order = if planted("push_relaxed") { Ordering::Relaxed } else { Ordering::Release };
            match self.head.compare_exchange_weak(head, ptr::from_ref(item).cast_mut(), order, Ordering::Relaxed) {
                Ok(_) => return,
                Err(now) => head = now,
            }
        }
    }

    /// Takes the whole list, turned around: the first pushed is returned, and [`follow`](Self::follow) gives the next.
    pub(crate) fn take(&self) -> Option<&T> {
        if self.is_empty() {
            return None;
        }
        let mut rest = self.head.swap(ptr::null_mut(), Ordering::Acquire);
        let mut turned = ptr::null_mut();
        // SAFETY: null, or an item that was pushed, which lives.
        while let Some(item) = unsafe { rest.as_ref() } {
            let below = item.link().load(Ordering::Relaxed);
            item.link().store(turned, Ordering::Relaxed);
            turned = rest;
            rest = below;
        }
        // SAFETY: as above.
        unsafe { turned.as_ref() }
    }

    /// The item after this one, in a list that was taken and not used again since.
    pub(crate) fn follow(&self, item: &T) -> Option<&T> {
        // SAFETY: null, or an item that was pushed, which lives as long as this list.
        unsafe { item.link().load(Ordering::Relaxed).as_ref() }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.head.load(Ordering::Relaxed).is_null()
    }
}

/// What other threads want done by the consumer, until it takes no more.
///
/// Closing and pushing are decided under one lock: what was pushed is popped, or handed out by the closing; nothing is
/// added after that.
#[derive(Debug)]
pub(crate) struct Inbox<T>(Mutex<Option<VecDeque<T>>>);

impl<T> Inbox<T> {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(Some(VecDeque::new())))
    }

    /// Puts an item last, or hands it back after the closing.
    pub(crate) fn push(&self, item: T) -> Result<(), T> {
        match &mut *self.0.lock() {
            Some(items) => {
                items.push_back(item);
                Ok(())
            }
            None => Err(item),
        }
    }

    pub(crate) fn pop(&self) -> Option<T> {
        self.0.lock().as_mut()?.pop_front()
    }

    /// Takes no more, and hands out what is left, to be dropped under no lock.
    #[must_use = "what is left is dropped by the caller, under no lock"]
    pub(crate) fn close(&self) -> VecDeque<T> {
        let mut items = self.0.lock();
        let left = items.take().unwrap_or_default();
        if planted("inbox_stays_open") {
            *items = Some(VecDeque::new());
        }
        left
    }
}

const RUNNING: u32 = 0;
const NOTIFIED: u32 = 1;
const SLEEPING: u32 = 2;
const SPINNING: u32 = 3;

/// Wakes one consumer: never in vain while it is awake, always when it sleeps.
#[derive(Debug)]
pub(crate) struct Signal {
    state: AtomicU32,
    waker: AtomicWaker,
}

impl Signal {
    pub(crate) fn new() -> Self {
        Self { state: AtomicU32::new(RUNNING), waker: AtomicWaker::new() }
    }

    /// Makes the consumer look again. Any thread; cheap unless the consumer sleeps. Returns whether it had to be woken.
    pub(crate) fn notify(&self) -> bool {
        let sleeping = if planted("notify_without_swap") {
            let before = self.state.load(Ordering::Acquire);
            self.state.store(NOTIFIED, Ordering::Release);
            before == SLEEPING
        } else {
            self.state.swap(NOTIFIED, Ordering::AcqRel) == SLEEPING
        };
        let wakes = sleeping || planted("wake_always");
        if wakes {
            self.waker.wake();
        }
        wakes
    }

    /// Ready after a notification that was not yet consumed; look for work after that. Consumer only.
    pub(crate) fn poll_notified(&self, cx: &mut Context<'_>) -> Poll<()> {
        if self.state.swap(RUNNING, Ordering::AcqRel) == NOTIFIED {
            return Poll::Ready(());
        }
        if planted("sleep_before_register") {
            let slept = self.try_sleep();
            self.waker.register(cx.waker());
            return if slept { Poll::Pending } else { Poll::Ready(()) };
        }
        self.waker.register(cx.waker());
        if self.try_sleep() { Poll::Pending } else { Poll::Ready(()) }
    }

    fn try_sleep(&self) -> bool {
        let asleep = self.state.compare_exchange(RUNNING, SLEEPING, Ordering::AcqRel, Ordering::Acquire).is_ok();
        if !asleep {
            // A swap and not a store: it also takes in a notification that came after the exchange failed.
            if planted("clear_without_swap") {
                self.state.store(RUNNING, Ordering::Relaxed);
            } else {
                self.state.swap(RUNNING, Ordering::AcqRel);
            }
        }
        asleep
    }

    /// Watches for a notification instead of sleeping, as long as `go_on` says so, and wakes the consumer's task if one
    /// came. Only on the consumer's thread, and only when it has nothing else to do.
    pub(crate) fn spin(&self, mut go_on: impl FnMut() -> bool) -> bool {
        if self.state.compare_exchange(SLEEPING, SPINNING, Ordering::AcqRel, Ordering::Relaxed).is_err() {
            return false;
        }
        while self.state.load(Ordering::Relaxed) == SPINNING && go_on() {
            std::hint::spin_loop();
        }
        let notified = self.state.compare_exchange(SPINNING, SLEEPING, Ordering::AcqRel, Ordering::Acquire).is_err();
        if notified && !planted("spin_without_wake") {
            self.waker.wake();
        }
        notified
    }

    /// Forgets the consumer, so that another may come.
    pub(crate) fn reset(&self) -> Option<Waker> {
        let waker = self.waker.take();
        self.state.store(RUNNING, Ordering::Release);
        waker
    }
}

#[cfg(all(test, not(ffihost_loom)))]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::AtomicUsize;
    use std::task::Wake;

    #[derive(Default)]
    struct Wakes(AtomicUsize);

    impl Wake for Wakes {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// A signal whose consumer sleeps, and what counts how often it is woken.
    fn asleep() -> (Signal, Arc<Wakes>, Waker) {
        let (signal, wakes) = (Signal::new(), Arc::new(Wakes::default()));
        let waker = Waker::from(Arc::clone(&wakes));
        assert!(signal.poll_notified(&mut Context::from_waker(&waker)).is_pending());
        (signal, wakes, waker)
    }

    #[test]
    fn a_notification_ends_the_spinning_and_wakes() {
        let (signal, wakes, waker) = asleep();
        let mut looks = 0;
        let notified = signal.spin(|| {
            looks += 1;
            assert!(looks > 1 || !signal.notify(), "nobody has to be woken by the notifier");
            true
        });
        assert_eq!((notified, looks, wakes.0.load(Ordering::Relaxed)), (true, 1, 1));
        assert!(signal.poll_notified(&mut Context::from_waker(&waker)).is_ready());
    }

    #[test]
    fn spinning_without_a_notification_wakes_nobody_and_sleeps_again() {
        let (signal, wakes, _) = asleep();
        let mut looks = 0;
        let notified = signal.spin(|| {
            looks += 1;
            looks < 3
        });
        assert_eq!((notified, looks, wakes.0.load(Ordering::Relaxed)), (false, 3, 0));
        assert!(signal.notify(), "it sleeps");
        assert_eq!(wakes.0.load(Ordering::Relaxed), 1);
        assert!(!signal.spin(|| panic!("a notification is there")), "what is not asleep does not spin");
    }

    #[test]
    fn a_consumer_that_is_forgotten_is_not_woken() {
        let (signal, wakes, waker) = asleep();
        assert!(signal.reset().is_some_and(|kept| kept.will_wake(&waker)));
        assert!(!signal.notify());
        assert_eq!(wakes.0.load(Ordering::Relaxed), 0);
        assert!(signal.reset().is_none());
    }

    #[test]
    fn an_inbox_is_a_queue_until_it_is_closed() {
        let inbox = Inbox::new();
        assert_eq!((1..4).try_for_each(|item| inbox.push(item)), Ok(()));
        assert_eq!(inbox.pop(), Some(1));
        assert_eq!(inbox.close(), [2, 3]);
        assert_eq!((inbox.push(4), inbox.pop(), inbox.close().len()), (Err(4), None, 0));
    }
}
