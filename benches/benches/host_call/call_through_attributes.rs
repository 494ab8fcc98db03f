//! The same calls by hand and through the attributes: what typed arguments and results add.

use crate::emit_events::{bursts, wait_until};
use crate::request_asynchronously::submit;
use crate::request_synchronously::request;
use crate::table::{Row, Target};
use ffihost::abi::types::FFICallBack;
use ffihost_benches::host::{self, Context, Tally, expect_ok};
use ffihost_benches::typed_host::{self, Direct, FreeDirect};
use ffihost_benches::window::{Window, keep_full};
use ffihost_benches_harness::race::{Contestant, Settings, race};
use std::ffi::{c_int, c_void};
use std::hint::black_box;
use std::ptr;
use std::time::{Duration, Instant};

const TYPED: &str = "attributes";
const RAW: &str = "by hand";
const ADDED: Target = Target::Added(10.0);

pub(crate) fn run(settings: Settings) -> Vec<Row> {
    vec![
        await_numbers(settings),
        await_texts(settings),
        request_synchronously(settings),
        request_asynchronously(settings),
        emit_events(settings),
    ]
}

fn await_numbers(settings: Settings) -> Row {
    let (raw, typed) = (Context::new(host::bench()), typed_host::context());
    host::answer_inline(&raw);
    host::answer_inline(&typed);
    let figures = race(
        settings,
        1_000_000,
        vec![
            Contestant::new(TYPED, |calls| typed_host::time(&typed, typed.exports().await_numbers, calls))
                .counted("typed-await-inline-number"),
            Contestant::new(RAW, |calls| raw.time(raw.exports().await_numbers, calls)).counted("await-inline-number"),
        ],
    );
    Row::new("typed: await an inline answer, u32", ADDED, figures).no_more_allocations()
}

fn await_texts(settings: Settings) -> Row {
    let (raw, typed) = (Context::new(host::bench()), typed_host::context());
    host::answer_text_inline(&raw);
    host::answer_typed_text_inline(&typed);
    let figures = race(
        settings,
        500_000,
        vec![
            Contestant::new(TYPED, |calls| typed_host::time(&typed, typed.exports().await_texts, calls))
                .counted("typed-await-inline-text"),
            Contestant::new(RAW, |calls| raw.time(raw.exports().await_texts, calls)).counted("await-inline-text"),
        ],
    );
    Row::new("typed: await an inline answer, 16-byte text", ADDED, figures).no_more_allocations()
}

fn request_synchronously(settings: Settings) -> Row {
    let (raw, typed) = (Context::new(host::bench()), typed_host::context());
    let figures = race(
        settings,
        5_000_000,
        vec![
            Contestant::new(TYPED, |calls| request_typed(calls, typed.ctx(), typed.exports().bump_sync))
                .counted("typed-request-synchronously"),
            Contestant::new("attributes, no context", |calls| request_free(calls, typed.exports().bump_free))
                .counted("typed-request-without-context"),
            Contestant::new(RAW, |calls| request(calls, raw.ctx(), raw.exports().bump_sync))
                .counted("request-synchronously"),
        ],
    );
    Row::new("typed: synchronous request", ADDED, figures).no_more_allocations()
}

fn request_typed(calls: u64, ctx: *mut c_void, function: Direct) -> Duration {
    // SAFETY: the place of the result is one, and nobody wants the error.
    request_directly(calls, |value, result| unsafe { function(ctx, value, result, ptr::null_mut()) })
}

fn request_free(calls: u64, function: FreeDirect) -> Duration {
    // SAFETY: as above.
    request_directly(calls, |value, result| unsafe { function(value, result, ptr::null_mut()) })
}

fn request_directly(calls: u64, call: impl Fn(u32, *mut u32) -> c_int) -> Duration {
    let call = black_box(call);
    let mut value = 0u32;
    let start = Instant::now();
    for _ in 0..calls {
        expect_ok(call(value, &raw mut value));
    }
    let took = start.elapsed();
    assert_eq!(u64::from(value), calls);
    took
}

fn request_asynchronously(settings: Settings) -> Row {
    let (raw, typed) = (Context::new(host::bench()), typed_host::context());
    let (nudge, ctx) = (typed.exports().nudge, typed.ctx());
    let callback: FFICallBack = black_box(Window::CALLBACK);
    let mut submit_typed = |user_data: *mut c_void| {
        // SAFETY: userData lives until all have called back.
        expect_ok(unsafe { nudge(ctx, Some(callback), user_data, 7) });
    };
    let figures = race(
        settings,
        200_000,
        vec![
            Contestant::new(TYPED, |calls| keep_full(calls, &mut submit_typed)).counted("typed-request-asynchronously"),
            Contestant::new("by hand, without bytes", |calls| keep_full(calls, &mut submit(&raw, false)))
                .counted("request-without-bytes"),
            Contestant::new("by hand, 4 bytes in a Vec", |calls| keep_full(calls, &mut submit(&raw, true)))
                .counted("request-asynchronously"),
        ],
    );
    Row::new("typed: asynchronous request, 64 in flight", ADDED, figures).no_more_allocations()
}

fn emit_events(settings: Settings) -> Row {
    let (tally, typed_tally) = (Box::new(Tally::default()), Box::new(Tally::default()));
    let (raw, typed) = (Context::new(host::bench()), typed_host::context());
    // SAFETY: the tallies were made before the contexts, and are dropped after them.
    unsafe {
        tally.listen(&raw, c"ticked");
        typed_tally.listen(&typed, c"ticked");
    }
    let (mut emitted, mut emitted_typed) = (0, 0);
    let figures = race(
        settings,
        200_000,
        vec![
            Contestant::new(TYPED, |events| {
                let emit = |burst| typed_host::time(&typed, typed.exports().emit_burst, burst);
                emit_in_bursts(events, &mut emitted_typed, &typed_tally, emit)
            })
            .counted("typed-emit-event"),
            Contestant::new(RAW, |events| {
                let emit = |burst| raw.time(raw.exports().emit_burst, burst);
                emit_in_bursts(events, &mut emitted, &tally, emit)
            })
            .counted("emit-event"),
        ],
    );
    let delivered = typed_tally.read().0;
    let row = Row::new("typed: event with a small struct, enqueueing", ADDED, figures);
    let row = row
        .no_more_allocations()
        .note("by hand it is a number; the struct has 16 bytes")
        .fault_if(delivered != emitted_typed, || format!("{emitted_typed} emitted, {delivered} delivered"));
    drop((raw, typed));
    row
}

/// Emits so many events; each burst waits until the last is delivered.
fn emit_in_bursts(events: u64, emitted: &mut u64, tally: &Tally, emit: impl Fn(u64) -> Duration) -> Duration {
    let mut took = Duration::ZERO;
    for burst in bursts(events) {
        took += emit(burst);
        *emitted += burst;
        wait_until(|| tally.read().0 >= *emitted);
    }
    took
}
