//! The server: sockets around [`Session`](crate::session::Session)s.

mod connection;
mod listening;
mod routes;

pub use self::listening::BindError;
use self::listening::Bound;

use self::connection::Connection;
use self::routes::Routes;
use crate::link::Link;
use crate::service::Service;
use crate::session::Session;
use crate::terms::Terms;
use crate::{Address, Limits};
use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// Serves a library on any number of addresses, to any number of clients, until it is told to stop.
///
/// # Examples
///
/// ```no_run
/// # async fn example(library: std::sync::Arc<dyn ffihost_ipc::Service>, terms: ffihost_ipc::Terms)
/// # -> Result<(), Box<dyn std::error::Error>> {
/// use ffihost_ipc::{Limits, Server};
///
/// let mut server = Server::new(library, terms, Limits::default());
/// let address = server.bind(&"unix:/run/timer.sock".parse()?).await?;
/// println!("listening on {address}");
/// let stop = server.stopper();
/// tokio::spawn(async move {
///     tokio::time::sleep(std::time::Duration::from_secs(60)).await;
///     stop.stop();
/// });
/// server.run().await;
/// # Ok(())
/// # }
/// ```
pub struct Server {
    shared: Arc<Shared>,
    listening: Vec<Bound>,
    stop: watch::Sender<bool>,
}

/// What the connections of a server have in common.
struct Shared {
    service: Arc<dyn Service>,
    routes: Routes,
    limits: Limits,
    terms: Arc<Terms>,
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server")
            .field("terms", &self.shared.terms)
            .field("listening", &self.listening)
            .finish_non_exhaustive()
    }
}

/// Tells a server to stop.
#[derive(Clone, Debug)]
pub struct Stopper(watch::Sender<bool>);

impl Stopper {
    /// Takes no more connections and requests, lets those that run go on for the grace period, and ends.
    pub fn stop(&self) {
        self.0.send_replace(true);
    }
}

/// After this many requests were cancelled, and told so, connections end whatever their clients do.
const LINGER: Duration = Duration::from_millis(500);

impl Server {
    /// A server that listens nowhere yet.
    pub fn new(service: Arc<dyn Service>, terms: Terms, limits: Limits) -> Self {
        let shared = Shared { service, routes: Routes::default(), limits: limits.sound(), terms: Arc::new(terms) };
        Self { shared: Arc::new(shared), listening: Vec::new(), stop: watch::Sender::new(false) }
    }

    /// Listens on an address, and gives it as it came out: with the port that was given for 0.
    pub async fn bind(&mut self, address: &Address) -> Result<Address, BindError> {
        let bound = Bound::bind(address, self.shared.terms.token.is_some()).await?;
        let address = bound.address().clone();
        self.listening.push(bound);
        Ok(address)
    }

    /// What tells this server to stop.
    pub fn stopper(&self) -> Stopper {
        Stopper(self.stop.clone())
    }

    /// Serves until it is told to stop, and all connections have ended.
    pub async fn run(self) {
        let mut connections = JoinSet::new();
        let mut stop = self.stop.subscribe();
        loop {
            tokio::select! {
                biased;
                () = told_to_stop(&mut stop) => break,
                accepted = listening::accept(&self.listening) => self.accepted(accepted, &mut connections).await,
                Some(ended) = connections.join_next() => log_panic(ended),
            }
        }
        drop(self.listening);
        while let Some(ended) = connections.join_next().await {
            log_panic(ended);
        }
    }

    async fn accepted(&self, accepted: io::Result<listening::Stream>, connections: &mut JoinSet<()>) {
        let stream = match accepted {
            Ok(stream) => stream,
            Err(error) => {
                tracing::warn!(%error, "a connection was not accepted");
                // Out of descriptors, most likely: it does not get better by trying at once.
                if !matches!(error.kind(), io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset) {
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
                return;
            }
        };
        // While others come one after the other, nobody else looks.
        while let Some(ended) = connections.try_join_next() {
            log_panic(ended);
        }
        if connections.len() >= self.shared.limits.connections {
            tracing::warn!(limit = self.shared.limits.connections, "too many connections, one was closed");
            return;
        }
        let session = Session::new(Arc::clone(&self.shared.terms), self.shared.limits, Instant::now());
        let connection = Connection::new(Arc::new(Link::new(session)), Arc::clone(&self.shared), self.stop.subscribe());
        connections.spawn(async move {
            match stream {
                #[cfg(unix)]
                listening::Stream::Unix(stream) => connection.run(stream.into_split()).await,
                listening::Stream::Tcp(stream) => connection.run(stream.into_split()).await,
            }
        });
    }
}

/// Until the server is told to stop.
async fn told_to_stop(stop: &mut watch::Receiver<bool>) {
    let _the_server_is_gone = stop.wait_for(|stop| *stop).await;
}

fn log_panic(ended: Result<(), tokio::task::JoinError>) {
    if let Err(error) = ended {
        tracing::error!(%error, "a connection's task failed");
    }
}
