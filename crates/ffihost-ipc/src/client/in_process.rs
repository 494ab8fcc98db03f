//! A client of a library in its own process.

use super::connection::{self, HandshakeError};
use super::{Client, Options, RequestError};
use crate::{Limits, Server, ServerInfo, Service};
use std::sync::Arc;
use std::time::Duration;

/// What fits into the memory between the two, before one waits for the other.
const BETWEEN: usize = 64 << 10;

/// For what strangers are limited in, and this process is not.
const LONG: Duration = Duration::from_secs(365 * 24 * 3600);

/// The library's own limits are those that count here; a frame is a number that a `usize` of 32 bits can have twice.
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
    /// A client of a library in this process: with the same session, over memory, so that whatever it does means the same as
    /// with [`connect`](Self::connect). `after` is awaited when the last clone is gone, and by [`close`](Self::close).
    ///
    /// # Errors
    ///
    /// None but those that a server can refuse a client with; `info` with a token is one.
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
            Err(HandshakeError::Io(_) | HandshakeError::Foreign(_)) => Err(RequestError::Disconnected),
        }
    }
}
