//! An ffihost library over a socket.

#![forbid(unsafe_code)]

mod address;
#[cfg_attr(not(feature = "typed"), expect(dead_code, reason = "what is kept for handles, and for who is told"))]
pub mod client;
mod contain;
mod guarded;
mod limits;
mod link;
mod metrics;
mod peer;
mod sending;
mod server;
mod service;
pub mod session;
mod terms;
mod tls;
#[cfg(feature = "typed")]
pub mod typed;
pub mod wire;

pub use self::address::{Address, NotAnAddress};
pub use self::client::Client;
pub use self::limits::Limits;
pub use self::metrics::{Metrics, Snapshot};
pub use self::peer::Peer;
pub use self::server::{BindError, ListeningSocket, Routing, Server, Stopper};
pub use self::service::{Borrower, HostFunction, Listener, Refusal, Reply, Service, Warning};
pub use self::session::Lent;
pub use self::terms::{Terms, Token};
pub use self::tls::{ClientTls, ServerTls, TlsError};
pub use ffihost_schema::Status;
