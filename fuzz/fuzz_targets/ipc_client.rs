//! A client's side of the wire. What is done with the bytes, and what has to hold, is in `fuzz/src/ipc_client/`, which
//! `fuzz/replay` shares.
#![no_main]

#[path = "../src/ipc_client/mod.rs"]
mod ipc_client;

libfuzzer_sys::fuzz_target!(|data: &[u8]| ipc_client::run(data));
