//! A connection as its client sees it: what is open, what is to be sent. Without I/O.
//!
//! What is open outlives the connection where the client reconnects: [`connection_lost`](ClientSession::connection_lost) fails what may not be made
//! twice, [`connected`](ClientSession::connected) opens the rest again, under the same ids.
//!
//! Everything here is done under a lock, so nothing here wakes anybody or drops what a user gave: that is handed out, to be
//! done after the lock is released.

use super::error::RequestError;
use super::events::{DeliveredEvent, WAITING};
use crate::contain::discard;
use crate::wire::frame::{FromClient, FromServer};
use crate::wire::{FRAME_OVERHEAD, MAX_NAME};
use ffihost_schema::Status;
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot, watch};

/// How something ended, or that it was opened: with 0.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(super) ret: i32,
    pub(super) payload: Vec<u8>,
    /// Which connection it came by.
    pub(crate) connection: u64,
}

impl Outcome {
    /// What a request came to.
    pub(crate) fn result(self) -> Result<Vec<u8>, RequestError> {
        match self.ret {
            0 => Ok(self.payload),
            1 => Err(RequestError::Declared(self.payload)),
            ret => Err(RequestError::failed(ret, &self.payload)),
        }
    }
}

/// Who is told how long a request runs.
pub(crate) type Stale = Arc<dyn Fn(Duration) + Send + Sync>;

/// A request that is to be made.
#[derive(Clone, Default)]
pub(crate) struct OutgoingRequest<'a> {
    pub(crate) method: &'a str,
    pub(crate) payload: &'a [u8],
    pub(crate) timeout: Option<Duration>,
    /// Whether it may be made twice.
    pub(crate) retry: bool,
    /// The connection that it has to be made on, if what it says means nothing on another.
    pub(crate) only_on: Option<u64>,
    pub(crate) stale: Option<Stale>,
}

/// A host function.
pub(super) type Function = Arc<dyn Fn(super::Call) + Send + Sync>;

/// Where events go.
#[derive(Debug)]
pub(super) struct EventSink {
    events: mpsc::Sender<(u64, DeliveredEvent)>,
    missed: AtomicU64,
}

impl EventSink {
    /// Only the client's task hears.
    pub(super) fn deliver(&self, connection: u64, missed: u64, payload: Vec<u8>) {
        let missed = missed + self.missed.swap(0, Ordering::Relaxed);
        if self.events.try_send((connection, DeliveredEvent { missed, payload })).is_err() {
            self.missed.store(missed + 1, Ordering::Relaxed);
        }
    }
}

/// What is to be opened.
pub(super) enum Subscription {
    Listener { event: String, sink: Arc<EventSink> },
    Registration { name: String, function: Function },
}

impl Subscription {
    pub(super) fn listener(event: &str) -> (Self, mpsc::Receiver<(u64, DeliveredEvent)>) {
        let (events, receiver) = mpsc::channel(WAITING);
        (
            Self::Listener { event: event.to_owned(), sink: Arc::new(EventSink { events, missed: AtomicU64::new(0) }) },
            receiver,
        )
    }

    pub(super) fn registration(name: &str, function: Function) -> Self {
        Self::Registration { name: name.to_owned(), function }
    }

    fn frame(&self, id: u64) -> FromClient<'_> {
        match self {
            Self::Listener { event, .. } => FromClient::Listen { id, event },
            Self::Registration { name, .. } => FromClient::Register { id, max_in_flight: 0, deadline_ms: 0, name },
        }
    }
}

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
    /// Nobody waits for its REPLY.
    Cancelled,
}

/// What a user gave with what has ended.
pub(super) type Rest = (Option<Stale>, Option<Subscription>);

/// What a frame asks the client to do, when the lock is released.
pub(super) enum Incoming {
    Nothing,
    /// With what else there was of it, to be dropped.
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
    /// Something has ended that nobody waits for.
    Drop(Open),
}

/// What an end leaves, to be told and dropped when the lock is released.
#[must_use = "whoever waits has to be told"]
pub(super) struct ConnectionLoss {
    open: Vec<Open>,
    calls: Vec<watch::Sender<bool>>,
}

impl ConnectionLoss {
    pub(super) fn notify(self) {
        for wanted in self.calls {
            wanted.send_replace(false);
        }
        // Whoever waits for one of these sees that its sender is gone. One by one: the drop of each may panic.
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

    /// What is not opened is handed back, to be dropped.
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

    /// Nobody waits for it any more; nothing happens if it has ended. What was open is to be dropped.
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

    /// Answers a call, which is known by its number and by whom it tells that it is not wanted: another server may count from
    /// the beginning again.
    pub(super) fn complete(&mut self, call: u64, wanted: &watch::Receiver<bool>, ret: i32, payload: &[u8]) {
        // One that is not open any more was cancelled, or its connection has ended.
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
            // It was refused when it was opened again, or it was cancelled: whoever listens learns that it has ended.
            Some(ended) => Incoming::Drop(ended),
            None => Incoming::Nothing,
        }
    }

    fn call(&mut self, call: u64, id: u64, payload: &[u8]) -> Incoming {
        let Some(Open::Subscription { subscription: Subscription::Registration { function, .. }, .. }) =
            self.open.get(&id)
        else {
            // It was taken back while this was on its way, and the server has failed the call.
            return Incoming::Nothing;
        };
        let (sender, wanted) = watch::channel(true);
        self.calls.insert(call, sender);
        let (function, connection) = (Arc::clone(function), self.connection);
        Incoming::Call { function, connection, call, payload: payload.to_owned(), wanted }
    }

    /// The connection has ended: `again` says whether there may be another.
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

    /// There is a connection, whose server takes frames of this length.
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
