//! Contestants take turns, as in the other benches; what is taken beside the time is the processor's.

use ffihost_benches_harness::race::{Settings, take_turns, warm_up};
use ffihost_benches_harness::rounds::Rounds;
use std::time::Duration;

pub(crate) use ffihost_benches_harness::race::Contestant;

/// What a contestant needed for one call.
#[derive(Clone, Debug)]
pub(crate) struct Figure {
    pub(crate) name: &'static str,
    /// Nanoseconds.
    pub(crate) times: Rounds,
    /// Nanoseconds of the processor, of all threads, in all rounds.
    pub(crate) processor: f64,
}

/// Lets the contestants take turns; the figures are in their order.
pub(crate) fn race(settings: Settings, calls: u64, mut contestants: Vec<Contestant<'_>>) -> Vec<Figure> {
    let calls = settings.calls(calls);
    warm_up(&mut contestants, calls);
    let taken = take_turns(settings.rounds, &mut contestants, |contestant| {
        let before = processor_time();
        (contestant.time(calls), processor_time() - before)
    });
    let figures = contestants.iter().zip(taken).map(|(contestant, rounds)| {
        let (times, processor): (Vec<_>, Vec<_>) = rounds.into_iter().unzip();
        let processor = processor.iter().sum::<Duration>().as_nanos() as f64 / (calls * times.len() as u64) as f64;
        Figure { name: contestant.name(), times: Rounds::new(times), processor }
    });
    figures.collect()
}

/// What this process has taken of the processor, in the system and out of it; nothing where the system does not say.
pub(crate) fn processor_time() -> Duration {
    /// Linux counts so for everybody, whatever it counts in itself.
    const TICK: Duration = Duration::from_millis(10);
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The name of the program is the second field, in brackets, and may hold anything.
    let ticks = stat.rsplit(')').next().unwrap_or_default().split_whitespace().skip(11).take(2);
    TICK * ticks.filter_map(|field| field.parse::<u32>().ok()).sum()
}
