//! Events with typed payloads when the queue is full and the oldest is dropped.

#[path = "typed/events.rs"]
mod app;
mod typed;

use app::{Item, MyApp};
use ffihost::{Options, WhenFull};
use std::sync::mpsc;
use typed::{BOTH, CBOR, Context, FFICallBack, OK, Str, Value, c_int, c_void, run, text};

ffihost::library!("my_app", MyApp, options = Options::new().events(4, WhenFull::DropOldest).linger(typed::NEVER));

type Cb = Option<FFICallBack>;
type Ud = *mut c_void;

unsafe extern "C" {
    safe fn my_app_create(cb: Cb, ud: Ud, ctx: *mut Ud) -> c_int;
}

typed::synchronous! {
    my_app_emit[ctx](id: u32, text: Str) -> ();
    my_app_open[ctx](number: u32) -> ();
}

#[test]
fn the_oldest_are_dropped_and_counted() {
    for format in BOTH {
        let ctx = Context::made(|cb, ud, ctx| my_app_create(cb, ud, ctx));
        let (entered, enters) = mpsc::channel();
        let (go_on, wait) = mpsc::channel::<()>();
        let (sender, heard) = mpsc::channel();
        ctx.listen("happened", format, move |payload| {
            let id = if format == CBOR {
                let event = typed::parse(payload).into_map().expect("a map");
                u32::try_from(event[0].1.as_integer().expect("a number")).expect("u32")
            } else {
                u32::from_ne_bytes(payload[..4].try_into().expect("4 bytes"))
            };
            sender.send(id).expect("the test listens");
            if id == 0 {
                entered.send(()).expect("the test waits");
                wait.recv().expect("the test lets it go on");
            }
        });
        let emit = |id| assert_eq!(run(text, |cb, ud| my_app_emit(ctx.0, cb, ud, id, Str::of("text"))).0, OK);
        emit(0);
        enters.recv_timeout(typed::PATIENCE).expect("it is delivered");
        (1..=10).for_each(emit);
        assert_eq!((ctx.stats().events_emitted, ctx.stats().events_dropped), (11, 6));
        go_on.send(()).expect("it waits");
        assert_eq!(ctx.destroy(), OK);
        assert_eq!(heard.try_iter().collect::<Vec<_>>(), [0, 7, 8, 9, 10]);
    }
}

#[test]
fn a_handle_in_an_event_that_is_dropped_is_not_given_out() {
    let ctx = Context::made(|cb, ud, ctx| my_app_create(cb, ud, ctx));
    let (entered, enters) = mpsc::channel();
    let (go_on, wait) = mpsc::channel::<()>();
    ctx.listen("opened", CBOR, move |_| {
        entered.send(()).expect("the test waits");
        wait.recv().expect("the test lets it go on");
    });
    let open = |number| assert_eq!(run(text, |cb, ud| my_app_open(ctx.0, cb, ud, number)).0, OK);
    open(0);
    enters.recv_timeout(typed::PATIENCE).expect("it is delivered");
    (1..=6).for_each(open);
    (0..5).for_each(|_| go_on.send(()).expect("it waits"));
    (0..4).for_each(|_| enters.recv_timeout(typed::PATIENCE).expect("it is delivered"));
    assert_eq!((ctx.stats().handles, ctx.stats().events_dropped), (5, 2), "two never got a number");
    assert_eq!(ctx.destroy(), OK);
    assert_eq!((Value::Null, Item { number: 1 }.number), (Value::Null, 1));
}
