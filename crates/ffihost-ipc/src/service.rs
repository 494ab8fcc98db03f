//! What a server needs of a library, and what it hands to it.

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
/// The server calls these from its own threads. It holds no lock meanwhile, except in `register` and `unregister`, where it holds
/// the lock of the host function's name. No method may block: what takes time ends with a [`Reply`], on any thread, also before
/// `request` returns.
///
/// # Panics
///
/// A panic ends the call that panicked and nothing else. The client is answered PANIC, if it waits for an answer.
pub trait Service: Send + Sync + 'static {
    /// Starts a request with CBOR arguments, and returns the ticket to cancel it with. A request that is refused is replied to
    /// too; its ticket has no meaning.
    fn request(&self, method: &str, payload: &[u8], reply: Reply) -> u64;

    /// Cancels a request, which is still replied to. Does nothing if the request has ended.
    fn cancel(&self, ticket: u64);

    /// Adds a listener of an event, in CBOR, and returns the ticket to remove it with.
    fn listen(&self, event: &str, listener: Listener) -> Result<u64, Refusal>;

    /// Removes a listener, which is not called after this has returned.
    fn unlisten(&self, ticket: u64);

    /// Registers a host function in place of another client's, and returns the ticket to take it back with. Open calls of the
    /// replaced one may still be answered. Refused with BUSY if the host itself has registered the name.
    fn register(&self, name: &str, function: HostFunction) -> Result<u64, Refusal>;

    /// Takes the registration with this ticket back, and fails its open calls. A registration that has replaced it stays.
    fn unregister(&self, name: &str, ticket: u64);

    /// Passes a client's answer to a call of a host function on. Refused with UNKNOWN_TOKEN, DECODE or TOO_LARGE.
    fn complete(&self, call: u64, ret: i32, payload: &[u8], client: ClientHandles<'_>) -> Result<(), Status>;

    /// Releases a handle, once, of a client whose connection has ended. A service without handles need not implement this.
    fn release(&self, _: HandleRef) {}
}

/// The handles of a client.
#[derive(Clone, Copy, Debug)]
pub struct ClientHandles<'a>(pub(crate) &'a SharedSession);

impl ClientHandles<'_> {
    /// Whether the client has a handle. A client must not use another client's.
    pub fn has(&self, handle: HandleRef) -> bool {
        self.0.with(|session| session.has_handle(handle))
    }
}

/// Sends a payload with these handles in it, and adds them to the client's if it is sent. Returns whether it is.
fn send_with_handles(session: &SharedSession, handles: &[HandleRef], send: impl FnOnce(&mut Session) -> bool) -> bool {
    session.update(|session| {
        let sent = send(session);
        if sent {
            session.add_handles(handles);
        }
        sent
    })
}

/// Why a request, a listener, a registration or a call was refused.
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

/// The duty to reply to a request, once. Dropping it replies CANCELLED, or PANIC if a panic drops it.
#[derive(Debug)]
pub struct Reply {
    session: Arc<SharedSession>,
    key: Option<Key>,
}

impl Reply {
    pub(crate) fn new(session: &Arc<SharedSession>, key: Key) -> Self {
        Self { session: Arc::clone(session), key: Some(key) }
    }

    /// The client that waits for the reply.
    pub fn peer(&self) -> &Peer {
        &self.session.peer
    }

    /// The handles of the client that waits for the reply.
    pub fn client_handles(&self) -> ClientHandles<'_> {
        ClientHandles(&self.session)
    }

    /// Replies with a status and a payload.
    pub fn end(self, ret: i32, payload: &[u8]) {
        let _no_handles = self.end_with_handles(ret, payload, &[]);
    }

    /// Replies with a payload that has these handles in it; a handle that is in it twice is listed twice. False if the client is
    /// not sent the payload: then the caller releases the handles.
    #[must_use = "handles that the client is not sent have to be released"]
    pub fn end_with_handles(mut self, ret: i32, payload: &[u8], handles: &[HandleRef]) -> bool {
        self.key
            .take()
            .is_some_and(|key| send_with_handles(&self.session, handles, |session| session.reply(key, ret, payload)))
    }

    /// Takes a handle from the client, once, to be released. False if the client does not have it.
    #[must_use = "a handle that was taken has to be released"]
    pub fn take_handle(&self, handle: HandleRef) -> bool {
        self.session.with(|session| session.take_handle(handle))
    }

    /// Replies OK without a result.
    pub fn done(self) {
        self.end(Status::Ok.code(), &[NULL]);
    }

    /// Replies that the request was refused.
    pub fn refuse(self, refusal: &Refusal) {
        self.end(refusal.status.code(), refusal.text.as_bytes());
    }

    /// Warns the client that the request still runs.
    pub fn stale(&self, elapsed: Duration) {
        if let Some(warning) = self.warning() {
            warning.send(elapsed);
        }
    }

    /// A warning that the request still runs. It is apart from the reply, since another thread may reply meanwhile.
    pub fn warning(&self) -> Option<Warning> {
        Some(Warning { session: Arc::clone(&self.session), key: self.key? })
    }
}

/// Warns a client that its request still runs. Does nothing after the reply.
#[derive(Debug)]
pub struct Warning {
    session: Arc<SharedSession>,
    key: Key,
}

impl Warning {
    /// Sends the warning.
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

/// A client's listener of an event.
#[derive(Debug)]
pub struct Listener {
    pub(crate) session: Arc<SharedSession>,
    pub(crate) id: u64,
}

impl Listener {
    /// Sends an event with these handles in it, and does not block. A client that does not read misses the event, and its next
    /// event says how many it has missed. False if the client is not sent the event: then the caller releases the handles.
    #[must_use = "handles that the client is not sent have to be released"]
    pub fn event(&self, payload: &[u8], handles: &[HandleRef]) -> bool {
        send_with_handles(&self.session, handles, |session| session.event(self.id, payload))
    }
}

/// A host function that a client provides.
#[derive(Debug)]
pub struct HostFunction {
    pub(crate) session: Arc<SharedSession>,
    pub(crate) id: u64,
    /// The most open calls; 0 is no limit.
    pub max_in_flight: u32,
    /// The deadline of each call; `None` leaves it to the library.
    pub deadline: Option<Duration>,
}

impl HostFunction {
    /// Sends a call with these handles in its arguments.
    ///
    /// # Errors
    ///
    /// What the call fails with, if the client is not sent it. Then the caller releases the handles.
    pub fn call(&self, call: u64, payload: &[u8], handles: &[HandleRef]) -> Result<(), Refusal> {
        let mut called = Ok(());
        send_with_handles(&self.session, handles, |session| {
            called = session.call(call, self.id, payload);
            called.is_ok()
        });
        called
    }

    /// Cancels a call: the client is notified, and its answer is refused.
    pub fn cancel(&self, call: u64) {
        self.session.update(|session| session.cancel_call(call));
    }
}
