//! An ffihost library over a socket.

#![forbid(unsafe_code)]

mod address;
pub mod client;
mod limits;
mod link;
mod metrics;
mod server;
mod service;
pub mod session;
mod terms;
pub mod wire;

pub use self::address::{Address, NotAnAddress};
pub use self::client::Client;
pub use self::limits::Limits;
pub use self::metrics::{Metrics, Snapshot};
pub use self::server::{BindError, ListeningSocket, Server, Stopper};
pub use self::service::{HostFunction, Listener, Refusal, Reply, Service};
pub use self::terms::{Terms, Token};
pub use ffihost_schema::Status;
