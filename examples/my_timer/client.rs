//! A client of the timer in Rust: of one that is served, or of one in this process. What differs is one line.
//!
//! ```text
//! cargo run -p ffihost-examples --example my_timer_client -- --socket unix:timer.sock
//! cargo run -p ffihost-examples --example my_timer_client -- --library target/debug/libmy_timer.so
//! ```

#[path = "generated/my_timer.rs"]
mod my_timer;

use ffihost_ipc::client::Options;
use ffihost_load::Library;
use lexopt::{Arg, Parser, ValueExt};
use my_timer::{EchoRequest, MyTimer};
use std::error::Error;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

/// Where the timer is.
enum Place {
    Socket(String),
    Library(PathBuf),
}

fn place() -> Result<Place, lexopt::Error> {
    let mut args = Parser::from_env();
    match args.next()? {
        Some(Arg::Long("socket")) => Ok(Place::Socket(args.value()?.string()?)),
        Some(Arg::Long("library")) => Ok(Place::Library(args.value()?.into())),
        Some(other) => Err(other.unexpected()),
        None => Err("say where the timer is: --socket <address>, or --library <file>".into()),
    }
}

async fn run() -> Result<(), Box<dyn Error>> {
    let timer = match place()? {
        Place::Socket(address) => MyTimer::connect(&address.parse()?, Options::default()).await?,
        // The user says which library to run.
        Place::Library(file) => MyTimer::load(Library::open_trusted(&file, None)?, "ipc-server").await?,
    };
    let echo = timer.echo(EchoRequest { message: "hello over the wire".to_owned(), delay_ms: 10 }).await?;
    let mut out = io::stdout();
    writeln!(out, "{}", timer.client().version())?;
    writeln!(out, "echo.echoed = {}", echo.echoed)?;
    writeln!(out, "echo.timer = {}", echo.timer)?;
    timer.close().await;
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nobody reads it if that fails.
            let _ = writeln!(io::stderr(), "{error}");
            ExitCode::FAILURE
        }
    }
}
