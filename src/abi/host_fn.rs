//! What a host registered, and a host's callback: function pointers with their userData.

use super::types::{
    FFI_FORMAT_CBOR, FFI_FORMAT_NATIVE, FFICallBack, FFIHostCancelFn, FFIHostFn, FFIHostFnOptions, FFIRelease,
};
use crate::Format;
use crate::inflight::Token;
use crate::registry::Limited;
use crate::status::Status;
use std::ffi::{c_char, c_void};
use std::mem::ManuallyDrop;
use std::sync::Arc;
use std::time::Duration;

/// A host's pointer. The library passes it back and never looks at what it points to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(transparent)]
pub(crate) struct UserData(pub(crate) *mut c_void);

// SAFETY: it is a value that the host gave to be passed back on the threads that ffihost.h names.
unsafe impl Send for UserData {}
// SAFETY: as above; it is never dereferenced here.
unsafe impl Sync for UserData {}

/// Bytes for the host: the pointer is never null, whatever the length.
fn bytes(payload: &[u8]) -> *const c_char {
    // A slice's pointer is never null, though it dangles when the slice is empty; hosts get something that may be read.
    if payload.is_empty() { c"".as_ptr() } else { payload.as_ptr().cast() }
}

/// The host's functions, called as functions that may unwind: an exception that leaves one of them (which the header forbids)
/// meets a frame that ends the process with a message, where it would be undefined otherwise.
mod unwinding {
    use super::{FFICallBack, FFIHostCancelFn, FFIHostFn, FFIRelease, c_char, c_void};
    use std::ffi::c_int;
    use std::mem::transmute;

    type CallBack = unsafe extern "C-unwind" fn(c_int, *const c_char, usize, *mut c_void);
    type HostFn = unsafe extern "C-unwind" fn(u64, *const c_char, usize, *mut c_void);
    type HostCancelFn = unsafe extern "C-unwind" fn(u64, *mut c_void);
    type Release = unsafe extern "C-unwind" fn(*mut c_void);

    pub(super) fn callback(function: FFICallBack) -> CallBack {
        // SAFETY: the two ABIs differ only in what may happen when the function unwinds.
        unsafe { transmute(function) }
    }

    pub(super) fn host_fn(function: FFIHostFn) -> HostFn {
        // SAFETY: as above.
        unsafe { transmute(function) }
    }

    pub(super) fn cancel(function: FFIHostCancelFn) -> HostCancelFn {
        // SAFETY: as above.
        unsafe { transmute(function) }
    }

    pub(super) fn release(function: FFIRelease) -> Release {
        // SAFETY: as above.
        unsafe { transmute(function) }
    }
}

/// A host's callback. It may be called as often as its kind says; see `FFICallBack`.
#[derive(Clone, Copy, Debug)]
pub struct Callback {
    function: FFICallBack,
    user_data: UserData,
}

impl Callback {
    pub(crate) fn new(function: FFICallBack, user_data: UserData) -> Self {
        Self { function, user_data }
    }

    pub(crate) fn user_data(&self) -> UserData {
        self.user_data
    }

    /// The function, and what it is called with.
    pub fn parts(&self) -> (FFICallBack, *mut c_void) {
        (self.function, self.user_data.0)
    }

    /// Calls the host. No lock is held and nothing is borrowed: it may call anything back.
    #[inline]
    pub(crate) fn call(&self, status: Status, payload: &[u8]) {
        // SAFETY: the host passed a function of this type (the contract of whoever made this), and the bytes live during
        // the call.
        unsafe { unwinding::callback(self.function)(status.code(), bytes(payload), payload.len(), self.user_data.0) }
    }
}

fn format(options: &FFIHostFnOptions) -> Result<Format, Status> {
    match options.format {
        FFI_FORMAT_NATIVE => Ok(Format::Native),
        FFI_FORMAT_CBOR => Ok(Format::Cbor),
        _ => Err(Status::InvalidArgument),
    }
}

/// A registered host function. Dropping it gives the host its userData back, or the last one of those that share it.
#[derive(Debug)]
pub(crate) struct HostFunction {
    function: FFIHostFn,
    cancel: Option<FFIHostCancelFn>,
    user_data: UserData,
    release: Option<Release>,
    pub(crate) format: Format,
    /// 0: no limit.
    max_in_flight: u32,
    /// For calls that have none of their own: the registration's, or else the library's.
    pub(crate) deadline: Option<Duration>,
}

impl HostFunction {
    /// What options say, if there is a function in them. It is the caller's to have it released.
    pub(super) fn read(options: &FFIHostFnOptions) -> Result<Option<ManuallyDrop<Self>>, Status> {
        let format = format(options)?;
        let function = options.function.map(|function| {
            let release = GiveBack::of(options).map(Release::OfOne);
            Self::new(function, format, options, release)
        });
        Ok(function.map(ManuallyDrop::new))
    }

    /// What options say of each of these functions, which share their userData. They are the caller's to have it released; see
    /// [`forget`](Self::forget).
    pub(super) fn read_all<'n>(
        functions: &[(&'n str, FFIHostFn)],
        options: &FFIHostFnOptions,
    ) -> Result<Vec<(&'n str, Self)>, Status> {
        let format = format(options)?;
        let shared = GiveBack::of(options).map(Arc::new);
        let each = |&(name, function): &(&'n str, FFIHostFn)| {
            (name, Self::new(function, format, options, shared.clone().map(Release::Shared)))
        };
        Ok(functions.iter().map(each).collect())
    }

    fn new(function: FFIHostFn, format: Format, options: &FFIHostFnOptions, release: Option<Release>) -> Self {
        Self {
            function,
            cancel: options.cancel,
            user_data: UserData(options.user_data),
            release,
            format,
            max_in_flight: options.max_in_flight,
            deadline: (options.deadline_ms != 0).then(|| Duration::from_millis(options.deadline_ms)),
        }
    }

    /// Leaves userData with the host, whose registration is refused. Of functions that share it, each has to be forgotten.
    pub(super) fn forget(self) {
        let give_back = match self.release {
            Some(Release::OfOne(give_back)) => Some(give_back),
            Some(Release::Shared(shared)) => Arc::into_inner(shared),
            None => None,
        };
        let _not_released = ManuallyDrop::new(give_back);
    }

    /// Calls the host. No lock is held and nothing is borrowed: it may call anything back, and answer.
    #[inline]
    pub(crate) fn invoke(&self, token: Token, request: &[u8]) {
        let target = Target { function: self.function, user_data: self.user_data };
        // SAFETY: the host registered a function of this type; the bytes live during the call, and userData until release.
        unsafe { invoke(target, token.bits(), bytes(request), request.len()) }
    }

    /// Tells the host that the answer is no longer wanted. No lock is held.
    pub(crate) fn cancel(&self, token: Token) {
        if let Some(cancel) = self.cancel {
            // SAFETY: as for `invoke`.
            unsafe { unwinding::cancel(cancel)(token.bits(), self.user_data.0) }
        }
    }
}

impl Limited for HostFunction {
    fn max_in_flight(&self) -> u32 {
        self.max_in_flight
    }

    fn is_plain(&self) -> bool {
        self.max_in_flight == 0 && self.deadline.is_none() && self.format == Format::Native
    }
}

/// A host's function with its userData.
#[repr(C)]
struct Target {
    function: FFIHostFn,
    user_data: UserData,
}

/// `extern "C"`, so that nothing unwinds out of it: what leaves the host's function ends the process here, and the code around
/// the call has nothing to clean up.
///
/// # Safety
///
/// As `ffihost.h` says: `request` points to `len` bytes.
#[inline]
unsafe extern "C" fn invoke(target: Target, token: u64, request: *const c_char, len: usize) {
    // SAFETY: the caller's contract.
    unsafe { unwinding::host_fn(target.function)(token, request, len, target.user_data.0) }
}

/// What gives the host its userData back.
#[derive(Debug)]
enum Release {
    OfOne(GiveBack),
    /// Of functions that were registered together.
    Shared(Arc<GiveBack>),
}

/// Gives userData back when it is dropped.
#[derive(Debug)]
struct GiveBack {
    release: FFIRelease,
    user_data: UserData,
}

impl GiveBack {
    fn of(options: &FFIHostFnOptions) -> Option<Self> {
        options.release.map(|release| Self { release, user_data: UserData(options.user_data) })
    }
}

impl Drop for GiveBack {
    fn drop(&mut self) {
        // SAFETY: the host registered a function of this type for this userData, and this is the only drop.
        unsafe { unwinding::release(self.release)(self.user_data.0) }
    }
}
