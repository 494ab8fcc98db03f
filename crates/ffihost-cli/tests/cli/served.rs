//! Libraries that are served by `ffihost serve`, and commands that talk to it.
//!
//! Nothing here sleeps: whatever is waited for says something, on standard output, in a log, or through a pipe with a name.

use rustix::process::{Pid, Signal, kill_process};
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

// So that they are built before this runs.
use every_type as _;
use my_timer as _;

/// So long is waited for what comes at once, before a test has failed rather than hang.
pub(crate) const PATIENCE: Duration = Duration::from_secs(300);

pub(crate) const NAME: &str = r#"{"name":"ipc-server"}"#;

/// A compiled library.
pub(crate) fn library(name: &str) -> PathBuf {
    let name = format!("{}{name}{}", std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX);
    std::env::current_exe().expect("a test has a file").with_file_name(name)
}

/// `ffihost`, which nothing of this process' environment changes.
pub(crate) fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ffihost"));
    for name in ["RUST_LOG", "LISTEN_FDS", "LISTEN_PID", "LISTEN_FDS_FIRST_FD", "NOTIFY_SOCKET"] {
        command.env_remove(name);
    }
    command.stdin(Stdio::null());
    command
}

/// A process that is killed when it is dropped, and the lines that it says.
pub(crate) struct Running {
    child: Child,
    stdout: Receiver<String>,
    log: Receiver<String>,
    logged: Vec<String>,
}

/// Lines as they come; they are read on also when nobody takes them, so that whoever says them need not wait.
fn lines(of: impl Read + Send + 'static) -> Receiver<String> {
    let (say, said) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(of).lines() {
            let _nobody_listens = say.send(line.expect("UTF-8"));
        }
    });
    said
}

/// Does what ends soon, or the test has failed.
#[track_caller]
fn soon<T: Send + 'static>(what: impl FnOnce() -> T + Send + 'static) -> T {
    let (done, is_done) = channel();
    std::thread::spawn(move || done.send(what()));
    is_done.recv_timeout(PATIENCE).expect("it does not end")
}

impl Running {
    pub(crate) fn start(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts");
        let stdout = lines(child.stdout.take().expect("it is piped"));
        let log = lines(child.stderr.take().expect("it is piped"));
        Self { child, stdout, log, logged: Vec::new() }
    }

    /// The next line of standard output.
    #[track_caller]
    pub(crate) fn line(&mut self) -> String {
        match self.stdout.recv_timeout(PATIENCE) {
            Ok(line) => line,
            Err(end) => panic!("{end}: it printed no line, but said {:#?}", self.log.try_iter().collect::<Vec<_>>()),
        }
    }

    /// Waits until a line of standard error has this, and gives the line.
    #[track_caller]
    pub(crate) fn says(&mut self, what: &str) -> String {
        loop {
            let next = self.log.recv_timeout(PATIENCE);
            let line = next.unwrap_or_else(|end| panic!("{end}: it never said {what:?}, but {:#?}", self.logged));
            self.logged.push(line.clone());
            if line.contains(what) {
                return line;
            }
        }
    }

    pub(crate) fn signal(&self, signal: Signal) {
        let id = i32::try_from(self.child.id()).expect("a process id");
        kill_process(Pid::from_raw(id).expect("it is not 0"), signal).expect("it runs");
    }

    /// Waits for its end: the exit status, the rest of standard output, and all of standard error.
    #[track_caller]
    pub(crate) fn end(mut self) -> (Option<i32>, String, Vec<String>) {
        let rest: String = until_the_end(&self.stdout).into_iter().map(|line| line + "\n").collect();
        let mut logged = std::mem::take(&mut self.logged);
        logged.extend(until_the_end(&self.log));
        // Both ends of its pipes are closed: it has ended, or is about to.
        let status = self.child.wait().expect("it is our child");
        (status.code(), rest, logged)
    }
}

#[track_caller]
fn until_the_end(lines: &Receiver<String>) -> Vec<String> {
    let mut all = Vec::new();
    loop {
        match lines.recv_timeout(PATIENCE) {
            Ok(line) => all.push(line),
            Err(RecvTimeoutError::Disconnected) => return all,
            Err(RecvTimeoutError::Timeout) => panic!("it does not end, but says {all:#?}"),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _already_gone = self.child.kill();
        let _already_waited_for = self.child.wait();
    }
}

/// A server and its addresses.
pub(crate) struct Served {
    pub(crate) server: Running,
    pub(crate) unix: String,
    pub(crate) tcp: String,
    pub(crate) folder: tempfile::TempDir,
}

impl Served {
    /// `my_timer`, on a unix socket and on TCP.
    pub(crate) fn timer() -> Self {
        Self::with("my_timer", &["--args", NAME])
    }

    pub(crate) fn with(name: &str, args: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("there is room");
        let unix = format!("unix:{}", folder.path().join("s").display());
        let mut command = program();
        command.arg("serve").arg(library(name)).args(["--listen", &unix, "--listen", "tcp:127.0.0.1:0"]).args(args);
        let mut server = Running::start(&mut command);
        assert_eq!(server.line(), format!("listening on {unix}"));
        let tcp = server.line();
        let tcp = tcp.strip_prefix("listening on ").expect("the second address").to_owned();
        assert!(tcp.starts_with("tcp:127.0.0.1:") && !tcp.ends_with(":0"), "{tcp}");
        Self { server, unix, tcp, folder }
    }

    pub(crate) fn both(&self) -> [&str; 2] {
        [&self.unix, &self.tcp]
    }

    /// `ffihost call <address> …`, to its end.
    pub(crate) fn call(&self, args: &[&str]) -> Called {
        call_at(&self.unix, args)
    }

    /// Stops it cleanly.
    #[track_caller]
    pub(crate) fn stop(self) -> Vec<String> {
        self.server.signal(Signal::TERM);
        let (status, _, logged) = self.server.end();
        assert_eq!(status, Some(0), "{logged:#?}");
        logged
    }

    /// A pipe with a name, in the server's folder.
    pub(crate) fn pipe(&self, name: &str) -> Pipe {
        let path = self.folder.path().join(name);
        let made = Command::new("mkfifo").arg(&path).status().expect("mkfifo is there");
        assert!(made.success());
        Pipe(path)
    }
}

/// A pipe with a name.
pub(crate) struct Pipe(PathBuf);

impl Pipe {
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// Waits until somebody writes to it.
    #[track_caller]
    pub(crate) fn open(&self) -> Open {
        let path = self.0.clone();
        Open(soon(move || BufReader::new(File::open(path).expect("it is there"))))
    }

    /// Waits until somebody reads, and writes.
    #[track_caller]
    pub(crate) fn write(&self, text: &'static str) {
        let path = self.0.clone();
        soon(move || std::fs::write(path, text).expect("somebody reads"));
    }
}

/// A pipe that is written to.
pub(crate) struct Open(BufReader<File>);

impl Open {
    /// Waits for a line.
    #[track_caller]
    pub(crate) fn line(self) -> (String, Self) {
        let mut file = self.0;
        soon(move || {
            let mut line = String::new();
            file.read_line(&mut line).expect("UTF-8");
            (line, Self(file))
        })
    }

    /// Waits until nobody has it open for writing any more; nothing more may come.
    #[track_caller]
    pub(crate) fn ends(self) {
        let mut file = self.0;
        assert_eq!(soon(move || file.read_to_end(&mut Vec::new()).expect("it can be read")), 0);
    }
}

/// How a command ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Called {
    pub(crate) status: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Called {
    pub(crate) fn of(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
        Self { status: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }

    /// It printed this line and nothing else.
    #[track_caller]
    pub(crate) fn printed(&self, line: &str) {
        let expected = Self { status: Some(0), stdout: format!("{line}\n"), stderr: String::new() };
        assert_eq!(self, &expected);
    }

    /// It failed, with this on standard error and nothing else.
    #[track_caller]
    pub(crate) fn failed(&self, status: i32, stderr: &str) {
        let expected = Self { status: Some(status), stdout: String::new(), stderr: format!("{stderr}\n") };
        assert_eq!(self, &expected);
    }
}

#[track_caller]
pub(crate) fn call_at(address: &str, args: &[&str]) -> Called {
    let mut command = program();
    command.arg("call").arg(address).args(args);
    run(command)
}

/// Runs a command to its end, or the test has failed, and kills it.
#[track_caller]
pub(crate) fn run(mut command: Command) -> Called {
    let (status, stdout, said) = Running::start(&mut command).end();
    Called { status, stdout, stderr: said.into_iter().map(|line| line + "\n").collect() }
}
