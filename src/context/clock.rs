//! A clock that is cheap enough to be read around every host function.

use std::mem::MaybeUninit;
use std::time::Duration;

#[cfg(any(target_os = "linux", target_os = "android"))]
use self::coarse as clock;
#[cfg(not(any(target_os = "linux", target_os = "android")))]
use self::precise as clock;

/// Measures how long something takes.
pub(crate) struct Stopwatch {
    start: MaybeUninit<clock::Reading>,
}

impl Stopwatch {
    #[inline]
    pub(crate) fn new() -> Self {
        Self { start: MaybeUninit::uninit() }
    }

    #[inline]
    pub(crate) fn start(&mut self) {
        clock::read(&mut self.start);
    }

    /// The time since the start, if the clock has ticked since.
    ///
    /// # Safety
    ///
    /// It was started.
    #[inline]
    pub(crate) unsafe fn stop(&self) -> Option<Duration> {
        // SAFETY: `start` has read it.
        let start = unsafe { self.start.assume_init_ref() };
        let mut end = MaybeUninit::uninit();
        let end = clock::read(&mut end);
        (!clock::is_same(start, end)).then(|| clock::between(start, end))
    }
}

/// As coarse as the system's timer tick of 1 to 10 ms (`CONFIG_HZ`): `CLOCK_MONOTONIC_COARSE` takes 5 ns a reading instead of 20.
#[cfg(any(target_os = "linux", target_os = "android"))]
mod coarse {
    use std::mem::MaybeUninit;
    use std::time::Duration;

    pub(super) type Reading = libc::timespec;

    /// Reads the clock, into a place of the caller's: the reading is not moved.
    #[inline]
    pub(super) fn read(place: &mut MaybeUninit<Reading>) -> &Reading {
        // SAFETY: the clock exists since Linux 2.6.32, and the pointer is to a timespec, which it fills in.
        unsafe {
            libc::clock_gettime(libc::CLOCK_MONOTONIC_COARSE, place.as_mut_ptr());
            place.assume_init_ref()
        }
    }

    #[inline]
    pub(super) fn is_same(a: &Reading, b: &Reading) -> bool {
        a.tv_nsec == b.tv_nsec && a.tv_sec == b.tv_sec
    }

    #[cold]
    pub(super) fn between(start: &Reading, end: &Reading) -> Duration {
        // Neither is ever negative.
        let since_boot = |reading: &Reading| Duration::new(reading.tv_sec as u64, reading.tv_nsec as u32);
        since_boot(end).saturating_sub(since_boot(start))
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
mod precise {
    use std::mem::MaybeUninit;
    use std::time::{Duration, Instant};

    pub(super) type Reading = Instant;

    pub(super) fn read(place: &mut MaybeUninit<Reading>) -> &Reading {
        place.write(Instant::now())
    }

    pub(super) fn is_same(a: &Reading, b: &Reading) -> bool {
        a == b
    }

    pub(super) fn between(start: &Reading, end: &Reading) -> Duration {
        end.saturating_duration_since(*start)
    }
}
