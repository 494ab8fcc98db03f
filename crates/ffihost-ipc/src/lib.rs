//! Serves an ffihost library over sockets, and is the client of one that is served.
//!
//! The feature `tls`, on by default, is TLS on TCP; `typed` is what generated clients are made of.

#![forbid(unsafe_code)]

mod address;
#[cfg_attr(
    not(feature = "typed"),
    expect(dead_code, reason = "handles and observers of running requests are used by `typed` alone")
)]
pub mod client;
mod contain;
mod contained_service;
mod limits;
mod metrics;
mod peer;
mod server;
mod server_info;
mod service;
pub mod session;
mod shared_session;
#[cfg(feature = "tls")]
mod tls;
#[cfg(not(feature = "tls"))]
#[path = "tls/absent.rs"]
mod tls;
#[cfg(feature = "typed")]
pub mod typed;
pub mod wire;
mod write_buffer;

pub use self::address::{Address, AddressParseError};
pub use self::client::Client;
pub use self::limits::Limits;
pub use self::metrics::{Metrics, Snapshot};
pub use self::peer::Peer;
pub use self::server::{BindError, ListeningSocket, Providers, Server, Stopper};
pub use self::server_info::{ServerInfo, Token};
pub use self::service::{ClientHandles, HostFunction, Listener, Refusal, Reply, Service, Warning};
pub use self::session::HandleRef;
#[cfg(feature = "tls")]
pub use self::tls::TlsError;
pub use self::tls::{ClientTls, ServerTls};
pub use ffihost_schema::Status;
