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

use ffihost_benches_harness::arguments::{Arguments, Bench};
use ffihost_benches_harness::race::Settings;
use std::process::ExitCode;
use table::Row;

type Scenario = fn(Settings) -> Vec<Row>;

const SCENARIOS: [(&str, Scenario); 4] = [
    ("round_trip", round_trip::run),
    ("pipelined", pipelined::run),
    ("call_back", call_back::run),
    ("events", events::run),
];

fn main() -> ExitCode {
    let scenarios = SCENARIOS.map(|(name, _)| name);
    let arguments = match Arguments::of_process(&Bench { name: "ipc", takes: "about a minute", scenarios: &scenarios })
    {
        Ok(arguments) => arguments,
        Err(code) => return code,
    };
    let mut rows = Vec::new();
    for (name, scenario) in SCENARIOS.iter().filter(|(name, _)| arguments.want(name)) {
        println!("{name}");
        rows.extend(scenario(arguments.settings()));
    }
    table::print(&rows);
    ExitCode::SUCCESS
}
