//! How long the FFI thread watches before it sleeps.
//!
//! Waking a thread that sleeps costs microseconds, on both sides. So before it parks, the FFI thread watches its signal for
//! as long as it pays: when work has been coming soon after the last look it watches up to the limit, otherwise not at all.
//! The judgement is a moving average of the idle gaps.
//!
//! Watching may also be what makes a gap: where other programs keep the processors busy, the thread that is being waited for may
//! have to wait for this one's. Then work comes as soon as this thread sleeps, gaps are hardly longer than the limit, and the
//! average does not tell. So each time that watching was in vain it pauses for twice as many parks as the time before; each
//! success makes the next pause shorter by an eighth. A success saves a few microseconds and watching in vain takes ten times
//! that, so it pays only if it is rarely in vain. On one processor it always would be, so it is off there.

use std::cell::Cell;
use std::time::{Duration, Instant};

/// The newest gap is this part of the average.
const WEIGHT: u32 = 8;

/// The most parks that watching pauses for.
const LONGEST_PAUSE: u32 = 256;

/// A success takes this part of the next pause away.
const RELIEF: u32 = 8;

/// See the module. The FFI thread's own.
#[derive(Debug)]
pub(crate) struct Spin {
    limit: Duration,
    average: Cell<Duration>,
    asleep_since: Cell<Option<Instant>>,
    /// Parks to come without watching.
    pause_left: Cell<u32>,
    /// The next pause is twice this.
    pause: Cell<u32>,
}

impl Spin {
    pub(crate) fn new(limit: Duration) -> Self {
        let limit = if processors() > 1 { limit } else { Duration::ZERO };
        Self {
            limit,
            average: Cell::new(Duration::ZERO),
            asleep_since: Cell::new(None),
            pause_left: Cell::new(0),
            pause: Cell::new(0),
        }
    }

    /// Watches through `watch`, which is given a question to ask while it does: go on? It says whether work came.
    pub(crate) fn before_park(&self, watch: impl FnOnce(&mut dyn FnMut() -> bool) -> bool) {
        if self.limit.is_zero() {
            return;
        }
        let start = Instant::now();
        if self.pauses() || self.average.get() > self.limit * 2 {
            self.asleep_since.set(Some(start));
            return;
        }
        let (mut looks, mut in_vain) = (0u32, false);
        let mut go_on = || {
            looks = looks.wrapping_add(1);
            in_vain = looks.is_multiple_of(32) && start.elapsed() >= self.limit;
            !in_vain
        };
        if watch(&mut go_on) {
            let pause = self.pause.get();
            self.pause.set(pause - pause.div_ceil(RELIEF));
            self.learn(start.elapsed());
        } else {
            // It may also have had nothing to watch: work came just before.
            if in_vain {
                self.begin_pause();
            }
            self.asleep_since.set(Some(start));
        }
    }

    /// Whether this park is one of a pause.
    fn pauses(&self) -> bool {
        let left = self.pause_left.get();
        self.pause_left.set(left.saturating_sub(1));
        left > 0
    }

    fn begin_pause(&self) {
        let pause = (self.pause.get() * 2).clamp(1, LONGEST_PAUSE);
        self.pause.set(pause);
        self.pause_left.set(pause);
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
        Spin { limit: Duration::from_micros(50), average: Cell::new(average), ..Spin::new(Duration::ZERO) }
    }

    /// One park: whether it was watched before it, if watching ends like this.
    fn park(spin: &Spin, watch: impl FnOnce(&mut dyn FnMut() -> bool) -> bool) -> bool {
        let mut watched = false;
        spin.before_park(|go_on| {
            watched = true;
            watch(go_on)
        });
        watched
    }

    fn in_vain(go_on: &mut dyn FnMut() -> bool) -> bool {
        while go_on() {}
        false
    }

    #[test]
    fn long_gaps_end_the_watching_and_short_ones_bring_it_back() {
        let spin = spin(Duration::ZERO);
        let watches = || park(&spin, |_| true);
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
        spin.before_park(in_vain);
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

    /// Work comes as soon as it sleeps, so the gaps stay short.
    #[test]
    fn watching_in_vain_pauses_twice_as_long_each_time() {
        let spin = spin(Duration::ZERO);
        let pause = || (0..).take_while(|_| !park(&spin, in_vain)).count();
        assert_eq!([pause(), pause(), pause(), pause(), pause()], [0, 1, 2, 4, 8]);
        (0..7).for_each(|_| _ = pause());
        assert_eq!(pause(), 256);
    }

    #[test]
    fn successes_make_the_next_pause_shorter() {
        let spin = spin(Duration::ZERO);
        let parks_until = |watch: fn(&mut dyn FnMut() -> bool) -> bool| (1..).find(|_| park(&spin, watch));
        (0..4).for_each(|_| _ = parks_until(in_vain));
        assert_eq!(parks_until(|_| true), Some(8 + 1), "the last pause ends first");
        assert_eq!(parks_until(in_vain), Some(1));
        assert_eq!(parks_until(|_| true), Some(2 * (8 - 1) + 1));
        assert!((0..16).all(|_| park(&spin, |_| true)), "no pause follows a success");
        assert_eq!([parks_until(in_vain), parks_until(in_vain)], [Some(1), Some(1 + 1)]);
    }

    #[test]
    fn nothing_to_watch_is_not_in_vain() {
        let spin = spin(Duration::ZERO);
        assert!((0..20).all(|_| park(&spin, |_| false)));
        assert!((0..20).all(|_| park(&spin, |go_on| !go_on())));
    }
}
