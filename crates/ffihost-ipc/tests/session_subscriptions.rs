//! The protocol of `docs/wire.md`, case by case, without I/O: bytes in, bytes out, at times that the test says.
//!
//! Listeners and registrations, and the handles that a client has.

mod support;

use ffihost_ipc::session::Action;
use ffihost_ipc::wire::frame::{FromClient, FromServer};
use ffihost_ipc::{HandleRef, Limits, Status};
use std::time::Duration;
use support::frames::{frames, registered, reply, request};
use support::wire::{Dialogue, Did};

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
    let refused = server.session.call(102, 3, b"").expect_err("its registration has ended");
    assert_eq!(refused.status, Status::Cancelled);
    server.session.closed(3);
    let expected = [FromServer::CallCancelled { call: 100 }, reply(3, Status::Ok, b"\xf6")];
    assert_eq!(frames(&server.take_output()), expected, "whoever works on the call need not go on");
    let left = server.session.end();
    assert_eq!((left.registrations, left.calls), (vec![4], vec![101]));
    assert_eq!(server.session.call(103, 4, b"").expect_err("all is over").status, Status::Disconnected);
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
