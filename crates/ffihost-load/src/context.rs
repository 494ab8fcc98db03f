//! A context of a loaded library, as something that can be served.

use crate::exports::{Exports, Start};
use crate::once::once;
use crate::registered::Registered;
use ffihost::abi::types::{FFI_FORMAT_CBOR, FFIHostFnOptions, FFIStats};
use ffihost::ipc::{Callback, Functions, Origin, Served, Status};
use std::ffi::{CString, c_int, c_void};
use std::ptr;
use std::sync::Arc;

/// A context of a loaded library.
pub type Context = Served<Loaded>;

/// The functions of a context of a loaded library.
#[derive(Clone, Debug)]
pub struct Loaded {
    pub(crate) exports: Exports,
    /// A number, says `ffihost.h`, for any thread.
    pub(crate) ctx: usize,
    /// Shared by the clones.
    pub(crate) registered: Arc<Registered>,
}

impl Loaded {
    fn ctx(&self) -> *mut c_void {
        ptr::without_provenance_mut(self.ctx)
    }

    /// What it has done and is doing; none if it was closed.
    pub fn stats(&self) -> Option<FFIStats> {
        let mut stats = FFIStats::default();
        // SAFETY: ctx is a number, and the struct is as large as it says.
        let ret = unsafe { (self.exports.stats)(self.ctx(), &raw mut stats) };
        (ret == 0).then_some(stats)
    }

    /// Closes it: what runs is given the library's grace period. False if the library did not stop in time.
    pub async fn close(&self) -> bool {
        let (callback, closed) = once();
        // SAFETY: ctx is a number, and the callback's userData lives until it is called.
        let ret = unsafe { (self.exports.close)(self.ctx(), Some(callback.function), callback.user_data) };
        if ret != 0 {
            callback.discard();
            return false;
        }
        closed.await.0 == 0
    }
}

/// The options to take a registration back with.
const NOTHING: FFIHostFnOptions = FFIHostFnOptions {
    size: size_of::<FFIHostFnOptions>(),
    function: None,
    cancel: None,
    release: None,
    user_data: ptr::null_mut(),
    format: FFI_FORMAT_CBOR,
    max_in_flight: 0,
    deadline_ms: 0,
};

/// What an export returned.
fn status(ret: c_int) -> Result<(), Status> {
    match ret {
        0 => Ok(()),
        ret => Err(Status::from_code(ret).unwrap_or(Status::InvalidArgument)),
    }
}

fn c_name(name: &str) -> Result<CString, Status> {
    CString::new(name).map_err(|_| Status::InvalidArgument)
}

impl Functions for Loaded {
    fn methods(&self) -> Vec<(&str, Option<&str>)> {
        let methods = self.exports.methods.iter().map(|(name, start)| match start {
            Start::Release(handle, _) => (&**name, Some(&**handle)),
            Start::Bound(_) | Start::Free(_) => (&**name, None),
        });
        methods.collect()
    }

    fn start(&self, method: usize, payload: &[u8], callback: Callback) -> Result<(), Status> {
        let ((callback, user_data), req, len) = (callback.parts(), payload.as_ptr(), payload.len());
        // SAFETY: the symbol is that of a request in CBOR; the payload lives during the call, and the two go together.
        status(unsafe {
            match self.exports.methods[method].1 {
                Start::Bound(start) => start(self.ctx(), Some(callback), user_data, req, len),
                Start::Free(start) => start(Some(callback), user_data, req, len),
                Start::Release(..) => return Err(Status::InvalidArgument),
            }
        })
    }

    fn cancel(&self, user_data: usize) {
        // SAFETY: both are numbers. That it is not known any more is no error.
        let _not_any_more = unsafe { (self.exports.cancel)(self.ctx(), ptr::without_provenance_mut(user_data)) };
    }

    fn release(&self, method: usize, handle: u64) -> Result<(), Status> {
        let Start::Release(_, release) = self.exports.methods[method].1 else { return Err(Status::InvalidArgument) };
        // SAFETY: the symbol is that of a release; any number may be passed.
        status(unsafe { release(self.ctx(), handle) })
    }

    fn listen(&self, event: &str, callback: Callback) -> Result<u64, Status> {
        let (event, (callback, user_data)) = (c_name(event)?, callback.parts());
        // SAFETY: the name lives during the call, and the two go together until the listener is removed.
        match unsafe { (self.exports.add_event_listener_cbor)(self.ctx(), event.as_ptr(), Some(callback), user_data) } {
            0 => Err(Status::Closing),
            ticket => Ok(ticket),
        }
    }

    fn unlisten(&self, ticket: u64) -> Result<(), Status> {
        // SAFETY: both are numbers.
        status(unsafe { (self.exports.remove_event_listener)(self.ctx(), ticket) })
    }

    unsafe fn register(&self, name: &str, options: &FFIHostFnOptions, origin: Origin) -> Result<u64, Status> {
        let c_name = c_name(name)?;
        // SAFETY: the name lives during the call.
        let is_registered = || unsafe { (self.exports.host_fn_registered)(self.ctx(), c_name.as_ptr()) } == 1;
        // SAFETY: name and options live during the call; the caller's contract.
        let register = || status(unsafe { (self.exports.register_host_fn_with)(self.ctx(), c_name.as_ptr(), options) });
        self.registered.register(name, origin, is_registered, register)
    }

    fn unregister(&self, name: &str, registration: u64) {
        let Ok(c_name) = c_name(name) else { return };
        self.registered.unregister(name, registration, || {
            // SAFETY: the name lives during the call, and there is nothing in the options.
            let _gone_with_its_context =
                unsafe { (self.exports.register_host_fn_with)(self.ctx(), c_name.as_ptr(), &NOTHING) };
        });
    }

    fn complete(&self, call: u64, ret: c_int, payload: &[u8]) -> Result<(), Status> {
        // SAFETY: the payload lives during the call.
        status(unsafe { (self.exports.host_complete)(self.ctx(), call, ret, payload.as_ptr().cast(), payload.len()) })
    }
}
