//! Calls that wait for a place within a limit: first come, first served.
//!
//! The FFI thread counts the places of a limit itself, in plain cells, and that is all a call costs as long as nobody waits.
//! Once somebody does, a place that becomes free is not given to the next newcomer, but *handed over*: it becomes a permit of
//! tokio's semaphore, which is fair and gives it to the one who has waited longest. A waiter may be dropped on any thread, at
//! any time: its place in the queue is closed, and a permit that it had been given goes to the next, or, if there is none,
//! back to the FFI thread.
//!
//! Places that are handed over count as used until their waiter takes them, so no newcomer takes one: it would overtake.
//!
//! What tokio's semaphore does is played by a stand-in in the models (`src/sync.rs`); the oracle below runs the real one.
//!
//! Everything but [`Waiting`] is the FFI thread's own. Wakers are foreign code: each is woken by itself, contained, and after
//! the counts are right.

use crate::panic::contain_call as contain;
use crate::sync::{Arc, AtomicU32, Ordering, Semaphore, planted};
use futures::future::BoxFuture;
use std::cell::{Cell, OnceCell};
use std::fmt;
use std::mem::ManuallyDrop;
use std::task::{Context, Poll};

/// Those who wait for a place within one limit, or for one event.
#[derive(Debug, Default)]
pub(crate) struct Waiters {
    /// Whether somebody waits, or was handed a place and has not taken it.
    crowded: Cell<bool>,
    /// Places that were handed over and not taken.
    handed: Cell<u32>,
    /// Made for the first that waits.
    shared: OnceCell<Arc<Shared>>,
}

#[derive(Debug)]
struct Shared {
    places: Semaphore,
    /// Raised by the FFI thread alone, lowered by whoever drops a [`Waiting`].
    waiting: AtomicU32,
}

/// Waits for a place. Dropped, it waits no longer, and what it was handed goes on to the next.
pub(crate) struct Waiting {
    /// Ready when it was handed a place. None once it is dropped.
    place: Option<BoxFuture<'static, ()>>,
    shared: Arc<Shared>,
}

impl Waiters {
    /// Whether a place that becomes free may have to be handed over.
    #[inline]
    pub(crate) fn is_crowded(&self) -> bool {
        self.crowded.get()
    }

    /// Joins the queue.
    #[cold]
    pub(crate) fn wait(&self) -> Waiting {
        let shared =
            self.shared.get_or_init(|| Arc::new(Shared { places: Semaphore::new(), waiting: AtomicU32::new(0) }));
        self.crowded.set(true);
        shared.waiting.fetch_add(1, Ordering::Relaxed);
        let theirs = Arc::clone(shared);
        let place = async move { theirs.places.acquire().await };
        Waiting { place: Some(Box::pin(place)), shared: Arc::clone(shared) }
    }

    /// A waiter has taken the place that it was handed: the caller counts it as used by other means from now on.
    pub(crate) fn taken(&self) {
        self.handed.set(self.handed.get().saturating_sub(1));
    }

    /// Whether a newcomer may take a place, if `used` are used of `limit`, when those who wait have got theirs.
    #[cold]
    pub(crate) fn has_place(&self, limit: u32, used: impl Fn() -> u32) -> bool {
        self.hand_over(limit, &used);
        // A permit that is still there after that is nobody's: who was to get it is being dropped just now.
        if let Some(shared) = self.shared.get() {
            self.take_back_idle(shared);
        }
        used() + self.handed.get() < limit
    }

    /// Hands over the places that are free to those who wait.
    #[cold]
    pub(crate) fn hand_over(&self, limit: u32, used: impl Fn() -> u32) {
        let Some(shared) = self.shared.get() else { return };
        self.take_back_idle(shared);
        while self.handed.get() < shared.waiting() && used() + self.handed.get() < limit {
            self.hand_one(shared);
        }
        self.crowded.set(self.handed.get() > 0 || shared.waiting() > 0);
    }

    /// Has everybody who waits look again.
    #[cold]
    pub(crate) fn wake_all(&self) {
        let Some(shared) = self.shared.get() else { return };
        // Not those who join meanwhile: a waker may run anything.
        for _ in self.handed.get()..shared.waiting() {
            self.hand_one(shared);
        }
    }

    fn hand_one(&self, shared: &Shared) {
        self.handed.set(self.handed.get() + 1);
        contain(|| shared.places.add_permit());
    }

    /// Takes back what was handed to somebody who was dropped, while nobody else waited.
    fn take_back_idle(&self, shared: &Shared) {
        if planted("idle_place_is_left") {
            return;
        }
        let idle = shared.places.forget_permits(self.handed.get() as usize);
        self.handed.set(self.handed.get().saturating_sub(idle as u32));
    }
}

impl Shared {
    fn waiting(&self) -> u32 {
        // Acquire pairs with the Release of a drop: what that waiter was handed has gone back before.
        self.waiting.load(Ordering::Acquire)
    }
}

impl Waiting {
    /// Ready when it was handed a place, once.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.place.as_mut().map_or(Poll::Pending, |place| place.as_mut().poll(cx))
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if planted("dropped_waiter_keeps_its_place") {
            let _kept = ManuallyDrop::new(self.place.take());
        }
        // Its waker is foreign, and so is that of the next in the queue.
        contain(|| drop(self.place.take()));
        self.shared.waiting.fetch_sub(1, Ordering::Release);
    }
}

impl fmt::Debug for Waiting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Waiting").finish_non_exhaustive()
    }
}

#[cfg(all(test, not(ffihost_loom)))]
mod oracle {
    //! Random operations on a limit, compared with a plain queue.

    use super::*;
    use futures::task::{ArcWake, waker};
    use proptest::prelude::*;
    use std::collections::VecDeque;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[derive(Clone, Debug)]
    enum Operation {
        /// A newcomer that takes a place or waits.
        Come,
        /// A newcomer that does not wait.
        Try,
        /// One that has a place is done with it.
        Leave,
        /// One that waits looks whether it has a place.
        Look(usize),
        /// One that waits is dropped, here or on another thread.
        Drop(usize, bool),
    }

    fn operation() -> impl Strategy<Value = Operation> {
        prop_oneof![
            4 => Just(Operation::Come),
            2 => Just(Operation::Try),
            4 => Just(Operation::Leave),
            4 => any::<usize>().prop_map(Operation::Look),
            2 => (any::<usize>(), any::<bool>()).prop_map(|(nth, elsewhere)| Operation::Drop(nth, elsewhere)),
        ]
    }

    #[derive(Default)]
    struct Woken(AtomicUsize);

    impl ArcWake for Woken {
        fn wake_by_ref(this: &Arc<Self>) {
            this.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    struct Waiter {
        number: usize,
        waiting: Waiting,
        woken: Arc<Woken>,
    }

    /// The real thing, and beside it what a queue says: who waits in which order, and who was given a place.
    struct Limit {
        limit: u32,
        used: Cell<u32>,
        waiters: Waiters,
        waiting: Vec<Waiter>,
        queue: VecDeque<usize>,
        given: Vec<usize>,
        came: usize,
    }

    impl Limit {
        fn new(limit: u32) -> Self {
            let waiters = Waiters::default();
            Self { limit, used: Cell::new(0), waiters, waiting: vec![], queue: VecDeque::new(), given: vec![], came: 0 }
        }

        fn free(&self) -> u32 {
            self.limit - self.used.get() - self.given.len() as u32
        }

        fn take_place(&self) -> bool {
            let place = if self.waiters.is_crowded() {
                self.waiters.has_place(self.limit, || self.used.get())
            } else {
                self.used.get() < self.limit
            };
            if place {
                self.used.set(self.used.get() + 1);
            }
            place
        }

        /// Gives what is free to whoever has waited longest.
        fn serve(&mut self) {
            while self.free() > 0
                && let Some(next) = self.queue.pop_front()
            {
                self.given.push(next);
            }
        }

        fn apply(&mut self, operation: &Operation) {
            match *operation {
                Operation::Come => {
                    let free = self.free() > 0;
                    assert_eq!(self.take_place(), free);
                    if !free {
                        self.wait();
                    }
                }
                Operation::Try => {
                    let free = self.free() > 0;
                    assert_eq!(self.take_place(), free, "it never overtakes, and is not refused what is free");
                }
                Operation::Leave if self.used.get() == 0 => {}
                Operation::Leave => {
                    self.used.set(self.used.get() - 1);
                    if self.waiters.is_crowded() {
                        self.waiters.hand_over(self.limit, || self.used.get());
                    }
                    self.serve();
                }
                Operation::Look(nth) if !self.waiting.is_empty() => self.look(nth % self.waiting.len()),
                Operation::Drop(nth, elsewhere) if !self.waiting.is_empty() => {
                    let Waiter { number, waiting, .. } = self.waiting.remove(nth % self.waiting.len());
                    if elsewhere {
                        std::thread::spawn(move || drop(waiting)).join().expect("no panic");
                    } else {
                        drop(waiting);
                    }
                    self.queue.retain(|other| *other != number);
                    self.given.retain(|other| *other != number);
                    self.serve();
                }
                Operation::Look(_) | Operation::Drop(..) => {}
            }
            assert!(self.used.get() + self.waiters.handed.get() <= self.limit);
            for waiter in &self.waiting {
                let given = self.given.contains(&waiter.number);
                assert_eq!(waiter.woken.0.load(Ordering::Relaxed), usize::from(given), "woken once, and for a place");
            }
        }

        fn wait(&mut self) {
            let mut waiter =
                Waiter { number: self.came, waiting: self.waiters.wait(), woken: Arc::new(Woken::default()) };
            let waker = waker(Arc::clone(&waiter.woken));
            assert!(waiter.waiting.poll(&mut Context::from_waker(&waker)).is_pending());
            self.queue.push_back(self.came);
            self.came += 1;
            self.waiting.push(waiter);
        }

        fn look(&mut self, nth: usize) {
            let waiter = &mut self.waiting[nth];
            let waker = waker(Arc::clone(&waiter.woken));
            let ready = waiter.waiting.poll(&mut Context::from_waker(&waker)).is_ready();
            assert_eq!(ready, self.given.contains(&waiter.number), "first come, first served");
            if ready {
                let waiter = self.waiting.remove(nth);
                self.given.retain(|other| *other != waiter.number);
                self.waiters.taken();
                self.used.set(self.used.get() + 1);
                drop(waiter);
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn a_limit_serves_as_a_queue_does(limit in 1..4u32, operations in prop::collection::vec(operation(), 1..200)) {
            let mut limited = Limit::new(limit);
            for operation in &operations {
                limited.apply(operation);
            }
            // Everybody gets a place in the end, and nothing is left over.
            while !limited.waiting.is_empty() || limited.used.get() > 0 {
                limited.apply(&Operation::Leave);
                (0..limited.waiting.len()).rev().for_each(|nth| limited.look(nth));
            }
            prop_assert!(limited.take_place());
            limited.apply(&Operation::Leave);
            prop_assert_eq!(limited.waiters.handed.get(), 0);
        }
    }

    #[test]
    fn a_waker_that_panics_is_nobodys_trouble() {
        struct Bomb;
        impl ArcWake for Bomb {
            fn wake_by_ref(_: &Arc<Self>) {
                std::panic::resume_unwind(Box::new("planted"));
            }
        }
        let waiters = Waiters::default();
        let woken = Arc::new(Woken::default());
        let (mut first, mut second) = (waiters.wait(), waiters.wait());
        assert!(first.poll(&mut Context::from_waker(&waker(Arc::new(Bomb)))).is_pending());
        assert!(second.poll(&mut Context::from_waker(&waker(Arc::clone(&woken)))).is_pending());
        waiters.hand_over(2, || 0);
        assert_eq!(woken.0.load(Ordering::Relaxed), 1);
        let woken = waker(woken);
        assert!(first.poll(&mut Context::from_waker(&woken)).is_ready());
        assert!(second.poll(&mut Context::from_waker(&woken)).is_ready());
    }
}
