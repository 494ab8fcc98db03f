//! What times depend on: this machine.
#![expect(clippy::print_stdout, reason = "a bench reports on standard output")]

use crate::await_inline_number::oneshot;
use ffihost_benches_harness::race::{Contestant, Settings, race};
use ffihost_benches_harness::rounds::Spread;
use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// What this machine needs for what the targets were set beside, in nanoseconds, so that times can be compared with them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Machine {
    /// An awaited tokio oneshot.
    oneshot: Spread,
    /// A locked instruction: an atomic addition that nobody contends for.
    pub(crate) locked: Spread,
    /// A call through a pointer.
    pointer_call: Spread,
}

/// What an awaited tokio oneshot took on the machine where the targets were set.
const ONESHOT_THERE: f64 = 14.6;

impl Machine {
    pub(crate) fn measure(settings: Settings) -> Self {
        let figures = race(
            settings,
            500_000,
            vec![
                Contestant::new("tokio oneshot", oneshot),
                Contestant::new("locked instruction", fetch_add),
                Contestant::new("call through a pointer", pointer_call),
            ],
        );
        let spread = |place: usize| figures[place].times.spread();
        Self { oneshot: spread(0), locked: spread(1), pointer_call: spread(2) }
    }

    pub(crate) fn print(&self) {
        println!(
            "this machine: one locked instruction {} ns (an uncontended fetch_add), tokio oneshot {} ns ({ONESHOT_THERE:.1} \
             where the targets were set), call through a pointer {} ns",
            self.locked.shown(1),
            self.oneshot.shown(1),
            self.pointer_call.shown(1)
        );
    }

    /// Nanoseconds here, as they would be where the targets were set.
    pub(crate) fn there(&self, here: f64) -> f64 {
        here * (ONESHOT_THERE / self.oneshot.median).min(1.0)
    }
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
