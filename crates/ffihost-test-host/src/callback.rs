//! Callbacks, and what they were told.

use crate::keep::keep;
use crate::wait::PATIENCE;
use ffihost_abi::types::FFICallBack;
use std::ffi::{c_char, c_int, c_void};
use std::fmt::Debug;
use std::slice;
use std::sync::Mutex;
use std::sync::mpsc::{self, Receiver};

/// Callback and userData.
pub type Given = (Option<FFICallBack>, *mut c_void);

type Listener = Box<dyn FnMut(c_int, &[u8]) + Send>;

extern "C" fn on_told(ret: c_int, msg: *const c_char, len: usize, user_data: *mut c_void) {
    assert!(!msg.is_null(), "msg is never NULL");
    // SAFETY: the library passes `len` bytes that live during this call, and userData is a listener that is kept.
    let (bytes, listener) =
        unsafe { (slice::from_raw_parts(msg.cast::<u8>(), len), &*user_data.cast::<Mutex<Listener>>()) };
    (listener.lock().expect("listeners do not panic"))(ret, bytes);
}

/// A C callback that calls `told` with status and payload.
pub fn callback(told: impl FnMut(c_int, &[u8]) + Send + 'static) -> Given {
    (Some(on_told), keep(Mutex::new(Box::new(told) as Listener)))
}

/// What a callback was told, as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// The status.
    pub ret: c_int,
    /// The payload.
    pub text: String,
}

impl Told {
    /// What a callback is told when all is well.
    pub fn ok(text: &str) -> Self {
        Self { ret: 0, text: text.to_owned() }
    }

    /// What a callback was told.
    pub fn new(ret: c_int, payload: &[u8]) -> Self {
        Self { ret, text: text(ret, payload) }
    }
}

/// Reads a payload that is text.
pub fn text(_: c_int, payload: &[u8]) -> String {
    String::from_utf8_lossy(payload).into_owned()
}

/// What a request will be called back with, and its userData.
#[derive(Debug)]
pub struct Pending<T>(pub Receiver<T>, pub *mut c_void);

// SAFETY: userData is only an address here.
unsafe impl<T: Send> Send for Pending<T> {}

impl<T: Debug> Pending<T> {
    /// Waits for the callback.
    #[track_caller]
    pub fn wait(&self) -> T {
        self.0.recv_timeout(PATIENCE).expect("the request is called back")
    }

    /// Asserts that there was no callback, or no other one; to be asked when there can be none any longer.
    #[track_caller]
    pub fn assert_silent(&self) {
        if let Ok(told) = self.0.try_recv() {
            panic!("called back once more: {told:?}");
        }
    }

    /// Whether it was not called back and can still be; for asserting that it was not.
    pub fn is_open(&self) -> bool {
        self.0.try_recv().is_err_and(|error| error == mpsc::TryRecvError::Empty)
    }
}

/// Submits something with a callback that sends what `read` makes of status and payload.
pub fn try_submit<T: Send + 'static>(
    read: impl Fn(c_int, &[u8]) -> T + Send + 'static,
    submit: impl FnOnce(Option<FFICallBack>, *mut c_void) -> c_int,
) -> (c_int, Pending<T>) {
    let (sender, receiver) = mpsc::channel();
    let (cb, user_data) = callback(move |ret, payload| drop(sender.send(read(ret, payload))));
    (submit(cb, user_data), Pending(receiver, user_data))
}

/// Submits what has to be accepted, waits until it is called back, and asserts that it is so once.
#[track_caller]
pub fn run<T: Debug + Send + 'static>(
    read: impl Fn(c_int, &[u8]) -> T + Send + 'static,
    submit: impl FnOnce(Option<FFICallBack>, *mut c_void) -> c_int,
) -> T {
    let (ret, pending) = try_submit(read, submit);
    assert_eq!(ret, 0, "it is accepted");
    let told = pending.wait();
    pending.assert_silent();
    told
}
