//! How a client connects.

use crate::{ClientTls, Token};
use std::time::Duration;

/// How a client connects.
#[derive(Clone, Debug)]
pub struct Options {
    /// The hash of the interface that the client was made for; 0 for any.
    pub abi_hash: u64,
    /// What the server asks for beyond this machine.
    pub token: Option<Token>,
    /// Whom to trust: without this, TLS is not used.
    pub tls: Option<ClientTls>,
    /// Lets the client connect beyond this machine without TLS.
    pub insecure: bool,
    /// The longest frame that is taken, 1,024 bytes at least.
    pub max_frame: u32,
    /// For the connection and the server's greeting.
    pub connect_time: Duration,
    /// How to connect again when the connection has ended; not at all, if there is none. Listeners and registrations are
    /// made again, and requests that may be made twice.
    pub reconnect: Option<Backoff>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            abi_hash: 0,
            token: None,
            tls: None,
            insecure: false,
            max_frame: 16 << 20,
            connect_time: Duration::from_secs(10),
            reconnect: None,
        }
    }
}

/// How long to wait before each try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    /// Before the first; twice as long before each that follows.
    pub first: Duration,
    /// Never longer than this.
    pub longest: Duration,
    /// So many tries, then no more.
    pub tries: u32,
}

impl Default for Backoff {
    fn default() -> Self {
        Self { first: Duration::from_millis(50), longest: Duration::from_secs(10), tries: u32::MAX }
    }
}

impl Backoff {
    /// Before this try, counted from 0; `None` if it is not tried again.
    pub(super) fn before(&self, attempt: u32) -> Option<Duration> {
        (attempt < self.tries).then(|| self.first.saturating_mul(1 << attempt.min(30)).min(self.longest))
    }
}
