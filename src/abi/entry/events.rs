//! Listeners of events.

use super::super::host_fn::Callback;
use super::super::library::AnyLibrary;
use super::super::types::FFICallBack;
use super::{callback, done, host, name};
use crate::context::current;
use crate::context::gate::Phase;
use crate::events::Removal;
use crate::status::Status;
use crate::{Format, Host};
use std::ffi::{c_char, c_int, c_void};

/// `<lib>_add_event_listener` and its `_cbor` twin.
///
/// # Safety
///
/// As `ffihost.h` says: `event` is NUL-terminated, `cb` is such a function.
pub unsafe fn add_event_listener(
    library: &'static AnyLibrary,
    ctx: *mut c_void,
    event: *const c_char,
    cb: Option<FFICallBack>,
    user_data: *mut c_void,
    format: Format,
) -> u64 {
    let mut added = 0;
    let _refused = done(|| {
        // SAFETY: the caller's contract.
        let (callback, event) = unsafe { (callback((cb, user_data))?, name(event)?) };
        if !library.descriptor().events.contains(event) {
            return Err(Status::InvalidArgument);
        }
        added = add(host(library, ctx)?, event, format, callback)?;
        Ok(())
    });
    added
}

/// Adds a listener of an event that the library has.
pub(crate) fn add(host: Host, event: &str, format: Format, callback: Callback) -> Result<u64, Status> {
    let inside = host.enter(Phase::Running)?;
    // All of the event thread has a share of the record.
    let tenancy = inside.tenancy().ok_or(Status::Closing)?;
    let around = Box::new(move |run: &mut dyn FnMut()| {
        current::enter(host, run);
        drop(tenancy);
    });
    let events = inside.events.as_ref().ok_or(Status::InvalidArgument)?;
    let added = events.add(event, format, callback, around).map_err(|error| {
        tracing::error!(%error, "no event thread");
        Status::Busy
    })?;
    // This may have entered before a close that has timed out meanwhile.
    added.ok_or(Status::Closing)
}

/// `<lib>_remove_event_listener`.
pub fn remove_event_listener(library: &'static AnyLibrary, ctx: *mut c_void, listener: u64) -> c_int {
    done(|| remove(host(library, ctx)?, listener))
}

/// Removes a listener.
pub(crate) fn remove(host: Host, listener: u64) -> Result<(), Status> {
    let inside = host.enter(Phase::Abandoned)?;
    // The FFI thread must not wait for a listener, which may be waiting for the FFI thread; nor may a pin be held by
    // one who waits.
    let instance = inside.share();
    drop(inside);
    let on_ffi_thread = instance.host().is_on_ffi_thread();
    let events = instance.events.as_ref().ok_or(Status::UnknownToken)?;
    match events.remove(listener, !on_ffi_thread) {
        Removal::Done => Ok(()),
        Removal::Unknown => Err(Status::UnknownToken),
        Removal::StillRunning => Err(Status::Busy),
    }
}
