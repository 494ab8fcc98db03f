//! Calls that wait because every slot of the table is taken, some by calls that nobody awaits.

mod support;

use ffihost::Host;
use std::sync::mpsc;
use std::thread;
use support::{ASK, Context, Scripts as _, Told, futures_poll_once, show};

#[test]
fn the_end_of_abandoned_calls_makes_room() {
    let ctx = Context::new("test");
    let (sender, asked) = mpsc::channel();
    ctx.register("ask", move |ctx, call| match &*call.text {
        "waits" => assert_eq!(ctx.answer(call.token, 0, "made"), 0),
        _ => sender.send(call.token).expect("the script listens"),
    });
    let script = ctx.script(move || async move {
        let host = Host::current().expect("in a context");
        let mut open: Vec<_> = (0..65_536).map(|_| host.call(&ASK, "open")).collect();
        assert!(open.iter_mut().all(|call| futures_poll_once(call).is_none()));
        // Answered on another thread and dropped before the FFI thread has looked: they count no longer, their slots do.
        let answered = thread::spawn(move || asked.try_iter().all(|token| ctx.answer(token, 0, "") == 0));
        assert!(answered.join().expect("no panic"));
        drop(open);
        let waits = (0..100).map(|_| host.call(&ASK, "waits").wait_for_room());
        let made = futures::future::join_all(waits).await;
        assert!(made.iter().all(Result::is_ok), "{made:?}");
        made.into_iter().next_back().expect("there are some").map_err(|error| show(&error))
    });
    assert_eq!(script.wait(), Told::ok("made"));
    assert_eq!(ctx.destroy(), 0);
}
