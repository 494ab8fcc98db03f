//! How a client connects.

use crate::{ClientTls, Token};
use ffihost_abi::limits;
use std::time::Duration;

/// How a client connects.
#[derive(Clone, Debug)]
pub struct Options {
    /// The hash of the interface that the client was made for; a server with another hash refuses the client. 0, the default,
    /// is accepted by every server.
    pub abi_hash: u64,
    /// The token that the client sends. Default: none. A server that needs a token refuses a client without it.
    pub token: Option<Token>,
    /// The authorities whose certificates the client accepts. Default: none, and no TLS.
    pub tls: Option<ClientTls>,
    /// Lets the client connect to another machine without TLS. Default: false.
    pub insecure: bool,
    /// The longest frame that the client accepts, in bytes; at least 1,024, and by default 16 MiB. The server answers TOO_LARGE in
    /// place of a longer answer, and the client misses a longer event.
    pub max_frame: u32,
    /// How long connecting and the handshake may take. Default: 10 s.
    pub connect_time: Duration,
    /// How to reconnect when the connection has ended. Default: `None`, the client does not reconnect. After a reconnect the
    /// client adds its listeners and registrations again, and sends requests that may run twice again.
    pub reconnect: Option<Backoff>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            abi_hash: 0,
            token: None,
            tls: None,
            insecure: false,
            max_frame: limits::FRAME,
            connect_time: Duration::from_secs(10),
            reconnect: None,
        }
    }
}

/// How long to wait before each attempt to reconnect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    /// The wait before the first attempt, by default 50 ms. It doubles with each attempt.
    pub first: Duration,
    /// The longest wait, by default 10 s.
    pub longest: Duration,
    /// How many attempts are made before the client gives up. Default: `u32::MAX`.
    pub tries: u32,
}

impl Default for Backoff {
    fn default() -> Self {
        Self { first: Duration::from_millis(50), longest: Duration::from_secs(10), tries: u32::MAX }
    }
}

impl Backoff {
    /// The wait before an attempt, counted from 0; `None` if there are no attempts left.
    pub(super) fn before(&self, attempt: u32) -> Option<Duration> {
        (attempt < self.tries).then(|| self.first.saturating_mul(1 << attempt.min(30)).min(self.longest))
    }
}
