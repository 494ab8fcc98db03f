//! Finds what cargo built of an example, and runs programs that might hang.
#![allow(dead_code, unreachable_pub, reason = "each test file uses a part of it")]
#![allow(clippy::allow_attributes, reason = "whether the expectation above holds differs between test files")]

#[cfg(unix)]
pub mod native;

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// Longer than anything here takes: a program that runs this long hangs.
pub const PATIENCE: Duration = Duration::from_secs(300);

/// The folder of the built examples: the test is `<profile>/deps/<test>`, and they are in `<profile>/examples`.
pub fn folder() -> PathBuf {
    let test = std::env::current_exe().expect("the test knows where it is");
    test.parent().and_then(Path::parent).expect("it is in the folder deps").join("examples")
}

/// A file that cargo built of an example, which must be newer than the sources that cargo lists for it: `cargo test --test
/// example_…` builds the test without the example, and an old example would pass for the new one.
#[track_caller]
pub fn built(file: &str, dep_info: &str) -> PathBuf {
    const ADVICE: &str = "run 'cargo test', or 'cargo build --examples' with the same options first";
    let file = folder().join(file);
    let modified = |path: &Path| fs::metadata(path).and_then(|metadata| metadata.modified());
    let built = modified(&file).unwrap_or_else(|error| fail(&format!("{}: {error}; {ADVICE}", file.display())));
    let sources = fs::read_to_string(folder().join(dep_info)).expect("cargo lists the sources of an example");
    let (_, sources) = sources.split_once(": ").expect("a file, then its sources");
    for source in sources.trim_end().replace("\\ ", "\0").split(' ') {
        let source = PathBuf::from(source.replace('\0', " "));
        let written =
            modified(&source).unwrap_or_else(|error| fail(&format!("{}: {error}; {ADVICE}", source.display())));
        assert!(written <= built, "{} is older than {}; {ADVICE}", file.display(), source.display());
    }
    file
}

/// A new, empty folder for a test's files, among cargo's other ones.
pub fn scratch(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    match fs::remove_dir_all(&folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => fail(&format!("{}: {error}", folder.display())),
        _ => fs::create_dir_all(&folder).expect("a scratch folder can be made"),
    }
    folder
}

/// What a program did.
#[derive(Debug)]
pub struct Ran {
    /// What it wrote to standard output.
    pub out: String,
    /// What it wrote to standard error.
    pub err: String,
    /// Its exit status, if it was not killed.
    pub code: Option<i32>,
}

/// Runs a program to its end.
#[track_caller]
pub fn run(command: &mut Command) -> Ran {
    run_within(PATIENCE, command)
}

/// Runs a program that may take as long as this.
#[track_caller]
pub fn run_within(patience: Duration, command: &mut Command) -> Ran {
    let command = command.stdin(Stdio::null()).stdout(Stdio::piped());
    let Output { status, stdout, stderr } = capture_within(patience, command);
    let text = |bytes| String::from_utf8(bytes).expect("programs write UTF-8");
    Ran { out: text(stdout), err: text(stderr), code: status.code() }
}

/// Runs a program whose standard output is set already.
#[track_caller]
pub fn capture(command: &mut Command) -> Output {
    capture_within(PATIENCE, command)
}

#[track_caller]
fn capture_within(patience: Duration, command: &mut Command) -> Output {
    let spawned = command.stderr(Stdio::piped()).spawn();
    let mut child = spawned.unwrap_or_else(|error| fail(&format!("{command:?} does not start: {error}")));
    let (out, err) = (drain(child.stdout.take()), drain(child.stderr.take()));
    let status = await_end_within(patience, &mut child);
    let joined = |reader: thread::JoinHandle<Vec<u8>>| reader.join().expect("reading does not panic");
    Output { status, stdout: joined(out), stderr: joined(err) }
}

/// Waits for the end of a program, but not for ever.
#[track_caller]
pub fn await_end(child: &mut Child) -> ExitStatus {
    await_end_within(PATIENCE, child)
}

#[track_caller]
fn await_end_within(patience: Duration, child: &mut Child) -> ExitStatus {
    let start = Instant::now();
    loop {
        if let Some(status) = child.try_wait().expect("a child can be waited for") {
            return status;
        }
        if start.elapsed() > patience {
            child.kill().expect("a child can be killed");
            child.wait().expect("a killed child ends");
            fail("the program hangs");
        }
        thread::sleep(Duration::from_millis(2));
    }
}

/// Reads a pipe to its end on a thread, so that a full one does not stop the program.
fn drain(pipe: Option<impl Read + Send + 'static>) -> thread::JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut pipe) = pipe {
            pipe.read_to_end(&mut bytes).expect("a pipe can be read");
        }
        bytes
    })
}

#[track_caller]
#[expect(clippy::panic, reason = "a test fails by a panic")]
fn fail(text: &str) -> ! {
    panic!("{text}");
}
