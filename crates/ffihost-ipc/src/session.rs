//! The server's side of a connection: the protocol as a state machine, without I/O, clocks or threads.
//!
//! # Parties
//!
//! The task of the connection feeds a [`FrameDecoder`](crate::wire::FrameDecoder), passes each message to [`Session::receive`],
//! carries out the [`Action`] that this returns, and sends what is in [`Session::output`]. The library's side reports with
//! [`reply`](Session::reply), [`event`](Session::event) and [`call`](Session::call). Nothing here blocks or calls other code, so
//! all of it can run under one lock.
//!
//! # What holds
//!
//! - Each id that a client opened gets exactly one REPLY, unless the session is over first.
//! - A request counts as in flight until the library has ended it, also if its client was answered before.
//! - Output is bounded. [`wants_input`](Session::wants_input) becomes false before the limit is reached; then an event is counted
//!   as missed, and a long answer is replaced by a short one.
//! - After [`Session::end`] nothing is open, and what is reported later is dropped.
//! - Each handle that the library passes to a client is counted as the client's, or released: see [`HandleRef`].

mod handles;
mod open;
mod timers;

pub use self::handles::HandleRef;
use self::handles::Handles;
use self::open::{Ids, Open, Request};
use self::timers::Timers;
use crate::Limits;
use crate::metrics::{Count, Metrics};
use crate::server_info::ServerInfo;
use crate::service::Refusal;
use crate::wire::frame::{FromClient, FromServer, Malformed};
use crate::wire::{FRAME_OVERHEAD, FramingError, MAX_NAME, MIN_FRAME, Message, PREFACE, encode_response};
use ffihost_schema::Status;
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// See the module.
#[derive(Debug)]
pub struct Session {
    limits: Limits,
    info: Arc<ServerInfo>,
    stage: Stage,
    /// The client has read nothing until the stall timeout: the output is dropped.
    given_up: bool,
    version: Option<Version>,
    /// The longest frame that may be sent to the client.
    max_frame: u32,
    ids: Ids,
    /// Open calls, and the registration that each was made to.
    calls: HashMap<u64, u64>,
    handles: Handles,
    timers: Timers,
    output: Vec<u8>,
    metrics: Metrics,
    /// Deferred bytes: those that follow an OPENED that was not sent. They are not in `output`.
    deferred: usize,
}

/// A version of the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// One request at a time, and nothing else.
    One,
    /// Frames.
    Two,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Handshake,
    Open,
    /// Requests in flight are answered, and nothing is opened. The text says why.
    Draining(&'static str),
    Over,
}

/// The key of a request. No later request has the same, and after the reply it refers to nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    serial: u64,
    at: usize,
}

/// What a client asks for.
#[derive(Debug, PartialEq, Eq)]
pub enum Action<'a> {
    /// There is nothing to do.
    None,
    /// Start a request, call [`Session::started`], and in the end [`Session::reply`].
    Start {
        /// The key to reply with.
        key: Key,
        /// Its name.
        method: &'a str,
        /// Its arguments.
        payload: &'a [u8],
    },
    /// Cancel the request with this ticket.
    Cancel(u64),
    /// Add a listener, then call [`Session::opened`] or [`Session::refused`].
    Listen {
        /// The id that its events are sent with.
        id: u64,
        /// The event's name.
        event: &'a str,
    },
    /// Remove a listener, then call [`Session::closed`].
    Unlisten {
        /// The id that it was opened with.
        id: u64,
        /// The listener's ticket.
        ticket: u64,
    },
    /// Register a host function, then call [`Session::opened`] or [`Session::refused`].
    Register {
        /// The id that its calls are sent with.
        id: u64,
        /// The host function's name.
        name: &'a str,
        /// The most open calls; 0 is no limit.
        max_in_flight: u32,
        /// The deadline of each call; `None` leaves it to the library.
        deadline: Option<Duration>,
    },
    /// Fail the open calls of a registration, take it back, then call [`Session::closed`].
    Unregister {
        /// The id that it was opened with.
        id: u64,
        /// Its open calls.
        calls: Vec<u64>,
    },
    /// Pass the answer to a call on; if it is refused, call [`Session::call_refused`].
    Complete {
        /// The call.
        call: u64,
        /// The status.
        ret: i32,
        /// Its payload.
        payload: &'a [u8],
    },
    /// The client said goodbye: end its listeners and registrations, with [`Session::end_subscriptions`].
    Goodbye,
}

/// What was open at the end of a connection, to be ended by the caller.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Leftovers {
    /// Requests to cancel, by ticket.
    pub requests: Vec<u64>,
    /// Listeners to remove, by ticket.
    pub listeners: Vec<u64>,
    /// Registrations to take back, by id.
    pub registrations: Vec<u64>,
    /// Calls to fail.
    pub calls: Vec<u64>,
    /// Handles to release, each with how often.
    pub handles: Vec<(HandleRef, u64)>,
}

impl Session {
    /// The session of a connection that was just accepted.
    pub fn new(info: Arc<ServerInfo>, limits: Limits, now: Instant) -> Self {
        let limits = limits.clamped();
        Self {
            info,
            stage: Stage::Handshake,
            given_up: false,
            version: None,
            max_frame: limits.frame,
            ids: Ids::default(),
            calls: HashMap::new(),
            handles: Handles::default(),
            timers: Timers::new(&limits, now),
            output: Vec::new(),
            deferred: 0,
            limits,
            metrics: Metrics::default(),
        }
    }

    /// Uses these counters.
    #[must_use]
    pub fn with_metrics(self, metrics: Metrics) -> Self {
        Self { metrics, ..self }
    }

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

    fn cancel(&mut self, id: u64) -> Action<'static> {
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
    fn fail(&mut self, status: Status, why: &dyn fmt::Display) {
        let (ret, text) = (status.code(), why.to_string());
        match self.version {
            Some(Version::Two) => FromServer::Goodbye { ret, text: text.as_bytes() }.encode(&mut self.output),
            Some(Version::One) | None => encode_response(ret, text.as_bytes(), &mut self.output),
        }
        self.stage = Stage::Over;
    }
}

/// What the library's side reports.
impl Session {
    /// A request was started, and can be cancelled with this ticket. True if it was cancelled meanwhile.
    #[must_use = "a request that was cancelled meanwhile has to be cancelled by the caller"]
    pub fn started(&mut self, key: Key, ticket: u64) -> bool {
        self.ids.started(key, ticket)
    }

    /// Ends a request with an outcome; exactly once for each that was started. Returns whether the client is sent the outcome.
    pub fn reply(&mut self, key: Key, ret: i32, payload: &[u8]) -> bool {
        let Some(request) = self.ids.finish(key) else { return false };
        self.metrics.count(Count::RequestFinished);
        if let Some(deadline) = request.deadline {
            self.timers.remove_deadline(deadline, key);
        }
        let waits = !request.answered && self.stage != Stage::Over;
        let answered = waits.then(|| self.answer(request.id, ret, payload));
        if let Some(answered) = answered {
            self.metrics.answered(answered);
        }
        self.end_of_drain();
        answered == Some(ret)
    }

    /// Warns the client that a request still runs.
    pub fn stale(&mut self, key: Key, elapsed_ms: u64) {
        if let (Some(id), Some(Version::Two)) = (self.ids.id_of(key), self.version) {
            self.send_if_capacity(FromServer::Stale { id, elapsed_ms }, 0);
        }
    }

    /// A listener or a registration is in place; a listener has a ticket to remove it with. If it was cancelled meanwhile, the
    /// action ends it.
    #[must_use = "what was cancelled meanwhile has to be ended"]
    pub fn opened(&mut self, id: u64, ticket: u64) -> Action<'static> {
        if self.stage == Stage::Over {
            return Action::None;
        }
        FromServer::Opened { id }.encode(&mut self.output);
        let before = self.output.len();
        let unwanted = self.ids.opened(id, ticket, &mut self.output);
        self.deferred -= self.output.len() - before;
        if unwanted { self.cancel(id) } else { Action::None }
    }

    /// A listener or a registration was refused.
    pub fn refused(&mut self, id: u64, status: Status, text: &str) {
        self.close(id, status.code(), text.as_bytes());
    }

    /// A listener or a registration was ended.
    pub fn closed(&mut self, id: u64) {
        self.close(id, Status::Ok.code(), &[NULL]);
    }

    fn close(&mut self, id: u64, ret: i32, payload: &[u8]) {
        if let Some(deferred) = self.ids.close(id)
            && self.stage != Stage::Over
        {
            self.deferred -= deferred;
            self.answer(id, ret, payload);
        }
        self.end_of_drain();
    }

    /// Sends an event to a listener. Returns whether the client is sent it; otherwise it is counted as missed.
    pub fn event(&mut self, id: u64, payload: &[u8]) -> bool {
        let room = self.has_capacity(payload.len()) && self.output.len() + self.deferred < self.limits.output / 2;
        let Some(listener) = self.ids.listener(id).filter(|_| self.stage != Stage::Over) else { return false };
        if !room {
            listener.missed += 1;
            self.metrics.count(Count::EventMissed);
            return false;
        }
        self.metrics.count(Count::EventSent);
        let missed = std::mem::take(&mut listener.missed);
        let frame = FromServer::Event { id, missed, payload };
        encode_or_defer(frame, listener.deferred.as_mut(), &mut self.deferred, &mut self.output);
        true
    }

    /// Sends a call to a registration.
    ///
    /// # Errors
    ///
    /// If the registration or the session is over, if the arguments are longer than a frame, or without capacity.
    pub fn call(&mut self, call: u64, id: u64, payload: &[u8]) -> Result<(), Refusal> {
        if self.stage == Stage::Over {
            return Err(Refusal::new(Status::Disconnected, "the connection has ended"));
        }
        if !self.fits_a_frame(payload.len()) {
            return Err(Refusal::new(Status::TooLarge, "the arguments are larger than what the client accepts"));
        }
        if !self.has_capacity(payload.len()) {
            return Err(Refusal::new(Status::Busy, "the client does not read what is sent to it"));
        }
        let Some(deferred) = self.ids.registration(id) else {
            return Err(Refusal::new(Status::Cancelled, "the client has taken its registration back"));
        };
        encode_or_defer(FromServer::Call { call, id, payload }, deferred, &mut self.deferred, &mut self.output);
        self.calls.insert(call, id);
        self.metrics.count(Count::CallMade);
        Ok(())
    }

    /// Adds handles to the client's: they are in a payload that it is sent. One that is in it twice is listed twice.
    pub fn add_handles(&mut self, handles: &[HandleRef]) {
        self.handles.add(handles);
    }

    /// Whether the client has a handle. A client cannot use another client's.
    pub fn has_handle(&self, handle: HandleRef) -> bool {
        self.handles.has(handle)
    }

    /// Takes a handle from the client, once, to be released. False if the client does not have it.
    #[must_use = "a handle that was taken has to be released"]
    pub fn take_handle(&mut self, handle: HandleRef) -> bool {
        self.handles.take(handle)
    }

    /// Cancels a call: its answer is refused from now on.
    pub fn cancel_call(&mut self, call: u64) {
        if self.calls.remove(&call).is_some() {
            self.metrics.count(Count::CallCancelled);
            self.send(FromServer::CallCancelled { call });
        }
    }

    /// The answer to a call was refused.
    pub fn call_refused(&mut self, call: u64, status: Status) {
        self.metrics.count(Count::CallRefused);
        self.send(FromServer::CallRefused { call, ret: status.code() });
    }

    /// Begins the shutdown: requests in flight are answered, and nothing is opened. The session is over when nothing is open, or
    /// after [`finish`](Self::finish).
    pub fn shut_down(&mut self) {
        if matches!(self.stage, Stage::Draining(_) | Stage::Over) {
            return;
        }
        const WHY: &str = "the server shuts down";
        if self.version == Some(Version::Two) {
            FromServer::Goodbye { ret: Status::Closing.code(), text: WHY.as_bytes() }.encode(&mut self.output);
        }
        self.drain(WHY);
    }

    /// Ends the session: what is in [`output`](Self::output) is the last that is sent.
    pub fn finish(&mut self) {
        self.stage = Stage::Over;
    }

    fn drain(&mut self, why: &'static str) {
        self.stage = Stage::Draining(why);
        self.end_of_drain();
    }

    fn end_of_drain(&mut self) {
        let open = self.ids.in_flight() + self.ids.subscriptions();
        if matches!(self.stage, Stage::Draining(_)) && open == 0 {
            self.stage = Stage::Over;
        }
    }

    /// Cancels all listeners and registrations. The caller carries the actions out; each ends with [`closed`](Self::closed).
    pub fn end_subscriptions(&mut self) -> Vec<Action<'static>> {
        let ids = self.ids.subscribed();
        ids.into_iter().map(|id| self.cancel(id)).filter(|action| *action != Action::None).collect()
    }

    /// The tickets of the requests in flight, which a shutdown cancels after its grace period.
    pub fn in_flight(&self) -> Vec<u64> {
        self.ids.tickets()
    }

    /// The connection has ended. Returns what was open.
    pub fn end(&mut self) -> Leftovers {
        self.stage = Stage::Over;
        self.output = Vec::new();
        self.deferred = 0;
        let calls: Vec<u64> = self.calls.drain().map(|(call, _)| call).collect();
        self.metrics.add(Count::CallCancelled, calls.len());
        let (listeners, registrations) = self.ids.end();
        let handles = self.handles.take_all();
        Leftovers { requests: self.ids.tickets(), listeners, registrations, calls, handles }
    }
}

/// Output and timeouts.
impl Session {
    /// The bytes to send. The caller takes them out.
    pub fn output(&mut self) -> &mut Vec<u8> {
        &mut self.output
    }

    /// Whether more should be read: not in version 1 while a request runs, and not while a quarter of the output's limit waits to
    /// be sent.
    pub fn wants_input(&self) -> bool {
        let busy = self.version == Some(Version::One) && self.ids.in_flight() > 0;
        self.stage != Stage::Over && !busy && self.output.len() < self.limits.output / 4
    }

    /// Whether the session is over. What is in [`output`](Self::output) then is the last that is sent.
    pub fn is_over(&self) -> bool {
        self.stage == Stage::Over
    }

    /// Whether the client has read nothing until the stall timeout. Then the rest of the output is dropped.
    pub fn has_given_up(&self) -> bool {
        self.given_up
    }

    /// The client has shut down its sending side. In version 1 its request is still answered; in version 2 the session is over.
    pub fn end_of_input(&mut self) {
        if self.version == Some(Version::One) && self.stage == Stage::Open {
            self.drain("the client has shut down its sending side");
        } else if self.stage != Stage::Over {
            self.stage = Stage::Over;
        }
    }

    /// The next timeout: when to call [`handle_timeout`](Self::handle_timeout).
    pub fn deadline(&self) -> Option<Instant> {
        if self.stage == Stage::Over {
            return self.timers.stall().filter(|_| !self.given_up);
        }
        let idle = self.version != Some(Version::One) || self.ids.in_flight() == 0;
        self.timers.next(idle)
    }

    /// Handles the timeouts that have passed, and returns the tickets of requests to cancel.
    pub fn handle_timeout(&mut self, now: Instant) -> Vec<u64> {
        if self.stage == Stage::Over {
            if self.timers.stall().is_some_and(|stall| stall <= now) {
                self.give_up();
            }
            return Vec::new();
        }
        let mut tickets = Vec::new();
        while let Some(key) = self.timers.expired(now) {
            let Some((id, ticket)) = self.ids.expire(key) else { continue };
            let answered = self.answer(id, Status::TimedOut.code(), b"the request's deadline passed");
            self.metrics.answered(answered);
            tickets.extend(ticket);
        }
        let idle = self.version != Some(Version::One) || self.ids.in_flight() == 0;
        match self.timers.due(now, idle) {
            Some(timers::Due::Frame) => self.fail(Status::TimedOut, &"a frame took too long to arrive"),
            Some(timers::Due::Stall) => self.give_up(),
            Some(timers::Due::Idle) if self.version == Some(Version::Two) => {
                self.fail(Status::TimedOut, &"nothing came for too long");
            }
            Some(timers::Due::Idle) => self.stage = Stage::Over,
            Some(timers::Due::Ping) if self.version == Some(Version::Two) && self.stage != Stage::Handshake => {
                self.send(FromServer::Ping { number: 0 });
            }
            Some(timers::Due::Ping) | None => {}
        }
        tickets
    }

    fn give_up(&mut self) {
        self.stage = Stage::Over;
        self.given_up = true;
        self.output = Vec::new();
    }

    /// Starts or clears the timeout of a frame that is partly received.
    pub fn partial(&mut self, partial: bool, now: Instant) {
        self.timers.partial(partial, now);
    }

    /// Starts, restarts or clears the timeout of a client that does not read: `waits` says whether output waits for it, and
    /// `progress` whether it has read some.
    pub fn sent(&mut self, waits: bool, progress: bool, now: Instant) {
        if progress && (self.version == Some(Version::One) || !self.wants_input()) {
            // The client may send nothing before it has this; or what it sends is not read before it has read this.
            self.timers.received(now);
        }
        self.timers.sent(waits, progress, now);
    }

    /// Whether a frame with a payload of this length fits, also into the output.
    fn has_capacity(&self, payload: usize) -> bool {
        let waits = self.output.len() + self.deferred;
        self.fits_a_frame(payload) && waits.saturating_add(payload).saturating_add(FRAME_OVERHEAD) <= self.limits.output
    }

    /// Whether a frame with a payload of this length fits into what the client accepts.
    fn fits_a_frame(&self, payload: usize) -> bool {
        let fixed = if self.version == Some(Version::One) { 0 } else { MAX_FIXED };
        payload.saturating_add(fixed) <= self.max_frame as usize
    }

    /// Sends an answer, or a short one in its place. Returns the status that was sent.
    fn answer(&mut self, id: u64, ret: i32, payload: &[u8]) -> i32 {
        let (ret, payload): (i32, &[u8]) = if !self.fits_a_frame(payload.len()) {
            (Status::TooLarge.code(), b"the answer is larger than what may be sent")
        } else if payload.len() > SHORT && !self.has_capacity(payload.len()) {
            // Not BUSY, which says that nothing was started, so that a client may try again.
            (Status::TooLarge.code(), b"the answer found no room: too much waits to be read")
        } else {
            (ret, payload)
        };
        match self.version {
            Some(Version::One) => encode_response(ret, payload, &mut self.output),
            _ => FromServer::Reply { id, ret, payload }.encode(&mut self.output),
        }
        ret
    }

    /// Sends a small frame, without a look at the capacity: the client's own frames bound how many there are.
    fn send(&mut self, frame: FromServer<'_>) {
        if self.stage != Stage::Over {
            frame.encode(&mut self.output);
        }
    }

    fn send_if_capacity(&mut self, frame: FromServer<'_>, payload: usize) {
        if self.has_capacity(payload) {
            self.send(frame);
        }
    }
}

/// Sends a frame, or defers it until OPENED was sent.
fn encode_or_defer(
    frame: FromServer<'_>,
    deferred: Option<&mut Vec<u8>>,
    all_deferred: &mut usize,
    output: &mut Vec<u8>,
) {
    let Some(deferred) = deferred else { return frame.encode(output) };
    let before = deferred.len();
    frame.encode(deferred);
    *all_deferred += deferred.len() - before;
}

/// An answer of up to this many bytes is sent also without capacity: its replacement would hardly be shorter.
const SHORT: usize = 64;

/// The most bytes that the kind and the fixed fields of a frame with a payload take.
const MAX_FIXED: usize = 17;

/// The request for the descriptor, which the server itself answers. No function can have this name.
pub const DESCRIPTOR: &str = "ffihost.descriptor";

/// The payload of an OK without a result.
pub(crate) use ffihost_cbor::constant::NULL;
