//! What a close waits for, and what it does not wait for: admitted work, the library's own threads, everybody else.

mod held;
mod support;

use held::{
    Barrier, CLOSING, Context, INVALID_CTX, OK, TIMED_OUT, UNKNOWN_TOKEN, UserData, WOULD_DEADLOCK, brief, close,
    hasty, patient, stats, strict,
};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use support::Told;

#[test]
fn a_synchronous_request_has_the_grace_period_and_the_destructor_waits_for_it() {
    let context = Context::new(patient::LIBRARY);
    context.run(context.library.count_turns, "");
    thread::scope(|scope| {
        let request = scope.spawn(|| context.submit(context.library.hold_now, "").wait());
        context.script.barrier.await_entered();
        let done = close(&context);
        // It would be destructed by then if nobody waited.
        let turns = || context.script.turns.load(Ordering::Relaxed);
        let seen = turns();
        support::wait_until("the loop has turned", || turns() > seen + 1_000);
        assert!(done.is_open());
        assert!(context.script.said().is_empty());
        context.script.barrier.open();
        assert_eq!(request.join().expect("no panic"), Told::ok(""));
        assert_eq!(done.wait(), Told::ok(""));
    });
    assert_eq!(context.script.said(), ["let go", "destructed", "dropped"]);
}

#[test]
fn with_admitted_work_left_the_destructor_is_left_out_and_the_state_outlives_it() {
    let context = Context::new(hasty::LIBRARY);
    thread::scope(|scope| {
        let _opens = context.script.barrier.opens_at_last();
        let request = scope.spawn(|| context.submit(context.library.hold_now, "").wait());
        context.script.barrier.await_entered();
        assert_eq!(context.destroy(), TIMED_OUT);
        assert_eq!((context.destroy(), context.stats()), (INVALID_CTX, INVALID_CTX));
        // It would be dropped by then if nobody waited.
        (0..20).for_each(|_| assert_eq!(Context::new(patient::LIBRARY).destroy(), OK));
        assert!(context.script.said().is_empty());
        context.script.barrier.open();
        assert_eq!(request.join().expect("no panic"), Told::ok(""));
    });
    support::wait_until("the state is dropped", || context.script.said() == ["let go", "dropped"]);
}

#[test]
fn a_record_serves_again_when_stuck_code_has_let_go() {
    // More than there are records.
    for _ in 0..4_200 / 50 {
        let stuck: Vec<Context> = (0..50)
            .map(|_| {
                let context = Context::new(hasty::LIBRARY);
                drop(context.submit(context.library.hold, ""));
                context.script.barrier.await_entered();
                assert_eq!(context.destroy(), TIMED_OUT);
                context
            })
            .collect();
        for context in stuck {
            context.script.barrier.open();
            support::wait_until("its state is dropped", || context.script.said().contains(&"dropped"));
            assert_eq!(context.script.said(), ["let go", "not answered", "dropped"], "no destructor");
        }
    }
}

#[test]
fn callers_that_only_look_or_have_a_stale_handle_delay_no_close() {
    let stale = Context::new(patient::LIBRARY);
    assert_eq!(stale.destroy(), OK);
    let over = Arc::new(AtomicBool::new(false));
    for _ in 0..20 {
        // The record is the same, as it serves again.
        let context = Context::new(patient::LIBRARY);
        let hammers: Vec<_> = [stale.ctx, stale.ctx, context.ctx, context.ctx]
            .into_iter()
            .map(|ctx| {
                let over = Arc::clone(&over);
                thread::spawn(move || {
                    while !over.load(Ordering::Relaxed) {
                        assert!([OK, INVALID_CTX, CLOSING].contains(&stats(patient::LIBRARY, ctx)));
                    }
                })
            })
            .collect();
        assert_eq!(context.destroy(), OK);
        over.store(true, Ordering::Relaxed);
        hammers.into_iter().for_each(|hammer| hammer.join().expect("no panic"));
        over.store(false, Ordering::Relaxed);
    }
}

#[test]
fn destroy_in_a_thread_local_of_the_ffi_thread_would_deadlock() {
    let context = Context::new(patient::LIBRARY);
    context.run(context.library.at_the_end, "destroy");
    assert_eq!(context.destroy(), OK);
    let status = *context.script.status.lock().expect("not poisoned");
    // Either the handle was still live then, or the close had gone on.
    assert!([Some(WOULD_DEADLOCK), Some(INVALID_CTX)].contains(&status), "{status:?}");
}

#[test]
fn a_thread_local_of_the_ffi_thread_is_dropped_outside_of_the_context() {
    let context = Context::new(patient::LIBRARY);
    context.run(context.library.at_the_end, "ask");
    assert_eq!(context.destroy(), OK);
    assert_eq!(context.script.said(), ["destructed", "dropped", "refused"]);
}

#[test]
fn a_thread_local_that_blocks_does_not_keep_destroy() {
    let context = Context::new(brief::LIBRARY);
    context.run(context.library.at_the_end, "hold");
    assert_eq!(context.destroy(), TIMED_OUT);
    context.script.barrier.await_entered();
    context.script.barrier.open();
    assert_eq!(context.script.said(), ["destructed", "dropped"]);
}

#[test]
fn blocking_work_that_does_not_end_is_told() {
    let context = Context::new(brief::LIBRARY);
    context.run(context.library.hold_blocking, "");
    context.script.barrier.await_entered();
    assert_eq!(context.destroy(), TIMED_OUT);
    context.script.barrier.open();
    let context = Context::new(patient::LIBRARY);
    context.run(context.library.hold_blocking, "");
    context.script.barrier.await_entered();
    let done = close(&context);
    support::wait_until("the state is dropped", || context.script.said().contains(&"dropped"));
    assert!(done.is_open(), "it waits for the blocking work");
    context.script.barrier.open();
    assert_eq!(done.wait(), Told::ok(""));
}

/// Events are queued, one listener is slow, the FFI thread is kept: after destroy no delivery begins, and the host learns when
/// the one that runs has ended.
#[test]
fn no_listener_begins_to_run_after_a_destroy_that_timed_out() {
    let context = Context::new(hasty::LIBRARY);
    let slow = Arc::<Barrier>::default();
    let (theirs, heard) = (Arc::clone(&slow), Arc::new(Mutex::new(Vec::new())));
    let log = Arc::clone(&heard);
    let (cb, user_data) = support::callback(move |told| {
        log.lock().expect("not poisoned").push(told.text);
        theirs.pass();
    });
    let listener = (context.library.add_event_listener)(context.ctx as UserData, c"happened".as_ptr(), cb, user_data);
    assert_ne!(listener, 0);
    (0..100).for_each(|n| context.run(context.library.emit, &n.to_string()));
    slow.await_entered();
    drop(context.submit(context.library.hold, ""));
    context.script.barrier.await_entered();
    assert_eq!(context.destroy(), TIMED_OUT);
    slow.open();
    assert_eq!(
        (context.library.remove_event_listener)(context.ctx as UserData, listener),
        OK,
        "it has ended when this returns"
    );
    assert_eq!((context.library.remove_event_listener)(context.ctx as UserData, listener), UNKNOWN_TOKEN);
    assert_eq!(*heard.lock().expect("not poisoned"), ["0"]);
    context.script.barrier.open();
    support::wait_until("nothing of it is left", || {
        (context.library.remove_event_listener)(context.ctx as UserData, listener) == INVALID_CTX
    });
    assert_eq!(*heard.lock().expect("not poisoned"), ["0"]);
}

/// What the host registered is released when the stuck code lets go, and never called before that.
#[test]
fn after_an_abandonment_no_host_function_is_called() {
    let context = Context::new(hasty::LIBRARY);
    let log = context.host().register("ask", |_, _| unreachable!("it is called after destroy has returned"));
    let request = context.submit(context.library.hold, "");
    context.script.barrier.await_entered();
    assert_eq!(context.destroy(), TIMED_OUT);
    assert_eq!(request.wait().ret, TIMED_OUT);
    context.script.barrier.open();
    support::wait_until("its state is dropped", || context.script.said().contains(&"dropped"));
    assert_eq!(context.script.said(), ["let go", "not answered", "dropped"]);
    support::wait_until("what it registered is released", || log.released() == 1);
}

/// Two hundred threads wait in synchronous requests for host calls that nobody answers: they end when their calls do.
#[test]
fn synchronous_requests_in_host_calls_end_with_the_grace_period() {
    const THREADS: usize = 200;
    let context = Context::new(strict::LIBRARY);
    let log = context.host().register("ask", |_, _| {});
    thread::scope(|scope| {
        let ask = || context.submit(context.library.ask_now, "").wait();
        let requests: Vec<_> = (0..THREADS).map(|_| scope.spawn(ask)).collect();
        support::wait_until("all are asked", || log.asked().len() == THREADS);
        assert_eq!(context.destroy(), OK);
        for request in requests {
            assert_eq!(request.join().expect("no panic"), Told::ok("ShuttingDown"));
        }
    });
    assert_eq!(context.script.said(), ["destructed", "dropped"]);
}
