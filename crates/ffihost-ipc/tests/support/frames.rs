//! A dialogue in frames.

use super::wire::{Dialogue, Did, server_info};
use ffihost_ipc::session::{Action, Key};
use ffihost_ipc::wire::PREFACE;
use ffihost_ipc::wire::frame::{FromClient, FromServer};
use ffihost_ipc::{Limits, Status};

pub(crate) const HELLO: FromClient<'static> = FromClient::Hello { max_frame: 1 << 20, abi_hash: 0, token: "" };

pub(crate) fn request(id: u64, method: &str) -> FromClient<'_> {
    FromClient::Request { id, timeout_ms: 0, method, payload: b"\xa0" }
}

pub(crate) fn reply(id: u64, status: Status, payload: &[u8]) -> FromServer<'_> {
    FromServer::Reply { id, ret: status.code(), payload }
}

/// Registers the host function `f` under an id.
pub(crate) fn registered(server: &mut Dialogue, id: u64) {
    let register = FromClient::Register { id, max_in_flight: 0, deadline_ms: 0, name: "f" };
    assert_eq!(server.send_frames(&[register]), [Did::Register(id, "f".to_owned())]);
    assert_eq!(server.session.opened(id, 0), Action::None);
    assert_eq!(frames(&server.take_output()), [FromServer::Opened { id }]);
}

impl Dialogue {
    /// One of version 2 that is past the handshake.
    pub(crate) fn with(limits: Limits) -> Self {
        let mut dialogue = Self::new(limits, server_info());
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
