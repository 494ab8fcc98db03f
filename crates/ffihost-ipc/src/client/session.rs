//! The client's side of a session: what is open, and the output. It does no I/O.
//!
//! What is open outlives a connection if the client reconnects: [`connection_lost`](ClientSession::connection_lost) fails what
//! must not be sent twice, and [`connected`](ClientSession::connected) opens the rest again, under the same ids.
//!
//! Everything here runs under a lock, so nothing here wakes a task or drops a user's value. Both are returned to the caller, to
//! be done after the lock is released.

use super::error::RequestError;
use super::request::{Outcome, OutgoingRequest, Stale};
use super::subscription::{EventSink, Function, Subscription};
use crate::contain::discard;
use crate::wire::frame::{FromClient, FromServer};
use crate::wire::{FRAME_OVERHEAD, MAX_NAME};
use ffihost_schema::Status;
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{oneshot, watch};

/// What an id stands for.
pub(super) enum Open {
    Request {
        reply: oneshot::Sender<Outcome>,
        retry: Option<Vec<u8>>,
        stale: Option<Stale>,
    },
    Subscription {
        subscription: Subscription,
        opened: Option<oneshot::Sender<Outcome>>,
    },
    /// Cancelled, and its REPLY has not come.
    Cancelled,
}

/// The user's values in what has ended, to be dropped under no lock.
pub(super) type Rest = (Option<Stale>, Option<Subscription>);

/// What a frame asks the client to do after the lock is released.
pub(super) enum Incoming {
    Nothing,
    /// Send an outcome, and drop the rest.
    Outcome(oneshot::Sender<Outcome>, Outcome, Rest),
    Event {
        sink: Arc<EventSink>,
        connection: u64,
        missed: u64,
        payload: Vec<u8>,
    },
    Call {
        function: Function,
        connection: u64,
        call: u64,
        payload: Vec<u8>,
        wanted: watch::Receiver<bool>,
    },
    CallCancelled(watch::Sender<bool>),
    Stale(Stale, Duration),
    /// The server ends the connection.
    Goodbye {
        ret: i32,
        text: String,
    },
    /// Drop what has ended.
    Drop(Open),
}

/// What the end of a connection ends: its waiters are notified, and it is dropped, after the lock is released.
#[must_use = "what waits has to be notified"]
pub(super) struct ConnectionLoss {
    open: Vec<Open>,
    calls: Vec<watch::Sender<bool>>,
}

impl ConnectionLoss {
    pub(super) fn notify(self) {
        for wanted in self.calls {
            wanted.send_replace(false);
        }
        // Each waiter sees that its sender is gone. They are dropped one by one, since each drop may panic.
        for open in self.open {
            discard("the drop of what a connection had open", open);
        }
    }
}

/// See the module.
#[derive(Default)]
pub(super) struct ClientSession {
    open: HashMap<u64, Open>,
    calls: HashMap<u64, watch::Sender<bool>>,
    last: u64,
    /// How many connections there were before.
    connection: u64,
    /// Set while there is no connection: the last id that was opened on an earlier one. What is opened meanwhile is in `output`.
    reopen_until: Option<u64>,
    output: Vec<u8>,
    /// The longest frame that the server takes.
    max_frame: usize,
    leaving: bool,
    over: bool,
}

impl fmt::Debug for ClientSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientSession")
            .field("open", &self.open.len())
            .field("over", &self.over)
            .finish_non_exhaustive()
    }
}

impl ClientSession {
    pub(super) fn output(&mut self) -> &mut Vec<u8> {
        &mut self.output
    }

    pub(super) fn is_leaving(&self) -> bool {
        self.leaving
    }

    fn check(&self, name: &str, payload: usize) -> Result<(), RequestError> {
        if self.over || self.leaving {
            Err(RequestError::Disconnected)
        } else if name.is_empty() || name.len() > MAX_NAME {
            Err(RequestError::Invalid("a name is 1 to 255 bytes long"))
        } else if payload.saturating_add(FRAME_OVERHEAD) > self.max_frame {
            Err(RequestError::Invalid("the arguments are larger than what the server takes"))
        } else {
            Ok(())
        }
    }

    pub(super) fn request(
        &mut self,
        request: &OutgoingRequest<'_>,
        reply: oneshot::Sender<Outcome>,
    ) -> Result<u64, RequestError> {
        let OutgoingRequest { method, payload, timeout, retry, only_on, .. } = *request;
        self.check(method, payload.len())?;
        if only_on.is_some_and(|connection| connection != self.connection) {
            return Err(RequestError::Invalid("a handle is of a connection that has ended"));
        }
        self.last += 1;
        let id = self.last;
        // 0 would be no limit at all.
        let timeout_ms = timeout.map_or(0, |timeout| u32::try_from(timeout.as_millis()).unwrap_or(u32::MAX).max(1));
        let start = self.output.len();
        FromClient::Request { id, timeout_ms, method, payload }.encode(&mut self.output);
        let retry = retry.then(|| self.output[start..].to_vec());
        self.open.insert(id, Open::Request { reply, retry, stale: request.stale.clone() });
        Ok(id)
    }

    /// Opens a listener or a registration, or hands it back with the error.
    pub(super) fn open(
        &mut self,
        subscription: Subscription,
        opened: oneshot::Sender<Outcome>,
    ) -> Result<u64, (RequestError, Subscription)> {
        let (Subscription::Listener { event: name, .. } | Subscription::Registration { name, .. }) = &subscription;
        if let Err(error) = self.check(name, 0) {
            return Err((error, subscription));
        }
        self.last += 1;
        subscription.frame(self.last).encode(&mut self.output);
        self.open.insert(self.last, Open::Subscription { subscription, opened: Some(opened) });
        Ok(self.last)
    }

    /// Cancels what is open under an id, and returns it to be dropped. Does nothing if it has ended.
    pub(super) fn cancel(&mut self, id: u64) -> Option<Open> {
        if self.reopen_until.is_some_and(|last| id <= last) {
            return self.open.remove(&id);
        }
        let open = self.open.get_mut(&id).filter(|open| !matches!(open, Open::Cancelled))?;
        let was = std::mem::replace(open, Open::Cancelled);
        if !self.over {
            FromClient::Cancel { id }.encode(&mut self.output);
        }
        Some(was)
    }

    /// Answers a call. The number alone does not identify it, since the server of a later connection may use it again; so the
    /// channel of its cancellation is compared too.
    pub(super) fn complete(&mut self, call: u64, wanted: &watch::Receiver<bool>, ret: i32, payload: &[u8]) {
        // A call that is not open was cancelled, or its connection has ended.
        if self.calls.get(&call).is_some_and(|open| open.subscribe().same_channel(wanted)) {
            self.calls.remove(&call);
            if payload.len().saturating_add(FRAME_OVERHEAD) > self.max_frame {
                let text = b"the answer is larger than what the server takes";
                FromClient::Complete { call, ret: Status::TooLarge.code(), payload: text }.encode(&mut self.output);
            } else {
                FromClient::Complete { call, ret, payload }.encode(&mut self.output);
            }
        }
    }

    pub(super) fn goodbye(&mut self) {
        if !self.leaving && !self.over {
            self.leaving = true;
            FromClient::Goodbye.encode(&mut self.output);
        }
    }

    pub(super) fn receive(&mut self, frame: FromServer<'_>) -> Incoming {
        match frame {
            FromServer::Reply { id, ret, payload } => {
                return self.reply(id, Outcome { ret, payload: payload.to_owned(), connection: self.connection });
            }
            FromServer::Opened { id } => {
                if let Some(Open::Subscription { opened, .. }) = self.open.get_mut(&id)
                    && let Some(opened) = opened.take()
                {
                    let connection = self.connection;
                    let outcome = Outcome { ret: 0, payload: Vec::new(), connection };
                    return Incoming::Outcome(opened, outcome, Rest::default());
                }
            }
            FromServer::Event { id, missed, payload } => {
                if let Some(Open::Subscription { subscription: Subscription::Listener { sink, .. }, .. }) =
                    self.open.get(&id)
                {
                    let (sink, connection) = (Arc::clone(sink), self.connection);
                    return Incoming::Event { sink, connection, missed, payload: payload.to_owned() };
                }
            }
            FromServer::Call { call, id, payload } => return self.call(call, id, payload),
            FromServer::CallCancelled { call } => {
                return self.calls.remove(&call).map_or(Incoming::Nothing, Incoming::CallCancelled);
            }
            FromServer::CallRefused { call, ret } => {
                tracing::debug!(call, ret, "the answer to a host call was refused");
            }
            FromServer::Ping { number } => FromClient::Pong { number }.encode(&mut self.output),
            FromServer::Goodbye { ret, text } => {
                return Incoming::Goodbye { ret, text: String::from_utf8_lossy(text).into_owned() };
            }
            FromServer::Stale { id, elapsed_ms } => {
                if let Some(Open::Request { stale: Some(stale), .. }) = self.open.get(&id) {
                    return Incoming::Stale(Arc::clone(stale), Duration::from_millis(elapsed_ms));
                }
            }
            FromServer::Pong { .. } | FromServer::Welcome { .. } => {}
        }
        Incoming::Nothing
    }

    fn reply(&mut self, id: u64, outcome: Outcome) -> Incoming {
        match self.open.remove(&id) {
            Some(Open::Request { reply, stale, .. }) => Incoming::Outcome(reply, outcome, (stale, None)),
            Some(Open::Subscription { opened: Some(reply), subscription }) => {
                Incoming::Outcome(reply, outcome, (None, Some(subscription)))
            }
            // It was refused when it was opened again, or it was cancelled. Its drop ends the listener's stream.
            Some(ended) => Incoming::Drop(ended),
            None => Incoming::Nothing,
        }
    }

    fn call(&mut self, call: u64, id: u64, payload: &[u8]) -> Incoming {
        let Some(Open::Subscription { subscription: Subscription::Registration { function, .. }, .. }) =
            self.open.get(&id)
        else {
            // The registration was taken back meanwhile, and the server has failed the call.
            return Incoming::Nothing;
        };
        let (sender, wanted) = watch::channel(true);
        self.calls.insert(call, sender);
        let (function, connection) = (Arc::clone(function), self.connection);
        Incoming::Call { function, connection, call, payload: payload.to_owned(), wanted }
    }

    /// The connection has ended. `retry` says whether the client reconnects.
    pub(super) fn connection_lost(&mut self, retry: bool) -> ConnectionLoss {
        self.output.clear();
        self.over = !retry;
        self.connection += 1;
        self.reopen_until = Some(self.last);
        let kept = |open: &Open| match open {
            Open::Request { retry, .. } => retry.is_some(),
            Open::Subscription { .. } => true,
            Open::Cancelled => false,
        };
        let open = self.open.extract_if(|_, open| !(retry && kept(open))).map(|(_, open)| open).collect();
        ConnectionLoss { open, calls: self.calls.drain().map(|(_, wanted)| wanted).collect() }
    }

    /// There is a connection, whose server accepts frames of this length.
    pub(super) fn connected(&mut self, max_frame: u32) {
        self.max_frame = max_frame as usize;
        let Some(last) = self.reopen_until.take() else { return };
        let meanwhile = std::mem::take(&mut self.output);
        for (id, open) in self.open.iter().filter(|(id, _)| **id <= last) {
            match open {
                Open::Request { retry: Some(frame), .. } => self.output.extend_from_slice(frame),
                Open::Subscription { subscription, .. } => subscription.frame(*id).encode(&mut self.output),
                Open::Request { retry: None, .. } | Open::Cancelled => {}
            }
        }
        self.output.extend(meanwhile);
    }
}
