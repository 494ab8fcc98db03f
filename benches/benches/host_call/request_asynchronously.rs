//! The host keeps 64 asynchronous requests in flight.
//!
//! The host's thread submits as long as fewer than 64 are out, and watches for callbacks otherwise: what is timed is the
//! library, and not the host's way of sleeping. A second contestant submits 64, sleeps until all have called back, and goes on.
//!
//! The baseline is what one would write instead: a bounded tokio channel to a loop that spawns a task for each message, which
//! calls back.
//!
//! The request has no bytes: those of one that has are copied into the `Vec` that the author is given, which is one allocation
//! more, and a contestant of its own.

use crate::await_inline_number::runtime;
use crate::table::{Row, Target};
use ffihost::abi::types::FFICallBack;
use ffihost_benches::host::{self, Context, expect_ok};
use ffihost_benches::window::{Submit, Window, in_rounds, keep_full};
use ffihost_benches_harness::race::{Contestant, Settings, race};
use std::ffi::c_void;
use std::hint::black_box;
use std::thread;
use std::time::Duration;
use tokio::sync::mpsc;

pub(crate) fn run(settings: Settings) -> Vec<Row> {
    let context = Context::new(host::bench());
    let figures = race(
        settings,
        200_000,
        vec![
            Contestant::new("ffihost", |calls| keep_full(calls, &mut submit(&context, false)))
                .counted("request-without-bytes"),
            Contestant::new("tokio channel + spawn_local", |calls| with_loop(|submit| keep_full(calls, submit)))
                .counted("request-without-bytes tokio-channel"),
            Contestant::new("ffihost, request with 4 bytes", |calls| keep_full(calls, &mut submit(&context, true)))
                .counted("request-asynchronously"),
            Contestant::new("ffihost, rounds of 64", |calls| in_rounds(calls, &mut submit(&context, false))),
            Contestant::new("tokio channel + spawn_local, rounds of 64", |calls| {
                with_loop(|submit| in_rounds(calls, submit))
            }),
        ],
    );
    let stats = context.stats();
    let row = Row::new("asynchronous request, 64 in flight", Target::Nanoseconds(300.0), figures);
    vec![row.allocations(1.0).fault_if(stats.requests_in_flight != 0, || {
        format!("{} requests are not called back", stats.requests_in_flight)
    })]
}

pub(crate) fn submit(context: &Context, with_bytes: bool) -> impl FnMut(*mut c_void) {
    let (nudge, ctx) = (if with_bytes { context.exports().nudge } else { context.exports().idle }, context.ctx());
    let callback: FFICallBack = black_box(Window::CALLBACK);
    let length = if with_bytes { 4 } else { 0 };
    move |user_data| {
        let bytes = 7u32.to_ne_bytes();
        // SAFETY: the bytes live during the call, and userData until all have called back.
        expect_ok(unsafe { nudge(ctx, Some(callback), user_data, bytes.as_ptr(), length) });
    }
}

/// A message of the baseline: the request's bytes, and whom to call back.
struct Message {
    bytes: Vec<u8>,
    callback: FFICallBack,
    user_data: *mut c_void,
}

// SAFETY: the callback may be called on any thread, with its userData.
unsafe impl Send for Message {}

fn with_loop(f: impl FnOnce(&mut Submit<'_>) -> Duration) -> Duration {
    let (sender, mut receiver) = mpsc::channel::<Message>(16_384);
    let on_its_own = thread::spawn(move || {
        runtime().block_on(async {
            while let Some(Message { bytes, callback, user_data }) = receiver.recv().await {
                let user_data = user_data.expose_provenance();
                tokio::task::spawn_local(async move {
                    let value = bytes.as_slice().try_into().map_or(0, u32::from_ne_bytes).wrapping_add(1).to_ne_bytes();
                    // SAFETY: the host lives until all have called back.
                    unsafe {
                        callback(
                            0,
                            value.as_ptr().cast(),
                            value.len(),
                            std::ptr::with_exposed_provenance_mut(user_data),
                        );
                    }
                });
            }
        });
    });
    let callback: FFICallBack = black_box(Window::CALLBACK);
    let took = f(&mut |user_data| {
        let message = Message { bytes: Vec::new(), callback, user_data };
        assert!(sender.try_send(message).is_ok(), "there is room for what is in flight");
    });
    drop(sender);
    on_its_own.join().expect("the loop does not panic");
    took
}
