//! What can go wrong for a client.

use crate::Address;
use ffihost_schema::Status;
use std::io;

/// Why a client could not connect.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// No server listens there, or the connection broke.
    #[error("cannot connect to {address}: {error}")]
    Io {
        /// Where.
        address: Address,
        /// Why not.
        error: io::Error,
    },
    /// The server refused the client, with a GOODBYE.
    #[error("{address} refused the connection: {text}")]
    Refused {
        /// Where.
        address: Address,
        /// The status.
        ret: i32,
        /// The server's text.
        text: String,
    },
    /// The server's library is not the one that the client was generated from: it is another, or an item that the client has
    /// is missing or differs.
    #[error("{address} serves another library: {text}")]
    Mismatch {
        /// Where.
        address: Address,
        /// What differs.
        text: String,
    },
    /// What listens there is not a server of version 2.
    #[error("{address} is no ffihost server of this version: {text}")]
    Foreign {
        /// Where.
        address: Address,
        /// What it sent.
        text: String,
    },
}

impl ConnectError {
    /// Whether there is a server, of a library that the client was not made for. No later attempt changes that.
    pub(super) fn is_of_another_library(&self) -> bool {
        match self {
            Self::Mismatch { .. } => true,
            Self::Refused { ret, .. } => *ret == Status::AbiMismatch.code(),
            Self::Io { .. } | Self::Foreign { .. } => false,
        }
    }
}

/// Why a request has no result. `D` is the error that it declares: its bytes in CBOR, unless the client is typed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RequestError<D = Vec<u8>> {
    /// The error that the request declares.
    #[error("the request failed with its declared error: {0:?}")]
    Declared(D),
    /// The request, the server or the library failed with another status.
    #[error("{}: {text}", name(*.ret))]
    Failed {
        /// The status.
        ret: i32,
        /// A text for people.
        text: String,
    },
    /// The connection has ended. Whether the request has run is not known.
    #[error("the connection has ended")]
    Disconnected,
    /// The request is longer than the server accepts, or a name is empty or too long. Nothing was sent.
    #[error("{0}")]
    Invalid(&'static str),
    /// The answer is not of the type that the request returns.
    #[error("the answer does not decode: {0}")]
    Decode(String),
}

fn name(ret: i32) -> String {
    Status::from_code(ret).map_or_else(|| format!("status {ret}"), |status| status.name().to_owned())
}

impl<D> RequestError<D> {
    pub(super) fn failed(ret: i32, text: &[u8]) -> Self {
        Self::Failed { ret, text: String::from_utf8_lossy(text).into_owned() }
    }

    /// The status, if the server sent one.
    pub fn status(&self) -> Option<Status> {
        match self {
            Self::Declared(_) => Some(Status::Err),
            Self::Failed { ret, .. } => Status::from_code(*ret),
            Self::Disconnected | Self::Invalid(_) | Self::Decode(_) => None,
        }
    }
}
