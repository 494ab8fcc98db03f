//! A client of a library in its own process.

use super::connection;
use super::handshake::HandshakeError;
use super::{Client, Options, RequestError};
use crate::{Limits, Server, ServerInfo, Service};
use std::sync::Arc;
use std::time::Duration;

/// The bytes that either side may write before it waits for the other to read.
const BETWEEN: usize = 64 << 10;

/// A time limit that this process does not reach.
const LONG: Duration = Duration::from_secs(365 * 24 * 3600);

/// Only the library's own limits count in one process. Twice the length of a frame fits into a `usize` of 32 bits.
fn limits() -> Limits {
    Limits {
        frame: 1 << 30,
        in_flight: u32::MAX,
        subscriptions: usize::MAX,
        frame_time: LONG,
        stall: LONG,
        idle: LONG,
        ..Limits::default()
    }
}

impl Client {
    /// A client of a library in this process. It runs the same session over memory, so it behaves as one from
    /// [`connect`](Self::connect). `after` is awaited when the last clone is dropped, and by [`close`](Self::close).
    ///
    /// # Errors
    ///
    /// [`RequestError::Failed`] if the server refuses the client, as it does if `info` has a token.
    pub async fn in_process(
        service: Arc<dyn Service>,
        info: ServerInfo,
        after: impl Future<Output = ()> + Send + 'static,
    ) -> Result<Self, RequestError> {
        let (near, far) = tokio::io::duplex(BETWEEN);
        let server = tokio::spawn(Server::new(service, info, limits()).serve_stream(far));
        let after = async {
            if let Err(error) = server.await {
                tracing::error!(%error, "a connection's task failed");
            }
            after.await;
        };
        let options = Options { max_frame: limits().frame, ..Options::default() };
        match connection::start_over(near, options, after).await {
            Ok(shared) => Ok(Self::of(shared)),
            Err(HandshakeError::Refused { ret, text }) => Err(RequestError::Failed { ret, text }),
            Err(HandshakeError::Io(_) | HandshakeError::Foreign(_) | HandshakeError::Mismatch(_)) => {
                Err(RequestError::Disconnected)
            }
        }
    }
}
