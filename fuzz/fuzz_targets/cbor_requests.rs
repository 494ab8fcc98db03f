//! Requests to `my_timer` with CBOR arguments of every kind. What is done with the bytes, and what has to hold, is in
//! `fuzz/src/timer/`, which `fuzz/replay/replay.rs` shares.
#![no_main]
#![allow(dead_code, reason = "the other target uses the rest")]

#[path = "../src/timer/mod.rs"]
mod timer;

libfuzzer_sys::fuzz_target!(|data: &[u8]| timer::run_cbor(data));
