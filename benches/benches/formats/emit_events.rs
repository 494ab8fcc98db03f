//! The library emits events with a value, in bursts that fit the queue, and one listener takes them on the event thread.
//!
//! What is timed is a burst until the last event of it is delivered, with the clone that each event is given.

use crate::cases::{Kind, Typed, Way, context};
use ffihost::Format;
use ffihost_benches_typed::formats::Subject;
use std::ffi::{c_char, c_int, c_void};
use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

pub(crate) struct EmitEvents;

impl Way for EmitEvents {
    fn name(&self) -> &'static str {
        "event, until it is delivered"
    }

    /// What does not fit into the queue is boxed.
    fn allocations(&self, size: usize) -> u32 {
        (size > 48).into()
    }

    fn divisor(&self) -> u64 {
        4
    }

    fn kind(&self) -> Kind {
        Kind::EmitEvents
    }
}

/// Events of a burst.
const BURST: u64 = 64;

unsafe extern "C" fn count(_: c_int, msg: *const c_char, _: usize, user_data: *mut c_void) {
    black_box(msg);
    // SAFETY: it is the number that `run` passes, which outlives the listener.
    unsafe { &*user_data.cast::<AtomicU64>() }.fetch_add(1, Ordering::Release);
}

pub(crate) fn run<T: Subject>(case: &Typed<T>, format: Format, times: u64) -> Duration {
    let delivered = Box::new(AtomicU64::new(0));
    let context = context(format);
    // SAFETY: the number is dropped after the context.
    unsafe { context.listen(&Typed::<T>::named("", "_reported"), count, (&raw const *delivered).cast()) };
    let start = Instant::now();
    let mut emitted = 0;
    while emitted < times {
        let burst = BURST.min(times - emitted);
        case.often(&context, case.functions.report_often, burst);
        emitted += burst;
        while delivered.load(Ordering::Acquire) < emitted {
            std::thread::yield_now();
        }
    }
    let took = start.elapsed();
    drop(context);
    took
}
