//! `call` and `listen`.

use super::values::some_time;
use clap::Args as ClapArgs;
use ffihost_ipc::Address;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

/// How JSON stands for what crosses.
const JSON: &str = "\
JSON stands for the library's types:
  integers         a number, exact in all 64 bits
  f32, f64         a number, \"NaN\", \"Infinity\" or \"-Infinity\"
  bool, String     true or false, a text
  Vec<u8>          a text in base64
  Vec<T>           a list
  HashMap, struct  an object
  Option<T>        null, or the value; an argument or a field may be left out
  enum             \"Variant\"; with data {\"Variant\": value} or {\"Variant\": {fields}}
  Handle<T>        its number; the request <handle>_release gives it back
  ()               null
Keys that the library does not know are errors.

A host function's command is run by `sh -c` for each call, several at once. Its standard input is the arguments, an object in \
one line. If it ends with 0, its standard output is the result; with 1, the declared error; everything else is a failure, and \
the last line of its standard error says why. It is killed when nobody waits for the answer any more.";

/// Make a request to a library that is served.
///
/// Prints the result as JSON: in several lines on a terminal, otherwise in one. Without METHOD it prints what the library
/// offers, as `ffihost inspect` does.
#[derive(Debug, ClapArgs)]
#[command(after_help = format!("{JSON}\n\nExit status: 0 with the result; 1 with the request's declared error, as JSON on \
    standard error; 2 with a message if something else is wrong; 130 at Ctrl-C."))]
pub(crate) struct Call {
    #[command(flatten)]
    pub(crate) remote: Remote,
    /// The request.
    pub(crate) method: Option<String>,
    /// Its arguments, as a JSON object; - reads them from standard input [default: none].
    pub(crate) arguments: Option<String>,
    /// Time after which the server cancels the request, such as 5s.
    #[arg(long, value_name = "TIME", value_parser = some_time)]
    pub(crate) timeout: Option<Duration>,
    /// Print the result in one line on a terminal too.
    #[arg(long)]
    pub(crate) compact: bool,
}

/// Print the events of a library that is served.
///
/// Each is a JSON object in one line. Standard error says how many were missed. It ends with the connection, at Ctrl-C, or
/// when standard output is closed.
#[derive(Debug, ClapArgs)]
#[command(after_help = format!("{JSON}\n\nExit status: 0 after --count events or at Ctrl-C; 2 with a message if something is \
    wrong."))]
pub(crate) struct Listen {
    #[command(flatten)]
    pub(crate) remote: Remote,
    /// The event.
    pub(crate) event: String,
    /// End after so many events.
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) count: Option<u64>,
}

/// Which server, and what is done for its library.
#[derive(Debug, ClapArgs)]
pub(crate) struct Remote {
    /// Where the library is served: unix:<path> or tcp:<host>:<port>.
    pub(crate) address: Address,
    /// A file with the token that the server asks for, in one line.
    #[arg(long, value_name = "FILE")]
    pub(crate) token_file: Option<PathBuf>,
    /// Use TLS, and trust servers whose certificate one of these has signed: a file with PEM certificates.
    #[arg(long, value_name = "FILE")]
    pub(crate) tls_ca: Option<PathBuf>,
    /// Connect to another machine without TLS.
    #[arg(long)]
    pub(crate) insecure: bool,
    /// Answer a host function by a command, meanwhile; as often as needed.
    #[arg(long, value_name = "NAME=COMMAND")]
    pub(crate) host_fn: Vec<HostFn>,
}

/// A host function, and what answers it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HostFn {
    pub(crate) name: String,
    pub(crate) command: String,
}

impl FromStr for HostFn {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once('=') {
            Some((name, command)) if !name.is_empty() && !command.trim().is_empty() => {
                Ok(Self { name: name.to_owned(), command: command.to_owned() })
            }
            _ => Err("write the host function's name, = and a command"),
        }
    }
}
