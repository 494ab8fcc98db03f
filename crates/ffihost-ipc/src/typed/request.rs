//! Typed requests.

use super::Args;
use super::cbor::{self, Origin};
use crate::Client;
use crate::client::{OutgoingRequest, RequestError, Stale};
use crate::contain::Contained;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

/// The error type of a request that declares no error. It has no values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum NoError {}

/// A request, which is sent when it is awaited. Its result is a `T`, or the error `E` that it declares.
///
/// # Errors
///
/// [`RequestError::Declared`] with an `E`; another [`RequestError`] for every other failure.
///
/// # Cancellation
///
/// Dropping the future that awaits it cancels the request in the library.
#[must_use = "it is not sent before it is awaited"]
pub struct Request<T, E = NoError> {
    client: Client,
    method: &'static str,
    args: Args,
    timeout: Option<Duration>,
    idempotent: bool,
    stale: Option<Stale>,
    gives: PhantomData<fn() -> Result<T, E>>,
}

impl<T, E> Request<T, E> {
    /// A request by its name, with its arguments.
    pub fn new(client: &Client, method: &'static str, args: Args) -> Self {
        Self { client: client.clone(), method, args, timeout: None, idempotent: false, stale: None, gives: PhantomData }
    }

    /// Sets a deadline: when it has passed the library cancels the request, which fails with TIMED_OUT.
    pub fn within(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Calls `observer` with how long the request has run, whenever the library warns of that. The client's task calls it, so it
    /// must not block.
    pub fn on_stale(mut self, observer: impl Fn(Duration) + Send + Sync + 'static) -> Self {
        let observer = Contained::new("the drop of an observer", observer);
        self.stale = Some(Arc::new(move |elapsed| {
            observer(elapsed);
        }));
        self
    }

    /// Allows the request to run twice. A client that reconnects sends it again if the connection ended before the answer came.
    /// Without this it fails with [`RequestError::Disconnected`] then, and may or may not have run.
    ///
    /// A request with handles among its arguments is sent once all the same, since they belong to the connection that has ended.
    pub fn idempotent(mut self) -> Self {
        self.idempotent = true;
        self
    }
}

impl<T, E> fmt::Debug for Request<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Request").field(&self.method).finish()
    }
}

impl<T: DeserializeOwned + 'static, E: DeserializeOwned + 'static> IntoFuture for Request<T, E> {
    type Output = Result<T, RequestError<E>>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.make())
    }
}

impl<T: DeserializeOwned, E: DeserializeOwned> Request<T, E> {
    async fn make(self) -> Result<T, RequestError<E>> {
        let Self { client, method, args, timeout, idempotent, stale, .. } = self;
        let (only_on, payload) = (args.connection(&client)?, args.payload());
        let retry = idempotent && only_on.is_none();
        let request = OutgoingRequest { method, payload: &payload, timeout, retry, only_on, stale };
        let outcome = client.send(&request).await.map_err(|error| cbor::declared(error, &Origin::nowhere()))?;
        let origin = Origin::of(&client, outcome.connection);
        match outcome.result() {
            Ok(result) => cbor::decode(&result, &origin).map_err(RequestError::Decode),
            Err(error) => Err(cbor::declared(error, &origin)),
        }
    }
}
