//! The library's deadline of host calls, for those that have none of their own and whose registration has none.

mod support;

use ffihost::Host;
use std::sync::{Arc, Mutex};
use support::{Context, Scripts as _, Told};

const ERR: i32 = 1;

fn timed_out() -> Told {
    Told { ret: ERR, text: "TimedOut".to_owned() }
}

/// A call of `ask` that is open, as `request` with that text makes it, and whoever answers it.
fn open(ctx: Context, deadline_ms: u64, request: &str, text: &str) -> (support::Pending, impl Fn(&str)) {
    let token = Arc::new(Mutex::new(None));
    let asked = Arc::clone(&token);
    let keep = move |_, call: support::Asked| *asked.lock().expect("no panic") = Some(call.token);
    let (ret, _) = ctx.register_with("ask", |options| options.deadline_ms = deadline_ms, keep);
    assert_eq!(ret, 0);
    let pending = ctx.submit(request, text);
    let is_asked = Arc::clone(&token);
    support::wait_until("the host is asked", move || is_asked.lock().expect("no panic").is_some());
    (pending, move |answer| {
        let token = token.lock().expect("no panic").expect("asked");
        assert_eq!(ctx.answer(token, 0, answer), 0);
    })
}

/// Ends with the library's deadline: whatever was asked before has been open for longer.
fn let_time_pass(ctx: Context) {
    let log = ctx.register("other", |_, _| {});
    let script = ctx.script(|| async {
        let host = Host::current().expect("in a context");
        host.call("other", "?").await.map_err(|error| support::show(&error))
    });
    assert_eq!(script.wait(), timed_out());
    assert_eq!(log.cancelled().len(), 1, "the host is told");
}

#[test]
fn a_call_that_has_none_ends_by_the_librarys() {
    let ctx = Context::new("test");
    let_time_pass(ctx);
    assert_eq!(ctx.stats().host_calls_timed_out, 1);
    assert_eq!(ctx.destroy(), 0);
}

/// A call that has a longer deadline is answered after the library's is over.
#[track_caller]
fn outlives_the_librarys(deadline_ms: u64, request: &str, text: &str) {
    let ctx = Context::new("test");
    let (pending, answer) = open(ctx, deadline_ms, request, text);
    let_time_pass(ctx);
    answer("in time");
    assert_eq!(pending.wait(), Told::ok("in time"));
    assert_eq!(ctx.destroy(), 0);
}

#[test]
fn the_registrations_counts_instead() {
    outlives_the_librarys(3_600_000, "ask", "?");
}

#[test]
fn the_calls_own_counts_instead() {
    outlives_the_librarys(0, "ask_with_deadline", "3600000");
}
