//! A server's side of the wire. What is done with the bytes, and what has to hold, is in `fuzz/src/ipc_session/`, which
//! `fuzz/replay` shares.
#![no_main]

#[path = "../src/ipc_session/mod.rs"]
mod ipc_session;

libfuzzer_sys::fuzz_target!(|data: &[u8]| ipc_session::run(data));
