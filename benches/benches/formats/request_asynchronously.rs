//! The host keeps 64 asynchronous requests in flight, each with a value that is returned to it.

use crate::cases::{Kind, Typed, Way, context};
use ffihost::Format;
use ffihost_benches::host::expect_ok;
use ffihost_benches::window::{Window, keep_full};
use ffihost_benches_typed::formats::Subject;
use std::ffi::c_void;
use std::time::Duration;

pub(crate) struct RequestAsynchronously;

impl Way for RequestAsynchronously {
    fn name(&self) -> &'static str {
        "asynchronous request, there and back, 64 in flight"
    }

    /// The task's; and arguments that do not fit into the queue are boxed.
    fn allocations(&self, size: usize) -> u32 {
        1 + u32::from(size > 64)
    }

    fn divisor(&self) -> u64 {
        2
    }

    fn kind(&self) -> Kind {
        Kind::RequestAsynchronously
    }
}

pub(crate) fn run<T: Subject>(case: &Typed<T>, format: Format, times: u64) -> Duration {
    let context = context(format);
    let mut took = Duration::ZERO;
    case.with_arguments(format, |bytes| {
        let (ctx, callback) = (context.ctx(), Some(Window::CALLBACK));
        took = keep_full(times, &mut |user_data: *mut c_void| {
            // SAFETY: the bytes are the value, and live; so does userData until all have called back.
            expect_ok(unsafe {
                match format {
                    Format::Native => (case.functions.send)(ctx, callback, user_data, bytes.as_ptr().cast()),
                    Format::Cbor => (case.functions.send_cbor)(ctx, callback, user_data, bytes.as_ptr(), bytes.len()),
                }
            });
        });
    });
    took
}
