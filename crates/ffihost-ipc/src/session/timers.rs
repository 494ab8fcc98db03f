//! The timeouts of a connection: deadlines of requests, and how long a client may take.

use super::Key;
use crate::Limits;
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

/// A timeout that has passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Due {
    /// A frame or the handshake was not complete in time.
    Frame,
    /// The client reads nothing of the output that waits for it.
    Stall,
    /// The client sends nothing.
    Idle,
    /// The client has sent nothing for half of the idle time.
    Ping,
}

#[derive(Debug)]
pub(super) struct Timers {
    frame_time: Duration,
    stall_time: Duration,
    idle_time: Duration,
    /// Deadlines of requests, by time.
    requests: BTreeSet<(Instant, Key)>,
    handshake: Option<Instant>,
    frame: Option<Instant>,
    stall: Option<Instant>,
    last_received: Instant,
    pinged: bool,
}

impl Timers {
    pub(super) fn new(limits: &Limits, now: Instant) -> Self {
        Self {
            frame_time: limits.frame_time,
            stall_time: limits.stall,
            idle_time: limits.idle,
            requests: BTreeSet::new(),
            handshake: Some(now + limits.frame_time),
            frame: None,
            stall: None,
            last_received: now,
            pinged: false,
        }
    }

    pub(super) fn add_deadline(&mut self, deadline: Instant, key: Key) {
        self.requests.insert((deadline, key));
    }

    pub(super) fn remove_deadline(&mut self, deadline: Instant, key: Key) {
        self.requests.remove(&(deadline, key));
    }

    /// Takes out a request whose deadline has passed.
    pub(super) fn expired(&mut self, now: Instant) -> Option<Key> {
        let first = *self.requests.first().filter(|(deadline, _)| *deadline <= now)?;
        self.requests.remove(&first);
        Some(first.1)
    }

    pub(super) fn received(&mut self, now: Instant) {
        self.last_received = now;
        self.pinged = false;
        // A frame was complete; the next one has a timeout of its own.
        self.frame = None;
    }

    pub(super) fn handshake_done(&mut self) {
        self.handshake = None;
    }

    pub(super) fn partial(&mut self, partial: bool, now: Instant) {
        match (partial, self.frame) {
            (true, None) => self.frame = Some(now + self.frame_time),
            (false, _) => self.frame = None,
            (true, Some(_)) => {}
        }
    }

    pub(super) fn sent(&mut self, waits: bool, progress: bool, now: Instant) {
        if !waits {
            self.stall = None;
        } else if progress || self.stall.is_none() {
            self.stall = Some(now + self.stall_time);
        }
    }

    /// When the client will have read nothing for too long.
    pub(super) fn stall(&self) -> Option<Instant> {
        self.stall
    }

    /// The next timeout. The client's silence counts only if `idle`.
    pub(super) fn next(&self, idle: bool) -> Option<Instant> {
        let silence = if self.pinged { self.idle_time } else { self.idle_time / 2 };
        let request = self.requests.first().map(|(deadline, _)| *deadline);
        let silence = idle.then(|| self.last_received + silence);
        [self.handshake, self.frame, self.stall, request, silence].into_iter().flatten().min()
    }

    /// The first timeout that has passed, apart from the deadlines of requests.
    pub(super) fn due(&mut self, now: Instant, idle: bool) -> Option<Due> {
        let passed = |time: Option<Instant>| time.is_some_and(|time| time <= now);
        if passed(self.handshake) || passed(self.frame) {
            return Some(Due::Frame);
        }
        if passed(self.stall) {
            return Some(Due::Stall);
        }
        if idle && self.last_received + self.idle_time <= now {
            return Some(Due::Idle);
        }
        if idle && !self.pinged && self.last_received + self.idle_time / 2 <= now {
            self.pinged = true;
            return Some(Due::Ping);
        }
        None
    }
}
