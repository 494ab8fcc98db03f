//! The example `my_timer`, as a host in C uses it.
#![cfg(unix)]

mod support;

use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

/// Everything that the library exports.
const SYMBOLS: [&str; 19] = [
    "my_timer_abi_descriptor",
    "my_timer_abi_hash",
    "my_timer_add_event_listener",
    "my_timer_add_event_listener_cbor",
    "my_timer_cancel",
    "my_timer_close",
    "my_timer_create",
    "my_timer_destroy",
    "my_timer_echo",
    "my_timer_host_complete",
    "my_timer_host_fn_registered",
    "my_timer_name",
    "my_timer_read_clock",
    "my_timer_register_host_fn",
    "my_timer_register_host_fn_cbor",
    "my_timer_register_host_fn_with",
    "my_timer_remove_event_listener",
    "my_timer_stats",
    "my_timer_version",
];

fn library() -> PathBuf {
    support::built(&format!("{DLL_PREFIX}my_timer{DLL_SUFFIX}"), &format!("{DLL_PREFIX}my_timer.d"))
}

/// Compiles the host as the comment in it says, with every warning an error.
fn compile_host(folder: &Path) -> PathBuf {
    let project = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    let (library, host) = (library(), folder.join("my_timer_host"));
    let libraries = library.parent().expect("it is in a folder");
    let mut compile = Command::new(std::env::var_os("CC").unwrap_or_else(|| "cc".into()));
    compile.args(["-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-pthread"]);
    compile.arg("-I").arg(project.join("include")).arg(project.join("examples/my_timer/host.c"));
    compile.arg("-L").arg(libraries).arg("-lmy_timer").arg("-o").arg(&host);
    compile.arg(format!("-Wl,-rpath,{}", libraries.display()));
    let ran = support::run(&mut compile);
    assert_eq!((ran.err.as_str(), ran.code), ("", Some(0)), "host.c compiles without a warning");
    host
}

fn milliseconds_since_1970() -> u128 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("it is later than 1970").as_millis()
}

#[test]
fn a_host_in_c_drives_it() {
    let host = compile_host(&support::scratch("my_timer-host"));
    let before = milliseconds_since_1970();
    let ran = support::run(&mut Command::new(host));
    let after = milliseconds_since_1970();
    assert_eq!((ran.err.as_str(), ran.code), ("", Some(0)), "{}", ran.out);

    let (lines, clock) = ran.out.split_once("clock = ").expect("the clock comes last");
    let expected = [
        concat!("version = ", env!("CARGO_PKG_VERSION")),
        "name = a timer in C",
        "echo.echoed = hello from C",
        "echo.timer = a timer in C",
        "on_echo_fired = hello from C",
    ];
    assert_eq!(lines.lines().collect::<Vec<_>>(), expected);

    let read = clock.strip_prefix("a timer in C read ").and_then(|clock| clock.strip_suffix(" ms since 1970\n"));
    let read: u128 = read.and_then(|read| read.parse().ok()).expect("a sentence with a number");
    assert!((before..=after).contains(&read), "{before} <= {read} <= {after}");
    // The host asks for a delay of 20 ms before it reads the clock.
    assert!(read - before >= 20, "echo sleeps: {read} - {before}");
}

#[cfg(target_os = "linux")]
#[test]
fn nothing_but_its_functions_is_exported() {
    let ran = support::run(Command::new("nm").args(["--dynamic", "--defined-only", "--format=posix"]).arg(library()));
    assert_eq!((ran.err.as_str(), ran.code), ("", Some(0)));
    let mut exported: Vec<_> = ran.out.lines().filter_map(|line| line.split(' ').next()).collect();
    exported.sort_unstable();
    assert_eq!(exported, SYMBOLS);
}
