//! Descriptors that nobody wrote. What is done with the bytes, and what has to hold, is in `fuzz/src/descriptor/`, which
//! `fuzz/replay/replay.rs` shares.
#![no_main]

#[path = "../src/descriptor/mod.rs"]
mod descriptor;

libfuzzer_sys::fuzz_target!(|data: &[u8]| descriptor::run(data));
