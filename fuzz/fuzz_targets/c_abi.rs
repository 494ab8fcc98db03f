//! Sequences of C ABI calls with arbitrary arguments. What is done with the bytes, and what has to hold, is in
//! `fuzz/src/c_abi/`, which `fuzz/replay/replay.rs` shares.
#![no_main]

#[path = "../src/c_abi/mod.rs"]
mod c_abi;

libfuzzer_sys::fuzz_target!(|data: &[u8]| c_abi::run(data));
