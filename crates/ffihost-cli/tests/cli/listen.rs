//! `listen`, against a library that `serve` serves.

use crate::served::{Running, Served, program};
use rustix::process::Signal;

fn echo(message: &str) -> String {
    format!(r#"{{"req":{{"message":"{message}","delay_ms":0}}}}"#)
}

#[test]
fn events_are_lines_over_both_transports() {
    let served = Served::timer();
    for address in served.both() {
        let mut listening = Running::start(program().args(["listen", address, "on_echo_fired", "--count", "2"]));
        listening.says(&format!("listening to on_echo_fired at {address}"));
        for message in ["one", "two", "three"] {
            served.call(&["echo", &echo(message)]);
            if message == "one" {
                assert_eq!(listening.line(), r#"{"message":"one"}"#, "at once");
            }
        }
        let (status, rest, _) = listening.end();
        assert_eq!((status, rest.as_str()), (Some(0), "{\"message\":\"two\"}\n"));
    }
    served.stop();
}

#[test]
fn ends_at_signals_and_with_the_server() {
    let served = Served::timer();
    let listen = || {
        let mut listening = Running::start(program().args(["listen", &served.unix, "on_echo_fired"]));
        listening.says("listening to");
        listening
    };
    let listening = listen();
    listening.signal(Signal::INT);
    assert_eq!(listening.end().0, Some(0), "that is how it is meant to end");
    let listening = listen();
    listening.signal(Signal::TERM);
    assert_eq!(listening.end().0, Some(143));
    let (listening, address) = (listen(), served.unix.clone());
    served.stop();
    let (status, _, said) = listening.end();
    assert_eq!(
        (status, said),
        (
            Some(2),
            vec![
                format!("listening to on_echo_fired at {address}"),
                format!("error: the connection to {address} has ended")
            ]
        )
    );
}

#[test]
fn events_that_are_not_there() {
    let served = Served::timer();
    let (status, _, said) = Running::start(program().args(["listen", &served.unix, "on_echo_fire"])).end();
    assert_eq!(
        (status, said),
        (Some(2), vec!["error: my_timer has no event `on_echo_fire`: did you mean on_echo_fired?".to_owned()])
    );
    let (status, _, _) =
        Running::start(program().args(["listen", &served.unix, "on_echo_fired", "--count", "0"])).end();
    assert_eq!(status, Some(2));
    served.stop();
}

/// A client that does not read misses events, and is told how many.
#[test]
fn says_how_many_were_missed() {
    let served = Served::with("every_type", &["--max-frame", "16KiB"]);
    let mut listening = Running::start(program().args(["listen", &served.unix, "on_everything", "--count", "2"]));
    listening.says("listening to");
    let pass = |text: &str| {
        let plain = format!(
            r#"{{"yes":true,"i8":0,"i16":0,"i32":0,"i64":0,"u8":0,"u16":0,"u32":0,"u64":0,"f32":0,"f64":0,"text":"{text}","bytes":""}}"#
        );
        let nested = format!(
            r#"{{"nested":{{"plain":{plain},"colour":"Red","shape":"Point","numbers":[],"texts":[],"lists":[],"shapes":[],"children":[],"by_name":{{}}}}}}"#
        );
        // Nobody is the host function: it fails, after the event.
        let called = served.call(&["pass", &nested]);
        assert_eq!(called.status, Some(1), "{called:?}");
    };
    pass("short");
    // As an event the text is there twice, so that the event is longer than a frame and the request is not.
    pass(&"long".repeat(2_500));
    pass("short again");
    listening.says("1 missed");
    let (status, events, _) = listening.end();
    assert_eq!((status, events.lines().count()), (Some(0), 2), "{events}");
    served.stop();
}
