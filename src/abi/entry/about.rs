//! What a library says about itself and its contexts.

use super::super::library::AnyLibrary;
use super::super::types::FFIStats;
use super::{done, host};
use crate::context::gate::Phase;
use crate::panic;
use crate::status::Status;
use std::ffi::{c_char, c_int, c_void};

/// `<lib>_abi_descriptor`.
///
/// # Safety
///
/// As `ffihost.h` says: both may be written.
pub unsafe fn descriptor(library: &'static AnyLibrary, bytes: *mut *const u8, len: *mut usize) -> c_int {
    done(|| {
        if bytes.is_null() || len.is_null() {
            return Err(Status::InvalidArgument);
        }
        let descriptor = &library.descriptor().bytes;
        // SAFETY: not null, and writable by the caller's contract.
        unsafe {
            bytes.write(descriptor.as_ptr());
            len.write(descriptor.len());
        }
        Ok(())
    })
}

/// `<lib>_abi_hash`.
pub fn abi_hash(library: &'static AnyLibrary) -> u64 {
    panic::contain(|| library.descriptor().hash).unwrap_or(0)
}

/// `<lib>_abi_layout`.
pub fn abi_layout(_library: &'static AnyLibrary) -> u64 {
    ffihost_abi::layout::LAYOUT
}

/// `<lib>_stats`.
///
/// # Safety
///
/// As `ffihost.h` says: `out` points to a struct as large as it says.
pub unsafe fn stats(library: &'static AnyLibrary, ctx: *mut c_void, out: *mut FFIStats) -> c_int {
    done(|| {
        if out.is_null() {
            return Err(Status::InvalidArgument);
        }
        // SAFETY: not null; by the caller's contract the size is there.
        if unsafe { (&raw const (*out).size).read_unaligned() } < size_of::<FFIStats>() {
            return Err(Status::InvalidArgument);
        }
        let stats = host(library, ctx)?.enter(Phase::Finishing)?.stats();
        // SAFETY: the struct is as large as it says, and writable.
        unsafe { out.write_unaligned(stats) };
        Ok(())
    })
}

/// `<lib>_version`.
pub fn version(library: &'static AnyLibrary) -> *const c_char {
    library.version.as_ptr()
}
