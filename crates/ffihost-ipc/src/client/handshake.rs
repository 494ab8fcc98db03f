//! What a client does before its session: the handshake, and whether the server's library is one that it can use.

use super::connection::{Connected, Read, Welcome, Write};
use super::error::ConnectError;
use super::options::Options;
use crate::session::DESCRIPTOR;
use crate::wire::frame::{FromClient, FromServer};
use crate::wire::{FrameDecoder, MIN_FRAME, Message, PREFACE};
use crate::{Address, Token};
use std::fmt;
use std::io;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// Why the handshake failed.
#[derive(Debug)]
pub(super) enum HandshakeError {
    Io(io::Error),
    Refused { ret: i32, text: String },
    Mismatch(String),
    Foreign(String),
}

impl HandshakeError {
    pub(super) fn at(self, address: &Address) -> ConnectError {
        let address = address.clone();
        match self {
            Self::Io(error) => ConnectError::Io { address, error },
            Self::Refused { ret, text } => ConnectError::Refused { address, ret, text },
            Self::Mismatch(text) => ConnectError::Mismatch { address, text },
            Self::Foreign(text) => ConnectError::Foreign { address, text },
        }
    }

    fn refused(ret: i32, text: &[u8]) -> Self {
        Self::Refused { ret, text: String::from_utf8_lossy(text).into_owned() }
    }
}

/// Whether a library is one to use, by its descriptor, or what differs.
pub(crate) type Compare = Box<dyn Fn(&[u8]) -> Result<(), String> + Send + Sync>;

/// Compares the library of each server that a client connects to with the one that the client was made for.
pub(crate) struct Check {
    /// The hash of the library that the client was made for. One with the same hash is not compared.
    pub(crate) abi_hash: u64,
    /// Compares the items of another, by its descriptor, and says what differs.
    pub(crate) compare: Compare,
}

impl fmt::Debug for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Check").field("abi_hash", &self.abi_hash).finish_non_exhaustive()
    }
}

impl Check {
    async fn run(&self, connected: &mut Connected) -> Result<(), HandshakeError> {
        if connected.welcome.abi_hash == self.abi_hash {
            return Ok(());
        }
        let descriptor = ask_for_descriptor(connected).await?;
        (self.compare)(&descriptor).map_err(HandshakeError::Mismatch)
    }
}

/// The id of the request for the descriptor, which is over before the session opens any.
const ID: u64 = u64::MAX;

async fn ask_for_descriptor(connected: &mut Connected) -> Result<Vec<u8>, HandshakeError> {
    let mut request = Vec::new();
    FromClient::Request { id: ID, timeout_ms: 0, method: DESCRIPTOR, payload: b"\xa0" }.encode(&mut request);
    let Connected { read, write, decoder, .. } = connected;
    send(write, &request).await?;
    receive(read, decoder, |frame| match frame {
        FromServer::Reply { id: ID, ret: 0, payload } => bytes(payload).map(Some),
        FromServer::Reply { id: ID, ret, payload: text } | FromServer::Goodbye { ret, text } => {
            Err(HandshakeError::refused(ret, text))
        }
        _ => Ok(None),
    })
    .await
}

/// A payload that is a byte string.
fn bytes(payload: &[u8]) -> Result<Vec<u8>, HandshakeError> {
    let bytes = ffihost_cbor::Reader::new(payload, payload.len()).only(ffihost_cbor::Reader::bytes);
    bytes.map_err(|error: ffihost_cbor::Error| HandshakeError::Foreign(format!("its descriptor: {error}")))
}

pub(super) async fn handshake(
    options: &Options,
    check: Option<&Check>,
    mut read: Read,
    mut write: Write,
) -> Result<Connected, HandshakeError> {
    let max_frame = options.max_frame.max(MIN_FRAME);
    let mut hello = PREFACE.to_vec();
    let token = options.token.as_ref().map_or("", Token::secret);
    FromClient::Hello { max_frame, abi_hash: options.abi_hash, token }.encode(&mut hello);
    send(&mut write, &hello).await?;
    let mut decoder = FrameDecoder::for_client(max_frame);
    let welcome = receive(&mut read, &mut decoder, |frame| welcome(frame).map(Some)).await?;
    let mut connected = Connected { read, write, decoder, welcome };
    if let Some(check) = check {
        check.run(&mut connected).await?;
    }
    Ok(connected)
}

fn welcome(frame: FromServer<'_>) -> Result<Welcome, HandshakeError> {
    match frame {
        FromServer::Welcome { max_frame, abi_hash, library, version, .. } => {
            Ok(Welcome { library: library.to_owned(), version: version.to_owned(), abi_hash, max_frame })
        }
        FromServer::Goodbye { ret, text } => Err(HandshakeError::refused(ret, text)),
        other => Err(HandshakeError::Foreign(format!("it greeted with {other:?}"))),
    }
}

async fn send(write: &mut Write, bytes: &[u8]) -> Result<(), HandshakeError> {
    write.write_all(bytes).await.map_err(HandshakeError::Io)?;
    write.flush().await.map_err(HandshakeError::Io)
}

/// Receives frames until one of them is what is waited for.
async fn receive<T>(
    read: &mut Read,
    decoder: &mut FrameDecoder,
    mut take: impl FnMut(FromServer<'_>) -> Result<Option<T>, HandshakeError>,
) -> Result<T, HandshakeError> {
    let foreign = HandshakeError::Foreign;
    loop {
        while let Some(message) = decoder.next_message().map_err(|broken| foreign(broken.to_string()))? {
            let Message::Frame { kind, body } = message else { continue };
            let frame = FromServer::decode(kind, body).map_err(|error| foreign(error.to_string()))?;
            if let Some(taken) = take(frame)? {
                return Ok(taken);
            }
        }
        if read.read_buf(decoder.buffer()).await.map_err(HandshakeError::Io)? == 0 {
            return Err(foreign("it closed the connection".to_owned()));
        }
    }
}
