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
use ffihost_benches_harness::arguments::{Arguments, Bench};
use std::process::ExitCode;
use table::Row;

uniffi::setup_scaffolding!();

#[global_allocator]
static ALLOCATOR: ffihost_benches_harness::allocations::Counting = ffihost_benches_harness::allocations::Counting;

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
    let ways = ways();
    let names = ways.each_ref().map(|way| way.name());
    let arguments = match Arguments::of_process(&Bench { name: "formats", takes: "a few minutes", scenarios: &names }) {
        Ok(arguments) => arguments,
        Err(code) => return code,
    };
    let cases = cases::all();
    let mut rows = Vec::new();
    for way in ways.iter().filter(|way| arguments.want(way.name())) {
        rows.extend(cases.iter().map(|case| case.measure(arguments.settings(), &**way)));
    }
    table::print(&rows);
    if rows.iter().any(Row::allocates_too_much) {
        println!("\nFAULTY, whatever the machine: more allocations than the author's own types need");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}
