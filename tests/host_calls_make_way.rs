//! Host calls that are answered inline, one after the other: the task that awaits them makes way for others. And many from other threads:
//! the loop makes way for its tasks.

mod support;

use ffihost::Host;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use support::{ASK, Context, Scripts as _, Told};

const CANCELLED: i32 = 15;

/// A context whose host answers at once, and a request that asks until the answer is "stop". True once it has asked often.
fn endless() -> (Context, support::Pending, Arc<AtomicBool>, Arc<AtomicBool>) {
    let ctx = Context::new("test");
    let (stop, often) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
    let (stops, asked) = (Arc::clone(&stop), Arc::clone(&often));
    let count = std::sync::atomic::AtomicU32::new(0);
    ctx.register("ask", move |ctx, call| {
        if count.fetch_add(1, Ordering::Relaxed) > 1_000 {
            asked.store(true, Ordering::Relaxed);
        }
        let answer = if stops.load(Ordering::Relaxed) { "stop" } else { "go on" };
        assert_eq!(ctx.answer(call.token, 0, answer), 0);
    });
    let endless = ctx.script(|| async {
        let host = Host::current().expect("in a context");
        while host.call(&ASK, "?").await.map_err(|error| support::show(&error))? != b"stop" {}
        Ok(b"stopped".to_vec())
    });
    (ctx, endless, stop, often)
}

#[test]
fn timers_and_other_requests_go_on_beside_a_loop_of_inline_answers() {
    let (ctx, endless, stop, often) = endless();
    support::wait_until("it has asked often", || often.load(Ordering::Relaxed));
    assert_eq!(ctx.run("echo", "another request"), Told::ok("another request"));
    assert_eq!(ctx.run("sleep", "1"), Told::ok(""), "a timer");
    assert_eq!(ctx.run("ask_elsewhere", "from another thread"), Told::ok("go on"));
    assert!(endless.is_open());
    stop.store(true, Ordering::Relaxed);
    assert_eq!(endless.wait(), Told::ok("stopped"));
    assert_eq!(ctx.destroy(), 0);
}

#[test]
fn a_loop_of_inline_answers_is_cancelled_by_a_close() {
    let (ctx, endless, _, often) = endless();
    support::wait_until("it has asked often", || often.load(Ordering::Relaxed));
    assert_eq!(ctx.destroy(), 0);
    assert_eq!(endless.wait().ret, CANCELLED);
}

#[test]
fn many_requests_with_an_inline_answer_in_one_turn() {
    let ctx = Context::new("test");
    ctx.register("ask", |ctx, asked| assert_eq!(ctx.answer(asked.token, 0, &asked.text), 0));
    let held = ctx.submit("hold", "many in one turn");
    let pending: Vec<_> = (0..1_000).map(|n| (n, ctx.submit("ask", &n.to_string()))).collect();
    support::let_go("many in one turn");
    assert_eq!(held.wait(), Told::ok(""));
    for (n, pending) in pending {
        assert_eq!(pending.wait(), Told::ok(&n.to_string()));
        pending.assert_silent();
    }
    let stats = ctx.stats();
    assert_eq!((stats.host_calls, stats.host_calls_inline), (1_000, 1_000));
    assert_eq!(ctx.destroy(), 0);
}

/// A turn runs as many of the jobs that other threads have posted, and then the tasks have theirs.
#[test]
fn tasks_go_on_between_many_jobs_of_other_threads() {
    let ctx = Context::new("test");
    let (cancelled_before, seen) = mpsc::channel();
    ctx.register("ask", move |ctx, asked| {
        if asked.text != "open" {
            cancelled_before.send(ctx.stats().host_calls_cancelled).expect("the test listens");
            assert_eq!(ctx.answer(asked.token, 0, ""), 0);
        }
    });
    let script = ctx.script(|| async {
        let host = Host::current().expect("in a context");
        let mut open = host.call(&ASK, "open");
        assert!(support::futures_poll_once(&mut open).is_none());
        // While the FFI thread waits for this: each of them is a job that makes a task, and the last one ends the open call.
        let posted = thread::spawn(move || {
            let mut calls: Vec<_> = (0..600).map(|_| host.call(&ASK, "posted")).collect();
            assert!(calls.iter_mut().all(|call| support::futures_poll_once(call).is_none()));
            drop(open);
            calls
        });
        let outcomes = futures::future::join_all(posted.join().expect("no panic")).await;
        assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
        Ok(vec![])
    });
    assert_eq!(script.wait(), Told::ok(""));
    let seen: Vec<_> = seen.try_iter().collect();
    assert_eq!((seen.len(), seen[0]), (600, 0), "the first task asks before the last job runs");
    assert_eq!(ctx.stats().host_calls_cancelled, 1);
    assert_eq!(ctx.destroy(), 0);
}
