//! One path, so many times, for `ci/counts.sh`, which runs this under callgrind and counts the instructions of one thread.
//!
//! ```text
//! counts <path> <times>
//! counts --list                the paths, and the number of the thread whose instructions count, as callgrind numbers them
//! counts --peers               the paths that peers are counted on beside us, and the peers; all on the first thread
//! counts <path> <peer> <times>
//! ```
//!
//! Instructions per operation are the difference of two runs, so that start and end cancel out. They repeat only if nothing
//! depends on how threads are scheduled, so each path stays on one thread: where another thread would answer or submit, the
//! FFI thread does so itself, outside of the host function that it answers, and takes the same way through the queue.
#![expect(clippy::print_stdout, reason = "the script reads it from standard output")]

/// This crate's name as boltffi writes it in the names of its symbols.
macro_rules! mangled_crate {
    () => {
        "6counts"
    };
}

#[path = "../host_call/peers/mod.rs"]
#[expect(dead_code, reason = "what takes several threads does not repeat")]
mod peers;

use ffihost::abi::types::FFICallBack;
use ffihost_benches::host::{self, Context, Held, Tally, expect_ok};
use ffihost_benches::typed_host;
use peers::{boltffi_peer, uniffi_peer};
use std::ffi::{c_char, c_int, c_void};
use std::hint::black_box;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{self, Sender};
use tokio::sync::oneshot;

uniffi::setup_scaffolding!();
boltffi::scaffolding!();

/// callgrind's number of the process's first thread.
const MAIN: u32 = 1;
/// Of the second: the context's FFI thread.
const FFI: u32 = 2;

/// Its name, the thread whose instructions count, and what runs it.
type Path = (&'static str, u32, fn(u64));

const PATHS: &[Path] = &[
    ("await-inline-number", FFI, await_inline_number),
    ("await-inline-text", FFI, await_inline_text),
    ("await-later-number", FFI, await_later_number),
    ("answer-later-number", MAIN, answer_later_number),
    ("request-synchronously", MAIN, request_synchronously),
    ("request-asynchronously", FFI, request_asynchronously),
    ("emit-event", FFI, emit_event),
    ("typed-await-inline-number", FFI, typed_await_inline_number),
    ("typed-await-inline-text", FFI, typed_await_inline_text),
    ("typed-request-synchronously", MAIN, typed_request_synchronously),
];

/// A path, one that it is compared with, and what runs that.
type Peer = (&'static str, &'static str, fn(u64));

const PEERS: &[Peer] = &[
    ("await-inline-number", "tokio-oneshot", await_oneshot),
    ("await-inline-number", "boltffi", boltffi_number),
    ("await-inline-number", "uniffi", uniffi_number),
    ("await-inline-text", "boltffi", boltffi_text),
    ("await-inline-text", "uniffi", uniffi_text),
];

fn boltffi_number(calls: u64) {
    boltffi_peer::inline_u32(calls);
}

fn uniffi_number(calls: u64) {
    uniffi_peer::inline_u32(calls);
}

fn boltffi_text(calls: u64) {
    boltffi_peer::inline_string16(calls);
}

fn uniffi_text(calls: u64) {
    uniffi_peer::inline_string16(calls);
}

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    if let [path, peer, times] = &args[..] {
        let found = PEERS.iter().find(|(its_path, name, _)| its_path == path && name == peer);
        let (Some((.., run)), Ok(times)) = (found, times.parse()) else { return ExitCode::FAILURE };
        run(times);
        return ExitCode::SUCCESS;
    }
    if args.first().is_some_and(|arg| arg == "--peers") {
        PEERS.iter().for_each(|(path, peer, _)| println!("{path} {peer}"));
        return ExitCode::SUCCESS;
    }
    let path = args.first().and_then(|name| PATHS.iter().find(|(path, ..)| path == name));
    match (path, args.get(1).and_then(|times| times.parse().ok())) {
        (Some((_, _, run)), Some(times)) => run(times),
        _ if args.is_empty() || args[0] == "--list" => {
            PATHS.iter().for_each(|(path, thread, _)| println!("{path} {thread}"));
        }
        _ => return ExitCode::FAILURE,
    }
    ExitCode::SUCCESS
}

/// A channel made, answered and awaited, as in `host_call`.
fn await_oneshot(calls: u64) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a current-thread runtime");
    runtime.block_on(async {
        let mut value = 0u64;
        for _ in 0..calls {
            let (sender, receiver) = oneshot::channel();
            black_box(sender).send(value + 1).expect("the receiver is there");
            value = receiver.await.expect("the sender has sent");
        }
        assert_eq!(value, calls);
    });
}

fn await_inline_number(calls: u64) {
    let context = Context::new(host::bench_asleep());
    host::answer_inline(&context);
    context.run(context.exports().await_numbers, calls);
}

fn await_inline_text(calls: u64) {
    let context = Context::new(host::bench_asleep());
    host::answer_text_inline(&context);
    context.run(context.exports().await_texts, calls);
}

/// Rounds of 64, where the last call of a round answers all.
fn await_later_number(calls: u64) {
    let mut held = Held::new(64);
    let context = Context::new(host::bench_asleep());
    // SAFETY: the calls are held in a box that is dropped after the context.
    unsafe { held.register_until_full(&context) };
    context.run(context.exports().await_rounds, calls);
    drop(context);
}

/// The answering thread's part alone.
fn answer_later_number(calls: u64) {
    let held = Held::new(calls as usize);
    let context = Context::new(host::bench_asleep());
    // SAFETY: as above.
    unsafe { held.register(&context) };
    let outcome = context.start(context.exports().await_together, calls);
    // Asleep, so that the number of looks does not depend on the time that the calls take.
    std::thread::sleep(std::time::Duration::from_secs(2));
    assert_eq!(held.answer(&context) as u64, calls, "all calls are begun by now");
    outcome.wait();
    drop(context);
}

fn request_synchronously(requests: u64) {
    unsafe extern "C" fn take(_: c_int, msg: *const c_char, _: usize, user_data: *mut c_void) {
        // SAFETY: the reply is a number of four bytes, and so is what userData points to.
        unsafe { user_data.cast::<[u8; 4]>().write(msg.cast::<[u8; 4]>().read()) }
    }
    let context = Context::new(host::bench_asleep());
    let (request, callback) = (context.exports().bump_sync, black_box(take as FFICallBack));
    let mut value = [0u8; 4];
    for _ in 0..requests {
        let bytes = value;
        // SAFETY: the bytes and the value live during the call, which calls back before it returns.
        expect_ok(unsafe {
            request(context.ctx(), Some(callback), value.as_mut_ptr().cast(), bytes.as_ptr(), bytes.len())
        });
    }
    assert_eq!(u64::from(u32::from_ne_bytes(value)), requests);
}

fn typed_await_inline_number(calls: u64) {
    let context = typed_host::context();
    host::answer_inline(&context);
    typed_host::time(&context, context.exports().await_numbers, calls);
}

fn typed_await_inline_text(calls: u64) {
    let context = typed_host::context();
    host::answer_typed_text_inline(&context);
    typed_host::time(&context, context.exports().await_texts, calls);
}

fn typed_request_synchronously(requests: u64) {
    unsafe extern "C" fn take(_: c_int, msg: *const c_char, _: usize, user_data: *mut c_void) {
        // SAFETY: the reply is a number, and so is what userData points to.
        unsafe { user_data.cast::<u32>().write(msg.cast::<u32>().read_unaligned()) }
    }
    let context = typed_host::context();
    let (request, callback) = (context.exports().bump_sync, black_box(take as FFICallBack));
    let mut value = 0u32;
    for _ in 0..requests {
        // SAFETY: the value lives during the call, which calls back before it returns.
        expect_ok(unsafe { request(context.ctx(), Some(callback), (&raw mut value).cast(), value) });
    }
    assert_eq!(u64::from(value), requests);
}

/// 64 in flight: each callback submits the next request.
fn request_asynchronously(requests: u64) {
    struct Chain {
        context: std::sync::Arc<Context>,
        left: AtomicU64,
        open: AtomicU64,
        done: Sender<()>,
    }

    fn submit(chain: &Chain) {
        let bytes = 7u32.to_ne_bytes();
        let (context, user_data) = (&chain.context, std::ptr::from_ref(chain).cast_mut().cast());
        chain.open.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the bytes live during the call, and the chain until its last callback.
        expect_ok(unsafe {
            (context.exports().nudge)(context.ctx(), Some(next), user_data, bytes.as_ptr(), bytes.len())
        });
    }

    unsafe extern "C" fn next(_: c_int, _: *const c_char, _: usize, user_data: *mut c_void) {
        // SAFETY: it is the chain, which lives until its last callback.
        let chain = unsafe { &*user_data.cast::<Chain>() };
        let left = chain.left.load(Ordering::Relaxed);
        // The first callback starts the others.
        let more = if chain.open.load(Ordering::Relaxed) == 0 { 64 } else { 1 };
        chain.open.fetch_sub(u64::from(more == 1), Ordering::Relaxed);
        for _ in 0..left.min(more) {
            chain.left.fetch_sub(1, Ordering::Relaxed);
            submit(chain);
        }
        if chain.open.load(Ordering::Relaxed) == 0 {
            chain.done.send(()).expect("the host waits");
        }
    }

    let (done, all_done) = mpsc::channel();
    let context = Context::new(host::bench_asleep());
    let chain = Chain { context, left: AtomicU64::new(requests), open: AtomicU64::new(0), done };
    let bytes = 7u32.to_ne_bytes();
    let (context, user_data) = (&chain.context, (&raw const chain).cast_mut().cast());
    // SAFETY: as in `submit`.
    expect_ok(unsafe { (context.exports().nudge)(context.ctx(), Some(next), user_data, bytes.as_ptr(), bytes.len()) });
    all_done.recv().expect("the chain ends");
}

/// One burst, while the listener is kept busy by the first event: the event thread does not wait for any.
fn emit_event(events: u64) {
    static HELD: AtomicBool = AtomicBool::new(true);
    unsafe extern "C" fn wait(_: c_int, _: *const c_char, _: usize, _: *mut c_void) {
        while HELD.load(Ordering::Acquire) {
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
    }
    assert!(events < 1_024, "a burst fits the queue");
    let tally = Box::new(Tally::default());
    let context = Context::new(host::bench_asleep());
    // SAFETY: the tally was made before the context, and is dropped after it; `wait` uses no userData.
    unsafe {
        context.listen(c"ticked", wait, std::ptr::null());
        tally.listen(&context, c"ticked");
    }
    context.run(context.exports().emit_burst, 1);
    std::thread::sleep(std::time::Duration::from_millis(500));
    context.run(context.exports().emit_burst, events);
    HELD.store(false, Ordering::Release);
    while tally.read().0 < events + 1 {
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    drop(context);
}
