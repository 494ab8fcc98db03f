//! What a library calls that is served: the C ends of replies, listeners and host functions. No panic leaves them.

use super::Functions;
use super::handles::{Handles, pass};
use super::kept::Kept;
use crate::abi::types::{FFI_FORMAT_CBOR, FFIHostFnOptions};
use crate::panic::contain_call;
use ffihost_ipc::{HostFunction, Listener, Reply, Status};
use std::ffi::{c_char, c_int, c_void};
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

/// Requests that were submitted, until their terminal calls.
static REPLIES: LazyLock<Kept<Waiting>> = LazyLock::new(Kept::default);

/// Keeps a request until its callback, and returns what to submit it with.
pub(super) fn keep(request: Waiting) -> *mut c_void {
    REPLIES.keep(request)
}

/// Takes a request back.
pub(super) fn take(user_data: *mut c_void) -> Option<Waiting> {
    REPLIES.take(user_data)
}

/// The callback of a request that was submitted with what [`keep`] gave.
///
/// # Safety
///
/// As for any request.
pub(super) unsafe extern "C" fn replied(ret: c_int, msg: *const c_char, len: usize, user_data: *mut c_void) {
    // SAFETY: the contract of the callback.
    let payload = unsafe { bytes(msg, len) };
    contain_call(|| reply_with(ret, payload, user_data));
}

fn reply_with(ret: c_int, payload: &[u8], user_data: *mut c_void) {
    if ret == Status::StaleWarn.code() {
        let elapsed = str::from_utf8(payload).ok().and_then(|text| text.parse().ok()).unwrap_or(0);
        // The request stays where a terminal call, which may come at the same time, finds it. The warning wakes a task, which
        // no lock is held for.
        if let Some(Some(warning)) = REPLIES.get(user_data, |request| request.reply.warning()) {
            warning.send(Duration::from_millis(elapsed));
        }
    } else if let Some(Waiting { reply, lends }) = take(user_data) {
        pass(lends.as_deref(), ret, payload, |handles| reply.end_with_handles(ret, payload, handles));
    }
}

/// What a listener is added with.
pub(super) struct Listening {
    pub(super) listener: Listener,
    /// If the event can hold handles.
    pub(super) lends: Option<Arc<Handles>>,
}

/// Listeners that were added, until they are removed; each delivery has a share of its own while it runs.
static LISTENERS: LazyLock<Kept<Arc<Listening>>> = LazyLock::new(Kept::default);

/// Keeps a listener until it is let go of, and returns what to add it with.
pub(super) fn keep_listener(listening: Listening) -> *mut c_void {
    LISTENERS.keep(Arc::new(listening))
}

/// Lets go of a listener: a delivery that runs has its share until it ends, and one that begins finds nothing.
pub(super) fn let_go_of_listener(user_data: *mut c_void) {
    drop(LISTENERS.take(user_data));
}

/// The callback of a listener, whose userData [`keep_listener`] gave.
///
/// # Safety
///
/// As for any listener.
pub(super) unsafe extern "C" fn delivered(ret: c_int, msg: *const c_char, len: usize, user_data: *mut c_void) {
    let Some(listening) = LISTENERS.get(user_data, Arc::clone) else { return };
    // SAFETY: the contract of the callback.
    let payload = unsafe { bytes(msg, len) };
    contain_call(|| {
        let Listening { listener, lends } = &*listening;
        pass(lends.as_deref(), ret, payload, |handles| listener.event(payload, handles));
    });
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
            size: size_of::<FFIHostFnOptions>(),
            format: FFI_FORMAT_CBOR,
            user_data: Box::into_raw(Box::new(self)).cast(),
        }
    }

    unsafe extern "C" fn called(token: u64, req: *const c_char, len: usize, user_data: *mut c_void) {
        // SAFETY: the library releases it later than its last call; the bytes live during this one.
        let (registration, payload) = unsafe { (&*user_data.cast::<Self>(), bytes(req, len)) };
        contain_call(|| registration.call(token, payload));
    }

    fn call(&self, token: u64, payload: &[u8]) {
        let Self { function, lends, takes, functions } = self;
        let mut refused = None;
        if let Some(takes) = takes {
            takes.expect(token);
        }
        pass(lends.as_deref(), Status::Ok.code(), payload, |handles| {
            refused = function.call(token, payload, handles).err();
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
        contain_call(|| {
            if let Some(takes) = takes {
                takes.forget(token);
            }
            function.cancel(token);
        });
    }

    /// # Safety
    ///
    /// userData is that of [`options`](Self::options), and nobody uses it after this.
    pub(super) unsafe extern "C" fn released(user_data: *mut c_void) {
        // SAFETY: called once, and last.
        let registration = unsafe { Box::from_raw(user_data.cast::<Self>()) };
        contain_call(|| drop(registration));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ffihost_ipc::{Client, ClientHandles, Refusal, ServerInfo, Service};
    use std::ptr;
    use std::sync::Barrier;
    use std::thread;
    use tokio::sync::mpsc;

    /// Hands the duties to reply to the test.
    struct Replies(mpsc::UnboundedSender<Reply>);

    impl Service for Replies {
        fn request(&self, _: &str, _: &[u8], reply: Reply) -> u64 {
            self.0.send(reply).expect("the test waits");
            0
        }

        fn cancel(&self, _: u64) {}

        fn listen(&self, _: &str, _: Listener) -> Result<u64, Refusal> {
            Err(Refusal::new(Status::InvalidArgument, "no events"))
        }

        fn unlisten(&self, _: u64) {}

        fn register(&self, _: &str, _: HostFunction) -> Result<u64, Refusal> {
            Err(Refusal::new(Status::InvalidArgument, "no host functions"))
        }

        fn unregister(&self, _: &str, _: u64) {}

        fn complete(&self, _: u64, _: i32, _: &[u8], _: ClientHandles<'_>) -> Result<(), Status> {
            Err(Status::UnknownToken)
        }
    }

    fn call(status: Status, payload: &[u8], number: usize) {
        // SAFETY: the payload lives during the call, and userData is a number.
        unsafe {
            replied(status.code(), payload.as_ptr().cast(), payload.len(), ptr::without_provenance_mut(number));
        }
    }

    /// One thread warns, and another one ends the request.
    fn end_beside_warnings(number: usize) {
        let together = Barrier::new(2);
        thread::scope(|threads| {
            threads.spawn(|| {
                together.wait();
                (0..8).for_each(|_| call(Status::StaleWarn, b"17", number));
            });
            together.wait();
            call(Status::Ok, &[0xf6], number);
        });
    }

    async fn client(sender: mpsc::UnboundedSender<Reply>) -> Client {
        let (library, version) = ("replies".to_owned(), "1".to_owned());
        let info = ServerInfo { library, version, abi_hash: 0, descriptor: vec![0xf6], token: None };
        Client::in_process(Arc::new(Replies(sender)), info, async {}).await.expect("it takes everybody")
    }

    #[test]
    fn a_reply_beside_a_stale_warning_is_not_lost() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let (sender, mut replies) = mpsc::unbounded_channel();
            let client = client(sender).await;
            for round in 0..500 {
                let requested = client.clone();
                let waits = tokio::spawn(async move { requested.request("one", b"\xa0").await });
                let reply = replies.recv().await.expect("it is requested");
                let number = keep(Waiting { reply, lends: None }).addr();
                end_beside_warnings(number);
                assert!(take(ptr::without_provenance_mut(number)).is_none(), "the reply was lost in round {round}");
                assert_eq!(waits.await.expect("no panic").expect("it is replied to"), [0xf6]);
                call(Status::StaleWarn, b"17", number);
            }
        });
    }
}
