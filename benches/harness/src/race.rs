//! Contestants take turns, so that whatever else the machine does meets all of them alike.

use crate::allocations;
use crate::rounds::Rounds;
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
    /// For a smoke test: everything runs a few times, and the times mean nothing.
    pub const QUICK: Self = Self { rounds: 2, divisor: 50 };

    /// The number of calls to make in a scenario that makes `full` calls in a whole run.
    pub fn calls(self, full: u64) -> u64 {
        // A multiple of what is kept in flight.
        (full / self.divisor).max(128).next_multiple_of(64)
    }
}

/// Somebody who makes `calls` calls, and says how long they took.
pub struct Contestant<'a> {
    name: &'static str,
    counted: Option<&'static str>,
    run: Box<dyn FnMut(u64) -> Duration + 'a>,
}

impl<'a> Contestant<'a> {
    /// With that name.
    pub fn new(name: &'static str, run: impl FnMut(u64) -> Duration + 'a) -> Self {
        Self { name, counted: None, run: Box::new(run) }
    }

    /// Its instructions have been counted, under that name in [`crate::counted`].
    #[must_use]
    pub fn counted(self, name: &'static str) -> Self {
        Self { counted: Some(name), ..self }
    }

    /// Its name.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Makes that many calls, and returns the nanoseconds that one took on the average.
    pub fn time(&mut self, calls: u64) -> f64 {
        (self.run)(calls).as_nanos() as f64 / calls as f64
    }
}

/// What a contestant needed for one call.
#[derive(Clone, Debug)]
pub struct Figure {
    /// The contestant.
    pub name: &'static str,
    /// Nanoseconds.
    pub times: Rounds,
    /// How often anything was allocated.
    pub allocations: f64,
    /// What its instructions were counted as.
    pub counted: Option<&'static str>,
}

/// Lets the contestants take turns, and counts what they allocate; the figures are in their order.
pub fn race(settings: Settings, calls: u64, mut contestants: Vec<Contestant<'_>>) -> Vec<Figure> {
    let calls = settings.calls(calls);
    warm_up(&mut contestants, calls);
    let times = take_turns(settings.rounds, &mut contestants, |contestant| contestant.time(calls));
    let figures = contestants.iter_mut().zip(times).map(|(contestant, times)| Figure {
        name: contestant.name,
        times: Rounds::new(times),
        allocations: allocations_per_call(contestant, calls),
        counted: contestant.counted,
    });
    figures.collect()
}

/// Has each run a little before anything is measured.
pub fn warm_up(contestants: &mut [Contestant<'_>], calls: u64) {
    for contestant in contestants {
        contestant.time(calls / 8);
    }
}

/// Measures each of them once, then each once more, and so on; returns for each what came of its rounds, in their order.
pub fn take_turns<C, T>(rounds: usize, contestants: &mut [C], mut measure: impl FnMut(&mut C) -> T) -> Vec<Vec<T>> {
    let mut taken: Vec<Vec<T>> = contestants.iter().map(|_| Vec::with_capacity(rounds)).collect();
    for _ in 0..rounds {
        for (contestant, taken) in contestants.iter_mut().zip(&mut taken) {
            taken.push(measure(contestant));
        }
    }
    taken
}

/// The difference between a run and one of twice the length, so that what a run needs once does not count.
fn allocations_per_call(contestant: &mut Contestant<'_>, calls: u64) -> f64 {
    let mut count = |calls| {
        allocations::count(|| {
            contestant.time(calls);
        })
    };
    let (once, twice) = (count(calls), count(2 * calls));
    twice.saturating_sub(once) as f64 / calls as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;

    #[test]
    fn contestants_take_turns() {
        let mut turn = 0;
        let mut measure = |_: &mut &str| {
            turn += 1;
            turn
        };
        assert_eq!(take_turns(3, &mut ["ours", "theirs"], &mut measure), [[1, 3, 5], [2, 4, 6]]);
    }

    /// The clock is the test's, so what is timed is known.
    #[test]
    fn figures_are_of_one_call_and_in_order() {
        let calls_of = RefCell::new(Vec::new());
        let contestant = |name, nanoseconds| {
            let calls_of = &calls_of;
            Contestant::new(name, move |calls| {
                calls_of.borrow_mut().push((name, calls));
                Duration::from_nanos(calls * nanoseconds)
            })
        };
        let settings = Settings { rounds: 3, divisor: 10 };
        let figures = race(settings, 1_280, vec![contestant("ours", 2).counted("path"), contestant("theirs", 4)]);
        let [ours, theirs] = &figures[..] else { panic!("two contestants, two figures") };
        assert_eq!((ours.name, ours.counted, theirs.name, theirs.counted), ("ours", Some("path"), "theirs", None));
        assert_eq!(ours.times.ratio_to(&theirs.times).median, 0.5);
        assert_eq!(theirs.times.spread().median, 4.0);
        let calls_of = calls_of.into_inner();
        let timed = [("ours", 128), ("theirs", 128)].repeat(3);
        assert_eq!(calls_of[..2], [("ours", 16), ("theirs", 16)], "first a little");
        assert_eq!(calls_of[2..8], timed, "then in turns");
    }

    #[test]
    fn calls_are_a_multiple_of_what_is_in_flight() {
        assert_eq!(Settings::FULL.calls(1_000), 1_024);
        assert_eq!(Settings::QUICK.calls(1_000), 128);
    }
}
