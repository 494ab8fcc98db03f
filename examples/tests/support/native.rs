//! Libraries, the bindings that are committed beside them, and hosts in C and C++ that are compiled with them.

use super::{Ran, run, run_within};
use ffihost_bindgen::{Language, generate};
use ffihost_schema::{Checked, libraries_in_file};
use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// The folder of the examples.
pub fn examples() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The library, which cargo built before this test, as one of its dependencies: it is beside it.
pub fn library(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("the test knows where it is");
    test.with_file_name(format!("{DLL_PREFIX}{name}{DLL_SUFFIX}"))
}

/// What is in the library, read out of the file.
pub fn surface(name: &str) -> Checked {
    let file = fs::read(library(name)).expect("cargo has built it");
    let mut libraries = libraries_in_file(&file).expect("it is a library of ffihost");
    assert_eq!(libraries.len(), 1, "one library in the file");
    libraries.remove(0)
}

/// The bindings in `<name>/generated` are what is generated from the library; with `UPDATE=1` they are written. The header
/// that is ffihost's own is in `include`.
pub fn check_generated(name: &str) {
    let (surface, folder) = (surface(name), examples().join(name).join("generated"));
    for language in Language::ALL {
        let files = generate(&surface, language).expect("it can be bound");
        for file in files.into_iter().filter(|file| file.path != "ffihost.h") {
            let path = folder.join(&file.path);
            if std::env::var_os("UPDATE").is_some_and(|value| value == "1") {
                fs::create_dir_all(&folder).expect("the folder can be made");
                fs::write(&path, &file.contents).expect("it can be written");
            }
            let committed = fs::read_to_string(&path).unwrap_or_default();
            let same = committed == file.contents;
            assert!(same, "{} is not that of the library: look at it, then run with UPDATE=1", path.display());
        }
    }
}

/// Everything that the library exports, in order.
pub fn exported(name: &str) -> Vec<String> {
    let ran = run(Command::new("nm").args(["--dynamic", "--defined-only", "--format=posix"]).arg(library(name)));
    assert_eq!((ran.err.as_str(), ran.code), ("", Some(0)));
    let mut symbols: Vec<_> = ran.out.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect();
    symbols.sort_unstable();
    symbols
}

/// What every library exports, its prefix left out.
pub const OF_EVERY_LIBRARY: [&str; 22] = [
    "abi_descriptor",
    "abi_hash",
    "abi_layout",
    "add_event_listener",
    "add_event_listener_cbor",
    "cancel",
    "close",
    "create",
    "create_cbor",
    "destroy",
    "host_complete",
    "host_fn_registered",
    "register_host_fn",
    "register_host_fn_cbor",
    "register_host_fn_with",
    "register_host_fns",
    "release_bytes",
    "release_error",
    "release_string",
    "remove_event_listener",
    "stats",
    "version",
];

/// Warnings that both languages have. All are errors.
const WARNINGS: &[&str] = &[
    "-Wall",
    "-Wextra",
    "-Wpedantic",
    "-Wconversion",
    "-Wsign-conversion",
    "-Wshadow",
    "-Wundef",
    "-Wcast-qual",
    "-Wdouble-promotion",
    "-Wformat=2",
    "-Wvla",
    "-Wwrite-strings",
    "-Werror",
];
const WARNINGS_IN_C: &[&str] = &["-Wstrict-prototypes", "-Wmissing-prototypes", "-Wold-style-definition"];
const WARNINGS_IN_CPP: &[&str] = &["-Wold-style-cast", "-Wnon-virtual-dtor", "-Woverloaded-virtual", "-Wextra-semi"];
const WARNINGS_OF_GCC: &[&str] = &["-Wcast-align=strict"];
const WARNINGS_OF_GXX: &[&str] = &["-Wuseless-cast"];

/// A memory error, undefined behaviour or a leak ends the program with a report.
pub const SANITIZE: &[&str] = &["-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-g"];

/// A compiler has a few seconds of work, but perhaps not for itself.
const COMPILERS_PATIENCE: Duration = Duration::from_secs(300);

/// A host, and what it is compiled with.
pub struct Source<'a> {
    /// The library that it is for, whose folder it is in.
    pub library: &'a str,
    /// `host.c` or `host.cpp`.
    pub file: &'a str,
    /// The version of the language.
    pub standard: &'a str,
    /// Where the generated headers are, if not where they belong.
    pub headers: Option<&'a Path>,
    /// Further arguments.
    pub flags: &'a [&'a str],
}

impl Source<'_> {
    fn is_cpp(&self) -> bool {
        self.file.ends_with(".cpp")
    }

    fn command(&self, compiler: &str) -> Command {
        let mut command = Command::new(compiler);
        command.arg(format!("-std={}", self.standard)).args(WARNINGS).args(self.flags).arg("-pthread");
        command.args(if self.is_cpp() { WARNINGS_IN_CPP } else { WARNINGS_IN_C });
        let generated = examples().join(self.library).join("generated");
        command.arg("-I").arg(examples().join("../include")).arg("-I").arg(self.headers.unwrap_or(&generated));
        command.arg(examples().join(self.library).join(self.file));
        command
    }

    /// Compiles it with gcc, every warning an error, and links it with the library.
    #[track_caller]
    pub fn compile(&self, folder: &Path) -> PathBuf {
        let (library, host) = (library(self.library), folder.join("host"));
        let libraries = library.parent().expect("it is in a folder");
        let mut command = self.command(if self.is_cpp() { "g++" } else { "gcc" });
        command.args(WARNINGS_OF_GCC).args(if self.is_cpp() { WARNINGS_OF_GXX } else { &[] });
        command.arg("-L").arg(libraries).arg(format!("-l{}", self.library)).arg("-o").arg(&host);
        command.arg(format!("-Wl,-rpath,{}", libraries.display()));
        let ran = run_within(COMPILERS_PATIENCE, &mut command);
        assert_eq!((ran.err.as_str(), ran.code), ("", Some(0)), "{} compiles without a warning", self.file);
        host
    }

    /// Has clang look at it, if there is one.
    #[track_caller]
    #[expect(clippy::print_stderr, reason = "a test that does not run says so")]
    pub fn check_with_clang(&self) {
        let clang = if self.is_cpp() { "clang++" } else { "clang" };
        if Command::new(clang).arg("--version").output().is_err() {
            eprintln!("{} is not compiled with {clang}, which is not here", self.file);
            return;
        }
        let ran = run_within(COMPILERS_PATIENCE, self.command(clang).arg("-fsyntax-only"));
        assert_eq!((ran.err.as_str(), ran.code), ("", Some(0)), "{} compiles without a warning", self.file);
    }
}

/// The generated headers, but made for another version of the library: with another hash.
pub fn stale_headers(library: &str, folder: &Path) -> PathBuf {
    let (generated, headers) = (examples().join(library).join("generated"), folder.join("headers"));
    fs::create_dir_all(&headers).expect("the folder can be made");
    for file in
        fs::read_dir(generated).expect("the headers are there").map(|file| file.expect("it can be listed").path())
    {
        let text = fs::read_to_string(&file).expect("headers are text");
        let stale = text.replace(&format!("UINT64_C(0x{:016x})", surface(library).hash), "UINT64_C(0xdeadbeef)");
        fs::write(headers.join(file.file_name().expect("a file has a name")), stale).expect("it can be written");
    }
    headers
}

/// What a host says that was compiled with [`stale_headers`].
#[track_caller]
pub fn assert_refused(library: &str, ran: &Ran) {
    let (version, surface) = (env!("CARGO_PKG_VERSION"), surface(library));
    let (hash, layout) = (surface.hash, surface.target);
    let expected = format!(
        "{library}: this program was compiled for version {version} (interface 00000000deadbeef, layout {layout:016x}), but \
         the library that is loaded is version {version} (interface {hash:016x}, layout {layout:016x}); they have to be the same\n"
    );
    assert_eq!((ran.err.as_str(), ran.code), (expected.as_str(), Some(1)), "{}", ran.out);
}
