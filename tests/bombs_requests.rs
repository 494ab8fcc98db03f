//! Values of a library whose drop panics, in each place that a request has for them: each request is called back once, with
//! what it ended with, and the context goes on.

mod support;

use ffihost::{Format, Options, Status, ToHost};
use std::ffi::{c_char, c_int, c_void};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc;
use std::time::Duration;
use support::{PATIENCE, Told};

const CANCELLED: c_int = Status::Cancelled.code();
const PANIC: c_int = Status::Panic.code();
const BUSY: c_int = Status::Busy.code();

/// Bombs that went off.
static BANGS: AtomicU32 = AtomicU32::new(0);

/// Its drop panics.
struct Bomb(&'static str);

impl Drop for Bomb {
    fn drop(&mut self) {
        BANGS.fetch_add(1, Ordering::SeqCst);
        if !std::thread::panicking() {
            support::panic_on_purpose(format!("bomb: {}", self.0));
        }
    }
}

/// As a reply it panics when it is encoded, too.
impl ToHost for Bomb {
    type Owned = Self;

    fn into_owned(self) -> Self {
        self
    }

    fn to_host(&self, _: Format, take: &mut dyn FnMut(&[u8])) {
        match self.0 {
            "encoder panics" => support::panic_on_purpose("the encoder panics"),
            text => take(text.as_bytes()),
        }
    }
}

struct State {
    _bomb: Option<Bomb>,
}

async fn construct(name: Vec<u8>) -> Result<State, Bomb> {
    match name.as_slice() {
        b"error" => Err(Bomb("constructor's error")),
        b"future" => {
            let _bomb = Bomb("in the constructor's future");
            std::future::pending().await
        }
        b"panic" => support::panic_on_purpose(Bomb("constructor's panic")),
        b"state" => Ok(State { _bomb: Some(Bomb("state")) }),
        _ => Ok(State { _bomb: None }),
    }
}

async fn destruct(state: &State) {
    if state._bomb.is_some() {
        let _bomb = Bomb("in the destructor");
    }
}

async fn echo(_: &State, bytes: Vec<u8>) -> Result<Vec<u8>, Vec<u8>> {
    Ok(bytes)
}

async fn bomb(_: &State, what: Vec<u8>) -> Result<Bomb, Bomb> {
    match what.as_slice() {
        b"reply" => Ok(Bomb("reply")),
        b"reply later" => {
            tokio::task::yield_now().await;
            Ok(Bomb("reply later"))
        }
        b"error" => Err(Bomb("error")),
        b"encoder" => Ok(Bomb("encoder panics")),
        b"panic" => support::panic_on_purpose(Bomb("panic")),
        b"panic later" => {
            tokio::task::yield_now().await;
            support::panic_on_purpose(Bomb("panic later"))
        }
        _ => {
            let _bomb = Bomb("in the future");
            std::future::pending().await
        }
    }
}

fn bomb_now(_: &State, what: &[u8]) -> Result<Bomb, Bomb> {
    match what {
        b"reply" => Ok(Bomb("reply")),
        b"error" => Err(Bomb("error")),
        b"encoder" => Ok(Bomb("encoder panics")),
        _ => support::panic_on_purpose(Bomb("panic")),
    }
}

const LONG: Duration = Duration::from_secs(600);

ffihost::exports! {
    prefix: "bombs",
    state: State,
    options: Options::new().grace(Duration::ZERO).linger(LONG).destructor_deadline(LONG).max_requests_queued(4),
    constructor: construct,
    destructor: destruct,
    requests: { echo: echo, bomb: bomb, hold: hold },
    sync_requests: { bomb_now: bomb_now },
}

/// Keeps the FFI thread until the test lets it go on.
static HOLD: std::sync::Mutex<Option<mpsc::Receiver<()>>> = std::sync::Mutex::new(None);

async fn hold(_: &State, _: Vec<u8>) -> Result<(), String> {
    let held = HOLD.lock().expect("not poisoned").take().expect("the test has set it");
    held.recv_timeout(PATIENCE).map_err(|error| error.to_string())
}

type Callback = Option<ffihost::abi::types::FFICallBack>;
type Request = extern "C" fn(*mut c_void, Callback, *mut c_void, *const u8, usize) -> c_int;

unsafe extern "C" {
    safe fn bombs_create(req: *const u8, len: usize, cb: Callback, data: *mut c_void, ctx: *mut *mut c_void) -> c_int;
    safe fn bombs_destroy(ctx: *mut c_void) -> c_int;
    safe fn bombs_cancel(ctx: *mut c_void, data: *mut c_void) -> c_int;
    safe fn bombs_echo(ctx: *mut c_void, cb: Callback, data: *mut c_void, req: *const u8, len: usize) -> c_int;
    safe fn bombs_bomb(ctx: *mut c_void, cb: Callback, data: *mut c_void, req: *const u8, len: usize) -> c_int;
    safe fn bombs_hold(ctx: *mut c_void, cb: Callback, data: *mut c_void, req: *const u8, len: usize) -> c_int;
    safe fn bombs_bomb_now(ctx: *mut c_void, cb: Callback, data: *mut c_void, req: *const u8, len: usize) -> c_int;
    safe fn bombs_version() -> *const c_char;
}

fn create(name: &str) -> (*mut c_void, mpsc::Receiver<Told>) {
    let (sender, created) = mpsc::channel();
    let (cb, data) = support::callback(move |told| drop(sender.send(told)));
    let mut ctx = std::ptr::null_mut();
    assert_eq!(bombs_create(name.as_ptr(), name.len(), cb, data, &raw mut ctx), 0);
    (ctx, created)
}

fn submit(ctx: *mut c_void, request: Request, what: &str) -> (c_int, mpsc::Receiver<Told>, *mut c_void) {
    let (sender, told) = mpsc::channel();
    let (cb, data) = support::callback(move |outcome| drop(sender.send(outcome)));
    (request(ctx, cb, data, what.as_ptr(), what.len()), told, data)
}

/// The only callback of a request.
#[track_caller]
fn only(told: &mpsc::Receiver<Told>) -> Told {
    let outcome = told.recv_timeout(PATIENCE).expect("it is called back");
    assert_eq!(told.try_recv(), Err(mpsc::TryRecvError::Empty), "once");
    outcome
}

#[track_caller]
fn goes_on(ctx: *mut c_void) {
    let (ret, told, _) = submit(ctx, bombs_echo, "still there");
    assert_eq!((ret, only(&told)), (0, Told::ok("still there")));
}

/// One test, since bombs are counted.
#[test]
fn each_request_ends_once_whatever_its_values_do() {
    assert!(!bombs_version().is_null());
    let (ctx, created) = create("");
    assert_eq!(only(&created), Told::ok(""));
    let mut expected = 0;
    for (request, what, ret, text) in [
        (bombs_bomb as Request, "reply", 0, "reply"),
        (bombs_bomb, "reply later", 0, "reply later"),
        (bombs_bomb, "error", 1, "error"),
        (bombs_bomb, "encoder", PANIC, "the encoder panics"),
        (bombs_bomb, "panic", PANIC, "panicked with a value that is not text"),
        (bombs_bomb, "panic later", PANIC, "panicked with a value that is not text"),
        (bombs_bomb_now, "reply", 0, "reply"),
        (bombs_bomb_now, "error", 1, "error"),
        (bombs_bomb_now, "encoder", PANIC, "the encoder panics"),
        (bombs_bomb_now, "panic", PANIC, "panicked with a value that is not text"),
    ] {
        let (accepted, told, _) = submit(ctx, request, what);
        assert_eq!((accepted, only(&told)), (0, Told { ret, text: text.to_owned() }), "{what}");
        expected += 1;
        goes_on(ctx);
        assert_eq!(BANGS.load(Ordering::SeqCst), expected, "{what}: dropped once");
    }
    // A future that is cancelled while it waits.
    let (_, told, data) = submit(ctx, bombs_bomb, "wait");
    goes_on(ctx);
    assert_eq!(bombs_cancel(ctx, data), 0);
    assert_eq!(only(&told).ret, CANCELLED);
    goes_on(ctx);
    // Requests that are refused, and that are cancelled before they start, beside one that keeps the FFI thread.
    let (go_on, held) = mpsc::channel();
    *HOLD.lock().expect("not poisoned") = Some(held);
    let (_, holding, _) = submit(ctx, bombs_hold, "");
    support::wait_until("it is held", || HOLD.lock().expect("not poisoned").is_none());
    let queued: Vec<_> = (0..4).map(|_| submit(ctx, bombs_bomb, "reply")).collect();
    assert_eq!(submit(ctx, bombs_bomb, "reply").0, BUSY);
    queued.iter().for_each(|(_, _, data)| assert_eq!(bombs_cancel(ctx, *data), 0));
    go_on.send(()).expect("it is held");
    assert_eq!(only(&holding), Told::ok(""));
    queued.iter().for_each(|(_, told, _)| assert_eq!(only(told).ret, CANCELLED));
    goes_on(ctx);
    // One that waits when the context is closed.
    let (_, told, _) = submit(ctx, bombs_bomb, "wait");
    assert_eq!(bombs_destroy(ctx), 0);
    assert_eq!(only(&told).ret, CANCELLED);
    expected += 2;
    assert_eq!(BANGS.load(Ordering::SeqCst), expected);

    // The state and the destructor's future.
    let (ctx, created) = create("state");
    assert_eq!(only(&created), Told::ok(""));
    goes_on(ctx);
    assert_eq!(bombs_destroy(ctx), 0);
    expected += 2;
    assert_eq!(BANGS.load(Ordering::SeqCst), expected);

    // Constructors.
    for (name, ret, text) in
        [("error", 1, "constructor's error"), ("panic", PANIC, "panicked with a value that is not text")]
    {
        let (_, created) = create(name);
        assert_eq!(only(&created), Told { ret, text: text.to_owned() });
        expected += 1;
        support::wait_until("it is dropped", || BANGS.load(Ordering::SeqCst) == expected);
    }
    let (ctx, created) = create("future");
    assert_eq!(bombs_destroy(ctx), 0);
    assert_eq!(only(&created).ret, CANCELLED);
    assert_eq!(BANGS.load(Ordering::SeqCst), expected + 1);
    // The library goes on: the record serves again.
    let (ctx, created) = create("");
    assert_eq!(only(&created), Told::ok(""));
    goes_on(ctx);
    assert_eq!(bombs_destroy(ctx), 0);
}
