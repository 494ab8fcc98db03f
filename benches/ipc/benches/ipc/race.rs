//! Contestants take turns, as in the other benches; what is taken beside the time is the processor's.

use ffihost_benches::harness::Settings;
use std::time::Duration;

/// Somebody who makes `calls` calls, and says how long they took.
pub(crate) struct Contestant<'a> {
    name: &'static str,
    run: Box<dyn FnMut(u64) -> Duration + 'a>,
}

impl<'a> Contestant<'a> {
    pub(crate) fn new(name: &'static str, run: impl FnMut(u64) -> Duration + 'a) -> Self {
        Self { name, run: Box::new(run) }
    }
}

/// What a contestant needed for one call.
#[derive(Clone, Debug)]
pub(crate) struct Figure {
    pub(crate) name: &'static str,
    /// Nanoseconds in the middle round.
    pub(crate) median: f64,
    /// Nanoseconds in the fastest round.
    pub(crate) best: f64,
    /// Nanoseconds of the processor, of all threads, in all rounds.
    pub(crate) processor: f64,
}

/// Lets the contestants take turns; the figures are in their order.
pub(crate) fn race(settings: Settings, calls: u64, mut contestants: Vec<Contestant<'_>>) -> Vec<Figure> {
    let calls = settings.calls(calls);
    for contestant in &mut contestants {
        (contestant.run)(calls / 8);
    }
    let mut taken = vec![(Vec::with_capacity(settings.rounds), Duration::ZERO); contestants.len()];
    for _ in 0..settings.rounds {
        for (contestant, (times, processor)) in contestants.iter_mut().zip(&mut taken) {
            let before = processor_time();
            times.push((contestant.run)(calls).as_nanos() as f64 / calls as f64);
            *processor += processor_time() - before;
        }
    }
    let figures = contestants.iter().zip(taken).map(|(contestant, (mut times, processor))| {
        times.sort_by(f64::total_cmp);
        let processor = processor.as_nanos() as f64 / (calls * times.len() as u64) as f64;
        Figure { name: contestant.name, median: times[times.len() / 2], best: times[0], processor }
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
