//! Printing: the only place that does.

use crate::error::{Error, Printable};
use ffihost_schema::Docs;
use std::fmt;
use std::io::{self, BufWriter, ErrorKind, IsTerminal, StdoutLock, Write};

/// Standard output. What a file says is printed with its control characters escaped.
pub(crate) struct Output {
    stdout: BufWriter<StdoutLock<'static>>,
}

impl Output {
    pub(crate) fn new() -> Self {
        Self { stdout: BufWriter::new(io::stdout().lock()) }
    }

    /// Prints a line, or several.
    pub(crate) fn line(&mut self, text: impl fmt::Display) -> Result<(), Error> {
        closed_is_fine(writeln!(self.stdout, "{}", Printable(&text)))
    }

    /// Prints a line that somebody waits for. False if nobody reads any more.
    pub(crate) fn line_at_once(&mut self, text: impl fmt::Display) -> Result<bool, Error> {
        let written = writeln!(self.stdout, "{}", Printable(&text)).and_then(|()| self.stdout.flush());
        match written {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(false),
            written => written.map(|()| true).map_err(Error::Output),
        }
    }

    /// Whether a person reads it.
    pub(crate) fn is_terminal(&self) -> bool {
        io::stdout().is_terminal()
    }

    /// Prints docs, each line of them after `indent` and `///`.
    pub(crate) fn docs(&mut self, indent: &str, docs: &Docs) -> Result<(), Error> {
        let deprecated = docs.deprecated.as_ref().map(ToString::to_string).unwrap_or_default();
        docs.lines()
            .chain(deprecated.lines())
            .try_for_each(|line| self.line(format_args!("{indent}/// {line}").to_string().trim_end()))
    }

    /// Prints a value as JSON.
    pub(crate) fn json(&mut self, value: &impl serde::Serialize) -> Result<(), Error> {
        let written = serde_json::to_writer_pretty(&mut self.stdout, value).map_err(io::Error::from);
        closed_is_fine(written.and_then(|()| writeln!(self.stdout)))
    }

    /// Nothing more comes.
    pub(crate) fn finish(&mut self) -> Result<(), Error> {
        closed_is_fine(self.stdout.flush())
    }
}

/// Whoever reads may have read enough: `ffihost inspect … | head`.
fn closed_is_fine(written: io::Result<()>) -> Result<(), Error> {
    match written {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(Error::Output(error)),
        _ => Ok(()),
    }
}

/// Prints why a command failed.
pub(crate) fn print_error(error: &Error) {
    say(format_args!("error: {}", Printable(error)));
}

/// Prints what somebody had better know.
pub(crate) fn print_warning(warning: &impl fmt::Display) {
    say(format_args!("warning: {}", Printable(warning)));
}

/// Prints how it goes on.
pub(crate) fn print_note(note: &impl fmt::Display) {
    say(format_args!("{}", Printable(note)));
}

/// Prints an error that is part of what was called, as JSON.
pub(crate) fn print_declared(json: &str) {
    say(format_args!("{json}"));
}

fn say(text: fmt::Arguments<'_>) {
    // In one piece, and without stderr there is nobody to tell.
    let _ = io::stderr().write_all(format!("{text}\n").as_bytes());
}
