//! Host functions that commands answer.

use crate::error::Printable;
use crate::json::{Json, Types};
use crate::output;
use ffihost_ipc::Status;
use ffihost_ipc::client::Call;
use ffihost_schema::{HostFn, Library};
use std::io;
use std::process::{Output, Stdio};
use std::sync::Arc;
use tokio::io::AsyncWriteExt;
use tokio::process::{Child, Command};

/// What settles a call.
#[derive(Debug, PartialEq, Eq)]
enum Answer {
    Result(Vec<u8>),
    Declared(Vec<u8>),
    /// Neither: a number that is no status, or that of what does not decode, and a text.
    Failed(i32, String),
}

/// The failure of a command: no status has this number, so the library passes the text on.
const FAILED: i32 = -1;

/// A function that runs a command for each call, beside each other.
pub(crate) fn by_command(surface: Arc<Library>, name: &str, command: &str) -> impl Fn(Call) + Send + Sync + 'static {
    let (name, command) = (name.to_owned(), command.to_owned());
    move |call| {
        let (surface, name, command) = (Arc::clone(&surface), name.clone(), command.clone());
        tokio::spawn(async move {
            let Some(function) = surface.host_fns.iter().find(|function| function.name == name) else { return };
            settle(Types(&surface), function, &command, call).await;
        });
    }
}

async fn settle(types: Types<'_>, function: &HostFn, command: &str, mut call: Call) {
    let arguments = match types.arguments_to_json(&function.params, call.payload()) {
        Ok(arguments) => format!("{}\n", arguments.compact()),
        Err(misfit) => return call.fail(Status::Decode.code(), &format!("the arguments are no JSON: {misfit}")),
    };
    let answer = tokio::select! {
        biased;
        () = call.cancelled() => return,
        output = run(command, arguments.as_bytes()) => match output {
            Ok(output) => read(types, function, &output),
            Err(error) => Answer::Failed(FAILED, format!("cannot run `{command}`: {error}")),
        },
    };
    match answer {
        Answer::Result(result) => call.succeed(&result),
        Answer::Declared(error) => call.reject(&error),
        Answer::Failed(status, text) => {
            output::print_warning(&format_args!("host function `{}`: {}", function.name, Printable(&text)));
            call.fail(status, &text);
        }
    }
}

/// Runs a command to its end. Dropped, it kills what it has started.
async fn run(command: &str, input: &[u8]) -> io::Result<Output> {
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(command).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    #[cfg(unix)]
    shell.process_group(0);
    let mut child = shell.spawn()?;
    let mut stdin = child.stdin.take();
    let group = Group::of(&child);
    let give = async {
        if let Some(stdin) = &mut stdin {
            // It need not read its arguments.
            let _ = stdin.write_all(input).await;
        }
        drop(stdin);
    };
    let (output, ()) = tokio::join!(child.wait_with_output(), give);
    group.has_ended();
    output
}

/// The processes of a command, which may be more than its shell. Dropped, they are killed.
struct Group {
    #[cfg(unix)]
    leader: Option<rustix::process::Pid>,
}

impl Group {
    #[cfg(unix)]
    fn of(child: &Child) -> Self {
        let id = child.id().and_then(|id| i32::try_from(id).ok());
        Self { leader: id.and_then(rustix::process::Pid::from_raw) }
    }

    #[cfg(not(unix))]
    fn of(_: &Child) -> Self {
        Self {}
    }

    /// The number may be another's from now on.
    fn has_ended(self) {
        #[cfg(unix)]
        let _ = std::mem::ManuallyDrop::new(self);
    }
}

#[cfg(unix)]
impl Drop for Group {
    fn drop(&mut self) {
        if let Some(leader) = self.leader {
            let _all_have_ended = rustix::process::kill_process_group(leader, rustix::process::Signal::KILL);
        }
    }
}

/// What a command has said.
fn read(types: Types<'_>, function: &HostFn, output: &Output) -> Answer {
    let said = String::from_utf8_lossy(&output.stdout);
    let said = said.trim();
    match (output.status.code(), &function.error) {
        (Some(0), _) => {
            // A command that has nothing to say says nothing.
            let json = if said.is_empty() { Ok(Json::Null) } else { said.parse::<Json>() };
            let result = json.map_err(|error| format!("no JSON: {error}"));
            let result =
                result.and_then(|json| types.to_cbor(&function.result, &json).map_err(|misfit| misfit.to_string()));
            result.map_or_else(
                |why| Answer::Failed(Status::Decode.code(), format!("its command printed {why}")),
                Answer::Result,
            )
        }
        (Some(1), Some(error)) => {
            let declared = said.parse::<Json>().ok().and_then(|json| types.to_cbor(error, &json).ok());
            declared.map_or_else(|| failed(output), Answer::Declared)
        }
        _ => failed(output),
    }
}

/// The last line that is not empty.
fn failed(output: &Output) -> Answer {
    let why = String::from_utf8_lossy(&output.stderr);
    let why = why.lines().rev().map(str::trim).find(|line| !line.is_empty());
    let why = why.map_or_else(|| format!("its command ended with {}", output.status), str::to_owned);
    Answer::Failed(FAILED, why)
}
