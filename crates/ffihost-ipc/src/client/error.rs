//! What can go wrong for a client.

use crate::Address;
use ffihost_schema::Status;
use std::io;

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// Nobody there, or the connection broke.
    #[error("cannot connect to {address}: {error}")]
    Io {
        /// Where.
        address: Address,
        /// Why not.
        error: io::Error,
    },
    /// The server does not want this client.
    #[error("{address} refused the connection: {text}")]
    Refused {
        /// Where.
        address: Address,
        /// The status.
        ret: i32,
        /// The server's text.
        text: String,
    },
    /// Something else is there than a server of version 2.
    #[error("{address} is no ffihost server of this version: {text}")]
    Foreign {
        /// Where.
        address: Address,
        /// What it did.
        text: String,
    },
}

/// Why a request has no result. `D` is the error that it declares: in CBOR, where types are not known.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RequestError<D = Vec<u8>> {
    /// The error that the request declares.
    #[error("the request failed with its declared error: {0:?}")]
    Declared(D),
    /// The request, the server or the library failed otherwise.
    #[error("{}: {text}", name(*.ret))]
    Failed {
        /// The status.
        ret: i32,
        /// A text for people.
        text: String,
    },
    /// The connection has ended. What became of the request is not known.
    #[error("the connection has ended")]
    Disconnected,
    /// It is longer than what the server takes, or a name is empty or too long; nothing was sent.
    #[error("{0}")]
    Invalid(&'static str),
    /// What came back is not what the request returns.
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

    /// The status, if the server told one.
    pub fn status(&self) -> Option<Status> {
        match self {
            Self::Declared(_) => Some(Status::Err),
            Self::Failed { ret, .. } => Status::from_code(*ret),
            Self::Disconnected | Self::Invalid(_) | Self::Decode(_) => None,
        }
    }
}
