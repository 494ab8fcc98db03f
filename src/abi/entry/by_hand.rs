//! What only the exports of libraries that are written by hand call: they take bytes, and reply with bytes.

pub use super::source::{Bytes, Copied};

use super::super::library::Library;
use super::life::{begin, constructor};
use super::{Given, OfState, bytes};
use crate::context::lifecycle::Destruct;
use crate::status::Status;
use crate::{Format, ToHost};
use std::ffi::{c_int, c_void};

/// `<lib>_create`.
///
/// # Safety
///
/// As `ffihost.h` says: `req` points to `len` bytes, `ctx` may be written, `cb` is such a function.
pub unsafe fn create<S, C, E>(
    library: &'static Library<S>,
    (req, len): (*const u8, usize),
    given: Given,
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
    let args = Copied::new(|limit| unsafe { bytes(req, len, limit) });
    let construct = |args| constructor(args, construct, Format::Native, E::to_host);
    // SAFETY: the caller's contract.
    unsafe { begin(library, given, ctx, args, construct, destruct) }
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

/// The owner of a synchronous request, whose state other threads may look at.
#[inline]
pub fn of_sync_state<S: Sync>(library: &'static Library<S>, ctx: *mut c_void) -> Result<OfState<S>, Status> {
    OfState::named(library, ctx)
}
