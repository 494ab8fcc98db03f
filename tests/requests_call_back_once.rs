//! A request that is accepted calls back exactly once; one that is refused never does.

mod support;

use ffihost::Status;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use support::{Context, Scripts as _, Told, c};

fn status(status: Status) -> i32 {
    status.code()
}

#[test]
fn many_at_once() {
    let ctx = Context::new("test");
    let slow: Vec<_> = (0..1_000).map(|_| ctx.submit("sleep", "50")).collect();
    assert_eq!(ctx.run("echo", "meanwhile"), Told::ok("meanwhile"), "the loop is not blocked by others");
    assert!(slow.iter().all(|pending| pending.wait() == Told::ok("")));
    let stats = ctx.stats();
    assert_eq!((stats.requests, stats.requests_in_flight, stats.requests_refused), (1_001, 0, 0));
    assert_eq!(ctx.destroy(), 0);
    slow.iter().for_each(support::Pending::assert_silent);
}

#[test]
fn the_declared_error() {
    let ctx = Context::new("test");
    assert_eq!(ctx.run("fail", "details"), Told { ret: status(Status::Err), text: "details".to_owned() });
    assert_eq!(ctx.destroy(), 0);
}

#[test]
fn a_panic_ends_its_request_and_the_context_goes_on() {
    let ctx = Context::new("test");
    let others = ctx.submit("sleep", "20");
    assert_eq!(ctx.run("panics", "the message"), Told { ret: status(Status::Panic), text: "the message".to_owned() });
    assert_eq!(ctx.run("name_now", "panic"), Told { ret: status(Status::Panic), text: "told to panic".to_owned() });
    assert_eq!(others.wait(), Told::ok(""));
    assert_eq!(ctx.run("echo", "still here"), Told::ok("still here"));
    assert_eq!(ctx.destroy(), 0);
}

#[test]
fn a_synchronous_request_calls_back_before_it_returns() {
    let ctx = Context::new("its name");
    let pending = ctx.submit("name_now", "");
    assert!(!pending.is_open(), "it has called back");
    assert_eq!(ctx.destroy(), 0);
    let (ret, refused) = ctx.try_submit("name_now", "");
    assert_eq!(ret, status(Status::InvalidCtx));
    refused.assert_silent();
}

#[test]
fn cancelled_by_user_data() {
    let ctx = Context::new("test");
    let (_, running, user_data) = ctx.submit_with("sleep", "60000");
    let other = ctx.submit("sleep", "10");
    ctx.wait_for("both are accepted", |stats| stats.requests_in_flight == 2);
    assert_eq!(c::cancel(ctx.0, user_data), 0);
    assert_eq!(running.wait().ret, status(Status::Cancelled));
    assert_eq!(other.wait(), Told::ok(""), "others go on");
    assert_eq!(c::cancel(ctx.0, user_data), status(Status::UnknownToken), "it has ended");
    assert_eq!(ctx.destroy(), 0);
    running.assert_silent();
}

/// Keeps the FFI thread inside of a host function, until the sender is used.
fn hold_up(ctx: Context) -> (support::Pending, mpsc::Sender<()>) {
    let (entered, enters) = mpsc::channel();
    let (go_on, wait) = mpsc::channel::<()>();
    let wait = Mutex::new(wait);
    ctx.register("ask", move |ctx, asked| {
        entered.send(()).expect("the test waits");
        wait.lock().expect("not poisoned").recv().expect("the test lets it go on");
        assert_eq!(ctx.answer(asked.token, 0, ""), 0);
    });
    let held = ctx.submit("ask", "");
    enters.recv_timeout(support::PATIENCE).expect("the host function is called");
    (held, go_on)
}

#[test]
fn cancelled_while_queued() {
    let ctx = Context::new("test");
    let (held, go_on) = hold_up(ctx);
    let (_, queued, user_data) = ctx.submit_with("echo", "never");
    assert_eq!(c::cancel(ctx.0, user_data), 0);
    go_on.send(()).expect("it waits");
    assert_eq!(queued.wait().ret, status(Status::Cancelled));
    assert_eq!(held.wait(), Told::ok(""));
    assert_eq!(ctx.destroy(), 0);
}

#[test]
fn cancelled_during_its_first_poll() {
    let ctx = Context::new("test");
    let (entered, enters) = mpsc::channel();
    let (go_on, wait) = mpsc::channel::<()>();
    let (running, user_data) = ctx.script_with(move || async move {
        entered.send(()).expect("the test waits");
        wait.recv_timeout(support::PATIENCE).expect("the test lets it go on");
        tokio::task::yield_now().await;
        Ok(b"polled again".to_vec())
    });
    enters.recv_timeout(support::PATIENCE).expect("it is polled");
    assert_eq!(c::cancel(ctx.0, user_data), 0, "it has no task to abort yet");
    go_on.send(()).expect("it waits");
    assert_eq!(running.wait().ret, status(Status::Cancelled));
    assert_eq!(ctx.destroy(), 0);
    running.assert_silent();
}

#[test]
fn a_cancelled_request_cancels_its_host_call() {
    let ctx = Context::new("test");
    let log = ctx.register("ask", |_, _| {});
    let (_, pending, user_data) = ctx.submit_with("ask", "");
    ctx.wait_for("the call is open", |stats| stats.host_calls_in_flight == 1);
    assert_eq!(c::cancel(ctx.0, user_data), 0);
    assert_eq!(pending.wait().ret, status(Status::Cancelled));
    assert_eq!((log.cancelled().len(), ctx.stats().host_calls_in_flight), (1, 0));
    assert_eq!(ctx.destroy(), 0);
}

#[test]
fn refused_requests_never_call_back() {
    let ctx = Context::new("test");
    assert_eq!(c::echo(ctx.0, None, std::ptr::null_mut(), b"x".as_ptr(), 1), status(Status::MissingCallback));
    let (cb, user_data) = support::callback(|told| panic!("a refused request calls back: {told:?}"));
    let refused = |req: *const u8, len, expected| {
        for request in ["echo", "name_now"] {
            assert_eq!(c::request(request)(ctx.0, cb, user_data, req, len), status(expected), "{request}");
        }
    };
    refused(std::ptr::null(), 1, Status::InvalidArgument);
    refused(b"x".as_ptr(), (1 << 20) + 1, Status::TooLarge);
    refused(b"x".as_ptr(), usize::MAX, Status::TooLarge);
    refused(std::ptr::null(), 3_000_000_000, Status::TooLarge);
    for ctx in [std::ptr::null_mut(), std::ptr::dangling_mut(), user_data, std::ptr::without_provenance_mut(usize::MAX)]
    {
        assert_eq!(c::echo(ctx, cb, user_data, std::ptr::null(), 0), status(Status::InvalidCtx), "{ctx:?}");
        assert_eq!(c::name_now(ctx, cb, user_data, std::ptr::null(), 0), status(Status::InvalidCtx), "{ctx:?}");
    }
    assert_eq!(ctx.run("echo", ""), Told::ok(""), "no bytes are fine");
    assert_eq!(ctx.destroy(), 0);
}

#[test]
fn the_queue_is_bounded() {
    let ctx = Context::new("test");
    let (held, go_on) = hold_up(ctx);
    let mut queued = Vec::new();
    let refused = loop {
        let (ret, pending) = ctx.try_submit("echo", "");
        if ret != 0 {
            pending.assert_silent();
            break ret;
        }
        queued.push(pending);
    };
    assert_eq!((refused, queued.len()), (status(Status::Busy), 2_000));
    assert_eq!(ctx.stats().requests_refused, 1);
    go_on.send(()).expect("it waits");
    assert_eq!(held.wait(), Told::ok(""));
    assert!(queued.iter().all(|pending| pending.wait() == Told::ok("")));
    assert_eq!(ctx.run("echo", "room again"), Told::ok("room again"));
    assert_eq!(ctx.destroy(), 0);
}

#[test]
fn requests_wait_for_the_constructor() {
    let (ctx, created) = Context::create("asks");
    let queued = ctx.submit("echo", "queued");
    let (ret, busy) = ctx.try_submit("name_now", "");
    assert_eq!(ret, status(Status::Busy), "a synchronous request cannot wait");
    busy.assert_silent();
    assert!(queued.is_open() && created.is_open());
    ctx.register("ask", |ctx, asked| assert_eq!(ctx.answer(asked.token, 0, "name"), 0));
    assert_eq!((created.wait(), queued.wait()), (Told::ok(""), Told::ok("queued")));
    assert_eq!(ctx.destroy(), 0);
}

#[test]
fn requests_of_a_context_that_is_not_constructed_are_called_back() {
    let (ctx, created) = Context::create("asks");
    let queued = ctx.submit("echo", "queued");
    ctx.register("ask", |ctx, asked| assert_eq!(ctx.answer(asked.token, 1, "no"), 0));
    assert_eq!(created.wait(), Told { ret: 1, text: "Declared(no)".to_owned() });
    assert_eq!(queued.wait().ret, status(Status::Cancelled));
    assert_eq!(ctx.destroy(), status(Status::InvalidCtx));
}

#[test]
fn submitted_by_many_threads() {
    let ctx = Context::new("test");
    let threads: Vec<_> = (0..4)
        .map(|thread| {
            thread::spawn(move || {
                for n in 0..2_000 {
                    let text = format!("{thread}/{n}");
                    assert_eq!(ctx.run("echo", &text), Told::ok(&text));
                }
            })
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().expect("no panic"));
    assert_eq!(ctx.stats().requests, 8_000);
    assert_eq!(ctx.destroy(), 0);
}

#[test]
fn a_busy_host_does_not_starve_what_runs() {
    let ctx = Context::new("test");
    let over = Arc::new(AtomicBool::new(false));
    let busy: Vec<_> = (0..3)
        .map(|_| {
            let over = Arc::clone(&over);
            thread::spawn(move || {
                while !over.load(Ordering::Relaxed) {
                    let pending: Vec<_> = (0..32).map(|_| ctx.try_submit("echo", "")).collect();
                    pending.iter().filter(|(ret, _)| *ret == 0).for_each(|(_, pending)| drop(pending.wait()));
                }
            })
        })
        .collect();
    for _ in 0..20 {
        assert_eq!(ctx.run("sleep", "1"), Told::ok(""));
    }
    over.store(true, Ordering::Relaxed);
    busy.into_iter().for_each(|thread| thread.join().expect("no panic"));
    assert_eq!(ctx.destroy(), 0);
}

/// Submits a request whose callback does the same, on the FFI thread, until it is over; then it tells.
fn submit_on_and_on(ctx: Context, over: Arc<AtomicBool>, ended: mpsc::Sender<()>) {
    let (cb, user_data) = support::callback(move |told| {
        assert_eq!(told, Told::ok(""));
        if over.load(Ordering::Relaxed) {
            ended.send(()).expect("the test waits");
        } else {
            submit_on_and_on(ctx, Arc::clone(&over), ended.clone());
        }
    });
    assert_eq!(c::echo(ctx.0, cb, user_data, std::ptr::null(), 0), 0);
}

#[test]
fn requests_that_never_run_out_do_not_starve_what_runs() {
    let ctx = Context::new("test");
    let over = Arc::new(AtomicBool::new(false));
    let (sender, ended) = mpsc::channel();
    submit_on_and_on(ctx, Arc::clone(&over), sender);
    let told = ctx.run("sleep", "1");
    over.store(true, Ordering::Relaxed);
    assert_eq!(told, Told::ok(""));
    assert_eq!(ended.recv_timeout(support::PATIENCE), Ok(()));
    assert_eq!(ctx.destroy(), 0);
}

#[test]
fn submitted_inside_a_callback() {
    let ctx = Context::new("test");
    let (sender, receiver) = mpsc::channel();
    let (cb, user_data) = support::callback(move |told| {
        assert_eq!(told, Told::ok("outer"));
        let inner = ctx.submit("echo", "inner");
        sender.send(inner).expect("the test waits");
    });
    assert_eq!(c::echo(ctx.0, cb, user_data, b"outer".as_ptr(), 5), 0);
    let inner = receiver.recv_timeout(support::PATIENCE).expect("called back");
    assert_eq!(inner.wait(), Told::ok("inner"));
    assert_eq!(ctx.destroy(), 0);
}

#[test]
fn a_reply_that_misbehaves_is_still_told_once() {
    let ctx = Context::new("test");
    let panicked = |text: &str| Told { ret: status(Status::Panic), text: text.to_owned() };
    for request in ["odd", "odd_now"] {
        for (reply, told) in [
            ("fine", Told::ok("fine")),
            ("nothing", panicked("the outcome was not encoded")),
            ("twice", Told::ok("first")),
            ("panic before", panicked("before")),
            ("panic after", Told::ok("told")),
        ] {
            let pending = ctx.submit(request, reply);
            assert_eq!(pending.wait(), told, "{request}");
            // The next request may use the slot of the last; nobody else's outcome is told to it.
            assert_eq!(ctx.run("echo", "another"), Told::ok("another"));
            pending.assert_silent();
        }
    }
    assert_eq!((ctx.stats().requests_in_flight, ctx.destroy()), (0, 0));
}

#[test]
fn the_creation_of_a_context_is_not_cancelled() {
    let (sender, receiver) = mpsc::channel();
    let (cb, user_data) = support::callback(move |told| drop(sender.send(told)));
    let mut ctx = std::ptr::null_mut();
    assert_eq!(c::create(b"asks".as_ptr(), 4, cb, user_data, &raw mut ctx), 0);
    assert_eq!(c::cancel(ctx, user_data), status(Status::UnknownToken));
    Context::of(ctx).register("ask", |ctx, asked| assert_eq!(ctx.answer(asked.token, 0, "name"), 0));
    assert_eq!(receiver.recv_timeout(support::PATIENCE), Ok(Told::ok("")));
    assert_eq!(c::destroy(ctx), 0);
}
