//! The library passes a value to a host function, which answers with another of the kind before it returns.

use crate::cases::{Kind, Typed, Way, context};
use ffihost::Format;
use ffihost_benches::host::{Live, expect_ok};
use ffihost_benches_typed::formats::Subject;
use std::ffi::{c_char, c_void};
use std::hint::black_box;
use std::time::Duration;

pub(crate) struct AnswerHostCalls;

impl Way for AnswerHostCalls {
    fn name(&self) -> &'static str {
        "host call answered inline, there and back"
    }

    /// What does not fit into a slot is boxed.
    fn allocations(&self, size: usize) -> u32 {
        (size > 56).into()
    }

    fn kind(&self) -> Kind {
        Kind::AnswerHostCalls
    }
}

/// What the host answers, in its format already.
struct Answer {
    context: *const Live,
    bytes: *const u8,
    len: usize,
}

unsafe extern "C" fn answer(token: u64, req: *const c_char, _: usize, user_data: *mut c_void) {
    black_box(req);
    // SAFETY: it is the answer that `run` passes, which outlives the context's last call, as do its bytes.
    let ret = unsafe {
        let Answer { context, bytes, len } = &*user_data.cast::<Answer>();
        (**context).complete(token, std::slice::from_raw_parts(*bytes, *len))
    };
    expect_ok(ret);
}

pub(crate) fn run<T: Subject>(case: &Typed<T>, format: Format, times: u64) -> Duration {
    let context = context(format);
    let mut took = Duration::ZERO;
    case.with_payload(format, |bytes| {
        let answers = Answer { context: &raw const **context, bytes: bytes.as_ptr(), len: bytes.len() };
        // SAFETY: it is not called any more when this ends: the request that calls it has ended.
        unsafe { context.register(&Typed::<T>::named("ask_", ""), answer, (&raw const answers).cast()) };
        took = case.often(&context, case.functions.ask_often, times);
    });
    took
}
