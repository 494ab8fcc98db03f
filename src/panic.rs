//! Containing panics: none crosses the C ABI, and none ends a context.

use crate::status::Status;
use std::any::Any;
use std::fmt::Arguments;
use std::mem::{ManuallyDrop, needs_drop};
use std::ops::{Deref, DerefMut};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What a panic carries.
pub(crate) type Payload = Box<dyn Any + Send>;

/// What a panic said.
pub(crate) fn message(payload: &(dyn Any + Send)) -> &str {
    if let Some(text) = payload.downcast_ref::<&'static str>() {
        text
    } else if let Some(text) = payload.downcast_ref::<String>() {
        text
    } else {
        "panicked with a value that is not text"
    }
}

/// Runs code that must not unwind out of here. The payload's own drop may panic too, so it is contained as well.
#[inline]
pub(crate) fn contain<R>(f: impl FnOnce() -> R) -> Result<R, String> {
    catch_unwind(AssertUnwindSafe(f)).map_err(explain)
}

/// The message of a panic, whose payload is dropped safely.
#[cold]
pub(crate) fn explain(payload: Payload) -> String {
    let text = message(&*payload).to_owned();
    // A payload that panics when it is dropped.
    contain_silently(|| drop(payload));
    text
}

/// Runs code of which nobody wants to know whether it panicked. The payload is leaked: dropping it could go on for ever.
#[cold]
fn contain_silently(f: impl FnOnce()) {
    if let Err(payload) = catch_unwind(AssertUnwindSafe(f)) {
        let _leaked = ManuallyDrop::new(payload);
    }
}

/// Logs a panic. The subscriber is foreign code too.
#[cold]
fn log(payload: Payload, what: Arguments<'_>) {
    let text = explain(payload);
    contain_silently(|| tracing::error!(panic = %text, "{what} panicked"));
}

/// The body of an export: a panic becomes a status. Each has one of its own, and its arguments stay in registers if this is
/// not a function beside it.
#[inline(always)]
pub(crate) fn export(body: impl FnOnce() -> Status) -> i32 {
    catch_unwind(AssertUnwindSafe(body)).unwrap_or_else(export_panicked).code()
}

#[cold]
fn export_panicked(payload: Payload) -> Status {
    log(payload, format_args!("an export"));
    Status::Panic
}

/// A foreign value whose drop may panic, which then ends nothing: neither the code that drops it nor a panic on its way.
#[derive(Debug)]
pub(crate) struct Contained<T>(ManuallyDrop<T>);

impl<T> Contained<T> {
    #[inline]
    pub(crate) fn new(value: T) -> Self {
        Self(ManuallyDrop::new(value))
    }

    /// The value, to be dropped as any other.
    #[inline]
    pub(crate) fn into_inner(self) -> T {
        let mut this = ManuallyDrop::new(self);
        // SAFETY: it is taken out once, since what held it is not dropped.
        unsafe { ManuallyDrop::take(&mut this.0) }
    }
}

impl<T> Deref for Contained<T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> DerefMut for Contained<T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        &mut self.0
    }
}

impl<T> Drop for Contained<T> {
    #[inline]
    fn drop(&mut self) {
        if needs_drop::<T>() {
            // SAFETY: it is dropped once, here.
            contain_call(|| unsafe { ManuallyDrop::drop(&mut self.0) });
        }
    }
}

/// Runs foreign code that must not end the loop of a context.
#[inline]
pub(crate) fn contain_call(f: impl FnOnce()) {
    if let Err(payload) = catch_unwind(AssertUnwindSafe(f)) {
        call_panicked(payload);
    }
}

#[cold]
fn call_panicked(payload: Payload) {
    log(payload, format_args!("code that a context called"));
}

#[cfg(all(test, not(ffihost_loom)))]
mod tests {
    use super::*;
    use std::cell::Cell;
    use std::panic::panic_any;

    /// Counts its drop, and panics.
    struct Bomb<'a>(&'a Cell<u32>);

    impl Drop for Bomb<'_> {
        fn drop(&mut self) {
            self.0.set(self.0.get() + 1);
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
    fn what_a_panic_said() {
        assert_eq!(contain(|| 7), Ok(7));
        assert_eq!(contain(|| -> u8 { panic!("text") }), Err("text".to_owned()));
        assert_eq!(contain(|| -> u8 { panic!("{}", 1) }), Err("1".to_owned()));
        assert_eq!(contain(|| -> u8 { panic_any(1) }), Err("panicked with a value that is not text".to_owned()));
    }

    #[test]
    fn endless_payloads_are_contained() {
        assert!(contain(|| panic_any(Endless)).is_err());
        contain_call(|| panic_any(Endless));
        assert_eq!(export(|| panic_any(Endless)), Status::Panic.code());
        assert_eq!(export(|| Status::Busy), Status::Busy.code());
    }

    #[test]
    fn a_value_is_dropped_once_and_contained() {
        let drops = Cell::new(0);
        let value = Contained::new(Bomb(&drops));
        assert_eq!(value.0.0.get(), 0);
        drop(value);
        assert_eq!(drops.get(), 1);
        assert_eq!(Contained::new(7).into_inner(), 7);
        // While another panic unwinds.
        let said = contain(|| {
            let _value = Contained::new(Bomb(&drops));
            panic!("the first");
        });
        assert_eq!((said, drops.get()), (Err("the first".to_owned()), 2));
    }
}
