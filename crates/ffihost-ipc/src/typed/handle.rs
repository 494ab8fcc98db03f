//! Objects that stay in the library.

use super::cbor;
use crate::Client;
use crate::client::OutgoingRequest;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::sync::Arc;

/// A type of handles.
pub trait HandleType {
    /// The request that releases a handle.
    const RELEASE: &'static str;
}

/// A handle of an object that stays in the library. It is released when the last clone is dropped.
///
/// It belongs to a connection. After a reconnect, requests with it are refused before they are sent, since the number may then
/// be another object's.
///
/// # Cancellation
///
/// Dropping it does not block: the release is sent, if its connection is still open, and its answer is ignored.
pub struct Handle<T> {
    owned: Arc<OwnedHandle>,
    of: PhantomData<fn() -> T>,
}

/// A number that the client was sent once, and releases once.
#[derive(Debug)]
pub(super) struct OwnedHandle {
    client: Client,
    connection: u64,
    number: u64,
    release: &'static str,
}

impl OwnedHandle {
    /// Its connection, if it belongs to this client.
    pub(super) fn connection_of(&self, client: &Client) -> Option<u64> {
        self.client.is_same(client).then_some(self.connection)
    }
}

impl Drop for OwnedHandle {
    fn drop(&mut self) {
        let mut payload = b"\xa1\x66handle".to_vec();
        // Not with `encode`: a thread that ends may have destroyed its thread-local.
        ciborium::into_writer(&self.number, &mut payload).expect("a vector takes everything");
        let only_on = Some(self.connection);
        self.client.send_detached(&OutgoingRequest {
            method: self.release,
            payload: &payload,
            only_on,
            ..OutgoingRequest::default()
        });
    }
}

impl<T> Handle<T> {
    /// The client that it belongs to.
    pub fn client(&self) -> &Client {
        &self.owned.client
    }

    fn number(&self) -> u64 {
        self.owned.number
    }
}

impl<T> Clone for Handle<T> {
    fn clone(&self) -> Self {
        Self { owned: Arc::clone(&self.owned), of: PhantomData }
    }
}

impl<T> fmt::Debug for Handle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.number())
    }
}

/// Two handles are equal if they are the same object's.
impl<T> PartialEq for Handle<T> {
    fn eq(&self, other: &Self) -> bool {
        self.number() == other.number() && other.owned.connection_of(self.client()) == Some(self.owned.connection)
    }
}

impl<T> Eq for Handle<T> {}

impl<T> Hash for Handle<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.number().hash(state);
    }
}

impl<T> Serialize for Handle<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        cbor::record(&self.owned);
        serializer.serialize_u64(self.number())
    }
}

impl<'de, T: HandleType> Deserialize<'de> for Handle<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = u64::deserialize(deserializer)?;
        let (client, connection) =
            cbor::origin().ok_or_else(|| D::Error::custom("a handle comes by a client, and by nothing else"))?;
        if number == 0 {
            return Err(D::Error::custom("0 is no handle"));
        }
        let owned = Arc::new(OwnedHandle { client, connection, number, release: T::RELEASE });
        Ok(Self { owned, of: PhantomData })
    }
}
