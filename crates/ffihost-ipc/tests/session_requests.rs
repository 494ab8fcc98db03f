//! The protocol of `docs/wire.md`, case by case, without I/O: bytes in, bytes out, at times that the test says.
//!
//! Requests and their replies.

mod support;

use ffihost_ipc::session::Action;
use ffihost_ipc::wire::frame::{FromClient, FromServer};
use ffihost_ipc::{Limits, Status};
use std::time::Duration;
use support::frames::{frames, request};
use support::wire::{Dialogue, Did};

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
