//! What a library calls that is served: the C ends of replies, listeners and host functions.

use super::Functions;
use crate::abi::types::{FFI_FORMAT_CBOR, FFIHostFnOptions};
use crate::sync::Mutex;
use ffihost_ipc::{HostFunction, Listener, Reply, Status};
use std::collections::HashMap;
use std::ffi::{c_char, c_int, c_void};
use std::ptr;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

/// The bytes that a callback is passed.
///
/// # Safety
///
/// `msg` points to `len` bytes that live for `'a`; `ffihost.h` promises that it is never NULL.
pub unsafe fn bytes<'a>(msg: *const c_char, len: usize) -> &'a [u8] {
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
pub(super) fn keep(reply: Reply) -> *mut c_void {
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
pub(super) fn take(user_data: *mut c_void) -> Option<Reply> {
    REPLIES.lock().waiting.remove(&user_data.addr())
}

/// The callback of a request that was submitted with what [`keep`] gave.
///
/// # Safety
///
/// As for any request.
pub(super) unsafe extern "C" fn replied(ret: c_int, msg: *const c_char, len: usize, user_data: *mut c_void) {
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

/// The callback of a listener, whose userData points to an [`ffihost_ipc::Listener`].
///
/// # Safety
///
/// As for any listener; what userData points to outlives it.
pub(super) unsafe extern "C" fn heard(_: c_int, msg: *const c_char, len: usize, user_data: *mut c_void) {
    // SAFETY: the contract of the callback, and the caller's.
    unsafe { (*user_data.cast::<Listener>()).event(bytes(msg, len)) }
}

/// What a host function is registered with, that a client at the other end of a connection is.
pub(super) struct Registration {
    function: HostFunction,
    functions: Arc<dyn Functions>,
}

impl Registration {
    /// The options to register it with: what they own is given back by [`released`](Self::released), also if they were never
    /// taken. `functions` settle a call that cannot be passed on.
    pub(super) fn options(function: HostFunction, functions: Arc<dyn Functions>) -> FFIHostFnOptions {
        let milliseconds = |deadline: Duration| u64::try_from(deadline.as_millis()).unwrap_or(u64::MAX);
        FFIHostFnOptions {
            function: Some(Self::called),
            cancel: Some(Self::cancelled),
            release: Some(Self::released),
            max_in_flight: function.max_in_flight,
            deadline_ms: function.deadline.map_or(0, milliseconds),
            user_data: Box::into_raw(Box::new(Self { function, functions })).cast(),
            ..Self::none()
        }
    }

    /// The options to take a registration back with.
    pub(super) fn none() -> FFIHostFnOptions {
        FFIHostFnOptions {
            size: size_of::<FFIHostFnOptions>(),
            function: None,
            cancel: None,
            release: None,
            user_data: ptr::null_mut(),
            format: FFI_FORMAT_CBOR,
            max_in_flight: 0,
            deadline_ms: 0,
        }
    }

    unsafe extern "C" fn called(token: u64, req: *const c_char, len: usize, user_data: *mut c_void) {
        // SAFETY: the library releases it later than its last call; the bytes live during this one.
        let (registration, payload) = unsafe { (&*user_data.cast::<Self>(), bytes(req, len)) };
        if let Err(refusal) = registration.function.call(token, payload) {
            // Nobody else knows of the call, so it is open.
            let _settled = registration.functions.complete(token, refusal.status.code(), refusal.text.as_bytes());
        }
    }

    unsafe extern "C" fn cancelled(token: u64, user_data: *mut c_void) {
        // SAFETY: as above.
        unsafe { (*user_data.cast::<Self>()).function.cancel(token) }
    }

    /// # Safety
    ///
    /// userData is that of [`options`](Self::options), and nobody uses it any more.
    pub(super) unsafe extern "C" fn released(user_data: *mut c_void) {
        // SAFETY: called once, and last.
        drop(unsafe { Box::from_raw(user_data.cast::<Self>()) });
    }
}
