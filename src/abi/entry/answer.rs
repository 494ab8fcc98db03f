//! How the outcome of a request is told.

use super::super::library::Reply;
use crate::Format;
use crate::panic::{self, Contained};
use crate::status::Status;

/// Tells the outcome of a request, once: also if making or encoding it panics, before or after it has told, and if its encoder
/// tells nothing, or tells twice.
#[inline]
pub(super) fn answer_once<R: Reply>(make: impl FnOnce() -> R, format: Format, tell: impl FnOnce(Status, &[u8])) {
    let mut tell = Some(tell);
    let replied = panic::contain(|| {
        // Contained on its own: its drop may panic, also on the way of a panic of its encoder.
        let outcome = Contained::new(make());
        outcome.reply(format, &mut |status, payload| {
            if let Some(tell) = tell.take() {
                tell(status, payload);
            }
        });
        if let Some(tell) = tell.take() {
            tell(Status::Panic, b"the outcome was not encoded");
        }
    });
    if let Some(tell) = tell.take()
        && let Err(text) = replied
    {
        tell(Status::Panic, text.as_bytes());
    }
}
