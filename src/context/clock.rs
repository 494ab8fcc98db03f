//! A clock that is cheap enough to be read around every host function.

use std::time::Duration;

/// A moment, in nanoseconds.
///
/// On Linux it is as coarse as the system's timer tick of 1 to 10 ms (`CONFIG_HZ`): `CLOCK_MONOTONIC_COARSE` takes 5 ns a reading
/// instead of 20.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tick(u64);

impl Tick {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    #[inline(always)]
    pub(crate) fn now() -> Self {
        let mut time = std::mem::MaybeUninit::<libc::timespec>::uninit();
        // SAFETY: the clock exists since Linux 2.6.32, and the pointer is to a timespec, which it fills in.
        let time = unsafe {
            libc::clock_gettime(libc::CLOCK_MONOTONIC_COARSE, time.as_mut_ptr());
            time.assume_init()
        };
        // Neither is ever negative, and the clock begins with the machine.
        Self((time.tv_sec as u64).wrapping_mul(1_000_000_000).wrapping_add(time.tv_nsec as u64))
    }

    /// Counted from the first reading.
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    pub(crate) fn now() -> Self {
        use std::sync::OnceLock;
        use std::time::Instant;
        static FIRST: OnceLock<Instant> = OnceLock::new();
        Self(FIRST.get_or_init(Instant::now).elapsed().as_nanos() as u64)
    }

    /// The time between two moments, or none if `earlier` is later.
    pub(crate) fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }
}
