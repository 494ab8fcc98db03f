//! Logs users in: a Rust library that opens sessions, and a host that knows the users and keeps them in SQLite.
//!
//! ```text
//! cargo run --example login -- alice bob nobody
//! ```
//!
//! ```text
//!   host.rs, a C programmer's view                    library.rs, a Rust author's view
//!
//!   login_open_session("alice") ────────────────────> open_session("alice")
//!                                                       fetch_profile("alice").await
//!   on_fetch_profile(token, "alice") <──────────────────┘
//!     workers.rs, profiles.rs: SELECT …
//!   login_host_complete(token, profile) ────────────> … goes on, makes a session
//!   on_ended(session) <──────────────────────────────── Ok(session)
//! ```
//!
//! Read `library.rs` first, then `abi.rs` and `host.rs`. Library and host are one program here so that one command runs
//! them; they share no type and call each other through C functions alone, so each could be replaced by C.

mod abi;
mod host;
mod latencies;
mod library;
mod load;
mod options;
mod profiles;
mod progress;
mod workers;

use self::host::{Answering, Host, LoginError, Refused};
use self::library::{Login, OPTIONS};
use self::options::{Command, Plan, UsageError, Work};
use self::profiles::{Profiles, Unusable};
use std::io::{self, Write};
use std::process::ExitCode;

ffihost::library!("login", Login, options = OPTIONS);

/// What the sessions are for; the library is told when it is created.
const SERVICE: &str = "wonderland";

/// Why the program ends without having done what it was asked to.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("{0}\nlogin: '--help' lists the options")]
    Usage(#[from] UsageError),
    #[error(transparent)]
    Profiles(#[from] Unusable),
    #[error(transparent)]
    Library(#[from] Refused),
    #[error("cannot write the results: {0}")]
    Output(#[from] io::Error),
}

fn main() -> ExitCode {
    let mut out = io::stdout().lock();
    let failure = match options::parse(std::env::args_os().skip(1)).map_err(Failure::from) {
        Ok(Command::Help) => write!(out, "{}", options::help()).err().map(Failure::from),
        Ok(Command::Version) => writeln!(out, "login {}", abi::version()).err().map(Failure::from),
        Ok(Command::Run(plan)) => match run(&plan, &mut out) {
            Ok(true) => None,
            Ok(false) => return ExitCode::from(1),
            Err(failure) => Some(failure),
        },
        Err(failure) => Some(failure),
    };
    match failure {
        None => ExitCode::SUCCESS,
        // Whoever reads our output has had enough, and nobody is left to be told.
        Some(Failure::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::from(1),
        Some(failure) => {
            // Without a standard error there is nobody to be told either.
            let _ = writeln!(io::stderr(), "login: {failure}");
            ExitCode::from(if matches!(failure, Failure::Usage(_)) { 2 } else { 1 })
        }
    }
}

/// Does the work; false if a login failed for another reason than an unknown user.
fn run(plan: &Plan, out: &mut impl Write) -> Result<bool, Failure> {
    let profiles = Profiles::open(&plan.database)?;
    let known = profiles.users()?;
    let answering = match plan.threads {
        None => Answering::Inline(profiles),
        Some(threads) => {
            Answering::Workers((0..threads).map(|_| Profiles::open(&plan.database)).collect::<Result<_, _>>()?)
        }
    };
    let host = Host::open(SERVICE, answering)?;
    let all_well = match plan.work {
        Work::Each => log_in_each(&host, &plan.users, out)?,
        Work::Load { calls } => {
            let users = if plan.users.is_empty() { &known } else { &plan.users };
            if users.is_empty() {
                return Err(Unusable::no_profiles(&plan.database).into());
            }
            let summary = load::run(&host, users, calls)?;
            write!(out, "{summary}")?;
            summary.all_well()
        }
    };
    host.close()?;
    Ok(all_well)
}

/// Logs one user in after the other, and writes a line for each.
fn log_in_each(host: &Host, users: &[String], out: &mut impl Write) -> io::Result<bool> {
    let mut all_well = true;
    for user in users {
        match host.log_in(user) {
            Ok(session) => writeln!(out, "{}: {session}", user.escape_debug())?,
            Err(error) => {
                all_well &= matches!(error, LoginError::UnknownUser(_));
                writeln!(out, "{}: {error}", user.escape_debug())?;
            }
        }
    }
    out.flush()?;
    Ok(all_well)
}
