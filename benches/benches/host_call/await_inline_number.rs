//! The library awaits a host function that answers a number before it returns.

use crate::peers::{boltffi_peer, uniffi_peer};
use crate::table::{Row, Target};
use ffihost_benches::host::{self, Context};
use ffihost_benches_harness::race::{Contestant, Settings, race};
use std::hint::black_box;
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

pub(crate) fn run(settings: Settings) -> Vec<Row> {
    let context = Context::new(host::bench());
    host::answer_inline(&context);
    let await_numbers = context.exports().await_numbers;
    let figures = race(
        settings,
        1_000_000,
        vec![
            Contestant::new("ffihost", |calls| context.time(await_numbers, calls)).counted("await-inline-number"),
            Contestant::new("tokio oneshot", oneshot).counted("await-inline-number tokio-oneshot"),
            Contestant::new("uniffi", uniffi_peer::inline_u32).counted("await-inline-number uniffi"),
            Contestant::new("boltffi", boltffi_peer::inline_u32).counted("await-inline-number boltffi"),
        ],
    );
    vec![Row::new("await an inline answer, u32", Target::Ratio(1.0), figures).allocations(0.0)]
}

/// The baseline: makes a channel, answers through it, and awaits the answer, on a current-thread runtime.
pub(crate) fn oneshot(calls: u64) -> Duration {
    runtime().block_on(async {
        let mut value = 0u32;
        let start = Instant::now();
        for _ in 0..calls {
            let (sender, receiver) = oneshot::channel();
            black_box(sender).send(value + 1).expect("the receiver is there");
            value = receiver.await.expect("the sender has sent");
        }
        let took = start.elapsed();
        assert_eq!(u64::from(value), calls);
        took
    })
}

/// The runtime of every baseline: what a context's loop runs on, too.
pub(crate) fn runtime() -> tokio::runtime::LocalRuntime {
    tokio::runtime::Builder::new_current_thread()
        .build_local(tokio::runtime::LocalOptions::default())
        .expect("a current-thread runtime")
}
