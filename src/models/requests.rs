//! Requests: each is called back once, whoever comes first.

use super::{block_on, model, thread};
use crate::bridge::Signal;
use crate::context::gate::{self, Gate, Left, Phase, Pin};
use crate::context::requests::{Batch, Refused, Requests};
use crate::sync::{Arc, planted};
use std::future::poll_fn;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;
use std::time::Instant;

/// Callbacks are numbers, jobs and tasks are names of what they are, and the ending of a sealed request is a letter.
type Model = Requests<usize, &'static str, &'static str, char>;

fn requests() -> Arc<Model> {
    Arc::new(Requests::new(8))
}

/// Takes the only request that is queued, and takes it up; true if it is to be started.
fn take_one(requests: &Model) -> Option<(crate::context::requests::Key, bool)> {
    let mut batch = Batch::new();
    requests.take(&mut batch);
    let (key, _job) = batch.take_out()?;
    Some((key, !requests.take_up(key)))
}

#[test]
fn submit_against_seal() {
    model(|| {
        let requests = requests();
        let host = {
            let requests = Arc::clone(&requests);
            thread::spawn(move || requests.submit(1, 7, "job"))
        };
        let sealed = requests.seal('x');
        let submitted = host.join().expect("no panic");
        match submitted {
            Ok(_) => assert_eq!((sealed.callbacks, sealed.jobs.len()), (vec![7], 1), "accepted, so it is called back"),
            Err(refused) => {
                assert_eq!(refused, (Refused::Sealed, "job"));
                assert!(sealed.callbacks.is_empty() && sealed.jobs.is_empty(), "refused, so it is not called back");
            }
        }
        assert_eq!(requests.live(), 0);
    });
}

#[test]
fn settle_against_seal() {
    model(|| {
        let requests = requests();
        assert_eq!(requests.submit(1, 7, "job"), Ok(true));
        let (key, _) = take_one(&requests).expect("it is queued");
        let supervisor = {
            let requests = Arc::clone(&requests);
            thread::spawn(move || requests.seal('x').callbacks.len())
        };
        let settled = usize::from(requests.settle(key).is_some());
        assert_eq!(settled + supervisor.join().expect("no panic"), 1, "called back once");
    });
}

/// A host cancels a request that is queued, taken, polled for the first time, or a task.
#[test]
fn cancel_against_start() {
    model(|| {
        let requests = requests();
        assert_eq!(requests.submit(1, 7, "job"), Ok(true));
        let host = {
            let requests = Arc::clone(&requests);
            thread::spawn(move || requests.cancel(1))
        };
        let (key, wanted) = take_one(&requests).expect("it is queued");
        // It has to wait for something: it becomes a task.
        let unwanted = if wanted { requests.started(key, "task") } else { None };
        let cancelled = host.join().expect("no panic");
        assert!(cancelled.found);
        let aborted = unwanted.into_iter().chain(cancelled.tasks).count();
        assert_eq!(aborted, usize::from(wanted), "a request that was cancelled goes on");
        assert_eq!(requests.settle(key), Some(7));
        assert!(!requests.cancel(1).found);
    });
}

/// A supervisor that gives up against a warning that a request still runs: the terminal call is made once, and neither during
/// the warning nor before it.
#[test]
fn terminal_call_against_stale_warning() {
    model(|| {
        let (requests, calls) = (requests(), Arc::new(AtomicUsize::new(0)));
        assert_eq!(requests.submit(1, 7, "job"), Ok(true));
        let (key, _) = take_one(&requests).expect("it is queued");
        let terminal = |calls: &AtomicUsize| {
            assert_eq!(calls.fetch_add(100, Ordering::SeqCst) % 100, 0, "it overlaps a warning");
        };
        let supervisor = {
            let (requests, calls) = (Arc::clone(&requests), Arc::clone(&calls));
            thread::spawn(move || {
                requests.seal('x').callbacks.iter().for_each(|_| terminal(&calls));
                let over = requests.await_warnings(Instant::now());
                assert!(!over || calls.load(Ordering::SeqCst) >= 100, "the terminal call is not made");
                over
            })
        };
        if requests.warn(key).is_some() {
            assert!(calls.fetch_add(1, Ordering::SeqCst) < 100, "it follows the terminal call");
            thread::yield_now();
            calls.fetch_sub(1, Ordering::SeqCst);
            if let Some(left) = requests.warned(key) {
                assert_eq!(left, (7, 'x'));
                thread::yield_now();
                terminal(&calls);
                requests.delivered();
            }
        }
        let _waited = supervisor.join().expect("no panic");
        assert_eq!(calls.load(Ordering::SeqCst), 100, "the terminal call is made once");
        assert_eq!((requests.live(), requests.await_warnings(Instant::now())), (0, true));
    });
}

/// A submission is inside as admitted until its request is live: a close that has found nobody inside and nothing live begins
/// the destructor, and nothing comes after that.
#[test]
fn grace_against_submit() {
    model(|| {
        let (requests, gate, signal) = (requests(), Arc::new(Gate::new(0)), Arc::new(Signal::new()));
        gate.open(1);
        // It was let in before the close began.
        assert_eq!(gate.enter(1, Phase::Running, Pin::Admitted), Ok(()));
        let host = {
            let (requests, gate, signal) = (Arc::clone(&requests), Arc::clone(&gate), Arc::clone(&signal));
            thread::spawn(move || {
                assert!(requests.submit(1, 7, "job").is_ok());
                signal.notify();
                if gate.leave(Pin::Admitted) == Left::WakeClose {
                    signal.notify();
                }
            })
        };
        assert!(gate.advance(Phase::Running, Phase::Closing));
        assert_eq!(gate.enter(1, Phase::Running, Pin::Admitted), Err(gate::Refused::Closing));
        let mut run = 0;
        block_on(poll_fn(|cx| {
            loop {
                if let Some((key, _)) = take_one(&requests) {
                    run += usize::from(requests.settle(key).is_some());
                }
                let live_first = planted("live_before_pins") && requests.live() == 0;
                if gate.admitted() == 0 && (live_first || requests.live() == 0) {
                    return Poll::Ready(());
                }
                if signal.poll_notified(cx).is_pending() {
                    return Poll::Pending;
                }
            }
        }));
        // The destructor runs now.
        assert_eq!((run, requests.live()), (1, 0), "a request runs after the destructor has begun");
        host.join().expect("no panic");
    });
}
