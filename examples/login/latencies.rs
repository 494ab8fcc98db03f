//! How long calls took, in a fixed amount of memory however many they are.

use std::time::Duration;

/// Buckets for each power of two, so a percentile is at most 1/32 above the truth.
const STEPS: u64 = 32;
const STEP_BITS: u32 = STEPS.ilog2();

/// A count for each range of durations.
pub(crate) struct Latencies {
    counts: Vec<u64>,
    total: u64,
}

impl Default for Latencies {
    fn default() -> Self {
        Self { counts: vec![0; bucket(u64::MAX) + 1], total: 0 }
    }
}

/// The bucket of a number of nanoseconds: the small ones have one each, then every power of two has as many.
fn bucket(nanoseconds: u64) -> usize {
    let doublings = nanoseconds.max(STEPS).ilog2() - STEP_BITS;
    (u64::from(doublings) * STEPS + (nanoseconds >> doublings)) as usize
}

/// The largest number of nanoseconds in a bucket.
fn upper_bound(bucket: usize) -> u64 {
    let doublings = (bucket as u64 / STEPS).saturating_sub(1);
    let step = bucket as u64 - doublings * STEPS;
    (step << doublings) + ((1 << doublings) - 1)
}

impl Latencies {
    pub(crate) fn add(&mut self, latency: Duration) {
        self.counts[bucket(u64::try_from(latency.as_nanos()).unwrap_or(u64::MAX))] += 1;
        self.total += 1;
    }

    /// A time in which `percent` of a hundred calls, or more, were done; zero without calls.
    pub(crate) fn percentile(&self, percent: u64) -> Duration {
        let wanted = u128::from(self.total) * u128::from(percent);
        let mut seen = 0;
        for (bucket, count) in self.counts.iter().enumerate() {
            seen += count;
            if *count > 0 && u128::from(seen) * 100 >= wanted {
                return Duration::from_nanos(upper_bound(bucket));
            }
        }
        Duration::ZERO
    }
}
