//! What stands for TLS without the feature `tls`: types that have no values, so that nothing can ask for it.

use std::io;
use tokio::net::TcpStream;

/// A server's certificate and key. It has constructors with the feature `tls` only.
#[derive(Clone, Debug)]
pub enum ServerTls {}

impl ServerTls {
    pub(crate) async fn accept(&self, _: TcpStream) -> io::Result<TcpStream> {
        match *self {}
    }
}

/// The authorities that a client trusts. It has constructors with the feature `tls` only.
#[derive(Clone, Debug)]
pub enum ClientTls {}

impl ClientTls {
    pub(crate) async fn connect(&self, _: &str, _: TcpStream) -> io::Result<TcpStream> {
        match *self {}
    }
}
