//! A request before it is sent, and its outcome.

use super::error::RequestError;
use std::sync::Arc;
use std::time::Duration;

/// How a request, a listener or a registration ended; or, with 0, that it was opened.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(super) ret: i32,
    pub(super) payload: Vec<u8>,
    /// The number of the connection that delivered it.
    pub(crate) connection: u64,
}

impl Outcome {
    /// The result of a request, or its error.
    pub(crate) fn result(self) -> Result<Vec<u8>, RequestError> {
        match self.ret {
            0 => Ok(self.payload),
            1 => Err(RequestError::Declared(self.payload)),
            ret => Err(RequestError::failed(ret, &self.payload)),
        }
    }
}

/// Called with how long a request has run.
pub(crate) type Stale = Arc<dyn Fn(Duration) + Send + Sync>;

/// A request that has not been sent.
#[derive(Clone, Default)]
pub(crate) struct OutgoingRequest<'a> {
    pub(crate) method: &'a str,
    pub(crate) payload: &'a [u8],
    pub(crate) timeout: Option<Duration>,
    /// Whether it may be sent twice.
    pub(crate) retry: bool,
    /// The only connection that it may be sent on, if it has handles of that connection in it.
    pub(crate) only_on: Option<u64>,
    pub(crate) stale: Option<Stale>,
}
