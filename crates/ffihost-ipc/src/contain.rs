//! Contains panics of code that is not this crate's: of closures that a user passed, and of the library that is served.
//!
//! Each call and each drop of foreign code is contained by itself. So a panic ends no task, the task does the rest of its work,
//! and no second panic begins while one unwinds, which would abort the process.

use std::any::Any;
use std::fmt;
use std::mem::ManuallyDrop;
use std::ops::{Deref, DerefMut};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// The payload of a panic.
pub(crate) type Payload = Box<dyn Any + Send>;

/// Runs foreign code. A panic is logged, and gives `None`.
pub(crate) fn contain<R>(what: &str, body: impl FnOnce() -> R) -> Option<R> {
    catch_unwind(AssertUnwindSafe(body)).map_err(|payload| report(what, payload)).ok()
}

/// Drops a foreign value. A panic is logged.
pub(crate) fn discard<T>(what: &str, value: T) {
    let _logged = contain(what, || drop(value));
}

/// Logs a panic.
#[cold]
pub(crate) fn report(what: &str, payload: Payload) {
    let text = explain(payload);
    // The subscriber is foreign code too.
    contain_silently(|| tracing::error!(panic = %text, "{what} panicked"));
}

/// The message of a panic. The payload's drop is contained.
#[cold]
pub(crate) fn explain(payload: Payload) -> String {
    let text = payload.downcast_ref::<&str>().copied();
    let text =
        text.or_else(|| payload.downcast_ref::<String>().map(String::as_str)).unwrap_or("without a text").to_owned();
    // A payload may panic when it is dropped.
    contain_silently(|| drop(payload));
    text
}

/// Runs code and ignores a panic, whose payload is leaked: its drop could panic again, without an end.
fn contain_silently(body: impl FnOnce()) {
    if let Err(payload) = catch_unwind(AssertUnwindSafe(body)) {
        let _leaked = ManuallyDrop::new(payload);
    }
}

/// A foreign value, such as a closure, whose drop is contained.
pub(crate) struct Contained<T> {
    /// Taken by the drop.
    value: Option<T>,
    what: &'static str,
}

const THERE: &str = "only the drop takes it";

impl<T> Contained<T> {
    pub(crate) fn new(what: &'static str, value: T) -> Self {
        Self { value: Some(value), what }
    }
}

impl<T> Deref for Contained<T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.value.as_ref().expect(THERE)
    }
}

impl<T> DerefMut for Contained<T> {
    fn deref_mut(&mut self) -> &mut T {
        self.value.as_mut().expect(THERE)
    }
}

impl<T> Drop for Contained<T> {
    fn drop(&mut self) {
        discard(self.what, self.value.take());
    }
}

impl<T> fmt::Debug for Contained<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Contained").field(&self.what).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::panic::panic_any;
    use std::sync::atomic::{AtomicU32, Ordering};

    /// Counts its drops, and panics.
    struct Bomb<'a>(&'a AtomicU32);

    impl Drop for Bomb<'_> {
        fn drop(&mut self) {
            self.0.fetch_add(1, Ordering::Relaxed);
            panic!("a bomb");
        }
    }

    /// A payload that panics with another one when it is dropped, for ever.
    struct Endless;

    impl Drop for Endless {
        fn drop(&mut self) {
            panic_any(Endless);
        }
    }

    #[test]
    fn a_panic_is_none() {
        assert_eq!(contain("a test", || 7), Some(7));
        assert_eq!(contain("a test", || -> u8 { panic!("planted") }), None);
        assert_eq!(contain("a test", || -> u8 { panic_any(Endless) }), None);
    }

    #[test]
    fn what_a_panic_said() {
        assert_eq!(explain(Box::new("text")), "text");
        assert_eq!(explain(Box::new("text".to_owned())), "text");
        assert_eq!(explain(Box::new(1)), "without a text");
        assert_eq!(explain(Box::new(Endless)), "without a text");
    }

    #[test]
    fn a_value_is_dropped_once_also_while_another_panic_unwinds() {
        let drops = AtomicU32::new(0);
        let function = {
            let bomb = Contained::new("a test", Bomb(&drops));
            move || bomb.0.load(Ordering::Relaxed)
        };
        assert_eq!(function(), 0);
        drop(function);
        assert_eq!(drops.load(Ordering::Relaxed), 1);
        let none = contain("a test", || {
            let _bomb = Contained::new("a test", Bomb(&drops));
            panic!("the first");
        });
        assert_eq!((none, drops.load(Ordering::Relaxed)), (None::<()>, 2));
    }
}
