//! Callbacks, and what waits for them.

use ffihost::abi::types::FFICallBack;
use ffihost_ipc::{Reply, Status};
use parking_lot::Mutex;
use std::collections::HashMap;
use std::ffi::{c_char, c_int, c_void};
use std::ptr;
use std::sync::LazyLock;
use std::time::Duration;
use tokio::sync::oneshot;

/// The bytes that a callback is passed.
///
/// # Safety
///
/// `msg` points to `len` bytes that live for `'a`; `ffihost.h` promises that it is never NULL.
pub(crate) unsafe fn bytes<'a>(msg: *const c_char, len: usize) -> &'a [u8] {
    // SAFETY: the caller's contract.
    unsafe { std::slice::from_raw_parts(msg.cast(), len) }
}

/// Requests that were submitted, by the userData that they were submitted with: numbers that are not used again, so that a
/// late cancellation means no other request.
static REPLIES: LazyLock<Mutex<Replies>> = LazyLock::new(Mutex::default);

#[derive(Default)]
struct Replies {
    waiting: HashMap<usize, Reply>,
    last: usize,
}

/// Keeps a reply until its callback, and gives what to submit the request with.
pub(crate) fn keep(reply: Reply) -> *mut c_void {
    let mut replies = REPLIES.lock();
    // On 32 bits the numbers start over; 0 would be no userData to cancel by.
    let number = loop {
        replies.last = replies.last.wrapping_add(1);
        if replies.last != 0 && !replies.waiting.contains_key(&replies.last) {
            break replies.last;
        }
    };
    replies.waiting.insert(number, reply);
    ptr::without_provenance_mut(number)
}

/// Takes a reply back.
pub(crate) fn take(user_data: *mut c_void) -> Option<Reply> {
    REPLIES.lock().waiting.remove(&user_data.addr())
}

/// The callback of a request.
pub(crate) unsafe extern "C" fn replied(ret: c_int, msg: *const c_char, len: usize, user_data: *mut c_void) {
    // SAFETY: the contract of the callback.
    let payload = unsafe { bytes(msg, len) };
    if ret == Status::StaleWarn.code() {
        let elapsed = str::from_utf8(payload).ok().and_then(|text| text.parse().ok()).unwrap_or(0);
        // Taken out meanwhile, because it wakes a task, which no lock is held for.
        if let Some(reply) = take(user_data) {
            reply.stale(Duration::from_millis(elapsed));
            REPLIES.lock().waiting.insert(user_data.addr(), reply);
        }
    } else if let Some(reply) = take(user_data) {
        reply.end(ret, payload);
    }
}

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
