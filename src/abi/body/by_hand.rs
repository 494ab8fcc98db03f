//! The exports of libraries that are written by hand, where they differ: bytes in, and out.

use super::super::library::{Library, Reply};
use super::super::types::FFICallBack;
use super::bytes;
use super::life::{begin, constructor};
use super::requests::submit;
use super::sync_requests::{state, sync};
use crate::context::Instance;
use crate::context::lifecycle::Destruct;
use crate::status::Status;
use crate::{Format, ToHost};
use std::convert::identity;
use std::ffi::{c_int, c_void};

/// `<lib>_create`.
///
/// # Safety
///
/// As `ffihost.h` says: `req` points to `len` bytes, `ctx` may be written, `cb` is such a function.
pub unsafe fn create<S, C, E>(
    library: &'static Library<S>,
    (req, len): (*const u8, usize),
    given: (Option<FFICallBack>, *mut c_void),
    ctx: *mut *mut c_void,
    construct: C,
    destruct: Option<Destruct>,
) -> c_int
where
    S: 'static,
    C: AsyncFnOnce(Vec<u8>) -> Result<S, E> + Send + 'static,
    E: ToHost + 'static,
{
    // SAFETY: the caller's contract.
    let read = |limit| Ok(Ok(unsafe { bytes(req, len, limit)? }.to_vec()));
    let construct = |args| constructor(args, construct, Format::Native, E::to_host);
    // SAFETY: the caller's contract.
    unsafe { begin(library, given, ctx, read, construct, destruct) }
}

/// Returns the bytes that a host passed; `TooLarge` if they exceed the limit.
///
/// An export reads its request in a closure of its own. So nothing else has its type, and the compiler puts all of the body
/// into the export.
///
/// # Safety
///
/// If `req` is not NULL it points to `len` bytes that live for `'a`.
#[inline]
pub unsafe fn request_bytes<'a>(req: *const u8, len: usize, limit: usize) -> Result<&'a [u8], Status> {
    // SAFETY: the caller's contract.
    unsafe { bytes(req, len, limit) }
}

/// An asynchronous request: copies the bytes that `read` finds, and runs the handler on the FFI thread.
///
/// # Safety
///
/// As `ffihost.h` says: `cb` is such a function.
#[inline]
pub unsafe fn request<'a, S, H, R>(
    library: &'static Library<S>,
    ctx: *mut c_void,
    given: (Option<FFICallBack>, *mut c_void),
    read: impl FnOnce(usize) -> Result<&'a [u8], Status>,
    handler: H,
) -> c_int
where
    S: 'static,
    H: AsyncFnOnce(&S, Vec<u8>) -> R + Send + 'static,
    R: Reply + 'static,
{
    let read = |_, limit| Ok(Ok(read(limit)?.to_vec()));
    submit(library, ctx, given, Format::Native, read, (handler, identity::<R>))
}

/// A synchronous request: runs the handler here, with the bytes that `read` finds, and calls back before it returns.
///
/// # Safety
///
/// As `ffihost.h` says: `cb` is such a function.
#[inline]
pub unsafe fn sync_request<'a, S, R>(
    library: &'static Library<S>,
    ctx: *mut c_void,
    given: (Option<FFICallBack>, *mut c_void),
    read: impl FnOnce(usize) -> Result<&'a [u8], Status>,
    handler: impl FnOnce(&S, &[u8]) -> R,
) -> c_int
where
    S: Sync + 'static,
    R: Reply,
{
    let read = |limit| Ok(Ok(read(limit)?));
    // SAFETY: `sync` is inside the gate until it has called back.
    let state = |inside: &Instance| unsafe { state(inside) };
    sync(library, ctx, given, Format::Native, read, state, handler)
}
