//! Compiles every C and C++ program of this folder and runs it: as C99 and as C++17, with the address and undefined behaviour
//! sanitizers, and under a memory checker. A program fails by its exit status, and says why on its standard error.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const WARNINGS: [&str; 4] = ["-Wall", "-Wextra", "-Wpedantic", "-Werror"];
const C99: [&str; 3] = ["-x", "c", "-std=c99"];
const CPP11: [&str; 3] = ["-x", "c++", "-std=c++11"];
const CPP14: [&str; 3] = ["-x", "c++", "-std=c++14"];
const CPP17: [&str; 3] = ["-x", "c++", "-std=c++17"];
const SANITIZERS: [&str; 3] = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-fno-omit-frame-pointer"];

fn folder() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Where cargo put the libraries: beside this test.
fn libraries() -> PathBuf {
    let test = std::env::current_exe().expect("a test knows where it is");
    let folder = test.parent().expect("a file is in a folder").to_path_buf();
    for library in ["", "_in_time", "_times_out", "_second"].map(|name| format!("libffihost_c_tests{name}.so")) {
        let library = library.as_str();
        assert!(folder.join(library).is_file(), "{library} is not in {}", folder.display());
    }
    folder
}

/// Runs a tool that has to be there.
fn run_tool(command: &mut Command, package: &str) -> Output {
    let output = command.output();
    assert!(output.is_ok(), "{:?} cannot be run: install {package}\n{output:?}", command.get_program());
    output.expect("asserted above")
}

/// The compiler of a language, with the warnings that are errors.
fn compiler(language: &[&str]) -> (Command, &'static str) {
    let (tool, package) =
        if language.contains(&"c++") { ("g++", "the Debian package g++") } else { ("gcc", "the Debian package gcc") };
    let mut command = Command::new(tool);
    command.args(WARNINGS).args(["-g", "-O1", "-pthread", "-D_POSIX_C_SOURCE=200809L"]).args(language);
    command.arg("-I").arg(folder().join("../include")).current_dir(folder());
    (command, package)
}

/// Compiles a program and links it with the library whose limits it wants, and with the second one if it needs that.
fn build(source: &str, mode: &str, language: &[&str], more: &[&str]) -> PathBuf {
    let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{source}.{mode}"));
    let libraries = libraries();
    let (mut compiler, package) = compiler(language);
    let mut rpath = OsString::from("-Wl,-rpath,");
    rpath.push(&libraries);
    compiler.args(more).arg(source).arg("-o").arg(&program).arg("-Wl,--as-needed").arg("-L").arg(&libraries);
    let ending = ["_in_time", "_times_out"]
        .into_iter()
        .find(|ending| Path::new(source).file_stem().is_some_and(|stem| stem.to_string_lossy().ends_with(ending)));
    compiler.arg(format!("-lffihost_c_tests{}", ending.unwrap_or_default()));
    compiler.arg("-lffihost_c_tests_second").arg(rpath);
    succeed(&format!("{source} does not compile ({mode})"), &run_tool(&mut compiler, package));
    program
}

fn succeed(what: &str, output: &Output) {
    assert!(output.status.success(), "{what}: {}\n{}", output.status, said(output));
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// Runs a program: without backtraces, whatever the environment asks for. They are made by panics on purpose, on threads that
/// others wait for, and take seconds under a memory checker.
fn command_of(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.env("RUST_BACKTRACE", "0");
    // Before cargo's own path, where an older build of a library may lie.
    command.env("LD_LIBRARY_PATH", libraries());
    command
}

fn run(source: &str, mode: &str, program: &Path) {
    let output = run_tool(&mut command_of(program), "it again: it was compiled a moment ago");
    succeed(&format!("{source} fails ({mode})"), &output);
}

fn as_compiled(source: &str, mode: &str, language: &[&str]) {
    run(source, mode, &build(source, mode, language, &[]));
}

fn sanitized(source: &str, language: &[&str]) {
    let program = build(source, "sanitized", language, &SANITIZERS);
    let mut command = command_of(&program);
    // The library has no frame pointers, and suppressions go by its functions.
    command.env(
        "ASAN_OPTIONS",
        "detect_leaks=1:detect_stack_use_after_return=1:strict_string_checks=1:fast_unwind_on_malloc=0",
    );
    let mut suppressions = OsString::from("suppressions=");
    suppressions.push(folder().join("leaks.supp"));
    suppressions.push(":print_suppressions=0");
    command.env("LSAN_OPTIONS", suppressions);
    command.env("UBSAN_OPTIONS", "print_stacktrace=1");
    let output = run_tool(&mut command, "it again: it was compiled a moment ago");
    succeed(&format!("{source} fails (sanitized)"), &output);
}

#[expect(clippy::print_stderr, reason = "a test that does not run says so")]
fn memory_checked(source: &str, language: &[&str]) {
    if std::env::var_os("FFIHOST_SKIP_VALGRIND").is_some_and(|value| value == "1") {
        eprintln!("{source} is not run under valgrind: FFIHOST_SKIP_VALGRIND is 1");
        return;
    }
    let program = build(source, "checked", language, &[]);
    let mut command = command_of("valgrind");
    command.args(["--quiet", "--error-exitcode=99", "--leak-check=full", "--errors-for-leak-kinds=definite"]);
    let mut suppressions = OsString::from("--suppressions=");
    suppressions.push(folder().join("valgrind.supp"));
    command
        .arg(suppressions)
        .args(["--show-leak-kinds=definite", "--fair-sched=yes", "--num-callers=30"])
        .arg(&program);
    command.env("CHECK_SLOW", "1");
    let output = run_tool(&mut command, "the Debian package valgrind, or set FFIHOST_SKIP_VALGRIND=1");
    succeed(&format!("{source} fails (under valgrind)"), &output);
}

macro_rules! c_programs {
    ($($name:ident)*) => {$(
        mod $name {
            const SOURCE: &str = concat!(stringify!($name), ".c");

            #[test]
            fn as_c99() {
                super::as_compiled(SOURCE, "c99", &super::C99);
            }

            #[test]
            fn as_cpp11() {
                super::build(SOURCE, "cpp11", &super::CPP11, &[]);
            }

            #[test]
            fn as_cpp17() {
                super::as_compiled(SOURCE, "cpp17", &super::CPP17);
            }

            #[test]
            fn sanitized() {
                super::sanitized(SOURCE, &super::C99);
            }

            #[test]
            fn memory_checked() {
                super::memory_checked(SOURCE, &super::C99);
            }
        }
    )*};
}

macro_rules! cpp_programs {
    ($($name:ident)*) => {$(
        mod $name {
            const SOURCE: &str = concat!(stringify!($name), ".cpp");

            #[test]
            fn as_cpp11() {
                super::as_compiled(SOURCE, "cpp11", &super::CPP11);
            }

            #[test]
            fn as_cpp14() {
                super::as_compiled(SOURCE, "cpp14", &super::CPP14);
            }

            #[test]
            fn as_cpp17() {
                super::as_compiled(SOURCE, "cpp17", &super::CPP17);
            }

            #[test]
            fn sanitized() {
                super::sanitized(SOURCE, &super::CPP17);
            }

            #[test]
            fn memory_checked() {
                super::memory_checked(SOURCE, &super::CPP17);
            }
        }
    )*};
}

c_programs! {
    answers
    close
    close_in_time
    construct
    descriptors
    ending_thread
    events
    handles
    header
    layout
    listeners_times_out
    no_threads
    reclaim_times_out
    releases_times_out
    reentrant
    registry
    requests
    stacks
    stuck_times_out
    thread_ends
    thread_ends_times_out
    threads
    tokens
    two_libraries
    visitors
    waits
    warnings
}

cpp_programs! {
    callbacks
    declares
    throws
}

/// Every C file of the folder is in one of the lists above, or known not to be a program.
#[test]
fn no_program_is_forgotten() {
    let listed = include_str!("c_programs.rs");
    for entry in std::fs::read_dir(folder()).expect("the folder can be read") {
        let path = entry.expect("it has entries").path();
        let (Some(stem), Some(extension)) = (path.file_stem(), path.extension()) else { continue };
        if extension == "c" || extension == "cpp" {
            let stem = stem.to_string_lossy();
            let is_listed = listed.lines().any(|line| line.trim() == stem);
            assert!(is_listed || stem == "may_throw", "{} is not run", path.display());
        }
    }
}

/// A function that may throw is no callback from C++17 on, where the types can say so; before that it is.
#[test]
fn a_function_that_may_throw_is_no_callback() {
    let compile = |language: &[&str]| {
        let (mut compiler, package) = compiler(language);
        run_tool(compiler.args(["-fsyntax-only", "may_throw.cpp"]), package)
    };
    succeed("may_throw.cpp does not compile as C++11", &compile(&CPP11));
    succeed("may_throw.cpp does not compile as C++14", &compile(&CPP14));
    let refused = compile(&CPP17);
    assert!(!refused.status.success(), "may_throw.cpp compiles as C++17");
    let conversions = said(&refused).matches("error: invalid conversion").count();
    assert_eq!(conversions, 4, "one for each kind of callback:\n{}", said(&refused));
}

/// Each header compiles alone, in every language.
#[test]
fn headers_compile_alone() {
    for header in ["../include/ffihost.h", "check.h", "abuse.h"] {
        for language in [&C99, &CPP11, &CPP14, &CPP17] {
            let (mut compiler, package) = compiler(language);
            // Some warn that a header is the main file, if it says `#pragma once`; these do not.
            let output = run_tool(compiler.args(["-fsyntax-only", header]), package);
            succeed(&format!("{header} does not compile alone as {}", language[2]), &output);
        }
    }
}

/// The dynamic symbols that a library defines.
fn exported(library: &str) -> Vec<String> {
    let mut nm = Command::new("nm");
    nm.args(["--dynamic", "--defined-only", "--format=posix"]).arg(libraries().join(library));
    let output = run_tool(&mut nm, "the Debian package binutils");
    succeed("nm fails", &output);
    let symbols = String::from_utf8_lossy(&output.stdout);
    let mut symbols: Vec<_> = symbols.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect();
    symbols.sort();
    symbols
}

/// What every library exports, after its prefix; as FFI_DECLARE_LIBRARY says.
const COMMON: [&str; 21] = [
    "abi_descriptor",
    "abi_hash",
    "abi_layout",
    "add_event_listener",
    "add_event_listener_cbor",
    "cancel",
    "close",
    "create",
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

fn expected(prefix: &str, requests: &[&str]) -> Vec<String> {
    let mut symbols: Vec<_> = COMMON.iter().chain(requests).map(|name| format!("{prefix}_{name}")).collect();
    symbols.sort();
    symbols
}

/// A library exports its own functions and nothing else.
#[test]
fn nothing_else_is_exported() {
    let requests = [
        "ask",
        "ask_and_drop",
        "ask_and_panic",
        "ask_both",
        "ask_elsewhere",
        "ask_many",
        "ask_other",
        "ask_sync",
        "ask_text",
        "ask_twice",
        "ask_with_deadline",
        "at_thread_end",
        "echo",
        "emit",
        "emit_many",
        "fail",
        "hold",
        "let_go",
        "name",
        "never",
        "now",
        "panics",
        "sleep",
    ];
    assert_eq!(exported("libffihost_c_tests.so"), expected("abuse", &requests));
    let requests = ["ask", "name", "name_now", "never"];
    assert_eq!(exported("libffihost_c_tests_second.so"), expected("second", &requests));
}

/// FFI_DECLARE_LIBRARY declares what every library exports, and no more.
#[test]
fn the_header_declares_what_is_exported() {
    let header = std::fs::read_to_string(folder().join("../include/ffihost.h")).expect("the header can be read");
    let mut declared: Vec<_> = header
        .lines()
        .filter_map(|line| line.split_once("lib##_")?.1.split_once('('))
        .map(|(name, _)| name)
        .filter(|name| *name != "##name")
        .collect();
    declared.sort();
    assert_eq!(declared, COMMON);
}
