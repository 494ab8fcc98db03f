//! What a server limits its clients in.

use ffihost_abi::limits;
use std::time::Duration;

/// What a server limits its clients in. The defaults are safe for a server that unknown clients can reach.
///
/// # Examples
///
/// ```
/// use ffihost_ipc::Limits;
///
/// let limits = Limits { connections: 16, ..Limits::default() };
/// assert_eq!(limits.frame, 16 << 20);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The longest frame, or payload in version 1, in bytes and in both directions; at least 1,024, and by default 16 MiB. A client
    /// that sends a longer one is answered TOO_LARGE, and the connection ends.
    pub frame: u32,
    /// The most connections at once, by default 1,024. A further connection is closed at once.
    pub connections: usize,
    /// The most requests in flight of one connection, by default 1,024. A further request is answered BUSY.
    pub in_flight: u32,
    /// The most listeners and registrations of one connection, by default 1,024. A further one is answered BUSY.
    pub subscriptions: usize,
    /// The most bytes that wait for one client to read them; at least twice `frame`, and by default 64 MiB. The client misses
    /// events from half of that on, and an answer without capacity is replaced by TOO_LARGE.
    pub output: usize,
    /// How long a client may take to send one frame, and for the handshake; by default 10 s. Then the connection ends with
    /// TIMED_OUT.
    pub frame_time: Duration,
    /// How long a client may read nothing while output waits for it, by default 30 s. Then the connection ends.
    pub stall: Duration,
    /// How long a client may send nothing, by default 300 s; then the connection ends. In version 2 the server sends PING after
    /// half of that, and says TIMED_OUT at the end.
    pub idle: Duration,
    /// How long running requests may go on after a shutdown has begun, by default 1.5 s. Then they are cancelled.
    pub grace: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            frame: limits::FRAME,
            connections: limits::CONNECTIONS,
            in_flight: limits::IN_FLIGHT,
            subscriptions: limits::SUBSCRIPTIONS,
            output: limits::OUTPUT,
            frame_time: Duration::from_secs(10),
            stall: Duration::from_secs(30),
            idle: limits::IDLE,
            grace: limits::GRACE,
        }
    }
}

impl Limits {
    /// Raises limits that are too small to the smallest that work.
    pub(crate) fn clamped(self) -> Self {
        let frame = self.frame.max(crate::wire::MIN_FRAME);
        let least = (frame as usize + crate::wire::FRAME_OVERHEAD) * 2;
        Self { frame, in_flight: self.in_flight.max(1), output: self.output.max(least), ..self }
    }
}
