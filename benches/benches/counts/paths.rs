//! Ours: the paths of `ci/counts.txt`.

use crate::baselines::{self, Chain};
use ffihost_benches::host::{self, Context, Held, Live, Request, Tally, expect_ok};
use ffihost_benches::typed_host;
use std::ffi::{c_char, c_int, c_void};
use std::hint::black_box;
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::sleep;
use std::time::Duration;

pub(crate) fn await_inline_number(calls: u64) {
    let context = Context::new(host::bench_asleep());
    host::answer_inline(&context);
    context.run(context.exports().await_numbers, calls);
}

pub(crate) fn await_inline_text(calls: u64) {
    let context = Context::new(host::bench_asleep());
    host::answer_text_inline(&context);
    context.run(context.exports().await_texts, calls);
}

/// The answering thread's part alone.
pub(crate) fn answer_later_number(calls: u64) {
    let held = Held::new(calls as usize);
    let context = Context::new(host::bench_asleep());
    // SAFETY: as above.
    unsafe { held.register(&context) };
    let outcome = context.start(context.exports().await_together, calls);
    // Asleep, so that the number of looks does not depend on the time that the calls take.
    sleep(Duration::from_secs(2));
    assert_eq!(held.answer(&context) as u64, calls, "all calls are begun by now");
    outcome.wait();
    drop(context);
}

pub(crate) fn typed_await_inline_number(calls: u64) {
    let context = typed_host::context();
    host::answer_inline(&context);
    typed_host::time(&context, context.exports().await_numbers, calls);
}

pub(crate) fn typed_await_inline_text(calls: u64) {
    let context = typed_host::context();
    host::answer_typed_text_inline(&context);
    typed_host::time(&context, context.exports().await_texts, calls);
}

pub(crate) fn typed_request_synchronously(requests: u64) {
    let context = typed_host::context();
    let (request, mut value) = (black_box(context.exports().bump_sync), 0u32);
    for _ in 0..requests {
        // SAFETY: the value lives during the call, and nobody wants the error.
        expect_ok(unsafe { request(context.ctx(), value, &raw mut value, ptr::null_mut()) });
    }
    assert_eq!(u64::from(value), requests);
}

pub(crate) fn typed_request_without_context(requests: u64) {
    let (request, mut value) = (black_box(typed_host::typed().bump_free), 0u32);
    for _ in 0..requests {
        // SAFETY: as above.
        expect_ok(unsafe { request(value, &raw mut value, ptr::null_mut()) });
    }
    assert_eq!(u64::from(value), requests);
}

/// Rounds of 64, where the last call of a round answers all.
pub(crate) fn await_later_number(calls: u64) {
    await_held(calls, |context| context.exports().await_rounds);
}

/// 64 tasks that make one call after the other; each time that all wait, the last one's call answers all.
pub(crate) fn await_tasks_number(calls: u64) {
    await_held(calls, |context| context.exports().await_tasks);
}

fn await_held(calls: u64, request: fn(&Context) -> Request) {
    let mut held = Held::new(64);
    let context = Context::new(host::bench_asleep());
    // SAFETY: the calls are held in a box that is dropped after the context.
    unsafe { held.register_until_full(&context) };
    context.run(request(&context), calls);
    drop(context);
}

pub(crate) fn request_synchronously(requests: u64) {
    let context = Context::new(host::bench_asleep());
    baselines::request_synchronously(requests, context.ctx(), context.exports().bump_sync);
}

/// 64 in flight, with four bytes each.
pub(crate) fn request_asynchronously(requests: u64) {
    let context = Context::new(host::bench_asleep());
    Chain::run(requests, |callback, user_data| {
        let bytes = 7u32.to_ne_bytes();
        // SAFETY: the bytes live during the call, and the chain until its last callback.
        unsafe { (context.exports().nudge)(context.ctx(), Some(callback), user_data, bytes.as_ptr(), bytes.len()) }
    });
}

pub(crate) fn request_without_bytes(requests: u64) {
    let context = Context::new(host::bench_asleep());
    Chain::run(requests, |callback, user_data| {
        // SAFETY: no bytes are passed, and the chain lives until its last callback.
        unsafe { (context.exports().idle)(context.ctx(), Some(callback), user_data, std::ptr::null(), 0) }
    });
}

pub(crate) fn typed_request_asynchronously(requests: u64) {
    let context = typed_host::context();
    Chain::run(requests, |callback, user_data| {
        // SAFETY: the chain lives until its last callback.
        unsafe { (context.exports().nudge)(context.ctx(), Some(callback), user_data, 7) }
    });
}

pub(crate) fn emit_event(events: u64) {
    let context = Context::new(host::bench_asleep());
    emit(events, &context, |burst| {
        context.run(context.exports().emit_burst, burst);
    });
}

pub(crate) fn typed_emit_event(events: u64) {
    let context = typed_host::context();
    emit(events, &context, |burst| {
        typed_host::time(&context, context.exports().emit_burst, burst);
    });
}

/// One burst, while the listener is kept busy by the first event: the event thread does not wait for any.
fn emit(events: u64, context: &Live, burst: impl Fn(u64)) {
    static HELD: AtomicBool = AtomicBool::new(true);
    static TALLY: Tally = Tally::new();
    unsafe extern "C" fn wait(_: c_int, _: *const c_char, _: usize, _: *mut c_void) {
        while HELD.load(Ordering::Acquire) {
            sleep(Duration::from_millis(1));
        }
    }
    assert!(events < 1_024, "a burst fits the queue");
    // SAFETY: the tally lives for ever; `wait` uses no userData.
    unsafe {
        context.listen(c"ticked", wait, std::ptr::null());
        TALLY.listen(context, c"ticked");
    }
    burst(1);
    sleep(Duration::from_millis(500));
    burst(events);
    HELD.store(false, Ordering::Release);
    while TALLY.read().0 < events + 1 {
        sleep(Duration::from_millis(1));
    }
}
