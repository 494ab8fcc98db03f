//! Registered host functions.

use crate::keep::keep;
use crate::wait::PATIENCE;
use ffihost_abi::types::FFIHostFnOptions;
use std::ffi::{c_char, c_void};
use std::slice;
use std::sync::mpsc::Receiver;
use std::sync::{Arc, Mutex, MutexGuard};

/// A call as the host function sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The call.
    pub token: u64,
    /// Its arguments, as text.
    pub text: String,
}

/// What happened to a registration.
#[derive(Debug, Default)]
pub struct Log {
    asked: Mutex<Vec<Asked>>,
    cancelled: Mutex<Vec<u64>>,
    released: Mutex<u32>,
}

impl Log {
    /// The calls so far, in order.
    pub fn asked(&self) -> Vec<Asked> {
        lock(&self.asked).clone()
    }

    /// The tokens that were cancelled, in order.
    pub fn cancelled(&self) -> Vec<u64> {
        lock(&self.cancelled).clone()
    }

    /// How often userData was released.
    pub fn released(&self) -> u32 {
        *lock(&self.released)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("not poisoned")
}

/// The calls that a host function has left open.
#[derive(Debug)]
pub struct Open<T>(pub(crate) Receiver<(u64, T)>);

impl<T> Open<T> {
    /// Waits for the next.
    #[track_caller]
    pub fn next(&self) -> (u64, T) {
        self.0.recv_timeout(PATIENCE).expect("the host function is called")
    }
}

/// Takes a token and the arguments.
type Answerer = Arc<dyn Fn(u64, &[u8]) + Send + Sync>;

/// What userData points to.
struct Function {
    /// None after the release.
    answerer: Mutex<Option<Answerer>>,
    log: Arc<Log>,
}

/// Options that register a closure, and what will happen to the registration.
pub(crate) fn options(
    format: i32,
    answerer: impl Fn(u64, &[u8]) + Send + Sync + 'static,
) -> (FFIHostFnOptions, Arc<Log>) {
    let log = Arc::new(Log::default());
    let answerer: Answerer = Arc::new(answerer);
    let function = Function { answerer: Mutex::new(Some(answerer)), log: Arc::clone(&log) };
    let options = FFIHostFnOptions {
        size: size_of::<FFIHostFnOptions>(),
        function: Some(on_asked),
        cancel: Some(on_cancelled),
        release: Some(on_released),
        user_data: keep(function),
        format,
        max_in_flight: 0,
        deadline_ms: 0,
    };
    (options, log)
}

extern "C" fn on_asked(token: u64, req: *const c_char, len: usize, user_data: *mut c_void) {
    assert!(!req.is_null(), "req is never NULL");
    // SAFETY: the library passes `len` bytes that live during this call, and userData is a function that is kept.
    let (req, function) = unsafe { (slice::from_raw_parts(req.cast::<u8>(), len), &*user_data.cast::<Function>()) };
    assert_eq!(function.log.released(), 0, "userData is released while it is in use");
    lock(&function.log.asked).push(Asked { token, text: String::from_utf8_lossy(req).into_owned() });
    let answerer = lock(&function.answerer).clone().expect("not released");
    answerer(token, req);
    assert_eq!(function.log.released(), 0, "userData is released during the invocation");
}

extern "C" fn on_cancelled(token: u64, user_data: *mut c_void) {
    // SAFETY: as in `on_asked`.
    let function = unsafe { &*user_data.cast::<Function>() };
    assert_eq!(function.log.released(), 0, "userData is released before the last cancel");
    lock(&function.log.cancelled).push(token);
}

extern "C" fn on_released(user_data: *mut c_void) {
    // SAFETY: as in `on_asked`.
    let function = unsafe { &*user_data.cast::<Function>() };
    *lock(&function.log.released) += 1;
    drop(lock(&function.answerer).take());
}
