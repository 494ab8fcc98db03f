//! What is served: a library, by whatever way its functions are called.

use crate::Peer;
use crate::session::{HandleRef, Key, NULL, Session};
use crate::shared_session::SharedSession;
use ffihost_schema::Status;
use std::sync::Arc;
use std::time::Duration;

/// A library that can be served.
///
/// # Threading
///
/// The server calls from its own threads, and holds no lock while it does, but for one of the host function's name in `register`
/// and `unregister`. Nothing here may wait: what takes time ends in a [`Reply`], from any thread, also before `request` returns.
///
/// # Panics
///
/// A panic ends what was asked for, with PANIC where that is answered, and nothing else.
pub trait Service: Send + Sync + 'static {
    /// Starts a request with CBOR arguments, and gives the ticket that it can be cancelled by. A request that is refused is
    /// replied to as well; its ticket means nothing.
    fn request(&self, method: &str, payload: &[u8], reply: Reply) -> u64;

    /// Cancels a request. It is replied to all the same. A ticket that is not valid any more means nothing.
    fn cancel(&self, ticket: u64);

    /// Listens to an event in CBOR, and gives the ticket that the listener is removed by.
    fn listen(&self, event: &str, listener: Listener) -> Result<u64, Refusal>;

    /// Removes a listener. When this returns it is not called any more.
    fn unlisten(&self, ticket: u64);

    /// Registers a host function in place of another client's, and returns the ticket that it is taken back by. Calls that
    /// were made to the one before may still be answered. Refused with BUSY if the host has registered one of that name.
    fn register(&self, name: &str, function: HostFunction) -> Result<u64, Refusal>;

    /// Takes the registration with that ticket back; its open calls fail. What replaced it, the host or another client,
    /// stays.
    fn unregister(&self, name: &str, ticket: u64);

    /// Answers a call of a host function for a client. Refused with UNKNOWN_TOKEN, DECODE or TOO_LARGE.
    fn complete(&self, call: u64, ret: i32, payload: &[u8], client: ClientHandles<'_>) -> Result<(), Status>;

    /// Releases a handle, once, that a client had whose connection has ended. A service that lends none need not know of it.
    fn release(&self, _: HandleRef) {}
}

/// A client, which may have handles.
#[derive(Clone, Copy, Debug)]
pub struct ClientHandles<'a>(pub(crate) &'a SharedSession);

impl ClientHandles<'_> {
    /// Whether the client has a handle. What it does not have it must not use: others may have it.
    pub fn has(&self, handle: HandleRef) -> bool {
        self.0.with(|session| session.has_handle(handle))
    }
}

/// Sends something that lends these handles. Says whether it is sent: then they are the client's.
fn send_with_handles(session: &SharedSession, handles: &[HandleRef], send: impl FnOnce(&mut Session) -> bool) -> bool {
    session.update(|session| {
        let sent = send(session);
        if sent {
            session.add_handles(handles);
        }
        sent
    })
}

/// Why something was not begun.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub struct Refusal {
    /// The status.
    pub status: Status,
    /// A text for people.
    pub text: String,
}

impl Refusal {
    /// A status and a text.
    pub fn new(status: Status, text: impl Into<String>) -> Self {
        Self { status, text: text.into() }
    }
}

/// The duty to reply to a request, once. Dropped unused, it replies that the request was cancelled, or that there was a panic if
/// that is what drops it.
#[derive(Debug)]
pub struct Reply {
    session: Arc<SharedSession>,
    key: Option<Key>,
}

impl Reply {
    pub(crate) fn new(session: &Arc<SharedSession>, key: Key) -> Self {
        Self { session: Arc::clone(session), key: Some(key) }
    }

    /// Who waits for the reply.
    pub fn peer(&self) -> &Peer {
        &self.session.peer
    }

    /// Who waits for the reply, as who has handles.
    pub fn client_handles(&self) -> ClientHandles<'_> {
        ClientHandles(&self.session)
    }

    /// Replies.
    pub fn end(self, ret: i32, payload: &[u8]) {
        let _no_handles = self.end_with_handles(ret, payload, &[]);
    }

    /// Replies with a payload that has these handles in it, each as often as it is there. False if the client is not sent it:
    /// then they are to be released.
    #[must_use = "handles that the client is not sent have to be released"]
    pub fn end_with_handles(mut self, ret: i32, payload: &[u8], handles: &[HandleRef]) -> bool {
        self.key
            .take()
            .is_some_and(|key| send_with_handles(&self.session, handles, |session| session.reply(key, ret, payload)))
    }

    /// Takes a handle back from the client, once, so that it can be released. False if the client does not have it.
    #[must_use = "a handle that was taken has to be released"]
    pub fn take_handle(&self, handle: HandleRef) -> bool {
        self.session.with(|session| session.take_handle(handle))
    }

    /// Replies that it is done, without a result.
    pub fn done(self) {
        self.end(Status::Ok.code(), &[NULL]);
    }

    /// Replies that it was refused.
    pub fn refuse(self, refusal: &Refusal) {
        self.end(refusal.status.code(), refusal.text.as_bytes());
    }

    /// Says that the request still runs.
    pub fn stale(&self, elapsed: Duration) {
        if let Some(warning) = self.warning() {
            warning.send(elapsed);
        }
    }

    /// What says that the request still runs, apart from the duty to reply: another thread may reply meanwhile.
    pub fn warning(&self) -> Option<Warning> {
        Some(Warning { session: Arc::clone(&self.session), key: self.key? })
    }
}

/// Says that a request still runs. It means nothing once the request was replied to.
#[derive(Debug)]
pub struct Warning {
    session: Arc<SharedSession>,
    key: Key,
}

impl Warning {
    /// Says it.
    pub fn send(self, elapsed: Duration) {
        let elapsed_ms = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
        self.session.update(|session| session.stale(self.key, elapsed_ms));
    }
}

impl Drop for Reply {
    fn drop(&mut self) {
        if let Some(key) = self.key.take() {
            let (status, text) = match std::thread::panicking() {
                false => (Status::Cancelled, "the request was cancelled"),
                true => (Status::Panic, "the library panicked"),
            };
            self.session.update(|session| session.reply(key, status.code(), text.as_bytes()));
        }
    }
}

/// Who listens to an event at the other end of a connection.
#[derive(Debug)]
pub struct Listener {
    pub(crate) session: Arc<SharedSession>,
    pub(crate) id: u64,
}

impl Listener {
    /// Passes an event on that has these handles in it. Never waits: a client that does not read misses it, and is told how
    /// many it missed. False if it is not sent the event: then they are to be released.
    #[must_use = "handles that the client is not sent have to be released"]
    pub fn event(&self, payload: &[u8], handles: &[HandleRef]) -> bool {
        send_with_handles(&self.session, handles, |session| session.event(self.id, payload))
    }
}

/// A host function at the other end of a connection.
#[derive(Debug)]
pub struct HostFunction {
    pub(crate) session: Arc<SharedSession>,
    pub(crate) id: u64,
    /// At most so many open calls; 0 for any number.
    pub max_in_flight: u32,
    /// For each call; none if the library's is right.
    pub deadline: Option<Duration>,
}

impl HostFunction {
    /// Passes a call on that has these handles in it. Where it cannot be, this is what it fails with, and they are to be
    /// released.
    pub fn call(&self, call: u64, payload: &[u8], handles: &[HandleRef]) -> Result<(), Refusal> {
        let mut called = Ok(());
        send_with_handles(&self.session, handles, |session| {
            called = session.call(call, self.id, payload);
            called.is_ok()
        });
        called
    }

    /// Says that the answer to a call is not wanted any more.
    pub fn cancel(&self, call: u64) {
        self.session.update(|session| session.cancel_call(call));
    }
}
