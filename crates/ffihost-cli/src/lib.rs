//! The command line of ffihost.
//!
//! ```text
//! ffihost new my_app                                   a library that builds, with a host in C
//! ffihost inspect libmy_app.so                         what it offers and what it asks of its host
//! ffihost generate libmy_app.so --lang c --out include bindings
//! ffihost pack --out dist                              what programs in C and C++ are built with
//! ffihost diff old/libmy_app.so new/libmy_app.so       whom a new version breaks
//! ffihost cddl libmy_app.so                            a schema for people who speak CBOR
//! ffihost serve libmy_app.so --listen unix:app.sock    the library over a socket, for any number of clients
//! ffihost call unix:app.sock login '{"user": "ada"}'   a request, in JSON
//! ffihost listen unix:app.sock on_login                events, as lines of JSON
//! ```
//!
//! Libraries are read, never run, so they may be built for any machine; only `serve` runs one. The exit status is 0, or 1
//! where a command compares and finds a difference or where a request ends with its declared error, or 2 with a line on
//! stderr that says what is wrong.
//!
//! The modules, in the order to read them: `args` is what can be typed, `source` finds a library in a file, `build`
//! lets cargo build it, `output` is
//! the only one that prints, `notation` writes items as Rust does; each command has its own. Those that talk to a library
//! share `json`, which converts by the library's types, `token`, `signals`, and as clients `remote` and `host_fn`.

#![forbid(unsafe_code)]

mod args;
mod build;
mod call;
mod cddl;
mod diff;
mod error;
mod generate;
mod host_fn;
mod inspect;
mod json;
mod listen;
mod nearest;
mod new;
mod notation;
mod output;
mod pack;
mod remote;
mod serve;
mod signals;
mod source;
mod token;

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
    /// What was called ended with the error that it declares.
    Rejected,
    /// It was told to stop before it was done.
    Stopped(signals::Signal),
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
        Ok(Verdict::Differs | Verdict::Rejected) => ExitCode::from(1),
        Ok(Verdict::Stopped(signal)) => ExitCode::from(signal.exit_status()),
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
        Command::Pack(args) => pack::pack(&args, out),
        Command::Diff(args) => diff::diff(&args, out),
        Command::Cddl(args) => cddl::cddl(&args, out),
        Command::Serve(args) => serve::serve(&args, out),
        Command::Call(args) => call::call(&args, out),
        Command::Listen(args) => listen::listen(&args, out),
    }
}
