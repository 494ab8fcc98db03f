//! The command line of ffihost.
//!
//! ```text
//! ffihost new my_app                                   a library that builds, with a host in C
//! ffihost inspect libmy_app.so                         what it offers and what it asks of its host
//! ffihost generate libmy_app.so --lang c --out include bindings
//! ffihost diff old/libmy_app.so new/libmy_app.so       whom a new version breaks
//! ffihost cddl libmy_app.so                            a schema for people who speak CBOR
//! ```
//!
//! Libraries are read, never run, so they may be built for any machine. The exit status is 0, or 1 where a command compares
//! and finds a difference, or 2 with a line on stderr that says what is wrong.
//!
//! The modules, in the order to read them: `args` is what can be typed, `source` finds a library in a file, `output` is
//! the only one that prints, `notation` writes items as Rust does; each command has its own.

#![forbid(unsafe_code)]

mod args;
mod cddl;
mod diff;
mod error;
mod generate;
mod inspect;
mod new;
mod notation;
mod output;
mod source;

use self::args::{Args, Command};
use self::error::Error;
use self::output::Output;
use clap::Parser;
use std::ffi::OsString;
use std::process::ExitCode;

/// How a command ended that did not fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    /// As hoped.
    Good,
    /// It compared, and there is a difference that counts.
    Differs,
}

/// Runs a command. The first argument is the program's name.
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let args = match Args::try_parse_from(args) {
        Ok(args) => args,
        Err(error) => {
            // Nothing is left to do if the terminal is gone.
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { 2 } else { 0 });
        }
    };
    let mut out = Output::new();
    let verdict = command(args.command, &mut out);
    match verdict.and_then(|verdict| out.finish().map(|()| verdict)) {
        Ok(Verdict::Good) => ExitCode::SUCCESS,
        Ok(Verdict::Differs) => ExitCode::from(1),
        Err(error) => {
            output::print_error(&error);
            ExitCode::from(2)
        }
    }
}

fn command(command: Command, out: &mut Output) -> Result<Verdict, Error> {
    match command {
        Command::New(args) => new::new(&args, out),
        Command::Inspect(args) => inspect::inspect(&args, out),
        Command::Generate(args) => generate::generate(&args, out),
        Command::Diff(args) => diff::diff(&args, out),
        Command::Cddl(args) => cddl::cddl(&args, out),
    }
}
