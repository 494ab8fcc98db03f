//! Serves an ffihost library over sockets, and is the client of one that is served.

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
pub use self::tls::{ClientTls, ServerTls, TlsError};
pub use ffihost_schema::Status;
