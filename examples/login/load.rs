//! Many logins, a bounded number at once, and what they took.

use crate::host::{Host, LoginError, Refused, Session};
use crate::latencies::Latencies;
use crate::progress::Progress;
use std::fmt;
use std::num::NonZero;
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// Logins at once. A request that waits costs memory, and more of them make none of them faster.
pub(crate) const IN_FLIGHT: u64 = 64;

/// What a load came to.
#[derive(Default)]
pub(crate) struct Summary {
    calls: u64,
    took: Duration,
    latencies: Latencies,
    answered_inline: u64,
    answered_later: u64,
    unknown_users: u64,
    failed: u64,
    /// Why the first of the failed ones failed.
    first_failure: Option<String>,
}

/// Logs the users in, in turn.
pub(crate) fn run(host: &Host, users: &[String], calls: NonZero<u64>) -> Result<Summary, Refused> {
    let (sender, receiver) = mpsc::channel();
    let mut progress = Progress::new(calls.get());
    let mut summary = Summary::default();
    let mut turns = users.iter().cycle().zip(0..calls.get());
    let mut in_flight = 0;
    let start = Instant::now();
    loop {
        while in_flight < IN_FLIGHT
            && let Some((user, _)) = turns.next()
        {
            let (sender, sent) = (sender.clone(), Instant::now());
            match host.begin_log_in(user, move |outcome| drop(sender.send((sent.elapsed(), outcome)))) {
                Ok(()) => in_flight += 1,
                Err(refused) => summary.add(None, Err(refused)),
            }
        }
        if in_flight == 0 {
            break;
        }
        let (latency, outcome) = receiver.recv().expect("there is a sender as long as this one is here");
        in_flight -= 1;
        summary.add(Some(latency), outcome);
        progress.show(summary.calls);
    }
    summary.took = start.elapsed();
    progress.finish(summary.calls);
    let stats = host.stats()?;
    (summary.answered_inline, summary.answered_later) = (stats.host_calls_inline, stats.host_calls_remote);
    Ok(summary)
}

impl Summary {
    fn add(&mut self, latency: Option<Duration>, outcome: Result<Session, LoginError>) {
        self.calls += 1;
        if let Some(latency) = latency {
            self.latencies.add(latency);
        }
        match outcome {
            Ok(_session) => {}
            Err(LoginError::UnknownUser(_)) => self.unknown_users += 1,
            Err(LoginError::Failed(text)) => {
                self.failed += 1;
                self.first_failure.get_or_insert(text);
            }
        }
    }

    /// Whether no login failed for another reason than an unknown user.
    pub(crate) fn all_well(&self) -> bool {
        self.failed == 0
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let per_second = self.calls as f64 / self.took.as_secs_f64().max(1e-9);
        writeln!(f, "calls          {}", self.calls)?;
        writeln!(f, "per second     {per_second:.0}")?;
        writeln!(f, "p50            {} µs", self.latencies.percentile(50).as_micros())?;
        writeln!(f, "p99            {} µs", self.latencies.percentile(99).as_micros())?;
        writeln!(f, "answers        {} inline, {} later", self.answered_inline, self.answered_later)?;
        writeln!(f, "unknown users  {}", self.unknown_users)?;
        writeln!(f, "errors         {}", self.failed)?;
        self.first_failure.iter().try_for_each(|text| writeln!(f, "first error    {text}"))
    }
}
