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

/// Serves a library on any number of addresses, to any number of clients, until it is told to stop.
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

/// What the connections of a server have in common.
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

/// Says whether somebody may connect.
type Admit = Arc<dyn Fn(&Peer) -> bool + Send + Sync>;

/// Tells a server to stop.
#[derive(Clone, Debug)]
pub struct Stopper(watch::Sender<Phase>);

/// How far a server is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    Serving,
    /// It answers what runs.
    Stopping,
    /// It ends.
    Finished,
}

impl Stopper {
    /// Takes no more connections and requests, and lets those that run go on for the grace period. Listeners are told what
    /// happens until [`finish`](Self::finish), or until a while after the grace period.
    pub fn stop(&self) {
        self.reach(Phase::Stopping);
    }

    /// Ends all connections, when they have been sent what waits for them.
    pub fn finish(&self) {
        self.reach(Phase::Finished);
    }

    /// Until the server was told to stop, by whomever.
    pub async fn stopped(&mut self) {
        reached(&mut self.0.subscribe(), Phase::Stopping).await;
    }

    fn reach(&self, phase: Phase) {
        self.0.send_if_modified(|now| std::mem::replace(now, phase.max(*now)) < phase);
    }
}

/// So long after the grace period connections end, whatever their clients do.
const LINGER: Duration = Duration::from_millis(250);

impl Server {
    /// A server that listens nowhere yet.
    pub fn new(service: Arc<dyn Service>, info: ServerInfo, limits: Limits) -> Self {
        Self::of(service, &Providers::default(), info, limits)
    }

    /// One of several servers of one library, which differ in who may use it: they share which client is asked when several
    /// offer one host function.
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

    /// Lets addresses be bound that other machines can reach, without TLS or without a token. Whoever reaches the port can
    /// use the library then, and whoever sees the packets can read them.
    pub fn insecure(&mut self) -> &mut Self {
        self.insecure = true;
        self
    }

    /// Asks about each connection who is at its other end, before anything is read from it; false closes it, and so does a panic.
    pub fn admit(&mut self, admit: impl Fn(&Peer) -> bool + Send + Sync + 'static) -> &mut Self {
        // Whoever it is dropped by, be it with the server.
        let admit = Contained::new("the drop of what admits connections", admit);
        self.admit = Some(Arc::new(move |peer| admit(peer)));
        self
    }

    /// Whether other machines may reach it.
    fn is_guarded(&self) -> bool {
        self.insecure || (self.tls.is_some() && self.shared.info.token.is_some())
    }

    /// Listens on an address, and returns the address that it has now: with the port that the system picked for 0.
    pub async fn bind(&mut self, address: &Address) -> Result<Address, BindError> {
        let bound = BoundSocket::bind(address, self.is_guarded()).await?;
        let address = bound.address().clone();
        self.listening.push(bound);
        Ok(address)
    }

    /// Listens on a socket that somebody else bound, such as a service manager, and gives its address. The file of a unix
    /// socket is left where it is, with the mode that it has.
    ///
    /// # Errors
    ///
    /// As with [`bind`](Self::bind): also here what others than this machine can reach needs more than a socket.
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

    /// What this server counts.
    pub fn metrics(&self) -> Metrics {
        self.shared.metrics.clone()
    }

    /// What tells this server to stop.
    pub fn stopper(&self) -> Stopper {
        Stopper(self.stop.clone())
    }

    /// Serves until it is told to stop, and all connections have ended.
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

    /// Serves the client at the other end of a stream, until it goes.
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
                // Out of descriptors, most likely: it does not get better by trying at once.
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
        // While others come one after the other, nobody else looks.
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

/// Until the server is that far.
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
