//! Containing panics: none crosses the C ABI, and none ends a context.

use crate::status::Status;
use std::any::Any;
use std::fmt::Arguments;
use std::mem::{ManuallyDrop, needs_drop};
use std::ops::{Deref, DerefMut};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

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

/// The body of an export: a panic becomes a status.
#[inline]
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

/// A foreign future of which polls and drop are contained. It is dropped before its outcome is returned.
#[derive(Debug)]
pub(crate) struct ContainedFuture<F>(Option<F>);

impl<F> ContainedFuture<F> {
    pub(crate) fn new(future: F) -> Self {
        Self(Some(future))
    }
}

impl<F: Future> Future for ContainedFuture<F> {
    type Output = Result<F::Output, Payload>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        // SAFETY: the future is pinned with this, and never moved: it is set to None in its place, here and in the drop.
        let mut slot = unsafe { self.map_unchecked_mut(|this| &mut this.0) };
        let Some(future) = slot.as_mut().as_pin_mut() else { return Poll::Pending };
        let outcome = match catch_unwind(AssertUnwindSafe(|| future.poll(cx))) {
            Ok(Poll::Pending) => return Poll::Pending,
            Ok(Poll::Ready(outcome)) => Ok(outcome),
            Err(payload) => Err(payload),
        };
        contain_call(|| slot.set(None));
        Poll::Ready(outcome)
    }
}

impl<F> Drop for ContainedFuture<F> {
    fn drop(&mut self) {
        if self.0.is_some() {
            // In its place: it may be pinned.
            contain_call(|| self.0 = None);
        }
    }
}

#[cfg(all(test, not(ffihost_loom)))]
mod tests {
    use super::*;
    use std::cell::Cell;
    use std::future::poll_fn;
    use std::panic::panic_any;
    use std::task::Waker;

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

    #[test]
    fn a_future_is_dropped_once_and_contained() {
        let drops = Cell::new(0);
        let cx = &mut Context::from_waker(Waker::noop());
        let bomb = Bomb(&drops);
        let mut ready = Box::pin(ContainedFuture::new(poll_fn(move |_| {
            let bomb = &bomb;
            Poll::Ready(bomb.0.get())
        })));
        assert!(matches!(ready.as_mut().poll(cx), Poll::Ready(Ok(0))), "its outcome counts, not its drop");
        assert_eq!(drops.get(), 1, "it is dropped before its outcome is there");
        assert!(ready.as_mut().poll(cx).is_pending());
        drop(ready);
        assert_eq!(drops.get(), 1);

        let bomb = Bomb(&drops);
        let mut pending = Box::pin(ContainedFuture::new(poll_fn(move |_| {
            let _bomb = &bomb;
            Poll::<()>::Pending
        })));
        assert!(pending.as_mut().poll(cx).is_pending());
        assert_eq!(drops.get(), 1);
        drop(pending);
        assert_eq!(drops.get(), 2);

        let bomb = Bomb(&drops);
        let mut panics = Box::pin(ContainedFuture::new(poll_fn(move |_| -> Poll<()> {
            let _bomb = &bomb;
            panic!("in a poll")
        })));
        let Poll::Ready(Err(payload)) = panics.as_mut().poll(cx) else { unreachable!("it panics") };
        assert_eq!((explain(payload).as_str(), drops.get()), ("in a poll", 3));
    }
}
