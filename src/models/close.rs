//! The report of the FFI thread against the supervisor that gives up.

use super::{model, thread};
use crate::context::report::{Closed, Report, Reported};
use crate::sync::Arc;
use std::time::Instant;

/// Either the supervisor has the report and goes on, or the FFI thread is told that nobody waits for it any longer.
#[test]
fn abandonment_against_report() {
    model(|| {
        let report = Arc::new(Report::new());
        let ffi_thread = {
            let report = Arc::clone(&report);
            thread::spawn(move || report.report(Closed::Clean))
        };
        let ended = report.await_report(Instant::now());
        let reported = ffi_thread.join().expect("no panic");
        assert_eq!(ended.is_some(), reported == Reported::InTime, "both or none of them end the context");
    });
}

#[test]
fn whoever_waits_for_the_outcome_is_told() {
    model(|| {
        let report = Arc::new(Report::new());
        let supervisor = {
            let report = Arc::clone(&report);
            thread::spawn(move || report.publish(Closed::Clean))
        };
        let early = report.await_outcome(Instant::now());
        supervisor.join().expect("no panic");
        let late = report.await_outcome(Instant::now());
        assert_eq!(late, Some(Closed::Clean));
        assert!(early.is_none() || early == late);
    });
}
