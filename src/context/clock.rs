//! A clock that is cheap enough to be read around every host function.

#[cfg(any(target_os = "linux", target_os = "android"))]
use std::mem::MaybeUninit;
use std::time::Duration;

/// A moment, as coarse as the system's timer tick.
///
/// On Linux this is `CLOCK_MONOTONIC_COARSE`: 5 ns a reading instead of 20, and a tick of 1 to 10 ms (`CONFIG_HZ`).
#[cfg(any(target_os = "linux", target_os = "android"))]
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tick {
    seconds: libc::time_t,
    nanoseconds: libc::c_long,
}

#[cfg(any(target_os = "linux", target_os = "android"))]
impl Tick {
    #[inline]
    pub(crate) fn now() -> Self {
        let mut time = MaybeUninit::<libc::timespec>::uninit();
        // SAFETY: the clock exists since Linux 2.6.32, and the pointer is to a timespec, which it fills in.
        let time = unsafe {
            libc::clock_gettime(libc::CLOCK_MONOTONIC_COARSE, time.as_mut_ptr());
            time.assume_init()
        };
        Self { seconds: time.tv_sec, nanoseconds: time.tv_nsec }
    }

    /// The time between two moments, or none if `earlier` is later.
    #[cold]
    pub(crate) fn since(self, earlier: Self) -> Duration {
        // Both are never negative.
        let of = |tick: Self| Duration::new(tick.seconds as u64, tick.nanoseconds as u32);
        of(self).saturating_sub(of(earlier))
    }
}

/// A moment.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tick(Option<std::time::Instant>);

#[cfg(not(any(target_os = "linux", target_os = "android")))]
impl Tick {
    #[inline]
    pub(crate) fn now() -> Self {
        Self(Some(std::time::Instant::now()))
    }

    /// The time between two moments, or none if `earlier` is later.
    pub(crate) fn since(self, earlier: Self) -> Duration {
        match (self.0, earlier.0) {
            (Some(later), Some(earlier)) => later.saturating_duration_since(earlier),
            _ => Duration::ZERO,
        }
    }
}
