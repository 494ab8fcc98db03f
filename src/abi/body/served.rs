//! Requests that come over a socket: their arguments are CBOR, and what starts them is found by name.
//!
//! Beside the exports, not through them: the payload is read where it is, and what becomes of it is as in any request.

use super::super::host_fn::Callback;
use super::super::library::{AnyLibrary, Library, Typed};
use super::free_requests;
use super::requests::{self, decode, read_whole};
use super::sync_requests::{self, run_here};
use crate::context::Instance;
use crate::error::DecodeError;
use crate::handles::HandleType;
use crate::status::Status;
use crate::wire::Returned;
use crate::wire::cbor::Reader as CborReader;
use crate::{Format, Host};
use std::fmt;

/// A request with its arguments, and whom to call back.
#[derive(Clone, Copy, Debug)]
pub struct Remote<'a> {
    pub(crate) host: Host,
    pub(crate) callback: Callback,
    pub(crate) payload: &'a [u8],
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

/// An asynchronous request of a context or of a handle.
pub fn served_request<S, A, H, R>(
    library: &'static Library<S>,
    remote: Remote<'_>,
    read: impl FnOnce(&mut CborReader<'_>) -> Result<A, DecodeError>,
    handler: H,
) -> Result<(), Status>
where
    S: 'static,
    A: Send + 'static,
    H: AsyncFnOnce(&S, A) -> R + Send + 'static,
    R: Returned + 'static,
{
    let read = |host, limit| decode(host, || read_whole(remote.payload, limit, read));
    requests::start(library, remote.host, remote.callback, Format::Cbor, read, (handler, Typed))
}

/// A synchronous request of a context, whose state is `Sync`: the attribute checks that where it can say so readably.
///
/// # Safety
///
/// `S` is `Sync`.
pub unsafe fn served_sync_request<S, A, R>(
    library: &'static Library<S>,
    remote: Remote<'_>,
    read: impl FnOnce(&mut CborReader<'_>) -> Result<A, DecodeError>,
    handler: impl FnOnce(&S, A) -> R,
) -> Result<(), Status>
where
    S: 'static,
    R: Returned,
{
    let read = |limit| read_whole(remote.payload, limit, read);
    // SAFETY: `start` is inside the gate until it has called back; the caller's contract.
    let state = |inside: &Instance| unsafe { sync_requests::state(inside) };
    let handler = |state, args| Typed(handler(state, args));
    sync_requests::start(library, remote.host, remote.callback, Format::Cbor, read, state, handler)
}

/// A synchronous request of a handle.
pub fn served_sync_handle_request<A, R: Returned>(
    library: &'static AnyLibrary,
    remote: Remote<'_>,
    read: impl FnOnce(&mut CborReader<'_>) -> Result<A, DecodeError>,
    handler: impl FnOnce(A) -> R,
) -> Result<(), Status> {
    let read = |limit| read_whole(remote.payload, limit, read);
    let handler = |(), args| Typed(handler(args));
    sync_requests::start(library, remote.host, remote.callback, Format::Cbor, read, |_| Ok(()), handler)
}

/// An asynchronous request without a receiver.
pub fn served_free_request<A, H, R>(
    library: &'static AnyLibrary,
    remote: Remote<'_>,
    read: impl FnOnce(&mut CborReader<'_>) -> Result<A, DecodeError>,
    handler: H,
) -> Result<(), Status>
where
    A: Send + 'static,
    H: AsyncFnOnce(A) -> R + Send + 'static,
    R: Returned + 'static,
{
    let read = |limit| read_whole(remote.payload, limit, read);
    free_requests::start(library, remote.callback, Format::Cbor, read, handler)
}

/// A synchronous request without a receiver.
pub fn served_free_sync_request<A, R: Returned>(
    library: &'static AnyLibrary,
    remote: Remote<'_>,
    read: impl FnOnce(&mut CborReader<'_>) -> Result<A, DecodeError>,
    handler: impl FnOnce(A) -> R,
) -> Result<(), Status> {
    let read = || read_whole(remote.payload, library.options.payload, read);
    run_here(remote.callback, Format::Cbor, read, |args| Typed(handler(args)))
}

/// Releases a handle of that type.
pub fn release_served<T: HandleType>(host: Host, handle: u64) -> Result<(), Status> {
    super::handles::release::<T>(host, handle)
}
