//! What a served library costs, beside what it is compared with, in one run.
//!
//! ```text
//! cargo bench --bench ipc              about a minute
//! cargo bench --bench ipc -- --quick   a few seconds: checks that everything works, the times mean nothing
//! cargo bench --bench ipc -- events    only the scenarios whose name contains "events"
//! ```
//!
//! Speed never fails: it depends on the machine and on what else runs there. A wrong reply does, in each contestant, and so
//! does an event that is neither delivered nor told to be missed.
#![expect(clippy::print_stdout, reason = "a bench reports on standard output")]

mod call_back;
mod events;
mod message;
mod peers;
mod pipelined;
mod race;
mod raw;
mod round_trip;
mod served;
mod table;

use ffihost_benches::harness::Settings;
use table::Row;

type Scenario = fn(Settings) -> Vec<Row>;

const SCENARIOS: &[(&str, Scenario)] = &[
    ("round_trip", round_trip::run),
    ("pipelined", pipelined::run),
    ("call_back", call_back::run),
    ("events", events::run),
];

fn main() {
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    let quick = args.iter().any(|arg| arg == "--quick");
    let settings = if quick { Settings::QUICK } else { Settings::FULL };
    let wanted = |name: &str| {
        let mut names = args.iter().filter(|arg| !arg.starts_with("--")).peekable();
        names.peek().is_none() || names.any(|part| name.contains(part.as_str()))
    };
    let mut rows = Vec::new();
    for (name, scenario) in SCENARIOS.iter().filter(|(name, _)| wanted(name)) {
        println!("{name}");
        rows.extend(scenario(settings));
    }
    table::print(&rows);
}
