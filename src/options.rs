//! What an author decides for every context of a library.

use crate::abi::Warn;
use ffihost_abi::limits;
use std::time::Duration;

/// What happens to an event when the queue is full.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WhenFull {
    /// The producer waits for room. On the event thread itself, which nobody else could free, the event is dropped.
    #[default]
    Block,
    /// The oldest queued event is dropped.
    DropOldest,
    /// The new event is dropped.
    DropNewest,
}

/// Limits, deadlines and policies of a library's contexts; the defaults are those of the contract.
///
/// They are constants: what is out of range is refused when the library is compiled, with a message that names the limit.
///
/// # Examples
///
/// ```
/// use ffihost::Options;
/// use std::time::Duration;
///
/// const OPTIONS: Options = Options::new().host_deadline(Duration::from_secs(10)).max_payload(1 << 20);
/// # let _ = OPTIONS;
/// ```
///
/// This does not compile:
///
/// ```compile_fail,E0080
/// const OPTIONS: ffihost::Options = ffihost::Options::new().max_contexts(1_000_000);
/// # let _ = OPTIONS;
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub struct Options {
    pub(crate) contexts: u32,
    pub(crate) calls_in_flight: u32,
    pub(crate) requests_queued: u32,
    pub(crate) payload: usize,
    pub(crate) events_queued: u32,
    pub(crate) events_when_full: WhenFull,
    pub(crate) slow_host: Duration,
    pub(crate) stale_warn: Option<Warn>,
    pub(crate) host_deadline: Option<Duration>,
    pub(crate) grace: Duration,
    pub(crate) destructor_deadline: Duration,
    pub(crate) linger: Duration,
    pub(crate) spin: Duration,
    pub(crate) io: bool,
}

/// Whether a duration can be added to others and to points in time without a second thought.
const fn is_at_most_a_day(duration: Duration) -> bool {
    const DAY: Duration = Duration::from_secs(24 * 60 * 60);
    duration.as_secs() < DAY.as_secs() || duration.as_secs() == DAY.as_secs() && duration.subsec_nanos() == 0
}

const _: () =
    assert!(limits::HOST_CALLS <= crate::inflight::MAX_IN_FLIGHT, "the table of calls has room for the default");

/// What a queue's length is at most: memory for as many is kept, or may be needed.
const MAX_QUEUED: u32 = 1 << 20;

impl Default for Options {
    fn default() -> Self {
        Self::new()
    }
}

impl Options {
    /// The defaults.
    pub const fn new() -> Self {
        Self {
            contexts: limits::CONTEXTS,
            calls_in_flight: limits::HOST_CALLS,
            requests_queued: limits::REQUESTS_QUEUED,
            payload: limits::PAYLOAD,
            events_queued: limits::EVENTS_QUEUED,
            events_when_full: WhenFull::Block,
            slow_host: limits::SLOW_HOST_FN,
            stale_warn: None,
            host_deadline: None,
            grace: limits::GRACE,
            destructor_deadline: Duration::from_secs(5),
            linger: Duration::from_secs(1),
            spin: Duration::from_micros(50),
            io: false,
        }
    }

    /// Contexts at once, at most 4,096. Default 1,024; then create returns `BUSY`.
    ///
    /// # Panics
    ///
    /// If it is 0 or more than 4,096.
    pub const fn max_contexts(mut self, contexts: u32) -> Self {
        assert!(
            contexts >= 1 && contexts <= crate::context::handle::MAX_CONTEXTS,
            "max_contexts: from 1 to 4,096 contexts"
        );
        self.contexts = contexts;
        self
    }

    /// Host calls in flight per context, at most and by default 65,536; then [`HostError::Overloaded`](crate::HostError).
    ///
    /// # Panics
    ///
    /// If it is 0 or more than 65,536.
    pub const fn max_calls_in_flight(mut self, calls: u32) -> Self {
        assert!(calls >= 1 && calls <= crate::inflight::MAX_IN_FLIGHT, "max_calls_in_flight: from 1 to 65,536 calls");
        self.calls_in_flight = calls;
        self
    }

    /// Requests that wait to be started, per context. Default 16,384; then `BUSY`.
    ///
    /// # Panics
    ///
    /// If it is 0 or more than 1,048,576.
    pub const fn max_requests_queued(mut self, requests: u32) -> Self {
        assert!(requests >= 1 && requests <= MAX_QUEUED, "max_requests_queued: from 1 to 1,048,576 requests");
        self.requests_queued = requests;
        self
    }

    /// Bytes of a request or an answer. Default 64 MiB; then `TOO_LARGE`.
    pub const fn max_payload(mut self, bytes: usize) -> Self {
        // Nothing that can be pointed to is larger.
        self.payload = if bytes > isize::MAX as usize { isize::MAX as usize } else { bytes };
        self
    }

    /// Events that wait for the event thread, per context, and what happens when there are more. Default 1,024, blocking.
    ///
    /// # Panics
    ///
    /// If it is 0 or more than 1,048,576.
    pub const fn events(mut self, queued: u32, when_full: WhenFull) -> Self {
        assert!(queued >= 1 && queued <= MAX_QUEUED, "events: from 1 to 1,048,576 queued events");
        self.events_queued = queued;
        self.events_when_full = when_full;
        self
    }

    /// How long a host function may run on the FFI thread before that is reported. Default 10 ms; zero switches it off.
    ///
    /// Measured with the system's coarse clock, which ticks every 1 to 10 ms on Linux, so that it costs next to nothing.
    pub const fn slow_host_warning(mut self, threshold: Duration) -> Self {
        self.slow_host = threshold;
        self
    }

    /// Tells the callback of a running request every so often that it is still running. Default off.
    ///
    /// # Panics
    ///
    /// If the interval is zero or longer than a day.
    pub const fn stale_warning(mut self, interval: Duration) -> Self {
        assert!(
            !interval.is_zero() && is_at_most_a_day(interval),
            "stale_warning: more than no time, and a day at most"
        );
        self.stale_warn = Some(Warn::every(interval));
        self
    }

    /// The deadline of host calls that have none of their own. Default none.
    pub const fn host_deadline(mut self, deadline: Duration) -> Self {
        self.host_deadline = Some(deadline);
        self
    }

    /// How long running requests may go on after a close. Default 1.5 s.
    ///
    /// # Panics
    ///
    /// If it is longer than a day.
    pub const fn grace(mut self, grace: Duration) -> Self {
        assert!(is_at_most_a_day(grace), "grace: a day at most");
        self.grace = grace;
        self
    }

    /// How long the destructor may take. Default 5 s.
    ///
    /// # Panics
    ///
    /// If it is longer than a day.
    pub const fn destructor_deadline(mut self, deadline: Duration) -> Self {
        assert!(is_at_most_a_day(deadline), "destructor_deadline: a day at most");
        self.destructor_deadline = deadline;
        self
    }

    /// How long each of the last steps of a close may take: cancelled requests, synchronous ones, blocking tasks, listeners.
    /// What refuses to stop then is left behind, and the close says `TIMED_OUT`. Default 1 s.
    ///
    /// # Panics
    ///
    /// If it is longer than a day.
    pub const fn linger(mut self, linger: Duration) -> Self {
        assert!(is_at_most_a_day(linger), "linger: a day at most");
        self.linger = linger;
        self
    }

    /// How long at most the FFI thread watches for work before it sleeps; it adapts to what comes, and never spins where
    /// there is one processor. Default 50 µs; zero switches it off.
    ///
    /// # Panics
    ///
    /// If it is longer than a day.
    pub const fn spin(mut self, spin: Duration) -> Self {
        assert!(is_at_most_a_day(spin), "spin: a day at most");
        self.spin = spin;
        self
    }

    /// Whether tokio's I/O works on the FFI thread: sockets of `tokio::net`, and what is made of them, as HTTP clients are.
    /// Default off; then tokio panics where such code runs.
    ///
    /// It needs the feature `io` of ffihost. Each context takes a few file descriptors for it; where the system has none left,
    /// the callback of create gets `BUSY`.
    ///
    /// # Panics
    ///
    /// If it is switched on without that feature.
    pub const fn io(mut self, io: bool) -> Self {
        assert!(
            !io || cfg!(feature = "io"),
            "io: it needs the feature `io` of ffihost, `cargo add ffihost --features io`"
        );
        self.io = io;
        self
    }
}

#[cfg(all(test, not(ffihost_loom)))]
mod tests {
    use super::*;
    use std::panic::{AssertUnwindSafe, catch_unwind};

    /// What is out of range stops the compiler, as a constant; here it panics.
    #[test]
    fn what_is_out_of_range_is_refused_with_the_name_of_the_limit() {
        const DAY: Duration = Duration::from_secs(24 * 60 * 60);
        let longer = DAY + Duration::from_nanos(1);
        type Limit<T> = (&'static str, fn(T) -> Options, [T; 2], Vec<T>);
        fn check<T: Copy>((name, set, within, beyond): Limit<T>) {
            for value in within {
                let _options = set(value);
            }
            for value in beyond {
                let panic = catch_unwind(AssertUnwindSafe(|| set(value))).expect_err("out of range");
                let text = *panic.downcast::<&str>().expect("a text");
                assert!(text.starts_with(name), "{name}: {text}");
            }
        }
        let queued = |count| Options::new().events(count, WhenFull::Block);
        check(("max_contexts", |n| Options::new().max_contexts(n), [1, 4_096], vec![0, 4_097]));
        check(("max_calls_in_flight", |n| Options::new().max_calls_in_flight(n), [1, 65_536], vec![0, 65_537]));
        check(("max_requests_queued", |n| Options::new().max_requests_queued(n), [1, 1 << 20], vec![0, (1 << 20) + 1]));
        check(("events", queued, [1, 1 << 20], vec![0, u32::MAX]));
        let nothing = Duration::ZERO;
        check(("grace", |long| Options::new().grace(long), [nothing, DAY], vec![longer, Duration::MAX]));
        check(("linger", |long| Options::new().linger(long), [nothing, DAY], vec![longer, Duration::MAX]));
        let destructor = |long| Options::new().destructor_deadline(long);
        check(("destructor_deadline", destructor, [nothing, DAY], vec![longer, Duration::MAX]));
        let stale = |long| Options::new().stale_warning(long);
        check(("stale_warning", stale, [Duration::from_nanos(1), DAY], vec![nothing, longer, Duration::MAX]));
        let (within, beyond) = if cfg!(feature = "io") { ([false, true], vec![]) } else { ([false; 2], vec![true]) };
        check(("io", |io| Options::new().io(io), within, beyond));
    }
}
