//! What holds for whatever a client sends, in whatever pieces, and whatever the library does meanwhile.

#[path = "../../../fuzz/src/wire/memory.rs"]
mod memory;
#[path = "support/world.rs"]
mod world;

use ffihost_ipc::session::{Action, Session};
use ffihost_ipc::wire::frame::{FromClient, FromServer};
use ffihost_ipc::wire::{FrameDecoder, Message, PREFACE, encode_request};
use ffihost_ipc::{Limits, ServerInfo, Status};
use memory::peak;
use proptest::collection::vec;
use proptest::prelude::*;
use std::sync::Arc;
use std::time::Instant;

const LIMITS: Limits = Limits { frame: 4096, output: 32 << 10, in_flight: 8, subscriptions: 8, ..DEFAULT };

/// `Limits::default()`, which is no constant.
const DEFAULT: Limits = Limits {
    frame: 0,
    connections: 1,
    in_flight: 0,
    subscriptions: 0,
    output: 0,
    frame_time: std::time::Duration::from_secs(10),
    stall: std::time::Duration::from_secs(30),
    idle: std::time::Duration::from_secs(300),
    grace: std::time::Duration::ZERO,
};

/// A frame, and the numbers in it small enough to meet others.
fn frame() -> impl Strategy<Value = Vec<u8>> {
    let payload = prop_oneof![4 => vec(any::<u8>(), 0..20), 1 => vec(any::<u8>(), 1000..1001)];
    (0..9_u8, 0..6_u64, prop_oneof!["[a-z]{1,9}", Just("ffihost.descriptor".to_owned())], payload).prop_map(
        |(kind, id, name, payload)| {
            let mut bytes = Vec::new();
            match kind {
                0 | 1 => FromClient::Request { id, timeout_ms: 0, method: &name, payload: &payload },
                2 => FromClient::Listen { id, event: &name },
                3 => FromClient::Register { id, max_in_flight: 1, deadline_ms: 1, name: &name },
                4 => FromClient::Cancel { id },
                5 => FromClient::Complete { call: id, ret: 0, payload: &payload },
                6 => FromClient::Ping { number: id },
                7 => FromClient::Pong { number: id },
                _ => FromClient::Request { id: id + 10, timeout_ms: 5, method: &name, payload: &payload },
            }
            .encode(&mut bytes);
            bytes
        },
    )
}

/// What a client may send, in either version.
fn stream() -> impl Strategy<Value = Vec<u8>> {
    let version_2 = vec(frame(), 0..12).prop_map(|frames| {
        let mut bytes = PREFACE.to_vec();
        FromClient::Hello { max_frame: 1024, abi_hash: 0, token: "" }.encode(&mut bytes);
        bytes.extend(frames.concat());
        bytes
    });
    let version_1 = vec(("[a-z]{1,9}", vec(any::<u8>(), 0..30)), 1..6).prop_map(|requests| {
        let mut bytes = Vec::new();
        for (method, payload) in requests {
            encode_request(&method, &payload, &mut bytes);
        }
        bytes
    });
    prop_oneof![3 => version_2, 1 => version_1]
}

/// What came of a stream.
#[derive(Debug, PartialEq, Eq)]
struct Outcome {
    /// Units and actions, in words.
    log: Vec<String>,
    output: Vec<u8>,
    over: bool,
}

/// A server with a library that answers at once, whose client sends these pieces.
fn serve<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Outcome {
    let info = ServerInfo {
        library: "test".to_owned(),
        version: "1".to_owned(),
        abi_hash: 1,
        descriptor: vec![0; 100],
        token: None,
    };
    let now = Instant::now();
    let mut session = Session::new(Arc::new(info), LIMITS, now);
    let mut input = FrameDecoder::for_server(LIMITS.frame);
    let (mut log, mut output) = (Vec::new(), Vec::new());
    for piece in pieces {
        input.buffer().extend_from_slice(piece);
        while session.wants_input() {
            match input.next_message() {
                Ok(Some(message)) => {
                    log.push(format!("{message:?}"));
                    let action = session.receive(message, now);
                    log.push(format!("{action:?}"));
                    perform(&mut session, &action);
                }
                Ok(None) => break,
                Err(broken) => {
                    log.push(broken.to_string());
                    session.fail_framing(broken);
                }
            }
            // A client that reads: how much waits does not depend on how the stream is cut.
            output.append(session.output());
        }
    }
    Outcome { log, output, over: session.is_over() }
}

fn perform(session: &mut Session, action: &Action<'_>) {
    match *action {
        Action::Start { key, payload, .. } => {
            assert!(!session.started(key, 1));
            session.reply(key, 0, payload);
        }
        Action::Listen { id, .. } => {
            assert_eq!(session.opened(id, id), Action::None);
            session.event(id, b"event");
        }
        Action::Register { id, name, .. } if name < "g" => session.refused(id, Status::Busy, "no"),
        Action::Register { id, .. } => {
            assert_eq!(session.opened(id, id), Action::None);
            session.call(id, id, b"").expect("it is open");
        }
        Action::Unlisten { id, .. } | Action::Unregister { id, .. } => session.closed(id),
        Action::Complete { .. } | Action::None | Action::Cancel(_) => {}
        Action::Goodbye => {
            for action in session.end_subscriptions() {
                perform(session, &action);
            }
        }
    }
}

/// Whether what was sent can be read: to the end, and as what it has to be.
fn check(stream: &[u8], outcome: &Outcome) {
    let (mut rest, version_1) = (&*outcome.output, stream.first() == Some(&0));
    if version_1 {
        while let Some((head, tail)) = rest.split_first_chunk::<8>() {
            let length = u32::from_be_bytes(head[4..].try_into().expect("4 bytes"));
            rest = &tail[length as usize..];
        }
    } else {
        let mut input = FrameDecoder::for_client(LIMITS.frame);
        input.buffer().extend_from_slice(rest);
        let mut last = false;
        while let Some(message) = input.next_message().expect("what is sent can be read") {
            assert!(!last, "nothing follows GOODBYE: {outcome:?}");
            if let Message::Frame { kind, body } = message {
                let frame = FromServer::decode(kind, body).expect("what is sent is sound");
                last = matches!(frame, FromServer::Goodbye { .. });
            }
        }
        assert!(!input.is_partial() && (!last || outcome.over));
        rest = &[];
    }
    assert_eq!(rest, []);
}

/// Serves a stream at once, within the memory that it may take.
fn serve_within_limits(stream: &[u8]) {
    let (outcome, peak) = peak(|| serve([stream]));
    // The stream itself, copies of what it holds in words, and what is sent: nothing because of a length that was declared.
    let allowed = 64 * stream.len() + LIMITS.output + (64 << 10);
    assert!(peak <= allowed, "{peak} bytes for {}", stream.len());
    check(stream, &outcome);
}

/// A sound stream of each version that meets every kind of frame.
fn sound_streams() -> [Vec<u8>; 2] {
    let (mut version_1, mut version_2) = (Vec::new(), PREFACE.to_vec());
    encode_request("echo", b"payload", &mut version_1);
    encode_request("ffihost.descriptor", b"", &mut version_1);
    let frames = [
        FromClient::Hello { max_frame: 1024, abi_hash: 1, token: "token" },
        FromClient::Request { id: 1, timeout_ms: 9, method: "echo", payload: b"payload" },
        FromClient::Listen { id: 2, event: "event" },
        FromClient::Register { id: 3, max_in_flight: 1, deadline_ms: 2, name: "host" },
        FromClient::Complete { call: 3, ret: 0, payload: b"result" },
        FromClient::Cancel { id: 2 },
        FromClient::Ping { number: 1 },
        FromClient::Pong { number: 1 },
        FromClient::Goodbye,
    ];
    for frame in frames {
        frame.encode(&mut version_2);
    }
    [version_1, version_2]
}

#[test]
fn every_truncation_and_every_wrong_byte() {
    for stream in sound_streams() {
        assert_eq!(serve([&*stream]), serve(stream.chunks(1)));
        for length in 0..stream.len() {
            serve_within_limits(&stream[..length]);
        }
        for at in 0..stream.len() {
            for byte in 0..=255 {
                let mut wrong = stream.clone();
                wrong[at] = byte;
                serve_within_limits(&wrong);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1024, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn how_a_stream_is_cut_does_not_matter(
        stream in stream(),
        wrong in proptest::option::of((any::<prop::sample::Index>(), any::<u8>())),
        cuts in vec(any::<prop::sample::Index>(), 0..10),
    ) {
        let mut stream = stream;
        if let Some((at, byte)) = wrong {
            let at = at.index(stream.len());
            stream[at] = byte;
        }
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(stream.len() + 1)).collect();
        cuts.extend([0, stream.len()]);
        cuts.sort_unstable();
        let whole = serve([&*stream]);
        prop_assert_eq!(&serve(cuts.windows(2).map(|cut| &stream[cut[0]..cut[1]])), &whole);
        prop_assert_eq!(&serve(stream.chunks(1)), &whole);
        check(&stream, &whole);
        world::run_stream(&stream);
    }

    #[test]
    fn whatever_is_sent_takes_no_more_than_it_may(stream in vec(any::<u8>(), 0..200), at in 0..3_usize) {
        // Behind nothing, behind the preface, behind a greeting.
        let mut all = if at > 0 { PREFACE.to_vec() } else { Vec::new() };
        if at > 1 {
            FromClient::Hello { max_frame: 1024, abi_hash: 0, token: "" }.encode(&mut all);
        }
        all.extend(stream);
        serve_within_limits(&all);
        world::run_stream(&all);
    }

    #[test]
    fn a_client_and_a_library_do_what_they_like(script in vec(any::<u8>(), 0..1000)) {
        world::run(&script);
    }
}
