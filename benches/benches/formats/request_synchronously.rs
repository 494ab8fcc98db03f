//! The host makes a synchronous request with a value, which is returned to it.

use crate::cases::{Kind, Typed, Way, context};
use ffihost::Format;
use ffihost::abi::types::FFICallBack;
use ffihost_benches::host::expect_ok;
use ffihost_benches_typed::formats::Subject;
use std::ffi::{c_char, c_int, c_void};
use std::hint::black_box;
use std::time::{Duration, Instant};

pub(crate) struct RequestSynchronously;

impl Way for RequestSynchronously {
    fn name(&self) -> &'static str {
        "synchronous request, there and back"
    }

    fn kind(&self) -> Kind {
        Kind::RequestSynchronously
    }
}

unsafe extern "C" fn count(ret: c_int, msg: *const c_char, _: usize, user_data: *mut c_void) {
    assert_eq!(ret, 0, "the request succeeds");
    black_box(msg);
    // SAFETY: it is the number that `run` passes.
    unsafe { *user_data.cast::<u64>() += 1 };
}

pub(crate) fn run<T: Subject>(case: &Typed<T>, format: Format, times: u64) -> Duration {
    let context = context(format);
    let (mut took, mut replies) = (Duration::ZERO, 0u64);
    case.with_arguments(format, |bytes| {
        let (ctx, callback, user_data) = (context.ctx(), black_box(count as FFICallBack), (&raw mut replies).cast());
        let start = Instant::now();
        for _ in 0..times {
            // SAFETY: the bytes are the arguments, and live; so does the number, and the call calls back before it returns.
            expect_ok(unsafe {
                match format {
                    Format::Native => (case.functions.echo)(ctx, bytes.as_ptr().cast(), Some(callback), user_data),
                    Format::Cbor => {
                        (case.functions.echo_cbor)(ctx, Some(callback), user_data, bytes.as_ptr(), bytes.len())
                    }
                }
            });
        }
        took = start.elapsed();
    });
    assert_eq!(replies, times, "each request is called back");
    took
}
