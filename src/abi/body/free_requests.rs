//! Requests without a receiver: they need no context of the host's.
//!
//! A synchronous one runs on the caller's thread. An asynchronous one needs a loop to run on, so the first one starts a context
//! of the library's own, which no host knows and which lives as long as the process. In it no host function is registered.

use super::super::host_fn::{Callback, UserData};
use super::super::library::{AnyLibrary, Library, Typed};
use super::done;
use super::requests::{Given, Refusal, enqueue_work, read_map};
use super::sync_requests::run_here;
use crate::Format;
use crate::error::DecodeError;
use crate::panic::Contained;
use crate::status::Status;
use crate::wire::Returned;
use crate::wire::cbor::Reader as CborReader;
use crate::wire::native::Reader as NativeReader;
use std::ffi::c_int;

/// A synchronous request without a receiver, with native arguments.
///
/// # Safety
///
/// As `ffihost.h` says: `cb` is such a function, and `read` may read what the host passed.
pub unsafe fn free_sync_request<S, A, R: Returned>(
    library: &'static Library<S>,
    (cb, user_data): Given,
    read: impl FnOnce(&mut NativeReader) -> Result<A, DecodeError>,
    handler: impl FnOnce(A) -> R,
) -> c_int {
    done(|| {
        let callback = Callback::new(cb.ok_or(Status::MissingCallback)?, UserData(user_data));
        let read = || Ok(read(&mut NativeReader::new(library.options.payload)));
        run_here(callback, Format::Native, read, |args| Typed(handler(args)))
    })
}

/// A synchronous request without a receiver, with CBOR arguments.
///
/// # Safety
///
/// As `ffihost.h` says: `cb` is such a function, and `req` points to `len` bytes.
pub unsafe fn free_sync_request_cbor<S, A, R: Returned>(
    library: &'static Library<S>,
    (cb, user_data): Given,
    req: (*const u8, usize),
    read: impl FnOnce(&mut CborReader<'_>) -> Result<A, DecodeError>,
    handler: impl FnOnce(A) -> R,
) -> c_int {
    done(|| {
        let callback = Callback::new(cb.ok_or(Status::MissingCallback)?, UserData(user_data));
        // SAFETY: the caller's contract.
        let read = || unsafe { read_map(req, library.options.payload, read) };
        run_here(callback, Format::Cbor, read, |args| Typed(handler(args)))
    })
}

/// An asynchronous request without a receiver, with native arguments.
///
/// # Safety
///
/// As for [`free_sync_request`].
pub unsafe fn free_request<S, A, H, R>(
    library: &'static Library<S>,
    given: Given,
    read: impl FnOnce(&mut NativeReader) -> Result<A, DecodeError>,
    handler: H,
) -> c_int
where
    A: Send + 'static,
    H: AsyncFnOnce(A) -> R + Send + 'static,
    R: Returned + 'static,
{
    submit(library, given, Format::Native, |limit| Ok(read(&mut NativeReader::new(limit))), handler)
}

/// An asynchronous request without a receiver, with CBOR arguments.
///
/// # Safety
///
/// As for [`free_sync_request_cbor`].
pub unsafe fn free_request_cbor<S, A, H, R>(
    library: &'static Library<S>,
    given: Given,
    req: (*const u8, usize),
    read: impl FnOnce(&mut CborReader<'_>) -> Result<A, DecodeError>,
    handler: H,
) -> c_int
where
    A: Send + 'static,
    H: AsyncFnOnce(A) -> R + Send + 'static,
    R: Returned + 'static,
{
    // SAFETY: the caller's contract.
    submit(library, given, Format::Cbor, |limit| unsafe { read_map(req, limit, read) }, handler)
}

fn submit<A, H, R>(
    library: &'static AnyLibrary,
    (cb, user_data): Given,
    format: Format,
    read: impl FnOnce(usize) -> Result<Result<A, DecodeError>, Status>,
    handler: H,
) -> c_int
where
    A: Send + 'static,
    H: AsyncFnOnce(A) -> R + Send + 'static,
    R: Returned + 'static,
{
    done(|| {
        let callback = Callback::new(cb.ok_or(Status::MissingCallback)?, UserData(user_data));
        start(library, callback, format, read, handler)
    })
}

/// Starts a request in the library's own context.
pub(super) fn start<A, H, R>(
    library: &'static AnyLibrary,
    callback: Callback,
    format: Format,
    read: impl FnOnce(usize) -> Result<Result<A, DecodeError>, Status>,
    handler: H,
) -> Result<(), Status>
where
    A: Send + 'static,
    H: AsyncFnOnce(A) -> R + Send + 'static,
    R: Returned + 'static,
{
    let args = Refusal::sort(read(library.options.payload)?)?;
    // Contained, if there is no context: what the drop of an argument does is not the answer to the request.
    let (handler, args) = (Contained::new(handler), Contained::new(args));
    let host = library.own.host(&library.contexts, library.options)?;
    let inside = host.admit()?;
    let (handler, args) = (handler.into_inner(), args.into_inner());
    let handler = async move |&(): &(), args| handler(args).await;
    enqueue_work(&inside, callback, args, format, (handler, Typed))
}
