//! Values and payloads.
//!
//! A handle is a number in CBOR, and here an object that knows its client. Serde passes only the number to `Deserialize`, so a
//! thread-local holds the origin of a payload while it is decoded, and collects the handles in a value while it is encoded. The
//! alternative, `DeserializeSeed`, cannot be derived: each generated type would need code of its own.

use super::handle::OwnedHandle;
use crate::Client;
use crate::client::RequestError;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::cell::RefCell;
use std::sync::Arc;

/// The client and the connection that delivered a payload.
#[derive(Clone, Debug)]
pub(super) struct Origin(Option<(Client, u64)>);

impl Origin {
    /// A connection of a client.
    pub(super) fn of(client: &Client, connection: u64) -> Self {
        Self(Some((client.clone(), connection)))
    }

    /// An origin without handles.
    pub(super) fn nowhere() -> Self {
        Self(None)
    }
}

/// The context of an encoding or a decoding, which serde does not pass on.
struct Scope {
    origin: Origin,
    handles: Vec<Arc<OwnedHandle>>,
}

thread_local! {
    static SCOPE: RefCell<Scope> = const { RefCell::new(Scope { origin: Origin(None), handles: Vec::new() }) };
}

/// Runs `body` in a scope of its own, and returns the handles that it recorded.
fn scoped<T>(origin: Origin, body: impl FnOnce() -> T) -> (T, Vec<Arc<OwnedHandle>>) {
    let outer = SCOPE.replace(Scope { origin, handles: Vec::new() });
    let result = body();
    (result, SCOPE.replace(outer).handles)
}

/// The origin of the payload that is being decoded.
pub(super) fn origin() -> Option<(Client, u64)> {
    SCOPE.with_borrow(|scope| scope.origin.0.clone())
}

/// Records a handle in the value that is being encoded.
pub(super) fn record(owned: &Arc<OwnedHandle>) {
    SCOPE.with_borrow_mut(|scope| scope.handles.push(Arc::clone(owned)));
}

/// Appends a value, and returns the handles in it. The caller keeps them until the library has read their numbers.
pub(super) fn encode(value: &(impl Serialize + ?Sized), to: &mut Vec<u8>) -> Vec<Arc<OwnedHandle>> {
    let (encoded, handles) = scoped(Origin::nowhere(), || ciborium::into_writer(value, to));
    encoded.expect("a vector takes everything, and generated types refuse nothing");
    handles
}

/// Decodes a payload.
pub(super) fn decode<T: DeserializeOwned>(payload: &[u8], origin: &Origin) -> Result<T, String> {
    let mut rest = payload;
    // The handles of a payload that does not decode are dropped here, and so released.
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

/// Decodes the declared error in an error.
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
