//! Calls that wait for room: first come, first served, and nobody is forgotten. A context has room for four calls here.

mod support;

use ffihost::{Host, HostError};
use futures::future::join_all;
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use support::{ASK, Asked, Context, Scripts as _, Told, futures_poll_once, show};

type Bytes = Vec<u8>;

const ROOM: usize = 4;

fn host() -> Host {
    Host::current().expect("in a context")
}

fn shown(outcome: Result<Bytes, HostError<Bytes>>) -> Result<Bytes, String> {
    outcome.map_err(|error| show(&error))
}

fn texts(log: &support::Log) -> Vec<String> {
    log.asked().into_iter().map(|asked| asked.text).collect()
}

/// A host that answers its calls on other threads, in a random order.
fn answer_elsewhere(ctx: Context, name: &str, max_in_flight: u32) -> Arc<support::Log> {
    let (sender, asked) = mpsc::channel::<Asked>();
    let asked = Arc::new(Mutex::new(asked));
    for _ in 0..3 {
        let asked = Arc::clone(&asked);
        thread::spawn(move || {
            loop {
                let next = asked.lock().expect("not poisoned").recv();
                let Ok(Asked { token, text }) = next else { break };
                let ret = ctx.answer(token, 0, &text);
                assert!(ret == 0 || ret == 5, "answered, or dropped before");
            }
        });
    }
    let limit = |options: &mut ffihost::abi::types::FFIHostFnOptions| options.max_in_flight = max_in_flight;
    let (ret, log) = ctx.register_with(name, limit, move |_, asked| drop(sender.send(asked)));
    assert_eq!(ret, 0);
    log
}

#[test]
fn they_are_made_in_the_order_in_which_they_came() {
    let ctx = Context::new("test");
    let log = answer_elsewhere(ctx, "ask", 0);
    let script = ctx.script(|| async {
        let calls = (0..1_000).map(|n| host().call(&ASK, n.to_string()).wait_for_room());
        for (n, outcome) in join_all(calls).await.into_iter().enumerate() {
            assert_eq!(outcome.map_err(|error| show(&error))?, n.to_string().into_bytes());
        }
        Ok(vec![])
    });
    assert_eq!(script.wait(), Told::ok(""));
    assert_eq!(texts(&log), (0..1_000).map(|n| n.to_string()).collect::<Vec<_>>());
    assert_eq!(ctx.destroy(), 0);
}

#[test]
fn a_newcomer_overtakes_nobody() {
    let ctx = Context::new("test");
    let log = ctx.register("ask", |_, _| {});
    let script = ctx.script(|| async {
        let mut open: Vec<_> = (0..ROOM).map(|_| host().call(&ASK, "open")).collect();
        assert!(open.iter_mut().all(|call| futures_poll_once(call).is_none()));
        let mut waits = host().call(&ASK, "waits").wait_for_room();
        assert!(futures_poll_once(&mut waits).is_none());
        // Free, but not for one that comes now, whether it waits or not.
        drop(open.pop());
        assert_eq!(futures_poll_once(&mut host().call(&ASK, "hasty")), Some(Err(HostError::Overloaded)));
        let mut late = host().call(&ASK, "late").wait_for_room();
        assert!(futures_poll_once(&mut late).is_none());
        assert!(futures_poll_once(&mut waits).is_none());
        // One that waits no longer leaves its turn to the next; if there is none, to whoever comes.
        drop(open.pop());
        drop(late);
        assert!(futures_poll_once(&mut host().call(&ASK, "newcomer")).is_none());
        Ok(vec![])
    });
    assert_eq!(script.wait(), Told::ok(""));
    assert_eq!(texts(&log), ["open", "open", "open", "open", "waits", "newcomer"]);
    assert_eq!(ctx.destroy(), 0);
}

#[test]
fn a_newcomer_takes_the_place_that_nobody_waits_for() {
    let ctx = Context::new("test");
    let log = ctx.register("ask", |_, _| {});
    let script = ctx.script(|| async {
        let mut open: Vec<_> = (0..ROOM).map(|_| host().call(&ASK, "open")).collect();
        assert!(open.iter_mut().all(|call| futures_poll_once(call).is_none()));
        let mut waits = host().call(&ASK, "waits").wait_for_room();
        assert!(futures_poll_once(&mut waits).is_none());
        // Two places: one for the call that waits, which has not been polled since, and one for whoever comes.
        open.truncate(ROOM - 2);
        let mut newcomer = host().call(&ASK, "newcomer");
        assert_eq!(futures_poll_once(&mut newcomer), None);
        assert_eq!(futures_poll_once(&mut host().call(&ASK, "hasty")), Some(Err(HostError::Overloaded)));
        assert_eq!(futures_poll_once(&mut waits), None);
        Ok(vec![])
    });
    assert_eq!(script.wait(), Told::ok(""));
    assert_eq!(texts(&log), ["open", "open", "open", "open", "newcomer", "waits"]);
    assert_eq!(ctx.destroy(), 0);
}

#[test]
fn one_that_waits_is_served_though_others_call_in_a_loop() {
    let ctx = Context::new("test");
    let log = answer_elsewhere(ctx, "ask", 0);
    let script = ctx.script(|| async {
        let done = std::cell::Cell::new(false);
        let busy = (0..2 * ROOM).map(|_| async {
            while !done.get() {
                shown(host().call(&ASK, "busy").wait_for_room().await)?;
            }
            Ok::<_, String>(())
        });
        let waits = async {
            tokio::task::yield_now().await;
            let outcome = shown(host().call(&ASK, "waits").wait_for_room().await);
            done.set(true);
            outcome
        };
        let (waits, busy) = futures::future::join(waits, join_all(busy)).await;
        assert!(busy.iter().all(Result::is_ok));
        waits
    });
    assert_eq!(script.wait(), Told::ok("waits"));
    assert!(texts(&log).contains(&"waits".to_owned()));
    assert_eq!(ctx.destroy(), 0);
}

#[test]
fn a_call_waits_for_its_function_and_then_for_the_context() {
    let ctx = Context::new("test");
    let (ret, narrow) = ctx.register_with("ask", |options| options.max_in_flight = 2, |_, _| {});
    assert_eq!(ret, 0);
    let wide = ctx.register("other", |_, _| {});
    let script = ctx.script(|| async {
        let mut others: Vec<_> = (0..ROOM - 1).map(|_| host().call("other", "open")).collect();
        assert!(others.iter_mut().all(|call| futures_poll_once(call).is_none()));
        let mut open = host().call(&ASK, "open");
        assert!(futures_poll_once(&mut open).is_none());
        // The first has its function's second place, and waits for the context; the second waits for its function.
        let mut calls: Vec<_> = ["first", "second"].map(|text| host().call(&ASK, text).wait_for_room()).into();
        assert!(calls.iter_mut().all(|call| futures_poll_once(call).is_none()));
        // Room in the context is the first's alone.
        drop(others.pop());
        assert!(calls.iter_mut().rev().all(|call| futures_poll_once(call).is_none()));
        // Room in both is the second's.
        drop(open);
        assert!(calls.iter_mut().all(|call| futures_poll_once(call).is_none()));
        // One that waits for the context, and is dropped, gives its function's place to the next.
        drop(calls.pop());
        let mut more = host().call("other", "more");
        assert!(futures_poll_once(&mut more).is_none());
        let mut calls: Vec<_> = ["third", "fourth"].map(|text| host().call(&ASK, text).wait_for_room()).into();
        assert!(calls.iter_mut().all(|call| futures_poll_once(call).is_none()));
        drop(calls.remove(0));
        assert!(calls.iter_mut().all(|call| futures_poll_once(call).is_none()));
        drop(more);
        assert!(calls.iter_mut().all(|call| futures_poll_once(call).is_none()));
        Ok(vec![])
    });
    assert_eq!(script.wait(), Told::ok(""));
    assert_eq!(texts(&narrow), ["open", "first", "second", "fourth"]);
    assert_eq!(texts(&wide), ["open", "open", "open", "more"]);
    assert_eq!(ctx.destroy(), 0);
}

#[test]
fn the_end_of_an_abandoned_call_makes_room() {
    let ctx = Context::new("test");
    let (sender, asked) = mpsc::channel();
    ctx.register("ask", move |ctx, call| match &*call.text {
        "waits" => assert_eq!(ctx.answer(call.token, 0, "made"), 0),
        _ => sender.send(call).expect("the script listens"),
    });
    let script = ctx.script(move || async move {
        let mut open: Vec<_> = (0..ROOM).map(|_| host().call(&ASK, "open")).collect();
        assert!(open.iter_mut().all(|call| futures_poll_once(call).is_none()));
        // Answered on another thread and dropped before the FFI thread has looked.
        let tokens: Vec<_> = asked.try_iter().map(|asked| asked.token).collect();
        let answered = thread::spawn(move || tokens.iter().all(|token| ctx.answer(*token, 0, "") == 0));
        assert!(answered.join().expect("no panic"));
        let mut waits: Vec<_> = (0..ROOM).map(|_| host().call(&ASK, "waits").wait_for_room()).collect();
        waits.iter_mut().for_each(|call| drop(futures_poll_once(call)));
        drop(open);
        shown(join_all(waits).await.pop().expect("there are some"))
    });
    assert_eq!(script.wait(), Told::ok("made"));
    assert_eq!(ctx.destroy(), 0);
}

#[test]
fn a_registration_that_is_replaced_sends_those_that_wait_to_the_new_one() {
    let ctx = Context::new("test");
    let (ret, old) = ctx.register_with("ask", |options| options.max_in_flight = 1, |_, _| {});
    assert_eq!(ret, 0);
    let (sender, waiting) = mpsc::channel();
    let script = ctx.script(move || async move {
        let mut open = host().call(&ASK, "open");
        assert!(futures_poll_once(&mut open).is_none());
        let mut calls: Vec<_> = (0..3).map(|_| host().call(&ASK, "waits").wait_for_room()).collect();
        assert!(calls.iter_mut().all(|call| futures_poll_once(call).is_none()));
        sender.send(()).expect("the test waits");
        for outcome in join_all(calls).await {
            shown(outcome)?;
        }
        drop(open);
        Ok(vec![])
    });
    waiting.recv().expect("the script waits");
    let (ret, new) = ctx.register_with(
        "ask",
        |options| options.max_in_flight = 1,
        |ctx, asked| assert_eq!(ctx.answer(asked.token, 0, ""), 0),
    );
    assert_eq!(ret, 0);
    assert_eq!(script.wait(), Told::ok(""));
    assert_eq!((old.asked().len(), new.asked().len()), (1, 3));
    support::wait_until("the old one is released", || old.released() == 1);
    assert_eq!(ctx.destroy(), 0);
}

#[test]
fn what_waits_for_the_context_holds_no_registration_that_is_taken_back() {
    let ctx = Context::new("test");
    let other = ctx.register("other", |_, _| {});
    let ask = ctx.register("ask", |_, _| {});
    let (sender, waiting) = mpsc::channel();
    let (proceed, wait) = futures::channel::oneshot::channel();
    let script = ctx.script(move || async move {
        let mut open: Vec<_> = (0..ROOM).map(|_| host().call("other", "open")).collect();
        assert!(open.iter_mut().all(|call| futures_poll_once(call).is_none()));
        let mut waits = host().call(&ASK, "waits").wait_for_room();
        assert!(futures_poll_once(&mut waits).is_none());
        sender.send(()).expect("the test waits");
        wait.await.expect("the test goes on");
        drop(open);
        shown(waits.await)
    });
    waiting.recv().expect("the script waits");
    assert_eq!(ctx.unregister("ask"), 0);
    support::wait_until("it is released", || ask.released() == 1);
    proceed.send(()).expect("the script waits");
    assert_eq!(script.wait(), Told { ret: 1, text: "NotRegistered { name: \"ask\" }".to_owned() });
    assert_eq!((ask.asked().len(), other.asked().len(), ctx.destroy()), (0, ROOM, 0));
}

/// Calls of two functions with limits of their own, here and on other threads, some dropped while they wait or are open: all
/// others are answered.
#[test]
fn many_that_come_and_go_are_all_served() {
    let ctx = Context::new("test");
    answer_elsewhere(ctx, "ask", 2);
    answer_elsewhere(ctx, "other", 3);
    let scripts: Vec<_> = (0..8)
        .map(|script: usize| {
            ctx.script(move || async move {
                for round in 0..40 {
                    let mut calls: Vec<_> = (0..12)
                        .map(|n| {
                            let name = if (script + n).is_multiple_of(2) { "ask" } else { "other" };
                            host().call(name, (script * 10_000 + round * 100 + n).to_string()).wait_for_room()
                        })
                        .collect();
                    let polled = futures_poll_once(&mut join_all(&mut calls));
                    assert!(polled.is_none(), "no answer has come");
                    // Some are dropped, here or elsewhere; one is awaited elsewhere.
                    let gone: Vec<_> = (0..4).map(|n| calls.remove((round + n) % calls.len())).collect();
                    let elsewhere = thread::spawn(move || drop(gone));
                    drop(calls.remove(0));
                    let moved = calls.remove(0);
                    let moved = tokio::task::spawn_blocking(|| support::futures_block_on(moved));
                    for outcome in join_all(calls).await {
                        shown(outcome)?;
                    }
                    shown(moved.await.expect("no panic"))?;
                    elsewhere.join().expect("no panic");
                }
                Ok(b"served".to_vec())
            })
        })
        .collect();
    assert!(scripts.iter().all(|script| script.wait() == Told::ok("served")));
    // All places are free again.
    let script = ctx.script(|| async {
        for _ in 0..ROOM {
            shown(host().call(&ASK, "").await)?;
        }
        Ok(vec![])
    });
    assert_eq!(script.wait(), Told::ok(""));
    assert_eq!(ctx.destroy(), 0);
}

/// So one that came later, and waits for the same function, does not overtake it.
#[test]
fn a_call_keeps_its_functions_place_while_it_waits_for_the_context() {
    let ctx = Context::new("test");
    let (ret, narrow) = ctx.register_with("ask", |options| options.max_in_flight = 1, |_, _| {});
    assert_eq!(ret, 0);
    ctx.register("other", |_, _| {});
    let script = ctx.script(|| async {
        let mut others: Vec<_> = (0..ROOM).map(|_| host().call("other", "open")).collect();
        assert!(others.iter_mut().all(|call| futures_poll_once(call).is_none()));
        let mut calls = ["first", "second"].map(|text| host().call(&ASK, text).wait_for_room());
        assert!(calls.iter_mut().all(|call| futures_poll_once(call).is_none()));
        drop(others.pop());
        assert!(calls.iter_mut().all(|call| futures_poll_once(call).is_none()));
        Ok(vec![])
    });
    assert_eq!(script.wait(), Told::ok(""));
    assert_eq!(texts(&narrow), ["first"]);
    assert_eq!(ctx.destroy(), 0);
}
