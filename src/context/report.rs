//! How a close ends: the FFI thread reports, or the supervisor gives up, and everybody is told what came of it.
//!
//! # Parties
//!
//! - The FFI thread reports once, when nothing of the context is called any longer.
//! - The supervisor waits for the report with a limit. If it does not come, the supervisor abandons the context.
//! - Whoever calls destroy while a close is under way waits for the supervisor's outcome, with a limit of its own.
//!
//! # Protocol
//!
//! Report and abandonment are decided under one lock, so exactly one comes first: a supervisor that has the report does not
//! abandon, and an FFI thread that reports after the abandonment is told so. Changes are announced by an event after the
//! lock is released; whoever waits looks under the lock, before and after it has begun to listen.

use crate::sync::{Event, Mutex, planted};
use std::time::Instant;

/// How a close ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Closed {
    /// Everything is released and ended.
    Clean,
    /// Library or host code did not stop in time.
    TimedOut,
}

impl Closed {
    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::Clean => "",
            Self::TimedOut => "code of the library or a listener did not stop in time; what it may touch is left alone",
        }
    }

    /// The worse of both.
    pub(crate) fn and(self, other: Self) -> Self {
        if self == Self::Clean { other } else { self }
    }
}

/// What became of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub(crate) enum Reported {
    /// The supervisor goes on from here.
    InTime,
    /// The supervisor has given up.
    TooLate,
}

#[derive(Debug, Default)]
struct Decided {
    ended: Option<Closed>,
    outcome: Option<Closed>,
    abandoned: bool,
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Report {
    decided: Mutex<Decided>,
    changed: Event,
}

impl Report {
    pub(crate) fn new() -> Self {
        Self { decided: Mutex::new(Decided::default()), changed: Event::new() }
    }

    /// The FFI thread's report.
    pub(crate) fn report(&self, ended: Closed) -> Reported {
        let mut decided = self.decided.lock();
        decided.ended = Some(ended);
        let abandoned = decided.abandoned;
        drop(decided);
        self.changed.notify_all();
        if abandoned { Reported::TooLate } else { Reported::InTime }
    }

    /// Waits for the FFI thread's report. None if it has not come by then: the context is abandoned from now on.
    pub(crate) fn await_report(&self, deadline: Instant) -> Option<Closed> {
        let reported = self.changed.wait_until(deadline, || self.decided.lock().ended);
        if reported.is_some() {
            return reported;
        }
        if planted("abandon_without_second_look") {
            self.decided.lock().abandoned = true;
            return None;
        }
        let mut decided = self.decided.lock();
        decided.abandoned = decided.ended.is_none();
        decided.ended
    }

    /// The outcome, for everybody who waits for it.
    pub(crate) fn publish(&self, outcome: Closed) {
        if !planted("outcome_is_told_to_those_who_wait_alone") {
            self.decided.lock().outcome = Some(outcome);
        }
        self.changed.notify_all();
    }

    /// Waits for the outcome of a close that somebody else supervises; `None` if it is not there by then.
    pub(crate) fn await_outcome(&self, deadline: Instant) -> Option<Closed> {
        self.changed.wait_until(deadline, || self.decided.lock().outcome)
    }
}

#[cfg(all(test, not(ffihost_loom)))]
mod tests {
    use super::*;
    use std::hint::spin_loop;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::thread;
    use std::time::Duration;

    #[test]
    fn the_worse_of_two_ends() {
        use Closed::{Clean, TimedOut};
        let both = [(Clean, Clean), (Clean, TimedOut), (TimedOut, Clean), (TimedOut, TimedOut)];
        assert_eq!(both.map(|(one, other)| one.and(other)), [Clean, TimedOut, TimedOut, TimedOut]);
    }

    /// Both threads come to a round, so that they go on at nearly the same time.
    fn meet(arrived: &AtomicUsize, round: usize) {
        arrived.fetch_add(1, Ordering::AcqRel);
        for spins in 1.. {
            if arrived.load(Ordering::Acquire) >= 2 * (round + 1) {
                break;
            }
            if spins % 64 == 0 { thread::yield_now() } else { spin_loop() }
        }
    }

    /// The report comes later after it was in time and earlier after it was late. So it keeps coming at the moment at which
    /// the supervisor gives up, and in some rounds between its last look and its abandonment.
    #[test]
    fn a_report_at_the_last_moment_is_seen_or_is_told_that_it_is_late() {
        let reports: Vec<_> = (0..20_000).map(|_| Report::new()).collect();
        let (arrived, end) = (AtomicUsize::new(0), AtomicUsize::new(usize::MAX));
        let begun = Instant::now();
        let (ended, reported): (Vec<_>, Vec<_>) = thread::scope(|scope| {
            let ffi_thread = scope.spawn(|| {
                let mut delay = 0_usize;
                let report = |(round, report): (usize, &Report)| {
                    // On a machine that has other things to do the threads wait long for each other.
                    let is_over = begun.elapsed() > Duration::from_secs(1);
                    if is_over {
                        end.store(round, Ordering::Release);
                    }
                    meet(&arrived, round);
                    if is_over {
                        return None;
                    }
                    (0..delay).for_each(|_| spin_loop());
                    let reported = report.report(Closed::Clean);
                    delay = if reported == Reported::InTime { delay + 1 } else { delay.saturating_sub(1) };
                    Some(reported)
                };
                reports.iter().enumerate().map_while(report).collect()
            });
            let await_report = |(round, report): (usize, &Report)| {
                meet(&arrived, round);
                (round < end.load(Ordering::Acquire)).then(|| report.await_report(begun))
            };
            let ended = reports.iter().enumerate().map_while(await_report).collect();
            (ended, ffi_thread.join().expect("no panic"))
        });
        for (ended, reported) in ended.into_iter().zip(reported) {
            assert_eq!(ended.is_some(), reported == Reported::InTime, "both or none of them end the context");
        }
    }
}
