//! What values cost that cross: native C structs beside CBOR and beside uniffi's own encoding of the same types, in one run.
//!
//! ```text
//! cargo bench --bench formats              a few minutes
//! cargo bench --bench formats -- --quick   a few seconds: checks that everything works, the times mean nothing
//! cargo bench --bench formats -- events    only the ways whose name contains "events"
//! ```
//!
//! Speed never fails: it depends on the machine and on what else runs there. An allocation more than the author's own types
//! need does, natively.
#![expect(clippy::print_stdout, reason = "a bench reports on standard output")]

mod cases;
mod table;
mod uniffi_peer;

mod answer_host_calls;
mod emit_events;
mod encode_and_decode;
mod request_asynchronously;
mod request_synchronously;

use cases::Way;
use ffihost_benches::harness::Settings;
use std::process::ExitCode;
use table::Row;

uniffi::setup_scaffolding!();

#[global_allocator]
static ALLOCATOR: ffihost_benches::allocations::Counting = ffihost_benches::allocations::Counting;

/// The ways that values cross, each measured for every case.
fn ways() -> [Box<dyn Way>; 5] {
    [
        Box::new(encode_and_decode::EncodeAndDecode),
        Box::new(request_synchronously::RequestSynchronously),
        Box::new(request_asynchronously::RequestAsynchronously),
        Box::new(answer_host_calls::AnswerHostCalls),
        Box::new(emit_events::EmitEvents),
    ]
}

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    let quick = args.iter().any(|arg| arg == "--quick");
    let settings = if quick { Settings::QUICK } else { Settings::FULL };
    let wanted = |name: &str| {
        let mut names = args.iter().filter(|arg| !arg.starts_with("--")).peekable();
        names.peek().is_none() || names.any(|part| name.contains(part.as_str()))
    };
    let cases = cases::all();
    let mut rows = Vec::new();
    for way in ways().iter().filter(|way| wanted(way.name())) {
        rows.extend(cases.iter().map(|case| case.measure(settings, &**way)));
    }
    table::print(&rows);
    if rows.iter().any(Row::allocates_too_much) {
        println!("\nFAULTY, whatever the machine: more allocations than the author's own types need");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}
