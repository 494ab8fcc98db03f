//! Typed host functions.

use super::args;
use super::cbor::{self, Origin};
use super::request::NoError;
use crate::client::{Call, CloseOnDrop, Registration, RequestError};
use crate::contain::{Contained, Payload, explain};
use crate::{Client, Status};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Weak};
use std::task::Poll;

/// Why a host function has no result. `E` is the error that it declares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HostError<E = NoError> {
    /// The declared error.
    Declared(E),
    /// The user, or other code, cancelled it.
    Cancelled,
    /// Another failure of the host, with a text for people.
    Failed(String),
}

impl<E> From<E> for HostError<E> {
    fn from(declared: E) -> Self {
        Self::Declared(declared)
    }
}

/// Registers a host function of the library, until the [`Registration`] is dropped. Each call runs as a task, whose future is
/// dropped when the call is cancelled. A call that panics fails with PANIC and the panic's message.
///
/// # Errors
///
/// As with [`Client::register`].
pub async fn implement<A, T, E, R>(
    client: &Client,
    name: &str,
    function: impl Fn(A) -> R + Send + Sync + 'static,
) -> Result<Registration, RequestError>
where
    A: DeserializeOwned + Send + 'static,
    T: Serialize + Send + 'static,
    E: Serialize + Send + 'static,
    R: Future<Output = Result<T, HostError<E>>> + Send + 'static,
{
    // The connection keeps the function. If the function kept the client, neither would end.
    let function = Arc::new(Contained::new("the drop of a host function", function));
    let last = client.downgrade();
    let called = move |call| {
        tokio::spawn(serve(call, Weak::clone(&last), Arc::clone(&function)));
    };
    client.register(name, called).await
}

async fn serve<A, T, E, R>(mut call: Call, last: Weak<CloseOnDrop>, function: Arc<Contained<impl Fn(A) -> R>>)
where
    A: DeserializeOwned,
    T: Serialize,
    E: Serialize,
    R: Future<Output = Result<T, HostError<E>>>,
{
    // Without a client the call is dropped, and so cancelled.
    let Some(client) = Client::upgrade(&last) else { return };
    let args = match cbor::decode(call.payload(), &Origin::of(&client, call.connection())) {
        Ok(args) => args,
        Err(text) => return call.fail(Status::Decode.code(), &text),
    };
    let answer = caught(|| function(args));
    let answer = tokio::select! {
        biased;
        () = call.cancelled() => return,
        answer = answer => answer,
    };
    match answer {
        Ok(Ok(result)) => answer_with(call, &client, &result, Call::succeed),
        Ok(Err(HostError::Declared(error))) => answer_with(call, &client, &error, Call::reject),
        Ok(Err(HostError::Cancelled)) => call.fail(Status::Cancelled.code(), "the host gave it up"),
        // No status has this number: for the library it is the host's own failure.
        Ok(Err(HostError::Failed(text))) => call.fail(FAILED, &text),
        Err(panic) => call.fail(Status::Panic.code(), &format!("the host function panicked: {}", explain(panic))),
    }
}

const FAILED: i32 = -1;

fn answer_with(call: Call, client: &Client, value: &impl Serialize, with: fn(Call, &[u8])) {
    let mut payload = Vec::new();
    let handles = cbor::encode(value, &mut payload);
    match args::connection::<NoError>(&handles, client) {
        Ok(of) if of.is_none_or(|of| of == call.connection()) => with(call, &payload),
        _ => call.fail(FAILED, "a handle in the answer is of another connection"),
    }
}

/// The output of a future, or the payload of its panic. The future is dropped before its output is returned, and a panic of
/// that drop does not change the output.
async fn caught<R: Future>(make: impl FnOnce() -> R) -> Result<R::Output, Payload> {
    let future = Box::pin(catch_unwind(AssertUnwindSafe(make))?);
    let mut future = Contained::new("the drop of a host function's future", future);
    // After a panic it is not polled again, so its broken state is not seen.
    let caught = std::future::poll_fn(|cx| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx))) {
        Ok(poll) => poll.map(Ok),
        Err(panic) => Poll::Ready(Err(panic)),
    });
    caught.await
}
