//! A host in Rust that uses nothing but the C ABI: C types as `docs/abi.md` has them, callbacks that are counted, and what
//! every library exports. Each test file has a library of its own, all of them named `my_app`.
#![allow(dead_code, unreachable_pub, reason = "each test file uses a part of it")]
#![allow(clippy::allow_attributes, reason = "whether the expectation above holds differs between test files")]

pub use ciborium::Value;
pub use ffihost::abi::types::{FFICallBack, FFIHostFn, FFIHostFnOptions, FFIStats};
use std::any::Any;
use std::ffi::CString;
pub use std::ffi::{c_char, c_int, c_void};
use std::fmt::Debug;
use std::ptr;
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Longer than anything in a test takes: a test that waits this long has failed.
pub const PATIENCE: Duration = Duration::from_secs(300);

/// For the limits of a close and of a call that are not to be reached, on whatever machine.
pub const NEVER: Duration = Duration::from_secs(3_600);

pub const OK: c_int = 0;
pub const ERR: c_int = 1;
pub const MISSING_CALLBACK: c_int = 2;
pub const INVALID_CTX: c_int = 4;
pub const UNKNOWN_TOKEN: c_int = 5;
pub const INVALID_ARGUMENT: c_int = 6;
pub const BUSY: c_int = 8;
pub const TOO_LARGE: c_int = 9;
pub const PANIC: c_int = 10;
pub const CANCELLED: c_int = 15;
pub const DECODE: c_int = 16;

unsafe extern "C" {
    pub safe fn my_app_destroy(ctx: *mut c_void) -> c_int;
    pub safe fn my_app_cancel(ctx: *mut c_void, user_data: *mut c_void) -> c_int;
    pub safe fn my_app_register_host_fn(
        c: *mut c_void,
        n: *const c_char,
        f: Option<FFIHostFn>,
        u: *mut c_void,
    ) -> c_int;
    pub safe fn my_app_register_host_fn_cbor(
        c: *mut c_void,
        n: *const c_char,
        f: Option<FFIHostFn>,
        u: *mut c_void,
    ) -> c_int;
    pub safe fn my_app_register_host_fn_with(
        c: *mut c_void,
        n: *const c_char,
        options: *const FFIHostFnOptions,
    ) -> c_int;
    pub safe fn my_app_host_complete(c: *mut c_void, token: u64, ret: c_int, msg: *const c_char, len: usize) -> c_int;
    pub safe fn my_app_add_event_listener(
        c: *mut c_void,
        e: *const c_char,
        cb: Option<FFICallBack>,
        u: *mut c_void,
    ) -> u64;
    pub safe fn my_app_add_event_listener_cbor(
        c: *mut c_void,
        e: *const c_char,
        cb: Option<FFICallBack>,
        u: *mut c_void,
    ) -> u64;
    pub safe fn my_app_remove_event_listener(ctx: *mut c_void, listener: u64) -> c_int;
    pub safe fn my_app_abi_descriptor(bytes: *mut *const u8, len: *mut usize) -> c_int;
    pub safe fn my_app_abi_hash() -> u64;
    pub safe fn my_app_stats(ctx: *mut c_void, out: *mut FFIStats) -> c_int;
}

// ---------------------------------------------------------------------------------------------------------- C types

/// `FFIString` and `FFIBytes`.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Str {
    pub data: *const u8,
    pub len: usize,
}

impl Str {
    pub fn of(bytes: &(impl AsRef<[u8]> + ?Sized)) -> Self {
        let bytes = bytes.as_ref();
        Self { data: bytes.as_ptr(), len: bytes.len() }
    }

    /// # Safety
    ///
    /// It points to so many bytes.
    pub unsafe fn bytes(self) -> Vec<u8> {
        // SAFETY: the caller's contract.
        if self.len == 0 { Vec::new() } else { unsafe { std::slice::from_raw_parts(self.data, self.len) }.to_vec() }
    }

    /// # Safety
    ///
    /// It points to so many bytes.
    pub unsafe fn text(self) -> String {
        // SAFETY: the caller's contract.
        String::from_utf8(unsafe { self.bytes() }).expect("the library passes UTF-8")
    }
}

/// `MyAppTList`
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct List<T> {
    pub data: *const T,
    pub len: usize,
}

impl<T: Copy> List<T> {
    pub fn of(values: &[T]) -> Self {
        Self { data: values.as_ptr(), len: values.len() }
    }

    /// # Safety
    ///
    /// It points to so many values.
    pub unsafe fn values(self) -> Vec<T> {
        // SAFETY: the caller's contract.
        if self.len == 0 { Vec::new() } else { unsafe { std::slice::from_raw_parts(self.data, self.len) }.to_vec() }
    }
}

/// `MyAppOptionalT`
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Optional<T> {
    pub present: bool,
    pub value: T,
}

/// `MyAppTEntry`
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Entry<T> {
    pub key: Str,
    pub value: T,
}

// -------------------------------------------------------------------------------------------------------- callbacks

/// Keeps a value for ever and returns its address as userData, so that a call too many would be noticed and not crash. What
/// is kept stays reachable, or a leak checker would report it, and the library's leaks among it.
pub fn keep<T: Send + Sync + 'static>(value: T) -> *mut c_void {
    static KEPT: Mutex<Vec<&(dyn Any + Send + Sync)>> = Mutex::new(Vec::new());
    let kept: &'static T = Box::leak(Box::new(value));
    KEPT.lock().expect("not poisoned").push(kept);
    ptr::from_ref(kept).cast_mut().cast()
}

type Told = Box<dyn FnMut(c_int, &[u8]) + Send>;

extern "C" fn on_told(ret: c_int, msg: *const c_char, len: usize, user_data: *mut c_void) {
    assert!(!msg.is_null(), "msg is never NULL");
    // SAFETY: the library passes `len` bytes that live during this call, and userData is kept.
    let (bytes, told) =
        unsafe { (std::slice::from_raw_parts(msg.cast::<u8>(), len), &*user_data.cast::<Mutex<Told>>()) };
    (told.lock().expect("not poisoned"))(ret, bytes);
}

/// A C callback that calls `told` with status and payload.
pub fn callback(told: impl FnMut(c_int, &[u8]) + Send + 'static) -> Given {
    (Some(on_told), keep(Mutex::new(Box::new(told) as Told)))
}

/// Callback and userData.
pub type Given = (Option<FFICallBack>, *mut c_void);

/// What a request is called back with, and whatever was made of it while it was there.
#[derive(Debug)]
pub struct Pending<T>(pub Receiver<(c_int, T)>, pub *mut c_void);

impl<T: Debug> Pending<T> {
    /// Waits for the callback.
    #[track_caller]
    pub fn wait(&self) -> (c_int, T) {
        self.0.recv_timeout(PATIENCE).expect("the request is called back")
    }

    /// Asserts that there was no callback, or no other one; to be asked when there can be none any more.
    #[track_caller]
    pub fn assert_silent(&self) {
        if let Ok(told) = self.0.try_recv() {
            panic!("called back: {told:?}");
        }
    }
}

/// Submits something, and reads the payload with `read` in the callback.
pub fn try_submit<T: Send + 'static>(
    read: impl Fn(c_int, &[u8]) -> T + Send + 'static,
    submit: impl FnOnce(Option<FFICallBack>, *mut c_void) -> c_int,
) -> (c_int, Pending<T>) {
    let (sender, receiver) = mpsc::channel();
    let (cb, user_data) = callback(move |ret, payload| drop(sender.send((ret, read(ret, payload)))));
    let ret = submit(cb, user_data);
    (ret, Pending(receiver, user_data))
}

/// Submits what has to be accepted, and waits for it.
#[track_caller]
pub fn run<T: Debug + Send + 'static>(
    read: impl Fn(c_int, &[u8]) -> T + Send + 'static,
    submit: impl FnOnce(Option<FFICallBack>, *mut c_void) -> c_int,
) -> (c_int, T) {
    let (ret, pending) = try_submit(read, submit);
    assert_eq!(ret, OK, "it is accepted");
    let told = pending.wait();
    pending.assert_silent();
    told
}

/// Reads a payload that is text.
pub fn text(_: c_int, payload: &[u8]) -> String {
    String::from_utf8_lossy(payload).into_owned()
}

/// Reads a payload that is CBOR, or text for people.
pub fn cbor(ret: c_int, payload: &[u8]) -> Value {
    if ret <= ERR { parse(payload) } else { Value::Text(text(ret, payload)) }
}

/// Reads a payload that is a C type, without regard for alignment.
///
/// # Safety
///
/// Every bit pattern is a `C`.
#[track_caller]
pub unsafe fn c_value<C: Copy>(payload: &[u8]) -> C {
    assert_eq!(payload.len(), size_of::<C>(), "the payload is of the C type's size");
    // SAFETY: so many bytes are there.
    unsafe { payload.as_ptr().cast::<C>().read_unaligned() }
}

/// The bytes of a C type, for an answer.
pub fn bytes_of<C: Copy>(value: &C) -> &[u8] {
    // SAFETY: what is padding in it is copied and never looked at.
    unsafe { std::slice::from_raw_parts(ptr::from_ref(value).cast(), size_of::<C>()) }
}

// -------------------------------------------------------------------------------------------------------------- CBOR

#[track_caller]
pub fn parse(bytes: &[u8]) -> Value {
    let mut left = bytes;
    let value = ciborium::from_reader(&mut left).expect("the library writes CBOR");
    assert!(left.is_empty(), "one value");
    value
}

pub fn write(value: &Value) -> Vec<u8> {
    let mut bytes = Vec::new();
    ciborium::into_writer(value, &mut bytes).expect("a Vec takes every byte");
    bytes
}

/// A map with these keys.
pub fn map<const N: usize>(entries: [(&str, Value); N]) -> Value {
    Value::Map(entries.into_iter().map(|(key, value)| (key.into(), value)).collect())
}

/// Runs a `_cbor` export with a map of arguments.
#[track_caller]
pub fn run_cbor(export: CborExport, ctx: Context, args: &Value) -> (c_int, Value) {
    let req = write(args);
    run(cbor, |cb, user_data| export(ctx.0, cb, user_data, req.as_ptr(), req.len()))
}

pub type CborExport = extern "C" fn(*mut c_void, Option<FFICallBack>, *mut c_void, *const u8, usize) -> c_int;

/// Declares `_cbor` exports of requests with a receiver: `cbor_exports!(login = "my_app_login_cbor", …)`.
#[allow(unused_macros, reason = "not every test file has some")]
macro_rules! cbor_exports {
    ($($name:ident = $symbol:literal),* $(,)?) => {
        unsafe extern "C" {
            $(
                #[link_name = $symbol]
                safe fn $name(ctx: *mut c_void, cb: Option<FFICallBack>, ud: *mut c_void, req: *const u8, len: usize) -> c_int;
            )*
        }
    };
}
#[allow(unused_imports, reason = "not every test file has some")]
pub(crate) use cbor_exports;

// ----------------------------------------------------------------------------------------------------------- context

/// A context, as a host has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Context(pub *mut c_void);

// SAFETY: a ctx is a number that may be used on any thread.
unsafe impl Send for Context {}
// SAFETY: as above.
unsafe impl Sync for Context {}

impl Context {
    /// Made by `create`, which is given callback, userData and where the ctx goes; waits until it is constructed.
    #[track_caller]
    pub fn made(create: impl FnOnce(Option<FFICallBack>, *mut c_void, *mut *mut c_void) -> c_int) -> Self {
        let (ctx, told) = Self::try_made(create);
        assert_eq!(told, (OK, String::new()));
        ctx
    }

    /// As [`made`](Self::made), but the constructor may fail.
    #[track_caller]
    pub fn try_made(
        create: impl FnOnce(Option<FFICallBack>, *mut c_void, *mut *mut c_void) -> c_int,
    ) -> (Self, (c_int, String)) {
        let mut ctx = ptr::null_mut();
        let told = run(text, |cb, user_data| create(cb, user_data, &raw mut ctx));
        (Self(ctx), told)
    }

    /// For closures that go to other threads, which take what they name and no more.
    pub fn raw(self) -> *mut c_void {
        self.0
    }

    pub fn destroy(self) -> c_int {
        my_app_destroy(self.0)
    }

    #[track_caller]
    pub fn stats(self) -> FFIStats {
        let mut stats = FFIStats::default();
        assert_eq!(my_app_stats(self.0, &raw mut stats), OK);
        stats
    }

    /// Waits until the context's numbers are as asked for.
    #[track_caller]
    pub fn wait_for(self, what: &str, holds: impl Fn(&FFIStats) -> bool) {
        wait_until(what, || holds(&self.stats()));
    }

    /// Answers a call.
    pub fn complete(self, token: u64, ret: c_int, payload: &[u8]) -> c_int {
        my_app_host_complete(self.0, token, ret, payload.as_ptr().cast(), payload.len())
    }

    /// Answers a call with a C type.
    pub fn complete_c<C: Copy>(self, token: u64, ret: c_int, value: &C) -> c_int {
        self.complete(token, ret, bytes_of(value))
    }

    /// Answers a call with CBOR.
    pub fn complete_cbor(self, token: u64, ret: c_int, value: &Value) -> c_int {
        self.complete(token, ret, &write(value))
    }

    /// Registers a host function, which is given the token and the arguments.
    #[track_caller]
    pub fn register(
        self,
        name: &str,
        format: i32,
        asked: impl Fn(Self, u64, &[u8]) + Send + Sync + 'static,
    ) -> Arc<Log> {
        let log = Arc::<Log>::default();
        let function = Function { ctx: self, asked: Box::new(asked), log: Arc::clone(&log) };
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
        let name = CString::new(name).expect("no NUL");
        assert_eq!(my_app_register_host_fn_with(self.0, name.as_ptr(), &raw const options), OK);
        log
    }

    /// Registers a host function that leaves calls open: each is sent, with what `read` makes of its arguments.
    #[track_caller]
    pub fn leave_open<T: Send + 'static>(
        self,
        name: &str,
        format: i32,
        read: impl Fn(&[u8]) -> T + Send + Sync + 'static,
    ) -> (Asked<T>, Arc<Log>) {
        let (sender, receiver) = mpsc::channel();
        let log = self.register(name, format, move |_, token, req| drop(sender.send((token, read(req)))));
        (Asked(receiver), log)
    }

    /// Adds a listener, which is given each payload.
    #[track_caller]
    pub fn listen(self, event: &str, format: i32, heard: impl FnMut(&[u8]) + Send + 'static) -> u64 {
        let mut heard = heard;
        let (cb, user_data) = callback(move |ret, payload| {
            assert_eq!(ret, OK);
            heard(payload);
        });
        let event = CString::new(event).expect("no NUL");
        let add = if format == NATIVE { my_app_add_event_listener } else { my_app_add_event_listener_cbor };
        let listener = add(self.0, event.as_ptr(), cb, user_data);
        assert_ne!(listener, 0, "the listener is added");
        listener
    }
}

pub const NATIVE: i32 = 0;
pub const CBOR: i32 = 1;
pub const BOTH: [i32; 2] = [NATIVE, CBOR];

/// The calls that a host function has left open.
#[derive(Debug)]
pub struct Asked<T>(Receiver<(u64, T)>);

impl<T> Asked<T> {
    /// Waits for the next.
    #[track_caller]
    pub fn next(&self) -> (u64, T) {
        self.0.recv_timeout(PATIENCE).expect("the host function is called")
    }
}

type Answerer = Box<dyn Fn(Context, u64, &[u8]) + Send + Sync>;

struct Function {
    ctx: Context,
    asked: Answerer,
    log: Arc<Log>,
}

/// What happened to a registration.
#[derive(Debug, Default)]
pub struct Log {
    pub asked: Mutex<Vec<u64>>,
    pub cancelled: Mutex<Vec<u64>>,
    pub released: Mutex<u32>,
}

impl Log {
    pub fn asked(&self) -> usize {
        self.asked.lock().expect("not poisoned").len()
    }

    pub fn cancelled(&self) -> Vec<u64> {
        self.cancelled.lock().expect("not poisoned").clone()
    }

    pub fn released(&self) -> u32 {
        *self.released.lock().expect("not poisoned")
    }
}

extern "C" fn on_asked(token: u64, req: *const c_char, len: usize, user_data: *mut c_void) {
    assert!(!req.is_null(), "req is never NULL");
    // SAFETY: the library passes `len` bytes that live during this call, and userData is kept.
    let (req, function) =
        unsafe { (std::slice::from_raw_parts(req.cast::<u8>(), len), &*user_data.cast::<Function>()) };
    assert_eq!(function.log.released(), 0, "userData is released while it is in use");
    function.log.asked.lock().expect("not poisoned").push(token);
    (function.asked)(function.ctx, token, req);
}

extern "C" fn on_cancelled(token: u64, user_data: *mut c_void) {
    // SAFETY: userData is kept.
    let function = unsafe { &*user_data.cast::<Function>() };
    function.log.cancelled.lock().expect("not poisoned").push(token);
}

extern "C" fn on_released(user_data: *mut c_void) {
    // SAFETY: userData is kept.
    let function = unsafe { &*user_data.cast::<Function>() };
    *function.log.released.lock().expect("not poisoned") += 1;
}

/// Waits for something that another thread is about to do.
#[track_caller]
pub fn wait_until(what: &str, holds: impl Fn() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < PATIENCE, "waited in vain until {what}");
        std::thread::sleep(Duration::from_micros(200));
    }
}

/// What a listener or a host function heard, for the test's thread.
pub fn heard<T: Send + 'static>() -> (Sender<T>, impl Fn() -> T) {
    let (sender, receiver) = mpsc::channel();
    (sender, move || receiver.recv_timeout(PATIENCE).expect("it is heard"))
}

/// The library, as its descriptor says.
#[track_caller]
pub fn library() -> ffihost_schema::Library {
    ffihost_schema::Library::from_document(document()).expect("the descriptor can be read")
}

/// The descriptor, as the running library has it.
#[track_caller]
pub fn document() -> &'static [u8] {
    let (mut bytes, mut len) = (ptr::null(), 0);
    assert_eq!(my_app_abi_descriptor(&raw mut bytes, &raw mut len), OK);
    // SAFETY: static storage, of that length.
    unsafe { std::slice::from_raw_parts(bytes, len) }
}
