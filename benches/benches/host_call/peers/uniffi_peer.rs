//! The same calls through `uniffi`.
//!
//! The Rust half is ordinary `uniffi` code: a foreign trait with async methods and a few exported
//! functions, all expanded by `uniffi`'s own macros. The foreign half is what the generated Swift
//! or Kotlin would be, written as a C host would write it: it knows nothing but C declarations of
//! the scaffolding symbols, calls them through opaque function pointers (as after `dlsym`), fills
//! in the callback vtable and answers through the completion callback it is handed.
//!
//! Besides this module the crate root needs `uniffi::setup_scaffolding!();`.

use std::hint::black_box;
use std::mem::offset_of;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender};
use futures::stream::{FuturesUnordered, StreamExt};

/// How many calls [`in_flight_64`] begins before it awaits their answers.
const IN_FLIGHT: u64 = 64;

/// The 16-byte argument of [`inline_string16`].
const TEXT: &str = "0123456789abcdef";

/// What the host answers to [`TEXT`].
const TURNED: &str = "fedcba9876543210";

// The Rust side, as a user of uniffi writes it.

/// Implemented by the foreign side only.
///
/// `uniffi` applies `async_trait` to its implementation, so the trait has to use it too. Arguments
/// are owned because the implementation `uniffi` 0.32 generates takes owned parameters only.
#[uniffi::export(foreign)]
#[async_trait::async_trait]
pub trait UniffiHost: Send + Sync {
    /// Answered before the vtable call returns.
    async fn bump(&self, value: u32) -> u32;

    /// Answered before the vtable call returns.
    async fn turn(&self, text: String) -> String;

    /// Answered by another thread.
    async fn bump_later(&self, value: u32) -> u32;
}

/// The synchronous export of [`sync_export_u32`].
#[uniffi::export]
pub fn uniffi_bump(value: u32) -> u32 {
    value.wrapping_add(1)
}

/// Awaits `calls` inline answers in turn; returns the nanoseconds that took.
#[uniffi::export]
pub fn uniffi_await_bump(host: Arc<dyn UniffiHost>, calls: u64) -> u64 {
    runtime().block_on(async {
        let mut value = 0;
        let start = Instant::now();
        for _ in 0..calls {
            value = host.bump(value).await;
        }
        let elapsed = start.elapsed();
        assert_eq!(value, calls as u32);
        elapsed.as_nanos() as u64
    })
}

/// Awaits `calls` inline string answers in turn; returns the nanoseconds that took.
#[uniffi::export]
pub fn uniffi_await_turn(host: Arc<dyn UniffiHost>, calls: u64) -> u64 {
    runtime().block_on(async {
        assert_eq!(host.turn(TEXT.to_owned()).await, TURNED);
        let start = Instant::now();
        for _ in 0..calls {
            black_box(host.turn(black_box(TEXT).to_owned()).await);
        }
        start.elapsed().as_nanos() as u64
    })
}

/// Awaits `calls` answers in rounds of [`IN_FLIGHT`]; returns the nanoseconds that took.
#[uniffi::export]
pub fn uniffi_await_rounds(host: Arc<dyn UniffiHost>, calls: u64) -> u64 {
    runtime().block_on(async {
        let start = Instant::now();
        let mut pending = FuturesUnordered::new();
        let mut begun = 0;
        let mut sum = 0_u64;
        while begun < calls {
            let end = calls.min(begun + IN_FLIGHT);
            pending.extend((begun..end).map(|value| host.bump_later(value as u32)));
            begun = end;
            while let Some(answer) = pending.next().await {
                sum += u64::from(answer);
            }
        }
        let elapsed = start.elapsed();
        assert_eq!(sum, calls * (calls + 1) / 2);
        elapsed.as_nanos() as u64
    })
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().build().expect("a current-thread runtime")
}

// The foreign side: first the declarations generated bindings carry, then the host itself.

#[repr(C)]
#[derive(Clone, Copy)]
struct CRustBuffer {
    capacity: u64,
    len: u64,
    data: *mut u8,
}

#[repr(C)]
#[derive(Clone, Copy)]
struct CForeignBytes {
    len: i32,
    data: *const u8,
}

#[repr(C)]
#[derive(Clone, Copy)]
struct CCallStatus {
    code: i8,
    error_buf: CRustBuffer,
}

impl CCallStatus {
    const fn new() -> Self {
        let error_buf = CRustBuffer { capacity: 0, len: 0, data: std::ptr::null_mut() };
        Self { code: 0, error_buf }
    }

    /// The check generated bindings make after every call into Rust.
    #[inline]
    fn check(&self) {
        if self.code != 0 {
            call_failed(self.code);
        }
    }
}

#[cold]
#[expect(clippy::panic, reason = "a bench that cannot go on says so")]
fn call_failed(code: i8) -> ! {
    panic!("a call into uniffi scaffolding failed with code {code}")
}

#[repr(C)]
struct CForeignFutureResult<T> {
    return_value: T,
    call_status: CCallStatus,
}

type CComplete<T> = extern "C" fn(u64, CForeignFutureResult<T>);

#[repr(C)]
struct CDroppedCallback {
    handle: u64,
    callback: extern "C" fn(u64),
}

#[repr(C)]
struct CHostVtable {
    uniffi_free: extern "C" fn(u64),
    uniffi_clone: extern "C" fn(u64) -> u64,
    bump: extern "C" fn(u64, u32, CComplete<u32>, u64, *mut CDroppedCallback),
    turn: extern "C" fn(u64, CRustBuffer, CComplete<CRustBuffer>, u64, *mut CDroppedCallback),
    bump_later: extern "C" fn(u64, u32, CComplete<u32>, u64, *mut CDroppedCallback),
}

// uniffi's own vtable type is not `repr(C)`: make sure it is laid out as the C declaration says.
const _: () = {
    assert!(size_of::<UniFfiTraitVtableUniffiHost>() == size_of::<CHostVtable>());
    macro_rules! same_offset {
        ($($field:ident),*) => {
            $(assert!(
                offset_of!(UniFfiTraitVtableUniffiHost, $field) == offset_of!(CHostVtable, $field)
            );)*
        };
    }
    same_offset!(uniffi_free, uniffi_clone, bump, turn, bump_later);
};

type DriveFn = unsafe extern "C" fn(u64, u64, *mut CCallStatus) -> u64;

// The names carry the package's: `uniffi_<package>_fn_…` and `ffi_<package>_…`..
macro_rules! declare_symbols {
    ($crate_name:literal) => {
        unsafe extern "C" {
            #[link_name = concat!("uniffi_", $crate_name, "_fn_init_callback_vtable_uniffihost")]
            fn c_init_vtable(vtable: *const CHostVtable);
            #[link_name = concat!("uniffi_", $crate_name, "_fn_func_uniffi_bump")]
            fn c_bump(value: u32, status: *mut CCallStatus) -> u32;
            #[link_name = concat!("uniffi_", $crate_name, "_fn_func_uniffi_await_bump")]
            fn c_await_bump(host: u64, calls: u64, status: *mut CCallStatus) -> u64;
            #[link_name = concat!("uniffi_", $crate_name, "_fn_func_uniffi_await_turn")]
            fn c_await_turn(host: u64, calls: u64, status: *mut CCallStatus) -> u64;
            #[link_name = concat!("uniffi_", $crate_name, "_fn_func_uniffi_await_rounds")]
            fn c_await_rounds(host: u64, calls: u64, status: *mut CCallStatus) -> u64;
            #[link_name = concat!("ffi_", $crate_name, "_rustbuffer_from_bytes")]
            fn c_rustbuffer_from_bytes(bytes: CForeignBytes, status: *mut CCallStatus) -> CRustBuffer;
            #[link_name = concat!("ffi_", $crate_name, "_rustbuffer_free")]
            fn c_rustbuffer_free(buffer: CRustBuffer, status: *mut CCallStatus);
        }
    };
}

declare_symbols!("ffihost_benches");

static VTABLE: CHostVtable = CHostVtable {
    uniffi_free: host_free,
    uniffi_clone: host_clone,
    bump: host_bump,
    turn: host_turn,
    bump_later: host_bump_later,
};

/// A call handed to the host's worker thread.
struct Job {
    value: u32,
    complete: CComplete<u32>,
    complete_data: u64,
}

/// Who answers the calls that are answered later.
enum Jobs {
    /// The host's worker thread.
    Worker(Sender<Job>),
    /// The call that completes a round answers all, so that everything is on one thread, where it can be counted.
    Round(Mutex<Vec<Job>>),
}

impl Jobs {
    fn put(&self, job: Job) {
        match self {
            Self::Worker(jobs) => jobs.send(job).expect("the worker runs until the host is freed"),
            Self::Round(jobs) => {
                let mut jobs = jobs.lock().expect("nothing panics under this lock");
                jobs.push(job);
                if jobs.len() as u64 == IN_FLIGHT {
                    jobs.drain(..).for_each(answer);
                }
            }
        }
    }
}

/// The foreign object behind a handle.
struct Host {
    jobs: Jobs,
    rustbuffer_from_bytes: unsafe extern "C" fn(CForeignBytes, *mut CCallStatus) -> CRustBuffer,
    rustbuffer_free: unsafe extern "C" fn(CRustBuffer, *mut CCallStatus),
}

impl Host {
    /// Registers the vtable and makes a host; the handle is passed to Rust, which frees it.
    fn start(jobs: Jobs) -> u64 {
        // SAFETY: the vtable is static and laid out as the scaffolding expects.
        unsafe { black_box(c_init_vtable as unsafe extern "C" fn(_))(&raw const VTABLE) };
        let host = Arc::new(Host {
            jobs,
            rustbuffer_from_bytes: black_box(c_rustbuffer_from_bytes),
            rustbuffer_free: black_box(c_rustbuffer_free),
        });
        // Foreign handles have the lowest bit set.
        Arc::into_raw(host) as u64 | 1
    }

    /// # Safety
    ///
    /// `handle` must be one of [`Host::start`], not freed yet.
    unsafe fn from_handle<'a>(handle: u64) -> &'a Host {
        // SAFETY: see above.
        unsafe { &*((handle & !1) as *const Host) }
    }
}

/// The host's worker thread: answers until the host is freed.
fn work(queue: Receiver<Job>) {
    queue.into_iter().for_each(answer);
}

fn answer(job: Job) {
    (job.complete)(job.complete_data, success(job.value.wrapping_add(1)));
}

fn success<T>(return_value: T) -> CForeignFutureResult<T> {
    CForeignFutureResult { return_value, call_status: CCallStatus::new() }
}

extern "C" fn host_free(handle: u64) {
    // SAFETY: Rust frees a handle once and does not use it again.
    drop(unsafe { Arc::from_raw((handle & !1) as *const Host) });
}

extern "C" fn host_clone(handle: u64) -> u64 {
    // SAFETY: Rust clones live handles only.
    unsafe { Arc::increment_strong_count((handle & !1) as *const Host) };
    handle
}

/// Generated bindings hang the cancellation of their task here; this host has nothing to cancel.
extern "C" fn future_dropped(_handle: u64) {}

/// # Safety
///
/// `out` must be valid for writes.
unsafe fn set_dropped_callback(out: *mut CDroppedCallback) {
    let callback = CDroppedCallback { handle: 0, callback: future_dropped };
    // SAFETY: see above.
    unsafe { out.write(callback) };
}

extern "C" fn host_bump(
    _handle: u64,
    value: u32,
    complete: CComplete<u32>,
    complete_data: u64,
    dropped: *mut CDroppedCallback,
) {
    complete(complete_data, success(value.wrapping_add(1)));
    // SAFETY: Rust passes a valid out-pointer.
    unsafe { set_dropped_callback(dropped) };
}

extern "C" fn host_turn(
    handle: u64,
    text: CRustBuffer,
    complete: CComplete<CRustBuffer>,
    complete_data: u64,
    dropped: *mut CDroppedCallback,
) {
    // SAFETY: Rust calls with a live handle and passes the argument buffer's ownership.
    let reply = unsafe {
        let host = Host::from_handle(handle);
        let mut turned = [0_u8; 16];
        turned.copy_from_slice(std::slice::from_raw_parts(text.data, text.len as usize));
        let mut status = CCallStatus::new();
        (host.rustbuffer_free)(text, &raw mut status);
        status.check();
        turned.reverse();
        let bytes = CForeignBytes { len: turned.len() as i32, data: turned.as_ptr() };
        let mut status = CCallStatus::new();
        let reply = (host.rustbuffer_from_bytes)(bytes, &raw mut status);
        status.check();
        reply
    };
    complete(complete_data, success(reply));
    // SAFETY: Rust passes a valid out-pointer.
    unsafe { set_dropped_callback(dropped) };
}

extern "C" fn host_bump_later(
    handle: u64,
    value: u32,
    complete: CComplete<u32>,
    complete_data: u64,
    dropped: *mut CDroppedCallback,
) {
    let job = Job { value, complete, complete_data };
    // SAFETY: Rust calls with a live handle.
    let host = unsafe { Host::from_handle(handle) };
    host.jobs.put(job);
    // SAFETY: Rust passes a valid out-pointer.
    unsafe { set_dropped_callback(dropped) };
}

/// Starts a host and lets Rust make `calls` calls to it.
fn drive(function: DriveFn, calls: u64) -> Duration {
    let (jobs, queue) = crossbeam_channel::bounded(IN_FLIGHT as usize);
    let worker = std::thread::spawn(move || work(queue));
    let took = drive_with(Jobs::Worker(jobs), function, calls);
    worker.join().expect("the worker does not panic");
    took
}

fn drive_with(jobs: Jobs, function: DriveFn, calls: u64) -> Duration {
    let handle = Host::start(jobs);
    let mut status = CCallStatus::new();
    // SAFETY: the handle is live and its ownership is passed on.
    let nanos = unsafe { black_box(function)(handle, calls, &raw mut status) };
    status.check();
    Duration::from_nanos(nanos)
}

// The measurements.

/// Rust awaits a foreign async method `u32 -> u32` that completes before its vtable call returns;
/// one call at a time.
pub(crate) fn inline_u32(calls: u64) -> Duration {
    drive(c_await_bump, calls)
}

/// As [`inline_u32`], with a 16-byte string each way, both in `uniffi`'s own string encoding (a
/// `RustBuffer`), including the caller's owned `String` argument.
pub(crate) fn inline_string16(calls: u64) -> Duration {
    drive(c_await_turn, calls)
}

/// Rust begins 64 calls `u32 -> u32` in a `FuturesUnordered` on a current-thread runtime, awaits
/// all 64 answers, and starts over; the host queues each call to a worker thread, which completes
/// it. Most of the time is the two threads waking each other; one of the allocations per call is
/// `FuturesUnordered`'s own.
pub(crate) fn in_flight_64(calls: u64) -> Duration {
    drive(c_await_rounds, calls)
}

/// As [`in_flight_64`], answered on the thread that calls.
pub(crate) fn rounds_of_64(calls: u64) -> Duration {
    drive_with(Jobs::Round(Mutex::new(Vec::with_capacity(IN_FLIGHT as usize))), c_await_rounds, calls)
}

/// The foreign side calls a synchronous exported function `u32 -> u32`, each call fed the last
/// one's result, and checks the call status every time.
pub(crate) fn sync_export_u32(calls: u64) -> Duration {
    let bump = black_box(c_bump as unsafe extern "C" fn(u32, *mut CCallStatus) -> u32);
    let mut value = 0;
    let start = Instant::now();
    for _ in 0..calls {
        let mut status = CCallStatus::new();
        // SAFETY: the status is valid for writes.
        value = unsafe { bump(value, &raw mut status) };
        status.check();
    }
    let elapsed = start.elapsed();
    assert_eq!(value, calls as u32);
    elapsed
}
