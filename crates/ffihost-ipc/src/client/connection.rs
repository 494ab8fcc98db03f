//! The client's task: it reads and writes the socket, and reconnects.

use super::call::Call;
use super::error::ConnectError;
use super::events::WAITING;
use super::handshake::{Check, HandshakeError, handshake};
use super::options::Options;
use super::session::{ClientSession, Incoming};
use crate::Address;
use crate::contain::contain;
use crate::wire::frame::FromServer;
use crate::wire::{FrameDecoder, Message};
use crate::write_buffer::WriteBuffer;
use bytes::BufMut;
use parking_lot::Mutex;
use std::io;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, DuplexStream};
use tokio::net::TcpStream;
#[cfg(unix)]
use tokio::net::UnixStream;
use tokio::sync::{Notify, watch};

pub(super) type Read = Box<dyn AsyncRead + Send + Unpin>;
pub(super) type Write = Box<dyn AsyncWrite + Send + Unpin>;

/// What the server's WELCOME says.
#[derive(Clone, Debug)]
pub(super) struct Welcome {
    pub(super) library: String,
    pub(super) version: String,
    pub(super) abi_hash: u64,
    pub(super) max_frame: u32,
}

/// The session under a lock, and how its task is notified that there is output.
#[derive(Debug)]
pub(super) struct Shared {
    /// `None` for a server in this process.
    pub(super) address: Option<Address>,
    pub(super) welcome: Welcome,
    options: Options,
    check: Option<Check>,
    session: Mutex<ClientSession>,
    wake: Notify,
    abort: Notify,
    ended: watch::Sender<bool>,
}

impl Shared {
    /// Changes the session, and notifies the task if there was no output before and is now.
    pub(super) fn update<T>(&self, body: impl FnOnce(&mut ClientSession) -> T) -> T {
        let mut session = self.session.lock();
        let was_notified = !session.output().is_empty();
        let result = body(&mut session);
        let has_news = !was_notified && !session.output().is_empty();
        drop(session);
        if has_news {
            self.wake.notify_one();
        }
        result
    }

    /// Ends the connection without a goodbye.
    pub(super) fn abort(&self) {
        self.abort.notify_one();
    }

    /// Waits until the connection has ended and the client does not reconnect.
    pub(super) async fn ended(&self) {
        let mut ended = self.ended.subscribe();
        let _it_is_held_here = ended.wait_for(|ended| *ended).await;
    }
}

/// A connection after the handshake.
pub(super) struct Connected {
    pub(super) read: Read,
    pub(super) write: Write,
    pub(super) decoder: FrameDecoder,
    pub(super) welcome: Welcome,
}

/// Connects, and starts the task.
pub(super) async fn start(
    address: Address,
    options: Options,
    check: Option<Check>,
) -> Result<Arc<Shared>, ConnectError> {
    let connected = connect(&address, &options, check.as_ref()).await?;
    Ok(started(Some(address), options, check, connected, std::future::ready(())))
}

/// Starts the task over a stream, whose other end is a server in this process. When the connection has ended, the client's end
/// waits for `after`.
pub(super) async fn start_over(
    stream: DuplexStream,
    options: Options,
    after: impl Future<Output = ()> + Send + 'static,
) -> Result<Arc<Shared>, HandshakeError> {
    let (read, write) = tokio::io::split(stream);
    let connected = handshake(&options, None, Box::new(read), Box::new(write)).await?;
    Ok(started(None, options, None, connected, after))
}

fn started(
    address: Option<Address>,
    options: Options,
    check: Option<Check>,
    connected: Connected,
    after: impl Future<Output = ()> + Send + 'static,
) -> Arc<Shared> {
    let mut session = ClientSession::default();
    session.connected(connected.welcome.max_frame);
    let shared = Arc::new(Shared {
        address,
        welcome: connected.welcome.clone(),
        options,
        check,
        session: Mutex::new(session),
        wake: Notify::new(),
        abort: Notify::new(),
        ended: watch::Sender::new(false),
    });
    tokio::spawn(run(Arc::clone(&shared), connected, after));
    shared
}

async fn run(shared: Arc<Shared>, connected: Connected, after: impl Future<Output = ()>) {
    // Also if the task is aborted, everything that waits is notified.
    let _end = End(Arc::clone(&shared));
    tokio::select! {
        () = shared.abort.notified() => {}
        () = stay_connected(&shared, connected) => {}
    }
    shared.update(|session| session.connection_lost(false)).notify();
    after.await;
}

async fn stay_connected(shared: &Arc<Shared>, mut connected: Connected) {
    loop {
        let error = run_connection(shared, connected).await;
        tracing::debug!(address = ?shared.address, %error, "the connection has ended");
        let again = shared.options.reconnect.filter(|_| !shared.update(|session| session.is_leaving()));
        shared.update(|session| session.connection_lost(again.is_some())).notify();
        let Some(found) = reconnect(shared).await else { return };
        shared.update(|session| session.connected(found.welcome.max_frame));
        connected = found;
    }
}

struct End(Arc<Shared>);

impl Drop for End {
    fn drop(&mut self) {
        self.0.update(|session| session.connection_lost(false)).notify();
        self.0.ended.send_replace(true);
    }
}

async fn reconnect(shared: &Shared) -> Option<Connected> {
    let (backoff, address) = (shared.options.reconnect?, shared.address.as_ref()?);
    let mut attempt = 0;
    while let Some(pause) = backoff.before(attempt) {
        if shared.update(|session| session.is_leaving()) {
            return None;
        }
        tokio::time::sleep(pause).await;
        match connect(address, &shared.options, shared.check.as_ref()).await {
            // What a check compares, it has compared.
            Ok(connected) if shared.check.is_some() || connected.welcome.abi_hash == shared.welcome.abi_hash => {
                return Some(connected);
            }
            Ok(_) => {
                tracing::error!(%address, "another library is served there now");
                return None;
            }
            Err(error) if error.is_of_another_library() => {
                tracing::error!(%error, "another library is served there now");
                return None;
            }
            Err(error) => tracing::debug!(attempt, %error, "no connection yet"),
        }
        attempt = attempt.saturating_add(1);
    }
    None
}

async fn connect(address: &Address, options: &Options, check: Option<&Check>) -> Result<Connected, ConnectError> {
    let failed = |error| ConnectError::Io { address: address.clone(), error };
    let connected = async {
        let (read, write) = open(address, options).await.map_err(failed)?;
        handshake(options, check, read, write).await.map_err(|error| error.at(address))
    };
    match tokio::time::timeout(options.connect_time, connected).await {
        Ok(connected) => connected,
        Err(_) => Err(failed(io::ErrorKind::TimedOut.into())),
    }
}

async fn open(address: &Address, options: &Options) -> io::Result<(Read, Write)> {
    match address {
        #[cfg(unix)]
        Address::Unix(path) => {
            let (read, write) = UnixStream::connect(path).await?.into_split();
            Ok((Box::new(read), Box::new(write)))
        }
        #[cfg(not(unix))]
        Address::Unix(_) => Err(io::Error::new(io::ErrorKind::Unsupported, "there are no unix sockets on this system")),
        Address::Tcp { host, port } => {
            let stream = TcpStream::connect((host.as_str(), *port)).await?;
            stream.set_nodelay(true)?;
            if let Some(tls) = &options.tls {
                let (read, write) = tokio::io::split(tls.connect(host, stream).await?);
                return Ok((Box::new(read), Box::new(write)));
            }
            if !stream.peer_addr()?.ip().is_loopback() && !options.insecure {
                return Err(io::Error::other("it is another machine: that needs TLS, or an explicit `insecure`"));
            }
            let (read, write) = stream.into_split();
            Ok((Box::new(read), Box::new(write)))
        }
    }
}

/// The most bytes that are read at once. They hold fewer events than may wait for their listener: the shortest takes 22 bytes.
const CHUNK: usize = 16 << 10;
const _: () = assert!(CHUNK / 22 < WAITING);

/// Sends and receives until the connection ends, and says why it did.
async fn run_connection(shared: &Arc<Shared>, connected: Connected) -> io::Error {
    let Connected { mut read, mut write, mut decoder, .. } = connected;
    let mut write_buffer = WriteBuffer::default();
    loop {
        match take_input(shared, &mut decoder) {
            // What was woken runs first: listeners take their events, so that the next ones find capacity, and requests that
            // follow are sent at once.
            Ok(true) => tokio::task::yield_now().await,
            Ok(false) => {}
            Err(error) => return error,
        }
        shared.update(|session| write_buffer.refill(session.output()));
        let buffer = decoder.buffer();
        buffer.reserve(CHUNK);
        let mut room = buffer.limit(CHUNK);
        tokio::select! {
            biased;
            sent = write_buffer.send(&mut write), if !write_buffer.is_flushed() => {
                if let Err(error) = sent {
                    return error;
                }
            }
            come = read.read_buf(&mut room) => match come {
                Ok(0) => return io::ErrorKind::UnexpectedEof.into(),
                Ok(_) => {}
                Err(error) => return error,
            },
            () = shared.wake.notified() => {}
        }
    }
}

/// Handles the messages that have arrived; true if there were any.
fn take_input(shared: &Arc<Shared>, decoder: &mut FrameDecoder) -> io::Result<bool> {
    let invalid = |text: String| io::Error::new(io::ErrorKind::InvalidData, text);
    let mut any = false;
    while let Some(message) = decoder.next_message().map_err(|broken| invalid(broken.to_string()))? {
        let Message::Frame { kind, body } = message else { continue };
        let frame = FromServer::decode(kind, body).map_err(|error| invalid(error.to_string()))?;
        let incoming = shared.update(|session| session.receive(frame));
        // Wakers and drops may panic.
        let _logged = contain("what a client waits with", || perform(shared, incoming));
        any = true;
    }
    Ok(any)
}

/// Carries out what a frame asks for. No lock is held.
fn perform(shared: &Arc<Shared>, incoming: Incoming) {
    match incoming {
        Incoming::Nothing => {}
        Incoming::Outcome(whom, outcome, rest) => {
            let _nobody_waits = whom.send(outcome);
            drop(rest);
        }
        Incoming::Event { sink, connection, missed, payload } => sink.deliver(connection, missed, payload),
        Incoming::Call { function, connection, call, payload, wanted } => {
            let call = Call::new(Arc::clone(shared), connection, call, payload, wanted);
            // The call itself is answered when it is dropped.
            let _logged = contain("a host function", || function(call));
        }
        Incoming::CallCancelled(wanted) => {
            wanted.send_replace(false);
        }
        Incoming::Stale(stale, elapsed) => {
            let _logged = contain("an observer of a running request", || stale(elapsed));
        }
        Incoming::Goodbye { ret, text } => tracing::info!(ret, text, "the server says goodbye"),
        Incoming::Drop(ended) => drop(ended),
    }
}
