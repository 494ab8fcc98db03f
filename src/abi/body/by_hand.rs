//! The exports of libraries that are written by hand, where they differ: bytes in, and out.

use super::super::library::{Library, Reply};
use super::super::types::FFICallBack;
use super::bytes;
use super::life::{begin, constructor};
use super::requests::submit;
use super::sync_requests::{state, sync};
use crate::context::Instance;
use crate::context::lifecycle::Destruct;
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

/// An asynchronous request: copies the bytes, and runs the handler on the FFI thread.
///
/// # Safety
///
/// As `ffihost.h` says: `req` points to `len` bytes, `cb` is such a function.
#[inline]
pub unsafe fn request<S, H, R>(
    library: &'static Library<S>,
    ctx: *mut c_void,
    given: (Option<FFICallBack>, *mut c_void),
    (req, len): (*const u8, usize),
    handler: H,
) -> c_int
where
    S: 'static,
    H: AsyncFnOnce(&S, Vec<u8>) -> R + Send + 'static,
    R: Reply + 'static,
{
    // SAFETY: the caller's contract.
    let read = |limit| Ok(Ok(unsafe { bytes(req, len, limit)? }.to_vec()));
    // A handler that panics before it returns its future is one that panics.
    let handler = async move |state: &S, args| handler(state, args).await;
    submit(library, ctx, given, Format::Native, read, (handler, identity::<R>))
}

/// A synchronous request: runs the handler here, and calls back before it returns.
///
/// # Safety
///
/// As `ffihost.h` says: `req` points to `len` bytes, `cb` is such a function.
#[inline]
pub unsafe fn sync_request<S, R>(
    library: &'static Library<S>,
    ctx: *mut c_void,
    given: (Option<FFICallBack>, *mut c_void),
    (req, len): (*const u8, usize),
    handler: impl FnOnce(&S, &[u8]) -> R,
) -> c_int
where
    S: Sync + 'static,
    R: Reply,
{
    // SAFETY: the caller's contract.
    let read = |limit| Ok(Ok(unsafe { bytes(req, len, limit)? }));
    // SAFETY: `sync` is inside the gate until it has called back.
    let state = |inside: &Instance| unsafe { state(inside) };
    sync(library, ctx, given, Format::Native, read, state, handler)
}
