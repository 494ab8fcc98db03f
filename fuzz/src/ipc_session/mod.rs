//! What the fuzz target `ipc_session` does with its bytes; `fuzz/replay` does the same with the corpus.
//!
//! After a byte 7 they are what a client sends to a server; otherwise a script of what a client, a library and the time do. The
//! model that it is compared with is that of the properties in `crates/ffihost-ipc`.

#[path = "../../../crates/ffihost-ipc/tests/support/world.rs"]
mod world;

/// See the module.
pub(crate) fn run(bytes: &[u8]) {
    match bytes.split_first() {
        Some((7, stream)) => world::run_stream(stream),
        _ => world::run(bytes),
    }
}
