//! Hosts in C and C++ that use the generated headers against a library that only pretends, under the sanitizers.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

const WARNINGS: [&str; 5] = ["-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Werror"];
const MEMORY: &str = "address,undefined";
const RACES: &str = "thread";

static MEMORY_LIBRARY: LazyLock<PathBuf> = LazyLock::new(|| compile("library.cpp", "c++20", MEMORY, &["-c"], "o"));
static RACES_LIBRARY: LazyLock<PathBuf> = LazyLock::new(|| compile("library.cpp", "c++20", RACES, &["-c"], "o"));

fn folder() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests"))
}

/// The mock library as an object file, compiled once.
fn library(sanitizers: &str) -> &'static Path {
    if sanitizers == MEMORY { &MEMORY_LIBRARY } else { &RACES_LIBRARY }
}

/// Compiles a file of `mock/`.
fn compile(source: &str, standard: &str, sanitizers: &str, more: &[&str], ending: &str) -> PathBuf {
    let output = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{source}.{standard}.{sanitizers}.{ending}"));
    let tool = if source.ends_with(".c") { "gcc" } else { "g++" };
    let mut command = Command::new(tool);
    command.args(WARNINGS).args(["-g1", "-O0", "-pthread", "-fno-omit-frame-pointer"]);
    command.args([&format!("-std={standard}"), &format!("-fsanitize={sanitizers}"), "-fno-sanitize-recover=all"]);
    command.arg("-I").arg(folder().join("golden")).arg("-I").arg(folder().join("../../../include"));
    command.args(more).arg("-o").arg(&output).arg(folder().join("mock").join(source));
    if ending != "o" {
        command.arg(library(sanitizers)).arg("-lstdc++");
    }
    let done = command.output();
    assert!(done.is_ok(), "{tool} cannot be run: install the Debian package {tool}\n{done:?}");
    let done = done.expect("asserted above");
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{source} does not compile as {standard} with {sanitizers}:\n{said}");
    output
}

fn run(source: &str, standard: &str, sanitizers: &str) {
    let program = compile(source, standard, sanitizers, &[], "program");
    let mut command = Command::new("timeout");
    command.arg("600").arg(&program);
    command.env("ASAN_OPTIONS", "detect_leaks=1:detect_stack_use_after_return=1");
    let suppressions = folder().join("mock/tsan.supp");
    command.env("TSAN_OPTIONS", format!("halt_on_error=1:suppressions={}", suppressions.display()));
    let output = command.output().expect("it was compiled a moment ago");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{source} as {standard} with {sanitizers}: {}\n{said}", output.status);
}

#[test]
fn c_memory() {
    run("host.c", "c99", MEMORY);
}

#[test]
fn c_races() {
    run("host.c", "c99", RACES);
}

#[test]
fn cpp17_memory() {
    run("host.cpp", "c++17", MEMORY);
}

#[test]
fn cpp20_memory() {
    run("host.cpp", "c++20", MEMORY);
}

#[test]
fn cpp20_races() {
    run("host.cpp", "c++20", RACES);
}
