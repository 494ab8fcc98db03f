//! The protocol of `docs/wire.md`, case by case, without I/O: bytes in, bytes out, at times that the test says.

mod support;

use ffihost_ipc::session::Action;
use ffihost_ipc::wire::frame::{FromClient, FromServer};
use ffihost_ipc::wire::{PREFACE, encode_request, encode_response};
use ffihost_ipc::{HandleRef, Limits, Status, Token};
use std::time::Duration;
use support::frames::frames;
use support::wire::{Dialogue, Did, server_info};

const HELLO: FromClient<'static> = FromClient::Hello { max_frame: 1 << 20, abi_hash: 0, token: "" };

fn request(id: u64, method: &str) -> FromClient<'_> {
    FromClient::Request { id, timeout_ms: 0, method, payload: b"\xa0" }
}

fn reply(id: u64, status: Status, payload: &[u8]) -> FromServer<'_> {
    FromServer::Reply { id, ret: status.code(), payload }
}

#[test]
fn version_1_is_answered_in_version_1() {
    let mut server = Dialogue::new(Limits::default(), server_info());
    let mut sent = Vec::new();
    encode_request("echo", b"\xa1", &mut sent);
    let did = server.send(&sent);
    let [Did::Start(key, method, payload)] = &*did else { panic!("{did:?}") };
    assert_eq!((&**method, &**payload), ("echo", &b"\xa1"[..]));
    assert!(!server.session.wants_input(), "the next request is read when this one is answered");
    server.session.reply(*key, 0, b"\xf6");
    let mut expected = Vec::new();
    encode_response(0, b"\xf6", &mut expected);
    assert_eq!(server.take_output(), expected);
    assert!(server.session.wants_input() && !server.session.is_over());
}

#[test]
fn version_1_byte_by_byte_and_two_at_once() {
    let mut server = Dialogue::new(Limits::default(), server_info());
    let mut sent = Vec::new();
    encode_request("a", b"", &mut sent);
    encode_request("b", b"\xa0", &mut sent);
    let mut started = Vec::new();
    for byte in sent {
        for did in server.send(&[byte]) {
            let Did::Start(key, method, _) = did else { panic!("{did:?}") };
            started.push(method);
            server.session.reply(key, 0, b"\xf6");
        }
    }
    assert_eq!(started, ["a", "b"]);
}

#[test]
fn version_1_ends_when_it_cannot_be_read() {
    let broken: [(&[u8], i32); 3] = [
        (b"\x00\x00\x00\x00", Status::InvalidArgument.code()),
        (b"\x00\x00\x01\x00", Status::InvalidArgument.code()),
        (b"\x00\x00\x00\x01a\xff\xff\xff\xff", Status::TooLarge.code()),
    ];
    for (sent, ret) in broken {
        let mut server = Dialogue::new(Limits::default(), server_info());
        assert_eq!(server.send(sent), []);
        let output = server.take_output();
        assert_eq!(output[..4], ret.to_be_bytes(), "{sent:?}: {output:?}");
        assert!(server.session.is_over(), "{sent:?}");
    }
    let mut server = Dialogue::new(Limits::default(), server_info());
    server.send(b"\x00\x00\x00\x01\xff\x00\x00\x00\x00");
    assert_eq!(server.take_output()[..4], Status::InvalidArgument.code().to_be_bytes(), "a method that is not UTF-8");
}

#[test]
fn a_version_1_client_that_has_shut_down_its_side_is_answered() {
    let mut server = Dialogue::new(Limits::default(), server_info());
    let mut sent = Vec::new();
    encode_request("echo", b"", &mut sent);
    let did = server.send(&sent);
    let [Did::Start(key, ..)] = &*did else { panic!("{did:?}") };
    server.session.end_of_input();
    assert!(!server.session.is_over());
    server.session.reply(*key, 0, b"\x01");
    assert!(server.session.is_over());
    assert_eq!(server.take_output().last(), Some(&1));
}

#[test]
fn strangers_and_other_versions_are_told_so() {
    for sent in [&b"GET / HTTP/1.1\r\n"[..], b"\x16\x03\x01", b"FFIGUEST", b"\xff"] {
        let mut server = Dialogue::new(Limits::default(), server_info());
        server.send(sent);
        assert!(server.session.is_over() && server.take_output().is_empty(), "{sent:?}");
    }
    let mut server = Dialogue::new(Limits::default(), server_info());
    server.send(b"FFIHOST\x03");
    assert!(server.session.is_over());
    assert_eq!(server.take_output(), PREFACE, "the newest version that is spoken here");
}

#[test]
fn the_handshake() {
    let mut server = Dialogue::new(Limits::default(), server_info());
    server.send(&PREFACE);
    assert_eq!(server.send_frames(&[HELLO]), []);
    assert_eq!(server.take_output()[..8], PREFACE);
    let mut server = Dialogue::greeted();
    assert_eq!(server.send_frames(&[HELLO]), []);
    server.expect_goodbye(Status::InvalidArgument, "a second HELLO");
    let refused = [
        (request(1, "echo"), Status::InvalidArgument, "the first frame is HELLO"),
        (FromClient::Hello { max_frame: 1023, abi_hash: 0, token: "" }, Status::InvalidArgument, "at least 1,024"),
        (FromClient::Hello { max_frame: 1024, abi_hash: 7, token: "" }, Status::AbiMismatch, "00000000000000ab"),
    ];
    for (frame, status, text) in refused {
        let mut server = Dialogue::new(Limits::default(), server_info());
        server.send(&PREFACE);
        server.take_output();
        server.send_frames(&[frame]);
        server.expect_goodbye(status, text);
    }
}

#[test]
fn a_token_is_asked_for_in_both_versions() {
    let info = || ffihost_ipc::ServerInfo { token: Token::new("secret"), ..server_info() };
    for (token, admitted) in [("secret", true), ("", false), ("secre", false), ("secret2", false)] {
        let mut server = Dialogue::new(Limits::default(), info());
        server.send(&PREFACE);
        server.take_output();
        server.send_frames(&[FromClient::Hello { max_frame: 1024, abi_hash: 0xab, token }]);
        assert_eq!(!server.session.is_over(), admitted, "{token}");
        if !admitted {
            server.expect_goodbye(Status::Unauthorized, "token");
        }
    }
    let mut server = Dialogue::new(Limits::default(), info());
    let mut sent = Vec::new();
    encode_request("echo", b"", &mut sent);
    assert_eq!(server.send(&sent), []);
    assert_eq!(server.take_output()[..4], Status::Unauthorized.code().to_be_bytes());
    assert!(server.session.is_over());
}

#[test]
fn requests_are_answered_in_any_order_and_ids_are_used_again() {
    let mut server = Dialogue::greeted();
    let keys = server.start(&[request(1, "a"), request(2, "b"), request(3, "c")]);
    server.session.reply(keys[2], 0, b"c");
    server.session.reply(keys[0], 1, b"a");
    assert_eq!(server.replies(), [(3, 0, b"c".to_vec()), (1, 1, b"a".to_vec())]);
    let again = server.start(&[request(3, "again")]);
    server.session.reply(keys[1], 0, b"b");
    server.session.reply(again[0], 0, b"!");
    assert_eq!(server.replies(), [(2, 0, b"b".to_vec()), (3, 0, b"!".to_vec())]);
    server.start(&[request(9, "a")]);
    server.send_frames(&[request(9, "b")]);
    server.expect_goodbye(Status::InvalidArgument, "opened again");
}

#[test]
fn a_reply_is_sent_once() {
    let mut server = Dialogue::greeted();
    let keys = server.start(&[request(1, "a")]);
    server.session.reply(keys[0], 0, b"one");
    server.session.reply(keys[0], 0, b"two");
    assert_eq!(server.replies(), [(1, 0, b"one".to_vec())]);
}

#[test]
fn cancelling_before_and_after_the_ticket_is_known() {
    let mut server = Dialogue::greeted();
    let keys = server.start(&[request(1, "early"), request(2, "late")]);
    assert_eq!(server.send_frames(&[FromClient::Cancel { id: 1 }]), [], "there is nothing yet to cancel it by");
    assert!(server.session.started(keys[0], 11), "and now it is not wanted");
    assert!(!server.session.started(keys[1], 12));
    assert_eq!(server.send_frames(&[FromClient::Cancel { id: 2 }]), [Did::Cancel(12)]);
    assert_eq!(server.send_frames(&[FromClient::Cancel { id: 2 }]), [], "once is enough");
    assert_eq!(server.send_frames(&[FromClient::Cancel { id: 77 }]), [], "nobody knows that one");
    server.session.reply(keys[1], Status::Cancelled.code(), b"");
    server.session.reply(keys[0], 0, b"it was faster");
    assert_eq!(server.replies().len(), 2);
}

#[test]
fn a_deadline_answers_and_the_request_still_counts() {
    let mut server = Dialogue::with(Limits { in_flight: 1, ..Limits::default() });
    let timed = FromClient::Request { id: 1, timeout_ms: 100, method: "slow", payload: b"" };
    let keys = server.start(&[timed]);
    assert!(!server.session.started(keys[0], 5));
    assert_eq!(server.session.deadline(), Some(server.now + Duration::from_millis(100)));
    assert_eq!(server.wait(Duration::from_millis(99)), []);
    assert_eq!(server.wait(Duration::from_millis(1)), [5], "it is to be cancelled");
    assert_eq!(server.replies(), [(1, Status::TimedOut.code(), b"the request's deadline passed".to_vec())]);
    server.send_frames(&[request(1, "next")]);
    assert_eq!(server.replies()[0].1, Status::Busy.code(), "the library has not let go of the first one");
    server.session.reply(keys[0], 0, b"late");
    assert_eq!(server.replies(), []);
    assert_eq!(server.start(&[request(1, "next")]).len(), 1);
}

#[test]
fn more_than_the_limit_is_busy() {
    let mut server = Dialogue::with(Limits { in_flight: 2, subscriptions: 1, ..Limits::default() });
    server.start(&[request(1, "a"), request(2, "b")]);
    assert_eq!(server.send_frames(&[request(3, "c")]), []);
    assert_eq!(server.replies()[0].1, Status::Busy.code());
    assert_eq!(server.send_frames(&[FromClient::Listen { id: 4, event: "e" }]), [Did::Listen(4, "e".to_owned())]);
    assert_eq!(server.send_frames(&[FromClient::Listen { id: 5, event: "e" }]), []);
    assert_eq!(server.replies()[0].1, Status::Busy.code());
}

#[test]
fn names_are_1_to_255_bytes() {
    let mut server = Dialogue::greeted();
    let long = "x".repeat(256);
    server.send_frames(&[request(1, ""), request(2, &long), FromClient::Listen { id: 3, event: "" }]);
    let statuses: Vec<i32> = server.replies().iter().map(|reply| reply.1).collect();
    assert_eq!(statuses, [Status::InvalidArgument.code(); 3]);
}

#[test]
fn events_come_between_opened_and_the_reply() {
    let mut server = Dialogue::greeted();
    assert_eq!(server.send_frames(&[FromClient::Listen { id: 7, event: "e" }]), [Did::Listen(7, "e".to_owned())]);
    server.session.event(7, b"early");
    assert!(server.take_output().is_empty(), "what is early waits for OPENED");
    assert_eq!(server.session.opened(7, 70), Action::None);
    server.session.event(7, b"next");
    let output = server.take_output();
    let expected = [
        FromServer::Opened { id: 7 },
        FromServer::Event { id: 7, missed: 0, payload: b"early" },
        FromServer::Event { id: 7, missed: 0, payload: b"next" },
    ];
    assert_eq!(frames(&output), expected);
    assert_eq!(server.send_frames(&[FromClient::Cancel { id: 7 }]), [Did::Unlisten(7, 70)]);
    server.session.closed(7);
    server.session.event(7, b"late");
    assert_eq!(frames(&server.take_output()), [reply(7, Status::Ok, b"\xf6")]);
}

#[test]
fn what_a_slow_reader_misses_is_counted() {
    let limits = Limits { frame: 1024, output: 8192, ..Limits::default() };
    let mut server = Dialogue::with(limits);
    server.send_frames(&[FromClient::Listen { id: 1, event: "e" }]);
    assert_eq!(server.session.opened(1, 1), Action::None);
    server.take_output();
    for _ in 0..100 {
        server.session.event(1, &[0; 500]);
    }
    let sent = frames(&server.take_output()).len();
    server.session.event(1, &[0; 2000]);
    server.session.event(1, b"again");
    let output = server.take_output();
    let missed = 100 - sent as u64 + 1;
    assert_eq!(frames(&output), [FromServer::Event { id: 1, missed, payload: b"again" }]);
    assert!(missed > 50);
}

#[test]
fn a_listener_that_is_cancelled_before_it_is_there() {
    let mut server = Dialogue::greeted();
    server.send_frames(&[FromClient::Listen { id: 1, event: "e" }]);
    assert_eq!(server.send_frames(&[FromClient::Cancel { id: 1 }]), []);
    assert_eq!(server.session.opened(1, 9), Action::Unlisten { id: 1, ticket: 9 });
    server.session.closed(1);
    assert_eq!(frames(&server.take_output()), [FromServer::Opened { id: 1 }, reply(1, Status::Ok, b"\xf6")]);
}

#[test]
fn a_refused_listener_gets_a_reply_alone() {
    let mut server = Dialogue::greeted();
    server.send_frames(&[FromClient::Listen { id: 1, event: "nothing" }]);
    server.session.refused(1, Status::InvalidArgument, "no such event");
    assert_eq!(server.replies(), [(1, Status::InvalidArgument.code(), b"no such event".to_vec())]);
}

fn registered(server: &mut Dialogue, id: u64) {
    let register = FromClient::Register { id, max_in_flight: 0, deadline_ms: 0, name: "f" };
    assert_eq!(server.send_frames(&[register]), [Did::Register(id, "f".to_owned())]);
    assert_eq!(server.session.opened(id, 0), Action::None);
    assert_eq!(frames(&server.take_output()), [FromServer::Opened { id }]);
}

#[test]
fn calls_are_completed_once() {
    let mut server = Dialogue::greeted();
    registered(&mut server, 3);
    server.session.call(100, 3, b"args").expect("it is registered");
    assert_eq!(frames(&server.take_output()), [FromServer::Call { call: 100, id: 3, payload: b"args" }]);
    let complete = FromClient::Complete { call: 100, ret: 0, payload: b"r" };
    assert_eq!(server.send_frames(&[complete]), [Did::Complete(100, 0, b"r".to_vec())]);
    assert_eq!(server.send_frames(&[complete]), []);
    let refused = FromServer::CallRefused { call: 100, ret: Status::UnknownToken.code() };
    assert_eq!(frames(&server.take_output()), [refused]);
}

#[test]
fn a_call_that_is_cancelled_takes_no_answer() {
    let mut server = Dialogue::greeted();
    registered(&mut server, 3);
    server.session.call(100, 3, b"").expect("it is registered");
    server.take_output();
    server.session.cancel_call(100);
    server.session.cancel_call(100);
    assert_eq!(frames(&server.take_output()), [FromServer::CallCancelled { call: 100 }]);
    assert_eq!(server.send_frames(&[FromClient::Complete { call: 100, ret: 0, payload: b"" }]), []);
    let refused = FromServer::CallRefused { call: 100, ret: Status::UnknownToken.code() };
    assert_eq!(frames(&server.take_output()), [refused]);
}

#[test]
fn nobody_completes_the_call_of_another() {
    let mut server = Dialogue::greeted();
    registered(&mut server, 3);
    assert_eq!(server.send_frames(&[FromClient::Complete { call: 1, ret: 0, payload: b"forged" }]), []);
}

#[test]
fn a_registration_that_ends_gives_its_calls_back() {
    let mut server = Dialogue::greeted();
    registered(&mut server, 3);
    registered(&mut server, 4);
    server.session.call(100, 3, b"").expect("it is registered");
    server.session.call(101, 4, b"").expect("it is registered");
    server.take_output();
    assert_eq!(server.send_frames(&[FromClient::Cancel { id: 3 }]), [Did::Unregister(3, vec![100])]);
    let refused = server.session.call(102, 3, b"").expect_err("it is not registered any more");
    assert_eq!(refused.status, Status::Cancelled);
    server.session.closed(3);
    let expected = [FromServer::CallCancelled { call: 100 }, reply(3, Status::Ok, b"\xf6")];
    assert_eq!(frames(&server.take_output()), expected, "whoever works on the call need not go on");
    let left = server.session.end();
    assert_eq!((left.registrations, left.calls), (vec![4], vec![101]));
    assert_eq!(server.session.call(103, 4, b"").expect_err("all is over").status, Status::Disconnected);
}

#[test]
fn what_is_too_large_to_be_sent_is_said() {
    let mut server = Dialogue::with(Limits { frame: 4096, output: 16_000, ..Limits::default() });
    let keys = server.start(&[request(1, "a"), request(2, "b"), request(3, "c"), request(4, "d"), request(5, "e")]);
    server.session.reply(keys[0], 0, &[0; 4096]);
    assert_eq!(server.replies()[0].1, Status::TooLarge.code());
    for key in &keys[1..] {
        server.session.reply(*key, 0, &[0; 4000]);
    }
    let statuses: Vec<i32> = server.replies().iter().map(|reply| reply.1).collect();
    assert_eq!(statuses, [0, 0, 0, Status::TooLarge.code()], "the output has room for 16,000 bytes");
}

/// BUSY is for what was not started, and for nothing else.
#[test]
fn a_request_that_ran_is_never_answered_busy() {
    let mut server = Dialogue::with(Limits { frame: 4096, output: 16_000, ..Limits::default() });
    server.send_frames(&[FromClient::Listen { id: 9, event: "e" }]);
    assert_eq!(server.session.opened(9, 90), Action::None);
    server.take_output();
    let keys = server.start(&[1, 2, 3, 4, 5, 6].map(|id| request(id, "a")));
    for key in &keys[..4] {
        server.session.reply(*key, 0, &[0; 4000]);
    }
    server.session.reply(keys[4], 0, b"\xf6");
    server.session.reply(keys[5], Status::Busy.code(), b"the library is full");
    server.session.closed(9);
    let statuses: Vec<(u64, i32)> = server.replies().iter().map(|reply| (reply.0, reply.1)).collect();
    let (lost, busy) = (Status::TooLarge.code(), Status::Busy.code());
    assert_eq!(
        statuses,
        [(1, 0), (2, 0), (3, 0), (4, lost), (5, 0), (6, busy), (9, 0)],
        "what is short is sent as it is"
    );
}

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
    assert!(server.session.started(keys[1], 11), "one that was being started is not wanted any more");
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
fn the_surface_is_told_in_both_versions() {
    let told = b"\x5a\x00\x00\x00\x07surface".to_vec();
    let mut server = Dialogue::greeted();
    assert_eq!(server.send_frames(&[request(1, "ffihost.descriptor")]), []);
    assert_eq!(server.replies(), [(1, 0, told.clone())]);
    let mut server = Dialogue::new(Limits::default(), server_info());
    let (mut sent, mut expected) = (Vec::new(), Vec::new());
    encode_request("ffihost.descriptor", b"", &mut sent);
    encode_response(0, &told, &mut expected);
    assert_eq!(server.send(&sent), []);
    assert_eq!(server.take_output(), expected);
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

#[test]
fn what_waits_for_opened_is_bounded_too() {
    let limits = Limits { frame: 1024, output: 8192, ..Limits::default() };
    let mut server = Dialogue::with(limits);
    server.send_frames(&[FromClient::Listen { id: 1, event: "e" }]);
    let register = FromClient::Register { id: 2, max_in_flight: 0, deadline_ms: 0, name: "f" };
    server.send_frames(&[register, FromClient::Listen { id: 3, event: "refused" }]);
    server.session.event(3, &[0; 900]);
    server.session.refused(3, Status::InvalidArgument, "");
    server.take_output();
    for _ in 0..100 {
        server.session.event(1, &[0; 500]);
    }
    let taken = (0..100).filter(|call| server.session.call(*call, 2, &[0; 500]).is_ok()).count();
    assert_eq!(server.session.opened(1, 1), Action::None);
    assert_eq!(server.session.opened(2, 0), Action::None);
    let output = server.take_output();
    assert!(output.len() <= 8192, "{}", output.len());
    assert!(output.len() > 7000 && taken > 4, "{} with {taken} calls", output.len());
    server.session.event(1, b"next");
    assert!(matches!(*frames(&server.take_output()), [FromServer::Event { id: 1, missed: 90.., .. }]));
}

#[test]
fn what_the_client_is_sent_it_has_until_it_is_taken_out() {
    let mut server = Dialogue::with(Limits { frame: 1024, ..Limits::default() });
    let keys = server.start(&[
        request(1, "answered"),
        request(2, "large"),
        FromClient::Request { id: 3, timeout_ms: 10, method: "late", payload: b"" },
        request(4, "after the end"),
    ]);
    server.send_frames(&[
        FromClient::Listen { id: 5, event: "e" },
        FromClient::Register { id: 6, max_in_flight: 0, deadline_ms: 0, name: "f" },
    ]);
    server.wait(Duration::from_millis(20));
    let session = &mut server.session;
    assert!(session.reply(keys[0], 1, b"\xf6"));
    assert!(!session.reply(keys[1], 0, &[0; 2_000]), "another answer is sent");
    assert!(!session.reply(keys[2], 0, b"\xf6"), "it was answered before");
    assert!(session.event(5, b"held until OPENED"));
    assert!(!session.event(5, &[0; 2_000]), "it is missed");
    assert!(!session.event(7, b"of nobody"));
    let (thing, other) = (HandleRef { kind: 1, number: 7 }, HandleRef { kind: 2, number: 7 });
    session.add_handles(&[thing, thing, other]);
    session.add_handles(&[thing]);
    assert!(session.has_handle(thing) && session.take_handle(thing), "of three");
    assert!(session.take_handle(other) && !session.has_handle(other) && !session.take_handle(other), "there was one");
    assert_eq!(session.end().handles, [(thing, 2)]);
    assert!(
        !session.has_handle(thing) && !session.take_handle(thing) && session.end().handles.is_empty(),
        "it was taken out"
    );
    assert!(!session.reply(keys[3], 0, b"\xf6") && !session.event(5, b"") && session.call(1, 6, b"").is_err());
}

#[test]
fn what_comes_after_a_reply_means_no_later_request() {
    let mut server = Dialogue::greeted();
    let first = server.start(&[request(1, "first")])[0];
    assert!(server.session.reply(first, 0, b"\xf6"));
    let second = server.start(&[request(2, "second")])[0];
    server.take_output();
    server.session.stale(first, 17);
    assert!(!server.session.reply(first, 0, b"\xf6") && !server.session.started(first, 1));
    assert_eq!(server.take_output(), b"");
    server.session.stale(second, 17);
    assert!(matches!(*frames(&server.take_output()), [FromServer::Stale { id: 2, elapsed_ms: 17 }]));
}
