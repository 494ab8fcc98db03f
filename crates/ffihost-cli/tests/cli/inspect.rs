//! `inspect`, `cddl`, and what all commands have.

use crate::program::{cargo_ffihost, fails, ffihost, fixtures, golden};
use std::process::{Command, Stdio};

#[test]
fn surface_for_people() {
    let ran = ffihost(&["inspect", "libnotes-x86_64.so"]);
    assert_eq!((ran.status, ran.stderr.as_str()), (0, ""));
    golden("inspect.txt", &ran.stdout);
}

#[test]
fn surface_for_programs() {
    let ran = ffihost(&["inspect", "--json", "libnotes-x86_64.so"]);
    assert_eq!((ran.status, ran.stderr.as_str()), (0, ""));
    golden("inspect.json", &ran.stdout);
    let value: serde_json::Value = serde_json::from_str(&ran.stdout).expect("JSON");
    assert_eq!(value[0]["name"], "notes");
}

#[test]
fn other_machines_give_the_same() {
    let here = ffihost(&["inspect", "libnotes-x86_64.so"]).stdout;
    for file in ["libnotes-aarch64.so", "libnotes-x86_64.dylib", "notes-arm64.dll", "libnotes-x86_64.a"] {
        assert_eq!(ffihost(&["inspect", file]).stdout, here, "{file}");
    }
}

#[test]
fn several_libraries() {
    let both = ffihost(&["inspect", "libtwo-x86_64.so"]).stdout;
    assert!(both.contains("library clock 0.1.0\n") && both.contains("library notes 1.0.0\n"), "{both}");
    let one = ffihost(&["inspect", "libtwo-x86_64.so", "--library", "clock"]).stdout;
    assert!(one.contains("library clock") && !one.contains("library notes"), "{one}");
    fails(
        &["cddl", "libtwo-x86_64.so"],
        "libtwo-x86_64.so: it holds the libraries clock, notes: choose one with --library",
    );
    fails(
        &["inspect", "libtwo-x86_64.so", "--library", "radio"],
        "libtwo-x86_64.so: there is no library `radio` in it, but clock, notes: give --library one of these",
    );
}

#[test]
fn schema() {
    let printed = ffihost(&["cddl", "libnotes-x86_64.so"]);
    let committed = std::fs::read_to_string(fixtures().join("notes.cddl")).expect("the schema");
    assert_eq!((printed.status, printed.stdout), (0, committed.replace("\r\n", "\n")));
}

#[test]
fn files_that_are_no_library() {
    let no_section = "libplain-x86_64.so: no ffihost section: the file was not built with ffihost::library!, or was \
        stripped of its sections";
    fails(&["inspect", "libplain-x86_64.so"], no_section);
    let script = ffihost(&["inspect", "make.sh"]);
    assert_eq!(script.status, 2);
    assert!(script.stderr.starts_with("error: make.sh: not a compiled library ("), "{}", script.stderr);
    let missing = ffihost(&["inspect", "missing.so"]);
    assert_eq!(missing.status, 2);
    assert!(missing.stderr.starts_with("error: missing.so: cannot read it: "), "{}", missing.stderr);
}

#[test]
fn help_and_version() {
    let version = format!("ffihost {}\n", env!("CARGO_PKG_VERSION"));
    assert_eq!(ffihost(&["--version"]).stdout, version);
    let help = ffihost(&["--help"]);
    assert_eq!((help.status, help.stderr.as_str()), (0, ""));
    golden("help.txt", &help.stdout);
    for command in ["serve", "call", "listen"] {
        let help = ffihost(&[command, "--help"]);
        assert_eq!((help.status, help.stderr.as_str()), (0, ""));
        golden(&format!("help-{command}.txt"), &help.stdout);
    }
    let unknown = ffihost(&["inspekt", "x"]);
    assert_eq!((unknown.status, unknown.stdout.as_str()), (2, ""));
    assert!(unknown.stderr.starts_with("error: unrecognized subcommand 'inspekt'"), "{}", unknown.stderr);
}

#[test]
fn cargo_runs_it_too() {
    let args = ["inspect", "libnotes-x86_64.so"];
    assert_eq!(cargo_ffihost(&args).stdout, ffihost(&args).stdout);
    let help = cargo_ffihost(&["--help"]);
    assert!(help.status == 0 && help.stdout.contains("Usage: cargo ffihost <COMMAND>"), "{}", help.stdout);
}

#[test]
fn reader_that_goes_away() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_ffihost"))
        .args(["inspect", "libnotes-x86_64.so"])
        .current_dir(fixtures())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("the program ends");
    assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), b"".as_slice()));
}
