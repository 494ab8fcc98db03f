//! The times of a connection: deadlines of requests, and how long a client may take.

use super::Key;
use crate::Limits;
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

/// What the time has come for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Due {
    /// A frame, or the greeting, did not come to its end in time.
    Frame,
    /// The client takes nothing of what waits for it.
    Stall,
    /// Nothing comes from the client.
    Idle,
    /// Nothing came for half of that time.
    Ping,
}

#[derive(Debug)]
pub(super) struct Timers {
    frame_time: Duration,
    stall_time: Duration,
    idle_time: Duration,
    /// Deadlines of requests, by time.
    requests: BTreeSet<(Instant, Key)>,
    greeting: Option<Instant>,
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
            greeting: Some(now + limits.frame_time),
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

    /// A request whose deadline has passed.
    pub(super) fn expired(&mut self, now: Instant) -> Option<Key> {
        let first = *self.requests.first().filter(|(deadline, _)| *deadline <= now)?;
        self.requests.remove(&first);
        Some(first.1)
    }

    pub(super) fn received(&mut self, now: Instant) {
        self.last_received = now;
        self.pinged = false;
        // It was whole; what came behind it has its own time.
        self.frame = None;
    }

    pub(super) fn greeted(&mut self) {
        self.greeting = None;
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

    /// When the client has taken nothing for too long.
    pub(super) fn stall(&self) -> Option<Instant> {
        self.stall
    }

    /// When something is due; whether the client is idle counts only if `idle` says so.
    pub(super) fn next(&self, idle: bool) -> Option<Instant> {
        let silence = if self.pinged { self.idle_time } else { self.idle_time / 2 };
        let request = self.requests.first().map(|(deadline, _)| *deadline);
        let silence = idle.then(|| self.last_received + silence);
        [self.greeting, self.frame, self.stall, request, silence].into_iter().flatten().min()
    }

    /// What is due first, of what is not a request's.
    pub(super) fn due(&mut self, now: Instant, idle: bool) -> Option<Due> {
        let passed = |time: Option<Instant>| time.is_some_and(|time| time <= now);
        if passed(self.greeting) || passed(self.frame) {
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
