//! The protocol of `docs/wire.md`, case by case, without I/O: bytes in, bytes out, at times that the test says.
//!
//! Timeouts, goodbyes, and other ends of a session.

mod support;

use ffihost_ipc::session::Action;
use ffihost_ipc::wire::frame::{FromClient, FromServer};
use ffihost_ipc::wire::{PREFACE, encode_request};
use ffihost_ipc::{Limits, Status};
use std::time::Duration;
use support::frames::{HELLO, frames, registered, request};
use support::wire::{Dialogue, Did, server_info};

#[test]
fn a_client_that_does_not_read_is_not_read_from() {
    let mut server =
        Dialogue::with(Limits { frame: 4096, output: 16 << 10, stall: Duration::from_secs(1), ..Limits::default() });
    let keys = server.start(&[request(1, "a"), request(2, "b")]);
    for key in keys {
        server.session.reply(key, 0, &[0; 4000]);
    }
    assert!(!server.session.wants_input());
    server.session.sent(true, false, server.now);
    server.wait(Duration::from_millis(999));
    assert!(!server.session.is_over());
    server.session.sent(true, true, server.now);
    server.wait(Duration::from_millis(999));
    assert!(!server.session.is_over(), "it took something");
    server.wait(Duration::from_millis(1));
    assert!(server.session.is_over());
}

#[test]
fn a_frame_and_the_handshake_time_out() {
    let limits = Limits { frame_time: Duration::from_secs(1), ..Limits::default() };
    let mut server = Dialogue::new(limits, server_info());
    server.wait(Duration::from_secs(1));
    assert!(server.session.is_over(), "nothing came at all");
    let mut server = Dialogue::with(limits);
    server.send(b"\x00\x00\x00\x09\x05");
    server.wait(Duration::from_millis(500));
    server.send(b"\x00\x00");
    server.wait(Duration::from_millis(500));
    server.expect_goodbye(Status::TimedOut, "a frame");
    let mut server = Dialogue::with(limits);
    server.send(b"\x00\x00\x00\x09\x05");
    server.send(b"\x00\x00\x00\x00\x00\x00\x00\x00");
    server.wait(Duration::from_secs(2));
    assert!(!server.session.is_over(), "it was whole in time");
}

#[test]
fn each_frame_has_its_own_time() {
    let mut server = Dialogue::with(Limits { frame_time: Duration::from_secs(1), ..Limits::default() });
    let (begun, rest) = (b"\x00\x00\x00\x09\x05", [0; 8]);
    server.send(begun);
    for _ in 0..10 {
        server.wait(Duration::from_millis(600));
        server.send(&[&rest[..], begun].concat());
    }
    assert!(!server.session.is_over(), "none took a second, and there was never a pause");
}

#[test]
fn silence_is_asked_about_and_ends() {
    let limits = Limits { idle: Duration::from_secs(10), ..Limits::default() };
    let mut server = Dialogue::with(limits);
    server.wait(Duration::from_secs(5));
    assert_eq!(frames(&server.take_output()), [FromServer::Ping { number: 0 }]);
    server.send_frames(&[FromClient::Pong { number: 0 }]);
    server.wait(Duration::from_secs(9));
    assert_eq!(frames(&server.take_output()), [FromServer::Ping { number: 0 }], "asked once again");
    server.wait(Duration::from_secs(1));
    server.expect_goodbye(Status::TimedOut, "nothing came");
    let mut server = Dialogue::new(limits, server_info());
    let mut sent = Vec::new();
    encode_request("slow", b"", &mut sent);
    let did = server.send(&sent);
    let [Did::Start(key, ..)] = &*did else { panic!("{did:?}") };
    server.wait(Duration::from_secs(100));
    assert!(!server.session.is_over(), "it waits for us");
    server.session.reply(*key, 0, b"");
    server.session.sent(true, true, server.now);
    server.session.sent(false, false, server.now);
    server.wait(Duration::from_secs(9));
    assert!(!server.session.is_over());
    server.wait(Duration::from_secs(1));
    assert!(server.session.is_over());
}

/// It answers the PING, which nobody reads before it has taken what waits for it.
#[test]
fn who_takes_what_waits_is_not_silent_while_nothing_is_read() {
    let limits = Limits { frame: 4096, output: 16 << 10, idle: Duration::from_secs(10), ..Limits::default() };
    let mut server = Dialogue::with(limits);
    let keys = server.start(&[request(1, "a"), request(2, "b")]);
    for key in keys {
        server.session.reply(key, 0, &[0; 4000]);
    }
    assert!(!server.session.wants_input());
    for _ in 0..10 {
        server.wait(Duration::from_secs(9));
        server.session.sent(true, true, server.now);
    }
    assert!(!server.session.is_over());
    server.take_output();
    server.wait(Duration::from_secs(10));
    server.expect_goodbye(Status::TimedOut, "nothing came");
}

#[test]
fn pings_are_answered() {
    let mut server = Dialogue::greeted();
    server.send_frames(&[FromClient::Ping { number: 42 }]);
    assert_eq!(frames(&server.take_output()), [FromServer::Pong { number: 42 }]);
}

#[test]
fn a_client_says_goodbye() {
    let mut server = Dialogue::greeted();
    let keys = server.start(&[request(1, "a")]);
    registered(&mut server, 2);
    server.send_frames(&[FromClient::Listen { id: 3, event: "e" }]);
    assert_eq!(server.session.opened(3, 30), Action::None);
    server.take_output();
    assert_eq!(server.send_frames(&[FromClient::Goodbye]), [Did::Goodbye]);
    let mut actions = server.session.end_subscriptions();
    actions.sort_by_key(|action| format!("{action:?}"));
    assert_eq!(actions, [Action::Unlisten { id: 3, ticket: 30 }, Action::Unregister { id: 2, calls: vec![] }]);
    server.send_frames(&[request(4, "late")]);
    server.session.closed(2);
    server.session.closed(3);
    assert!(!server.session.is_over(), "a request is in flight");
    server.session.reply(keys[0], 0, b"");
    assert!(server.session.is_over());
    let statuses: Vec<(u64, i32)> = server.replies().iter().map(|reply| (reply.0, reply.1)).collect();
    assert_eq!(statuses, [(4, Status::Closing.code()), (2, 0), (3, 0), (1, 0)]);
}

#[test]
fn a_server_says_goodbye() {
    let mut server = Dialogue::greeted();
    let keys = server.start(&[request(1, "a")]);
    assert!(!server.session.started(keys[0], 10));
    server.send_frames(&[FromClient::Listen { id: 2, event: "e" }]);
    assert_eq!(server.session.opened(2, 20), Action::None);
    server.take_output();
    server.session.shut_down();
    assert_eq!(server.send_frames(&[request(3, "late")]), []);
    assert_eq!(server.session.in_flight(), [10]);
    server.session.event(2, b"still");
    server.session.reply(keys[0], 0, b"");
    assert!(!server.session.is_over(), "somebody listens, and more may happen");
    server.session.finish();
    assert!(server.session.is_over());
    let output = server.take_output();
    let [goodbye, late, event, last] = &*frames(&output) else { panic!("{output:?}") };
    assert!(matches!(goodbye, FromServer::Goodbye { ret: 7, .. }), "{goodbye:?}");
    assert!(matches!(late, FromServer::Reply { id: 3, ret: 7, .. }), "{late:?}");
    assert!(matches!(event, FromServer::Event { id: 2, .. }), "{event:?}");
    assert!(matches!(last, FromServer::Reply { id: 1, ret: 0, .. }), "{last:?}");
    let mut idle = Dialogue::greeted();
    idle.session.shut_down();
    assert!(idle.session.is_over());
}

#[test]
fn the_end_of_the_input_is_the_end_and_leaves_a_list() {
    let mut server = Dialogue::greeted();
    let keys = server.start(&[request(1, "a"), request(2, "b")]);
    assert!(!server.session.started(keys[0], 10));
    registered(&mut server, 3);
    server.session.call(100, 3, b"").expect("it is registered");
    server.send_frames(&[FromClient::Listen { id: 4, event: "e" }]);
    assert_eq!(server.session.opened(4, 40), Action::None);
    server.session.end_of_input();
    assert!(server.session.is_over());
    let left = server.session.end();
    assert_eq!((left.requests, left.listeners), (vec![10], vec![40]));
    assert_eq!((left.registrations, left.calls), (vec![3], vec![100]));
    assert!(server.session.started(keys[1], 11), "one that was being started was cancelled");
    for key in keys {
        server.session.reply(key, 0, b"");
    }
    server.session.event(4, b"");
    assert_eq!(server.session.opened(4, 1), Action::None);
    assert!(server.take_output().is_empty(), "nobody is there to be told");
}

#[test]
fn frames_that_are_none_end_the_connection() {
    let wrong: [&[u8]; 7] = [
        b"\x00\x00\x00\x00",
        b"\x00\x00\x00\x01\x00",
        b"\x00\x00\x00\x01\x82",
        b"\x00\x00\x00\x02\x09\x00",
        b"\x00\x00\x00\x08\x05\x00\x00\x00\x00\x00\x00\x00",
        b"\x00\x00\x00\x0c\x03\x00\x00\x00\x00\x00\x00\x00\x01\x00\x01\xff",
        b"\x00\x00\x00\x0c\x03\x00\x00\x00\x00\x00\x00\x00\x01\x00\x02a",
    ];
    for sent in wrong {
        let mut server = Dialogue::greeted();
        assert_eq!(server.send(sent), [], "{sent:?}");
        server.expect_goodbye(Status::InvalidArgument, "");
    }
    let mut server = Dialogue::greeted();
    server.send(&(Limits::default().frame + 1).to_be_bytes());
    server.expect_goodbye(Status::TooLarge, "16777217");
}

#[test]
fn nothing_follows_the_end() {
    let mut server = Dialogue::greeted();
    server.start(&[FromClient::Request { id: 1, timeout_ms: 100, method: "slow", payload: b"" }]);
    server.send_frames(&[HELLO]);
    server.session.sent(true, false, server.now);
    server.wait(Duration::from_secs(20));
    server.expect_goodbye(Status::InvalidArgument, "a second HELLO");
    server.session.fail_framing(ffihost_ipc::wire::FramingError::Empty);
    assert!(server.take_output().is_empty(), "it was over already");
    let mut server = Dialogue::new(Limits::default(), server_info());
    server.send(&PREFACE);
    server.send_frames(&[request(1, "echo")]);
    server.session.sent(true, false, server.now);
    server.wait(Duration::from_secs(20));
    assert_eq!(frames(&server.take_output()[8..]).len(), 1, "that the greeting takes long matters no more");
}

#[test]
fn who_does_not_take_the_last_is_given_up() {
    let limits = Limits { stall: Duration::from_secs(1), ..Limits::default() };
    let mut server = Dialogue::with(limits);
    server.send_frames(&[HELLO]);
    assert_eq!(server.session.deadline(), None, "all is over, and nothing is being sent yet");
    server.session.sent(true, false, server.now);
    assert_eq!(server.session.deadline(), Some(server.now + limits.stall));
    assert!(!server.session.has_given_up());
    server.wait(limits.stall);
    assert!(server.session.has_given_up());
    assert_eq!((server.take_output().len(), server.session.deadline()), (0, None), "there is nothing left to wait for");
}
