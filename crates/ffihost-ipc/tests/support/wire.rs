//! A session with a client that is a test.

use ffihost_ipc::session::{Action, Key, Session};
use ffihost_ipc::wire::FrameDecoder;
use ffihost_ipc::{Limits, ServerInfo};
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
    input: FrameDecoder,
}

pub(crate) fn server_info() -> ServerInfo {
    ServerInfo {
        library: "test".to_owned(),
        version: "1.2.3".to_owned(),
        abi_hash: 0xab,
        descriptor: b"surface".to_vec(),
        token: None,
    }
}

impl Dialogue {
    pub(crate) fn new(limits: Limits, info: ServerInfo) -> Self {
        let now = Instant::now();
        Self {
            session: Session::new(Arc::new(info), limits, now),
            now,
            input: FrameDecoder::for_server(limits.frame.max(1024)),
        }
    }

    /// Sends bytes, and gives what the session asks for.
    pub(crate) fn send(&mut self, bytes: &[u8]) -> Vec<Did> {
        self.input.buffer().extend_from_slice(bytes);
        let mut all = Vec::new();
        while self.session.wants_input() {
            match self.input.next_message() {
                Ok(Some(message)) => all.extend(did(self.session.receive(message, self.now))),
                Ok(None) => {
                    self.session.partial(self.input.is_partial(), self.now);
                    break;
                }
                Err(broken) => self.session.fail_framing(broken),
            }
        }
        all
    }

    pub(crate) fn take_output(&mut self) -> Vec<u8> {
        std::mem::take(self.session.output())
    }

    pub(crate) fn wait(&mut self, time: Duration) -> Vec<u64> {
        self.now += time;
        self.session.handle_timeout(self.now)
    }
}
