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

mod baselines;
mod paths;

use peers::{boltffi_peer, uniffi_peer};
use std::process::ExitCode;

uniffi::setup_scaffolding!();
boltffi::scaffolding!();

/// callgrind's number of the process's first thread.
const MAIN: u32 = 1;
/// Of the second: the context's FFI thread.
const FFI: u32 = 2;

/// Its name, the thread whose instructions count, and what runs it.
type Path = (&'static str, u32, fn(u64));

const PATHS: &[Path] = &[
    ("await-inline-number", FFI, paths::await_inline_number),
    ("await-inline-text", FFI, paths::await_inline_text),
    ("await-later-number", FFI, paths::await_later_number),
    ("answer-later-number", MAIN, paths::answer_later_number),
    ("request-synchronously", MAIN, paths::request_synchronously),
    ("request-asynchronously", FFI, paths::request_asynchronously),
    ("emit-event", FFI, paths::emit_event),
    ("typed-await-inline-number", FFI, paths::typed_await_inline_number),
    ("typed-await-inline-text", FFI, paths::typed_await_inline_text),
    ("typed-request-synchronously", MAIN, paths::typed_request_synchronously),
    ("typed-request-without-context", MAIN, paths::typed_request_without_context),
    ("await-tasks-number", FFI, paths::await_tasks_number),
    ("request-without-bytes", FFI, paths::request_without_bytes),
    ("typed-request-asynchronously", FFI, paths::typed_request_asynchronously),
    ("typed-emit-event", FFI, paths::typed_emit_event),
];

/// A path, one that it is compared with, and what runs that.
type Peer = (&'static str, &'static str, fn(u64));

const PEERS: &[Peer] = &[
    ("await-inline-number", "tokio-oneshot", baselines::await_oneshot),
    ("await-inline-number", "boltffi", |calls| _ = boltffi_peer::inline_u32(calls)),
    ("await-inline-number", "uniffi", |calls| _ = uniffi_peer::inline_u32(calls)),
    ("await-inline-text", "boltffi", |calls| _ = boltffi_peer::inline_string16(calls)),
    ("await-inline-text", "uniffi", |calls| _ = uniffi_peer::inline_string16(calls)),
    ("await-later-number", "tokio-oneshot", baselines::await_later_oneshot),
    ("await-later-number", "boltffi", |calls| _ = boltffi_peer::rounds_of_64(calls)),
    ("await-later-number", "uniffi", |calls| _ = uniffi_peer::rounds_of_64(calls)),
    ("await-tasks-number", "tokio-oneshot", baselines::await_tasks_oneshot),
    ("request-synchronously", "bare-function", baselines::call_bare_function),
    ("request-synchronously", "boltffi", |calls| _ = boltffi_peer::sync_export_u32(calls)),
    ("request-synchronously", "uniffi", |calls| _ = uniffi_peer::sync_export_u32(calls)),
    ("request-without-bytes", "tokio-channel", baselines::spawn_from_channel),
    ("emit-event", "crossbeam-channel", baselines::send_to_channel),
];

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
