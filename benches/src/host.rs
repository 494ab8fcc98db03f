//! The C host of the library: what a program in C would do, through function pointers that the compiler cannot see through,
//! as after `dlsym`.
//!
//! The functions are declared by the test host. What is called while something is measured is the bench's own: the test host
//! keeps a log of each call, and allocates for each callback.

use crate::library::IN_FLIGHT;
use crossbeam_channel::{Receiver, Sender};
use ffihost::abi::types::{FFICallBack, FFIHostFn, FFIStats};
use ffihost::wire::native::Str;
use ffihost_test_host::Create;
use std::ffi::{CStr, c_char, c_int, c_void};
use std::hint::black_box;
use std::ops::Deref;
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// A request of the library's.
pub type Request = unsafe extern "C" fn(*mut c_void, Option<FFICallBack>, *mut c_void, *const u8, usize) -> c_int;

/// What every library has.
#[derive(Clone, Copy, Debug)]
#[expect(missing_docs, reason = "the fields are functions of `ffihost.h`")]
pub struct Standard {
    pub create: Create,
    pub exports: ffihost_test_host::Exports,
}

/// The library's functions, as found by name.
#[derive(Clone, Copy, Debug)]
#[expect(missing_docs, reason = "the fields are the library's functions, which `library` documents")]
pub struct Exports {
    pub standard: Standard,
    pub await_numbers: Request,
    pub await_texts: Request,
    pub await_rounds: Request,
    pub await_tasks: Request,
    pub await_together: Request,
    pub nudge: Request,
    pub idle: Request,
    pub emit_burst: Request,
    pub bump_sync: Request,
}

/// A function of that name, as `dlsym` would find it.
#[macro_export]
#[doc(hidden)]
macro_rules! __symbol {
    ($name:expr, $type:ty) => {{
        unsafe extern "C" {
            #[link_name = $name]
            unsafe static SYMBOL: ::core::ffi::c_void;
        }
        // SAFETY: the symbol is the library's function of that name, and has this type.
        ::std::hint::black_box(unsafe {
            ::core::mem::transmute::<*const ::core::ffi::c_void, $type>(&raw const SYMBOL)
        })
    }};
}

macro_rules! standard {
    ($prefix:literal, $create:ident) => {{
        mod c {
            ffihost_test_host::exports!($prefix, create: [$create]);
        }
        ::std::hint::black_box($crate::host::Standard { create: c::$create, exports: *c::EXPORTS })
    }};
}
pub(crate) use standard;

macro_rules! exports {
    ($(#[$doc:meta])* $library:ident = $prefix:literal) => {
        $(#[$doc])*
        pub fn $library() -> Exports {
            Exports {
                standard: standard!($prefix, create),
                await_numbers: __symbol!(concat!($prefix, "_await_numbers"), Request),
                await_texts: __symbol!(concat!($prefix, "_await_texts"), Request),
                await_rounds: __symbol!(concat!($prefix, "_await_rounds"), Request),
                await_tasks: __symbol!(concat!($prefix, "_await_tasks"), Request),
                await_together: __symbol!(concat!($prefix, "_await_together"), Request),
                nudge: __symbol!(concat!($prefix, "_nudge"), Request),
                idle: __symbol!(concat!($prefix, "_idle"), Request),
                emit_burst: __symbol!(concat!($prefix, "_emit_burst"), Request),
                bump_sync: __symbol!(concat!($prefix, "_bump_sync"), Request),
            }
        }
    };
}

exports! {
    /// The library with the default options.
    bench = "bench"
}

exports! {
    /// The library whose FFI thread goes to sleep at once.
    bench_asleep = "bench_asleep"
}

/// Panics unless a function of the library returned `FFI_RET_OK`.
#[track_caller]
#[inline]
pub fn expect_ok(ret: c_int) {
    assert_eq!(ret, 0, "the library refuses");
}

/// A live context of a library, and the functions of that library. Dropping it destroys it.
#[derive(Debug)]
pub struct Context<E = Exports> {
    live: Live,
    exports: E,
}

/// A live context, whatever the library.
#[derive(Debug)]
pub struct Live {
    standard: Standard,
    ctx: *mut c_void,
}

// SAFETY: a ctx is a number that may be used on any thread.
unsafe impl Send for Live {}
// SAFETY: as above.
unsafe impl Sync for Live {}

impl Context {
    /// Makes one and waits until it is constructed.
    pub fn new(exports: Exports) -> Arc<Self> {
        Self::of(exports.standard, exports)
    }
}

impl<E> Context<E> {
    /// Makes one of a library that has these.
    pub fn of(standard: Standard, exports: E) -> Arc<Self> {
        Arc::new(Self { live: Live::new(standard), exports })
    }

    /// The functions of the context's library.
    pub fn exports(&self) -> &E {
        &self.exports
    }
}

impl<E> Deref for Context<E> {
    type Target = Live;

    fn deref(&self) -> &Live {
        &self.live
    }
}

impl Live {
    fn new(standard: Standard) -> Self {
        let mut ctx = ptr::null_mut();
        let created = Mailbox::default();
        // The mailbox outlives the wait for the callback.
        expect_ok((standard.create)(ptr::null(), 0, Some(Mailbox::deliver), created.user_data(), &raw mut ctx));
        let _nothing = created.wait();
        Self { standard, ctx }
    }

    /// The handle.
    pub fn ctx(&self) -> *mut c_void {
        self.ctx
    }

    /// Submits a request with a number, waits until it is called back, and returns the number that it replied.
    pub fn run(&self, request: Request, argument: u64) -> u64 {
        self.start(request, argument).wait()
    }

    /// Has `submit` submit a request with a callback and its userData, waits until it is called back, and returns the number
    /// that it replied.
    pub fn run_with(&self, submit: impl FnOnce(FFICallBack, *mut c_void) -> c_int) -> u64 {
        let mailbox = Mailbox::default();
        expect_ok(submit(Mailbox::deliver, mailbox.user_data()));
        mailbox.wait()
    }

    /// Submits a request with a number.
    pub fn start(&self, request: Request, argument: u64) -> Box<Mailbox> {
        let mailbox = Box::<Mailbox>::default();
        let bytes = argument.to_ne_bytes();
        // SAFETY: the bytes live during the call, and the mailbox until the callback: whoever has it waits for that.
        expect_ok(unsafe {
            request(self.ctx, Some(Mailbox::deliver), mailbox.user_data(), bytes.as_ptr(), bytes.len())
        });
        mailbox
    }

    /// Runs a request that makes `calls` calls, and returns how long it says that they took.
    pub fn time(&self, request: Request, calls: u64) -> Duration {
        Duration::from_nanos(self.run(request, calls))
    }

    /// Registers a host function.
    ///
    /// # Safety
    ///
    /// `user_data` is what `function` expects, and lives as long as the context.
    pub unsafe fn register(&self, name: &CStr, function: FFIHostFn, user_data: *const c_void) {
        let register = self.standard.exports.register_host_fn;
        expect_ok(register(self.ctx, name.as_ptr(), Some(black_box(function)), user_data.cast_mut()));
    }

    /// Adds a listener of an event.
    ///
    /// # Safety
    ///
    /// `user_data` is what `callback` expects, and lives as long as the context.
    pub unsafe fn listen(&self, event: &CStr, callback: FFICallBack, user_data: *const c_void) {
        let listen = self.standard.exports.add_event_listener;
        let listener = listen(self.ctx, event.as_ptr(), Some(black_box(callback)), user_data.cast_mut());
        assert_ne!(listener, 0, "the library refuses a listener");
    }

    /// Answers a call with a number.
    #[inline]
    pub fn answer(&self, token: u64, value: u32) {
        let bytes = value.to_ne_bytes();
        expect_ok((self.standard.exports.host_complete)(self.ctx, token, 0, bytes.as_ptr().cast(), bytes.len()));
    }

    /// Answers a call with a payload, and returns the status.
    ///
    /// # Safety
    ///
    /// It is a payload of what the call returns, in the format that its implementation was registered with.
    pub unsafe fn complete(&self, token: u64, payload: &[u8]) -> c_int {
        (self.standard.exports.host_complete)(self.ctx, token, 0, payload.as_ptr().cast(), payload.len())
    }

    /// What the context has done.
    pub fn stats(&self) -> FFIStats {
        let mut stats = FFIStats::default();
        expect_ok((self.standard.exports.stats)(self.ctx, &raw mut stats));
        stats
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        expect_ok((self.standard.exports.destroy)(self.ctx));
    }
}

/// What a request calls back with: an optional number.
#[derive(Debug, Default)]
pub struct Mailbox {
    reply: Mutex<Option<u64>>,
    delivered: Condvar,
}

impl Mailbox {
    fn user_data(&self) -> *mut c_void {
        ptr::from_ref(self).cast_mut().cast()
    }

    unsafe extern "C" fn deliver(ret: c_int, msg: *const c_char, len: usize, user_data: *mut c_void) {
        // SAFETY: the library passes `len` bytes that live during this call.
        let bytes = unsafe { std::slice::from_raw_parts(msg.cast::<u8>(), len) };
        assert_eq!(ret, 0, "the request failed: {}", String::from_utf8_lossy(bytes));
        let number = bytes.try_into().map_or(0, u64::from_ne_bytes);
        // SAFETY: it is the mailbox that was passed, which lives until it is told.
        let mailbox = unsafe { &*user_data.cast::<Self>() };
        // Notified under the lock: the mailbox may be gone as soon as it is released.
        let mut reply = mailbox.reply.lock().expect("nothing panics under this lock");
        *reply = Some(number);
        mailbox.delivered.notify_one();
    }

    /// Waits for the callback.
    pub fn wait(&self) -> u64 {
        let mut reply = self.reply.lock().expect("nothing panics under this lock");
        loop {
            match reply.take() {
                Some(number) => return number,
                None => reply = self.delivered.wait(reply).expect("nothing panics under this lock"),
            }
        }
    }
}

/// The four bytes of a number that the library passed.
///
/// # Safety
///
/// `bytes` points to `len` bytes.
#[inline]
unsafe fn number(bytes: *const c_char, len: usize) -> u32 {
    assert_eq!(len, size_of::<u32>(), "a number has four bytes");
    // SAFETY: there are four bytes.
    u32::from_ne_bytes(unsafe { bytes.cast::<[u8; 4]>().read() })
}

/// Registers `bump` so that it is answered before the host function returns.
pub fn answer_inline(context: &Live) {
    unsafe extern "C" fn bump(token: u64, req: *const c_char, len: usize, user_data: *mut c_void) {
        // SAFETY: userData is the context, which outlives its own registrations; `req` points to `len` bytes.
        let (context, value) = unsafe { (&*user_data.cast::<Live>(), number(req, len)) };
        context.answer(token, value.wrapping_add(1));
    }
    // SAFETY: the context outlives its own registrations.
    unsafe { context.register(c"bump", bump, ptr::from_ref(context).cast()) };
}

/// Registers `turn`: answers a 16-byte text with its bytes in reverse order, before the host function returns.
pub fn answer_text_inline(context: &Live) {
    unsafe extern "C" fn turn(token: u64, req: *const c_char, len: usize, user_data: *mut c_void) {
        assert_eq!(len, 16, "the text has 16 bytes");
        // SAFETY: there are 16 bytes, and userData is the context, which outlives its own registrations.
        let (context, mut text) = unsafe { (&*user_data.cast::<Live>(), req.cast::<[u8; 16]>().read()) };
        text.reverse();
        let complete = context.standard.exports.host_complete;
        expect_ok(complete(context.ctx, token, 0, text.as_ptr().cast(), text.len()));
    }
    // SAFETY: the context outlives its own registrations.
    unsafe { context.register(c"turn", turn, ptr::from_ref(context).cast()) };
}

/// As [`answer_text_inline`], for a library with attributes: the argument is a struct of one text.
pub fn answer_typed_text_inline(context: &Live) {
    unsafe extern "C" fn turn(token: u64, req: *const c_char, len: usize, user_data: *mut c_void) {
        assert_eq!(len, size_of::<Str>(), "a pointer and a length");
        // SAFETY: it is such a struct, which points to a text; userData is the context, which outlives its own registrations.
        let (context, mut text) = unsafe {
            let Str { data, len } = req.cast::<Str>().read();
            assert_eq!(len, 16, "the text has 16 bytes");
            (&*user_data.cast::<Live>(), data.cast::<[u8; 16]>().read())
        };
        text.reverse();
        let complete = context.standard.exports.host_complete;
        expect_ok(complete(context.ctx, token, 0, text.as_ptr().cast(), text.len()));
    }
    // SAFETY: the context outlives its own registrations.
    unsafe { context.register(c"turn", turn, ptr::from_ref(context).cast()) };
}

/// A thread of the host's that answers `bump`. The host function hands it the call through a bounded channel.
#[derive(Debug)]
pub struct Worker {
    // Before the sender, so that nothing calls the host function when it goes.
    context: Arc<Context>,
    jobs: Option<Box<Sender<Job>>>,
    thread: Option<JoinHandle<()>>,
}

struct Job {
    token: u64,
    value: u32,
}

impl Worker {
    /// Starts the thread, for a context of its own.
    pub fn start(exports: Exports) -> Self {
        unsafe extern "C" fn bump(token: u64, req: *const c_char, len: usize, user_data: *mut c_void) {
            // SAFETY: userData is the sender, which outlives the context; `req` points to `len` bytes.
            let (jobs, value) = unsafe { (&*user_data.cast::<Sender<Job>>(), number(req, len)) };
            jobs.send(Job { token, value }).expect("the worker runs as long as there is a sender");
        }
        let context = Context::new(exports);
        let (sender, receiver) = crossbeam_channel::bounded(IN_FLIGHT);
        let jobs = Box::new(sender);
        // SAFETY: the sender is dropped by `drop`, after the last call.
        unsafe { context.register(c"bump", bump, ptr::from_ref(&*jobs).cast()) };
        let theirs = Arc::clone(&context);
        let thread = thread::spawn(move || Self::work(&theirs, &receiver));
        Self { context, jobs: Some(jobs), thread: Some(thread) }
    }

    fn work(context: &Context, jobs: &Receiver<Job>) {
        for Job { token, value } in jobs {
            context.answer(token, value.wrapping_add(1));
        }
    }

    /// The context whose calls it answers.
    pub fn context(&self) -> &Context {
        &self.context
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // No request runs any more (whoever started one waits for it), so nobody uses the sender.
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            thread.join().expect("the worker does not panic");
        }
    }
}

/// Calls of `bump` that the host keeps until it is told to answer them.
#[derive(Debug)]
pub struct Held {
    calls: Mutex<Vec<(u64, u32)>>,
    /// Whose calls a host function answers that is called with this.
    context: *const Context,
}

impl Held {
    /// Room for so many, in memory already.
    pub fn new(calls: usize) -> Box<Self> {
        let mut held = vec![(u64::MAX, u32::MAX); calls];
        held.clear();
        Box::new(Self { calls: Mutex::new(held), context: ptr::null() })
    }

    /// Registers `bump`.
    ///
    /// # Safety
    ///
    /// This lives as long as the context.
    pub unsafe fn register(&self, context: &Context) {
        unsafe extern "C" fn bump(token: u64, req: *const c_char, len: usize, user_data: *mut c_void) {
            // SAFETY: userData is this, which outlives the context; `req` points to `len` bytes.
            let (held, value) = unsafe { (&*user_data.cast::<Held>(), number(req, len)) };
            held.calls.lock().expect("nothing panics under this lock").push((token, value));
        }
        // SAFETY: the caller's contract.
        unsafe { context.register(c"bump", bump, ptr::from_ref(self).cast()) };
    }

    /// Registers `bump` so that the call that takes the last room answers all: the others through the queue, and itself
    /// inline.
    ///
    /// # Safety
    ///
    /// This lives as long as the context, and so does the context's `Arc`.
    pub unsafe fn register_until_full(&mut self, context: &Context) {
        unsafe extern "C" fn bump(token: u64, req: *const c_char, len: usize, user_data: *mut c_void) {
            // SAFETY: userData is this, which outlives the context; `req` points to `len` bytes.
            let (held, value) = unsafe { (&*user_data.cast::<Held>(), number(req, len)) };
            let mut calls = held.calls.lock().expect("nothing panics under this lock");
            calls.push((token, value));
            if calls.len() == calls.capacity() {
                // SAFETY: the context lives as long as its calls.
                let context = unsafe { &*held.context };
                calls.drain(..).for_each(|(token, value)| context.answer(token, value.wrapping_add(1)));
            }
        }
        self.context = context;
        // SAFETY: the caller's contract.
        unsafe { context.register(c"bump", bump, ptr::from_ref(self).cast()) };
    }

    /// Answers all.
    pub fn answer(&self, context: &Context) -> usize {
        let calls = std::mem::take(&mut *self.calls.lock().expect("nothing panics under this lock"));
        calls.iter().for_each(|(token, value)| context.answer(*token, value.wrapping_add(1)));
        calls.len()
    }
}

/// A listener that counts.
#[derive(Debug, Default)]
pub struct Tally {
    count: AtomicU64,
    sum: AtomicU64,
}

impl Tally {
    /// Nothing counted.
    pub const fn new() -> Self {
        Self { count: AtomicU64::new(0), sum: AtomicU64::new(0) }
    }

    /// Listens to an event whose payload is a number, or a struct that begins with one.
    ///
    /// # Safety
    ///
    /// This lives as long as the context.
    pub unsafe fn listen(&self, context: &Live, event: &CStr) {
        unsafe extern "C" fn note(ret: c_int, msg: *const c_char, len: usize, user_data: *mut c_void) {
            assert_eq!(ret, 0, "an event has no other status");
            // SAFETY: userData is this, which outlives the context; `msg` points to `len` bytes.
            let (tally, value) = unsafe { (&*user_data.cast::<Tally>(), number(msg, len.min(4))) };
            tally.sum.fetch_add(u64::from(value), Ordering::Relaxed);
            tally.count.fetch_add(1, Ordering::Release);
        }
        // SAFETY: the caller's contract.
        unsafe { context.listen(event, note, ptr::from_ref(self).cast()) };
    }

    /// How many came, and the sum of their numbers.
    pub fn read(&self) -> (u64, u64) {
        let count = self.count.load(Ordering::Acquire);
        (count, self.sum.load(Ordering::Relaxed))
    }
}

/// A thread of the host's that sleeps in the kernel between any two calls of `bump`: the host function wakes it with an
/// eventfd, as a host without a channel at hand would.
#[cfg(target_os = "linux")]
#[derive(Debug)]
pub struct Sleeper {
    context: Arc<Context>,
    shared: Arc<Bed>,
    thread: Option<JoinHandle<()>>,
}

#[cfg(target_os = "linux")]
#[derive(Debug)]
struct Bed {
    bell: Bell,
    token: AtomicU64,
    value: AtomicU64,
    ended: AtomicBool,
}

#[cfg(target_os = "linux")]
impl Sleeper {
    /// Starts the thread, for a context of its own.
    pub fn start(exports: Exports) -> Self {
        unsafe extern "C" fn bump(token: u64, req: *const c_char, len: usize, user_data: *mut c_void) {
            // SAFETY: userData is the bed, which outlives the context; `req` points to `len` bytes.
            let (bed, value) = unsafe { (&*user_data.cast::<Bed>(), number(req, len)) };
            bed.value.store(u64::from(value), Ordering::Relaxed);
            bed.token.store(token, Ordering::Release);
            bed.bell.ring();
        }
        let context = Context::new(exports);
        let shared = Arc::new(Bed {
            bell: Bell::new(),
            token: AtomicU64::new(0),
            value: AtomicU64::new(0),
            ended: AtomicBool::new(false),
        });
        // SAFETY: `self` holds the bed until no request runs any more.
        unsafe { context.register(c"bump", bump, Arc::as_ptr(&shared).cast()) };
        let (theirs, bed) = (Arc::clone(&context), Arc::clone(&shared));
        let thread = thread::spawn(move || {
            loop {
                bed.bell.wait();
                if bed.ended.load(Ordering::Acquire) {
                    return;
                }
                let token = bed.token.load(Ordering::Acquire);
                theirs.answer(token, bed.value.load(Ordering::Relaxed) as u32 + 1);
            }
        });
        Self { context, shared, thread: Some(thread) }
    }

    /// The context whose calls it answers.
    pub fn context(&self) -> &Context {
        &self.context
    }
}

#[cfg(target_os = "linux")]
impl Drop for Sleeper {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::Release);
        self.shared.bell.ring();
        if let Some(thread) = self.thread.take() {
            thread.join().expect("the sleeper does not panic");
        }
    }
}

/// An eventfd whose reader sleeps until it is written.
#[cfg(target_os = "linux")]
#[derive(Debug)]
pub struct Bell(std::os::fd::OwnedFd);

#[cfg(target_os = "linux")]
impl Default for Bell {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(target_os = "linux")]
impl Bell {
    /// A new one.
    pub fn new() -> Self {
        use std::os::fd::FromRawFd;
        // SAFETY: it takes no pointers.
        let fd = unsafe { libc::eventfd(0, 0) };
        assert!(fd >= 0, "no eventfd");
        // SAFETY: the descriptor is new and nobody else's.
        Self(unsafe { std::os::fd::OwnedFd::from_raw_fd(fd) })
    }

    /// Wakes the reader.
    pub fn ring(&self) {
        use std::os::fd::AsRawFd;
        let one = 1u64;
        // SAFETY: it reads eight bytes that live during the call.
        let written = unsafe { libc::write(self.0.as_raw_fd(), (&raw const one).cast(), size_of::<u64>()) };
        assert_eq!(written, 8, "an eventfd takes eight bytes");
    }

    /// Sleeps until it rings.
    pub fn wait(&self) {
        use std::os::fd::AsRawFd;
        let mut rings = 0u64;
        // SAFETY: it writes eight bytes to a place of that size.
        let read = unsafe { libc::read(self.0.as_raw_fd(), (&raw mut rings).cast(), size_of::<u64>()) };
        assert_eq!(read, 8, "an eventfd gives eight bytes");
    }
}
