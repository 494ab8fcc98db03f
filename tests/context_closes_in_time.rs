//! What a close lets go on, as long as its limits are not reached: here they never are.

mod support;

use ffihost::Status;
use std::sync::mpsc;
use std::sync::{Arc, Mutex};
use std::thread;
use support::{Context, Told, c};

const CLOSING: i32 = Status::Closing.code();
const INVALID_CTX: i32 = Status::InvalidCtx.code();

#[test]
fn requests_within_the_grace_period_end_by_themselves() {
    let ctx = Context::new("test");
    ctx.register("ask", |ctx, asked| {
        thread::spawn(move || ctx.answer(asked.token, 0, "in the grace period"));
    });
    let blocking = ctx.submit("hold", "closing");
    let asking = ctx.submit("ask", "");
    let (ret, done) = ctx.close();
    assert_eq!(ret, 0);
    support::let_go("closing");
    assert_eq!(blocking.wait(), Told::ok(""));
    assert_eq!(asking.wait(), Told::ok("in the grace period"));
    assert_eq!(done.wait(), Told::ok(""));
    assert_eq!(ctx.destroy(), INVALID_CTX);
}

#[test]
fn new_requests_are_refused_while_closing_and_answers_are_taken() {
    let ctx = Context::new("test");
    let (sender, asked) = mpsc::channel();
    ctx.register("ask", move |_, asked| drop(sender.send(asked)));
    let pending = ctx.submit("ask", "");
    let token = asked.recv_timeout(support::PATIENCE).expect("asked").token;
    let (ret, done) = ctx.close();
    assert_eq!(ret, 0);
    let (ret, refused) = ctx.try_submit("echo", "");
    assert_eq!(ret, CLOSING);
    refused.assert_silent();
    assert_eq!(ctx.close().0, CLOSING, "a second close");
    assert_eq!(ctx.answer(token, 0, "still counts"), 0);
    assert_eq!(pending.wait(), Told::ok("still counts"));
    assert_eq!(done.wait(), Told::ok(""));
}

#[test]
fn destroy_waits_for_a_close_that_is_under_way() {
    let ctx = Context::new("test");
    let (sender, asked) = mpsc::channel();
    ctx.register("ask", move |_, asked| drop(sender.send(asked)));
    let running = ctx.submit("ask", "");
    let token = asked.recv_timeout(support::PATIENCE).expect("asked").token;
    let done = Arc::new(Mutex::new(false));
    let is_done = Arc::clone(&done);
    let (cb, user_data) = support::callback(move |_| {
        *is_done.lock().expect("not poisoned") = true;
    });
    assert_eq!(c::close(ctx.0, cb, user_data), 0);
    let destroyers: Vec<_> = (0..4)
        .map(|_| {
            let done = Arc::clone(&done);
            thread::spawn(move || (ctx.destroy(), *done.lock().expect("not poisoned")))
        })
        .collect();
    // Whether they wait already or come too late is seen to differ from run to run.
    assert_eq!(ctx.answer(token, 0, ""), 0);
    for destroyer in destroyers {
        let (ret, done) = destroyer.join().expect("no panic");
        assert!(ret == INVALID_CTX || (ret == 0 && done), "{ret}, and done is called after that: {}", !done);
    }
    assert_eq!(running.wait(), Told::ok(""), "before destroy returned");
    support::wait_until("it is done", || *done.lock().expect("not poisoned"));
}

#[test]
fn the_destructor_may_call_the_host() {
    let ctx = Context::new("asks in destructor");
    let log = ctx.register("ask", |ctx, asked| {
        thread::spawn(move || ctx.answer(asked.token, 0, ""));
    });
    assert_eq!(ctx.destroy(), 0);
    let asked: Vec<_> = log.asked().into_iter().map(|asked| asked.text).collect();
    assert_eq!((asked, log.cancelled().len(), log.released()), (vec!["destructor".to_owned()], 0, 1));
}
