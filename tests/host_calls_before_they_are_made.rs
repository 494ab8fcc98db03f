//! What happens to a host call before it is made: it is dropped, its deadline passes, its arguments cannot be encoded.

mod support;

use ffihost::{Call, Host, HostError, ToHost};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};
use support::{ASK, Context, Scripts as _, Told, futures_block_on, futures_poll_once, show};

const PANIC: i32 = 10;
const DEADLINE: Duration = Duration::from_millis(20);

type Bytes = Vec<u8>;

fn host() -> Host {
    Host::current().expect("in a context")
}

/// Keeps this thread until a deadline has passed that began before now.
fn pass(deadline: Duration) {
    let start = Instant::now();
    while start.elapsed() <= deadline {
        thread::sleep(Duration::from_millis(1));
    }
}

fn shown(outcome: Result<Bytes, HostError<Bytes>>) -> Result<Bytes, String> {
    outcome.map_err(|error| show(&error))
}

fn err(text: &str) -> Told {
    Told { ret: 1, text: text.to_owned() }
}

/// Polls a call once on a thread of its own, while this one, the FFI thread, waits for that; so it is in the inbox then.
fn poll_elsewhere<A: ToHost + Send + 'static>(call: Call<'static, A, Bytes, Bytes>) -> Call<'static, A, Bytes, Bytes> {
    let polled = thread::spawn(move || {
        let mut call = call;
        assert!(futures_poll_once(&mut call).is_none());
        call
    });
    polled.join().expect("no panic")
}

#[test]
fn a_call_that_is_dropped_in_the_inbox_is_not_made() {
    let ctx = Context::new("test");
    let log = ctx.register("ask", |ctx, asked| assert_eq!(ctx.answer(asked.token, 0, ""), 0));
    let script = ctx.script(|| async {
        drop(poll_elsewhere(host().call(&ASK, "dropped")));
        Ok(vec![])
    });
    assert_eq!(script.wait(), Told::ok(""));
    // The inbox is looked into in order.
    assert_eq!(ctx.run("ask_elsewhere", "kept"), Told::ok(""));
    assert_eq!(log.asked().iter().map(|asked| &*asked.text).collect::<Vec<_>>(), ["kept"]);
    assert_eq!(ctx.destroy(), 0);
}

#[test]
fn the_time_in_the_inbox_counts() {
    let ctx = Context::new("test");
    let log = ctx.register("ask", |ctx, asked| assert_eq!(ctx.answer(asked.token, 0, ""), 0));
    let script = ctx.script(|| async {
        let call = poll_elsewhere(host().call(&ASK, "late").deadline(DEADLINE));
        pass(DEADLINE);
        shown(tokio::task::spawn_blocking(|| futures_block_on(call)).await.expect("no panic"))
    });
    assert_eq!(script.wait(), err("TimedOut"));
    assert_eq!(log.asked(), [], "it is not made");
    assert_eq!(ctx.destroy(), 0);
}

#[test]
fn the_registrations_deadline_counts_from_the_first_poll_too() {
    let ctx = Context::new("test");
    let answer = |ctx: Context, asked: support::Asked| assert_eq!(ctx.answer(asked.token, 0, ""), 0);
    let deadline = DEADLINE.as_millis() as u64;
    let (ret, log) = ctx.register_with("ask", |options| options.deadline_ms = deadline, answer);
    assert_eq!(ret, 0);
    let script = ctx.script(|| async {
        let call = poll_elsewhere(host().call(&ASK, "late"));
        pass(DEADLINE);
        shown(tokio::task::spawn_blocking(|| futures_block_on(call)).await.expect("no panic"))
    });
    assert_eq!(script.wait(), err("TimedOut"));
    let script = ctx.script(|| async {
        let (sender, posted) = mpsc::channel();
        let host = host();
        let asked = thread::spawn(move || {
            sender.send(()).expect("somebody waits");
            host.call_sync::<_, Bytes, Bytes>(&ffihost::HostFn::new("ask"), "sync")
        });
        posted.recv().expect("it is about to ask");
        // It may need a while to reach the inbox; if it takes longer than this, it is made, which is no fault.
        pass(DEADLINE * 5);
        let outcome = tokio::task::spawn_blocking(|| asked.join()).await.expect("no panic").expect("no panic");
        assert!(matches!(outcome, Ok(_) | Err(HostError::TimedOut)), "{outcome:?}");
        shown(outcome.or(Ok(vec![])))
    });
    assert_eq!(script.wait(), Told::ok(""));
    assert!(log.asked().iter().all(|asked| asked.text == "sync"), "it is not made");
    assert_eq!(ctx.destroy(), 0);
}

#[test]
fn the_time_inside_of_the_host_function_counts() {
    let ctx = Context::new("test");
    let log = ctx.register("ask", |_, _| pass(DEADLINE));
    let script = ctx.script(|| async {
        let mut call = host().call(&ASK, "slow").deadline(DEADLINE);
        shown(futures_poll_once(&mut call).expect("it is over when the host function has returned"))
    });
    assert_eq!(script.wait(), err("TimedOut"));
    assert_eq!((log.asked().len(), log.cancelled().len()), (1, 1));
    assert_eq!(ctx.destroy(), 0);
}

#[test]
fn an_inline_answer_counts_whatever_the_time() {
    let ctx = Context::new("test");
    ctx.register("ask", |ctx, asked| {
        pass(DEADLINE);
        assert_eq!(ctx.answer(asked.token, 0, "accepted"), 0);
    });
    let script = ctx.script(|| async { shown(host().call(&ASK, "slow").deadline(DEADLINE).await) });
    assert_eq!(script.wait(), Told::ok("accepted"), "the host was told that it is the outcome");
    assert_eq!(ctx.destroy(), 0);
}

#[test]
fn the_time_in_the_queue_for_room_counts() {
    let ctx = Context::new("test");
    let (ret, log) = ctx.register_with("ask", |options| options.max_in_flight = 1, |_, _| {});
    assert_eq!(ret, 0);
    let script = ctx.script(|| async {
        let mut open = host().call(&ASK, "open");
        assert!(futures_poll_once(&mut open).is_none());
        let mut waits = host().call(&ASK, "waits").deadline(DEADLINE).wait_for_room();
        assert!(futures_poll_once(&mut waits).is_none());
        pass(DEADLINE);
        drop(open);
        shown(futures_poll_once(&mut waits).expect("its time is over, though there is room now"))
    });
    assert_eq!(script.wait(), err("TimedOut"));
    assert_eq!(log.asked().len(), 1);
    // The place that it did not use is free.
    let script = ctx.script(|| async {
        assert!(futures_poll_once(&mut host().call(&ASK, "next")).is_none());
        Ok(vec![])
    });
    assert_eq!(script.wait(), Told::ok(""));
    assert_eq!(log.asked().len(), 2);
    assert_eq!(ctx.destroy(), 0);
}

#[test]
fn the_time_until_the_registration_counts() {
    let ctx = Context::new("test");
    let (waiting, waits_now) = mpsc::channel();
    let (registered, wait) = mpsc::channel();
    let script = ctx.script(move || async move {
        let mut waits = host().call(&ASK, "waits").deadline(DEADLINE).wait_for_registration();
        assert!(futures_poll_once(&mut waits).is_none());
        waiting.send(()).expect("the test waits");
        pass(DEADLINE);
        wait.recv().expect("the test registers it");
        shown(waits.await)
    });
    waits_now.recv().expect("the script waits for it");
    let log = ctx.register("ask", |ctx, asked| assert_eq!(ctx.answer(asked.token, 0, ""), 0));
    registered.send(()).expect("the script waits");
    assert_eq!(script.wait(), err("TimedOut"));
    assert_eq!(log.asked(), []);
    assert_eq!(ctx.destroy(), 0);
}

#[test]
fn a_call_that_waits_is_dropped_on_another_thread() {
    let ctx = Context::new("test");
    let answer = |ctx: Context, asked: support::Asked| {
        if asked.text == "second" {
            assert_eq!(ctx.answer(asked.token, 0, "made"), 0);
        }
    };
    let (ret, log) = ctx.register_with("ask", |options| options.max_in_flight = 1, answer);
    assert_eq!(ret, 0);
    let script = ctx.script(|| async {
        let mut open = host().call(&ASK, "open");
        assert!(futures_poll_once(&mut open).is_none());
        let mut first = host().call(&ASK, "first").wait_for_room();
        let mut second = host().call(&ASK, "second").wait_for_room();
        assert!(futures_poll_once(&mut first).is_none() && futures_poll_once(&mut second).is_none());
        // The place is the first's, which does not take it.
        drop(open);
        assert!(futures_poll_once(&mut second).is_none());
        thread::spawn(|| drop(first)).join().expect("no panic");
        shown(second.await)
    });
    assert_eq!(script.wait(), Told::ok("made"));
    assert_eq!(log.asked().iter().map(|asked| &*asked.text).collect::<Vec<_>>(), ["open", "second"]);
    assert_eq!(ctx.destroy(), 0);
    assert_eq!(log.released(), 1);
}

#[test]
fn the_registrations_deadline_counts_in_the_queue_for_its_room_too() {
    let ctx = Context::new("test");
    let limits = |options: &mut ffihost::abi::types::FFIHostFnOptions| {
        options.max_in_flight = 1;
        options.deadline_ms = DEADLINE.as_millis() as u64;
    };
    let (ret, log) = ctx.register_with("ask", limits, |_, _| {});
    assert_eq!(ret, 0);
    let script = ctx.script(|| async {
        // It ends with a deadline of its own, long after the test.
        let mut open = host().call(&ASK, "open").deadline(Duration::from_secs(3_600));
        assert!(futures_poll_once(&mut open).is_none());
        let waits = shown(host().call(&ASK, "waits").wait_for_room().await);
        assert!(futures_poll_once(&mut open).is_none());
        waits
    });
    assert_eq!(script.wait(), err("TimedOut"));
    assert_eq!(log.asked().iter().map(|asked| &*asked.text).collect::<Vec<_>>(), ["open"]);
    assert_eq!(ctx.destroy(), 0);
}

/// Arguments whose encoder panics.
struct Unencodable;

impl ToHost for Unencodable {
    type Owned = Self;

    fn into_owned(self) -> Self {
        self
    }

    fn to_host(&self, _: ffihost::Format, _: &mut dyn FnMut(&[u8])) {
        support::panic_on_purpose("unencodable");
    }
}

#[test]
fn an_encoder_that_panics_does_so_where_the_call_is_awaited() {
    let ctx = Context::new("test");
    let log = ctx.register("ask", |_, _| {});
    let here = ctx.script(|| async { shown(host().call(&ASK, Unencodable).await) });
    assert_eq!(here.wait(), Told { ret: PANIC, text: "unencodable".to_owned() });
    let there = ctx.script(|| async {
        let host = host();
        let asked = thread::spawn(move || futures_block_on(host.call(&ASK, Unencodable)).map(|_: Bytes| ()));
        let panic = tokio::task::spawn_blocking(|| asked.join()).await.expect("it is asked").expect_err("it panics");
        Ok(panic.downcast_ref::<&str>().expect("the encoder's own message").as_bytes().to_vec())
    });
    assert_eq!(there.wait(), Told::ok("unencodable"));
    assert_eq!(log.asked(), []);
    assert_eq!(ctx.stats().host_calls_in_flight, 0);
    assert_eq!(ctx.destroy(), 0);
}

#[test]
fn host_fns_of_one_name_have_one_number() {
    let ctx = Context::new("test");
    ctx.register("ask", |ctx, asked| assert_eq!(ctx.answer(asked.token, 0, &asked.text), 0));
    let script = ctx.script(|| async {
        for _ in 0..10_000 {
            let made_here = ffihost::HostFn::new("ask");
            host().call_sync::<_, Bytes, Bytes>(&made_here, "?").map_err(|error| show(&error))?;
        }
        shown(host().call(&ffihost::HostFn::new("ask"), "the last").await)
    });
    assert_eq!(script.wait(), Told::ok("the last"));
    assert_eq!(ctx.destroy(), 0);
}
