//! What times depend on: this machine.

use crate::await_inline_number::oneshot;
use crate::table::Machine;
use ffihost_benches::harness::{Contestant, Settings, race};
use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

pub(crate) fn measure(settings: Settings) -> Machine {
    let figures = race(
        settings,
        500_000,
        vec![
            Contestant::new("tokio oneshot", oneshot),
            Contestant::new("fetch_add", fetch_add),
            Contestant::new("call through a pointer", pointer_call),
        ],
    );
    Machine { oneshot: figures[0].best, fetch_add: figures[1].best, pointer_call: figures[2].best }
}

fn fetch_add(calls: u64) -> Duration {
    let number = AtomicU64::new(0);
    let start = Instant::now();
    for _ in 0..calls {
        black_box(&number).fetch_add(1, Ordering::AcqRel);
    }
    start.elapsed()
}

fn pointer_call(calls: u64) -> Duration {
    extern "C" fn add_one(value: u64) -> u64 {
        value.wrapping_add(1)
    }
    let add_one: extern "C" fn(u64) -> u64 = black_box(add_one);
    let start = Instant::now();
    black_box((0..calls).fold(0, |value, _| add_one(value)));
    start.elapsed()
}
