//! The only door to atomics, cells, locks, threads and wakers: std's and parking_lot's, or loom's.
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
    pub(crate) use parking_lot::{Condvar, Mutex};
    pub(crate) use std::sync::Arc;
    pub(crate) use std::sync::atomic::{AtomicPtr, AtomicU32, AtomicU64, Ordering};

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

    /// loom's mutex with parking_lot's interface.
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
