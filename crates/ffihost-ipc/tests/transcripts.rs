//! Replays the bytes in `transcripts/`, which were made by hand from `docs/wire.md`: the format does not change by accident.

#[path = "support/wire.rs"]
mod wire;

use ffihost_ipc::session::{Action, Key};
use ffihost_ipc::wire::frame::{FromClient, FromServer};
use ffihost_ipc::wire::{FrameDecoder, Message, PREFACE};
use ffihost_ipc::{Limits, Status, Token};
use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::Path;
use std::time::Duration;
use wire::{Dialogue, Did, server_info};

/// A line of a transcript.
enum Line {
    Client(Vec<u8>),
    Server(Vec<u8>),
    Script(String),
}

struct Transcript {
    name: String,
    lines: Vec<Line>,
}

fn transcripts() -> Vec<Transcript> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/transcripts");
    let entries = fs::read_dir(folder).expect("there are transcripts");
    let paths = entries.map(|entry| entry.expect("the folder can be read").path());
    let mut all: Vec<_> =
        paths.filter(|path| path.extension().is_some_and(|it| it == "txt")).map(|path| read(&path)).collect();
    all.sort_by(|one, other| one.name.cmp(&other.name));
    assert!(all.len() >= 50, "some have gone: {} are left", all.len());
    all
}

fn read(path: &Path) -> Transcript {
    let name = path.file_stem().expect("a file has a name").to_string_lossy().into_owned();
    let text = fs::read_to_string(path).expect("the file can be read");
    let line = |line: &str| match line.split_once(' ') {
        Some(("#", _)) => None,
        Some((">", hex)) => Some(Line::Client(bytes(hex))),
        Some(("<", hex)) => Some(Line::Server(bytes(hex))),
        Some(("!", script)) => Some(Line::Script(script.to_owned())),
        _ => panic!("{name}: {line}"),
    };
    Transcript { lines: text.lines().filter_map(line).collect(), name: name.clone() }
}

fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<u32> = hex.chars().filter(|it| *it != ' ').map(|it| it.to_digit(16).expect("a digit")).collect();
    let (pairs, rest) = digits.as_chunks::<2>();
    assert!(rest.is_empty(), "half a byte in {hex}");
    pairs.iter().map(|[high, low]| u8::try_from(high << 4 | low).expect("two digits are a byte")).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The server's side of a transcript: a session, and a library that does what the script says.
struct Replay {
    server: Dialogue,
    requests: HashMap<String, (Key, u64)>,
    cancelled: HashSet<u64>,
    completed: HashMap<u64, (i32, Vec<u8>)>,
}

impl Replay {
    fn new(limits: Limits, token: Option<Token>) -> Self {
        let server = Dialogue::new(limits, ffihost_ipc::ServerInfo { token, ..server_info() });
        Self { server, requests: HashMap::new(), cancelled: HashSet::new(), completed: HashMap::new() }
    }

    /// Passes bytes on, in pieces of a length at most.
    fn send(&mut self, bytes: &[u8], piece: usize) {
        for piece in bytes.chunks(piece) {
            let did = self.server.send(piece);
            self.perform(did);
        }
    }

    fn perform(&mut self, did: Vec<Did>) {
        for did in did {
            match did {
                Did::Start(key, method, _) => {
                    let ticket = self.requests.len() as u64 + 1;
                    assert!(!self.server.session.started(key, ticket), "nothing is cancelled so soon");
                    self.requests.insert(method, (key, ticket));
                }
                Did::Cancel(ticket) => assert!(self.cancelled.insert(ticket), "once is enough"),
                Did::Listen(id, name) | Did::Register(id, name) if name == "nothing" => {
                    self.server.session.refused(id, Status::InvalidArgument, "there is no such thing");
                }
                Did::Listen(id, _) | Did::Register(id, _) => {
                    assert_eq!(self.server.session.opened(id, id), Action::None);
                }
                Did::Unlisten(id, ticket) => {
                    assert_eq!(ticket, id);
                    self.server.session.closed(id);
                }
                Did::Unregister(id, calls) => {
                    self.completed.extend(calls.iter().map(|call| (*call, (Status::Cancelled.code(), Vec::new()))));
                    self.server.session.closed(id);
                }
                Did::Complete(call, _, payload) if payload == b"\xff" => {
                    self.server.session.call_refused(call, Status::Decode);
                }
                Did::Complete(call, ret, payload) => assert_eq!(self.completed.insert(call, (ret, payload)), None),
                Did::Goodbye => {
                    let ended = self.server.session.end_subscriptions();
                    self.perform(ended.into_iter().map(subscription).collect());
                }
            }
        }
    }

    fn script(&mut self, line: &str) {
        let number = |text: &str| text.parse::<u64>().expect("a number");
        let ret = |text: &str| text.parse::<i32>().expect("a number");
        let payload = |text: &str| if text == "-" { Vec::new() } else { bytes(text) };
        match &*line.split(' ').collect::<Vec<_>>() {
            ["reply", method, status, hex] => {
                let (key, _) = self.requests[*method];
                self.server.session.reply(key, ret(status), &payload(hex));
                let next = self.server.send(b"");
                self.perform(next);
            }
            ["stale", method, elapsed] => self.server.session.stale(self.requests[*method].0, number(elapsed)),
            ["event", id, hex] => {
                self.server.session.event(number(id), &payload(hex));
            }
            ["long", "event", id, length] => {
                self.server.session.event(number(id), &vec![0; length.parse().expect("a number")]);
            }
            ["call", call, id, hex] => {
                self.server.session.call(number(call), number(id), &payload(hex)).expect("it is registered");
            }
            ["cancel", "call", call] => self.server.session.cancel_call(number(call)),
            ["wait", time] => self.cancelled.extend(self.server.wait(Duration::from_millis(number(time)))),
            ["shut", "down"] => self.server.session.shut_down(),
            ["end", "of", "input"] => self.server.session.end_of_input(),
            ["started", method] => assert!(self.requests.contains_key(*method)),
            ["not", "started", method] => assert!(!self.requests.contains_key(*method)),
            ["cancelled", method] => assert!(self.cancelled.remove(&self.requests[*method].1)),
            ["completed", call, status, hex] => {
                assert_eq!(self.completed.remove(&number(call)), Some((ret(status), payload(hex))));
            }
            ["open"] => assert!(!self.server.session.is_over()),
            ["over"] => assert!(self.server.session.is_over()),
            _ => panic!("there is no such line: {line}"),
        }
    }
}

fn subscription(action: Action<'static>) -> Did {
    match action {
        Action::Unlisten { id, ticket } => Did::Unlisten(id, ticket),
        Action::Unregister { id, calls } => Did::Unregister(id, calls),
        other => panic!("{other:?} is no end of a subscription"),
    }
}

/// Replays a transcript with what the client sends cut into pieces of a length at most.
fn replay(transcript: &Transcript, piece: usize) {
    let mut limits = Limits { frame: 1 << 20, ..Limits::default() };
    let mut token = None;
    let script = |line: &Line| if let Line::Script(script) = line { Some(script.clone()) } else { None };
    for line in transcript.lines.iter().filter_map(script) {
        match line.split_once(' ') {
            Some(("token", text)) => token = Token::new(text),
            Some(("in_flight", count)) => limits.in_flight = count.parse().expect("a number"),
            _ => {}
        }
    }
    let mut replay = Replay::new(limits, token);
    let mut lines = transcript.lines.iter().peekable();
    while let Some(line) = lines.next() {
        match line {
            Line::Client(bytes) => replay.send(bytes, piece),
            Line::Script(line) if line.starts_with("token ") || line.starts_with("in_flight ") => {}
            Line::Script(line) => replay.script(line),
            Line::Server(bytes) => panic!("{}: nothing leads to {}", transcript.name, hex(bytes)),
        }
        let mut expected = Vec::new();
        while let Some(Line::Server(bytes)) = lines.next_if(|line| matches!(line, Line::Server(_))) {
            expected.extend_from_slice(bytes);
        }
        let output = replay.server.take_output();
        let after = match line {
            Line::Client(bytes) => hex(bytes),
            Line::Server(_) => unreachable!("these were taken"),
            Line::Script(line) => line.clone(),
        };
        assert!(
            output == expected,
            "{}, after {after}:\n  {}\nis not\n  {}",
            transcript.name,
            hex(&output),
            hex(&expected)
        );
    }
    assert!(replay.cancelled.is_empty() && replay.completed.is_empty(), "{}: more than it says", transcript.name);
}

#[test]
fn every_transcript_is_what_is_sent() {
    for transcript in transcripts().iter().filter(|transcript| transcript.name != "frames") {
        for piece in [usize::MAX, 1, 7] {
            replay(transcript, piece);
        }
    }
}

/// The values in `frames.txt`.
fn every_frame() -> (Vec<FromClient<'static>>, Vec<FromServer<'static>>) {
    let from_client = vec![
        FromClient::Hello { max_frame: 0x0102_0304, abi_hash: 0x0506_0708_090a_0b0c, token: "tökén" },
        FromClient::Request { id: 1, timeout_ms: 250, method: "echo", payload: b"\xa0" },
        FromClient::Listen { id: 2, event: "on_echo" },
        FromClient::Register { id: 3, max_in_flight: 4, deadline_ms: 5, name: "fetch" },
        FromClient::Cancel { id: 6 },
        FromClient::Complete { call: 7, ret: -8, payload: b"why" },
        FromClient::Ping { number: 9 },
        FromClient::Pong { number: u64::MAX },
        FromClient::Goodbye,
    ];
    let from_server = vec![
        FromServer::Welcome { max_frame: 1, max_in_flight: 2, abi_hash: 3, library: "lib", version: "1.0" },
        FromServer::Reply { id: 4, ret: -5, payload: b"\xf6" },
        FromServer::Opened { id: 6 },
        FromServer::Stale { id: 7, elapsed_ms: 8 },
        FromServer::Event { id: 9, missed: 10, payload: b"\xa0" },
        FromServer::Call { call: 11, id: 12, payload: b"\xa0" },
        FromServer::CallCancelled { call: 13 },
        FromServer::CallRefused { call: 14, ret: 16 },
        FromServer::Ping { number: 15 },
        FromServer::Pong { number: 16 },
        FromServer::Goodbye { ret: 7, text: b"bye" },
    ];
    (from_client, from_server)
}

#[test]
fn every_frame_is_encoded_and_decoded() {
    let all = transcripts();
    let frames = all.iter().find(|transcript| transcript.name == "frames").expect("it is there");
    let (mut from_client, mut from_server) = every_frame();
    let (mut clients, mut servers) = (from_client.drain(..), from_server.drain(..));
    for line in &frames.lines {
        let mut encoded = Vec::new();
        match line {
            Line::Client(bytes) => {
                let frame = clients.next().expect("a value for each line");
                frame.encode(&mut encoded);
                assert_eq!(hex(&encoded), hex(bytes), "{frame:?}");
                assert_eq!(FromClient::decode(bytes[4], &bytes[5..]), Ok(frame));
                assert!(FromServer::decode(bytes[4], &bytes[5..]).is_err(), "the server has no such frame: {frame:?}");
            }
            Line::Server(bytes) => {
                let frame = servers.next().expect("a value for each line");
                frame.encode(&mut encoded);
                assert_eq!(hex(&encoded), hex(bytes), "{frame:?}");
                assert_eq!(FromServer::decode(bytes[4], &bytes[5..]), Ok(frame));
                assert!(FromClient::decode(bytes[4], &bytes[5..]).is_err(), "the client has no such frame: {frame:?}");
            }
            Line::Script(line) => panic!("{line}"),
        }
    }
    assert_eq!((clients.next(), servers.next()), (None, None), "a line for each value");
}

/// What can be decoded in any transcript is encoded to the same bytes.
#[test]
fn what_is_decoded_is_encoded_to_the_same() {
    let (mut kinds, mut violations) = (HashSet::new(), 0);
    for transcript in transcripts().iter().filter(|transcript| transcript.name.starts_with("v2_")) {
        let (mut from_client, mut from_server) = (Vec::new(), Vec::new());
        for line in &transcript.lines {
            match line {
                Line::Client(bytes) => from_client.extend_from_slice(bytes),
                Line::Server(bytes) => from_server.extend_from_slice(bytes),
                Line::Script(_) => {}
            }
        }
        let mut again = PREFACE.to_vec();
        cut(FrameDecoder::for_client(1 << 20), &from_server, |kind, body| {
            kinds.insert(kind);
            FromServer::decode(kind, body).expect("what a server sends is sound").encode(&mut again);
        });
        assert_eq!(hex(&again), hex(&from_server), "{}", transcript.name);
        let mut again = PREFACE.to_vec();
        let mut sound = true;
        cut(FrameDecoder::for_server(1 << 20), &from_client, |kind, body| match FromClient::decode(kind, body) {
            Ok(frame) => {
                kinds.insert(kind);
                frame.encode(&mut again);
            }
            Err(_) => sound = false,
        });
        if transcript.name.contains("violation") || transcript.name == "v2_slow_frame" {
            violations += usize::from(!sound);
        } else {
            assert!(sound && hex(&again) == hex(&from_client), "{}", transcript.name);
        }
    }
    assert_eq!((kinds.len(), violations), (9 + 11, 6), "each kind, and each way in which a frame is invalid");
}

fn cut(mut input: FrameDecoder, bytes: &[u8], mut frame: impl FnMut(u8, &[u8])) {
    input.buffer().extend_from_slice(bytes);
    while let Ok(Some(message)) = input.next_message() {
        match message {
            Message::Frame { kind, body } => frame(kind, body),
            Message::Preface => {}
            Message::Request { .. } => panic!("this is version 2"),
        }
    }
}
