//! The entry points behind the exports: what they have in common. See the parent for their shape, and `ffihost.h` for what each
//! promises.

mod about;
mod answer;
pub mod by_hand;
mod direct;
mod events;
mod handles;
mod host_fns;
mod life;
mod owner;
mod refusal;
mod requests;
#[cfg(feature = "ipc")]
pub mod served;
mod source;
mod warning;
mod work;

pub use self::about::{abi_hash, abi_layout, descriptor, stats, version};
pub use self::direct::{As, Ends, release_bytes, release_error, release_string};
pub use self::events::{add_event_listener, remove_event_listener};
pub use self::handles::release_handle;
pub use self::host_fns::{
    host_complete, host_fn_registered, register_host_fn, register_host_fn_with, register_host_fns,
};
pub use self::life::{close, create, destroy, destructor};
pub use self::owner::{OfHandle, OfNobody, OfState};
pub use self::requests::{cancel, run_here, submit};
pub use self::source::{Cbor, Native};
pub(crate) use self::warning::Warn;
#[cfg(feature = "ipc")]
pub(crate) use self::{
    events::{add as add_listener, remove as remove_listener},
    host as context_of,
    host_fns::{accepted, register_for_client, unregister_for_client},
    requests::cancel_in,
};

use super::host_fn::{Callback, UserData};
use super::library::AnyLibrary;
use super::types::FFICallBack;
use crate::Host;
use crate::context::gate::Refused;
use crate::context::requests as queue;
use crate::panic;
use crate::status::Status;
use ffihost_abi::limits;
use std::ffi::{CStr, c_char, c_int, c_void};

impl From<Refused> for Status {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Stale => Self::InvalidCtx,
            Refused::Closing => Self::Closing,
            Refused::Crowded => Self::Busy,
        }
    }
}

impl From<queue::Refused> for Status {
    fn from(refused: queue::Refused) -> Self {
        match refused {
            queue::Refused::Full => Self::Busy,
            queue::Refused::Sealed => Self::Closing,
        }
    }
}

/// The host that a handle names, if there ever was one.
#[inline]
pub(crate) fn host(library: &'static AnyLibrary, ctx: *mut c_void) -> Result<Host, Status> {
    let (context, generation) = library.contexts.find(ctx.addr()).ok_or(Status::InvalidCtx)?;
    Ok(Host::new(context, generation))
}

/// The bytes that a host passed.
///
/// # Safety
///
/// If `pointer` is not NULL it points to `length` bytes that live for `'a`.
unsafe fn bytes<'a>(pointer: *const u8, length: usize, limit: usize) -> Result<&'a [u8], Status> {
    if length > limit {
        return Err(Status::TooLarge);
    }
    match (pointer.is_null(), length) {
        (_, 0) => Ok(&[]),
        (true, _) => Err(Status::InvalidArgument),
        // SAFETY: not null, and by the caller's contract as long as it says; `Options` keeps the limit below isize::MAX.
        (false, _) => Ok(unsafe { std::slice::from_raw_parts(pointer, length) }),
    }
}

/// The name that a host passed.
///
/// # Safety
///
/// If `pointer` is not NULL it points to a NUL-terminated string that lives for `'a`.
unsafe fn name<'a>(pointer: *const c_char) -> Result<&'a str, Status> {
    if pointer.is_null() {
        return Err(Status::InvalidArgument);
    }
    // SAFETY: not null, and NUL-terminated by the caller's contract.
    let name = unsafe { CStr::from_ptr(pointer) };
    match name.to_str() {
        Ok(name) if !name.is_empty() && name.len() <= limits::NAME => Ok(name),
        _ => Err(Status::InvalidArgument),
    }
}

/// Whether a struct that starts with its own size is one that this library understands: at least as large as ours, and if a
/// later header made it larger, with nothing said there.
///
/// # Safety
///
/// `pointer` points to a size and to as many bytes as that says, from its own beginning.
pub(crate) unsafe fn fits<T>(pointer: *const T) -> bool {
    // SAFETY: the caller's contract.
    let size = unsafe { pointer.cast::<usize>().read_unaligned() };
    // SAFETY: as above; nobody's struct is larger than a page.
    (size_of::<T>()..=4096).contains(&size)
        && (size_of::<T>()..size).all(|offset| unsafe { pointer.byte_add(offset).cast::<u8>().read() } == 0)
}

/// Callback and userData, as a host passes them.
type Given = (Option<FFICallBack>, *mut c_void);

/// Starts what calls back later, or before it returns. What `start` refuses with a status does not call back.
///
/// # Safety
///
/// As `ffihost.h` says: the callback is such a function.
#[inline(always)]
pub unsafe fn with_callback(given: Given, start: impl FnOnce(Callback) -> Result<(), Status>) -> c_int {
    // SAFETY: the caller's contract.
    done(|| start(unsafe { callback(given)? }))
}

/// The callback that a host passed; `MissingCallback` if that is NULL.
///
/// # Safety
///
/// As `ffihost.h` says: it is such a function.
#[inline(always)]
unsafe fn callback((cb, user_data): Given) -> Result<Callback, Status> {
    Ok(Callback::new(cb.ok_or(Status::MissingCallback)?, UserData(user_data)))
}

#[inline(always)]
fn done(body: impl FnOnce() -> Result<(), Status>) -> c_int {
    panic::export(|| body().err().unwrap_or(Status::Ok))
}
