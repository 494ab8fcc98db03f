//! What the fuzzed libraries are made of: requests that call the host in every way there is, and that end in every way there is.

use ffihost::{DecodeError, Format, FromHost, Host, HostError, HostFn, Options, ToHost};
use std::sync::{Condvar, Mutex};
use std::time::Duration;

static ASK: HostFn = HostFn::new("ask");

/// More than any payload may have.
pub(crate) const MAX_PAYLOAD: usize = 4_096;

/// Short where something ends by itself, so that a run takes milliseconds; long where only a hang would use it up.
pub(crate) const PATIENT: Options = Options::new()
    .grace(Duration::from_millis(3))
    .destructor_deadline(Duration::from_millis(5))
    .linger(Duration::from_secs(600))
    .stale_warning(Duration::from_millis(2))
    .max_calls_in_flight(8)
    .max_requests_queued(8)
    .max_payload(MAX_PAYLOAD)
    .events(4, ffihost::WhenFull::Block)
    .max_contexts(4);

/// The same, but what blocks is left behind.
pub(crate) const HASTY: Options = PATIENT.linger(Duration::from_millis(80));

/// Longer than a close of a hasty context takes; a run ends even if nobody lets go.
const BLOCKED: Duration = Duration::from_millis(700);

/// How often the host has let go.
static LET_GO: (Mutex<u64>, Condvar) = (Mutex::new(0), Condvar::new());

/// Blocks until the host lets go.
fn wait_for_the_host() {
    let times = LET_GO.0.lock().expect("not poisoned");
    let before = *times;
    drop(LET_GO.1.wait_timeout_while(times, BLOCKED, |times| *times == before).expect("not poisoned"));
}

/// Ends whatever is blocked now.
pub(crate) fn let_go() {
    *LET_GO.0.lock().expect("not poisoned") += 1;
    LET_GO.1.notify_all();
}

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

pub(crate) type Outcome = Result<Vec<u8>, Vec<u8>>;

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
pub(crate) async fn construct(how: Vec<u8>) -> Result<State, String> {
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

pub(crate) async fn destruct(state: &State) {
    match state.0 {
        b'x' => panic_quietly(),
        b'y' => std::future::pending().await,
        b'z' => drop(host().call(&ASK, b"the end".to_vec()).await.map(drop)),
        _ => {}
    }
}

/// A value of the author's whose drop panics, wherever that is.
pub(crate) struct Bomb(Vec<u8>);

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
pub(crate) async fn ask_bomb(_: &State, args: Vec<u8>) -> Result<Vec<u8>, String> {
    let outcome: Result<Bomb, HostError<Bomb>> = host().call_as(&ASK, Bomb(args)).await;
    drop(outcome);
    Ok(Vec::new())
}

pub(crate) async fn ask_bomb_and_drop(_: &State, args: Vec<u8>) -> Result<Vec<u8>, String> {
    let mut call = host().call_as::<_, Bomb, Bomb>("other", args);
    let polled = futures::FutureExt::now_or_never(&mut call);
    tokio::task::yield_now().await;
    drop((call, polled));
    Ok(Vec::new())
}

/// Results and errors that are bombs.
pub(crate) async fn reply_bomb(_: &State, args: Vec<u8>) -> Result<Bomb, Bomb> {
    if args.len().is_multiple_of(2) { Ok(Bomb(args)) } else { Err(Bomb(args)) }
}

pub(crate) fn reply_bomb_now(_: &State, args: &[u8]) -> Result<Bomb, Bomb> {
    if args.len().is_multiple_of(2) { Ok(Bomb(args.to_vec())) } else { Err(Bomb(args.to_vec())) }
}

/// A future that is a bomb: dropped when it is cancelled.
pub(crate) async fn never_bomb(_: &State, args: Vec<u8>) -> Result<Vec<u8>, String> {
    let _bomb = Bomb(args);
    std::future::pending().await
}

/// An event that is a bomb: dropped on the event thread, or where it finds no room.
pub(crate) async fn emit_bomb(_: &State, args: Vec<u8>) -> Result<(), String> {
    host().emit("happened", Bomb(args)).map_err(|error| error.to_string())
}

pub(crate) async fn ask(_: &State, args: Vec<u8>) -> Outcome {
    flat(host().call(&ASK, args).await)
}

pub(crate) async fn ask_other(_: &State, args: Vec<u8>) -> Outcome {
    flat(host().call("other", args).await)
}

pub(crate) async fn ask_text(_: &State, args: Vec<u8>) -> Result<String, String> {
    let answer = host().call_as::<_, String, String>(&ASK, args).await;
    answer.map_err(|error| format!("{error:?}"))
}

pub(crate) async fn ask_with_deadline(_: &State, args: Vec<u8>) -> Outcome {
    flat(host().call(&ASK, args).deadline(Duration::from_millis(1)).await)
}

pub(crate) async fn ask_patiently(_: &State, args: Vec<u8>) -> Outcome {
    flat(host().call(&ASK, args).wait_for_room().await)
}

pub(crate) async fn ask_twice(_: &State, args: Vec<u8>) -> Outcome {
    let (one, two) = futures::future::join(host().call(&ASK, args.clone()), host().call("other", args)).await;
    flat(one).and(flat(two))
}

pub(crate) async fn ask_and_drop(_: &State, args: Vec<u8>) -> Outcome {
    let mut call = host().call(&ASK, args);
    let polled = futures::FutureExt::now_or_never(&mut call);
    drop(call);
    polled.map_or(Ok(Vec::new()), flat)
}

pub(crate) async fn ask_elsewhere(_: &State, args: Vec<u8>) -> Outcome {
    let host = host();
    let asked = tokio::task::spawn_blocking(move || flat(futures::executor::block_on(host.call("ask", args))));
    asked.await.unwrap_or_else(|_| Ok(Vec::new()))
}

pub(crate) async fn ask_sync(_: &State, args: Vec<u8>) -> Outcome {
    flat(host().call_sync(&ASK, args))
}

pub(crate) async fn echo(_: &State, args: Vec<u8>) -> Result<Vec<u8>, String> {
    Ok(args)
}

pub(crate) async fn fail(_: &State, args: Vec<u8>) -> Outcome {
    Err(args)
}

pub(crate) async fn panics(_: &State, _: Vec<u8>) -> Outcome {
    tokio::task::yield_now().await;
    panic_quietly()
}

pub(crate) async fn never(_: &State, _: Vec<u8>) -> Outcome {
    std::future::pending().await
}

pub(crate) async fn sleep(_: &State, args: Vec<u8>) -> Outcome {
    tokio::time::sleep(Duration::from_millis(u64::from(args.first().copied().unwrap_or(0) % 8))).await;
    Ok(args)
}

pub(crate) async fn emit(_: &State, args: Vec<u8>) -> Result<(), String> {
    for _ in 0..args.first().copied().unwrap_or(1) % 8 {
        host().emit("happened", args.clone()).map_err(|error| error.to_string())?;
    }
    Ok(())
}

pub(crate) fn now(state: &State, args: &[u8]) -> Outcome {
    match args.first() {
        Some(b'p') => panic_quietly(),
        Some(b'f') => Err(args.to_vec()),
        Some(b'e') => host().emit("happened", args.to_vec()).map(|()| Vec::new()).map_err(|_| Vec::new()),
        _ => Ok(vec![state.0]),
    }
}

pub(crate) fn ask_now(_: &State, args: &[u8]) -> Outcome {
    flat(host().call_sync(&ASK, args.to_vec()))
}

/// Blocks the FFI thread, and then calls the host in both ways.
pub(crate) async fn block(_: &State, args: Vec<u8>) -> Outcome {
    wait_for_the_host();
    drop(host().emit("happened", args.clone()));
    flat(host().call(&ASK, args).await)
}

/// Blocks a thread of the runtime's, which outlives the request.
pub(crate) async fn block_elsewhere(_: &State, args: Vec<u8>) -> Outcome {
    let host = host();
    drop(tokio::task::spawn_blocking(move || {
        wait_for_the_host();
        host.emit("happened", args)
    }));
    Ok(Vec::new())
}

/// Blocks the caller's thread.
pub(crate) fn block_now(_: &State, args: &[u8]) -> Outcome {
    wait_for_the_host();
    flat(host().call_sync(&ASK, args.to_vec()))
}
