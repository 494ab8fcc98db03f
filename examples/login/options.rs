//! The command line.

use crate::profiles;
use lexopt::Arg::{Long, Short, Value};
use std::ffi::OsString;
use std::num::NonZero;
use std::path::PathBuf;

/// More threads than this do not make SQLite any faster.
const MAX_THREADS: u64 = 256;

/// What to do.
pub(crate) enum Command {
    Help,
    Version,
    Run(Plan),
}

/// How to log in whom.
pub(crate) struct Plan {
    pub(crate) users: Vec<String>,
    pub(crate) database: PathBuf,
    /// Worker threads; none: the host answers inline.
    pub(crate) threads: Option<u64>,
    pub(crate) work: Work,
}

pub(crate) enum Work {
    /// Each user once, with a line for each.
    Each,
    /// The users in turn, as often as this, with a summary.
    Load { calls: NonZero<u64> },
}

/// The command line makes no sense.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UsageError {
    #[error("{0}")]
    Syntax(#[from] lexopt::Error),
    #[error("{option} wants {wanted}, not {given:?}")]
    BadValue { option: &'static str, wanted: String, given: OsString },
    #[error("the user {0:?} is not UTF-8")]
    User(OsString),
    #[error("--inline answers without threads, so --threads makes no sense with it; leave out one of the two")]
    InlineThreads,
    #[error("nobody to log in: name a user, such as 'alice', or make a load with --calls")]
    Nobody,
}

/// The text of `--help`.
pub(crate) fn help() -> String {
    format!(
        "\
Logs users in: a library asks its host for a profile, and opens a session with it.

Usage: login [OPTIONS] USER...
       login [OPTIONS] --calls N [USER...]

Options:
      --calls N    log in N times, up to {in_flight} at once, and print a summary; the users take
                   turns, and without users all that have a profile do
      --db FILE    the SQLite database of profiles; made with a few profiles if it is not there
                   [default: {default}]
      --inline     answer the library on its own thread, before the host function returns
      --threads N  answer from N worker threads, 1 to {MAX_THREADS} [default: 1]
  -h, --help       print this
  -V, --version    print the library's version

Exit status:
  0  every user was logged in, or is unknown
  1  a login failed for another reason, or none could be tried
  2  the command line makes no sense
",
        in_flight = crate::load::IN_FLIGHT,
        default = profiles::default_path().display(),
    )
}

/// Reads the arguments, without the program's name.
pub(crate) fn parse(arguments: impl Iterator<Item = OsString>) -> Result<Command, UsageError> {
    let mut parser = lexopt::Parser::from_args(arguments);
    let (mut users, mut database, mut inline, mut threads, mut calls) = (Vec::new(), None, false, None, None);
    while let Some(argument) = parser.next()? {
        match argument {
            Short('h') | Long("help") => return Ok(Command::Help),
            Short('V') | Long("version") => return Ok(Command::Version),
            Long("inline") => inline = true,
            Long("threads") => threads = Some(number("--threads", parser.value()?, Some(MAX_THREADS))?.get()),
            Long("calls") => calls = Some(number("--calls", parser.value()?, None)?),
            Long("db") => database = Some(file("--db", parser.value()?)?),
            Value(user) => users.push(user.into_string().map_err(UsageError::User)?),
            other => return Err(other.unexpected().into()),
        }
    }
    if inline && threads.is_some() {
        return Err(UsageError::InlineThreads);
    }
    let work = match calls {
        Some(calls) => Work::Load { calls },
        None if users.is_empty() => return Err(UsageError::Nobody),
        None => Work::Each,
    };
    let database = database.unwrap_or_else(profiles::default_path);
    Ok(Command::Run(Plan { users, database, threads: (!inline).then(|| threads.unwrap_or(1)), work }))
}

fn number(option: &'static str, given: OsString, max: Option<u64>) -> Result<NonZero<u64>, UsageError> {
    match given.to_str().and_then(|given| given.parse::<NonZero<u64>>().ok()) {
        Some(number) if max.is_none_or(|max| number.get() <= max) => Ok(number),
        _ => {
            let end = max.map_or("on".to_owned(), |max| format!("to {max}"));
            Err(UsageError::BadValue { option, wanted: format!("a number from 1 {end}"), given })
        }
    }
}

fn file(option: &'static str, given: OsString) -> Result<PathBuf, UsageError> {
    if given.is_empty() {
        return Err(UsageError::BadValue { option, wanted: "a file".to_owned(), given });
    }
    Ok(given.into())
}
