//! The same calls through `boltffi`.
//!
//! The Rust half is ordinary `boltffi` code: a callback trait with async methods and a few
//! exported functions, all expanded by `boltffi`'s own macros. The foreign half is what the
//! generated Swift would be, written as a C host would write it: it knows nothing but C
//! declarations of the generated symbols, calls them through opaque function pointers (as after
//! `dlsym`), fills in the callback vtable and answers through the completion it is handed.
//!
//! Besides this module the crate root needs `boltffi::scaffolding!();`.

use std::ffi::c_void;
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

// The Rust side, as a user of boltffi writes it.

/// Implemented by the foreign side.
///
/// Plain `async fn`s and an `impl BoltffiHost` parameter are how `boltffi` writes async callbacks;
/// nothing boxes the futures. (`async_trait` and `dyn` would work too, and cost a box per call.)
#[boltffi::export]
pub trait BoltffiHost: Send + Sync {
    /// Answered before the vtable call returns.
    async fn bump(&self, value: u32) -> u32;

    /// Answered before the vtable call returns.
    async fn turn(&self, text: &str) -> String;

    /// Answered by another thread.
    async fn bump_later(&self, value: u32) -> u32;
}

/// The synchronous export of [`sync_export_u32`].
#[boltffi::export]
pub fn boltffi_bump(value: u32) -> u32 {
    value.wrapping_add(1)
}

/// Awaits `calls` inline answers in turn; returns the nanoseconds that took.
#[boltffi::export]
pub fn boltffi_await_bump(host: impl BoltffiHost, calls: u64) -> u64 {
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
#[boltffi::export]
pub fn boltffi_await_turn(host: impl BoltffiHost, calls: u64) -> u64 {
    runtime().block_on(async {
        assert_eq!(host.turn(TEXT).await, TURNED);
        let start = Instant::now();
        for _ in 0..calls {
            black_box(host.turn(black_box(TEXT)).await);
        }
        start.elapsed().as_nanos() as u64
    })
}

/// Awaits `calls` answers in rounds of [`IN_FLIGHT`]; returns the nanoseconds that took.
#[boltffi::export]
pub fn boltffi_await_rounds(host: impl BoltffiHost, calls: u64) -> u64 {
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
struct CBuf {
    ptr: *mut u8,
    len: usize,
    cap: usize,
    align: usize,
}

#[repr(C)]
#[derive(Clone, Copy)]
struct CStatus {
    code: i32,
}

const OK: CStatus = CStatus { code: 0 };

#[repr(C)]
#[derive(Clone, Copy)]
struct CCallbackHandle {
    handle: u64,
    vtable: *const c_void,
}

type CComplete<T> = extern "C" fn(*mut c_void, CStatus, T);

#[repr(C)]
struct CHostVtable {
    free: extern "C" fn(u64),
    clone: extern "C" fn(u64) -> u64,
    bump: extern "C" fn(u64, u32, CComplete<u32>, *mut c_void),
    turn: extern "C" fn(u64, *const u8, usize, CComplete<CBuf>, *mut c_void),
    bump_later: extern "C" fn(u64, u32, CComplete<u32>, *mut c_void),
}

const _: () = {
    assert!(size_of::<BoltffiHostVTable>() == size_of::<CHostVtable>());
    macro_rules! same_offset {
        ($($field:ident),*) => {
            $(assert!(offset_of!(BoltffiHostVTable, $field) == offset_of!(CHostVtable, $field));)*
        };
    }
    same_offset!(free, clone, bump, turn, bump_later);
};

type DriveFn = unsafe extern "C" fn(CCallbackHandle, u64) -> u64;

// The names carry the crate's, preceded by its length: `boltffi_function_5peers12boltffi_bump`.
macro_rules! declare_symbols {
    () => {
        unsafe extern "C" {
            #[link_name = concat!("boltffi_register_callback_", mangled_crate!(), "11BoltffiHost")]
            fn c_register_callback(vtable: *const CHostVtable);
            #[link_name = concat!("boltffi_create_callback_", mangled_crate!(), "11BoltffiHost")]
            fn c_create_callback(handle: u64) -> CCallbackHandle;
            #[link_name = concat!("boltffi_function_", mangled_crate!(), "12boltffi_bump")]
            fn c_bump(value: u32) -> u32;
            #[link_name = concat!("boltffi_function_", mangled_crate!(), "18boltffi_await_bump")]
            fn c_await_bump(host: CCallbackHandle, calls: u64) -> u64;
            #[link_name = concat!("boltffi_function_", mangled_crate!(), "18boltffi_await_turn")]
            fn c_await_turn(host: CCallbackHandle, calls: u64) -> u64;
            #[link_name = concat!("boltffi_function_", mangled_crate!(), "20boltffi_await_rounds")]
            fn c_await_rounds(host: CCallbackHandle, calls: u64) -> u64;
            #[link_name = "boltffi_buf_from_bytes"]
            fn c_buf_from_bytes(ptr: *const u8, len: usize) -> CBuf;
        }
    };
}

declare_symbols!();

static VTABLE: CHostVtable =
    CHostVtable { free: host_free, clone: host_clone, bump: host_bump, turn: host_turn, bump_later: host_bump_later };

/// A call handed to the host's worker thread.
struct Job {
    value: u32,
    complete: CComplete<u32>,
    complete_data: *mut c_void,
}

// SAFETY: a completion may be called from any thread.
unsafe impl Send for Job {}

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
    buf_from_bytes: unsafe extern "C" fn(*const u8, usize) -> CBuf,
}

impl Host {
    /// Registers the vtable and makes a host; the handle is passed to Rust, which frees it.
    fn start(jobs: Jobs) -> CCallbackHandle {
        // SAFETY: the vtable is static and laid out as the generated code expects.
        unsafe { black_box(c_register_callback as unsafe extern "C" fn(_))(&raw const VTABLE) };
        let host = Arc::new(Host { jobs, buf_from_bytes: black_box(c_buf_from_bytes) });
        let create = black_box(c_create_callback as unsafe extern "C" fn(_) -> _);
        // SAFETY: the vtable is registered.
        unsafe { create(Arc::into_raw(host) as u64) }
    }

    /// # Safety
    ///
    /// `handle` must be one of [`Host::start`], not freed yet.
    unsafe fn from_handle<'a>(handle: u64) -> &'a Host {
        // SAFETY: see above.
        unsafe { &*(handle as *const Host) }
    }
}

/// The host's worker thread: answers until the host is freed.
fn work(queue: Receiver<Job>) {
    queue.into_iter().for_each(answer);
}

fn answer(job: Job) {
    (job.complete)(job.complete_data, OK, job.value.wrapping_add(1));
}

extern "C" fn host_free(handle: u64) {
    // SAFETY: Rust frees a handle once and does not use it again.
    drop(unsafe { Arc::from_raw(handle as *const Host) });
}

extern "C" fn host_clone(handle: u64) -> u64 {
    // SAFETY: Rust clones live handles only.
    unsafe { Arc::increment_strong_count(handle as *const Host) };
    handle
}

extern "C" fn host_bump(_handle: u64, value: u32, complete: CComplete<u32>, complete_data: *mut c_void) {
    complete(complete_data, OK, value.wrapping_add(1));
}

extern "C" fn host_turn(
    handle: u64,
    text: *const u8,
    text_len: usize,
    complete: CComplete<CBuf>,
    complete_data: *mut c_void,
) {
    // A string on the wire is its length, 32 bits little-endian, then its bytes.
    const PREFIX: usize = size_of::<u32>();
    // SAFETY: Rust calls with a live handle and lends the argument's bytes for the call.
    let reply = unsafe {
        let host = Host::from_handle(handle);
        let mut wire = [0_u8; PREFIX + 16];
        wire.copy_from_slice(std::slice::from_raw_parts(text, text_len));
        wire[PREFIX..].reverse();
        (host.buf_from_bytes)(wire.as_ptr(), wire.len())
    };
    complete(complete_data, OK, reply);
}

extern "C" fn host_bump_later(handle: u64, value: u32, complete: CComplete<u32>, complete_data: *mut c_void) {
    let job = Job { value, complete, complete_data };
    // SAFETY: Rust calls with a live handle.
    let host = unsafe { Host::from_handle(handle) };
    host.jobs.put(job);
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
    // SAFETY: the handle is live and its ownership is passed on.
    let nanos = unsafe { black_box(function)(handle, calls) };
    Duration::from_nanos(nanos)
}

// The measurements.

/// Rust awaits a foreign async method `u32 -> u32` that completes before its vtable call returns;
/// one call at a time.
pub(crate) fn inline_u32(calls: u64) -> Duration {
    drive(c_await_bump, calls)
}

/// As [`inline_u32`], with a 16-byte string each way, both in `boltffi`'s own wire encoding.
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
/// one's result. An infallible `boltffi` export has no call status to check.
pub(crate) fn sync_export_u32(calls: u64) -> Duration {
    let bump = black_box(c_bump as unsafe extern "C" fn(u32) -> u32);
    let mut value = 0;
    let start = Instant::now();
    for _ in 0..calls {
        // SAFETY: the function has no requirements.
        value = unsafe { bump(value) };
    }
    let elapsed = start.elapsed();
    assert_eq!(value, calls as u32);
    elapsed
}
