//! Running scenarios: contestants take turns, so that whatever else the machine does meets all of them alike.

use crate::allocations;
use std::time::Duration;

/// How long to measure.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// How often each contestant runs.
    pub rounds: usize,
    /// Each scenario's number of calls is divided by this.
    pub divisor: u64,
}

impl Settings {
    /// Measures.
    pub const FULL: Self = Self { rounds: 9, divisor: 1 };
    /// For a smoke test: everything runs once or twice, and the times mean nothing.
    pub const QUICK: Self = Self { rounds: 2, divisor: 50 };

    /// How many calls to make where there is time for so many.
    pub fn calls(self, full: u64) -> u64 {
        // A multiple of what is kept in flight.
        (full / self.divisor).max(128).next_multiple_of(64)
    }
}

/// Somebody who makes `calls` calls, and says how long they took.
pub struct Contestant<'a> {
    name: &'static str,
    run: Box<dyn FnMut(u64) -> Duration + 'a>,
}

impl<'a> Contestant<'a> {
    /// With that name.
    pub fn new(name: &'static str, run: impl FnMut(u64) -> Duration + 'a) -> Self {
        Self { name, run: Box::new(run) }
    }
}

/// What a contestant needed for one call.
#[derive(Clone, Debug)]
pub struct Figure {
    /// The contestant.
    pub name: &'static str,
    /// Nanoseconds in the fastest round.
    pub best: f64,
    /// Nanoseconds in the middle round.
    pub median: f64,
    /// How often anything was allocated.
    pub allocations: f64,
}

/// Lets the contestants take turns; the figures are in their order.
pub fn race(settings: Settings, calls: u64, mut contestants: Vec<Contestant<'_>>) -> Vec<Figure> {
    let calls = settings.calls(calls);
    for contestant in &mut contestants {
        (contestant.run)(calls / 8);
    }
    let mut times = vec![Vec::with_capacity(settings.rounds); contestants.len()];
    for _ in 0..settings.rounds {
        for (contestant, times) in contestants.iter_mut().zip(&mut times) {
            times.push((contestant.run)(calls).as_nanos() as f64 / calls as f64);
        }
    }
    let figures = contestants.iter_mut().zip(times).map(|(contestant, mut times)| {
        times.sort_by(f64::total_cmp);
        let allocations = allocations_per_call(contestant, calls);
        Figure { name: contestant.name, best: times[0], median: times[times.len() / 2], allocations }
    });
    figures.collect()
}

/// The difference between a run and one of twice the length, so that what a run needs once does not count.
fn allocations_per_call(contestant: &mut Contestant<'_>, calls: u64) -> f64 {
    let mut count = |calls| {
        allocations::count(|| {
            (contestant.run)(calls);
        })
    };
    let (once, twice) = (count(calls), count(2 * calls));
    twice.saturating_sub(once) as f64 / calls as f64
}
