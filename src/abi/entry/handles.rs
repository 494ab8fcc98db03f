//! Releasing handles.

use super::super::library::Library;
use super::{done, host};
use crate::context::current;
use crate::context::gate::Phase;
use crate::handles::HandleType;
use crate::status::Status;
use crate::{Host, panic};
use std::ffi::{c_int, c_void};

/// `<lib>_<type>_release`.
pub fn release_handle<S, T: HandleType>(library: &'static Library<S>, ctx: *mut c_void, handle: u64) -> c_int {
    done(|| release::<T>(host(library, ctx)?, handle))
}

/// Releases a handle of that type.
pub(super) fn release<T: HandleType>(host: Host, handle: u64) -> Result<(), Status> {
    let inside = host.enter(Phase::Finishing)?;
    let released = inside.handles.release::<T>(handle)?;
    // The author's drop may be the last thing that happens to it: under no lock, but inside, so that a close waits.
    if let Err(text) = current::enter(host, || panic::contain(|| drop(released))) {
        tracing::error!(handle = T::NAME, panic = %text, "the drop of a handle's object panicked");
    }
    Ok(())
}
