//! Events with typed payloads, to listeners in both formats; the producers wait when the queue is full.

#[path = "typed/events.rs"]
mod app;
mod typed;

use app::{MyApp, Place, happened, quiet};
use ffihost::{Host, HostError, NoContext, Options, WhenFull};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use typed::{
    BOTH, CBOR, Context, FFICallBack, List, NATIVE, OK, Optional, Str, UNKNOWN_TOKEN, Value, c_int, c_void, map, run,
    text,
};

ffihost::library!("my_app", MyApp, options = Options::new().events(4, WhenFull::Block).linger(typed::NEVER));

type Cb = Option<FFICallBack>;
type Ud = *mut c_void;

unsafe extern "C" {
    safe fn my_app_create(cb: Cb, ud: Ud, ctx: *mut Ud) -> c_int;
    safe fn my_app_emit_quiet(ctx: Ud, cb: Cb, ud: Ud) -> c_int;
    safe fn my_app_storm(ctx: Ud, cb: Cb, ud: Ud, threads: u32, each: u32) -> c_int;
    safe fn my_app_item_release(ctx: Ud, item: u64) -> c_int;
}

typed::synchronous! {
    my_app_emit[ctx](id: u32, text: Str) -> ();
    my_app_open[ctx](number: u32) -> ();
    my_app_read[ctx](item: u64) -> typed::Plain<u32>;
    my_app_emit_class[ctx]() -> ();
}

fn context() -> Context {
    Context::made(|cb, ud, ctx| my_app_create(cb, ud, ctx))
}

#[track_caller]
fn emit(ctx: Context, id: u32, said: &str) {
    assert_eq!(run(text, |cb, ud| my_app_emit(ctx.raw(), cb, ud, id, Str::of(said))), (OK, String::new()));
}

#[derive(Clone, Copy)]
#[repr(C)]
struct CPlace {
    name: Str,
    at: Optional<u16>,
}

#[derive(Clone, Copy)]
#[repr(C)]
struct CHappenedArgs {
    id: u32,
    text: Str,
    places: List<CPlace>,
    one: CPlace,
}

fn place(CPlace { name, at }: CPlace) -> Value {
    // SAFETY: the library passes what is in the event.
    map([("name", unsafe { name.text() }.into()), ("at", if at.present { at.value.into() } else { Value::Null })])
}

/// An event as CBOR says it, also from a C struct.
fn read(format: i32, payload: &[u8]) -> Value {
    if format == CBOR {
        return typed::parse(payload);
    }
    // SAFETY: the library passes the arguments of `happened`.
    unsafe {
        let CHappenedArgs { id, text, places, one } = typed::c_value(payload);
        let places = Value::Array(places.values().into_iter().map(place).collect());
        map([("id", id.into()), ("text", text.text().into()), ("places", places), ("one", place(one))])
    }
}

fn expected(id: u32, said: &str) -> Value {
    let place = |name: &str, at: Value| map([("name", name.into()), ("at", at)]);
    let places = Value::Array(vec![place("a", Value::Null), place("b", 9.into())]);
    map([("id", id.into()), ("text", said.into()), ("places", places), ("one", place("one", Value::Null))])
}

#[test]
fn several_listeners_in_both_formats() {
    let ctx = context();
    let (sender, heard) = typed::heard();
    for format in [NATIVE, CBOR, NATIVE] {
        let sender = sender.clone();
        ctx.listen("happened", format, move |payload| {
            sender.send((format, read(format, payload))).expect("it is heard");
        });
    }
    let (quiet_sender, quiet_heard) = typed::heard();
    for format in BOTH {
        let sender = quiet_sender.clone();
        ctx.listen("quiet", format, move |payload| sender.send(payload.to_vec()).expect("it is heard"));
    }
    for id in 0..3 {
        emit(ctx, id, "ü");
        let each = [heard(), heard(), heard()];
        assert_eq!(
            each,
            [NATIVE, CBOR, NATIVE].map(|format| (format, expected(id, "ü"))),
            "in the order of the listeners"
        );
    }
    assert_eq!(run(text, |cb, ud| my_app_emit_quiet(ctx.raw(), cb, ud)).0, OK);
    assert_eq!((quiet_heard(), quiet_heard()), (vec![], vec![0xa0]));
    let stats = ctx.stats();
    assert_eq!((stats.events_emitted, stats.events_dropped, stats.listeners), (4, 0, 5));
    assert_eq!(ctx.destroy(), OK);
}

#[test]
fn names_that_mean_something_else() {
    let ctx = context();
    let (sender, heard) = typed::heard();
    ctx.listen("class", CBOR, move |payload| sender.send(typed::parse(payload)).expect("it is heard"));
    assert_eq!(run(text, |cb, ud| my_app_emit_class(ctx.raw(), cb, ud)).0, OK);
    let class =
        [("type", 1.into()), ("ctx", 2.into()), ("token", 3.into()), ("emit_on", "four".into()), ("host", true.into())];
    assert_eq!(heard(), map(class));
    assert_eq!(ctx.destroy(), OK);
}

#[test]
fn removed_from_inside_and_during_the_delivery() {
    let ctx = context();
    let (sender, heard) = typed::heard();
    let own = Arc::new(AtomicU64::new(0));
    let (own_number, once) = (Arc::clone(&own), sender.clone());
    let (ready, wait) = mpsc::channel::<()>();
    let first = ctx.listen("happened", NATIVE, move |_| {
        wait.recv().expect("the number is known");
        assert_eq!(
            typed::c::remove_event_listener(ctx.raw(), own_number.load(Ordering::SeqCst)),
            OK,
            "at once: it is the last"
        );
        once.send("once").expect("it is heard");
    });
    own.store(first, Ordering::SeqCst);
    emit(ctx, 1, "");
    ready.send(()).expect("it waits");
    assert_eq!(heard(), "once");
    let (entered, enters) = mpsc::channel();
    let (go_on, wait) = mpsc::channel::<()>();
    let left = sender.clone();
    let slow = ctx.listen("happened", CBOR, move |payload| {
        entered.send(typed::parse(payload)).expect("the test waits");
        wait.recv().expect("the test lets it go on");
        left.send("left").expect("it is heard");
    });
    emit(ctx, 2, "");
    assert_eq!(enters.recv_timeout(typed::PATIENCE), Ok(expected(2, "")));
    emit(ctx, 3, "nobody's");
    let removal = thread::spawn(move || typed::c::remove_event_listener(ctx.raw(), slow));
    ctx.wait_for("it is taken out", |stats| stats.listeners == 0);
    go_on.send(()).expect("it waits");
    assert_eq!(removal.join().expect("no panic"), OK);
    assert_eq!(heard(), "left", "the removal has waited for it");
    assert_eq!(typed::c::remove_event_listener(ctx.raw(), slow), UNKNOWN_TOKEN);
    assert_eq!(typed::c::remove_event_listener(ctx.raw(), first), UNKNOWN_TOKEN);
    assert_eq!(ctx.destroy(), OK);
    assert!(enters.try_recv().is_err(), "a removed listener is not called");
}

#[test]
fn many_producers_lose_nothing() {
    let ctx = context();
    let seen: [Arc<Mutex<BTreeSet<u64>>>; 2] = Default::default();
    for format in BOTH {
        let seen = Arc::clone(&seen[usize::from(format == CBOR)]);
        ctx.listen("happened", format, move |payload| {
            let event = read(format, payload).into_map().expect("a map");
            let id = event[0].1.as_integer().and_then(|id| u64::try_from(id).ok()).expect("a number");
            assert_eq!(event[1].1, format!("from {}", id / 1_000).into(), "payloads are not mixed up");
            assert!(seen.lock().expect("not poisoned").insert(id), "{id} comes twice");
        });
    }
    assert_eq!(run(text, |cb, ud| my_app_storm(ctx.raw(), cb, ud, 6, 1_000)), (OK, String::new()));
    assert_eq!((ctx.stats().events_emitted, ctx.stats().events_dropped), (6_000, 0));
    assert_eq!(ctx.destroy(), OK);
    for seen in seen {
        assert!(seen.lock().expect("not poisoned").iter().copied().eq(0..6_000));
    }
}

#[test]
fn handles_in_events_are_live_and_the_same_for_every_listener() {
    let ctx = context();
    let (sender, heard) = typed::heard();
    for format in BOTH {
        let sender = sender.clone();
        ctx.listen("opened", format, move |payload| {
            let item = number(format, payload);
            // SAFETY: the library passes a number.
            let read = run(
                |_, payload| unsafe { typed::c_value::<u32>(payload) },
                |cb, ud| my_app_read(ctx.raw(), cb, ud, item),
            );
            sender.send((item, read)).expect("it is heard");
        });
    }
    assert_eq!(run(text, |cb, ud| my_app_open(ctx.raw(), cb, ud, 42)).0, OK);
    let (first, second) = (heard(), heard());
    assert_eq!((first.1, first), ((OK, 42), second), "one number for one object");
    assert_eq!((my_app_item_release(ctx.raw(), first.0), ctx.stats().handles), (OK, 1), "each of them was given it");
    assert_eq!((my_app_item_release(ctx.raw(), second.0), ctx.stats().handles), (OK, 0));
    assert_eq!(ctx.destroy(), OK);
}

/// The first number of an event.
fn number(format: i32, payload: &[u8]) -> u64 {
    if format == NATIVE {
        // SAFETY: the library passes one number.
        return unsafe { typed::c_value(payload) };
    }
    let event = typed::parse(payload).into_map().expect("a map");
    u64::try_from(event[0].1.as_integer().expect("a number")).expect("u64")
}

#[test]
fn handles_in_events_that_are_delivered_while_the_context_closes() {
    for format in BOTH {
        let ctx = context();
        let (sender, heard) = mpsc::channel();
        let (entered, enters) = mpsc::channel();
        ctx.listen("opened", format, move |payload| {
            sender.send(number(format, payload)).expect("the test listens");
            entered.send(()).expect("the test waits");
            // The other events are encoded when the close refuses everything else.
            let host = Host::current().expect("on the event thread");
            while host.stats().is_ok() {
                thread::yield_now();
            }
        });
        (1..=3).for_each(|number| assert_eq!(run(text, |cb, ud| my_app_open(ctx.raw(), cb, ud, number)).0, OK));
        enters.recv_timeout(typed::PATIENCE).expect("it is delivered");
        assert_eq!(ctx.destroy(), OK);
        let numbers: BTreeSet<u64> = heard.try_iter().collect();
        assert!(numbers.len() == 3 && !numbers.contains(&0), "{numbers:?}");
    }
}

#[test]
fn outside_of_any_context() {
    let one = Place { name: "p".to_owned(), at: Some(1) };
    happened(1, "nobody's", &[], &one);
    let (sender, heard) = mpsc::channel();
    {
        let outer = sender.clone();
        let _outer = happened::listen(move |id, text, places, one| {
            outer.send(("outer", id, text, places, one)).expect("it is heard");
        });
        {
            let _inner = happened::listen(move |id, text, places, one| {
                sender.send(("inner", id, text, places, one)).expect("it is heard");
            });
            happened(2, "t", std::slice::from_ref(&one), &one);
        }
        happened(3, "t", &[], &one);
    }
    happened(4, "nobody's again", &[], &one);
    let all: Vec<_> = heard.try_iter().collect();
    let event = |who, id, places| (who, id, "t".to_owned(), places, one.clone());
    assert_eq!(all, [event("inner", 2, vec![one.clone()]), event("outer", 3, vec![])]);
    let (sender, silent) = mpsc::channel();
    let _quiet = quiet::listen(move || sender.send(()).expect("it is heard"));
    quiet();
    thread::spawn(quiet).join().expect("no panic");
    assert_eq!(silent.try_iter().count(), 1, "another thread's are not heard");
    assert_eq!(Host::current().map(|_| ()), Err(HostError::NoContext(NoContext::Nowhere)));
}
