//! The host makes a synchronous request, which calls back before it returns.

use crate::peers::{boltffi_peer, uniffi_peer};
use crate::table::{Row, Target};
use ffihost_benches::host::{self, Context, expect_ok};
use ffihost_benches::library::bare_bump_sync;
use ffihost_benches_harness::race::{Contestant, Settings, race};
use std::ffi::{c_char, c_int, c_void};
use std::hint::black_box;
use std::time::{Duration, Instant};

pub(crate) fn run(settings: Settings) -> Vec<Row> {
    let context = Context::new(host::bench());
    let figures = race(
        settings,
        5_000_000,
        vec![
            Contestant::new("ffihost", |calls| request(calls, context.ctx(), context.exports().bump_sync))
                .counted("request-synchronously"),
            Contestant::new("bare function with the same signature", |calls| {
                request(calls, context.ctx(), black_box(bare_bump_sync as host::Request))
            })
            .counted("request-synchronously bare-function"),
            Contestant::new("uniffi", uniffi_peer::sync_export_u32).counted("request-synchronously uniffi"),
            Contestant::new("boltffi (no panic guard)", boltffi_peer::sync_export_u32)
                .counted("request-synchronously boltffi"),
        ],
    );
    let row = Row::new("synchronous request", Target::Nanoseconds(10.0), figures);
    vec![
        row.allocations(0.0)
            .note("ours and the bare one take bytes and reply through a callback, the peers return a number"),
    ]
}

unsafe extern "C" fn take_number(ret: c_int, msg: *const c_char, len: usize, user_data: *mut c_void) {
    assert_eq!((ret, len), (0, 4), "the request replies a number");
    // SAFETY: `msg` points to four bytes, and userData to the number that `request` passes.
    unsafe { user_data.cast::<u32>().write(u32::from_ne_bytes(msg.cast::<[u8; 4]>().read())) }
}

pub(crate) fn request(calls: u64, ctx: *mut c_void, function: host::Request) -> Duration {
    let callback = black_box(take_number as ffihost::abi::types::FFICallBack);
    let mut value = 0u32;
    let start = Instant::now();
    for _ in 0..calls {
        let bytes = value.to_ne_bytes();
        // SAFETY: the bytes and the number live during the call, which calls back before it returns.
        expect_ok(unsafe { function(ctx, Some(callback), (&raw mut value).cast(), bytes.as_ptr(), bytes.len()) });
    }
    let took = start.elapsed();
    assert_eq!(u64::from(value), calls);
    took
}
