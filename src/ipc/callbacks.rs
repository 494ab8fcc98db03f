//! What a library calls that is served: the C ends of replies, listeners and host functions.

use super::Functions;
use super::handles::{Handles, pass};
use crate::abi::types::{FFI_FORMAT_CBOR, FFIHostFnOptions, FOR_CLIENT};
use crate::sync::Mutex;
use ffihost_ipc::{HostFunction, Listener, Reply, Status};
use std::collections::HashMap;
use std::ffi::{c_char, c_int, c_void};
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering};
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

/// A request that was submitted.
pub(super) struct Waiting {
    pub(super) reply: Reply,
    /// If its outcome can hold handles.
    pub(super) lends: Option<Arc<Handles>>,
}

/// Requests that were submitted, by the userData that they were submitted with: numbers that are not used again, so that a
/// late cancellation means no other request.
static REPLIES: LazyLock<Mutex<Replies>> = LazyLock::new(Mutex::default);

#[derive(Default)]
struct Replies {
    waiting: HashMap<usize, Waiting>,
    last: usize,
}

/// Keeps a request until its callback, and gives what to submit it with.
pub(super) fn keep(request: Waiting) -> *mut c_void {
    let mut replies = REPLIES.lock();
    // On 32 bits the numbers start over; 0 would be no userData to cancel by.
    let number = loop {
        replies.last = replies.last.wrapping_add(1);
        if replies.last != 0 && !replies.waiting.contains_key(&replies.last) {
            break replies.last;
        }
    };
    replies.waiting.insert(number, request);
    ptr::without_provenance_mut(number)
}

/// Takes a request back.
pub(super) fn take(user_data: *mut c_void) -> Option<Waiting> {
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
        // It stays where it is, for its terminal call may come at any time. It wakes a task, which no lock is held for.
        let warning = REPLIES.lock().waiting.get(&user_data.addr()).and_then(|request| request.reply.warning());
        if let Some(warning) = warning {
            warning.tell(Duration::from_millis(elapsed));
        }
    } else if let Some(Waiting { reply, lends }) = take(user_data) {
        pass(lends.as_deref(), ret, payload, |lent| reply.lend(ret, payload, lent));
    }
}

/// What a listener is added with.
struct Listening {
    listener: Listener,
    /// If the event can hold handles.
    lends: Option<Arc<Handles>>,
    /// It was removed while it was still called: the call that runs is the last one.
    leaving: AtomicBool,
}

/// Listeners by the userData that they were added with: numbers that are not used again. A library that calls one that is
/// not there any more calls nobody, so no status of the library's decides about memory.
static LISTENERS: LazyLock<Mutex<Listeners>> = LazyLock::new(Mutex::default);

#[derive(Default)]
struct Listeners {
    present: HashMap<usize, Arc<Listening>>,
    last: usize,
}

/// A listener that the library may call, as long as this lives or its last call runs.
pub(super) struct Present(usize);

impl Present {
    pub(super) fn new(listener: Listener, lends: Option<Arc<Handles>>) -> Self {
        let listening = Arc::new(Listening { listener, lends, leaving: AtomicBool::new(false) });
        let mut listeners = LISTENERS.lock();
        let number = loop {
            listeners.last = listeners.last.wrapping_add(1);
            if listeners.last != 0 && !listeners.present.contains_key(&listeners.last) {
                break listeners.last;
            }
        };
        listeners.present.insert(number, listening);
        Self(number)
    }

    /// What it is added with.
    pub(super) fn user_data(&self) -> *mut c_void {
        ptr::without_provenance_mut(self.0)
    }

    /// The library still calls it, once: it goes when that call ends.
    pub(super) fn leave(&self) {
        if let Some(listening) = LISTENERS.lock().present.get(&self.0) {
            listening.leaving.store(true, Ordering::Relaxed);
        }
    }
}

impl Drop for Present {
    fn drop(&mut self) {
        forget(self.0);
    }
}

/// Forgets a listener; dropped under no lock.
fn forget(number: usize) {
    let gone = LISTENERS.lock().present.remove(&number);
    drop(gone);
}

/// The callback of a listener, whose userData is a number of [`Present`].
///
/// # Safety
///
/// As for any listener.
pub(super) unsafe extern "C" fn heard(ret: c_int, msg: *const c_char, len: usize, user_data: *mut c_void) {
    let found = LISTENERS.lock().present.get(&user_data.addr()).map(Arc::clone);
    let Some(listening) = found else { return };
    // SAFETY: the contract of the callback.
    let payload = unsafe { bytes(msg, len) };
    pass(listening.lends.as_deref(), ret, payload, |lent| listening.listener.event(payload, lent));
    if listening.leaving.load(Ordering::Relaxed) {
        forget(user_data.addr());
    }
}

/// What a host function is registered with, that a client at the other end of a connection is.
pub(super) struct Registration {
    pub(super) function: HostFunction,
    /// If a call can hold handles.
    pub(super) lends: Option<Arc<Handles>>,
    /// If an answer can hold handles.
    pub(super) takes: Option<Arc<Handles>>,
    /// What settles a call that cannot be passed on.
    pub(super) functions: Arc<dyn Functions>,
}

impl Registration {
    /// The options to register it with: what they own is given back by [`released`](Self::released), also if they were never
    /// taken.
    pub(super) fn options(self) -> FFIHostFnOptions {
        let milliseconds = |deadline: Duration| u64::try_from(deadline.as_millis()).unwrap_or(u64::MAX);
        FFIHostFnOptions {
            function: Some(Self::called),
            cancel: Some(Self::cancelled),
            release: Some(Self::released),
            max_in_flight: self.function.max_in_flight,
            deadline_ms: self.function.deadline.map_or(0, milliseconds),
            user_data: Box::into_raw(Box::new(self)).cast(),
            ..Self::none()
        }
    }

    /// The options to take the very registration back that was made with this userData.
    pub(super) fn take_back(user_data: *mut c_void) -> FFIHostFnOptions {
        FFIHostFnOptions { user_data, ..Self::none() }
    }

    fn none() -> FFIHostFnOptions {
        FFIHostFnOptions {
            size: size_of::<FFIHostFnOptions>(),
            function: None,
            cancel: None,
            release: None,
            user_data: ptr::null_mut(),
            format: FFI_FORMAT_CBOR | FOR_CLIENT,
            max_in_flight: 0,
            deadline_ms: 0,
        }
    }

    unsafe extern "C" fn called(token: u64, req: *const c_char, len: usize, user_data: *mut c_void) {
        // SAFETY: the library releases it later than its last call; the bytes live during this one.
        let (Self { function, lends, takes, functions }, payload) = unsafe { (&*user_data.cast(), bytes(req, len)) };
        let mut refused = None;
        if let Some(takes) = takes {
            takes.expect(token);
        }
        pass(lends.as_deref(), Status::Ok.code(), payload, |lent| {
            refused = function.call(token, payload, lent).err();
            refused.is_none()
        });
        if let Some(refusal) = refused {
            if let Some(takes) = takes {
                takes.forget(token);
            }
            // Nobody else knows of the call, so it is open.
            let _settled = functions.complete(token, refusal.status.code(), refusal.text.as_bytes());
        }
    }

    unsafe extern "C" fn cancelled(token: u64, user_data: *mut c_void) {
        // SAFETY: as above.
        let Self { function, takes, .. } = unsafe { &*user_data.cast() };
        if let Some(takes) = takes {
            takes.forget(token);
        }
        function.cancel(token);
    }

    /// # Safety
    ///
    /// userData is that of [`options`](Self::options), and nobody uses it any more.
    pub(super) unsafe extern "C" fn released(user_data: *mut c_void) {
        // SAFETY: called once, and last.
        drop(unsafe { Box::from_raw(user_data.cast::<Self>()) });
    }
}
