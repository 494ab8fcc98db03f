//! How long the FFI thread watches before it sleeps.
//!
//! Waking a thread that sleeps costs microseconds, on both sides. So before it parks, the FFI thread watches its signal for
//! as long as it pays: when work has been coming soon after the last look it watches up to the limit, otherwise not at all.
//! The judgement is a moving average of the idle gaps. On one processor watching would keep the very thread from running
//! that is being waited for, so it is off there.

use std::cell::Cell;
use std::time::{Duration, Instant};

/// The newest gap is this part of the average.
const WEIGHT: u32 = 8;

/// See the module. The FFI thread's own.
#[derive(Debug)]
pub(crate) struct Spin {
    limit: Duration,
    average: Cell<Duration>,
    asleep_since: Cell<Option<Instant>>,
}

impl Spin {
    pub(crate) fn new(limit: Duration) -> Self {
        let limit = if processors() > 1 { limit } else { Duration::ZERO };
        Self { limit, average: Cell::new(Duration::ZERO), asleep_since: Cell::new(None) }
    }

    /// Watches through `watch`, which is given a question to ask while it does: go on? It says whether work came.
    pub(crate) fn before_park(&self, watch: impl FnOnce(&mut dyn FnMut() -> bool) -> bool) {
        if self.limit.is_zero() {
            return;
        }
        let start = Instant::now();
        if self.average.get() > self.limit * 2 {
            self.asleep_since.set(Some(start));
            return;
        }
        let mut looks = 0u32;
        let mut go_on = || {
            looks = looks.wrapping_add(1);
            !looks.is_multiple_of(32) || start.elapsed() < self.limit
        };
        if watch(&mut go_on) {
            self.learn(start.elapsed());
        } else {
            self.asleep_since.set(Some(start));
        }
    }

    /// The park is over: learns how long it was.
    pub(crate) fn after_park(&self) {
        if let Some(since) = self.asleep_since.take() {
            self.learn(since.elapsed());
        }
    }

    fn learn(&self, gap: Duration) {
        // A long pause counts as just too long, so that a burst after it is noticed within a few gaps.
        let gap = gap.min(self.limit * 16);
        let average = self.average.get();
        self.average.set(average - average / WEIGHT + gap / WEIGHT);
    }
}

/// Processors that this thread may run on. Not those that a quota is worth, which std reads from the files of cgroups: several
/// threads of such a group run at a time as well.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn processors() -> usize {
    // SAFETY: a set is a plain array of bits, of which none is set.
    let mut set: libc::cpu_set_t = unsafe { std::mem::zeroed() };
    // SAFETY: the pointer is to a set of that size; 0 is this thread. On a machine with more processors than fit it fails.
    let told = unsafe { libc::sched_getaffinity(0, size_of_val(&set), &raw mut set) };
    if told != 0 {
        return usize::MAX;
    }
    // SAFETY: it reads the set, and nothing else.
    unsafe { libc::CPU_COUNT(&set) as usize }
}

/// Processors that this thread may run on.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spin(average: Duration) -> Spin {
        let limit = Duration::from_micros(50);
        Spin { limit, average: Cell::new(average), asleep_since: Cell::new(None) }
    }

    #[test]
    fn long_gaps_end_the_watching_and_short_ones_bring_it_back() {
        let spin = spin(Duration::ZERO);
        let watches = || {
            let mut asked = false;
            spin.before_park(|_| {
                asked = true;
                true
            });
            asked
        };
        assert!(watches());
        (0..8).for_each(|_| spin.learn(Duration::from_secs(1)));
        assert!(!watches());
        (0..32).for_each(|_| spin.learn(Duration::from_micros(1)));
        assert!(watches());
    }

    #[test]
    fn it_watches_while_gaps_are_twice_as_long_as_the_limit() {
        for (average, watches) in [(50, true), (100, true), (101, false)] {
            let mut asked = false;
            spin(Duration::from_micros(average)).before_park(|_| {
                asked = true;
                true
            });
            assert_eq!(asked, watches, "{average} us");
        }
    }

    #[test]
    fn watching_ends_by_itself() {
        let spin = spin(Duration::ZERO);
        spin.before_park(|go_on| {
            while go_on() {}
            false
        });
        assert!(spin.asleep_since.get().is_some());
        spin.after_park();
        assert!(spin.asleep_since.get().is_none(), "the sleep is learned of once");
    }

    #[test]
    fn watching_does_not_end_before_the_limit() {
        let spin = Spin { limit: Duration::from_secs(3_600), ..spin(Duration::ZERO) };
        spin.before_park(|go_on| (0..1_000).all(|_| go_on()));
        assert!(spin.asleep_since.get().is_none(), "it went on a thousand times");
    }

    /// A thread of its own, since it stays bound.
    #[cfg(target_os = "linux")]
    #[test]
    fn on_one_processor_it_does_not_watch() {
        let limit = Duration::from_micros(50);
        let bound = std::thread::spawn(move || {
            let before = processors();
            assert!(
                before >= std::thread::available_parallelism().map_or(1, usize::from),
                "a quota only makes that less"
            );
            assert_eq!(Spin::new(limit).limit, if before > 1 { limit } else { Duration::ZERO });
            // SAFETY: a set is a plain array of bits; the first of this thread's processors is taken, and it is bound to that.
            unsafe {
                let mut set: libc::cpu_set_t = std::mem::zeroed();
                assert_eq!(libc::sched_getaffinity(0, size_of_val(&set), &raw mut set), 0);
                let first = (0..libc::CPU_SETSIZE as usize).find(|at| libc::CPU_ISSET(*at, &set));
                libc::CPU_ZERO(&mut set);
                libc::CPU_SET(first.expect("it runs on one"), &mut set);
                assert_eq!(libc::sched_setaffinity(0, size_of_val(&set), &raw const set), 0);
            }
            (processors(), Spin::new(limit).limit)
        });
        assert_eq!(bound.join().expect("no panic"), (1, Duration::ZERO));
    }
}
