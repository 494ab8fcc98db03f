//! Host functions, registered natively and with CBOR, as a C host implements them.

#[path = "typed/host_calls.rs"]
mod app;
mod typed;

use app::{MyApp, Profile, ProfileError, now, ping, profile, profile_flat, sum};
use ffihost::{HostError, NoContext, Options};
use futures::executor::block_on;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};
use typed::{
    BOTH, CBOR, Context, DECODE, ERR, FFICallBack, List, NATIVE, OK, Optional, Str, TOO_LARGE, UNKNOWN_TOKEN, Value,
    c_int, c_void, map, run_cbor,
};

ffihost::library!(
    "my_app",
    MyApp,
    options = Options::new().max_payload(1 << 16).linger(typed::NEVER).slow_host_warning(typed::NEVER)
);

unsafe extern "C" {
    safe fn my_app_create(cb: Option<FFICallBack>, ud: *mut c_void, ctx: *mut *mut c_void) -> c_int;
}

typed::cbor_exports!(act = "my_app_act_cbor", act_now = "my_app_act_now_cbor");

fn context() -> Context {
    Context::made(|cb, ud, ctx| my_app_create(cb, ud, ctx))
}

fn act_later(ctx: Context, what: &str) -> typed::Pending<Value> {
    let req = typed::write(&map([("what", what.into())]));
    let (ret, pending) = typed::try_submit(typed::cbor, |cb, ud| act(ctx.0, cb, ud, req.as_ptr(), req.len()));
    assert_eq!(ret, OK);
    pending
}

#[track_caller]
fn said(told: (c_int, Value)) -> String {
    assert_eq!(told.0, OK, "{told:?}");
    told.1.into_text().expect("text")
}

#[track_caller]
fn acted(ctx: Context, what: &str) -> String {
    said(run_cbor(act, ctx, &map([("what", what.into())])))
}

#[derive(Clone, Copy)]
#[repr(C)]
struct CProfileArgs {
    id: u32,
    note: Optional<Str>,
}

#[derive(Clone, Copy)]
#[repr(C)]
struct CProfile {
    name: Str,
    age: u8,
}

/// Every variant that holds something holds one text.
#[derive(Clone, Copy)]
#[repr(C)]
struct CProfileError {
    tag: i32,
    text: Str,
}

#[derive(Clone, Copy)]
#[repr(C)]
struct CSumArgs {
    numbers: List<i16>,
    bytes: Str,
    one: CProfile,
}

#[derive(Clone, Copy)]
#[repr(C)]
struct CMatchArgs {
    r#type: u8,
    class: i16,
    ctx: u32,
    token: u64,
    ret: bool,
    cb: i8,
    args: Str,
    user_data: u8,
    host: u8,
    reader: u8,
}

/// What `profile` was asked.
fn asked(format: i32, req: &[u8]) -> String {
    if format == CBOR {
        return format!("{:?}", typed::parse(req));
    }
    // SAFETY: the library passes the arguments of `profile`.
    let CProfileArgs { id, note } = unsafe { typed::c_value(req) };
    // SAFETY: as above.
    let note = note.present.then(|| unsafe { note.value.text() });
    format!("{:?}", map([("id", id.into()), ("note", note.map_or(Value::Null, Value::Text))]))
}

fn answer(ctx: Context, token: u64, format: i32, name: &str) -> c_int {
    match format {
        NATIVE => ctx.complete_c(token, OK, &CProfile { name: Str::of(name), age: 30 }),
        _ => ctx.complete_cbor(token, OK, &map([("age", 30.into()), ("name", name.into())])),
    }
}

fn answer_error(ctx: Context, token: u64, format: i32, by: &str) -> c_int {
    match format {
        NATIVE => ctx.complete_c(token, ERR, &CProfileError { tag: 1, text: Str::of(by) }),
        _ => ctx.complete_cbor(token, ERR, &map([("Blocked", map([("by", by.into())]))])),
    }
}

const ADA: &str = r#"Ok(Profile { name: "ada", age: 30 })"#;

#[test]
fn both_formats_side_by_side_inline() {
    for (one, other) in [(NATIVE, CBOR), (CBOR, NATIVE)] {
        let ctx = context();
        ctx.implement("profile", one, move |ctx, token, req| assert_eq!(answer(ctx, token, one, &asked(one, req)), OK));
        ctx.implement("profile_flat", other, move |ctx, token, req| {
            let user = match other {
                // SAFETY: the library passes one text.
                NATIVE => unsafe { typed::c_value::<Str>(req).text() },
                _ => typed::parse(req).into_map().expect("a map").remove(0).1.into_text().expect("text"),
            };
            assert_eq!(answer(ctx, token, other, &user), OK);
        });
        let note =
            |id: u32, note: Value| Profile { name: format!("{:?}", map([("id", id.into()), ("note", note)])), age: 30 };
        assert_eq!(acted(ctx, "profile"), format!("{:?}", Ok::<_, ()>(note(7, "note".into()))));
        assert_eq!(acted(ctx, "profile without a note"), format!("{:?}", Ok::<_, ()>(note(8, Value::Null))));
        assert_eq!(acted(ctx, "flat"), ADA);
        assert_eq!(ctx.stats().host_calls_inline, 3);
        assert_eq!(ctx.destroy(), OK);
    }
}

#[test]
fn a_host_function_within_the_threshold_is_not_slow() {
    let ctx = context();
    ctx.implement("profile_flat", CBOR, |ctx, token, _| {
        // Several ticks of the coarse clock.
        let start = Instant::now();
        while start.elapsed() < Duration::from_millis(40) {
            thread::yield_now();
        }
        assert_eq!(answer(ctx, token, CBOR, "ada"), OK);
    });
    assert_eq!(acted(ctx, "flat"), ADA);
    assert_eq!((ctx.stats().host_calls, ctx.stats().host_calls_slow), (1, 0));
    assert_eq!(ctx.destroy(), OK);
}

#[test]
fn off_the_ffi_thread_a_call_needs_its_host() {
    for format in BOTH {
        let ctx = context();
        let (asked, log) = ctx.leave_open("profile", format, |_| ());
        // Moved while it is open.
        assert_eq!(acted(ctx, "profile moved"), "Err(NoContext(OffThread))");
        let token = asked.next().0;
        typed::wait_until("the host is told", || log.cancelled() == [token]);
        let pending = act_later(ctx, "profile moved on");
        assert_eq!(answer(ctx, asked.next().0, format, "ada"), OK);
        assert_eq!(said(pending.wait()), ADA);
        // On the caller's thread.
        let now = |what: &'static str| move || said(run_cbor(act_now, ctx, &map([("what", what.into())])));
        assert_eq!(now("profile")(), "Err(NoContext(OffThread))");
        let waiting = thread::spawn(now("profile on"));
        assert_eq!(answer(ctx, asked.next().0, format, "ada"), OK);
        assert_eq!(waiting.join().expect("no panic"), ADA);
        assert_eq!(ctx.stats().host_calls_in_flight, 0);
        assert_eq!(ctx.destroy(), OK);
    }
}

#[test]
fn a_call_that_has_begun_stays_with_its_host() {
    let (ctx, other) = (context(), context());
    assert_eq!(acted(other, "be the other"), "");
    let (asked, _log) = ctx.leave_open("profile", NATIVE, |_| ());
    other.implement("profile", NATIVE, |_, _, _| panic!("the other is asked"));
    let pending = act_later(ctx, "profile turned to the other");
    assert_eq!(answer(ctx, asked.next().0, NATIVE, "ada"), OK);
    assert_eq!(said(pending.wait()), ADA);
    assert_eq!((ctx.destroy(), other.destroy()), (OK, OK));
}

#[test]
fn a_call_can_wait_for_its_registration() {
    for format in BOTH {
        let ctx = context();
        let pending = act_later(ctx, "ping as soon as it is registered");
        assert_eq!(acted(ctx, "ping"), r#"Err(NotRegistered { name: "ping" })"#);
        // Nothing, in each format.
        let nothing: &[u8] = if format == CBOR { &[0xf6] } else { &[] };
        ctx.implement("ping", format, move |ctx, token, _: &[u8]| assert_eq!(ctx.complete(token, OK, nothing), OK));
        assert_eq!(said(pending.wait()), "Ok(())");
        assert_eq!(ctx.destroy(), OK);
    }
}

#[test]
fn answers_come_later_and_from_other_threads() {
    for format in BOTH {
        let ctx = context();
        let (asked, log) = ctx.leave_open("profile", format, move |req| asked(format, req));
        for what in ["profile", "profile elsewhere", "profile in another runtime"] {
            let pending = act_later(ctx, what);
            let (token, args) = asked.next();
            assert_eq!(args, format!("{:?}", map([("id", 7.into()), ("note", "note".into())])));
            let answerer = thread::spawn(move || {
                // The answer's memory is gone when this returns.
                let name = Box::<str>::from("ada");
                assert_eq!(answer(ctx, token, format, &name), OK);
                drop(name);
                assert_eq!(answer(ctx, token, format, "again"), UNKNOWN_TOKEN);
            });
            answerer.join().expect("no panic");
            assert_eq!(said(pending.wait()), ADA);
        }
        assert_eq!((ctx.destroy(), log.cancelled(), log.released()), (OK, vec![], 1));
    }
}

#[test]
fn declared_errors_are_told_from_the_hosts_own_failures() {
    for format in BOTH {
        let ctx = context();
        let blocked = move |ctx, token, _: &[u8]| assert_eq!(answer_error(ctx, token, format, "bob"), OK);
        ctx.implement("profile", format, blocked);
        ctx.implement("profile_flat", format, blocked);
        assert_eq!(acted(ctx, "profile"), r#"Err(Declared(Blocked { by: "bob" }))"#);
        assert_eq!(acted(ctx, "flat"), r#"Err(Blocked { by: "bob" })"#);
        for (ret, error) in
            [(2, "Failed { code: 2, text: \"oh\" }"), (-7, "Failed { code: -7, text: \"oh\" }"), (15, "Cancelled")]
        {
            let fail = move |ctx: Context, token, _: &[u8]| assert_eq!(ctx.complete(token, ret, b"oh"), OK);
            for name in ["profile", "profile_flat", "ping"] {
                ctx.implement(name, format, fail);
            }
            assert_eq!(acted(ctx, "profile"), format!("Err({error})"));
            assert_eq!(acted(ctx, "ping"), format!("Err({error})"));
            assert_eq!(acted(ctx, "flat"), format!("Err(Host({error:?}))"), "by way of `From<HostError>`");
        }
        ctx.implement("ping", format, |ctx, token, _| assert_eq!(ctx.complete(token, ERR, b"none declared"), OK));
        assert_eq!(acted(ctx, "ping"), r#"Err(Failed { code: 1, text: "none declared" })"#);
        assert_eq!(ctx.destroy(), OK);
    }
}

/// Has `profile` answered with a payload; says what the host was told, and the library.
fn answered_with(ctx: Context, format: i32, ret: c_int, payload: &[u8]) -> (c_int, String) {
    let (asked, _) = ctx.leave_open("profile", format, |_| ());
    let pending = act_later(ctx, "profile");
    let told = ctx.complete(asked.next().0, ret, payload);
    (told, said(pending.wait()))
}

#[test]
fn answers_that_do_not_decode() {
    let ctx = context();
    let wrong = |text: &str| (DECODE, format!("Err(Decode({text:?}))"));
    assert_eq!(answered_with(ctx, NATIVE, OK, &[1, 2, 3]), wrong("expected 24 bytes, there are 3"));
    assert_eq!(answered_with(ctx, NATIVE, OK, &[]), wrong("expected 24 bytes, there are 0"));
    let bad = CProfile { name: Str::of(b"\xff"), age: 0 };
    assert_eq!(answered_with(ctx, NATIVE, OK, typed::bytes_of(&bad)), wrong("`name`: not UTF-8 from byte 0 on"));
    let bad = CProfileError { tag: 3, text: Str::of("") };
    assert_eq!(answered_with(ctx, NATIVE, ERR, typed::bytes_of(&bad)), wrong("no variant has the tag 3"));
    assert_eq!(answered_with(ctx, CBOR, OK, &[0xa0]), wrong("the key `name` is missing"));
    assert_eq!(answered_with(ctx, CBOR, OK, &[]), wrong("it ends early, after 0 bytes"));
    assert_eq!(answered_with(ctx, CBOR, ERR, b"\x64None"), wrong("there is no variant `None`"));
    let null = |asked: typed::Open<()>| typed::c::host_complete(ctx.0, asked.next().0, OK, std::ptr::null(), 24);
    let (asked, _) = ctx.leave_open("profile", NATIVE, |_| ());
    let pending = act_later(ctx, "profile");
    assert_eq!(null(asked), DECODE);
    assert_eq!(said(pending.wait()), r#"Err(Decode("the host passed NULL with a length of 24"))"#);
    let (told, error) = answered_with(ctx, CBOR, OK, &vec![0; (1 << 16) + 1]);
    assert!(told == TOO_LARGE && error.starts_with("Err(Decode("), "{told} {error}");
    let long = CProfile { name: Str { len: usize::MAX, ..Str::of("x") }, age: 0 };
    let (told, error) = answered_with(ctx, NATIVE, OK, typed::bytes_of(&long));
    assert!(told == DECODE && error.starts_with("Err(Decode(\"`name`: "), "{told} {error}");
    assert_eq!(ctx.stats().host_answers_undecodable, 10);
    assert_eq!(ctx.destroy(), OK);
}

#[test]
fn an_open_call_is_answered_in_the_format_that_it_was_made_with() {
    for (first, second) in [(NATIVE, CBOR), (CBOR, NATIVE)] {
        let ctx = context();
        let (asked_first, log) = ctx.leave_open("profile", first, |_| ());
        let pending = act_later(ctx, "profile");
        let (token, ()) = asked_first.next();
        let (asked_second, _) = ctx.leave_open("profile", second, |_| ());
        let later = act_later(ctx, "profile");
        let (later_token, ()) = asked_second.next();
        assert_eq!(answer(ctx, later_token, second, "later"), OK);
        assert_eq!(log.released(), 0, "a call is still open");
        assert_eq!(answer(ctx, token, first, "ada"), OK);
        assert_eq!(said(pending.wait()), ADA);
        assert_eq!(said(later.wait()), ADA.replace("ada", "later"));
        typed::wait_until("the first is released", || log.released() == 1);
        assert_eq!(ctx.destroy(), OK);
    }
}

#[test]
fn deadlines() {
    let ctx = context();
    let (asked, log) = ctx.leave_open("slow", NATIVE, |req| req.to_vec());
    assert_eq!(acted(ctx, "slow"), "Err(TimedOut)", "that of the attribute");
    assert_eq!(log.cancelled(), [asked.next().0]);
    let pending = act_later(ctx, "slow, with patience");
    let (token, args) = asked.next();
    assert_eq!(args, [2]);
    // One that began later is over by the attribute's deadline; the call's own counts for this one.
    assert_eq!(acted(ctx, "slow"), "Err(TimedOut)");
    assert_eq!(ctx.complete(token, OK, b"at last"), OK);
    assert_eq!(said(pending.wait()), r#"Ok("at last")"#);
    let (_, log) = ctx.leave_open("profile", NATIVE, |_| ());
    assert_eq!(acted(ctx, "profile at once"), "Err(TimedOut)");
    assert_eq!(log.cancelled().len(), 1);
    assert_eq!(ctx.destroy(), OK);
}

#[test]
fn functions_that_are_not_awaited() {
    let ctx = context();
    for format in BOTH {
        ctx.implement("now", format, move |ctx, token, req| match format {
            NATIVE => {
                // SAFETY: the library passes one text.
                assert_eq!(unsafe { typed::c_value::<Str>(req).text() }, "UTC");
                assert_eq!(ctx.complete_c(token, OK, &5_u64), OK);
            }
            _ => assert_eq!(ctx.complete_cbor(token, OK, &5.into()), OK),
        });
        assert_eq!(acted(ctx, "now"), "Ok(5)");
        assert_eq!(said(run_cbor(act_now, ctx, &map([("what", "now".into())]))), "Ok(5)", "on the caller's thread");
    }
    assert_eq!(acted(ctx, "now nowhere"), "Err(NoContext(Nowhere))");
    let (asked, log) = ctx.leave_open("now", NATIVE, |_| ());
    assert_eq!(acted(ctx, "now"), "Err(TimedOut)");
    assert_eq!(log.cancelled(), [asked.next().0]);
    assert_eq!(ctx.destroy(), OK);
}

#[test]
fn borrowed_arguments_here_and_elsewhere() {
    let ctx = context();
    ctx.implement("sum", NATIVE, |ctx, token, req| {
        // SAFETY: the library passes the arguments of `sum`.
        let (numbers, bytes, name) = unsafe {
            let CSumArgs { numbers, bytes, one } = typed::c_value(req);
            (numbers.values(), bytes.bytes(), one.name.text())
        };
        assert_eq!((numbers, bytes, &*name), (vec![1, -2], vec![3], "one"));
        assert_eq!(ctx.complete_c(token, OK, &-9_i64), OK);
    });
    assert_eq!((acted(ctx, "sum"), acted(ctx, "sum elsewhere")), ("Ok(-9)".to_owned(), "Ok(-9)".to_owned()));
    ctx.implement("sum", CBOR, |ctx, token, req| {
        let one = map([("name", "one".into()), ("age", 1.into())]);
        let numbers = Value::Array(vec![1.into(), (-2).into()]);
        assert_eq!(typed::parse(req), map([("numbers", numbers), ("bytes", Value::Bytes(vec![3])), ("one", one)]));
        assert_eq!(ctx.complete_cbor(token, ERR, &"text".into()), OK);
    });
    let declared = r#"Err(Declared("text"))"#.to_owned();
    assert_eq!((acted(ctx, "sum"), acted(ctx, "sum elsewhere")), (declared.clone(), declared));
    ctx.implement("sum", NATIVE, |ctx, token, _| assert_eq!(ctx.complete(token, ERR, b"bytes"), OK));
    assert_eq!(acted(ctx, "sum"), r#"Err(Declared("bytes"))"#, "text is passed as its bytes");
    assert_eq!(ctx.destroy(), OK);
}

#[test]
fn names_that_mean_something_else() {
    let ctx = context();
    ctx.implement("match", NATIVE, |ctx, token, req| {
        // SAFETY: the library passes the arguments of `match`.
        let it: CMatchArgs = unsafe { typed::c_value(req) };
        // SAFETY: as above.
        let args = unsafe { it.args.text() };
        assert_eq!(((it.r#type, it.class, it.ctx, it.token), &*args), ((1, -2, 3, 4), "end"));
        assert_eq!((it.ret, it.cb, it.user_data, it.host, it.reader), (true, -5, 6, 7, 8));
        assert_eq!(ctx.complete(token, OK, &[1, 2]), OK);
    });
    assert_eq!(acted(ctx, "match"), "Ok([1, 2])");
    ctx.implement("match", CBOR, |ctx, token, req| {
        let keys: Vec<_> =
            typed::parse(req).into_map().expect("a map").into_iter().map(|(key, _)| key.into_text()).collect();
        let names = ["type", "class", "ctx", "token", "ret", "cb", "args", "userData", "host", "reader"];
        assert_eq!(keys, names.map(|name| Ok(name.to_owned())));
        assert_eq!(ctx.complete_cbor(token, OK, &Value::Bytes(vec![3])), OK);
    });
    assert_eq!(acted(ctx, "match"), "Ok([3])");
    assert_eq!(ctx.destroy(), OK);
}

#[test]
fn nothing_registered_nothing_current_nothing_awaited() {
    let ctx = context();
    assert_eq!(acted(ctx, "ping"), r#"Err(NotRegistered { name: "ping" })"#);
    assert_eq!(acted(ctx, "flat"), r#"Err(Host("NotRegistered { name: \"profile_flat\" }"))"#);
    assert_eq!(acted(ctx, "profile nowhere"), "Err(NoContext(Nowhere))");
    for format in BOTH {
        let log = ctx.implement("ping", format, move |ctx, token, req| {
            assert_eq!(req, if format == CBOR { &[0xa0][..] } else { &[] });
            assert_eq!(ctx.complete(token, OK, if format == CBOR { &[0xf6] } else { &[] }), OK);
        });
        assert_eq!((acted(ctx, "ping"), log.asked().len()), ("Ok(())".to_owned(), 1));
        let (asked, log) = ctx.leave_open("profile", format, |_| ());
        assert_eq!(acted(ctx, "drop"), "None");
        let (token, ()) = asked.next();
        assert_eq!((log.cancelled(), answer(ctx, token, format, "late")), (vec![token], UNKNOWN_TOKEN));
    }
    assert_eq!(ctx.destroy(), OK);
}

#[test]
fn implementations_for_unit_tests() {
    assert_eq!(block_on(ping()), Err(HostError::NoContext(NoContext::Nowhere)));
    assert_eq!(block_on(profile_flat("ada")), Err(ProfileError::Host("NoContext(Nowhere)".to_owned())));
    let profile_of = |name: &str| Profile { name: name.to_owned(), age: 1 };
    let outer = profile::implement(move |id, note| async move { Ok(profile_of(&format!("{id} {note:?}"))) });
    assert_eq!(block_on(profile(1, None)), Ok(profile_of("1 None")));
    {
        let _inner = profile::implement(|_, _| async { Err(HostError::Declared(ProfileError::Gone)) });
        assert_eq!(block_on(profile(1, None)), Err(HostError::Declared(ProfileError::Gone)), "the later one counts");
        let other_thread = thread::spawn(|| block_on(profile(1, None))).join().expect("no panic");
        assert_eq!(other_thread, Err(HostError::NoContext(NoContext::Nowhere)), "it is this thread's");
    }
    assert_eq!(block_on(profile(2, Some("n".to_owned()))), Ok(profile_of("2 Some(\"n\")")));
    let newer = profile::implement(move |_, _| async move { Ok(profile_of("newer")) });
    drop(outer);
    assert_eq!(block_on(profile(3, None)), Ok(profile_of("newer")), "not those that are dropped first");
    drop(newer);
    assert_eq!(block_on(profile(3, None)), Err(HostError::NoContext(NoContext::Nowhere)));
    let _now = now::implement(|zone| Ok(zone.len() as u64));
    assert_eq!((now("UTC"), now("")), (Ok(3), Ok(0)));
    let _sum =
        sum::implement(
            |numbers, bytes, one| async move { Ok((numbers.len() + bytes.len()) as i64 + i64::from(one.age)) },
        );
    assert_eq!(block_on(sum(&[1, 2], &[3], &profile_of("one"))), Ok(4));
}

#[test]
fn a_loop_of_inline_answers_leaves_the_thread_to_others() {
    const CANCELLED: i32 = 15;
    let ctx = context();
    let asked = Arc::new(AtomicU32::new(0));
    let stop = Arc::new(AtomicBool::new(false));
    let (count, stops) = (Arc::clone(&asked), Arc::clone(&stop));
    ctx.implement("ping", NATIVE, move |ctx, token, _| {
        count.fetch_add(1, Ordering::Relaxed);
        let ret = if stops.load(Ordering::Relaxed) { CANCELLED } else { OK };
        assert_eq!(ctx.complete(token, ret, b""), OK);
    });
    let endless = act_later(ctx, "ping until it fails");
    typed::wait_until("it has asked often", || asked.load(Ordering::Relaxed) > 1_000);
    assert_eq!(acted(ctx, "ping"), "Ok(())", "another request");
    stop.store(true, Ordering::Relaxed);
    assert_eq!(said(endless.wait()), "Cancelled");
    assert_eq!(ctx.destroy(), OK);
}
