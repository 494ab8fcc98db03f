//! The other end of a connection.

use std::net::SocketAddr;

/// The other end of a connection, as the system reports it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Peer {
    /// A process on this machine, over a unix socket, as it was when it connected.
    Unix {
        /// Its user.
        uid: u32,
        /// Its group.
        gid: u32,
        /// Its process, where the system reports it.
        pid: Option<i32>,
    },
    /// Over TCP.
    Tcp {
        /// Its address.
        address: SocketAddr,
        /// Whether TLS is used.
        tls: bool,
    },
    /// A client in the server's own process.
    ThisProcess,
}
