//! The protocol of `docs/wire.md`, case by case, without I/O: bytes in, bytes out, at times that the test says.
//!
//! How a session begins, in both versions.

mod support;

use ffihost_ipc::wire::frame::FromClient;
use ffihost_ipc::wire::{PREFACE, encode_request, encode_response};
use ffihost_ipc::{Limits, Status, Token};
use support::frames::{HELLO, request};
use support::wire::{Dialogue, Did, server_info};

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
