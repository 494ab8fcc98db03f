//! Logs, on standard error.

use crate::args::Level;
use crate::error::Error;
use std::io;
use tracing_subscriber::EnvFilter;

/// Logs from now on: what `level` says, or else RUST_LOG.
pub(super) fn start(level: Option<Level>, json: bool) -> Result<(), Error> {
    let wrong = |error: &dyn std::fmt::Display| Error::Log(error.to_string());
    let filter = match (level, std::env::var("RUST_LOG")) {
        (Some(level), _) => name(level).to_owned(),
        (None, Ok(filter)) if !filter.trim().is_empty() => filter,
        (None, _) => name(Level::Info).to_owned(),
    };
    let filter = EnvFilter::try_new(&filter).map_err(|error| wrong(&format_args!("{filter:?}: {error}")))?;
    let logs = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr).with_ansi(false);
    let started = if json { logs.json().flatten_event(true).try_init() } else { logs.try_init() };
    started.map_err(|error| wrong(&error))
}

fn name(level: Level) -> &'static str {
    match level {
        Level::Off => "off",
        Level::Error => "error",
        Level::Warn => "warn",
        Level::Info => "info",
        Level::Debug => "debug",
        Level::Trace => "trace",
    }
}
