//! Code that refuses to stop does not keep a close: its limits are short here.

mod support;

use ffihost::Status;
use std::sync::Mutex;
use std::sync::mpsc;
use std::time::Instant;
use support::Context;

const INVALID_CTX: i32 = Status::InvalidCtx.code();
const TIMED_OUT: i32 = Status::TimedOut.code();

#[test]
fn author_code_that_refuses_to_stop_does_not_keep_the_close() {
    let ctx = Context::new("test");
    let log = ctx.register("ask", |_, _| {});
    let stuck = ctx.submit("hold", "stuck");
    let queued = ctx.submit("echo", "");
    assert_eq!(ctx.destroy(), TIMED_OUT);
    assert_eq!((stuck.wait().ret, queued.wait().ret), (TIMED_OUT, TIMED_OUT), "called back before destroy returned");
    assert_eq!((ctx.destroy(), log.released()), (INVALID_CTX, 0), "what stuck code may use is left alone");
    support::let_go("stuck");
    // When it lets go after all, everything is released, and nothing is called twice.
    support::wait_until("the stuck code has ended", || log.released() == 1);
    stuck.assert_silent();
    queued.assert_silent();
}

#[test]
fn a_close_has_the_grace_period_the_destructor_deadline_and_four_times_the_linger() {
    let ctx = Context::new("test");
    let stuck = ctx.submit("hold", "stuck for the whole limit");
    let (grace, destructor_deadline, linger) = support::LIMITS;
    let begun = Instant::now();
    assert_eq!(ctx.destroy(), TIMED_OUT);
    assert!(begun.elapsed() >= grace + destructor_deadline + linger * 4, "it is given up after {:?}", begun.elapsed());
    support::let_go("stuck for the whole limit");
    assert_eq!(stuck.wait().ret, TIMED_OUT);
}

#[test]
fn a_close_that_timed_out_says_so() {
    let ctx = Context::new("test");
    let stuck = ctx.submit("hold", "stuck, and closed");
    let (sender, receiver) = mpsc::channel();
    let (cb, user_data) = support::callback(move |told| drop(sender.send(told)));
    assert_eq!(support::c::close(ctx.0, cb, user_data), 0);
    let told = receiver.recv_timeout(support::PATIENCE).expect("it is given up");
    assert_eq!((told.ret, stuck.wait().ret), (TIMED_OUT, TIMED_OUT));
    assert!(told.text.contains("did not stop in time"), "{}", told.text);
    support::let_go("stuck, and closed");
}

#[test]
fn a_host_function_that_never_returns_does_not_keep_the_calls_of_other_threads() {
    for stuck in ["stuck", "sync, and stuck"] {
        a_stuck_call_is_given_up(stuck);
    }
}

fn a_stuck_call_is_given_up(stuck: &'static str) {
    let ctx = Context::new("test");
    let (go_on, wait) = mpsc::channel::<()>();
    let wait = Mutex::new(wait);
    let log = ctx.register("ask", move |_, asked| {
        if asked.text == stuck {
            wait.lock().expect("not poisoned").recv().expect("the test lets it go on");
        }
    });
    // The calls' threads end only when their calls have settled; the sender tells.
    let settled = support::settle_elsewhere_each(ctx, &["open", stuck]);
    assert_eq!(ctx.destroy(), TIMED_OUT);
    for _ in 0..2 {
        assert_eq!(settled.recv_timeout(support::PATIENCE), Ok("ShuttingDown".to_owned()));
    }
    go_on.send(()).expect("it waits");
    support::wait_until("everything is released", || log.released() == 1);
}
