//! Handles: numbers that are never reused, objects that live as long as they are needed and are dropped once.

mod typed;

use ffihost::{Handle, HostError, ffi, ffi_host};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use typed::{
    CANCELLED, Context, DECODE, FFICallBack, INVALID_CTX, List, NATIVE, OK, Optional, Str, UNKNOWN_TOKEN, Value, c_int,
    c_void, map, run, run_cbor, text,
};

ffihost::library!("my_app", MyApp, options = ffihost::Options::new().linger(typed::NEVER));

/// The state: what it has given out last, and how often cursors of it were dropped.
pub struct MyApp {
    kept: Mutex<Option<Handle<Cursor>>>,
    drops: std::sync::Arc<AtomicU32>,
}

#[ffi(constructor)]
async fn create() -> Result<MyApp, String> {
    Ok(MyApp { kept: Mutex::new(None), drops: std::sync::Arc::default() })
}

/// Counts.
#[ffi(handle)]
pub struct Cursor {
    name: String,
    at: AtomicU32,
    drops: std::sync::Arc<AtomicU32>,
}

impl Drop for Cursor {
    fn drop(&mut self) {
        self.drops.fetch_add(1, Ordering::SeqCst);
        assert!(self.name != "panics", "told to panic");
    }
}

/// Another type.
#[ffi(handle)]
pub struct HttpFile {
    name: String,
}

/// Handles wherever they can be.
#[ffi]
#[derive(Clone)]
pub struct Group {
    /// One.
    pub one: Handle<Cursor>,
    /// Many.
    pub many: Vec<Handle<Cursor>>,
    /// Perhaps one.
    pub perhaps: Option<Handle<Cursor>>,
}

fn cursor(app: &MyApp, name: &str) -> Handle<Cursor> {
    Handle::new(Cursor { name: name.to_owned(), at: AtomicU32::new(0), drops: app.drops.clone() })
}

#[ffi]
fn open(app: &MyApp, name: &str) -> Handle<Cursor> {
    let cursor = cursor(app, name);
    if name == "kept" {
        *app.kept.lock().expect("not poisoned") = Some(cursor.clone());
    }
    cursor
}

#[ffi]
async fn open_later(app: &MyApp, name: String) -> Result<Handle<Cursor>, String> {
    tokio::task::yield_now().await;
    Ok(cursor(app, &name))
}

/// What was kept, again.
#[ffi]
fn again(app: &MyApp) -> Option<Handle<Cursor>> {
    app.kept.lock().expect("not poisoned").clone()
}

#[ffi]
fn open_file(_app: &MyApp, name: String) -> Handle<HttpFile> {
    Handle::new(HttpFile { name })
}

#[ffi]
fn file_name(file: &HttpFile) -> String {
    file.name.clone()
}

#[ffi]
fn open_group(app: &MyApp) -> Group {
    let one = cursor(app, "one");
    Group { many: vec![one.clone(), cursor(app, "two")], perhaps: Some(cursor(app, "three")), one }
}

#[ffi]
fn names(_app: &MyApp, group: &Group) -> String {
    let Group { one, many, perhaps } = group;
    let names = std::iter::once(one).chain(many).chain(perhaps).map(|cursor| cursor.name.as_str());
    names.collect::<Vec<_>>().join(" ")
}

#[ffi]
fn advance(cursor: &Cursor, by: u32) -> u32 {
    cursor.at.fetch_add(by, Ordering::SeqCst) + by
}

#[ffi]
fn drops(app: &MyApp) -> u32 {
    app.drops.load(Ordering::SeqCst)
}

/// Lets the request go on.
#[ffi_host]
async fn gate(cursor: Handle<Cursor>) -> Result<Handle<Cursor>, HostError>;

/// Waits for the host, and says what the cursor that it answers with is called.
#[ffi]
async fn pass(cursor: &Cursor, gated: Handle<Cursor>) -> Result<String, String> {
    let answered = gate(gated).await.map_err(|error| error.to_string())?;
    Ok(format!("{} {}", cursor.name, answered.name))
}

type Cb = Option<FFICallBack>;
type Ud = *mut c_void;

#[derive(Clone, Copy)]
#[repr(C)]
struct CGroup {
    one: u64,
    many: List<u64>,
    perhaps: Optional<u64>,
}

unsafe extern "C" {
    safe fn my_app_create(cb: Cb, ud: Ud, ctx: *mut Ud) -> c_int;
    safe fn my_app_open_later(ctx: Ud, cb: Cb, ud: Ud, name: Str) -> c_int;
    safe fn my_app_pass(ctx: Ud, cb: Cb, ud: Ud, cursor: u64, gated: u64) -> c_int;
    safe fn my_app_cursor_release(ctx: Ud, cursor: u64) -> c_int;
    safe fn my_app_http_file_release(ctx: Ud, file: u64) -> c_int;
}

typed::synchronous! {
    my_app_open[ctx](name: Str) -> typed::Plain<u64>;
    my_app_again[ctx]() -> typed::Plain<Optional<u64>>;
    my_app_open_file[ctx](name: Str) -> typed::Plain<u64>;
    my_app_file_name[ctx](file: u64) -> typed::FFIOwnedString;
    my_app_open_group[ctx]() -> calls_back;
    my_app_names[ctx](group: *const CGroup) -> typed::FFIOwnedString;
    my_app_advance[ctx](cursor: u64, by: u32) -> typed::Plain<u32>;
    my_app_drops[ctx]() -> typed::Plain<u32>;
    my_app_watch[ctx]() -> ();
}

typed::cbor_exports!(
    open_cbor = "my_app_open_cbor",
    advance_cbor = "my_app_advance_cbor",
    names_cbor = "my_app_names_cbor"
);

fn context() -> Context {
    Context::made(|cb, ud, ctx| my_app_create(cb, ud, ctx))
}

/// A number that something returns.
#[track_caller]
fn number(submit: impl FnOnce(Cb, Ud) -> c_int) -> u64 {
    // SAFETY: the library passes a number.
    let told = run(|_, payload| unsafe { typed::c_value::<u64>(payload) }, submit);
    assert_eq!(told.0, OK);
    told.1
}

fn open_named(ctx: Context, name: &str) -> u64 {
    number(|cb, ud| my_app_open(ctx.0, cb, ud, Str::of(name)))
}

fn advanced(ctx: Context, cursor: u64) -> (c_int, String) {
    let read = |ret, payload: &[u8]| {
        if ret == OK {
            u32::from_ne_bytes(payload.try_into().expect("4 bytes")).to_string()
        } else {
            text(ret, payload)
        }
    };
    run(read, |cb, ud| my_app_advance(ctx.0, cb, ud, cursor, 2))
}

fn dropped(ctx: Context) -> u32 {
    // SAFETY: the library passes a number.
    run(|_, payload| unsafe { typed::c_value(payload) }, |cb, ud| my_app_drops(ctx.0, cb, ud)).1
}

fn release(ctx: Context, cursor: u64) -> c_int {
    my_app_cursor_release(ctx.0, cursor)
}

#[test]
fn numbers_are_never_reused() {
    let (one, other) = (context(), context());
    let mut seen = std::collections::BTreeSet::new();
    for round in 0..100 {
        for ctx in [one, other] {
            let cursor = open_named(ctx, "c");
            let later = number(|cb, ud| my_app_open_later(ctx.0, cb, ud, Str::of("l")));
            assert!(cursor != 0 && seen.insert(cursor) && seen.insert(later), "round {round}");
            assert_eq!((release(ctx, cursor), release(ctx, later)), (OK, OK));
        }
    }
    assert_eq!((one.stats().handles, other.stats().handles), (0, 0));
    typed::wait_until("all are dropped", || (dropped(one), dropped(other)) == (200, 200));
    assert_eq!((one.destroy(), other.destroy()), (OK, OK));
}

#[test]
fn what_is_no_live_handle() {
    let (ctx, other) = (context(), context());
    let (cursor, foreign) = (open_named(ctx, "c"), open_named(other, "f"));
    let file = number(|cb, ud| my_app_open_file(ctx.0, cb, ud, Str::of("file")));
    let no = |number: u64| (DECODE, format!("`cursor`: {number} is no live `Cursor`"));
    assert_eq!(advanced(ctx, cursor), (OK, "2".to_owned()));
    assert_eq!(advanced(ctx, 0), (DECODE, "`cursor`: 0 is no `Cursor`".to_owned()));
    for number in [foreign, file, cursor + 1_000_000, u64::MAX] {
        assert_eq!(advanced(ctx, number), no(number));
        assert_eq!(release(ctx, number), UNKNOWN_TOKEN, "{number} is not released either");
        let args = map([("cursor", number.into()), ("by", 1.into())]);
        assert_eq!(run_cbor(advance_cbor, ctx, &args), (DECODE, no(number).1.into()));
    }
    assert_eq!((release(ctx, 0), my_app_http_file_release(ctx.0, cursor)), (UNKNOWN_TOKEN, UNKNOWN_TOKEN));
    assert_eq!(advanced(other, foreign), (OK, "2".to_owned()), "it is live where it belongs");
    let name = run(text, |cb, ud| my_app_file_name(ctx.0, cb, ud, file));
    assert_eq!((name, my_app_http_file_release(ctx.0, file)), ((OK, "file".to_owned()), OK));
    assert_eq!((release(ctx, cursor), release(ctx, cursor)), (OK, UNKNOWN_TOKEN));
    assert_eq!((advanced(ctx, cursor), dropped(ctx)), (no(cursor), 1));
    assert_eq!((ctx.destroy(), other.destroy()), (OK, OK));
    assert_eq!((release(ctx, cursor), release(other, foreign)), (INVALID_CTX, INVALID_CTX));
}

#[test]
fn one_object_has_one_number_while_it_is_known() {
    let ctx = context();
    let kept = open_named(ctx, "kept");
    let again = || {
        // SAFETY: the library passes an optional number.
        let told = run(
            |_, payload| unsafe { typed::c_value::<Optional<u64>>(payload).value },
            |cb, ud| my_app_again(ctx.0, cb, ud),
        );
        told.1
    };
    assert_eq!((again(), again(), ctx.stats().handles), (kept, kept, 1));
    assert_eq!([release(ctx, kept), release(ctx, kept)], [OK; 2], "the host has it three times");
    assert_eq!((advanced(ctx, kept).0, ctx.stats().handles), (OK, 1), "and now once");
    assert_eq!((release(ctx, kept), release(ctx, kept)), (OK, UNKNOWN_TOKEN));
    assert_eq!((dropped(ctx), ctx.stats().handles), (0, 0), "the library still has it");
    let new = again();
    assert!(new > kept, "a number that was released is not given out again");
    assert_eq!((advanced(ctx, kept).0, advanced(ctx, new).0), (DECODE, OK));
    assert_eq!(ctx.destroy(), OK);
}

#[test]
fn in_structs_lists_and_options() {
    let ctx = context();
    let read = |_, payload: &[u8]| {
        // SAFETY: the library passes a group.
        let CGroup { one, many, perhaps } = unsafe { typed::c_value(payload) };
        // SAFETY: as above.
        (one, unsafe { many.values() }, perhaps.present.then_some(perhaps.value))
    };
    let (_, (one, many, perhaps)) = run(read, |cb, ud| my_app_open_group(ctx.0, cb, ud));
    let (perhaps, handles) = (perhaps.expect("it is there"), ctx.stats().handles);
    assert!(many[0] == one && many[1] != one && handles == 3, "{one} {many:?} {perhaps}");
    let names = |one, many: &[u64], perhaps: Option<u64>| {
        let perhaps = Optional { present: perhaps.is_some(), value: perhaps.unwrap_or(7) };
        let group = CGroup { one, many: List::of(many), perhaps };
        run(text, |cb, ud| my_app_names(ctx.0, cb, ud, &raw const group))
    };
    assert_eq!(names(one, &many, Some(perhaps)), (OK, "one one two three".to_owned()));
    assert_eq!(names(perhaps, &[], None), (OK, "three".to_owned()));
    assert_eq!(names(one, &[one, 99], None), (DECODE, "`group.many[1]`: 99 is no live `Cursor`".to_owned()));
    assert_eq!(names(one, &[], Some(0)), (DECODE, "`group.perhaps`: 0 is no `Cursor`".to_owned()));
    let group = map([("one", many[1].into()), ("many", Value::Array(vec![perhaps.into()]))]);
    assert_eq!(run_cbor(names_cbor, ctx, &map([("group", group)])), (OK, "two three".into()));
    assert_eq!((dropped(ctx), ctx.destroy()), (0, OK));
}

#[test]
fn released_while_a_request_and_a_host_call_use_it() {
    let ctx = context();
    // SAFETY: the library passes a number.
    let (asked, _) = ctx.leave_open("gate", NATIVE, |req| unsafe { typed::c_value::<u64>(req) });
    let (cursor, gated) = (open_named(ctx, "cursor"), open_named(ctx, "gated"));
    let (ret, pending) = typed::try_submit(text, |cb, ud| my_app_pass(ctx.0, cb, ud, cursor, gated));
    assert_eq!(ret, OK);
    let (token, passed) = asked.next();
    assert_eq!(passed, gated, "the host knows it already");
    assert_eq!((release(ctx, cursor), ctx.stats().handles, dropped(ctx)), (OK, 1, 0));
    assert_eq!(advanced(ctx, cursor).0, DECODE, "nobody new gets at it");
    assert_eq!(ctx.complete_c(token, OK, &gated), OK);
    assert_eq!(pending.wait(), (OK, "cursor gated".to_owned()));
    typed::wait_until("the request has let go of it", || dropped(ctx) == 1);
    let (_, pending) = typed::try_submit(text, |cb, ud| my_app_pass(ctx.0, cb, ud, gated, gated));
    assert_eq!(ctx.complete_c(asked.next().0, OK, &cursor), DECODE, "an answer that is no live handle");
    let (ret, said) = pending.wait();
    assert!(ret == 1 && said.contains(&format!("{cursor} is no live `Cursor`")), "{ret} {said}");
    assert_eq!(ctx.destroy(), OK);
}

#[test]
fn released_in_callbacks_and_by_other_threads() {
    let ctx = context();
    let released = run(
        // SAFETY: the library passes a number.
        move |_, payload| release(ctx, unsafe { typed::c_value(payload) }),
        |cb, ud| my_app_open_later(ctx.0, cb, ud, Str::of("c")),
    );
    assert_eq!(released, (OK, OK));
    // The request itself lets go of it when the callback has returned.
    typed::wait_until("it is dropped", || dropped(ctx) == 1);
    let cursor = open_named(ctx, "c");
    let releasers: Vec<_> = (0..4).map(|_| thread::spawn(move || release(ctx, cursor))).collect();
    let results: Vec<_> = releasers.into_iter().map(|thread| thread.join().expect("no panic")).collect();
    assert_eq!(results.iter().filter(|ret| **ret == OK).count(), 1, "{results:?}");
    assert_eq!((dropped(ctx), ctx.stats().handles), (2, 0));
    assert_eq!(ctx.destroy(), OK);
}

#[test]
fn dropped_once_when_the_context_closes() {
    let ctx = context();
    assert!(run_cbor(open_cbor, ctx, &map([("name", "kept".into())])).1.is_integer());
    (0..5).for_each(|_| assert_ne!(open_named(ctx, "c"), 0));
    let drops = watched(ctx);
    assert_eq!(drops.load(Ordering::SeqCst), 0);
    assert_eq!(ctx.destroy(), OK);
    assert_eq!(drops.load(Ordering::SeqCst), 7, "each once, with the one that was looked at");
}

thread_local! {
    static DROPS_OF: std::cell::RefCell<Option<std::sync::Arc<AtomicU32>>> = const { std::cell::RefCell::new(None) };
}

/// Hands the test the counter.
#[ffi]
fn watch(app: &MyApp) {
    DROPS_OF.set(Some(app.drops.clone()));
}

/// The counter of a context, which outlives it; one more cursor is open.
fn watched(ctx: Context) -> std::sync::Arc<AtomicU32> {
    open_named(ctx, "watched");
    assert_eq!(run(text, |cb, ud| my_app_watch(ctx.0, cb, ud)).0, OK);
    DROPS_OF.take().expect("a synchronous request runs here")
}

#[test]
fn a_drop_that_panics() {
    let ctx = context();
    let (first, _second, _third) = (open_named(ctx, "panics"), open_named(ctx, "panics"), open_named(ctx, "panics"));
    assert_eq!((release(ctx, first), release(ctx, first)), (OK, UNKNOWN_TOKEN));
    assert_eq!((dropped(ctx), ctx.stats().handles), (1, 2));
    let drops = watched(ctx);
    assert_eq!(ctx.destroy(), OK);
    assert_eq!(drops.load(Ordering::SeqCst), 4, "two panics do not keep the others from being dropped");
}

#[test]
fn a_request_that_is_cancelled_lets_go() {
    let ctx = context();
    let (asked, log) = ctx.leave_open("gate", NATIVE, |_| ());
    let (cursor, drops) = (open_named(ctx, "cursor"), watched(ctx));
    let (_, pending) = typed::try_submit(text, |cb, ud| my_app_pass(ctx.0, cb, ud, cursor, cursor));
    let (token, ()) = asked.next();
    assert_eq!([release(ctx, cursor), release(ctx, cursor)], [OK; 2], "opened, and passed to the host function");
    assert_eq!(typed::c::cancel(ctx.0, pending.1), OK);
    assert_eq!(pending.wait().0, CANCELLED);
    typed::wait_until("it is dropped", || drops.load(Ordering::SeqCst) == 1);
    assert_eq!(log.cancelled(), [token]);
    assert_eq!(ctx.destroy(), OK);
}
