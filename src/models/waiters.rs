//! Waiting for a place within a limit, and being dropped meanwhile, on any thread.

use super::{block_on, model, thread};
use crate::waiters::{Waiters, Waiting};
use std::future::poll_fn;
use std::task::{Context, Poll, Waker};

/// One that waits in the queue.
fn waiting(waiters: &Waiters) -> Waiting {
    let mut waiting = waiters.wait();
    assert!(waiting.poll(&mut Context::from_waker(Waker::noop())).is_pending());
    waiting
}

#[test]
fn a_waiter_is_dropped_while_a_place_is_handed_over() {
    model(|| {
        let waiters = Waiters::default();
        let (first, mut second) = (waiting(&waiters), waiting(&waiters));
        let dropping = thread::spawn(move || drop(first));
        // The only place is free.
        assert!(waiters.is_crowded());
        waiters.hand_over(1, || 0);
        // Whoever of the two was given it, it comes to the second in the end.
        block_on(poll_fn(|cx| second.poll(cx)));
        waiters.taken();
        drop(second);
        dropping.join().expect("no panic");
        waiters.hand_over(1, || 1);
        assert!(!waiters.is_crowded(), "nobody waits any longer");
        assert!(!waiters.has_place(1, || 1) && waiters.has_place(1, || 0));
    });
}

#[test]
fn the_place_of_one_who_is_dropped_is_for_whoever_comes() {
    model(|| {
        let waiters = Waiters::default();
        let only = waiting(&waiters);
        let dropping = thread::spawn(move || drop(only));
        waiters.hand_over(1, || 0);
        dropping.join().expect("no panic");
        assert!(waiters.has_place(1, || 0), "a place is lost");
        let mut next = waiters.wait();
        assert_eq!(next.poll(&mut Context::from_waker(Waker::noop())), Poll::Pending, "it was not handed to this one");
        waiters.hand_over(1, || 0);
        block_on(poll_fn(|cx| next.poll(cx)));
    });
}
