//! The only door to atomics, cells, locks, threads and wakers: std's, or loom's.
//!
//! What is modelled takes its primitives from here and from nowhere else, so that loom sees every step of it. Locks are
//! parking_lot's: they know no poison, which is right here, since no foreign code runs under one and what it guards is whole
//! even if something panicked. Threads that wait for a change of state wait for an [`Event`], which is event-listener's.

#[cfg(ffihost_loom)]
pub(crate) use self::model::*;
#[cfg(not(ffihost_loom))]
pub(crate) use self::real::*;

/// Whether the named bug is planted. Always false outside of the models; there, the environment variable
/// `FFIHOST_PLANT` names one, to show that the model which guards against it fails.
#[inline(always)]
pub(crate) fn planted(name: &str) -> bool {
    #[cfg(ffihost_loom)]
    {
        static PLANT: std::sync::LazyLock<String> =
            std::sync::LazyLock::new(|| std::env::var("FFIHOST_PLANT").unwrap_or_default());
        *PLANT == name
    }
    #[cfg(not(ffihost_loom))]
    {
        let _ = name;
        false
    }
}

#[cfg(not(ffihost_loom))]
mod real {
    use event_listener::Listener;
    pub(crate) use futures::task::AtomicWaker;
    pub(crate) use parking_lot::Mutex;
    pub(crate) use std::sync::atomic::{AtomicPtr, AtomicU32, AtomicU64, Ordering, fence};
    pub(crate) use std::sync::{Arc, OnceLock};
    use std::time::Instant;

    /// A fair semaphore, tokio's, whose permits are used up. It begins with none.
    #[derive(Debug)]
    pub(crate) struct Semaphore(tokio::sync::Semaphore);

    impl Semaphore {
        pub(crate) fn new() -> Self {
            Self(tokio::sync::Semaphore::new(0))
        }

        /// Uses a permit up, when it has come to be this one's turn. Dropped before, it gives it to the next.
        pub(crate) async fn acquire(&self) {
            // Without tokio's budget: one that has used it up would not even join the queue. It is never closed.
            if let Ok(permit) = tokio::task::unconstrained(self.0.acquire()).await {
                permit.forget();
            }
        }

        /// One permit more: for the one that has waited longest, or for whoever comes.
        pub(crate) fn add_permit(&self) {
            self.0.add_permits(1);
        }

        /// Takes back permits that nobody has got, `count` at most; returns how many.
        pub(crate) fn forget_permits(&self, count: usize) -> usize {
            self.0.forget_permits(count)
        }
    }

    /// A bounded queue, crossbeam-channel's: what it can do without waiting.
    #[derive(Debug)]
    pub(crate) struct Channel<T> {
        sender: crossbeam_channel::Sender<T>,
        receiver: crossbeam_channel::Receiver<T>,
    }

    impl<T> Channel<T> {
        /// Room for all that it may hold is made here.
        pub(crate) fn new(capacity: usize) -> Self {
            let (sender, receiver) = crossbeam_channel::bounded(capacity);
            Self { sender, receiver }
        }

        /// Hands the item back if there is no room.
        #[inline]
        pub(crate) fn try_send(&self, item: T) -> Result<(), T> {
            self.sender.try_send(item).map_err(crossbeam_channel::TrySendError::into_inner)
        }

        #[inline]
        pub(crate) fn try_recv(&self) -> Option<T> {
            self.receiver.try_recv().ok()
        }

        pub(crate) fn is_empty(&self) -> bool {
            self.receiver.is_empty()
        }
    }

    /// A change of state that threads wait for. The state itself is elsewhere: whoever changes it notifies after that, and
    /// whoever waits looks at it before and after it has begun to listen.
    #[derive(Debug, Default)]
    pub(crate) struct Event(event_listener::Event);

    impl Event {
        pub(crate) const fn new() -> Self {
            Self(event_listener::Event::new())
        }

        /// Has every thread that waits look again. A fence (sequentially consistent) inside orders it after the change.
        pub(crate) fn notify_all(&self) {
            self.0.notify(usize::MAX);
        }

        /// Waits until `look` finds what is waited for.
        pub(crate) fn wait<R>(&self, mut look: impl FnMut() -> Option<R>) -> R {
            loop {
                if let Some(found) = look() {
                    return found;
                }
                // In this frame, which is left after it: waiting allocates nothing.
                event_listener::listener!(self.0 => listener);
                if let Some(found) = look() {
                    return found;
                }
                listener.wait();
            }
        }

        /// As [`wait`](Self::wait), until the deadline; then it looks once more.
        pub(crate) fn wait_until<R>(&self, deadline: Instant, mut look: impl FnMut() -> Option<R>) -> Option<R> {
            loop {
                if let Some(found) = look() {
                    return Some(found);
                }
                // In this frame, which is left after it: waiting allocates nothing.
                event_listener::listener!(self.0 => listener);
                if let Some(found) = look() {
                    return Some(found);
                }
                if listener.wait_deadline(deadline).is_none() {
                    return look();
                }
            }
        }
    }

    /// A cell with loom's interface: access is by closure, so that the model can see where it begins and ends.
    #[derive(Debug)]
    pub(crate) struct UnsafeCell<T>(std::cell::UnsafeCell<T>);

    impl<T> UnsafeCell<T> {
        pub(crate) const fn new(value: T) -> Self {
            Self(std::cell::UnsafeCell::new(value))
        }

        #[inline(always)]
        pub(crate) fn with<R>(&self, f: impl FnOnce(*const T) -> R) -> R {
            f(self.0.get())
        }

        #[inline(always)]
        pub(crate) fn with_mut<R>(&self, f: impl FnOnce(*mut T) -> R) -> R {
            f(self.0.get())
        }
    }
}

#[cfg(ffihost_loom)]
mod model {
    pub(crate) use loom::cell::UnsafeCell;
    pub(crate) use loom::sync::Arc;
    pub(crate) use loom::sync::atomic::{AtomicPtr, AtomicU32, AtomicU64, Ordering, fence};

    /// loom's waker cell with the interface of futures'.
    #[derive(Debug)]
    pub(crate) struct AtomicWaker(loom::future::AtomicWaker);

    impl AtomicWaker {
        pub(crate) fn new() -> Self {
            Self(loom::future::AtomicWaker::new())
        }

        pub(crate) fn register(&self, waker: &std::task::Waker) {
            self.0.register_by_ref(waker);
        }

        pub(crate) fn wake(&self) {
            self.0.wake();
        }

        pub(crate) fn take(&self) -> Option<std::task::Waker> {
            self.0.take_waker()
        }
    }

    /// A bounded queue: a model of crossbeam-channel's, with the same interface. What was sent is received after it, which is
    /// all that is relied on.
    #[derive(Debug)]
    pub(crate) struct Channel<T> {
        items: Mutex<std::collections::VecDeque<T>>,
        capacity: usize,
    }

    impl<T> Channel<T> {
        pub(crate) fn new(capacity: usize) -> Self {
            Self { items: Mutex::new(std::collections::VecDeque::new()), capacity }
        }

        pub(crate) fn try_send(&self, item: T) -> Result<(), T> {
            let mut items = self.items.lock();
            if items.len() == self.capacity {
                return Err(item);
            }
            items.push_back(item);
            Ok(())
        }

        pub(crate) fn try_recv(&self) -> Option<T> {
            self.items.lock().pop_front()
        }

        pub(crate) fn is_empty(&self) -> bool {
            self.items.lock().is_empty()
        }
    }

    /// A fair semaphore: a model of tokio's, with the interface of ours. A permit that one was given who is dropped goes to the
    /// next, as tokio's does.
    #[derive(Debug)]
    pub(crate) struct Semaphore(Mutex<Permits>);

    #[derive(Debug, Default)]
    struct Permits {
        /// Nobody's.
        idle: usize,
        /// Who waits, in the order in which they came, by a number that is used once.
        queue: std::collections::VecDeque<(usize, std::task::Waker)>,
        /// Who was given one, and has not looked.
        given: Vec<usize>,
        came: usize,
    }

    impl Permits {
        /// Returns the waker of the one who gets it.
        fn add(&mut self) -> Option<std::task::Waker> {
            let Some((number, waker)) = self.queue.pop_front() else {
                self.idle += 1;
                return None;
            };
            self.given.push(number);
            Some(waker)
        }

        fn take(&mut self, number: usize) -> bool {
            let before = self.given.len();
            self.given.retain(|other| *other != number);
            self.given.len() < before
        }
    }

    impl Semaphore {
        pub(crate) fn new() -> Self {
            Self(Mutex::new(Permits::default()))
        }

        pub(crate) fn acquire(&self) -> impl Future<Output = ()> + Send {
            Acquire { semaphore: self, number: None }
        }

        pub(crate) fn add_permit(&self) {
            let woken = self.0.lock().add();
            woken.into_iter().for_each(std::task::Waker::wake);
        }

        pub(crate) fn forget_permits(&self, count: usize) -> usize {
            let mut permits = self.0.lock();
            let forgotten = permits.idle.min(count);
            permits.idle -= forgotten;
            forgotten
        }
    }

    struct Acquire<'a> {
        semaphore: &'a Semaphore,
        /// None before it waits, and after.
        number: Option<usize>,
    }

    impl Future for Acquire<'_> {
        type Output = ();

        fn poll(mut self: std::pin::Pin<&mut Self>, cx: &mut std::task::Context<'_>) -> std::task::Poll<()> {
            let mut permits = self.semaphore.0.lock();
            let is_given = match self.number {
                Some(number) => permits.take(number),
                None => permits.idle > 0,
            };
            if is_given {
                if self.number.is_none() {
                    permits.idle -= 1;
                }
                drop(permits);
                self.number = None;
                return std::task::Poll::Ready(());
            }
            let number = self.number.unwrap_or(permits.came);
            match permits.queue.iter_mut().find(|(other, _)| *other == number) {
                Some((_, waker)) => waker.clone_from(cx.waker()),
                None => {
                    permits.came += 1;
                    permits.queue.push_back((number, cx.waker().clone()));
                }
            }
            drop(permits);
            self.number = Some(number);
            std::task::Poll::Pending
        }
    }

    impl Drop for Acquire<'_> {
        fn drop(&mut self) {
            let Some(number) = self.number else { return };
            let mut permits = self.semaphore.0.lock();
            permits.queue.retain(|(other, _)| *other != number);
            let woken = if permits.take(number) { permits.add() } else { None };
            drop(permits);
            woken.into_iter().for_each(std::task::Waker::wake);
        }
    }

    /// A cell that is written once: a model of std's, with the same interface. A value that is there is seen with what was done
    /// before it was made.
    #[derive(Debug)]
    pub(crate) struct OnceLock<T> {
        made: AtomicU32,
        making: Mutex<()>,
        value: std::sync::OnceLock<T>,
    }

    impl<T> OnceLock<T> {
        pub(crate) fn new() -> Self {
            Self { made: AtomicU32::new(0), making: Mutex::new(()), value: std::sync::OnceLock::new() }
        }

        pub(crate) fn get(&self) -> Option<&T> {
            let made = self.made.load(Ordering::Acquire) != 0;
            made.then(|| self.value.get().expect("it was made"))
        }

        pub(crate) fn get_or_init(&self, make: impl FnOnce() -> T) -> &T {
            let making = self.making.lock();
            let value = self.value.get_or_init(make);
            self.made.store(1, Ordering::Release);
            drop(making);
            value
        }
    }

    /// A change of state that threads wait for: a model of event-listener's, with the same interface. It counts the
    /// notifications, so that none between the look and the wait is lost. Time does not pass in a model: a wait with a
    /// deadline gives the other threads a turn, and then is over.
    #[derive(Debug)]
    pub(crate) struct Event {
        notified: loom::sync::Mutex<usize>,
        changed: loom::sync::Condvar,
    }

    impl Event {
        pub(crate) fn new() -> Self {
            Self { notified: loom::sync::Mutex::new(0), changed: loom::sync::Condvar::new() }
        }

        pub(crate) fn notify_all(&self) {
            *self.notified.lock().expect("a model that panicked has failed already") += 1;
            self.changed.notify_all();
        }

        pub(crate) fn wait<R>(&self, mut look: impl FnMut() -> Option<R>) -> R {
            loop {
                let seen = *self.notified.lock().expect("a model that panicked has failed already");
                if let Some(found) = look() {
                    return found;
                }
                let mut notified = self.notified.lock().expect("a model that panicked has failed already");
                while *notified == seen {
                    notified = self.changed.wait(notified).expect("a model that panicked has failed already");
                }
            }
        }

        pub(crate) fn wait_until<R>(
            &self,
            _deadline: std::time::Instant,
            mut look: impl FnMut() -> Option<R>,
        ) -> Option<R> {
            look().or_else(|| {
                loom::thread::yield_now();
                look()
            })
        }
    }

    /// loom's mutex with the interface of ours.
    #[derive(Debug, Default)]
    pub(crate) struct Mutex<T>(loom::sync::Mutex<T>);

    impl<T> Mutex<T> {
        pub(crate) fn new(value: T) -> Self {
            Self(loom::sync::Mutex::new(value))
        }

        pub(crate) fn lock(&self) -> loom::sync::MutexGuard<'_, T> {
            self.0.lock().expect("a model that panicked has failed already")
        }
    }
}
