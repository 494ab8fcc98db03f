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
    /// The request by which one is given back.
    const RELEASE: &'static str;
}

/// An object that stays in the library, which is given back when the last clone of this is dropped.
///
/// It is one of a connection: after a reconnect, requests with it are refused before they are sent, since the number may be
/// another object's by then.
///
/// # Cancellation
///
/// Dropping it never waits: that it is given back is sent, if its connection is still there, and not waited for.
pub struct Handle<T> {
    owned: Arc<OwnedHandle>,
    of: PhantomData<fn() -> T>,
}

/// A number that was given to this process once, and is given back once.
#[derive(Debug)]
pub(super) struct OwnedHandle {
    client: Client,
    connection: u64,
    number: u64,
    release: &'static str,
}

impl OwnedHandle {
    /// Whether it can be passed to this client, on its present connection; that one is told.
    pub(super) fn connection_of(&self, client: &Client) -> Option<u64> {
        self.client.is_same(client).then_some(self.connection)
    }
}

impl Drop for OwnedHandle {
    fn drop(&mut self) {
        let mut payload = b"\xa1\x66handle".to_vec();
        // Without a scope: a thread that ends has none any more.
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
    /// The client that it came by.
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

/// The same object.
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
