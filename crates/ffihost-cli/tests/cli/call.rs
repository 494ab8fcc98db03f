//! `call`, against libraries that `serve` serves.

use crate::served::{Called, Running, Served, call_at, program};
use rustix::process::Signal;
use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;

const HELLO: &str = r#"{"req":{"message":"hello over the wire","delay_ms":1}}"#;

#[test]
fn the_timer_over_both_transports() {
    let served = Served::timer();
    for address in served.both() {
        let surface = call_at(address, &[]);
        assert_eq!(surface.stdout.lines().find(|line| line.starts_with("library ")), Some("library my_timer 0.1.0"));
        call_at(address, &["echo", HELLO]).printed(r#"{"echoed":"hello over the wire","timer":"ipc-server"}"#);
        call_at(address, &["name"]).printed("\"ipc-server\"");
    }
    served.stop();
}

#[test]
fn cargo_calls_too() {
    let served = Served::timer();
    let called = crate::program::cargo_ffihost(&["call", &served.unix, "name"]);
    assert_eq!((called.status, called.stdout.as_str()), (0, "\"ipc-server\"\n"));
    served.stop();
}

#[test]
fn the_declared_error_is_json_on_standard_error() {
    let served = Served::timer();
    served.call(&["echo", r#"{"req":{"message":"","delay_ms":1}}"#]).failed(1, "\"Empty\"");
    let long = served.call(&["total_delay", r#"{"delays_ms":[60001]}"#]);
    long.failed(1, r#"{"TooLong":{"delay_ms":60001}}"#);
    served.stop();
}

#[test]
fn arguments_that_do_not_fit() {
    let served = Served::timer();
    let signature = "the request is: async fn echo(&self, req: EchoRequest) -> Result<EchoResponse, TimerError>";
    let soon = "error: req.delay_ms: a number from 0 to 4294967295 is needed, this is \"soon\"";
    served.call(&["echo", r#"{"req":{"message":"x","delay_ms":"soon"}}"#]).failed(2, &format!("{soon}\n{signature}"));
    let mistyped = "error: req.mesage: there is no such field in EchoRequest: did you mean message?";
    served.call(&["echo", r#"{"req":{"mesage":"x","delay_ms":1}}"#]).failed(2, &format!("{mistyped}\n{signature}"));
    let missing = "error: req: it is missing; an object, EchoRequest, is needed";
    served.call(&["echo"]).failed(2, &format!("{missing}\n{signature}"));
    let no_json = served.call(&["echo", "{req: 1}"]);
    no_json.failed(2, "error: the arguments: no JSON: key must be a string at line 1 column 2");
    let argument =
        "error: nmae: there is no such argument, there is none at all\nthe request is: fn name(&self) -> String";
    served.call(&["name", r#"{"nmae":1}"#]).failed(2, argument);
    served.stop();
}

#[test]
fn requests_that_are_not_there() {
    let served = Served::timer();
    served.call(&["ecko", HELLO]).failed(2, "error: my_timer has no request `ecko`: did you mean echo?");
    let all = "error: my_timer has no request `zzzzzz`, but echo, name, plan, read_clock, read_stopwatch, \
        start_stopwatch, total_delay, stopwatch_release";
    served.call(&["zzzzzz"]).failed(2, all);
    served.stop();
}

#[test]
fn arguments_from_standard_input() {
    let served = Served::timer();
    let mut command = program();
    command.args(["call", &served.tcp, "echo", "-"]).stdin(Stdio::piped());
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts");
    child.stdin.take().expect("it is piped").write_all(HELLO.as_bytes()).expect("it reads");
    let called = Called::of(child.wait_with_output().expect("it ends"));
    called.printed(r#"{"echoed":"hello over the wire","timer":"ipc-server"}"#);
    served.stop();
}

#[test]
fn handles_are_numbers_that_end_with_the_command() {
    let served = Served::timer();
    let started = served.call(&["start_stopwatch", r#"{"label":"lap"}"#]);
    let handle = started.stdout.trim();
    assert!(handle.parse::<u64>().is_ok_and(|handle| handle > 0), "{started:?}");
    let argument = |key: &str| format!("{{\"{key}\":{handle}}}");
    let reading = served.call(&["read_stopwatch", &argument("stopwatch")]);
    let text = format!("error: request `read_stopwatch`: FFI_RET_DECODE: `stopwatch`: {handle} is no live `Stopwatch`");
    reading.failed(2, &text);
    let released = served.call(&["stopwatch_release", &argument("handle")]);
    assert!(released.status == Some(2) && released.stderr.contains("FFI_RET_UNKNOWN_TOKEN"), "{released:?}");
    served.stop();
}

#[test]
fn a_deadline_is_the_servers() {
    let served = Served::timer();
    let long = r#"{"req":{"message":"x","delay_ms":60000}}"#;
    let late = served.call(&["echo", long, "--timeout", "20ms"]);
    late.failed(2, "error: request `echo`: FFI_RET_TIMED_OUT: the request's deadline passed");
    let none = served.call(&["echo", long, "--timeout", "0s"]);
    assert!(none.status == Some(2) && none.stderr.contains("more than nothing is needed"), "{none:?}");
    served.stop();
}

#[test]
fn nobody_listens_there() {
    let folder = tempfile::tempdir().expect("there is room");
    let called = call_at(&format!("unix:{}/s", folder.path().display()), &["name"]);
    assert!(called.status == Some(2) && called.stderr.starts_with("error: cannot connect to unix:"), "{called:?}");
    let called = call_at("7000", &["name"]);
    assert!(called.status == Some(2) && called.stderr.contains("`7000` is no address"), "{called:?}");
}

#[test]
fn a_command_is_a_host_function() {
    let served = Served::timer();
    let read = |command: &str| served.call(&["read_clock", "--host-fn", &format!("fetch_clock={command}")]);
    read("echo 7").printed("\"ipc-server read 7 ms since 1970\"");
    let failures = [
        ("echo one >&2; echo no clock here >&2; exit 3", "no clock here"),
        ("exit 3", "its command ended with exit status: 3"),
        ("exit 1", "its command ended with exit status: 1"),
        ("echo soon", "its command printed no JSON: expected value at line 1 column 1"),
        ("echo -1", "its command printed a number from 0 to 18446744073709551615 is needed, this is -1"),
    ];
    for (command, why) in failures {
        let called = read(command);
        assert_eq!((called.status, called.stdout.as_str()), (Some(1), ""), "{command}: {called:?}");
        let lines: Vec<_> = called.stderr.lines().collect();
        assert_eq!(lines[0], format!("warning: host function `fetch_clock`: {why}"), "{command}");
        assert!(lines[1].starts_with("{\"NoClock\":"), "{command}: {called:?}");
        assert!(command == "echo soon" || command == "echo -1" || lines[1].contains(why), "{command}: {called:?}");
    }
    let unknown = served.call(&["read_clock", "--host-fn", "fetch_clok=true"]);
    unknown.failed(2, "error: my_timer has no host function `fetch_clok`: did you mean fetch_clock?");
    let none = served.call(&["read_clock", "--host-fn", "fetch_clock"]);
    assert!(
        none.status == Some(2) && none.stderr.contains("write the host function's name, = and a command"),
        "{none:?}"
    );
    served.stop();
}

/// Every type in every position, to the library, from it to a command as arguments, back as its result or its declared error,
/// and to the caller: what comes is what went.
#[test]
fn every_type_there_and_back() {
    let served = Served::with("every_type", &[]);
    let plain = r#"{"yes":true,"i8":-128,"i16":-32768,"i32":-2147483648,"i64":-9223372036854775808,"u8":255,"u16":65535,"u32":4294967295,"u64":18446744073709551615,"f32":0.1,"f64":"-Infinity","text":"ä 𝄞 \" \\","bytes":"AP+A"}"#;
    let tree = r#"{"value":1,"children":[{"value":2,"children":[]}]}"#;
    let named = r#"{"Named":{"name":"n","colours":["Red","Blue"]}}"#;
    let nested = format!(
        r#"{{"plain":{plain},"colour":"Green","shape":{{"Circle":0.5}},"nothing":null,"something":{plain},"numbers":[0,65535],"texts":["","x"],"lists":["","AQI="],"shapes":["Point",{named}],"children":[{tree}],"by_name":{{"a":"Point","b":{named}}},"maybe":[true,false],"counter":null}}"#
    );
    let given = served.folder.path().join("given");
    let arguments = format!(r#"{{"nested":{nested}}}"#);
    let cut = r#"sed -e 's/^{"nested":\(.*\),"text":.*$/\1/'"#;
    let tee = format!("tee {} |", given.display());
    served.call(&["pass", &arguments, "--host-fn", &format!("through_the_host={tee} {cut}")]).printed(&nested);
    let line = fs::read_to_string(&given).expect("the command was given it");
    let rest = r#","text":"ä 𝄞 \" \\","colour":"Green","lists":[1,18446744073709551615]}"#;
    assert_eq!(line, format!(r#"{{"nested":{nested}{rest}{}"#, "\n"), "the arguments are one line");
    let refuse = format!(r#"through_the_host=printf '{{"Refused":{{"nested":'; {cut}; echo '}}}}'; exit 1"#);
    let refused = served.call(&["pass", &arguments, "--host-fn", &refuse]);
    refused.failed(1, &format!(r#"{{"Refused":{{"nested":{nested}}}}}"#));
    served.stop();
}

/// A command and all that it has started are killed when its call is not wanted any more, while the one who offers the host
/// function goes on.
#[test]
fn a_command_is_killed_with_its_call() {
    let served = Served::timer();
    let alive = served.pipe("alive");
    let command = format!("fetch_clock=(echo up; sleep 1000; true) > {}; echo 7", alive.path().display());
    let mut host = Running::start(program().args(["listen", &served.unix, "on_echo_fired", "--host-fn", &command]));
    host.says("listening to on_echo_fired");
    let asking = Running::start(program().args(["call", &served.tcp, "read_clock"]));
    let (line, alive) = alive.open().line();
    assert_eq!(line, "up\n");
    asking.signal(Signal::INT);
    assert_eq!(asking.end().0, Some(130));
    // The pipe ends when nobody has it open any more for writing: neither the shell nor `sleep`.
    alive.ends();
    served.call(&["echo", HELLO]).printed(r#"{"echoed":"hello over the wire","timer":"ipc-server"}"#);
    assert_eq!(host.line(), r#"{"message":"hello over the wire"}"#);
    served.stop();
}

/// Ctrl-C too.
#[test]
fn a_command_is_killed_with_its_caller() {
    let served = Served::timer();
    let alive = served.pipe("alive");
    let command = format!("fetch_clock=(echo up; sleep 1000; true) > {}; echo 7", alive.path().display());
    let asking = Running::start(program().args(["call", &served.unix, "read_clock", "--host-fn", &command]));
    let (_, alive) = alive.open().line();
    asking.signal(Signal::INT);
    alive.ends();
    assert_eq!(asking.end().0, Some(130));
    served.stop();
}

/// Each of two calls waits for the other: one after the other, they would never end.
#[test]
fn commands_run_beside_each_other() {
    let served = Served::timer();
    let (first, second) = (served.pipe("first"), served.pipe("second"));
    // Whoever makes the folder first writes to the one pipe and reads from the other, whoever comes later the other way round.
    let command = format!(
        "fetch_clock=if mkdir {folder}/turn 2>/dev/null; then echo 1 > {a}; cat {b}; else cat {a}; echo 2 > {b}; fi",
        folder = served.folder.path().display(),
        a = first.path().display(),
        b = second.path().display()
    );
    let mut host = Running::start(program().args(["listen", &served.unix, "on_echo_fired", "--host-fn", &command]));
    host.says("listening to on_echo_fired");
    let ask = || Running::start(program().args(["call", &served.unix, "read_clock"]));
    let mut answers = [ask(), ask()].map(|asking| asking.end().1);
    answers.sort();
    // The second one prints what it read, which is 1; the first one prints the 2.
    assert_eq!(answers, ["\"ipc-server read 1 ms since 1970\"\n", "\"ipc-server read 2 ms since 1970\"\n"]);
    served.stop();
}

#[test]
fn a_token_out_of_a_file() {
    let folder = tempfile::tempdir().expect("there is room");
    let file = |name: &str, content: &str, mode: u32| {
        let path = folder.path().join(name);
        fs::write(&path, content).expect("there is room");
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("it is ours");
        path.to_str().expect("UTF-8").to_owned()
    };
    let right = file("right", "open sesame\n", 0o600);
    let wrong = file("wrong", "close sesame\n", 0o600);
    let open = file("open", "open sesame\r\n", 0o644);
    let empty = file("empty", "\n", 0o600);
    let served = Served::with("my_timer", &["--args", crate::served::NAME, "--token-file", &right]);
    served.call(&["name", "--token-file", &right]).printed("\"ipc-server\"");
    let refused = format!("error: {} refused the connection: the token is missing or wrong", served.unix);
    served.call(&["name"]).failed(2, &refused);
    served.call(&["name", "--token-file", &wrong]).failed(2, &refused);
    let warned = served.call(&["name", "--token-file", &open]);
    assert_eq!((warned.status, warned.stdout.as_str()), (Some(0), "\"ipc-server\"\n"));
    assert_eq!(warned.stderr, format!("warning: {open}: others may use this token (mode 644): chmod 600 it\n"));
    let none = format!(
        "error: {empty}: no token is in it: it needs one line that is neither empty nor longer than 65,535 bytes"
    );
    served.call(&["name", "--token-file", &empty]).failed(2, &none);
    assert!(!served.stop().iter().any(|line| line.contains("others may use this token")));
    let served = Served::with("my_timer", &["--args", crate::served::NAME, "--token-file", &open]);
    assert!(served.stop().iter().any(|line| line.contains("WARN") && line.contains("others may use this token")));
}
