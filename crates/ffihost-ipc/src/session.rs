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
//!
//! # In reading order
//!
//! | module | what it is |
//! |---|---|
//! | `action` | what a session asks its connection to do |
//! | `receive` | what the client sends |
//! | `report` | what the library's side reports |
//! | `output`, `timeouts` | what is sent, and what happens when the time passes |
//! | `open`, `handles`, `timers` | what is open, by its id; the client's handles; when what is due |

mod action;
mod handles;
mod open;
mod output;
mod receive;
mod report;
mod timeouts;
mod timers;

pub use self::action::{Action, Leftovers};
pub use self::handles::HandleRef;
use self::handles::Handles;
use self::open::Ids;
use self::timers::Timers;
use crate::Limits;
use crate::metrics::{Count, Metrics};
use crate::server_info::ServerInfo;
use crate::wire::frame::FromServer;
use ffihost_schema::Status;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

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

    pub(super) fn drain(&mut self, why: &'static str) {
        self.stage = Stage::Draining(why);
        self.end_of_drain();
    }

    pub(super) fn end_of_drain(&mut self) {
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
}

/// The request for the descriptor, which the server itself answers. No function can have this name.
pub const DESCRIPTOR: &str = "ffihost.descriptor";

/// The payload of an OK without a result.
pub(crate) use ffihost_cbor::constant::NULL;
