//! Containing panics: none crosses the C ABI, and none ends a context.

use crate::status::Status;
use std::any::Any;
use std::mem::{ManuallyDrop, needs_drop};
use std::ops::{Deref, DerefMut};
use std::panic::{AssertUnwindSafe, catch_unwind};

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
pub(crate) fn explain(payload: Box<dyn Any + Send>) -> String {
    let text = message(&*payload).to_owned();
    if let Err(second) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        // A payload that panics when it is dropped: leaking the second panic's is the only way not to go on for ever.
        let _ = std::mem::ManuallyDrop::new(second);
    }
    text
}

/// The body of an export: a panic becomes a status.
#[inline]
pub(crate) fn export(body: impl FnOnce() -> Status) -> i32 {
    catch_unwind(AssertUnwindSafe(body)).unwrap_or_else(export_panicked).code()
}

#[cold]
fn export_panicked(payload: Box<dyn Any + Send>) -> Status {
    tracing::error!(panic = %explain(payload), "an export panicked");
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
fn call_panicked(payload: Box<dyn Any + Send>) {
    tracing::error!(panic = %explain(payload), "code that a context called panicked");
}
