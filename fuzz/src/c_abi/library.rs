//! The library that is fuzzed: requests that call the host in every way there is, and that end in every way there is.

use ffihost::abi::types::{FFICallBack, FFIHostFn, FFIHostFnOptions, FFIStats};
use ffihost::{DecodeError, Format, FromHost, Host, HostError, HostFn, Options, ToHost};
use std::ffi::{c_char, c_int, c_void};
use std::time::Duration;

static ASK: HostFn = HostFn::new("ask");

/// More than any payload may have.
pub(crate) const MAX_PAYLOAD: usize = 4_096;

/// Short where something ends by itself, so that a run takes milliseconds; long where only a hang would use it up.
const OPTIONS: Options = Options::new()
    .grace(Duration::from_millis(3))
    .destructor_deadline(Duration::from_millis(5))
    .linger(Duration::from_secs(600))
    .stale_warning(Duration::from_millis(2))
    .max_calls_in_flight(8)
    .max_requests_queued(8)
    .max_payload(MAX_PAYLOAD)
    .events(4, ffihost::WhenFull::Block)
    .max_contexts(4);

/// A panic that no hook sees: libFuzzer's would end the process.
fn panic_quietly() -> ! {
    std::panic::resume_unwind(Box::new("on purpose"))
}

pub(crate) struct State(u8);

impl Drop for State {
    fn drop(&mut self) {
        if self.0 == b'd' && !std::thread::panicking() {
            panic_quietly();
        }
    }
}

type Outcome = Result<Vec<u8>, Vec<u8>>;

fn host() -> Host {
    Host::current().expect("in a context")
}

fn flat(outcome: Result<Vec<u8>, HostError<Vec<u8>>>) -> Outcome {
    outcome.map_err(|error| match error {
        HostError::Declared(bytes) => bytes,
        error => format!("{error:?}").into_bytes(),
    })
}

/// The first byte says how it ends.
async fn construct(how: Vec<u8>) -> Result<State, String> {
    match how.first() {
        Some(b'f') => Err("told to fail".to_owned()),
        Some(b'p') => panic_quietly(),
        Some(b'h') => std::future::pending().await,
        Some(b'a') => {
            let _: Result<Vec<u8>, HostError<Vec<u8>>> = host().call(&ASK, how).wait_for_registration().await;
            Ok(State(b'a'))
        }
        Some(byte) => Ok(State(*byte)),
        None => Ok(State(0)),
    }
}

async fn destruct(state: &State) {
    match state.0 {
        b'x' => panic_quietly(),
        b'y' => std::future::pending().await,
        b'z' => drop(host().call(&ASK, b"the end".to_vec()).await.map(drop)),
        _ => {}
    }
}

/// A value of the author's whose drop panics, wherever that is.
struct Bomb(Vec<u8>);

impl Drop for Bomb {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            panic_quietly();
        }
    }
}

impl ToHost for Bomb {
    type Owned = Self;

    fn into_owned(self) -> Self {
        self
    }

    fn to_host(&self, _: Format, take: &mut dyn FnMut(&[u8])) {
        take(&self.0);
    }
}

impl FromHost for Bomb {
    unsafe fn from_host(format: Format, payload: &[u8], limit: usize) -> Result<Self, DecodeError> {
        // SAFETY: the caller's contract.
        unsafe { Vec::from_host(format, payload, limit) }.map(Self)
    }
}

/// Results, errors and arguments that are bombs: dropped here, or in whatever phase the call is in when the request ends.
async fn ask_bomb(_: &State, args: Vec<u8>) -> Result<Vec<u8>, String> {
    let outcome: Result<Bomb, HostError<Bomb>> = host().call_as(&ASK, Bomb(args)).await;
    drop(outcome);
    Ok(Vec::new())
}

async fn ask_bomb_and_drop(_: &State, args: Vec<u8>) -> Result<Vec<u8>, String> {
    let mut call = host().call_as::<_, Bomb, Bomb>("other", args);
    let polled = futures::FutureExt::now_or_never(&mut call);
    tokio::task::yield_now().await;
    drop((call, polled));
    Ok(Vec::new())
}

/// Results and errors that are bombs.
async fn reply_bomb(_: &State, args: Vec<u8>) -> Result<Bomb, Bomb> {
    if args.len().is_multiple_of(2) { Ok(Bomb(args)) } else { Err(Bomb(args)) }
}

fn reply_bomb_now(_: &State, args: &[u8]) -> Result<Bomb, Bomb> {
    if args.len().is_multiple_of(2) { Ok(Bomb(args.to_vec())) } else { Err(Bomb(args.to_vec())) }
}

/// A future that is a bomb: dropped when it is cancelled.
async fn never_bomb(_: &State, args: Vec<u8>) -> Result<Vec<u8>, String> {
    let _bomb = Bomb(args);
    std::future::pending().await
}

/// An event that is a bomb: dropped on the event thread, or where it finds no room.
async fn emit_bomb(_: &State, args: Vec<u8>) -> Result<(), String> {
    host().emit("happened", Bomb(args)).map_err(|error| error.to_string())
}

async fn ask(_: &State, args: Vec<u8>) -> Outcome {
    flat(host().call(&ASK, args).await)
}

async fn ask_other(_: &State, args: Vec<u8>) -> Outcome {
    flat(host().call("other", args).await)
}

async fn ask_text(_: &State, args: Vec<u8>) -> Result<String, String> {
    let answer = host().call_as::<_, String, String>(&ASK, args).await;
    answer.map_err(|error| format!("{error:?}"))
}

async fn ask_with_deadline(_: &State, args: Vec<u8>) -> Outcome {
    flat(host().call(&ASK, args).deadline(Duration::from_millis(1)).await)
}

async fn ask_patiently(_: &State, args: Vec<u8>) -> Outcome {
    flat(host().call(&ASK, args).wait_for_room().await)
}

async fn ask_twice(_: &State, args: Vec<u8>) -> Outcome {
    let (one, two) = futures::future::join(host().call(&ASK, args.clone()), host().call("other", args)).await;
    flat(one).and(flat(two))
}

async fn ask_and_drop(_: &State, args: Vec<u8>) -> Outcome {
    let mut call = host().call(&ASK, args);
    let polled = futures::FutureExt::now_or_never(&mut call);
    drop(call);
    polled.map_or(Ok(Vec::new()), flat)
}

async fn ask_elsewhere(_: &State, args: Vec<u8>) -> Outcome {
    let host = host();
    let asked = tokio::task::spawn_blocking(move || flat(futures::executor::block_on(host.call("ask", args))));
    asked.await.unwrap_or_else(|_| Ok(Vec::new()))
}

async fn ask_sync(_: &State, args: Vec<u8>) -> Outcome {
    flat(host().call_sync(&ASK, args))
}

async fn echo(_: &State, args: Vec<u8>) -> Result<Vec<u8>, String> {
    Ok(args)
}

async fn fail(_: &State, args: Vec<u8>) -> Outcome {
    Err(args)
}

async fn panics(_: &State, _: Vec<u8>) -> Outcome {
    tokio::task::yield_now().await;
    panic_quietly()
}

async fn never(_: &State, _: Vec<u8>) -> Outcome {
    std::future::pending().await
}

async fn sleep(_: &State, args: Vec<u8>) -> Outcome {
    tokio::time::sleep(Duration::from_millis(u64::from(args.first().copied().unwrap_or(0) % 8))).await;
    Ok(args)
}

async fn emit(_: &State, args: Vec<u8>) -> Result<(), String> {
    for _ in 0..args.first().copied().unwrap_or(1) % 8 {
        host().emit("happened", args.clone()).map_err(|error| error.to_string())?;
    }
    Ok(())
}

fn now(state: &State, args: &[u8]) -> Outcome {
    match args.first() {
        Some(b'p') => panic_quietly(),
        Some(b'f') => Err(args.to_vec()),
        Some(b'e') => host().emit("happened", args.to_vec()).map(|()| Vec::new()).map_err(|_| Vec::new()),
        _ => Ok(vec![state.0]),
    }
}

fn ask_now(_: &State, args: &[u8]) -> Outcome {
    flat(host().call_sync(&ASK, args.to_vec()))
}

ffihost::exports! {
    prefix: "fuzzed",
    state: State,
    options: OPTIONS,
    constructor: construct,
    destructor: destruct,
    requests: {
        ask: ask,
        ask_other: ask_other,
        ask_text: ask_text,
        ask_with_deadline: ask_with_deadline,
        ask_patiently: ask_patiently,
        ask_twice: ask_twice,
        ask_and_drop: ask_and_drop,
        ask_elsewhere: ask_elsewhere,
        ask_sync: ask_sync,
        echo: echo,
        fail: fail,
        panics: panics,
        never: never,
        sleep: sleep,
        emit: emit,
        ask_bomb: ask_bomb,
        ask_bomb_and_drop: ask_bomb_and_drop,
        reply_bomb: reply_bomb,
        never_bomb: never_bomb,
        emit_bomb: emit_bomb,
    },
    sync_requests: { now: now, ask_now: ask_now, reply_bomb_now: reply_bomb_now },
    host_fns: ["ask", "other"],
    events: ["happened"],
}

pub(crate) type Request =
    unsafe extern "C" fn(*mut c_void, Option<FFICallBack>, *mut c_void, *const u8, usize) -> c_int;

/// The C ABI of the library above, as `ffihost.h` declares it.
pub(crate) mod c {
    use super::{FFICallBack, FFIHostFn, FFIHostFnOptions, FFIStats, Request, c_char, c_int, c_void};

    macro_rules! requests {
        ($list:ident: $($name:ident = $symbol:literal),* $(,)?) => {
            unsafe extern "C" {
                $(
                    #[link_name = $symbol]
                    fn $name(ctx: *mut c_void, cb: Option<FFICallBack>, ud: *mut c_void, req: *const u8, len: usize) -> c_int;
                )*
            }

            pub(crate) const $list: &[Request] = &[$($name),*];
        };
    }

    requests! {
        REQUESTS:
        ask = "fuzzed_ask",
        ask_other = "fuzzed_ask_other",
        ask_text = "fuzzed_ask_text",
        ask_with_deadline = "fuzzed_ask_with_deadline",
        ask_patiently = "fuzzed_ask_patiently",
        ask_twice = "fuzzed_ask_twice",
        ask_and_drop = "fuzzed_ask_and_drop",
        ask_elsewhere = "fuzzed_ask_elsewhere",
        ask_sync = "fuzzed_ask_sync",
        echo = "fuzzed_echo",
        fail = "fuzzed_fail",
        panics = "fuzzed_panics",
        never = "fuzzed_never",
        sleep = "fuzzed_sleep",
        emit = "fuzzed_emit",
        ask_bomb = "fuzzed_ask_bomb",
        ask_bomb_and_drop = "fuzzed_ask_bomb_and_drop",
        reply_bomb = "fuzzed_reply_bomb",
        never_bomb = "fuzzed_never_bomb",
        emit_bomb = "fuzzed_emit_bomb",
    }

    requests! {
        SYNC_REQUESTS:
        now = "fuzzed_now",
        ask_now = "fuzzed_ask_now",
        reply_bomb_now = "fuzzed_reply_bomb_now",
    }

    unsafe extern "C" {
        #[link_name = "fuzzed_create"]
        pub(crate) fn create(
            req: *const u8,
            len: usize,
            cb: Option<FFICallBack>,
            ud: *mut c_void,
            ctx: *mut *mut c_void,
        ) -> c_int;
        #[link_name = "fuzzed_destroy"]
        pub(crate) fn destroy(ctx: *mut c_void) -> c_int;
        #[link_name = "fuzzed_close"]
        pub(crate) fn close(ctx: *mut c_void, cb: Option<FFICallBack>, ud: *mut c_void) -> c_int;
        #[link_name = "fuzzed_cancel"]
        pub(crate) fn cancel(ctx: *mut c_void, ud: *mut c_void) -> c_int;
        #[link_name = "fuzzed_register_host_fn"]
        pub(crate) fn register_host_fn(
            ctx: *mut c_void,
            name: *const c_char,
            f: Option<FFIHostFn>,
            ud: *mut c_void,
        ) -> c_int;
        #[link_name = "fuzzed_register_host_fn_cbor"]
        pub(crate) fn register_host_fn_cbor(
            ctx: *mut c_void,
            name: *const c_char,
            f: Option<FFIHostFn>,
            ud: *mut c_void,
        ) -> c_int;
        #[link_name = "fuzzed_register_host_fn_with"]
        pub(crate) fn register_host_fn_with(
            ctx: *mut c_void,
            name: *const c_char,
            options: *const FFIHostFnOptions,
        ) -> c_int;
        #[link_name = "fuzzed_host_complete"]
        pub(crate) fn host_complete(ctx: *mut c_void, token: u64, ret: c_int, msg: *const c_char, len: usize) -> c_int;
        #[link_name = "fuzzed_host_fn_registered"]
        pub(crate) fn host_fn_registered(ctx: *mut c_void, name: *const c_char) -> c_int;
        #[link_name = "fuzzed_add_event_listener"]
        pub(crate) fn add_event_listener(
            ctx: *mut c_void,
            event: *const c_char,
            cb: Option<FFICallBack>,
            ud: *mut c_void,
        ) -> u64;
        #[link_name = "fuzzed_add_event_listener_cbor"]
        pub(crate) fn add_event_listener_cbor(
            ctx: *mut c_void,
            event: *const c_char,
            cb: Option<FFICallBack>,
            ud: *mut c_void,
        ) -> u64;
        #[link_name = "fuzzed_remove_event_listener"]
        pub(crate) fn remove_event_listener(ctx: *mut c_void, listener: u64) -> c_int;
        #[link_name = "fuzzed_stats"]
        pub(crate) fn stats(ctx: *mut c_void, out: *mut FFIStats) -> c_int;
        #[link_name = "fuzzed_abi_descriptor"]
        pub(crate) fn abi_descriptor(bytes: *mut *const u8, len: *mut usize) -> c_int;
        #[link_name = "fuzzed_abi_hash"]
        pub(crate) fn abi_hash() -> u64;
        #[link_name = "fuzzed_version"]
        pub(crate) fn version() -> *const c_char;
    }
}
