//! Requests that come over a socket: their arguments are CBOR, and what starts them is found by name.
//!
//! Beside the exports, not through them: the payload is read where it is, and what becomes of it is as in any request.

use super::super::host_fn::Callback;
use crate::Host;
use crate::handles::HandleType;
use crate::status::Status;
use std::fmt;

/// A request of a client.
#[derive(Clone, Copy, Debug)]
pub struct Remote<'a> {
    /// The context that is served.
    pub host: Host,
    /// Whom to call back.
    pub callback: Callback,
    /// The arguments.
    pub payload: &'a [u8],
}

/// What starts a request of a library.
pub struct Row {
    /// A path in the library's crate, of which the first segment counts.
    pub module: &'static str,
    /// The request's name.
    pub name: &'static str,
    /// What starts it.
    pub start: Start,
}

/// How a request is started. One that is refused is not called back.
#[derive(Clone, Copy)]
pub enum Start {
    /// It calls back from the FFI thread.
    Asynchronous(fn(Remote<'_>) -> Result<(), Status>),
    /// It calls back before it returns, and may wait before.
    Synchronous(fn(Remote<'_>) -> Result<(), Status>),
    /// It is no request: it releases a handle of that name.
    Release(&'static str, fn(Host, u64) -> Result<(), Status>),
}

impl fmt::Debug for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Row").field("module", &self.module).field("name", &self.name).finish_non_exhaustive()
    }
}

/// Releases a handle of that type.
pub fn release_served<T: HandleType>(host: Host, handle: u64) -> Result<(), Status> {
    super::handles::release::<T>(host, handle)
}
