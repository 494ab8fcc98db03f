//! As many calls in flight as there can be, and what they need of memory.

use crate::table::{Row, Target};
use ffihost_benches::host::{self, Context, Held};
use ffihost_benches_harness::race::{Figure, Settings};
use ffihost_benches_harness::rounds::Rounds;
use std::time::{Duration, Instant};

/// The most that a context keeps in flight.
const CALLS: u64 = 65_536;

/// Bytes per call: those of a slot. The library asserts that when it is compiled; here the pages are counted that were
/// needed, of which the first and the last may be shared with others.
const BYTES: f64 = 128.0;

/// What other threads may have touched meanwhile, per call.
const SLACK: f64 = 8.0;

pub(crate) fn run(_: Settings) -> Vec<Row> {
    let held = Held::new(CALLS as usize);
    let context = Context::new(host::bench());
    // SAFETY: the calls are held in a box that is dropped after the context.
    unsafe { held.register(&context) };
    let start = Instant::now();
    let outcome = context.start(context.exports().await_together, CALLS);
    while context.stats().host_calls_in_flight < CALLS {
        assert!(start.elapsed() < Duration::from_secs(60), "the calls are not all begun");
        std::thread::sleep(Duration::from_micros(100));
    }
    let answered = held.answer(&context) as u64;
    let bytes_per_call = outcome.wait() as f64 / CALLS as f64;
    let took = start.elapsed().as_nanos() as f64 / CALLS as f64;
    let stats = context.stats();
    let target = Target::Bytes { limit: BYTES, found: bytes_per_call };
    let figure = Figure { name: "ffihost", times: Rounds::new(vec![took]), allocations: 0.0, counted: None };
    let row = Row::new("65,536 calls in flight at once", target, vec![figure])
        .note("the time is that of beginning, answering and settling")
        .fault_if(bytes_per_call > BYTES + SLACK, || format!("{bytes_per_call:.1} bytes per call"))
        .fault_if((answered, stats.host_calls_remote) != (CALLS, CALLS), || {
            format!("{answered} answered, {} settled", stats.host_calls_remote)
        });
    drop(context);
    vec![row]
}
