//! What a host call costs: every path of the design's table of speeds, beside what it is compared with, in one run.
//!
//! ```text
//! cargo bench --bench host_call              about a minute
//! cargo bench --bench host_call -- --quick   a few seconds: checks that everything works, the times mean nothing
//! cargo bench --bench host_call -- text      only the paths whose name contains "text"
//! ```
//!
//! Speed never fails: it depends on the machine and on what else runs there. An allocation too many does, and so does
//! anything that is lost.
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

use ffihost_benches::harness::Settings;
use std::process::ExitCode;
use table::Row;

uniffi::setup_scaffolding!();
boltffi::scaffolding!();

#[global_allocator]
static ALLOCATOR: ffihost_benches::allocations::Counting = ffihost_benches::allocations::Counting;

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

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    let quick = args.iter().any(|arg| arg == "--quick");
    let settings = if quick { Settings::QUICK } else { Settings::FULL };
    let wanted = |name: &str| {
        let mut names = args.iter().filter(|arg| !arg.starts_with("--")).peekable();
        names.peek().is_none() || names.any(|part| name.contains(part.as_str()))
    };
    let mut rows = Vec::new();
    for (name, scenario) in SCENARIOS.iter().filter(|(name, _)| wanted(name)) {
        println!("\n== {name}");
        let more = scenario(settings);
        more.iter().for_each(Row::print);
        rows.extend(more);
    }
    table::print(&rows, machine::measure(settings));
    let faulty: Vec<_> = rows.iter().filter(|row| row.is_faulty()).map(|row| row.path).collect();
    if faulty.is_empty() {
        return ExitCode::SUCCESS;
    }
    println!("\nFAULTY, whatever the machine: {}", faulty.join(", "));
    ExitCode::FAILURE
}
