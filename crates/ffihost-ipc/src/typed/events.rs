//! Typed events.

use super::cbor::{self, Origin};
use crate::Client;
use crate::client::{self, DeliveredEvent, RequestError};
use futures::{Stream, ready};
use serde::de::DeserializeOwned;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll};

/// The events of one listener. It keeps the connection open; dropping it removes the listener.
#[derive(Debug)]
pub struct Events<T> {
    events: client::Events,
    client: Client,
    are: PhantomData<fn() -> T>,
}

/// Adds a listener of an event, by its name.
///
/// # Errors
///
/// As with [`Client::listen`].
pub async fn listen<T>(client: &Client, event: &str) -> Result<Events<T>, RequestError> {
    Ok(Events { events: client.listen(event).await?, client: client.clone(), are: PhantomData })
}

impl<T: DeserializeOwned> Events<T> {
    /// The next event, with how many were missed before it; `None` when the connection has ended and the client does not
    /// reconnect.
    ///
    /// # Errors
    ///
    /// [`RequestError::Decode`] in place of an event that is not of the declared type. Later events still come.
    ///
    /// # Cancellation
    ///
    /// Dropping the future loses no event.
    pub async fn next(&mut self) -> Option<Result<DeliveredEvent<T>, RequestError>> {
        let (connection, event) = self.events.next_of_connection().await?;
        Some(self.decode(connection, event))
    }

    fn decode(
        &self,
        connection: u64,
        DeliveredEvent { missed, payload }: DeliveredEvent,
    ) -> Result<DeliveredEvent<T>, RequestError> {
        let decoded = cbor::decode(&payload, &Origin::of(&self.client, connection));
        decoded.map(|payload| DeliveredEvent { missed, payload }).map_err(RequestError::Decode)
    }
}

/// Yields what [`Events::next`] returns.
impl<T: DeserializeOwned> Stream for Events<T> {
    type Item = Result<DeliveredEvent<T>, RequestError>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let events = self.get_mut();
        let next = ready!(events.events.poll_of_connection(context));
        Poll::Ready(next.map(|(connection, event)| events.decode(connection, event)))
    }
}
