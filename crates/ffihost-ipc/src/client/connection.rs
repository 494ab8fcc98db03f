//! The client's task: it has the socket, and connects again.

use super::call::Call;
use super::conversation::{Conversation, Incoming};
use super::error::ConnectError;
use super::events::WAITING;
use super::options::Options;
use crate::contain::contain;
use crate::sending::Sending;
use crate::wire::frame::{FromClient, FromServer};
use crate::wire::{Input, MIN_FRAME, PREFACE, Unit};
use crate::{Address, Token};
use bytes::BufMut;
use parking_lot::Mutex;
use std::io;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream};
use tokio::net::TcpStream;
#[cfg(unix)]
use tokio::net::UnixStream;
use tokio::sync::{Notify, watch};

type Read = Box<dyn AsyncRead + Send + Unpin>;
type Write = Box<dyn AsyncWrite + Send + Unpin>;

/// What a server says of itself.
#[derive(Clone, Debug)]
pub(super) struct Welcome {
    pub(super) library: String,
    pub(super) version: String,
    pub(super) abi_hash: u64,
    max_frame: u32,
}

/// The conversation, and how the task is told that there is something to send.
#[derive(Debug)]
pub(super) struct Shared {
    /// None in this process.
    pub(super) address: Option<Address>,
    pub(super) welcome: Welcome,
    options: Options,
    conversation: Mutex<Conversation>,
    wake: Notify,
    abort: Notify,
    ended: watch::Sender<bool>,
}

impl Shared {
    /// Changes the conversation, and tells the task if there is something to send.
    pub(super) fn tell<T>(&self, body: impl FnOnce(&mut Conversation) -> T) -> T {
        let mut conversation = self.conversation.lock();
        let told = !conversation.output().is_empty();
        let result = body(&mut conversation);
        let news = !told && !conversation.output().is_empty();
        drop(conversation);
        if news {
            self.wake.notify_one();
        }
        result
    }

    /// Ends the connection without a goodbye.
    pub(super) fn abort(&self) {
        self.abort.notify_one();
    }

    /// Until the connection has ended for good.
    pub(super) async fn ended(&self) {
        let mut ended = self.ended.subscribe();
        let _it_is_held_here = ended.wait_for(|ended| *ended).await;
    }
}

/// A connection that is past its greeting.
struct Connected {
    read: Read,
    write: Write,
    input: Input,
    welcome: Welcome,
}

/// Connects, and starts the task.
pub(super) async fn start(address: Address, options: Options) -> Result<Arc<Shared>, ConnectError> {
    let connected = connect(&address, &options).await?;
    Ok(started(Some(address), options, connected, std::future::ready(())))
}

/// The same over a stream, whose other end is a server in this process. When the connection has ended, `after` is awaited
/// before the client has ended too.
pub(super) async fn start_over(
    stream: DuplexStream,
    options: Options,
    after: impl Future<Output = ()> + Send + 'static,
) -> Result<Arc<Shared>, Unwelcome> {
    let (read, write) = tokio::io::split(stream);
    let connected = greet(&options, Box::new(read), Box::new(write)).await?;
    Ok(started(None, options, connected, after))
}

fn started(
    address: Option<Address>,
    options: Options,
    connected: Connected,
    after: impl Future<Output = ()> + Send + 'static,
) -> Arc<Shared> {
    let mut conversation = Conversation::default();
    conversation.found(connected.welcome.max_frame);
    let shared = Arc::new(Shared {
        address,
        welcome: connected.welcome.clone(),
        options,
        conversation: Mutex::new(conversation),
        wake: Notify::new(),
        abort: Notify::new(),
        ended: watch::Sender::new(false),
    });
    tokio::spawn(run(Arc::clone(&shared), connected, after));
    shared
}

async fn run(shared: Arc<Shared>, connected: Connected, after: impl Future<Output = ()>) {
    // However the task ends, whoever waits learns of it.
    let _end = End(Arc::clone(&shared));
    tokio::select! {
        () = shared.abort.notified() => {}
        () = stay_connected(&shared, connected) => {}
    }
    shared.tell(|conversation| conversation.lost(false)).tell();
    after.await;
}

async fn stay_connected(shared: &Arc<Shared>, mut connected: Connected) {
    loop {
        let error = converse(shared, connected).await;
        tracing::debug!(address = ?shared.address, %error, "the connection has ended");
        let again = shared.options.reconnect.filter(|_| !shared.tell(|conversation| conversation.is_leaving()));
        shared.tell(|conversation| conversation.lost(again.is_some())).tell();
        let Some(found) = reconnect(shared).await else { return };
        shared.tell(|conversation| conversation.found(found.welcome.max_frame));
        connected = found;
    }
}

struct End(Arc<Shared>);

impl Drop for End {
    fn drop(&mut self) {
        self.0.tell(|conversation| conversation.lost(false)).tell();
        self.0.ended.send_replace(true);
    }
}

async fn reconnect(shared: &Shared) -> Option<Connected> {
    let (backoff, address) = (shared.options.reconnect?, shared.address.as_ref()?);
    let mut attempt = 0;
    while let Some(pause) = backoff.before(attempt) {
        if shared.tell(|conversation| conversation.is_leaving()) {
            return None;
        }
        tokio::time::sleep(pause).await;
        match connect(address, &shared.options).await {
            Ok(connected) if connected.welcome.abi_hash == shared.welcome.abi_hash => return Some(connected),
            Ok(_) => {
                tracing::error!(%address, "another library is served there now");
                return None;
            }
            Err(error) => tracing::debug!(attempt, %error, "no connection yet"),
        }
        attempt = attempt.saturating_add(1);
    }
    None
}

async fn connect(address: &Address, options: &Options) -> Result<Connected, ConnectError> {
    let failed = |error| ConnectError::Io { address: address.clone(), error };
    let greeting = async {
        let (read, write) = open(address, options).await.map_err(failed)?;
        greet(options, read, write).await.map_err(|unwelcome| unwelcome.at(address))
    };
    match tokio::time::timeout(options.connect_time, greeting).await {
        Ok(greeted) => greeted,
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

/// Why there was no greeting.
#[derive(Debug)]
pub(super) enum Unwelcome {
    Io(io::Error),
    Refused { ret: i32, text: String },
    Foreign(String),
}

impl Unwelcome {
    fn at(self, address: &Address) -> ConnectError {
        let address = address.clone();
        match self {
            Self::Io(error) => ConnectError::Io { address, error },
            Self::Refused { ret, text } => ConnectError::Refused { address, ret, text },
            Self::Foreign(text) => ConnectError::Foreign { address, text },
        }
    }
}

async fn greet(options: &Options, mut read: Read, mut write: Write) -> Result<Connected, Unwelcome> {
    let (failed, foreign) = (Unwelcome::Io, Unwelcome::Foreign);
    let max_frame = options.max_frame.max(MIN_FRAME);
    let mut hello = PREFACE.to_vec();
    let token = options.token.as_ref().map_or("", Token::secret);
    FromClient::Hello { max_frame, abi_hash: options.abi_hash, token }.encode(&mut hello);
    write.write_all(&hello).await.map_err(failed)?;
    write.flush().await.map_err(failed)?;
    let mut input = Input::of_client(max_frame);
    loop {
        match input.next_unit().map_err(|broken| foreign(broken.to_string()))? {
            Some(Unit::Frame { kind, body }) => {
                let frame = FromServer::decode(kind, body).map_err(|error| foreign(error.to_string()))?;
                let welcome = welcome(frame)?;
                return Ok(Connected { read, write, input, welcome });
            }
            Some(Unit::Preface | Unit::Request { .. }) => continue,
            None => {}
        }
        if read.read_buf(input.buffer()).await.map_err(failed)? == 0 {
            return Err(foreign("it closed the connection".to_owned()));
        }
    }
}

fn welcome(frame: FromServer<'_>) -> Result<Welcome, Unwelcome> {
    match frame {
        FromServer::Welcome { max_frame, abi_hash, library, version, .. } => {
            Ok(Welcome { library: library.to_owned(), version: version.to_owned(), abi_hash, max_frame })
        }
        FromServer::Goodbye { ret, text } => {
            Err(Unwelcome::Refused { ret, text: String::from_utf8_lossy(text).into_owned() })
        }
        other => Err(Unwelcome::Foreign(format!("it greeted with {other:?}"))),
    }
}

/// Read at once, at most: fewer events than what wait for their listener. The shortest takes 22 bytes.
const CHUNK: usize = 16 << 10;
const _: () = assert!(CHUNK / 22 < WAITING);

/// Sends and receives until the connection ends, and says why it did.
async fn converse(shared: &Arc<Shared>, connected: Connected) -> io::Error {
    let Connected { mut read, mut write, mut input, .. } = connected;
    let mut sending = Sending::default();
    loop {
        match take_input(shared, &mut input) {
            // Whoever was told runs first: listeners make room for what comes next, and requests that follow are sent at once.
            Ok(true) => tokio::task::yield_now().await,
            Ok(false) => {}
            Err(error) => return error,
        }
        shared.tell(|conversation| sending.refill(conversation.output()));
        let buffer = input.buffer();
        buffer.reserve(CHUNK);
        let mut room = buffer.limit(CHUNK);
        tokio::select! {
            biased;
            sent = sending.send(&mut write), if !sending.is_away() => {
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

/// Does what has come; true if that was anything.
fn take_input(shared: &Arc<Shared>, input: &mut Input) -> io::Result<bool> {
    let invalid = |text: String| io::Error::new(io::ErrorKind::InvalidData, text);
    let mut any = false;
    while let Some(unit) = input.next_unit().map_err(|broken| invalid(broken.to_string()))? {
        let Unit::Frame { kind, body } = unit else { continue };
        let frame = FromServer::decode(kind, body).map_err(|error| invalid(error.to_string()))?;
        let incoming = shared.tell(|conversation| conversation.receive(frame));
        // Wakers and drops may panic.
        let _logged = contain("what a client waits with", || perform(shared, incoming));
        any = true;
    }
    Ok(any)
}

/// Does what a frame asks for. No lock is held.
fn perform(shared: &Arc<Shared>, incoming: Incoming) {
    match incoming {
        Incoming::Nothing => {}
        Incoming::Tell(whom, outcome, rest) => {
            let _nobody_waits = whom.send(outcome);
            drop(rest);
        }
        Incoming::Hear { ear, connection, missed, payload } => ear.hear(connection, missed, payload),
        Incoming::Call { function, connection, call, payload, wanted } => {
            let call = Call::new(Arc::clone(shared), connection, call, payload, wanted);
            // The call itself is answered when it is dropped.
            let _logged = contain("a host function", || function(call));
        }
        Incoming::Unwanted(wanted) => {
            wanted.send_replace(false);
        }
        Incoming::Stale(stale, elapsed) => {
            let _logged = contain("who is told that a request still runs", || stale(elapsed));
        }
        Incoming::Goodbye { ret, text } => tracing::info!(ret, text, "the server says goodbye"),
        Incoming::Drop(ended) => drop(ended),
    }
}
