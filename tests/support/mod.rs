//! A library with scripted requests, and a host for it that uses nothing but the C ABI.
#![allow(dead_code, unreachable_pub, reason = "each test file uses a part of it")]
#![allow(clippy::allow_attributes, reason = "whether the expectation above holds differs between test files")]

use ffihost::abi::types::{FFICallBack, FFIHostFn, FFIHostFnOptions, FFIStats};
use ffihost::{Host, HostError, HostFn, Options};
use futures::future::LocalBoxFuture;
use std::any::Any;
use std::collections::BTreeSet;
use std::ffi::{CString, c_char, c_int, c_void};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

/// Longer than anything in a test takes, on whatever machine: a test that waits this long has failed.
pub const PATIENCE: Duration = Duration::from_secs(300);

pub mod bombs;

/// Panics as library code under test does. The panic hook is not called, so the output shows only panics that nobody meant: a
/// test whose library panics thousands of times would fill a log otherwise, and a backtrace takes seconds under a checker.
pub fn panic_on_purpose(payload: impl Any + Send) -> ! {
    std::panic::resume_unwind(Box::new(payload))
}

/// As the author declares it, so that calls are made the common way; `ask_by_name` is by its text.
pub static ASK: HostFn = HostFn::new("ask");

/// The library's state.
#[derive(Debug)]
pub struct Library {
    name: String,
}

impl Drop for Library {
    fn drop(&mut self) {
        if self.name == "panics in drop" {
            panic_on_purpose("the state panics when it is dropped");
        }
    }
}

async fn construct(name: Vec<u8>) -> Result<Library, String> {
    let name = String::from_utf8(name).map_err(|error| error.to_string())?;
    match name.as_str() {
        "fails" => Err("told to fail".to_owned()),
        "panics" => panic_on_purpose("told to panic"),
        "hangs" => std::future::pending().await,
        "asks" => {
            match Host::current().expect("in a context").call(&ASK, "constructor").wait_for_registration().await {
                Ok(answer) => Ok(Library { name: String::from_utf8_lossy(&answer).into_owned() }),
                Err(error) => Err(show(&error)),
            }
        }
        _ => Ok(Library { name }),
    }
}

async fn destruct(library: &Library) {
    match library.name.as_str() {
        "asks in destructor" => {
            let _ = Host::current().expect("in a context").call(&ASK, "destructor").await;
        }
        "asks elsewhere in destructor" => leave_a_call_behind(),
        "hangs in destructor" => std::future::pending().await,
        "panics in destructor" => panic_on_purpose("the destructor panics"),
        _ => {}
    }
}

/// Has a call made on another thread, which the FFI thread learns of and has no time to make; how it settles is told as that of
/// `settle_elsewhere`.
fn leave_a_call_behind() {
    let host = Host::current().expect("in a context");
    let (posted, wait) = mpsc::channel();
    std::thread::spawn(move || {
        let mut call = host.call("ask", "left behind");
        assert!(futures_poll_once(&mut call).is_none(), "it waits for the FFI thread");
        posted.send(()).expect("the destructor waits");
        tell_settled(futures_block_on(call));
    });
    wait.recv().expect("it is posted");
}

/// An error as a test wants to see it.
pub fn show(error: &HostError<Vec<u8>>) -> String {
    match error {
        HostError::Declared(bytes) => format!("Declared({})", String::from_utf8_lossy(bytes)),
        error => format!("{error:?}"),
    }
}

fn shown(outcome: Result<Vec<u8>, HostError<Vec<u8>>>) -> Result<Vec<u8>, String> {
    outcome.map_err(|error| show(&error))
}

/// `ask`: awaits the host function `ask` with the request's bytes.
async fn ask(_: &Library, question: Vec<u8>) -> Result<Vec<u8>, String> {
    shown(Host::current().expect("in a context").call(&ASK, question).await)
}

/// `ask_by_name`: the same, looking the function up by its name.
async fn ask_by_name(_: &Library, question: Vec<u8>) -> Result<Vec<u8>, String> {
    shown(Host::current().expect("in a context").call("ask", question).await)
}

/// `ask_with_deadline`: with a deadline of as many milliseconds as the request says.
async fn ask_with_deadline(_: &Library, milliseconds: Vec<u8>) -> Result<Vec<u8>, String> {
    let milliseconds = String::from_utf8_lossy(&milliseconds).parse().expect("a number");
    let call = Host::current().expect("in a context").call(&ASK, "?");
    shown(call.deadline(Duration::from_millis(milliseconds)).await)
}

/// `ask_patiently`: waits when there are too many.
async fn ask_patiently(_: &Library, question: Vec<u8>) -> Result<Vec<u8>, String> {
    shown(Host::current().expect("in a context").call(&ASK, question).wait_for_room().await)
}

/// `ask_when_registered`: waits for the registration, but no longer than as many milliseconds as the request says.
async fn ask_when_registered(_: &Library, milliseconds: Vec<u8>) -> Result<Vec<u8>, String> {
    let milliseconds = String::from_utf8_lossy(&milliseconds).parse().expect("a number");
    let call = Host::current().expect("in a context").call(&ASK, "?").wait_for_registration();
    shown(call.deadline(Duration::from_millis(milliseconds)).await)
}

/// `ask_text`: the answer has to be UTF-8.
async fn ask_text(_: &Library, question: Vec<u8>) -> Result<String, String> {
    let call = Host::current().expect("in a context").call_as::<_, String, Vec<u8>>(&ASK, question);
    call.await.map_err(|error| show(&error))
}

/// `ask_elsewhere`: from a thread that is not the FFI thread.
async fn ask_elsewhere(_: &Library, question: Vec<u8>) -> Result<Vec<u8>, String> {
    let host = Host::current().expect("in a context");
    let asked = tokio::task::spawn_blocking(move || futures_block_on(host.call("ask", question)));
    shown(asked.await.expect("it does not panic"))
}

/// `ask_sync`: needs an inline answer.
async fn ask_sync(_: &Library, question: Vec<u8>) -> Result<Vec<u8>, String> {
    shown(Host::current().expect("in a context").call_sync(&ASK, question))
}

/// `ask_sync_elsewhere`: the same from a thread that is not the FFI thread.
async fn ask_sync_elsewhere(_: &Library, question: Vec<u8>) -> Result<Vec<u8>, String> {
    let host = Host::current().expect("in a context");
    let asked = tokio::task::spawn_blocking(move || host.call_sync(&ASK, question));
    shown(asked.await.expect("it does not panic"))
}

/// `ask_and_drop`: polls the call once, then drops it.
async fn ask_and_drop(_: &Library, question: Vec<u8>) -> Result<Vec<u8>, String> {
    let mut call = Host::current().expect("in a context").call(&ASK, question);
    let polled = futures_poll_once(&mut call);
    drop(call);
    match polled {
        Some(outcome) => shown(outcome),
        None => Ok(b"dropped".to_vec()),
    }
}

static SETTLED: Mutex<Vec<mpsc::Sender<String>>> = Mutex::new(Vec::new());

/// `settle_elsewhere`: asks on a thread that outlives the request, synchronously if the question says so, and tells the test how
/// that settled.
async fn settle_elsewhere(_: &Library, question: Vec<u8>) -> Result<(), String> {
    let host = Host::current().expect("in a context");
    std::thread::spawn(move || {
        let outcome = match question.starts_with(b"sync") {
            true => host.call_sync(&ASK, question),
            false => futures_block_on(host.call("ask", question)),
        };
        tell_settled(outcome);
    });
    Ok(())
}

fn tell_settled(outcome: Result<Vec<u8>, HostError<Vec<u8>>>) {
    let shown = outcome.map_or_else(|error| show(&error), |bytes| String::from_utf8_lossy(&bytes).into_owned());
    SETTLED.lock().expect("not poisoned").retain(|sender| sender.send(shown.clone()).is_ok());
}

/// Tells how calls settle that are made on threads of their own, whosoever.
pub fn settled_elsewhere() -> Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    SETTLED.lock().expect("not poisoned").push(sender);
    receiver
}

/// Has these questions asked on threads of their own, one when the one before has reached the host; tells how they settle.
pub fn settle_elsewhere_each(ctx: Context, questions: &[&str]) -> Receiver<String> {
    let receiver = settled_elsewhere();
    for (asked, question) in (1..).zip(questions) {
        assert_eq!(ctx.run("settle_elsewhere", question), Told::ok(""));
        ctx.wait_for("the host is asked", |stats| stats.host_calls == asked);
    }
    receiver
}

/// `move_call`: begins the call here, and awaits it on another thread.
async fn move_call(_: &Library, question: Vec<u8>) -> Result<Vec<u8>, String> {
    let mut call = Host::current().expect("in a context").call("ask", question);
    if let Some(outcome) = futures_poll_once(&mut call) {
        return shown(outcome);
    }
    shown(tokio::task::spawn_blocking(move || futures_block_on(call)).await.expect("it does not panic"))
}

/// `drop_call_elsewhere`: begins the call here, and drops it on another thread.
async fn drop_call_elsewhere(_: &Library, question: Vec<u8>) -> Result<Vec<u8>, String> {
    let mut call = Host::current().expect("in a context").call("ask", question);
    if let Some(outcome) = futures_poll_once(&mut call) {
        return shown(outcome);
    }
    tokio::task::spawn_blocking(move || drop(call)).await.expect("it does not panic");
    Ok(b"dropped".to_vec())
}

/// `sleep`: takes as many milliseconds as the request says.
async fn sleep(_: &Library, milliseconds: Vec<u8>) -> Result<(), String> {
    let milliseconds = String::from_utf8_lossy(&milliseconds).parse().map_err(|_| "not a number".to_owned())?;
    tokio::time::sleep(Duration::from_millis(milliseconds)).await;
    Ok(())
}

/// `echo`: at once.
async fn echo(_: &Library, bytes: Vec<u8>) -> Result<Vec<u8>, String> {
    Ok(bytes)
}

/// A reply that misbehaves when it is encoded.
pub struct Odd(Vec<u8>);

impl ffihost::ToHost for Odd {
    type Owned = Self;

    fn into_owned(self) -> Self {
        self
    }

    fn to_host(&self, _: ffihost::Format, take: &mut dyn FnMut(&[u8])) {
        match self.0.as_slice() {
            b"nothing" => {}
            b"twice" => {
                take(b"first");
                take(b"second");
            }
            b"panic before" => panic_on_purpose("before"),
            b"panic after" => {
                take(b"told");
                panic_on_purpose("after");
            }
            other => take(other),
        }
    }
}

/// `odd`: replies with something that misbehaves.
async fn odd(_: &Library, bytes: Vec<u8>) -> Result<Odd, String> {
    Ok(Odd(bytes))
}

/// `odd_now`: the same on the caller's thread.
fn odd_now(_: &Library, bytes: &[u8]) -> Result<Odd, String> {
    Ok(Odd(bytes.to_vec()))
}

/// `fail`: with its declared error.
async fn fail(_: &Library, bytes: Vec<u8>) -> Result<(), Vec<u8>> {
    Err(bytes)
}

/// `panics`: with the request as its message.
async fn panics(_: &Library, message: Vec<u8>) -> Result<(), String> {
    tokio::task::yield_now().await;
    panic_on_purpose(String::from_utf8_lossy(&message).into_owned())
}

/// `block`: keeps the FFI thread for as many milliseconds as the request says.
async fn block(_: &Library, milliseconds: Vec<u8>) -> Result<(), String> {
    let milliseconds = String::from_utf8_lossy(&milliseconds).parse().map_err(|_| "not a number".to_owned())?;
    std::thread::sleep(Duration::from_millis(milliseconds));
    Ok(())
}

static LET_GO: (Mutex<BTreeSet<Vec<u8>>>, Condvar) = (Mutex::new(BTreeSet::new()), Condvar::new());

/// `hold`: keeps the FFI thread until the test lets go of this name.
async fn hold(_: &Library, name: Vec<u8>) -> Result<(), String> {
    let (names, changed) = &LET_GO;
    let names = names.lock().expect("not poisoned");
    drop(changed.wait_while(names, |names| !names.contains(&name)).expect("not poisoned"));
    Ok(())
}

/// Ends every `hold` of this name.
pub fn let_go(name: &str) {
    LET_GO.0.lock().expect("not poisoned").insert(name.as_bytes().to_vec());
    LET_GO.1.notify_all();
}

type Script = Box<dyn FnOnce() -> LocalBoxFuture<'static, Result<Vec<u8>, String>> + Send>;

static SCRIPTS: Mutex<Vec<Option<Script>>> = Mutex::new(Vec::new());

/// `script`: the test's own code, by its number.
async fn script(_: &Library, number: Vec<u8>) -> Result<Vec<u8>, String> {
    let number: usize = String::from_utf8_lossy(&number).parse().map_err(|_| "not a number".to_owned())?;
    let script = SCRIPTS.lock().expect("not poisoned")[number].take().expect("each runs once");
    script().await
}

/// `emit`: one event with these bytes.
async fn emit(_: &Library, bytes: Vec<u8>) -> Result<(), String> {
    Host::current().expect("in a context").emit("happened", bytes).map_err(|error| error.to_string())
}

/// `name_now_async`: the name of the context.
async fn name_now_async(library: &Library, _: Vec<u8>) -> Result<String, String> {
    Ok(library.name.clone())
}

/// `name_now`: the name of the context, on the caller's thread.
fn name_now(library: &Library, bytes: &[u8]) -> Result<String, String> {
    match bytes {
        b"panic" => panic_on_purpose("told to panic"),
        b"ask" => Host::current()
            .expect("in a context")
            .call_sync(&ASK, "sync".to_owned())
            .map_err(|error| show(&error))
            .map(|answer: Vec<u8>| String::from_utf8_lossy(&answer).into_owned()),
        _ => Ok(library.name.clone()),
    }
}

/// How long the steps of a close may take. What a test expects must not depend on how fast the machine is, so each limit is
/// either never reached, or short and reached in any case. The name of the test's file says which:
///
/// - `…_in_time`: no limit is ever reached.
/// - `…_times_out`: every limit is short; whoever refuses to stop is left behind soon. Even a close that nothing holds up may
///   time out there.
/// - any other: grace and the destructor's deadline are short; the linger is never reached.
pub const LIMITS: (Duration, Duration, Duration) = {
    const NEVER: Duration = Duration::from_secs(3_600);
    const SOON: Duration = Duration::from_millis(50);
    let name = env!("CARGO_CRATE_NAME").as_bytes();
    if ends_with(name, b"_in_time") {
        (NEVER, NEVER, NEVER)
    } else if ends_with(name, b"_times_out") {
        (SOON, SOON, SOON)
    } else {
        (SOON, SOON, NEVER)
    }
};

const fn ends_with(name: &[u8], end: &[u8]) -> bool {
    match name.split_last_chunk::<1>() {
        None => end.is_empty(),
        Some((name, [last])) => match end.split_last_chunk::<1>() {
            None => true,
            Some((end, [wanted])) => *last == *wanted && ends_with(name, end),
        },
    }
}

/// Host calls in flight; in a test whose file's name ends in `_crowded` few, in `_unlimited` as many as there may be at all.
const CALLS: u32 = {
    let name = env!("CARGO_CRATE_NAME").as_bytes();
    if ends_with(name, b"_crowded") {
        4
    } else if ends_with(name, b"_unlimited") {
        65_536
    } else {
        1_000
    }
};

/// Those of `test`. Host calls have a deadline in a test whose file's name ends in `_a_deadline`.
pub const OPTIONS: Options = {
    let options = Options::new()
        .grace(LIMITS.0)
        .destructor_deadline(LIMITS.1)
        .linger(LIMITS.2)
        .max_calls_in_flight(CALLS)
        .max_requests_queued(2_000)
        .max_payload(1 << 20)
        .max_contexts(64);
    if ends_with(env!("CARGO_CRATE_NAME").as_bytes(), b"_a_deadline") {
        options.host_deadline(Duration::from_millis(20))
    } else {
        options
    }
};

ffihost::exports! {
    prefix: "t",
    state: Library,
    options: OPTIONS,
    constructor: construct,
    destructor: destruct,
    requests: {
        ask: ask,
        ask_by_name: ask_by_name,
        ask_with_deadline: ask_with_deadline,
        ask_patiently: ask_patiently,
        ask_when_registered: ask_when_registered,
        ask_text: ask_text,
        ask_elsewhere: ask_elsewhere,
        ask_sync: ask_sync,
        ask_sync_elsewhere: ask_sync_elsewhere,
        ask_and_drop: ask_and_drop,
        ask_bomb: bombs::ask_bomb,
        settle_elsewhere: settle_elsewhere,
        move_call: move_call,
        drop_call_elsewhere: drop_call_elsewhere,
        sleep: sleep,
        echo: echo,
        fail: fail,
        odd: odd,
        panics: panics,
        block: block,
        hold: hold,
        script: script,
        emit: emit,
        name_now_async: name_now_async,
    },
    sync_requests: { name_now: name_now, odd_now: odd_now },
    host_fns: ["ask", "other"],
    events: ["happened"],
}

/// Polls a future until it is ready, on this thread.
pub fn futures_block_on<F: Future>(future: F) -> F::Output {
    futures::executor::block_on(future)
}

/// Polls a future once; it is not woken later.
pub fn futures_poll_once<F: Future + Unpin>(future: &mut F) -> Option<F::Output> {
    futures::FutureExt::now_or_never(future)
}

/// The C ABI of the library above.
pub mod c {
    use super::*;

    macro_rules! requests {
        ($($name:ident = $symbol:literal),* $(,)?) => {
            unsafe extern "C" {
                $(
                    #[link_name = $symbol]
                    pub safe fn $name(ctx: *mut c_void, cb: Option<FFICallBack>, ud: *mut c_void, req: *const u8, len: usize) -> c_int;
                )*
            }

            /// A request by name.
            pub fn request(name: &str) -> Request {
                match name {
                    $(stringify!($name) => $name,)*
                    other => panic!("no request {other}"),
                }
            }
        };
    }

    pub type Request = extern "C" fn(*mut c_void, Option<FFICallBack>, *mut c_void, *const u8, usize) -> c_int;

    requests! {
        ask = "t_ask",
        ask_by_name = "t_ask_by_name",
        ask_with_deadline = "t_ask_with_deadline",
        ask_patiently = "t_ask_patiently",
        ask_when_registered = "t_ask_when_registered",
        ask_text = "t_ask_text",
        ask_elsewhere = "t_ask_elsewhere",
        ask_sync = "t_ask_sync",
        ask_sync_elsewhere = "t_ask_sync_elsewhere",
        ask_and_drop = "t_ask_and_drop",
        ask_bomb = "t_ask_bomb",
        settle_elsewhere = "t_settle_elsewhere",
        move_call = "t_move_call",
        drop_call_elsewhere = "t_drop_call_elsewhere",
        sleep = "t_sleep",
        echo = "t_echo",
        fail = "t_fail",
        odd = "t_odd",
        odd_now = "t_odd_now",
        panics = "t_panics",
        block = "t_block",
        hold = "t_hold",
        script = "t_script",
        emit = "t_emit",
        name_now_async = "t_name_now_async",
        name_now = "t_name_now",
    }

    unsafe extern "C" {
        #[link_name = "t_create"]
        pub safe fn create(
            req: *const u8,
            len: usize,
            cb: Option<FFICallBack>,
            ud: *mut c_void,
            ctx: *mut *mut c_void,
        ) -> c_int;
        #[link_name = "t_destroy"]
        pub safe fn destroy(ctx: *mut c_void) -> c_int;
        #[link_name = "t_close"]
        pub safe fn close(ctx: *mut c_void, cb: Option<FFICallBack>, ud: *mut c_void) -> c_int;
        #[link_name = "t_cancel"]
        pub safe fn cancel(ctx: *mut c_void, ud: *mut c_void) -> c_int;
        #[link_name = "t_register_host_fn"]
        pub safe fn register_host_fn(
            ctx: *mut c_void,
            name: *const c_char,
            f: Option<FFIHostFn>,
            ud: *mut c_void,
        ) -> c_int;
        #[link_name = "t_register_host_fn_with"]
        pub safe fn register_host_fn_with(
            ctx: *mut c_void,
            name: *const c_char,
            options: *const FFIHostFnOptions,
        ) -> c_int;
        #[link_name = "t_host_complete"]
        pub safe fn host_complete(ctx: *mut c_void, token: u64, ret: c_int, msg: *const c_char, len: usize) -> c_int;
        #[link_name = "t_host_fn_registered"]
        pub safe fn host_fn_registered(ctx: *mut c_void, name: *const c_char) -> c_int;
        #[link_name = "t_add_event_listener"]
        pub safe fn add_event_listener(
            ctx: *mut c_void,
            event: *const c_char,
            cb: Option<FFICallBack>,
            ud: *mut c_void,
        ) -> u64;
        #[link_name = "t_remove_event_listener"]
        pub safe fn remove_event_listener(ctx: *mut c_void, listener: u64) -> c_int;
        #[link_name = "t_stats"]
        pub safe fn stats(ctx: *mut c_void, out: *mut FFIStats) -> c_int;
    }
}

/// What a callback was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// The status.
    pub ret: c_int,
    /// The payload, as text.
    pub text: String,
}

impl Told {
    /// What a callback is told when all is well.
    pub fn ok(text: &str) -> Self {
        Self { ret: 0, text: text.to_owned() }
    }
}

type Listener = Box<dyn FnMut(Told) + Send>;

extern "C" fn on_told(ret: c_int, msg: *const c_char, len: usize, user_data: *mut c_void) {
    assert!(!msg.is_null(), "msg is never NULL");
    // SAFETY: the library passes `len` bytes that live during this call.
    let bytes = unsafe { std::slice::from_raw_parts(msg.cast::<u8>(), len) };
    let told = Told { ret, text: String::from_utf8_lossy(bytes).into_owned() };
    // SAFETY: userData is a listener that is kept; see `callback`.
    let listener = unsafe { &*user_data.cast::<Mutex<Listener>>() };
    (listener.lock().expect("listeners do not panic"))(told);
}

/// Keeps a value for ever and returns its address as userData, so that a call too many would be noticed and not crash. What
/// is kept stays reachable, or a leak checker would report it, and the library's leaks among it.
fn keep<T: Send + Sync + 'static>(value: T) -> *mut c_void {
    static KEPT: Mutex<Vec<&(dyn Any + Send + Sync)>> = Mutex::new(Vec::new());
    let kept: &'static T = Box::leak(Box::new(value));
    KEPT.lock().expect("not poisoned").push(kept);
    std::ptr::from_ref(kept).cast_mut().cast()
}

/// A C callback that calls `f`.
pub fn callback(f: impl FnMut(Told) + Send + 'static) -> (Option<FFICallBack>, *mut c_void) {
    let listener: Mutex<Listener> = Mutex::new(Box::new(f));
    (Some(on_told), keep(listener))
}

/// What a request will be called back with.
#[derive(Debug)]
pub struct Pending(pub Receiver<Told>);

impl Pending {
    /// Waits for the callback.
    #[track_caller]
    pub fn wait(&self) -> Told {
        self.0.recv_timeout(PATIENCE).expect("the request is called back")
    }

    /// Asserts that there was no other callback; to be asked when there can be none any more.
    #[track_caller]
    pub fn assert_silent(&self) {
        match self.0.try_recv() {
            Err(mpsc::TryRecvError::Empty | mpsc::TryRecvError::Disconnected) => {}
            Ok(told) => panic!("called back once more: {told:?}"),
        }
    }

    /// Whether it has been called back; for asserting that it was not.
    pub fn is_open(&self) -> bool {
        matches!(self.0.recv_timeout(Duration::ZERO), Err(RecvTimeoutError::Timeout))
    }
}

/// A call as the host function sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The call.
    pub token: u64,
    /// Its arguments, as text.
    pub text: String,
}

type Answerer = Arc<dyn Fn(Context, Asked) + Send + Sync>;

/// What a registered host function has seen, and what it does.
pub struct Function {
    ctx: Context,
    /// Gone after the release.
    answerer: Mutex<Option<Answerer>>,
    log: Arc<Log>,
}

/// What happened to a registration.
#[derive(Debug, Default)]
pub struct Log {
    /// Calls, in order.
    pub asked: Mutex<Vec<Asked>>,
    /// Tokens that were cancelled, in order.
    pub cancelled: Mutex<Vec<u64>>,
    /// Releases.
    pub released: Mutex<u32>,
}

impl Log {
    /// Tokens that were cancelled.
    pub fn cancelled(&self) -> Vec<u64> {
        self.cancelled.lock().expect("not poisoned").clone()
    }

    /// How often userData was released.
    pub fn released(&self) -> u32 {
        *self.released.lock().expect("not poisoned")
    }

    /// Calls so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().expect("not poisoned").clone()
    }
}

extern "C" fn on_asked(token: u64, req: *const c_char, len: usize, user_data: *mut c_void) {
    assert!(!req.is_null(), "req is never NULL");
    // SAFETY: the library passes `len` bytes that live during this call.
    let bytes = unsafe { std::slice::from_raw_parts(req.cast::<u8>(), len) };
    // SAFETY: userData is a function that is kept; see `Context::register_with`.
    let function = unsafe { &*user_data.cast::<Function>() };
    assert_eq!(function.log.released(), 0, "userData is released while it is in use");
    let asked = Asked { token, text: String::from_utf8_lossy(bytes).into_owned() };
    function.log.asked.lock().expect("not poisoned").push(asked.clone());
    let answerer = function.answerer.lock().expect("not poisoned").clone().expect("not released");
    answerer(function.ctx, asked);
    assert_eq!(function.log.released(), 0, "userData is released during the invocation");
}

extern "C" fn on_cancelled(token: u64, user_data: *mut c_void) {
    // SAFETY: as in `on_asked`.
    let function = unsafe { &*user_data.cast::<Function>() };
    assert_eq!(function.log.released(), 0, "userData is released before the last cancel");
    function.log.cancelled.lock().expect("not poisoned").push(token);
}

extern "C" fn on_released(user_data: *mut c_void) {
    // SAFETY: as in `on_asked`.
    let function = unsafe { &*user_data.cast::<Function>() };
    *function.log.released.lock().expect("not poisoned") += 1;
    drop(function.answerer.lock().expect("not poisoned").take());
}

/// A context, as a host has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Context(pub *mut c_void);

// SAFETY: a ctx is a number that may be used on any thread.
unsafe impl Send for Context {}
// SAFETY: as above.
unsafe impl Sync for Context {}

impl Context {
    /// Makes one, and waits until it is constructed.
    #[track_caller]
    pub fn new(name: &str) -> Self {
        let (ctx, created) = Self::create(name);
        assert_eq!(created.wait(), Told::ok(""));
        ctx
    }

    /// Makes one.
    #[track_caller]
    pub fn create(name: &str) -> (Self, Pending) {
        let (ret, ctx, created) = Self::try_create(name);
        assert_eq!(ret, 0, "create");
        (ctx, created)
    }

    /// Makes one, perhaps.
    pub fn try_create(name: &str) -> (c_int, Self, Pending) {
        let (sender, receiver) = mpsc::channel();
        let (cb, user_data) = callback(move |told| drop(sender.send(told)));
        let mut ctx = std::ptr::null_mut();
        let ret = c::create(name.as_ptr(), name.len(), cb, user_data, &raw mut ctx);
        (ret, Self(ctx), Pending(receiver))
    }

    /// Submits a request that has to be accepted.
    #[track_caller]
    pub fn submit(self, request: &str, bytes: &str) -> Pending {
        let (ret, pending) = self.try_submit(request, bytes);
        assert_eq!(ret, 0, "{request} is accepted");
        pending
    }

    /// Submits a request.
    pub fn try_submit(self, request: &str, bytes: &str) -> (c_int, Pending) {
        let (ret, pending, _) = self.submit_with(request, bytes);
        (ret, pending)
    }

    /// Submits a request, and returns its userData too.
    pub fn submit_with(self, request: &str, bytes: &str) -> (c_int, Pending, *mut c_void) {
        let (sender, receiver) = mpsc::channel();
        let (cb, user_data) = callback(move |told| drop(sender.send(told)));
        let ret = c::request(request)(self.0, cb, user_data, bytes.as_ptr(), bytes.len());
        (ret, Pending(receiver), user_data)
    }

    /// Submits a request and waits for it.
    #[track_caller]
    pub fn run(self, request: &str, bytes: &str) -> Told {
        self.submit(request, bytes).wait()
    }

    /// Has this run as a request's handler.
    #[track_caller]
    pub fn script<F>(self, script: impl FnOnce() -> F + Send + 'static) -> Pending
    where
        F: Future<Output = Result<Vec<u8>, String>> + 'static,
    {
        self.script_with(script).0
    }

    /// The same, and returns its userData too.
    #[track_caller]
    pub fn script_with<F>(self, script: impl FnOnce() -> F + Send + 'static) -> (Pending, *mut c_void)
    where
        F: Future<Output = Result<Vec<u8>, String>> + 'static,
    {
        let number = {
            let mut scripts = SCRIPTS.lock().expect("not poisoned");
            scripts.push(Some(Box::new(|| Box::pin(script()))));
            scripts.len() - 1
        };
        let (ret, pending, user_data) = self.submit_with("script", &number.to_string());
        assert_eq!(ret, 0, "a script is accepted");
        (pending, user_data)
    }

    /// Registers a host function.
    #[track_caller]
    pub fn register(self, name: &str, answerer: impl Fn(Self, Asked) + Send + Sync + 'static) -> Arc<Log> {
        let (ret, log) = self.register_with(name, |_| {}, answerer);
        assert_eq!(ret, 0, "registered");
        log
    }

    /// Registers a host function with options.
    pub fn register_with(
        self,
        name: &str,
        adjust: impl FnOnce(&mut FFIHostFnOptions),
        answerer: impl Fn(Self, Asked) + Send + Sync + 'static,
    ) -> (c_int, Arc<Log>) {
        let log = Arc::new(Log::default());
        let answerer: Answerer = Arc::new(answerer);
        let function = Function { ctx: self, answerer: Mutex::new(Some(answerer)), log: Arc::clone(&log) };
        let mut options = FFIHostFnOptions {
            size: size_of::<FFIHostFnOptions>(),
            function: Some(on_asked),
            cancel: Some(on_cancelled),
            release: Some(on_released),
            user_data: keep(function),
            format: 0,
            max_in_flight: 0,
            deadline_ms: 0,
        };
        adjust(&mut options);
        let name = CString::new(name).expect("no NUL");
        (c::register_host_fn_with(self.0, name.as_ptr(), &raw const options), log)
    }

    /// Unregisters a host function.
    pub fn unregister(self, name: &str) -> c_int {
        let name = CString::new(name).expect("no NUL");
        c::register_host_fn(self.0, name.as_ptr(), None, std::ptr::null_mut())
    }

    /// Answers a call.
    pub fn answer(self, token: u64, ret: c_int, text: &str) -> c_int {
        c::host_complete(self.0, token, ret, text.as_ptr().cast(), text.len())
    }

    /// What the context has done.
    #[track_caller]
    pub fn stats(self) -> FFIStats {
        let mut stats = FFIStats::default();
        assert_eq!(c::stats(self.0, &raw mut stats), 0, "stats");
        stats
    }

    /// Waits until the context's numbers are as asked for.
    #[track_caller]
    pub fn wait_for(self, what: &str, holds: impl Fn(&FFIStats) -> bool) {
        wait_until(what, || holds(&self.stats()));
    }

    /// Removes a listener.
    pub fn remove_listener(self, listener: u64) -> c_int {
        c::remove_event_listener(self.0, listener)
    }

    /// Ends it.
    pub fn destroy(self) -> c_int {
        c::destroy(self.0)
    }
}

/// Waits for something that another thread is about to do.
#[track_caller]
pub fn wait_until(what: &str, holds: impl Fn() -> bool) {
    let start = std::time::Instant::now();
    while !holds() {
        assert!(start.elapsed() < PATIENCE, "waited in vain until {what}");
        std::thread::sleep(Duration::from_micros(200));
    }
}
