//! What a client may take of a server.

use std::time::Duration;

/// What a client may take of a server. The defaults are safe for a server that strangers can reach.
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
    /// Bytes of a frame, and of a payload in version 1, in both directions. 1,024 at least.
    pub frame: u32,
    /// Connections at once.
    pub connections: usize,
    /// Requests in flight, of each connection.
    pub in_flight: u32,
    /// Listeners and registrations, of each connection.
    pub subscriptions: usize,
    /// Bytes that wait to be read by a client, of each connection. Twice `frame` at least.
    pub output: usize,
    /// From the first byte of a frame to its last, and from the connection to the end of the greeting.
    pub frame_time: Duration,
    /// While a client takes nothing of what waits for it.
    pub stall: Duration,
    /// While nothing comes from a client.
    pub idle: Duration,
    /// From the beginning of a shutdown until requests that still run are cancelled.
    pub grace: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            frame: 16 << 20,
            connections: 1_024,
            in_flight: 1_024,
            subscriptions: 1_024,
            output: 64 << 20,
            frame_time: Duration::from_secs(10),
            stall: Duration::from_secs(30),
            idle: Duration::from_secs(300),
            grace: Duration::from_millis(1_500),
        }
    }
}

impl Limits {
    /// The same, with what would be too little raised to the least that works.
    pub(crate) fn clamped(self) -> Self {
        let frame = self.frame.max(crate::wire::MIN_FRAME);
        let least = (frame as usize + crate::wire::FRAME_OVERHEAD) * 2;
        Self { frame, in_flight: self.in_flight.max(1), output: self.output.max(least), ..self }
    }
}
