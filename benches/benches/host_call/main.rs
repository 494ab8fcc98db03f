//! What a host call costs: every path of the design's table of speeds, beside what it is compared with, in one run.
//!
//! ```text
//! cargo bench --bench host_call              about a minute
//! cargo bench --bench host_call -- --quick   a few seconds: checks that everything works, the times mean nothing
//! cargo bench --bench host_call -- text      only the paths whose name contains "text"
//! ```
//!
//! How to read what it prints is in CONTRIBUTING.md. Speed never fails: it depends on the machine and on what else runs there.
//! An allocation too many does, and so does anything that is lost.
#![expect(clippy::print_stdout, reason = "a bench reports on standard output")]

/// This crate's name as boltffi writes it in the names of its symbols.
macro_rules! mangled_crate {
    () => {
        "9host_call"
    };
}

#[expect(dead_code, reason = "what is answered on one thread is for the bench `counts`")]
mod peers;
mod table;

mod await_inline_number;
mod await_inline_text;
mod await_sixty_four;
#[cfg(target_os = "linux")]
mod await_sleeping_thread;
mod call_through_attributes;
mod emit_events;
mod hold_many_calls;
mod machine;
mod request_asynchronously;
mod request_synchronously;

use ffihost_benches_harness::arguments::{Arguments, Bench};
use ffihost_benches_harness::counted::Counted;
use ffihost_benches_harness::race::Settings;
use machine::Machine;
use std::process::ExitCode;
use table::Row;

uniffi::setup_scaffolding!();
boltffi::scaffolding!();

#[global_allocator]
static ALLOCATOR: ffihost_benches_harness::allocations::Counting = ffihost_benches_harness::allocations::Counting;

type Scenario = fn(Settings) -> Vec<Row>;

const SCENARIOS: &[(&str, Scenario)] = &[
    ("await_inline_number", await_inline_number::run),
    ("await_inline_text", await_inline_text::run),
    ("await_sixty_four", await_sixty_four::run),
    #[cfg(target_os = "linux")]
    ("await_sleeping_thread", await_sleeping_thread::run),
    ("call_through_attributes", call_through_attributes::run),
    ("request_synchronously", request_synchronously::run),
    ("request_asynchronously", request_asynchronously::run),
    ("emit_events", emit_events::run),
    ("hold_many_calls", hold_many_calls::run),
];

/// What `ci/counts.sh` counts of the same work, on one thread.
const COUNTED: [&str; 2] = [include_str!("../../../ci/counts.txt"), include_str!("../../../ci/peers.txt")];

fn main() -> ExitCode {
    let names = SCENARIOS.iter().map(|(name, _)| *name).collect::<Vec<_>>();
    let arguments =
        match Arguments::of_process(&Bench { name: "host_call", takes: "about a minute", scenarios: &names }) {
            Ok(arguments) => arguments,
            Err(code) => return code,
        };
    let (counted, machine) = (Counted::new(&COUNTED), Machine::measure(arguments.settings()));
    explain(&counted, &machine);
    let mut rows = Vec::new();
    for (name, scenario) in SCENARIOS.iter().filter(|(name, _)| arguments.want(name)) {
        println!("\n== {name}");
        let more = scenario(arguments.settings()).into_iter().map(|row| row.check(&counted));
        rows.extend(more.inspect(|row| row.print(&counted, &machine)));
    }
    println!();
    machine.print();
    table::print(&rows, &machine);
    let faulty: Vec<_> = rows.iter().filter(|row| row.is_faulty()).map(|row| row.path).collect();
    if faulty.is_empty() {
        return ExitCode::SUCCESS;
    }
    println!("\nFAULTY, whatever the machine: {}", faulty.join(", "));
    ExitCode::FAILURE
}

/// How to read what follows.
fn explain(counted: &Counted, machine: &Machine) {
    machine.print();
    println!(
        "\nnanoseconds of one call: the median of the rounds, and the lowest and the highest in brackets; ratios are taken round \
         by round.\nInstructions, and how many of them are locked, are those of the same work on one thread, without what only \
         hands it to another;\nci/counts.sh counted them ({}). Beside them: what so many locked ones take on this machine.",
        counted.with()
    );
    if !counted.are_of(std::env::consts::ARCH) {
        println!("This machine is of another kind ({}), where other instructions count.", std::env::consts::ARCH);
    }
}
