//! The library awaits a host function that answers a text of 16 bytes with another before it returns.

use crate::await_inline_number::oneshot;
use crate::peers::{boltffi_peer, uniffi_peer};
use crate::table::{Row, Target};
use ffihost_benches::host::{self, Context};
use ffihost_benches_harness::race::{Contestant, Settings, race};

pub(crate) fn run(settings: Settings) -> Vec<Row> {
    let context = Context::new(host::bench());
    host::answer_text_inline(&context);
    let await_texts = context.exports().await_texts;
    let figures = race(
        settings,
        500_000,
        vec![
            Contestant::new("ffihost", |calls| context.time(await_texts, calls)).counted("await-inline-text"),
            Contestant::new("tokio oneshot", oneshot).counted("await-inline-number tokio-oneshot"),
            Contestant::new("uniffi", uniffi_peer::inline_string16).counted("await-inline-text uniffi"),
            Contestant::new("boltffi", boltffi_peer::inline_string16).counted("await-inline-text boltffi"),
        ],
    );
    let row = Row::new("await an inline answer, 16-byte text both ways", Target::Ratio(3.0), figures);
    vec![
        row.allocations(1.0)
            .note("the allocation is the String that the author gets; tokio's oneshot carries a number"),
    ]
}
