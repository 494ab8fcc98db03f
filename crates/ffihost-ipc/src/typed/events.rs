//! Events.

use super::cbor::{self, Origin};
use crate::Client;
use crate::client::{self, Heard, RequestError};
use serde::de::DeserializeOwned;
use std::marker::PhantomData;

/// The events of one listener, which keeps the connection. Dropped, it listens no more.
#[derive(Debug)]
pub struct Events<T> {
    events: client::Events,
    client: Client,
    are: PhantomData<fn() -> T>,
}

/// Listens to an event by its name.
///
/// # Errors
///
/// As with [`Client::listen`].
pub async fn listen<T>(client: &Client, event: &str) -> Result<Events<T>, RequestError> {
    Ok(Events { events: client.listen(event).await?, client: client.clone(), are: PhantomData })
}

impl<T: DeserializeOwned> Events<T> {
    /// The next event, and how many were missed before it; none when the connection has ended for good.
    ///
    /// # Errors
    ///
    /// [`RequestError::Decode`] in place of an event that is not what the library says. Those after it come all the same.
    ///
    /// # Cancellation
    ///
    /// Dropping the future loses no event.
    pub async fn next(&mut self) -> Option<Result<Heard<T>, RequestError>> {
        let (connection, Heard { missed, payload }) = self.events.next_of_connection().await?;
        let decoded = cbor::decode(&payload, &Origin::of(&self.client, connection));
        Some(decoded.map(|payload| Heard { missed, payload }).map_err(RequestError::Decode))
    }
}
