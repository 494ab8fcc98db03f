//! The server: sockets around [`Session`](crate::session::Session)s.

mod connection;
mod listening;
mod providers;

use self::listening::BoundSocket;
pub use self::listening::{BindError, ListeningSocket};
pub use self::providers::Providers;

use self::connection::Connection;
use crate::contain::{Contained, contain, report};
use crate::contained_service::ContainedService;
use crate::metrics::{Count, Metrics};
use crate::server_info::ServerInfo;
use crate::service::Service;
use crate::session::Session;
use crate::shared_session::SharedSession;
use crate::{Address, Limits, Peer, ServerTls};
use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::DuplexStream;
use tokio::sync::watch;
use tokio::task::JoinSet;

/// Serves a library on any number of addresses, to any number of clients, until it is shut down.
///
/// # Examples
///
/// ```no_run
/// # async fn example(library: std::sync::Arc<dyn ffihost_ipc::Service>, info: ffihost_ipc::ServerInfo)
/// # -> Result<(), Box<dyn std::error::Error>> {
/// use ffihost_ipc::{Limits, Server};
///
/// let mut server = Server::new(library, info, Limits::default());
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
    listening: Vec<BoundSocket>,
    tls: Option<ServerTls>,
    insecure: bool,
    admit: Option<Admit>,
    stop: watch::Sender<Phase>,
}

/// What the connections of a server share.
struct Shared {
    service: ContainedService,
    providers: Providers,
    limits: Limits,
    info: Arc<ServerInfo>,
    metrics: Metrics,
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server")
            .field("info", &self.shared.info)
            .field("listening", &self.listening)
            .finish_non_exhaustive()
    }
}

/// Decides whether a peer may connect.
type Admit = Arc<dyn Fn(&Peer) -> bool + Send + Sync>;

/// Shuts a server down.
#[derive(Clone, Debug)]
pub struct Stopper(watch::Sender<Phase>);

/// A server's phase.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    Serving,
    /// Answers the requests in flight.
    Stopping,
    /// Ends the connections.
    Finished,
}

impl Stopper {
    /// Begins the shutdown: the server accepts no connections and requests, and running requests may go on for the grace period.
    /// Listeners receive events until [`finish`](Self::finish), or until 250 ms after the grace period.
    pub fn stop(&self) {
        self.reach(Phase::Stopping);
    }

    /// Ends each connection as soon as its output is sent.
    pub fn finish(&self) {
        self.reach(Phase::Finished);
    }

    /// Waits until the shutdown has begun.
    pub async fn stopped(&mut self) {
        reached(&mut self.0.subscribe(), Phase::Stopping).await;
    }

    fn reach(&self, phase: Phase) {
        self.0.send_if_modified(|now| std::mem::replace(now, phase.max(*now)) < phase);
    }
}

/// How long after the grace period connections are ended, whatever their clients do.
const LINGER: Duration = Duration::from_millis(250);

impl Server {
    /// A server without an address. Add some with [`bind`](Self::bind) or [`adopt`](Self::adopt).
    pub fn new(service: Arc<dyn Service>, info: ServerInfo, limits: Limits) -> Self {
        Self::of(service, &Providers::default(), info, limits)
    }

    /// One of several servers of one library, for example with different tokens. They share `providers`, so that a host function
    /// is the newest registration among the clients of all of them.
    pub fn of(service: Arc<dyn Service>, providers: &Providers, info: ServerInfo, limits: Limits) -> Self {
        let (providers, metrics) = (providers.clone(), Metrics::default());
        let service = ContainedService::new(service);
        let shared = Shared { service, providers, limits: limits.clamped(), info: Arc::new(info), metrics };
        Self {
            shared: Arc::new(shared),
            listening: Vec::new(),
            tls: None,
            insecure: false,
            admit: None,
            stop: watch::Sender::new(Phase::Serving),
        }
    }

    /// Uses TLS on every TCP address.
    pub fn tls(&mut self, tls: ServerTls) -> &mut Self {
        self.tls = Some(tls);
        self
    }

    /// Allows addresses that other machines can reach without TLS or without a token. Then everybody who reaches the port can use
    /// the library, and everybody who sees the packets can read them.
    pub fn insecure(&mut self) -> &mut Self {
        self.insecure = true;
        self
    }

    /// Sets a filter that is called with the peer of each connection before anything is read. If it returns false, or panics, the
    /// connection is closed.
    pub fn admit(&mut self, admit: impl Fn(&Peer) -> bool + Send + Sync + 'static) -> &mut Self {
        // Contained, since the server's drop is a drop of this too.
        let admit = Contained::new("the drop of what admits connections", admit);
        self.admit = Some(Arc::new(move |peer| admit(peer)));
        self
    }

    /// Whether it may listen where other machines reach it.
    fn is_guarded(&self) -> bool {
        self.insecure || (self.tls.is_some() && self.shared.info.token.is_some())
    }

    /// Listens on an address, and returns it with the port that the system picked, if it was 0.
    pub async fn bind(&mut self, address: &Address) -> Result<Address, BindError> {
        let bound = BoundSocket::bind(address, self.is_guarded()).await?;
        let address = bound.address().clone();
        self.listening.push(bound);
        Ok(address)
    }

    /// Listens on a socket that another process has bound, such as a service manager, and returns its address. The file of a unix
    /// socket keeps its mode, and is not removed.
    ///
    /// # Errors
    ///
    /// As with [`bind`](Self::bind): an address that other machines can reach needs TLS and a token here too.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    pub fn adopt(&mut self, socket: impl Into<ListeningSocket>) -> Result<Address, BindError> {
        let bound = BoundSocket::adopt(socket.into(), self.is_guarded())?;
        let address = bound.address().clone();
        self.listening.push(bound);
        Ok(address)
    }

    /// This server's counters.
    pub fn metrics(&self) -> Metrics {
        self.shared.metrics.clone()
    }

    /// A handle that shuts this server down.
    pub fn stopper(&self) -> Stopper {
        Stopper(self.stop.clone())
    }

    /// Serves until the shutdown has begun and all connections have ended.
    pub async fn run(self) {
        let mut connections = JoinSet::new();
        let (mut stop, mut first) = (self.stop.subscribe(), 0);
        loop {
            tokio::select! {
                biased;
                () = reached(&mut stop, Phase::Stopping) => break,
                accepted = listening::accept(&self.listening, &mut first) => self.accepted(accepted, &mut connections).await,
                Some(ended) = connections.join_next() => log_panic(ended),
            }
        }
        drop(self.listening);
        while let Some(ended) = connections.join_next().await {
            log_panic(ended);
        }
    }

    /// Serves the client at the other end of a stream until the connection ends.
    pub(crate) async fn serve_stream(self, stream: DuplexStream) {
        self.connection(Peer::ThisProcess).run(tokio::io::split(stream)).await;
    }

    fn connection(&self, peer: Peer) -> Connection {
        let session = Session::new(Arc::clone(&self.shared.info), self.shared.limits, Instant::now())
            .with_metrics(self.shared.metrics.clone());
        self.shared.metrics.count(Count::ConnectionAccepted);
        Connection::new(Arc::new(SharedSession::new(session, peer)), Arc::clone(&self.shared), self.stop.subscribe())
    }

    fn admits(&self, peer: &Peer) -> bool {
        self.admit.as_ref().is_none_or(|admit| contain("what admits connections", || admit(peer)).unwrap_or(false))
    }

    async fn accepted(&self, accepted: io::Result<listening::Stream>, connections: &mut JoinSet<()>) {
        let stream = match accepted {
            Ok(stream) => stream,
            Err(error) => {
                tracing::warn!(%error, "a connection was not accepted");
                // Most likely there are no descriptors left: trying again at once would fail too.
                if !matches!(error.kind(), io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset) {
                    let mut stop = self.stop.subscribe();
                    tokio::select! {
                        () = tokio::time::sleep(Duration::from_millis(50)) => {}
                        () = reached(&mut stop, Phase::Stopping) => {}
                    }
                }
                return;
            }
        };
        // `run` prefers new connections, so ended ones are collected here too.
        while let Some(ended) = connections.try_join_next() {
            log_panic(ended);
        }
        if connections.len() >= self.shared.limits.connections {
            self.shared.metrics.count(Count::ConnectionRefused);
            tracing::warn!(limit = self.shared.limits.connections, "too many connections, one was closed");
            return;
        }
        let peer = match stream.peer(self.tls.is_some()) {
            Ok(peer) if self.admits(&peer) => peer,
            Ok(peer) => return tracing::info!(?peer, "a connection was not admitted"),
            Err(error) => return tracing::debug!(%error, "a connection ended at once"),
        };
        let connection = self.connection(peer);
        let tls = self.tls.clone();
        connections.spawn(async move {
            match (stream, tls) {
                #[cfg(unix)]
                (listening::Stream::Unix(stream), _) => connection.run(stream.into_split()).await,
                (listening::Stream::Tcp(stream), None) => connection.run(stream.into_split()).await,
                (listening::Stream::Tcp(stream), Some(tls)) => connection.run_private(&tls, stream).await,
            }
        });
    }
}

/// Waits until the server has reached a phase.
async fn reached(stop: &mut watch::Receiver<Phase>, phase: Phase) {
    let _the_server_is_gone = stop.wait_for(|now| *now >= phase).await;
}

fn log_panic(ended: Result<(), tokio::task::JoinError>) {
    if let Err(error) = ended {
        match error.try_into_panic() {
            Ok(payload) => report("a connection's task", payload),
            Err(error) => tracing::error!(%error, "a connection's task failed"),
        }
    }
}
