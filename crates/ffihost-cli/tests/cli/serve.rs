//! `serve`.

use crate::served::{Called, NAME, PATIENCE, Running, Served, call_at, library, program, run};
use rustix::process::Signal;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::os::unix::net::{UnixDatagram, UnixListener};
use std::process::{Command, Stdio};

/// Runs `serve` to its end.
fn serve(args: &[&str]) -> Called {
    let mut command = program();
    command.arg("serve").arg(library("my_timer")).args(args);
    run(command)
}

#[track_caller]
fn fails(args: &[&str], message: &str) {
    serve(&[&["--log", "off"], args].concat()).failed(2, &format!("error: {message}"));
}

#[test]
fn arguments_of_the_constructor_that_do_not_fit() {
    let listen = ["--listen", "tcp:127.0.0.1:0"];
    let fails = |args: &str, message: &str| fails(&[&listen[..], &["--args", args]].concat(), message);
    let signature = "the constructor is: async fn create(name: String) -> Result<Self, TimerError>";
    fails("{}", &format!("--args: name: it is missing; a text is needed\n{signature}"));
    fails(r#"{"name":5}"#, &format!("--args: name: a text is needed, this is 5\n{signature}"));
    fails(r#"{"nam":"x"}"#, &format!("--args: nam: there is no such argument: did you mean name?\n{signature}"));
    fails("name", "--args: no JSON: expected ident at line 1 column 2");
    fails(r#"{"name":""}"#, "the constructor failed: \"Empty\"");
    let none = serve(&["--log", "off", "--listen", "tcp:127.0.0.1:0"]);
    none.failed(2, &format!("error: --args: name: it is missing; a text is needed\n{signature}"));
}

#[test]
fn addresses_that_cannot_be_listened_on() {
    fails(&["--args", NAME], "there is nothing to listen on: give --listen, or pass sockets by LISTEN_FDS");
    let served = Served::timer();
    let occupied = format!("cannot listen on {}: somebody listens there already", served.unix);
    fails(&["--args", NAME, "--listen", &served.unix], &occupied);
    let others =
        "tcp:0.0.0.0:0 can be reached from other machines: that needs TLS and a token, or an explicit `insecure`";
    fails(&["--args", NAME, "--listen", "tcp:0.0.0.0:0"], others);
    served.call(&["name"]).printed("\"ipc-server\"");
    served.stop();
}

#[test]
fn an_occupied_port() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("there is a port");
    let address = format!("tcp:{}", taken.local_addr().expect("it is bound"));
    let occupied = serve(&["--log", "off", "--args", NAME, "--listen", &address]);
    let message = format!("error: cannot listen on {address}: Address already in use");
    assert!(occupied.status == Some(2) && occupied.stderr.starts_with(&message), "{occupied:?}");
}

#[test]
fn files_that_are_no_library() {
    let folder = tempfile::tempdir().expect("there is room");
    let missing = folder.path().join("lib.so");
    let run = |args: &[&str]| {
        let mut command = program();
        command.arg("serve").args(args);
        run(command)
    };
    let missing = missing.to_str().expect("UTF-8");
    let called = run(&[missing, "--listen", "tcp:127.0.0.1:0"]);
    assert!(
        called.status == Some(2) && called.stderr.starts_with(&format!("error: cannot read {missing}")),
        "{called:?}"
    );
    let file = library("my_timer");
    let file = file.to_str().expect("UTF-8");
    let called = run(&[file, "--library", "radio", "--listen", "tcp:127.0.0.1:0"]);
    called.failed(2, &format!("error: there is no radio in {file}, but my_timer"));
}

/// What runs is answered, and nothing else is begun.
#[test]
fn sigterm_while_a_request_runs() {
    let mut served = Served::with("my_timer", &["--args", NAME, "--grace", "10m"]);
    let (up, go) = (served.pipe("up"), served.pipe("go"));
    let command = format!("fetch_clock=echo > {}; cat {}", up.path().display(), go.path().display());
    let asking = Running::start(program().args(["call", &served.unix, "read_clock", "--host-fn", &command]));
    up.open().line();
    served.server.signal(Signal::TERM);
    served.server.says("stopping");
    go.write("7");
    let (status, answer, said) = asking.end();
    assert_eq!((status, answer.as_str()), (Some(0), "\"ipc-server read 7 ms since 1970\"\n"), "{said:?}");
    let (status, _, logged) = served.server.end();
    assert_eq!(status, Some(0), "{logged:?}");
    assert!(logged.last().is_some_and(|line| line.contains("stopped") && line.contains("closed=true")), "{logged:?}");
    let gone = call_at(&served.unix, &["name"]);
    assert!(gone.stderr.contains("cannot connect"), "{gone:?}");
    assert!(!served.folder.path().join("s").exists(), "the socket's file is gone");
}

#[test]
fn the_grace_period_ends() {
    let served = Served::with("my_timer", &["--args", NAME, "--grace", "10ms"]);
    let up = served.pipe("up");
    let command = format!("fetch_clock=echo > {}; sleep 1000", up.path().display());
    let asking = Running::start(program().args(["call", &served.unix, "read_clock", "--host-fn", &command]));
    up.open().line();
    served.stop();
    let (status, _, said) = asking.end();
    assert_eq!(status, Some(2));
    assert!(said.last().is_some_and(|line| line.contains("FFI_RET_CANCELLED")), "{said:?}");
}

#[test]
fn a_second_signal_ends_it_at_once() {
    for (signal, status) in [(Signal::TERM, 143), (Signal::INT, 130)] {
        let mut served = Served::with("my_timer", &["--args", NAME, "--grace", "1h"]);
        let up = served.pipe("up");
        let command = format!("fetch_clock=echo > {}; sleep 1000", up.path().display());
        let asking = Running::start(program().args(["call", &served.unix, "read_clock", "--host-fn", &command]));
        up.open().line();
        served.server.signal(signal);
        served.server.says("stopping");
        served.server.signal(signal);
        assert_eq!(served.server.end().0, Some(status));
        assert_eq!(asking.end().0, Some(2), "its connection has ended");
    }
}

#[test]
fn logs_are_json() {
    let served = Served::with("my_timer", &["--args", NAME, "--json-logs", "--log", "debug"]);
    served.call(&["name"]).printed("\"ipc-server\"");
    let (unix, logged) = (served.unix.clone(), served.stop());
    let lines: Vec<serde_json::Value> = logged
        .iter()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect();
    let serving = lines.iter().find(|line| line["message"] == "serving").expect("it says so");
    assert_eq!((&serving["level"], &serving["library"]), (&"INFO".into(), &"my_timer".into()));
    assert_eq!(serving["address"], unix);
    assert_eq!(lines.last().map(|line| &line["message"]), Some(&"stopped".into()));
}

#[test]
fn logs_are_as_many_as_one_asks_for() {
    let silent = Served::with("my_timer", &["--args", NAME, "--log", "error"]);
    assert_eq!(silent.stop(), [""; 0]);
    let mut command = program();
    command.arg("serve").arg(library("my_timer")).args(["--args", NAME, "--listen", "tcp:127.0.0.1:0"]);
    let mut quiet = Running::start(command.env("RUST_LOG", "off"));
    quiet.line();
    quiet.signal(Signal::INT);
    let (status, _, logged) = quiet.end();
    assert_eq!((status, logged), (Some(0), Vec::new()), "Ctrl-C stops it too");
    let wrong = {
        command.env("RUST_LOG", "a=b=c");
        run(command)
    };
    assert!(wrong.status == Some(2) && wrong.stderr.starts_with("error: --log: \"a=b=c\""), "{wrong:?}");
}

/// A response of the metrics: its status line and its body.
fn ask(place: &str, request: &[u8]) -> (String, String) {
    let mut stream = TcpStream::connect(place).expect("it listens");
    stream.set_read_timeout(Some(PATIENCE)).expect("it is a time");
    // It may have answered and closed before it has read all.
    let _ = stream.write_all(request);
    let mut response = Vec::new();
    let _ = stream.read_to_end(&mut response);
    let response = String::from_utf8(response).expect("UTF-8");
    let (head, body) = response.split_once("\r\n\r\n").unwrap_or((&response, ""));
    (head.lines().next().unwrap_or_default().to_owned(), body.to_owned())
}

#[test]
fn prometheus_scrapes() {
    let mut served = Served::with("my_timer", &["--args", NAME, "--metrics", "tcp:127.0.0.1:0"]);
    let line = served.server.line();
    let place = line.strip_prefix("metrics on http://").and_then(|line| line.strip_suffix("/metrics")).expect("where");
    served.call(&["name"]).printed("\"ipc-server\"");
    served.call(&["read_clock", "--host-fn", "fetch_clock=echo 7"]).printed("\"ipc-server read 7 ms since 1970\"");
    served.call(&["echo", r#"{"req":{"message":"","delay_ms":0}}"#]).failed(1, "\"Empty\"");
    let (status, text) = ask(place, b"GET /metrics HTTP/1.1\r\nhost: here\r\n\r\n");
    assert_eq!(status, "HTTP/1.1 200 OK");
    for line in [
        "# TYPE ffihost_connections_accepted_total counter",
        "ffihost_connections_accepted_total{library=\"my_timer\"} 3",
        "ffihost_requests_started_total{library=\"my_timer\"} 3",
        "ffihost_requests_answered_total{library=\"my_timer\",status=\"OK\"} 2",
        "ffihost_requests_answered_total{library=\"my_timer\",status=\"ERR\"} 1",
        "ffihost_requests_in_flight{library=\"my_timer\"} 0",
        "ffihost_host_calls_made_total{library=\"my_timer\"} 1",
        "ffihost_host_calls_completed_total{library=\"my_timer\"} 1",
    ] {
        assert!(text.lines().any(|found| found == line), "{line}\n{text}");
    }
    let bytes = text.lines().find_map(|line| line.strip_prefix("ffihost_received_bytes_total{library=\"my_timer\"} "));
    assert!(bytes.is_some_and(|bytes| bytes != "0"), "{text}");
    let cases: [(&[u8], &str); 5] = [
        (b"GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 404 Not Found"),
        (b"POST /metrics HTTP/1.1\r\n\r\n", "HTTP/1.1 405 Method Not Allowed"),
        (b"\x00\xff\r\n\r\n", "HTTP/1.1 400 Bad Request"),
        (b"GET /metrics HTTP/2\r\n\r\n", "HTTP/1.1 400 Bad Request"),
        (&[b'x'; 8 << 10], "HTTP/1.1 431 Request Header Fields Too Large"),
    ];
    for (request, status) in cases {
        assert_eq!(ask(place, request).0, status, "{:?}", String::from_utf8_lossy(&request[..2]));
    }
    assert_eq!(ask(place, b"GET /metrics HTTP/1.1\r\n\r\n").0, "HTTP/1.1 200 OK", "none of it is in the way");
    served.stop();
}

#[test]
fn metrics_are_for_this_machine() {
    let listen = ["--args", NAME, "--listen", "tcp:127.0.0.1:0", "--metrics"];
    for address in ["tcp:0.0.0.0:0", "unix:metrics.sock"] {
        let message = format!(
            "--metrics {address}: metrics are for this machine only: give a loopback address, such as tcp:127.0.0.1:9100"
        );
        fails(&[&listen[..], &[address]].concat(), &message);
    }
}

/// Starts `serve` with a socket as the first that is passed, as a service manager does.
fn passed(socket: OwnedFd, args: &[&str]) -> Running {
    let mut command = Command::new("sh");
    // The socket comes as standard input: 3 is where the first one is expected.
    command.args(["-c", "exec 3<&0 </dev/null; LISTEN_FDS=1 LISTEN_PID=$$ exec \"$@\"", "sh"]);
    command.arg(env!("CARGO_BIN_EXE_ffihost")).arg("serve").arg(library("my_timer")).args(["--args", NAME]).args(args);
    command.env_remove("RUST_LOG").env_remove("NOTIFY_SOCKET").env_remove("LISTEN_FDS_FIRST_FD");
    Running::start(command.stdin(Stdio::from(socket)))
}

#[test]
fn sockets_that_are_passed() {
    let folder = tempfile::tempdir().expect("there is room");
    let path = folder.path().join("passed");
    let unix = UnixListener::bind(&path).expect("there is room");
    let own = format!("unix:{}", folder.path().join("own").display());
    let mut server = passed(unix.into(), &["--listen", &own]);
    let address = format!("unix:{}", path.display());
    assert_eq!(server.line(), format!("listening on {address}"));
    assert_eq!(server.line(), format!("listening on {own}"));
    for address in [&address, &own] {
        call_at(address, &["name"]).printed("\"ipc-server\"");
    }
    server.signal(Signal::TERM);
    assert_eq!(server.end().0, Some(0));
    assert!(path.exists(), "it is not ours to remove");
    let tcp = TcpListener::bind("127.0.0.1:0").expect("there is a port");
    let address = format!("tcp:{}", tcp.local_addr().expect("it is bound"));
    let mut server = passed(tcp.into(), &[]);
    assert_eq!(server.line(), format!("listening on {address}"));
    call_at(&address, &["name"]).printed("\"ipc-server\"");
    server.signal(Signal::TERM);
    assert_eq!(server.end().0, Some(0));
}

#[test]
fn what_is_passed_and_cannot_be_listened_on() {
    let file = tempfile::tempfile().expect("there is room");
    let (status, _, said) = passed(file.into(), &["--log", "off"]).end();
    let message = "error: socket 0 of LISTEN_FDS cannot be listened on: fd 3 is not a socket";
    assert_eq!((status, said), (Some(2), vec![message.to_owned()]));
    let others = TcpListener::bind("0.0.0.0:0").expect("there is a port");
    let (status, _, said) = passed(others.into(), &["--log", "off"]).end();
    assert!(status == Some(2) && said[0].contains("can be reached from other machines"), "{said:?}");
}

#[test]
fn a_service_manager_is_told() {
    let folder = tempfile::tempdir().expect("there is room");
    let path = folder.path().join("notify");
    let manager = UnixDatagram::bind(&path).expect("there is room");
    manager.set_read_timeout(Some(PATIENCE)).expect("it is a time");
    let mut command = program();
    command.arg("serve").arg(library("my_timer")).args(["--args", NAME, "--listen", "tcp:127.0.0.1:0"]);
    let mut server = Running::start(command.env("NOTIFY_SOCKET", &path));
    server.line();
    let told = || {
        let mut bytes = [0; 64];
        let length = manager.recv(&mut bytes).expect("it tells");
        String::from_utf8_lossy(&bytes[..length]).into_owned()
    };
    assert_eq!(told(), "READY=1\n");
    server.signal(Signal::TERM);
    assert_eq!(told(), "STOPPING=1\n");
    assert_eq!(server.end().0, Some(0));
}
