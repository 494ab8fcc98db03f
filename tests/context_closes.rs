//! Create, close and destroy: in order, in bounded time, with nothing left.

mod support;

use ffihost::Status;
use std::cell::RefCell;
use std::sync::mpsc;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;
use support::{Context, Scripts as _, Told, c};

const CLOSING: i32 = Status::Closing.code();
const INVALID_CTX: i32 = Status::InvalidCtx.code();
const WOULD_DEADLOCK: i32 = Status::WouldDeadlock.code();
const CANCELLED: i32 = Status::Cancelled.code();

#[test]
fn a_destroyed_context_is_invalid_for_everything() {
    let ctx = Context::new("test");
    assert_eq!(ctx.destroy(), 0);
    let name = c"ask".as_ptr();
    let nobody = std::ptr::null_mut();
    let (cb, user_data) = support::callback(|told| panic!("called back: {told:?}"));
    assert_eq!(ctx.destroy(), INVALID_CTX);
    assert_eq!(c::close(ctx.0, cb, user_data), INVALID_CTX);
    assert_eq!(c::cancel(ctx.0, nobody), INVALID_CTX);
    assert_eq!(c::echo(ctx.0, cb, user_data, nobody.cast(), 0), INVALID_CTX);
    assert_eq!(c::register_host_fn(ctx.0, name, None, nobody), INVALID_CTX);
    assert_eq!(c::host_complete(ctx.0, 1, 0, std::ptr::null(), 0), INVALID_CTX);
    assert_eq!(c::host_fn_registered(ctx.0, name), -INVALID_CTX);
    assert_eq!(c::add_event_listener(ctx.0, c"happened".as_ptr(), cb, user_data), 0);
    assert_eq!(c::remove_event_listener(ctx.0, 1), INVALID_CTX);
    let mut stats = ffihost::Stats::default();
    assert_eq!(c::stats(ctx.0, &raw mut stats), INVALID_CTX);
}

#[test]
fn a_library_that_keeps_its_host_sees_when_it_is_gone() {
    let ctx = Context::new("test");
    let (sender, receiver) = mpsc::channel();
    let script = ctx.script(move || async move {
        sender.send(ffihost::Host::current()).expect("the test waits");
        Ok(vec![])
    });
    assert_eq!(script.wait(), Told::ok(""));
    let host = receiver.recv().expect("it was sent").expect("in a context");
    assert!(host.is_live());
    assert_eq!(host.stats().map(|stats| stats.requests), Ok(1));
    assert_eq!(ctx.destroy(), 0);
    assert!(!host.is_live() && host.stats().is_err() && host.options().is_err());
}

#[test]
fn a_stale_handle_stays_stale_when_its_slot_has_a_new_owner() {
    let old = Context::new("old");
    assert_eq!(old.destroy(), 0);
    for _ in 0..100 {
        let new = Context::new("new");
        assert_ne!(new, old);
        assert_eq!(old.destroy(), INVALID_CTX);
        assert_eq!(old.try_submit("echo", "").0, INVALID_CTX);
        assert_eq!(old.answer(1, 0, ""), INVALID_CTX);
        assert_eq!(new.destroy(), 0);
    }
}

#[test]
fn what_is_left_after_the_grace_period_is_cancelled() {
    let ctx = Context::new("test");
    let log = ctx.register("ask", |_, _| {});
    let asking = ctx.submit("ask", "");
    let elsewhere = ctx.submit("ask_elsewhere", "");
    let sleeping = ctx.submit("sleep", "60000");
    ctx.wait_for("they are open", |stats| stats.host_calls_in_flight == 2);
    assert_eq!(ctx.destroy(), 0);
    for pending in [asking, elsewhere, sleeping] {
        assert_eq!(pending.wait().ret, CANCELLED);
        pending.assert_silent();
    }
    assert_eq!((log.cancelled().len(), log.released()), (2, 1));
}

#[test]
fn destroy_inside_callbacks_would_deadlock_and_close_is_legal_there() {
    let ctx = Context::new("test");
    let (sender, receiver) = mpsc::channel();
    let (cb, user_data) = support::callback(move |_| {
        sender.send((ctx.destroy(), ctx.close())).expect("the test waits");
    });
    assert_eq!(c::echo(ctx.0, cb, user_data, std::ptr::null(), 0), 0);
    let (destroyed, (closed, done)) = receiver.recv_timeout(support::PATIENCE).expect("called back");
    assert_eq!((destroyed, closed), (WOULD_DEADLOCK, 0));
    assert_eq!(done.wait(), Told::ok(""));
}

#[test]
fn destroy_inside_a_host_function_and_a_listener() {
    let ctx = Context::new("test");
    ctx.register("ask", |ctx, asked| {
        assert_eq!(ctx.destroy(), WOULD_DEADLOCK);
        assert_eq!(ctx.answer(asked.token, 0, ""), 0);
    });
    assert_eq!(ctx.run("ask", ""), Told::ok(""));
    let (sender, receiver) = mpsc::channel();
    let (cb, user_data) = support::callback(move |_| sender.send(ctx.destroy()).expect("the test waits"));
    assert_ne!(c::add_event_listener(ctx.0, c"happened".as_ptr(), cb, user_data), 0);
    assert_eq!(ctx.run("emit", ""), Told::ok(""));
    assert_eq!(receiver.recv_timeout(support::PATIENCE), Ok(WOULD_DEADLOCK));
    assert_eq!(ctx.destroy(), 0);
}

#[test]
fn destroy_in_a_thread_local_of_the_event_thread_would_deadlock() {
    struct Destroys(Context, mpsc::Sender<i32>);

    impl Drop for Destroys {
        fn drop(&mut self) {
            self.1.send(self.0.destroy()).expect("the test waits");
        }
    }

    thread_local!(static AT_THE_END: RefCell<Option<Destroys>> = const { RefCell::new(None) });

    let ctx = Context::new("test");
    let (sender, receiver) = mpsc::channel();
    let (cb, user_data) = support::callback(move |_| AT_THE_END.set(Some(Destroys(ctx, sender.clone()))));
    assert_ne!(c::add_event_listener(ctx.0, c"happened".as_ptr(), cb, user_data), 0);
    assert_eq!(ctx.run("emit", ""), Told::ok(""));
    // The close waits for the thread, so the handle is live then.
    assert_eq!(ctx.destroy(), 0);
    assert_eq!(receiver.recv_timeout(support::PATIENCE), Ok(WOULD_DEADLOCK));
}

#[test]
fn destroy_inside_done_finds_nothing() {
    let ctx = Context::new("test");
    let (sender, receiver) = mpsc::channel();
    let (cb, user_data) = support::callback(move |told| drop(sender.send((told, ctx.destroy()))));
    assert_eq!(c::close(ctx.0, cb, user_data), 0);
    assert_eq!(receiver.recv_timeout(support::PATIENCE), Ok((Told::ok(""), INVALID_CTX)));
}

#[test]
fn a_destructor_that_hangs_or_panics_does_not_keep_the_close() {
    for name in ["hangs in destructor", "panics in destructor", "panics in drop"] {
        let ctx = Context::new(name);
        let log = ctx.register("ask", |_, _| {});
        assert_eq!(ctx.destroy(), 0, "{name}");
        assert_eq!(log.released(), 1, "{name}");
    }
    let ctx = Context::new("asks in destructor");
    let log = ctx.register("ask", |_, _| {});
    assert_eq!(ctx.destroy(), 0, "the host does not answer the destructor");
    assert_eq!((log.cancelled().len(), log.released()), (1, 1));
}

#[test]
fn a_call_that_comes_with_the_end_of_the_destructor_is_refused() {
    let ctx = Context::new("asks elsewhere in destructor");
    let log = ctx.register("ask", |_, _| {});
    let settled = support::settled_elsewhere();
    assert_eq!(ctx.destroy(), 0);
    assert_eq!(settled.recv_timeout(support::PATIENCE), Ok("ShuttingDown".to_owned()));
    assert_eq!((log.asked().len(), log.released()), (0, 1));
}

#[test]
fn a_constructor_that_fails_leaves_nothing() {
    for (name, status, text) in [("fails", 1, "told to fail"), ("panics", Status::Panic.code(), "told to panic")] {
        // Many more than the 64 contexts at once that the library allows.
        for _ in 0..200 {
            let (ctx, created) = Context::create(name);
            assert_eq!(created.wait(), Told { ret: status, text: text.to_owned() });
            assert_eq!(ctx.destroy(), INVALID_CTX);
            created.assert_silent();
        }
    }
}

#[test]
fn a_constructor_that_fails_while_the_context_is_destroyed() {
    for _ in 0..300 {
        let (ctx, created) = Context::create("fails");
        let ret = ctx.destroy();
        assert!(ret == 0 || ret == INVALID_CTX, "{ret}");
        let told = created.wait();
        assert!(told.ret == 1 || told.ret == CANCELLED, "{told:?}");
    }
}

#[test]
fn many_close_at_once_and_one_of_them_does() {
    for _ in 0..100 {
        let ctx = Context::new("test");
        let closers: Vec<_> = (0..4).map(|_| thread::spawn(move || ctx.close())).collect();
        let closes: Vec<_> = closers.into_iter().map(|closer| closer.join().expect("no panic")).collect();
        let (began, refused): (Vec<_>, Vec<_>) = closes.into_iter().partition(|(ret, _)| *ret == 0);
        assert_eq!(began.len(), 1);
        assert_eq!(began[0].1.wait(), Told::ok(""));
        for (ret, done) in refused {
            assert!(ret == CLOSING || ret == INVALID_CTX, "{ret}");
            done.assert_silent();
        }
    }
}

#[test]
fn whoever_destroys_meanwhile_waits_for_the_outcome() {
    let ctx = Context::new("test");
    let blocking = ctx.submit("hold", "two destroy");
    let destroyers: Vec<_> = (0..2).map(|_| thread::spawn(move || ctx.destroy())).collect();
    // Longer than grace and the destructor's deadline, which is what is left of their limit without the linger.
    thread::sleep(Duration::from_millis(300));
    support::let_go("two destroy");
    for destroyer in destroyers {
        let ret = destroyer.join().expect("no panic");
        assert!(ret == 0 || ret == INVALID_CTX, "{ret}");
    }
    assert_eq!(blocking.wait(), Told::ok(""));
}

#[test]
fn a_constructor_that_hangs_is_cancelled_by_a_close() {
    let (ctx, created) = Context::create("hangs");
    let queued = ctx.submit("echo", "");
    assert_eq!(ctx.destroy(), 0);
    assert_eq!((created.wait().ret, queued.wait().ret), (CANCELLED, CANCELLED));
}

#[test]
fn a_constructor_may_call_the_host() {
    let (ctx, created) = Context::create("asks");
    let queued = ctx.submit("name_now_async", "");
    ctx.register("ask", |ctx, asked| assert_eq!(ctx.answer(asked.token, 0, "named by the host"), 0));
    assert_eq!(created.wait(), Told::ok(""));
    assert_eq!(queued.wait(), Told::ok("named by the host"));
    assert_eq!(ctx.destroy(), 0);
}

#[test]
fn a_constructor_that_waits_for_the_host_is_cancelled_by_a_close() {
    let (ctx, created) = Context::create("asks");
    assert_eq!(ctx.destroy(), 0);
    assert_eq!(created.wait().ret, CANCELLED);
}

#[test]
fn create_refuses_what_it_cannot_use() {
    let mut ctx = std::ptr::null_mut();
    let (cb, user_data) = support::callback(|told| panic!("called back: {told:?}"));
    assert_eq!(c::create(b"x".as_ptr(), 1, None, user_data, &raw mut ctx), Status::MissingCallback.code());
    assert_eq!(c::create(b"x".as_ptr(), 1, cb, user_data, std::ptr::null_mut()), Status::InvalidArgument.code());
    assert_eq!(c::create(std::ptr::null(), 1, cb, user_data, &raw mut ctx), Status::InvalidArgument.code());
    assert_eq!(c::create(b"x".as_ptr(), usize::MAX, cb, user_data, &raw mut ctx), Status::TooLarge.code());
    assert!(ctx.is_null());
}

#[test]
fn events_that_are_queued_are_delivered_before_the_end() {
    let ctx = Context::new("test");
    let heard = Arc::new(Mutex::new(0));
    let count = Arc::clone(&heard);
    let (cb, user_data) = support::callback(move |_| {
        thread::sleep(Duration::from_millis(2));
        *count.lock().expect("not poisoned") += 1;
    });
    assert_ne!(c::add_event_listener(ctx.0, c"happened".as_ptr(), cb, user_data), 0);
    for _ in 0..50 {
        ctx.run("emit", "");
    }
    assert_eq!(ctx.destroy(), 0);
    assert_eq!(*heard.lock().expect("not poisoned"), 50);
}

#[test]
fn threads_that_call_while_it_is_destroyed() {
    for _ in 0..50 {
        let ctx = Context::new("test");
        ctx.register("ask", |ctx, asked| assert!(ctx.answer(asked.token, 0, "") <= INVALID_CTX));
        let callers: Vec<_> = (0..4)
            .map(|_| {
                thread::spawn(move || {
                    let mut accepted = 0;
                    loop {
                        let (ret, pending) = ctx.try_submit("ask", "");
                        if ret != 0 {
                            pending.assert_silent();
                            assert!(ret == CLOSING || ret == INVALID_CTX, "{ret}");
                            return accepted;
                        }
                        let told = pending.wait();
                        assert!(told.ret == 0 || told.ret == 1 || told.ret == CANCELLED, "{told:?}");
                        accepted += 1;
                    }
                })
            })
            .collect();
        ctx.wait_for("they call", |stats| stats.requests > 20);
        assert_eq!(ctx.destroy(), 0);
        assert!(callers.into_iter().map(|caller| caller.join().expect("no panic")).sum::<u32>() > 0);
    }
}

/// Asks when it is dropped, in both ways, and says what came of it.
struct AsksWhenDropped(std::sync::mpsc::Sender<[String; 2]>);

impl Drop for AsksWhenDropped {
    fn drop(&mut self) {
        let host = ffihost::Host::current().expect("in a context");
        let at_once: Result<Vec<u8>, ffihost::HostError<Vec<u8>>> = host.call_sync(&support::ASK, "too late");
        let awaited = support::futures_poll_once(&mut host.call(&support::ASK, "too late")).expect("it does not wait");
        let errors = [at_once, awaited].map(|outcome| support::show(&outcome.expect_err("it is over")));
        self.0.send(errors).expect("the test listens");
    }
}

#[test]
fn what_is_dropped_by_the_close_asks_nothing_any_longer() {
    let ctx = Context::new("test");
    let log = ctx.register("ask", |ctx, asked| assert_eq!(ctx.answer(asked.token, 0, "answered"), 0));
    assert_eq!(ctx.run("ask", "before"), Told::ok("answered"));
    let (sender, outcome) = std::sync::mpsc::channel();
    let script = ctx.script(move || async move {
        let _asks = AsksWhenDropped(sender);
        std::future::pending().await
    });
    assert_eq!(ctx.run("echo", "it has begun"), Told::ok("it has begun"));
    assert_eq!(ctx.destroy(), 0);
    assert_eq!(script.wait().ret, CANCELLED);
    assert_eq!(outcome.recv(), Ok(["ShuttingDown"; 2].map(str::to_owned)));
    assert_eq!(log.asked().len(), 1, "the host was asked after the calls had been shut down");
}
