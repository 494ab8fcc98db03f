//! What happens when a timeout passes.

use super::{Session, Stage, Version, timers};
use crate::wire::frame::FromServer;
use ffihost_schema::Status;
use std::time::Instant;

impl Session {
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
}
