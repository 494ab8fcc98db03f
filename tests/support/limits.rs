//! What the library may take and keep, by the name of the test's file.

use ffihost::Options;
use std::time::Duration;

/// How long the steps of a close may take. What a test expects must not depend on how fast the machine is, so each limit is
/// either never reached, or short and reached in any case. The name of the test's file says which:
///
/// - `…_in_time`: no limit is ever reached.
/// - `…_times_out`: every limit is short; whoever refuses to stop is left behind soon. Even a close that nothing holds up may
///   time out there.
/// - any other: grace and the destructor's deadline are short; the linger is never reached.
pub const LIMITS: (Duration, Duration, Duration) = {
    const NEVER: Duration = Duration::from_secs(3_600);
    const SOON: Duration = Duration::from_millis(50);
    let name = env!("CARGO_CRATE_NAME").as_bytes();
    if ends_with(name, b"_in_time") {
        (NEVER, NEVER, NEVER)
    } else if ends_with(name, b"_times_out") {
        (SOON, SOON, SOON)
    } else {
        (SOON, SOON, NEVER)
    }
};

const fn ends_with(name: &[u8], end: &[u8]) -> bool {
    match name.split_last_chunk::<1>() {
        None => end.is_empty(),
        Some((name, [last])) => match end.split_last_chunk::<1>() {
            None => true,
            Some((end, [wanted])) => *last == *wanted && ends_with(name, end),
        },
    }
}

/// Host calls in flight; in a test whose file's name ends in `_crowded` few, in `_unlimited` as many as there may be at all.
const CALLS: u32 = {
    let name = env!("CARGO_CRATE_NAME").as_bytes();
    if ends_with(name, b"_crowded") {
        4
    } else if ends_with(name, b"_unlimited") {
        65_536
    } else {
        1_000
    }
};

/// Those of `test`. Host calls have a deadline in a test whose file's name ends in `_a_deadline`.
pub const OPTIONS: Options = {
    let options = Options::new()
        .grace(LIMITS.0)
        .destructor_deadline(LIMITS.1)
        .linger(LIMITS.2)
        .max_calls_in_flight(CALLS)
        .max_requests_queued(2_000)
        .max_payload(1 << 20)
        .max_contexts(64);
    if ends_with(env!("CARGO_CRATE_NAME").as_bytes(), b"_a_deadline") {
        options.host_deadline(Duration::from_millis(20))
    } else {
        options
    }
};
