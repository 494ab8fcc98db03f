//! Running a command, and comparing what it said.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// How a command ended, and what it printed.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Runs `ffihost` where the fixtures are, so that no path of this machine is printed.
pub(crate) fn ffihost(args: &[&str]) -> Ran {
    ran(Command::new(env!("CARGO_BIN_EXE_ffihost")).args(args).current_dir(fixtures()).output())
}

/// Runs `cargo-ffihost` as cargo does.
pub(crate) fn cargo_ffihost(args: &[&str]) -> Ran {
    ran(Command::new(env!("CARGO_BIN_EXE_cargo-ffihost")).arg("ffihost").args(args).current_dir(fixtures()).output())
}

fn ran(output: std::io::Result<Output>) -> Ran {
    let Output { status, stdout, stderr } = output.expect("the program starts");
    Ran {
        status: status.code().expect("no signal"),
        stdout: String::from_utf8(stdout).expect("UTF-8"),
        stderr: String::from_utf8(stderr).expect("UTF-8"),
    }
}

pub(crate) fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../ffihost-schema/tests/fixtures")
}

/// A folder of the test's own, empty.
pub(crate) fn scratch(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    if folder.exists() {
        std::fs::remove_dir_all(&folder).expect("the last run's folder");
    }
    std::fs::create_dir_all(&folder).expect("a folder");
    folder
}

/// The library of the fixtures, in a folder of the test's own, with its request `add` called `str`: as a helper in C.
pub(crate) fn with_request_str(folder: &str) -> PathBuf {
    let mut bytes = std::fs::read(fixtures().join("libnotes-x86_64.so")).expect("the fixture");
    let at = bytes.windows(4).position(|window| window == b"\x63add").expect("the request's name in CBOR");
    bytes[at..at + 4].copy_from_slice(b"\x63str");
    let library = scratch(folder).join("libnotes.so");
    std::fs::write(&library, bytes).expect("a file");
    library
}

/// What was printed is what the file says.
#[track_caller]
pub(crate) fn golden(name: &str, printed: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, printed).expect("the golden file");
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default().replace("\r\n", "\n");
    assert_eq!(printed, committed, "{name}: UPDATE=1 writes it anew");
}

/// The command failed, with that on stderr and nothing else.
#[track_caller]
pub(crate) fn fails(args: &[&str], message: &str) {
    let ran = ffihost(args);
    assert_eq!((ran.status, ran.stdout.as_str(), ran.stderr.as_str()), (2, "", format!("error: {message}\n").as_str()));
}
