//! CBOR of every kind, as values of an author's types. What is done with the bytes, and what has to hold, is in
//! `fuzz/src/wire/`, which `fuzz/replay/replay.rs` shares.
#![no_main]

#[path = "../src/wire/mod.rs"]
mod wire;

ffihost::library!("fuzzed_wire", wire::State);

libfuzzer_sys::fuzz_target!(|data: &[u8]| wire::run(data));
