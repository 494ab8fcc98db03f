//! 5,000 contexts one after the other leave threads, descriptors and memory where they were; also with more than 1,024
//! descriptors open. One test in a program of its own, since it counts what the whole process has.
#![cfg(target_os = "linux")]

mod support;

use std::alloc::{GlobalAlloc, Layout, System};
use std::ffi::{c_char, c_int, c_void};
use std::fs;
use std::ptr::{null, null_mut};
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};
use support::c;

/// Counts the bytes that are allocated now.
struct Counting;

static LIVE: AtomicI64 = AtomicI64::new(0);

// SAFETY: everything is passed on to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        LIVE.fetch_add(layout.size() as i64, Ordering::Relaxed);
        // SAFETY: the caller's contract.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size() as i64, Ordering::Relaxed);
        // SAFETY: the caller's contract.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// What the process has: threads, descriptors, allocated bytes.
#[derive(Debug)]
struct Has {
    threads: usize,
    descriptors: usize,
    bytes: i64,
}

impl Has {
    fn now() -> Self {
        let count = |folder| fs::read_dir(folder).expect("Linux").count();
        let (threads, descriptors) = (count("/proc/self/task"), count("/proc/self/fd"));
        Self { threads, descriptors, bytes: LIVE.load(Ordering::Relaxed) }
    }
}

static CALLED_BACK: AtomicU32 = AtomicU32::new(0);
static RELEASED: AtomicU32 = AtomicU32::new(0);

// Callbacks of its own: those of the test host are kept for ever, and this counts what is left.

extern "C" fn on_told(_: c_int, _: *const c_char, _: usize, _: *mut c_void) {
    CALLED_BACK.fetch_add(1, Ordering::SeqCst);
}

extern "C" fn on_asked(token: u64, _: *const c_char, _: usize, ctx: *mut c_void) {
    // SAFETY: userData is where the test keeps the context.
    let ctx = unsafe { *ctx.cast::<*mut c_void>() };
    if token.is_multiple_of(2) {
        c::host_complete(ctx, token, 0, null(), 0);
    }
}

extern "C" fn on_released(_: *mut c_void) {
    RELEASED.fetch_add(1, Ordering::SeqCst);
}

/// One life with a bit of everything: host calls that are answered and that are not, a listener, requests.
fn live_once(keep: &mut *mut c_void) {
    let ctx: *mut *mut c_void = keep;
    assert_eq!(c::create(null(), 0, Some(on_told), null_mut(), ctx), 0);
    let options = ffihost::abi::types::FFIHostFnOptions {
        size: size_of::<ffihost::abi::types::FFIHostFnOptions>(),
        function: Some(on_asked),
        cancel: None,
        release: Some(on_released),
        user_data: ctx.cast(),
        format: 0,
        max_in_flight: 0,
        deadline_ms: 0,
    };
    assert_eq!(c::register_host_fn_with(*keep, c"ask".as_ptr(), &raw const options), 0);
    assert_ne!(c::add_event_listener(*keep, c"happened".as_ptr(), Some(on_told), null_mut()), 0);
    for request in [c::ask_and_drop, c::echo, c::emit, c::ask_and_drop] {
        assert_eq!(request(*keep, Some(on_told), null_mut(), b"bytes".as_ptr(), 5), 0);
    }
    assert_eq!(c::destroy(*keep), 0);
}

/// What is left of the last threads goes a moment after they were joined.
fn wait_for_threads(threads: usize) {
    support::wait_until("the threads have ended", || Has::now().threads <= threads);
}

fn cycles(times: u32) {
    let mut keep = null_mut();
    let (called_back, released) = (CALLED_BACK.load(Ordering::SeqCst), RELEASED.load(Ordering::SeqCst));
    (0..times).for_each(|_| live_once(&mut keep));
    // Created, four requests, one event.
    assert_eq!(CALLED_BACK.load(Ordering::SeqCst) - called_back, times * 6);
    assert_eq!(RELEASED.load(Ordering::SeqCst) - released, times);
}

#[test]
fn five_thousand_cycles_leave_nothing() {
    let threads = Has::now().threads;
    cycles(100);
    wait_for_threads(threads);
    let before = Has::now();
    cycles(5_000);
    wait_for_threads(threads);
    let after = Has::now();
    assert_eq!(after.descriptors, before.descriptors, "{before:?} {after:?}");
    assert!((after.bytes - before.bytes).abs() < 4_096, "{before:?} {after:?}");

    // Again with more descriptors open than select can take.
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: the pointer is to a limit.
    unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) };
    limit.rlim_cur = limit.rlim_max.min(4_096);
    // SAFETY: as above.
    assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit) }, 0);
    let open: Vec<_> = (0..1_500).map(|_| fs::File::open("/dev/null").expect("as many as were asked for")).collect();
    cycles(500);
    wait_for_threads(threads);
    assert_eq!(Has::now().descriptors, before.descriptors + open.len());
}
