//! A callback that is called once.

use ffihost::abi::types::FFICallBack;
use ffihost::ipc::Status;
use ffihost::ipc::callbacks::bytes;
use std::ffi::{c_char, c_int, c_void};
use tokio::sync::oneshot;

/// A callback that is called once.
pub(crate) struct Once {
    pub(crate) function: FFICallBack,
    pub(crate) user_data: *mut c_void,
}

// SAFETY: userData is a box of a channel's end, which may go to any thread.
unsafe impl Send for Once {}

type Sender = oneshot::Sender<(c_int, Vec<u8>)>;

impl Once {
    /// It will not be called.
    pub(crate) fn discard(self) {
        // SAFETY: made by `once` from a box; nobody else has it.
        drop(unsafe { Box::from_raw(self.user_data.cast::<Sender>()) });
    }
}

/// A callback that is called once, and what it was called with.
pub(crate) fn once() -> (Once, impl Future<Output = (c_int, Vec<u8>)>) {
    unsafe extern "C" fn called(ret: c_int, msg: *const c_char, len: usize, user_data: *mut c_void) {
        // SAFETY: made by `once` from a box; a callback of this kind is called once.
        let sender = unsafe { Box::from_raw(user_data.cast::<Sender>()) };
        // SAFETY: the contract of the callback.
        let _nobody_waits = sender.send((ret, unsafe { bytes(msg, len) }.to_vec()));
    }
    let (sender, receiver) = oneshot::channel();
    let once = Once { function: called, user_data: Box::into_raw(Box::new(sender)).cast() };
    let cancelled = (Status::Cancelled.code(), b"the library never called back".to_vec());
    (once, async { receiver.await.unwrap_or(cancelled) })
}
