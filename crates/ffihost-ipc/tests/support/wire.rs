//! A session with a client that is a test.

use ffihost_ipc::session::{Action, Key, Session};
use ffihost_ipc::wire::frame::{FromClient, FromServer};
use ffihost_ipc::wire::{Input, PREFACE};
use ffihost_ipc::{Limits, Status, Terms};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// An [`Action`] that has been taken, with its bytes copied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Did {
    Start(Key, String, Vec<u8>),
    Cancel(u64),
    Listen(u64, String),
    Unlisten(u64, u64),
    Register(u64, String),
    Unregister(u64, Vec<u64>),
    Complete(u64, i32, Vec<u8>),
    Goodbye,
}

fn did(action: Action<'_>) -> Option<Did> {
    Some(match action {
        Action::None => return None,
        Action::Start { key, method, payload } => Did::Start(key, method.to_owned(), payload.to_owned()),
        Action::Cancel(ticket) => Did::Cancel(ticket),
        Action::Listen { id, event } => Did::Listen(id, event.to_owned()),
        Action::Unlisten { id, ticket } => Did::Unlisten(id, ticket),
        Action::Register { id, name, .. } => Did::Register(id, name.to_owned()),
        Action::Unregister { id, calls } => Did::Unregister(id, calls),
        Action::Complete { call, ret, payload } => Did::Complete(call, ret, payload.to_owned()),
        Action::Goodbye => Did::Goodbye,
    })
}

/// A session, what its client has sent, and the time.
pub(crate) struct Dialogue {
    pub(crate) session: Session,
    pub(crate) now: Instant,
    input: Input,
}

pub(crate) fn terms() -> Terms {
    Terms {
        library: "test".to_owned(),
        version: "1.2.3".to_owned(),
        abi_hash: 0xab,
        descriptor: b"surface".to_vec(),
        token: None,
    }
}

impl Dialogue {
    pub(crate) fn new(limits: Limits, terms: Terms) -> Self {
        let now = Instant::now();
        Self {
            session: Session::new(Arc::new(terms), limits, now),
            now,
            input: Input::of_server(limits.frame.max(1024)),
        }
    }

    /// One of version 2 that is past the greeting.
    pub(crate) fn with(limits: Limits) -> Self {
        let mut dialogue = Self::new(limits, terms());
        dialogue.send(&PREFACE);
        dialogue.send_frames(&[FromClient::Hello { max_frame: u32::MAX, abi_hash: 0xab, token: "" }]);
        let output = dialogue.take_output();
        let [FromServer::Welcome { library: "test", version: "1.2.3", abi_hash: 0xab, .. }] = &*frames(&output[8..])
        else {
            panic!("{output:?}")
        };
        dialogue
    }

    pub(crate) fn greeted() -> Self {
        Self::with(Limits::default())
    }

    /// Sends bytes, and gives what the session asks for.
    pub(crate) fn send(&mut self, bytes: &[u8]) -> Vec<Did> {
        self.input.buffer().extend_from_slice(bytes);
        let mut all = Vec::new();
        while self.session.wants_input() {
            match self.input.next_unit() {
                Ok(Some(unit)) => all.extend(did(self.session.receive(unit, self.now))),
                Ok(None) => {
                    self.session.partial(self.input.is_partial(), self.now);
                    break;
                }
                Err(broken) => self.session.broken(broken),
            }
        }
        all
    }

    pub(crate) fn send_frames(&mut self, frames: &[FromClient<'_>]) -> Vec<Did> {
        let mut bytes = Vec::new();
        for frame in frames {
            frame.encode(&mut bytes);
        }
        self.send(&bytes)
    }

    /// Sends requests that are to be started.
    pub(crate) fn start(&mut self, requests: &[FromClient<'_>]) -> Vec<Key> {
        let started = self.send_frames(requests);
        assert_eq!(started.len(), requests.len(), "{started:?}");
        let key = |did| if let Did::Start(key, ..) = did { key } else { panic!("{did:?}") };
        started.into_iter().map(key).collect()
    }

    pub(crate) fn take_output(&mut self) -> Vec<u8> {
        std::mem::take(self.session.output())
    }

    /// What was sent, all of which is REPLY.
    #[track_caller]
    pub(crate) fn replies(&mut self) -> Vec<(u64, i32, Vec<u8>)> {
        let output = self.take_output();
        let reply = |frame: &FromServer<'_>| match frame {
            FromServer::Reply { id, ret, payload } => (*id, *ret, payload.to_vec()),
            other => panic!("{other:?}"),
        };
        frames(&output).iter().map(reply).collect()
    }

    #[track_caller]
    pub(crate) fn expect_goodbye(&mut self, status: Status, text: &str) {
        let output = self.take_output();
        let Some(FromServer::Goodbye { ret, text: said }) = frames(&output).pop() else { panic!("{output:?}") };
        let said = String::from_utf8_lossy(said);
        assert!(ret == status.code() && said.contains(text), "{ret}: {said}");
        assert!(self.session.is_over());
    }

    pub(crate) fn wait(&mut self, time: Duration) -> Vec<u64> {
        self.now += time;
        self.session.on_time(self.now)
    }
}

/// The frames in what was sent.
#[track_caller]
pub(crate) fn frames(mut bytes: &[u8]) -> Vec<FromServer<'_>> {
    let mut frames = Vec::new();
    while let Some((length, rest)) = bytes.split_first_chunk() {
        let (frame, rest) = rest.split_at(u32::from_be_bytes(*length) as usize);
        frames.push(FromServer::decode(frame[0], &frame[1..]).expect("what we send is well-formed"));
        bytes = rest;
    }
    assert_eq!(bytes, []);
    frames
}
