//! Events, through the C ABI.

mod support;

use ffihost::Status;
use std::sync::{Arc, Mutex, mpsc};
use support::{Context, Told, c};

/// Adds a listener that sends on what it hears.
fn listen(ctx: Context) -> (u64, mpsc::Receiver<Told>) {
    let (sender, receiver) = mpsc::channel();
    let (cb, user_data) = support::callback(move |told| drop(sender.send(told)));
    (c::add_event_listener(ctx.0, c"happened".as_ptr(), cb, user_data), receiver)
}

#[test]
fn each_listener_hears_each_event_in_order() {
    let ctx = Context::new("test");
    assert_eq!(ctx.run("emit", "nobody hears this"), Told::ok(""));
    let (first, heard_by_first) = listen(ctx);
    let (second, heard_by_second) = listen(ctx);
    assert!(first != 0 && second != 0 && first != second);
    for text in ["one", "", "a payload that is longer than what is stored in the queue itself, which are 64 bytes"] {
        assert_eq!(ctx.run("emit", text), Told::ok(""));
        for heard in [&heard_by_first, &heard_by_second] {
            assert_eq!(heard.recv_timeout(support::PATIENCE), Ok(Told::ok(text)));
        }
    }
    assert_eq!(c::remove_event_listener(ctx.0, first), 0);
    assert_eq!(c::remove_event_listener(ctx.0, first), Status::UnknownToken.code());
    assert_eq!(ctx.run("emit", "for the second"), Told::ok(""));
    assert_eq!(heard_by_second.recv_timeout(support::PATIENCE), Ok(Told::ok("for the second")));
    assert!(heard_by_first.try_recv().is_err());
    assert_eq!((ctx.stats().listeners, ctx.stats().events_emitted, ctx.stats().events_dropped), (1, 4, 0));
    assert_eq!(ctx.destroy(), 0);
}

#[test]
fn a_listener_removes_itself() {
    let ctx = Context::new("test");
    let own = Arc::new(Mutex::new(0));
    let (sender, receiver) = mpsc::channel();
    let id = Arc::clone(&own);
    let (cb, user_data) = support::callback(move |_| {
        let removed = ctx.remove_listener(*id.lock().expect("not poisoned"));
        sender.send(removed).expect("the test waits");
    });
    *own.lock().expect("not poisoned") = c::add_event_listener(ctx.0, c"happened".as_ptr(), cb, user_data);
    ctx.run("emit", "");
    ctx.run("emit", "");
    assert_eq!(receiver.recv_timeout(support::PATIENCE), Ok(0));
    assert_eq!(ctx.destroy(), 0);
    assert!(receiver.try_recv().is_err(), "heard after it was removed");
}

#[test]
fn removed_from_a_callback_while_its_delivery_runs() {
    let ctx = Context::new("test");
    let (entered, enters) = mpsc::channel();
    let (go_on, wait) = mpsc::channel::<()>();
    let (cb, user_data) = support::callback(move |_| {
        entered.send(()).expect("the test waits");
        wait.recv().expect("the test lets it go on");
    });
    let listener = c::add_event_listener(ctx.0, c"happened".as_ptr(), cb, user_data);
    ctx.run("emit", "");
    enters.recv_timeout(support::PATIENCE).expect("delivered");
    // On the FFI thread a removal does not wait.
    let log = ctx.register("ask", move |ctx, asked| {
        let removed = ctx.remove_listener(listener);
        assert_eq!(ctx.answer(asked.token, 0, &removed.to_string()), 0);
    });
    assert_eq!(ctx.run("ask", ""), Told::ok(&Status::Busy.code().to_string()));
    // On any other thread it does.
    let remover = std::thread::spawn(move || ctx.remove_listener(listener));
    go_on.send(()).expect("it waits");
    assert_eq!(remover.join().expect("no panic"), 0);
    assert_eq!((ctx.destroy(), log.released()), (0, 1));
}

#[test]
fn refused_listeners() {
    let ctx = Context::new("test");
    let (cb, user_data) = support::callback(|told| panic!("called: {told:?}"));
    for (ctx, event, cb) in [
        (std::ptr::null_mut(), c"happened".as_ptr(), cb),
        (ctx.0, std::ptr::null(), cb),
        (ctx.0, c"no such event".as_ptr(), cb),
        (ctx.0, c"".as_ptr(), cb),
        (ctx.0, c"\xff".as_ptr(), cb),
        (ctx.0, c"happened".as_ptr(), None),
    ] {
        assert_eq!(c::add_event_listener(ctx, event, cb, user_data), 0);
    }
    assert_eq!(c::remove_event_listener(ctx.0, 0), Status::UnknownToken.code());
    assert_eq!(c::remove_event_listener(ctx.0, u64::MAX), Status::UnknownToken.code());
    assert_eq!(ctx.destroy(), 0);
}
