//! The library that the C programs abuse: its requests and modes do whatever a host may have to live with.
//!
//! There are three of it, of this one source, which differ in the limits of a close; see `LIMITS`.

use ffihost::{Host, HostError, HostFn, Options};
use futures::FutureExt;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::ffi::{CStr, c_char, c_void};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

static ASK: HostFn = HostFn::new("ask");
static OTHER: HostFn = HostFn::new("other");

/// The library's state. Its name chooses what the constructor and the destructor do.
#[derive(Debug)]
pub struct Abuse {
    name: String,
}

/// Creates: `fails`, `panics`, `hangs`, `asks` the host for its name as soon as it can, or is named as told.
#[expect(clippy::panic, reason = "one mode panics")]
async fn construct(name: Vec<u8>) -> Result<Abuse, String> {
    let name = String::from_utf8(name).map_err(|error| error.to_string())?;
    match name.as_str() {
        "fails" => Err("told to fail".to_owned()),
        "panics" => panic!("told to panic"),
        "hangs" => std::future::pending().await,
        "asks" => text(ask_for_name().await).map(|name| Abuse { name }),
        _ => Ok(Abuse { name }),
    }
}

async fn ask_for_name() -> Result<Vec<u8>, String> {
    loop {
        match host().call(&ASK, "constructor").await {
            Err(HostError::NotRegistered { .. }) => tokio::time::sleep(Duration::from_millis(1)).await,
            outcome => return shown(outcome),
        }
    }
}

/// Destroys: asks the host, hangs, panics, or does nothing.
#[expect(clippy::panic, reason = "one mode panics")]
async fn destruct(abuse: &Abuse) {
    match abuse.name.as_str() {
        "asks in destructor" => {
            let _answer = ask_host(&ASK, b"destructor".to_vec()).await;
        }
        "hangs in destructor" => std::future::pending().await,
        "panics in destructor" => panic!("told to panic in the destructor"),
        _ => {}
    }
}

fn host() -> Host {
    Host::current().expect("requests run in a context")
}

/// What a C program is told about how a host call ended.
fn shown<T>(outcome: Result<T, HostError<Vec<u8>>>) -> Result<T, String> {
    outcome.map_err(|error| match error {
        HostError::Declared(bytes) => format!("Declared({})", String::from_utf8_lossy(&bytes)),
        HostError::Decode(_) => "Decode".to_owned(),
        error => format!("{error:?}"),
    })
}

fn text(outcome: Result<Vec<u8>, String>) -> Result<String, String> {
    outcome.map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}

fn number(bytes: &[u8]) -> Result<u64, String> {
    String::from_utf8_lossy(bytes).parse().map_err(|_| "not a number".to_owned())
}

async fn ask_host(function: &HostFn, question: Vec<u8>) -> Result<Vec<u8>, String> {
    shown(host().call(function, question).await)
}

/// `ask`: awaits the host function `ask` with the request's bytes.
async fn ask(_: &Abuse, question: Vec<u8>) -> Result<Vec<u8>, String> {
    ask_host(&ASK, question).await
}

/// `ask_other`: the same of `other`.
async fn ask_other(_: &Abuse, question: Vec<u8>) -> Result<Vec<u8>, String> {
    ask_host(&OTHER, question).await
}

/// `ask_twice`: asks, and when that is answered asks again with the answer.
async fn ask_twice(_: &Abuse, question: Vec<u8>) -> Result<Vec<u8>, String> {
    let answer = ask_host(&ASK, question).await?;
    ask_host(&ASK, answer).await
}

/// `ask_both`: asks `ask` and `other` at once, and joins the answers.
async fn ask_both(_: &Abuse, question: Vec<u8>) -> Result<String, String> {
    let asked = futures::future::join(ask_host(&ASK, question.clone()), ask_host(&OTHER, question)).await;
    Ok(format!("{:?} {:?}", text(asked.0), text(asked.1)))
}

/// `ask_many`: as many calls at once as the request says; how many were answered with their own number.
async fn ask_many(_: &Abuse, count: Vec<u8>) -> Result<String, String> {
    let calls = (0..number(&count)?).map(|index| async move {
        let question = index.to_string();
        ask_host(&ASK, question.clone().into_bytes()).await == Ok(question.into_bytes())
    });
    let answered = futures::future::join_all(calls).await;
    Ok(answered.iter().filter(|right| **right).count().to_string())
}

/// `ask_with_deadline`: with a deadline of as many milliseconds as the request says.
async fn ask_with_deadline(_: &Abuse, milliseconds: Vec<u8>) -> Result<Vec<u8>, String> {
    let deadline = Duration::from_millis(number(&milliseconds)?);
    shown(host().call(&ASK, "?").deadline(deadline).await)
}

/// `ask_and_drop`: polls the call once, then drops it.
async fn ask_and_drop(_: &Abuse, question: Vec<u8>) -> Result<Vec<u8>, String> {
    match host().call(&ASK, question).now_or_never() {
        Some(outcome) => shown(outcome),
        None => Ok(b"dropped".to_vec()),
    }
}

/// `ask_text`: the answer has to be UTF-8.
async fn ask_text(_: &Abuse, question: Vec<u8>) -> Result<String, String> {
    shown(host().call_as::<_, String, Vec<u8>>(&ASK, question).await)
}

/// `ask_elsewhere`: from a thread that is not the FFI thread.
async fn ask_elsewhere(_: &Abuse, question: Vec<u8>) -> Result<Vec<u8>, String> {
    let host = host();
    let asked = tokio::task::spawn_blocking(move || futures::executor::block_on(host.call("ask", question)));
    shown(asked.await.map_err(|error| error.to_string())?)
}

/// `ask_sync`: needs an inline answer.
async fn ask_sync(_: &Abuse, question: Vec<u8>) -> Result<Vec<u8>, String> {
    shown(host().call_sync(&ASK, question))
}

/// `ask_and_panic`: panics with the host's answer.
#[expect(clippy::panic, reason = "that is what it is for")]
async fn ask_and_panic(_: &Abuse, question: Vec<u8>) -> Result<(), String> {
    let answer = text(ask_host(&ASK, question).await)?;
    panic!("{answer}");
}

/// `panics`: with the request as its message, after it was suspended once.
#[expect(clippy::panic, reason = "that is what it is for")]
async fn panics(_: &Abuse, message: Vec<u8>) -> Result<(), String> {
    tokio::task::yield_now().await;
    panic!("{}", String::from_utf8_lossy(&message));
}

/// `fail`: with its declared error, the request's bytes.
async fn fail(_: &Abuse, bytes: Vec<u8>) -> Result<(), Vec<u8>> {
    Err(bytes)
}

/// `echo`: at once.
async fn echo(_: &Abuse, bytes: Vec<u8>) -> Result<Vec<u8>, String> {
    Ok(bytes)
}

/// `name`: what the context was created with.
async fn name(abuse: &Abuse, _: Vec<u8>) -> Result<String, String> {
    Ok(abuse.name.clone())
}

/// `sleep`: takes as many milliseconds as the request says.
async fn sleep(_: &Abuse, milliseconds: Vec<u8>) -> Result<(), String> {
    tokio::time::sleep(Duration::from_millis(number(&milliseconds)?)).await;
    Ok(())
}

static LET_GO: (Mutex<BTreeSet<Vec<u8>>>, Condvar) = (Mutex::new(BTreeSet::new()), Condvar::new());

/// Keeps this thread until `abuse_let_go` was called with this name.
fn hold_thread(name: &[u8]) {
    let (names, changed) = &LET_GO;
    let names = names.lock().unwrap_or_else(PoisonError::into_inner);
    drop(changed.wait_while(names, |names| !names.contains(name)).unwrap_or_else(PoisonError::into_inner));
}

/// `hold`: keeps the FFI thread until it is let go by this name.
async fn hold(_: &Abuse, name: Vec<u8>) -> Result<(), String> {
    hold_thread(&name);
    Ok(())
}

/// Ends every `hold` of this name, now and later.
///
/// # Safety
///
/// `name` is a C string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn abuse_let_go(name: *const c_char) {
    // SAFETY: the caller's contract.
    let name = unsafe { CStr::from_ptr(name) }.to_bytes().to_vec();
    LET_GO.0.lock().unwrap_or_else(PoisonError::into_inner).insert(name);
    LET_GO.1.notify_all();
}

/// Calls a C function when it is dropped.
struct AtEnd(extern "C" fn(*mut c_void), *mut c_void);

impl Drop for AtEnd {
    fn drop(&mut self) {
        self.0(self.1);
    }
}

thread_local! {
    static AT_END: RefCell<Vec<AtEnd>> = const { RefCell::new(Vec::new()) };
}

/// Has `function` called by a destructor of this thread's local values, when the thread ends.
#[unsafe(no_mangle)]
pub extern "C" fn abuse_at_thread_end(function: extern "C" fn(*mut c_void), user_data: *mut c_void) {
    let at_end = AtEnd(function, user_data);
    AT_END.with(|all| all.borrow_mut().push(at_end));
}

/// `never`: does not end by itself.
async fn never(_: &Abuse, _: Vec<u8>) -> Result<(), String> {
    std::future::pending().await
}

/// `emit`: one event with these bytes.
async fn emit(_: &Abuse, bytes: Vec<u8>) -> Result<(), String> {
    host().emit("happened", bytes).map_err(|error| error.to_string())
}

/// `emit_many`: as many events as the request says, numbered.
async fn emit_many(_: &Abuse, count: Vec<u8>) -> Result<(), String> {
    for index in 0..number(&count)? {
        host().emit("happened", index.to_string()).map_err(|error| error.to_string())?;
    }
    Ok(())
}

/// `now`: on the caller's thread, the name of the context; or `panic`, `ask`, `emit`, `hold <name>`, as the request says.
#[expect(clippy::panic, reason = "one mode panics")]
fn now(abuse: &Abuse, mode: &[u8]) -> Result<Vec<u8>, String> {
    match mode {
        b"panic" => panic!("told to panic"),
        [b'h', b'o', b'l', b'd', b' ', name @ ..] => {
            hold_thread(name);
            Ok(b"held".to_vec())
        }
        b"ask" => shown(host().call_sync(&ASK, "now".to_owned())),
        b"emit" => host().emit("happened", "now").map(|()| b"emitted".to_vec()).map_err(|error| error.to_string()),
        _ => Ok(abuse.name.clone().into_bytes()),
    }
}

/// Grace, destructor's deadline, linger. What a program expects must not depend on how fast the machine is, so each is either
/// never reached, or short and reached in any case. A program is linked with the library whose name ends as its own does:
///
/// - `_in_time`: no limit is ever reached.
/// - `_times_out`: every limit is short; whoever refuses to stop is left behind soon. Even a close that nothing holds up may
///   time out there.
/// - any other: grace and the destructor's deadline are short; the linger is never reached.
const LIMITS: (Duration, Duration, Duration) = {
    const NEVER: Duration = Duration::from_secs(3_600);
    const SOON: Duration = Duration::from_millis(10);
    match env!("CARGO_CRATE_NAME").as_bytes() {
        b"ffihost_c_tests_in_time" => (NEVER, NEVER, NEVER),
        b"ffihost_c_tests_times_out" => (SOON, SOON, SOON),
        _ => (SOON, SOON, NEVER),
    }
};

/// What a C program needs to know of them is in `abuse.h`.
const OPTIONS: Options = Options::new()
    .grace(LIMITS.0)
    .destructor_deadline(LIMITS.1)
    .linger(LIMITS.2)
    .max_calls_in_flight(1_000)
    .max_requests_queued(500)
    .max_payload(1 << 20)
    .max_contexts(64);

ffihost::exports! {
    prefix: "abuse",
    state: Abuse,
    options: OPTIONS,
    constructor: construct,
    destructor: destruct,
    requests: {
        ask: ask,
        ask_other: ask_other,
        ask_twice: ask_twice,
        ask_both: ask_both,
        ask_many: ask_many,
        ask_with_deadline: ask_with_deadline,
        ask_and_drop: ask_and_drop,
        ask_text: ask_text,
        ask_elsewhere: ask_elsewhere,
        ask_sync: ask_sync,
        ask_and_panic: ask_and_panic,
        panics: panics,
        fail: fail,
        echo: echo,
        name: name,
        sleep: sleep,
        hold: hold,
        never: never,
        emit: emit,
        emit_many: emit_many,
    },
    sync_requests: { now: now },
    host_fns: ["ask", "other"],
    events: ["happened", "never_happens"],
}
