//! The library makes one call at a time, which a thread of the host's answers that sleeps in between, and so does the FFI
//! thread: what is paid for is waking threads.
//!
//! The host wakes its own thread with an eventfd, and so does the baseline: two bare threads that do nothing else. The other
//! leg, from the answer to the awaiting code, is ours; a FFI thread that still spins when the answer comes saves it.

use crate::table::{Row, Target};
use ffihost_benches::host::{self, Bell, Sleeper};
use ffihost_benches_harness::race::{Contestant, Settings, race};
use std::time::{Duration, Instant};

pub(crate) fn run(settings: Settings) -> Vec<Row> {
    let (asleep, spinning) = (Sleeper::start(host::bench_asleep()), Sleeper::start(host::bench()));
    let figures = race(
        settings,
        5_000,
        vec![
            Contestant::new("ffihost without spin", |calls| {
                asleep.context().time(asleep.context().exports().await_numbers, calls)
            }),
            Contestant::new("ffihost, default spin", |calls| {
                spinning.context().time(spinning.context().exports().await_numbers, calls)
            }),
            Contestant::new("eventfd ping-pong", ping_pong),
        ],
    );
    let [asleep, spinning, baseline] = figures.try_into().expect("three figures");
    let row = |path, limit, ours| Row::new(path, Target::Ratio(limit), vec![ours, baseline.clone()]).allocations(0.0);
    vec![
        row("one at a time, both asleep, no spin", 1.1, asleep),
        row("one at a time, both asleep, default spin", 0.6, spinning),
    ]
}

fn ping_pong(calls: u64) -> Duration {
    let (there, back) = (Bell::new(), Bell::new());
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for _ in 0..calls {
                there.wait();
                back.ring();
            }
        });
        let start = Instant::now();
        for _ in 0..calls {
            there.ring();
            back.wait();
        }
        start.elapsed()
    })
}
