//! What the client sends.

use super::open::{self, Open, Request};
use super::{Action, DESCRIPTOR, Session, Stage, Version};
use crate::metrics::Count;
use crate::wire::frame::{FromClient, FromServer, Malformed};
use crate::wire::{FramingError, MAX_NAME, MIN_FRAME, Message, PREFACE, encode_response};
use ffihost_schema::Status;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

impl Session {
    /// Handles the next message of the client.
    pub fn receive<'a>(&mut self, message: Message<'a>, now: Instant) -> Action<'a> {
        self.timers.received(now);
        match (self.stage, message) {
            (Stage::Over, _) => Action::None,
            (_, Message::Preface) => {
                self.version = Some(Version::Two);
                self.output.extend_from_slice(&PREFACE);
                Action::None
            }
            (_, Message::Request { method, payload }) => self.version_1(method, payload),
            (_, Message::Frame { kind, body }) => match FromClient::decode(kind, body) {
                Ok(frame) => self.frame(frame, now),
                Err(malformed) => self.malformed(malformed),
            },
        }
    }

    /// Ends the connection because the bytes of the client cannot be cut into messages.
    pub fn fail_framing(&mut self, error: FramingError) {
        match error {
            _ if self.stage == Stage::Over => {}
            FramingError::Foreign => self.stage = Stage::Over,
            FramingError::Version(_) => {
                self.output.extend_from_slice(&PREFACE);
                self.stage = Stage::Over;
            }
            FramingError::TooLong { .. } => self.fail(Status::TooLarge, &error),
            FramingError::Method | FramingError::Empty => self.fail(Status::InvalidArgument, &error),
        }
    }

    fn malformed(&mut self, malformed: Malformed) -> Action<'static> {
        self.fail(Status::InvalidArgument, &malformed);
        Action::None
    }

    fn version_1<'a>(&mut self, method: &'a str, payload: &'a [u8]) -> Action<'a> {
        self.version = Some(Version::One);
        self.timers.handshake_done();
        if !self.info.admits("") {
            self.fail(Status::Unauthorized, &"a token is needed, which version 1 cannot give");
            return Action::None;
        }
        if let Stage::Draining(why) = self.stage {
            self.metrics.count(Count::RequestRefused);
            self.fail(Status::Closing, &why);
            return Action::None;
        }
        self.stage = Stage::Open;
        if method == DESCRIPTOR {
            self.answer(0, Status::Ok.code(), &self.info.descriptor_payload());
            return Action::None;
        }
        self.metrics.count(Count::RequestStarted);
        let key = self.ids.start(Request::new(0, None));
        Action::Start { key, method, payload }
    }

    fn frame<'a>(&mut self, frame: FromClient<'a>, now: Instant) -> Action<'a> {
        match (self.stage, frame) {
            (Stage::Handshake, FromClient::Hello { max_frame, abi_hash, token }) => {
                self.hello(max_frame, abi_hash, token)
            }
            (Stage::Handshake, _) => self.violation("the first frame is HELLO"),
            (_, FromClient::Hello { .. }) => self.violation("a second HELLO"),
            (_, FromClient::Request { id, timeout_ms, method, payload }) => {
                self.request(id, timeout_ms, (method, payload), now)
            }
            (_, FromClient::Listen { id, event }) => {
                if self.may_open(id, event) {
                    self.subscribe(id, Open::listener(), Action::Listen { id, event })
                } else {
                    Action::None
                }
            }
            (_, FromClient::Register { id, max_in_flight, deadline_ms, name }) => {
                let deadline = (deadline_ms != 0).then(|| Duration::from_millis(deadline_ms.into()));
                let action = Action::Register { id, name, max_in_flight, deadline };
                if self.may_open(id, name) { self.subscribe(id, Open::registration(), action) } else { Action::None }
            }
            (_, FromClient::Cancel { id }) => self.cancel(id),
            (_, FromClient::Complete { call, ret, payload }) => {
                if self.calls.remove(&call).is_some() {
                    return Action::Complete { call, ret, payload };
                }
                self.call_refused(call, Status::UnknownToken);
                Action::None
            }
            (_, FromClient::Ping { number }) => {
                self.send(FromServer::Pong { number });
                Action::None
            }
            (_, FromClient::Pong { .. }) => Action::None,
            (_, FromClient::Goodbye) => {
                self.drain("the client said goodbye");
                Action::Goodbye
            }
        }
    }

    fn hello(&mut self, max_frame: u32, abi_hash: u64, token: &str) -> Action<'static> {
        let info = Arc::clone(&self.info);
        if !info.admits(token) {
            self.fail(Status::Unauthorized, &"the token is missing or wrong");
        } else if abi_hash != 0 && abi_hash != info.abi_hash {
            let text = format!(
                "the client was made for the interface {abi_hash:016x}, this is {} {} with {:016x}",
                info.library, info.version, info.abi_hash
            );
            self.fail(Status::AbiMismatch, &text);
        } else if max_frame < MIN_FRAME {
            self.fail(Status::InvalidArgument, &"a client accepts frames of at least 1,024 bytes");
        } else {
            self.stage = Stage::Open;
            self.timers.handshake_done();
            self.max_frame = max_frame.min(self.limits.frame);
            self.send(FromServer::Welcome {
                max_frame: self.limits.frame,
                max_in_flight: self.limits.in_flight,
                abi_hash: info.abi_hash,
                library: &info.library,
                version: &info.version,
            });
        }
        Action::None
    }

    fn request<'a>(
        &mut self,
        id: u64,
        timeout_ms: u32,
        (method, payload): (&'a str, &'a [u8]),
        now: Instant,
    ) -> Action<'a> {
        if !self.may_open(id, method) {
            self.metrics.count(Count::RequestRefused);
            return Action::None;
        }
        if self.ids.in_flight() >= self.limits.in_flight as usize {
            self.metrics.count(Count::RequestRefused);
            self.answer(id, Status::Busy.code(), b"too many requests of this connection are in flight");
            return Action::None;
        }
        if method == DESCRIPTOR {
            self.answer(id, Status::Ok.code(), &self.info.descriptor_payload());
            return Action::None;
        }
        let deadline = (timeout_ms != 0).then(|| now + Duration::from_millis(timeout_ms.into()));
        self.metrics.count(Count::RequestStarted);
        let key = self.ids.start(Request::new(id, deadline));
        if let Some(deadline) = deadline {
            self.timers.add_deadline(deadline, key);
        }
        Action::Start { key, method, payload }
    }

    /// Whether an id may be opened for a name. If not, the refusal is answered here.
    fn may_open(&mut self, id: u64, name: &str) -> bool {
        if self.ids.is_open(id) {
            self.violation("an id that is open was opened again");
            return false;
        }
        if let Stage::Draining(why) = self.stage {
            self.answer(id, Status::Closing.code(), why.as_bytes());
            return false;
        }
        if name.is_empty() || name.len() > MAX_NAME {
            self.answer(id, Status::InvalidArgument.code(), b"a name is 1 to 255 bytes long");
            return false;
        }
        true
    }

    fn subscribe<'a>(&mut self, id: u64, open: Open, action: Action<'a>) -> Action<'a> {
        if self.ids.subscriptions() >= self.limits.subscriptions {
            self.answer(id, Status::Busy.code(), b"too many listeners and registrations of this connection");
            return Action::None;
        }
        self.ids.subscribe(id, open);
        action
    }

    pub(super) fn cancel(&mut self, id: u64) -> Action<'static> {
        match self.ids.cancel(id) {
            Some(open::Cancelled::Request(ticket)) => Action::Cancel(ticket),
            Some(open::Cancelled::Listener(ticket)) => Action::Unlisten { id, ticket },
            Some(open::Cancelled::Registration) => Action::Unregister { id, calls: self.take_calls_of(id) },
            None => Action::None,
        }
    }

    fn take_calls_of(&mut self, registration: u64) -> Vec<u64> {
        let mut calls: Vec<u64> = self.calls.extract_if(|_, of| *of == registration).map(|(call, _)| call).collect();
        calls.sort_unstable();
        for call in &calls {
            self.send(FromServer::CallCancelled { call: *call });
        }
        self.metrics.add(Count::CallCancelled, calls.len());
        calls
    }

    fn violation(&mut self, text: &'static str) -> Action<'static> {
        self.fail(Status::InvalidArgument, &text);
        Action::None
    }

    /// Ends the connection at once, with a status and a text for the client.
    pub(super) fn fail(&mut self, status: Status, why: &dyn fmt::Display) {
        let (ret, text) = (status.code(), why.to_string());
        match self.version {
            Some(Version::Two) => FromServer::Goodbye { ret, text: text.as_bytes() }.encode(&mut self.output),
            Some(Version::One) | None => encode_response(ret, text.as_bytes(), &mut self.output),
        }
        self.stage = Stage::Over;
    }
}
