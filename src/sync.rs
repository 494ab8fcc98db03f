//! The only door to atomics, cells, locks, threads and wakers: std's, or loom's.
//!
//! What is modelled (`inflight`, `bridge`, `registry`, the gate, a listener's word) takes its primitives from here and
//! from nowhere else, so that loom sees every step of it.

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
    pub(crate) use futures_util::task::AtomicWaker;
    pub(crate) use std::sync::Arc;
    pub(crate) use std::sync::atomic::{AtomicPtr, AtomicU32, AtomicU64, Ordering};
    use std::sync::{self, MutexGuard, PoisonError};
    use std::time::{Duration, Instant};

    /// A lock without poisoning: no foreign code runs under one, so what it guards is whole even if something panicked.
    #[derive(Debug, Default)]
    pub(crate) struct Mutex<T>(sync::Mutex<T>);

    impl<T> Mutex<T> {
        pub(crate) const fn new(value: T) -> Self {
            Self(sync::Mutex::new(value))
        }

        #[inline]
        pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
            self.0.lock().unwrap_or_else(PoisonError::into_inner)
        }
    }

    /// std's condition variable, with a deadline. Each notification is a system call, also if nobody waits.
    #[derive(Debug, Default)]
    pub(crate) struct Condvar(sync::Condvar);

    impl Condvar {
        pub(crate) const fn new() -> Self {
            Self(sync::Condvar::new())
        }

        pub(crate) fn notify_one(&self) {
            self.0.notify_one();
        }

        pub(crate) fn notify_all(&self) {
            self.0.notify_all();
        }

        /// Waits, or wakes up for no reason.
        pub(crate) fn wait<'a, T>(&self, guard: MutexGuard<'a, T>) -> MutexGuard<'a, T> {
            self.0.wait(guard).unwrap_or_else(PoisonError::into_inner)
        }

        /// Waits that long at most, or wakes up for no reason.
        pub(crate) fn wait_for<'a, T>(&self, guard: MutexGuard<'a, T>, limit: Duration) -> MutexGuard<'a, T> {
            self.0.wait_timeout(guard, limit).unwrap_or_else(PoisonError::into_inner).0
        }

        /// As [`wait_for`](Self::wait_for), until then.
        pub(crate) fn wait_until<'a, T>(&self, guard: MutexGuard<'a, T>, deadline: Instant) -> MutexGuard<'a, T> {
            self.wait_for(guard, deadline.saturating_duration_since(Instant::now()))
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
    pub(crate) use loom::sync::atomic::{AtomicPtr, AtomicU32, AtomicU64, Ordering};

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
