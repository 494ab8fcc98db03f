//! The library emits events in bursts that fit the queue, and one listener takes them on the event thread.
//!
//! What is timed is emitting, up to the last enqueued event of a burst; the next burst waits until all of the last are
//! delivered. The baseline puts messages of the same size into a bounded crossbeam channel that a thread empties.

use crate::table::{Row, Target};
use ffihost_benches::host::{self, Context, Tally};
use ffihost_benches_harness::race::{Contestant, Settings, race};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Events of a burst: they fit the default queue of 1,024.
const BURST: u64 = 512;

pub(crate) fn run(settings: Settings) -> Vec<Row> {
    let tally = Box::new(Tally::default());
    let context = Context::new(host::bench());
    // SAFETY: the tally was made before the context, and is dropped after it.
    unsafe { tally.listen(&context, c"ticked") };
    let mut emitted = 0;
    let mut expected = 0;
    let ours = |events: u64| {
        let mut took = Duration::ZERO;
        for burst in bursts(events) {
            took += context.time(context.exports().emit_burst, burst);
            emitted += burst;
            expected += burst * (burst - 1) / 2;
            wait_until(|| tally.read().0 >= emitted);
        }
        took
    };
    let figures = race(
        settings,
        200_000,
        vec![
            Contestant::new("ffihost", ours).counted("emit-event"),
            Contestant::new("crossbeam-channel try_send", channel).counted("emit-event crossbeam-channel"),
        ],
    );
    let (stats, found) = (context.stats(), tally.read());
    let row = Row::new("event to one listener, enqueueing", Target::Nanoseconds(60.0), figures);
    let row = row
        .allocations(0.0)
        .fault_if(found != (emitted, expected) || stats.events_dropped != 0 || stats.events_emitted != emitted, || {
            format!("{emitted} emitted, {} delivered, {} dropped", found.0, stats.events_dropped)
        });
    drop(context);
    vec![row]
}

pub(crate) fn bursts(mut left: u64) -> impl Iterator<Item = u64> {
    std::iter::from_fn(move || {
        let burst = left.min(BURST);
        left -= burst;
        (burst > 0).then_some(burst)
    })
}

/// Waits without sleeping in the kernel, so that a burst finds the same state each time: the event thread is about to sleep.
pub(crate) fn wait_until(holds: impl Fn() -> bool) {
    while !holds() {
        std::thread::yield_now();
    }
}

/// As large as an event with its short payload.
struct Message {
    value: u64,
    _rest: [u64; 11],
}

fn channel(events: u64) -> Duration {
    let delivered = AtomicU64::new(0);
    std::thread::scope(|scope| {
        let (sender, receiver) = crossbeam_channel::bounded::<Message>(1_024);
        scope.spawn(|| {
            for message in receiver {
                std::hint::black_box(message.value);
                delivered.fetch_add(1, Ordering::Release);
            }
        });
        let (mut took, mut sent) = (Duration::ZERO, 0);
        for burst in bursts(events) {
            let start = Instant::now();
            for value in 0..burst {
                let message = Message { value, _rest: [0; 11] };
                assert!(sender.try_send(message).is_ok(), "a burst fits the channel");
            }
            took += start.elapsed();
            sent += burst;
            wait_until(|| delivered.load(Ordering::Acquire) >= sent);
        }
        drop(sender);
        took
    })
}
