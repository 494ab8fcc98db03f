//! Values and payloads.
//!
//! A handle is a number in CBOR, and here an object that knows which client it came by. Serde's `Deserialize` is given nothing
//! but the number, so where a payload is from is in a thread's variable while it is decoded, and the handles that a value held
//! while it was encoded are left there. The alternative, `DeserializeSeed`, cannot be derived: generated types would each come
//! with code of their own.

use super::handle::OwnedHandle;
use crate::Client;
use crate::client::RequestError;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::cell::RefCell;
use std::sync::Arc;

/// Where a payload is from.
#[derive(Clone, Debug)]
pub(super) struct Origin(Option<(Client, u64)>);

impl Origin {
    /// This connection of this client.
    pub(super) fn of(client: &Client, connection: u64) -> Self {
        Self(Some((client.clone(), connection)))
    }

    /// From where no handles come.
    pub(super) fn nowhere() -> Self {
        Self(None)
    }
}

/// What a value cannot tell, or be told.
struct Scope {
    origin: Origin,
    handles: Vec<Arc<OwnedHandle>>,
}

thread_local! {
    static SCOPE: RefCell<Scope> = const { RefCell::new(Scope { origin: Origin(None), handles: Vec::new() }) };
}

/// Runs it in a scope of its own, and gives the handles that it left there.
fn scoped<T>(origin: Origin, body: impl FnOnce() -> T) -> (T, Vec<Arc<OwnedHandle>>) {
    let outer = SCOPE.replace(Scope { origin, handles: Vec::new() });
    let result = body();
    (result, SCOPE.replace(outer).handles)
}

/// Where what is being decoded is from: the client and its connection.
pub(super) fn origin() -> Option<(Client, u64)> {
    SCOPE.with_borrow(|scope| scope.origin.0.clone())
}

/// A handle is in what is being encoded.
pub(super) fn record(owned: &Arc<OwnedHandle>) {
    SCOPE.with_borrow_mut(|scope| scope.handles.push(Arc::clone(owned)));
}

/// Appends a value, and gives the handles in it: they have to live until the library has read their numbers.
pub(super) fn encode(value: &(impl Serialize + ?Sized), to: &mut Vec<u8>) -> Vec<Arc<OwnedHandle>> {
    let (encoded, handles) = scoped(Origin::nowhere(), || ciborium::into_writer(value, to));
    encoded.expect("a vector takes everything, and generated types refuse nothing");
    handles
}

/// A payload as a value.
pub(super) fn decode<T: DeserializeOwned>(payload: &[u8], origin: &Origin) -> Result<T, String> {
    let mut rest = payload;
    // Handles that came with what does not decode are dropped here, and so given back.
    let (decoded, _) = scoped(origin.clone(), || ciborium::from_reader(&mut rest));
    match decoded {
        Ok(_) if !rest.is_empty() => Err(format!("{} bytes too many", rest.len())),
        Ok(value) => Ok(value),
        Err(ciborium::de::Error::Io(_)) => Err("it ends too early".to_owned()),
        Err(ciborium::de::Error::Syntax(at)) => Err(format!("no CBOR at byte {at}")),
        Err(ciborium::de::Error::Semantic(_, text)) => Err(text),
        Err(ciborium::de::Error::RecursionLimitExceeded) => Err("it is nested too deep".to_owned()),
    }
}

/// The same error, with the declared one as a value.
pub(super) fn declared<E: DeserializeOwned>(error: RequestError, origin: &Origin) -> RequestError<E> {
    match error {
        RequestError::Declared(payload) => {
            decode(&payload, origin).map_or_else(RequestError::Decode, RequestError::Declared)
        }
        RequestError::Failed { ret, text } => RequestError::Failed { ret, text },
        RequestError::Disconnected => RequestError::Disconnected,
        RequestError::Invalid(text) => RequestError::Invalid(text),
        RequestError::Decode(text) => RequestError::Decode(text),
    }
}
