//! The example `my_timer`, as hosts in C and C++ use it, and a client in Rust.
#![cfg(unix)]

mod support;

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};
use support::native::{self, SANITIZE, Source};

/// What the library exports besides what every library does.
const OWN_SYMBOLS: [&str; 16] = [
    "echo",
    "echo_cbor",
    "name",
    "name_cbor",
    "plan",
    "plan_cbor",
    "read_clock",
    "read_clock_cbor",
    "read_stopwatch",
    "read_stopwatch_cbor",
    "serve",
    "start_stopwatch",
    "start_stopwatch_cbor",
    "stopwatch_release",
    "total_delay",
    "total_delay_cbor",
];

const C: Source<'_> = Source { library: "my_timer", file: "host.c", standard: "c99", headers: None, flags: &[] };
const CPP: Source<'_> = Source { file: "host.cpp", standard: "c++17", ..C };

/// What the host in C prints, but for the time.
const SAID_IN_C: &str = "\
name = a timer in C
echo.echoed = hello from C
echo.timer = a timer in C
on_echo_fired = hello from C
echo: 60001 ms is longer than 60000 ms
plan.title = clock, demo
plan at 10 ms: tick
plan at 30 ms: tock
plan at 40 ms: tick
plan at 60 ms: tock
plan.total_ms = 60
plan: 1000000 times is too often
read_clock: no clock: host function `fetch_clock` is not registered
clock = a timer in C read NOW ms since 1970
total_delay = 60 ms
stopwatch = lap, running
released again: unknown
";

/// What the host in C++ prints.
const SAID_IN_CPP: &str = "\
name = a timer in C++
echo.echoed = hello from C++
echo.timer = a timer in C++
on_echo_fired = hello from C++
echo: 60001 ms is longer than 60000 ms
plan.title = clock, demo
plan at 10 ms: tick
plan at 30 ms: tock
plan at 40 ms: tick
plan at 60 ms: tock
read_clock: no clock: the host failed with -1: the clock has stopped
clock = a timer in C++ read NOW ms since 1970
total_delay = 60 ms
stopwatch = lap
";

fn milliseconds_since_1970() -> u128 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("it is later than 1970").as_millis()
}

/// Runs a host, which has to say this: the version, then `said`, with the time that it is.
#[track_caller]
fn assert_says(host: PathBuf, said: &str) {
    let before = milliseconds_since_1970();
    let ran = support::run(&mut Command::new(host));
    let after = milliseconds_since_1970();
    assert_eq!((ran.err.as_str(), ran.code), ("", Some(0)), "{}", ran.out);
    let (told, rest) = ran.out.split_once(" ms since 1970\n").expect("it says what time it is");
    let (told, now) = told.rsplit_once(' ').expect("a sentence with a number");
    let said = format!(concat!("version = ", env!("CARGO_PKG_VERSION"), "\n{}"), said);
    assert_eq!(format!("{told} NOW ms since 1970\n{rest}"), said);
    let now: u128 = now.parse().expect("a number");
    // It asks for a delay of 20 ms before it reads the clock.
    assert!((before + 20..=after).contains(&now), "{before} + 20 <= {now} <= {after}");
}

#[test]
fn the_bindings_are_those_of_the_library() {
    native::check_generated("my_timer");
}

#[test]
fn a_host_in_c_drives_it() {
    C.check_with_clang();
    assert_says(C.compile(&support::scratch("my_timer-c")), SAID_IN_C);
}

#[test]
fn a_host_in_c_makes_no_error_with_memory() {
    let sanitized = Source { standard: "c11", flags: SANITIZE, ..C };
    assert_says(sanitized.compile(&support::scratch("my_timer-c-sanitized")), SAID_IN_C);
}

#[test]
fn a_host_in_cpp_drives_it() {
    CPP.check_with_clang();
    assert_says(CPP.compile(&support::scratch("my_timer-cpp")), SAID_IN_CPP);
}

#[test]
fn a_host_with_coroutines_makes_no_error_with_memory() {
    let sanitized = Source { standard: "c++20", flags: SANITIZE, ..CPP };
    let said = format!("{SAID_IN_CPP}co_await = once, twice\n");
    assert_says(sanitized.compile(&support::scratch("my_timer-cpp-sanitized")), &said);
}

/// What the client in Rust prints, wherever the timer is.
const SAID_OVER_THE_WIRE: &str =
    concat!(env!("CARGO_PKG_VERSION"), "\necho.echoed = hello over the wire\necho.timer = ipc-server\n",);

fn client() -> Command {
    Command::new(support::built("my_timer_client", "my_timer_client.d"))
}

#[test]
fn a_client_in_rust_calls_what_serves_itself() {
    let folder = support::scratch("my_timer-serve");
    let mut serve = Command::new(Source { file: "serve.c", ..C }.compile(&folder));
    serve.arg(format!("unix:{}", folder.join("timer.sock").display())).arg("tcp:127.0.0.1:0");
    let mut served = serve.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("it was compiled just now");
    let mut lines = BufReader::new(served.stdout.take().expect("it is piped")).lines();
    for _ in 0..2 {
        let line = lines.next().expect("it says where").expect("UTF-8");
        let address = line.strip_prefix("listening on ").expect("it says where").to_owned();
        let ran = support::run(client().args(["--socket", &address]));
        assert_eq!((&*ran.out, &*ran.err, ran.code), (SAID_OVER_THE_WIRE, "", Some(0)), "{address}");
    }
    drop(served.stdin.take());
    assert!(support::await_end(&mut served).success());
    let gone = support::run(client().args(["--socket", &format!("unix:{}", folder.join("timer.sock").display())]));
    assert!(gone.code == Some(1) && gone.err.starts_with("cannot connect to unix:"), "{gone:?}");
}

#[test]
fn a_client_in_rust_loads_it() {
    let ran = support::run(client().arg("--library").arg(native::library("my_timer")));
    assert_eq!((&*ran.out, &*ran.err, ran.code), (SAID_OVER_THE_WIRE, "", Some(0)));
    let other = support::run(client().arg("--library").arg(native::library("vault")));
    let refused = "but the library that is loaded is vault";
    assert!(other.code == Some(1) && other.err.contains(refused), "{other:?}");
}

#[test]
fn hosts_that_were_compiled_for_another_version_are_refused() {
    for (name, source) in [("my_timer-c-stale", C), ("my_timer-cpp-stale", CPP)] {
        let folder = support::scratch(name);
        let headers = native::stale_headers("my_timer", &folder);
        let host = Source { headers: Some(&headers), ..source }.compile(&folder);
        native::assert_refused("my_timer", &support::run(&mut Command::new(host)));
    }
}

#[cfg(target_os = "linux")]
#[test]
fn nothing_but_its_functions_is_exported() {
    let mut expected = [&native::OF_EVERY_LIBRARY[..], &OWN_SYMBOLS].concat();
    expected.sort_unstable();
    let expected: Vec<_> = expected.iter().map(|symbol| format!("my_timer_{symbol}")).collect();
    assert_eq!(native::exported("my_timer"), expected);
}
