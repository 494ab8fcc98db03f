//! Printing: the only place that does.

use crate::error::{Error, Printable};
use std::fmt;
use std::io::{self, BufWriter, ErrorKind, StdoutLock, Write};

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

    /// Prints docs, each line of them after `indent` and `///`.
    pub(crate) fn docs(&mut self, indent: &str, docs: &str) -> Result<(), Error> {
        docs.lines().try_for_each(|line| self.line(format_args!("{indent}/// {line}").to_string().trim_end()))
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
    // Without stderr there is nobody to tell; the exit status says it too.
    let _ = writeln!(io::stderr(), "error: {}", Printable(error));
}
