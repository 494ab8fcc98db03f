//! Waiting for what another thread is about to do.

use std::thread;
use std::time::{Duration, Instant};

/// Longer than anything in a test takes, on whatever machine: a test that waits this long has failed.
pub const PATIENCE: Duration = Duration::from_secs(300);

/// Waits until something holds that another thread is about to do. It asks again and again, and lets that thread run in between.
#[track_caller]
pub fn wait_until(what: &str, holds: impl Fn() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < PATIENCE, "waited in vain until {what}");
        thread::yield_now();
    }
}
