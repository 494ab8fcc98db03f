//! Containing panics: none crosses the C ABI, and none ends a context.

use crate::status::Status;
use std::any::Any;
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
    match contain(body) {
        Ok(status) => status.code(),
        Err(text) => panicked(&text),
    }
}

#[cold]
#[inline(never)]
fn panicked(text: &str) -> i32 {
    tracing::error!(panic = %text, "an export panicked");
    Status::Panic.code()
}
