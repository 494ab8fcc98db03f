//! A host that keeps [`IN_FLIGHT`] asynchronous requests in flight.

use crate::library::IN_FLIGHT;
use ffihost::abi::types::FFICallBack;
use std::ffi::{c_char, c_int, c_void};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

/// Submits one request, which calls [`Window::CALLBACK`] back with this userData.
pub type Submit<'a> = dyn FnMut(*mut c_void) + 'a;

/// The host's thread, and how many requests have called back.
#[derive(Debug)]
pub struct Window {
    done: AtomicU64,
    /// Unpark the thread when so many have.
    wanted: AtomicU64,
    thread: Thread,
}

impl Window {
    /// Takes note of one that has called back; its userData is what [`Submit`] is given.
    pub const CALLBACK: FFICallBack = Self::note;

    fn new() -> Self {
        Self { done: AtomicU64::new(0), wanted: AtomicU64::new(u64::MAX), thread: thread::current() }
    }

    fn user_data(&self) -> *mut c_void {
        std::ptr::from_ref(self).cast_mut().cast()
    }

    unsafe extern "C" fn note(ret: c_int, _: *const c_char, _: usize, user_data: *mut c_void) {
        assert_eq!(ret, 0, "the request succeeds");
        // SAFETY: it is the host that was passed, which lives until all have called back.
        let host = unsafe { &*user_data.cast::<Self>() };
        // One thread calls back, so this needs no read-modify-write, and the host cannot go before the last store. It may go
        // right after, so the thread is taken before.
        let done = host.done.load(Ordering::Relaxed) + 1;
        let last = (done == host.wanted.load(Ordering::Relaxed)).then(|| host.thread.clone());
        host.done.store(done, Ordering::Release);
        if let Some(thread) = last {
            thread.unpark();
        }
    }
}

/// Submits as long as fewer than [`IN_FLIGHT`] are out, and watches for callbacks otherwise.
pub fn keep_full(calls: u64, submit: &mut Submit<'_>) -> Duration {
    let host = Window::new();
    let start = Instant::now();
    for submitted in 0..calls {
        while submitted - host.done.load(Ordering::Acquire) >= IN_FLIGHT as u64 {
            std::hint::spin_loop();
        }
        submit(host.user_data());
    }
    while host.done.load(Ordering::Acquire) < calls {
        std::hint::spin_loop();
    }
    start.elapsed()
}

/// Submits [`IN_FLIGHT`], sleeps until all have called back, and goes on.
pub fn in_rounds(calls: u64, submit: &mut Submit<'_>) -> Duration {
    let host = Window::new();
    let start = Instant::now();
    let mut submitted = 0;
    while submitted < calls {
        let round = (calls - submitted).min(IN_FLIGHT as u64);
        submitted += round;
        host.wanted.store(submitted, Ordering::Relaxed);
        (0..round).for_each(|_| submit(host.user_data()));
        while host.done.load(Ordering::Acquire) < submitted {
            thread::park();
        }
    }
    start.elapsed()
}
