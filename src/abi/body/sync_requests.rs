//! Synchronous requests: they run on the caller's thread, and call back before they return.

use super::super::host_fn::{Callback, UserData};
use super::super::library::{AnyLibrary, Library, Reply, Typed};
use super::requests::{Given, Refusal, answer_once, read_map};
use super::{done, host};
use crate::context::{Instance, current};
use crate::error::DecodeError;
use crate::status::Status;
use crate::wire::Returned;
use crate::wire::cbor::Reader as CborReader;
use crate::wire::native::Reader as NativeReader;
use crate::{Format, Host};
use std::ffi::{c_int, c_void};
use std::sync::atomic::Ordering;

/// A synchronous request with native arguments: runs the handler here, and calls back before it returns.
///
/// # Safety
///
/// As `ffihost.h` says: `cb` is such a function, and `read` may read what the host passed. `S` is `Sync`, which `#[ffi]`
/// checks where it can say so readably.
#[inline]
pub unsafe fn sync_request<S, A, R>(
    library: &'static Library<S>,
    ctx: *mut c_void,
    given: Given,
    read: impl FnOnce(&mut NativeReader) -> Result<A, DecodeError>,
    handler: impl FnOnce(&S, A) -> R,
) -> c_int
where
    S: 'static,
    R: Returned,
{
    let read = |limit| Ok(read(&mut NativeReader::new(limit)));
    // SAFETY: `sync` is inside the gate until it has called back; the caller's contract.
    let state = |inside: &Instance| unsafe { state(inside) };
    sync(library, ctx, given, Format::Native, read, state, |state, args| Typed(handler(state, args)))
}

/// A synchronous request with CBOR arguments.
///
/// # Safety
///
/// As `ffihost.h` says: `cb` is such a function, and `req` points to `len` bytes. `S` is `Sync`.
pub unsafe fn sync_request_cbor<S, A, R>(
    library: &'static Library<S>,
    ctx: *mut c_void,
    given: Given,
    req: (*const u8, usize),
    read: impl FnOnce(&mut CborReader<'_>) -> Result<A, DecodeError>,
    handler: impl FnOnce(&S, A) -> R,
) -> c_int
where
    S: 'static,
    R: Returned,
{
    // SAFETY: the caller's contract.
    let read = |limit| unsafe { read_map(req, limit, read) };
    // SAFETY: `sync` is inside the gate until it has called back; the caller's contract.
    let state = |inside: &Instance| unsafe { state(inside) };
    sync(library, ctx, given, Format::Cbor, read, state, |state, args| Typed(handler(state, args)))
}

/// A synchronous request of a handle, with native arguments, of which the handle is one: it does without the state.
///
/// # Safety
///
/// As for [`sync_request`].
#[inline]
pub unsafe fn sync_handle_request<S, A, R>(
    library: &'static Library<S>,
    ctx: *mut c_void,
    given: Given,
    read: impl FnOnce(&mut NativeReader) -> Result<A, DecodeError>,
    handler: impl FnOnce(A) -> R,
) -> c_int
where
    S: 'static,
    R: Returned,
{
    let read = |limit| Ok(read(&mut NativeReader::new(limit)));
    sync(library, ctx, given, Format::Native, read, |_| Ok(()), |(), args| Typed(handler(args)))
}

/// A synchronous request of a handle, with CBOR arguments.
///
/// # Safety
///
/// As for [`sync_request_cbor`].
pub unsafe fn sync_handle_request_cbor<S, A, R>(
    library: &'static Library<S>,
    ctx: *mut c_void,
    given: Given,
    req: (*const u8, usize),
    read: impl FnOnce(&mut CborReader<'_>) -> Result<A, DecodeError>,
    handler: impl FnOnce(A) -> R,
) -> c_int
where
    S: 'static,
    R: Returned,
{
    // SAFETY: the caller's contract.
    let read = |limit| unsafe { read_map(req, limit, read) };
    sync(library, ctx, given, Format::Cbor, read, |_| Ok(()), |(), args| Typed(handler(args)))
}

/// The author's state.
///
/// # Safety
///
/// Nobody uses it after leaving the gate; `S` is `Sync`.
pub(super) unsafe fn state<'a, S: 'static>(inside: &Instance) -> Result<&'a S, Status> {
    // SAFETY: the address is null or that of the state of this library's type, which is not dropped while somebody is
    // inside; `Sync` lets other threads look at it.
    unsafe { inside.state.load(Ordering::Acquire).cast::<S>().as_ref() }.ok_or(Status::Busy)
}

/// Runs a request here; `prepare` finds what its handler needs besides the arguments.
#[inline]
pub(super) fn sync<T, A, R: Reply>(
    library: &'static AnyLibrary,
    ctx: *mut c_void,
    (cb, user_data): Given,
    format: Format,
    read: impl FnOnce(usize) -> Result<Result<A, DecodeError>, Status>,
    prepare: impl FnOnce(&Instance) -> Result<T, Status>,
    handler: impl FnOnce(T, A) -> R,
) -> c_int {
    done(|| {
        let callback = Callback::new(cb.ok_or(Status::MissingCallback)?, UserData(user_data));
        start(library, host(library, ctx)?, callback, format, read, prepare, handler)
    })
}

/// The same, for a callback and a context that were checked.
#[inline]
pub(super) fn start<T, A, R: Reply>(
    library: &'static AnyLibrary,
    host: Host,
    callback: Callback,
    format: Format,
    read: impl FnOnce(usize) -> Result<Result<A, DecodeError>, Status>,
    prepare: impl FnOnce(&Instance) -> Result<T, Status>,
    handler: impl FnOnce(T, A) -> R,
) -> Result<(), Status> {
    let inside = host.admit()?;
    let prepared = prepare(&inside)?;
    let handler = |args| handler(prepared, args);
    // Still inside when it calls back, so that a close waits for that too.
    current::enter(host, || run_here(callback, format, || read(library.options.payload), handler))
}

/// Reads the arguments, runs the handler, and calls back: all here.
#[inline]
pub(super) fn run_here<A, R: Reply>(
    callback: Callback,
    format: Format,
    read: impl FnOnce() -> Result<Result<A, DecodeError>, Status>,
    handler: impl FnOnce(A) -> R,
) -> Result<(), Status> {
    match Refusal::sort(read()?)? {
        Ok(args) => answer_once(|| handler(args), format, move |status, payload| callback.call(status, payload)),
        Err(refusal) => answer_once(|| refusal, format, move |status, payload| callback.call(status, payload)),
    }
    Ok(())
}
