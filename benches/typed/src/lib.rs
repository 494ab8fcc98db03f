//! The library that is measured, as an author writes it: what `ffihost_benches::library` does by hand, through the attributes.
//!
//! It is a crate of its own because a library is at a crate's root. [`formats`] has what the formats are compared with.

pub mod formats;

use ffihost::{HostError, ffi, ffi_event, ffi_host};
use std::hint::black_box;
use std::time::Instant;

ffihost::library!("bench_typed", BenchTyped);

/// The library's state.
#[derive(Debug)]
pub struct BenchTyped {
    started: Instant,
}

/// What can go wrong: nothing that a bench could go on with.
#[ffi(error)]
#[derive(Debug)]
pub enum BenchError {
    /// It says what.
    Failed {
        /// What went wrong.
        text: String,
    },
}

impl From<HostError> for BenchError {
    fn from(error: HostError) -> Self {
        Self::Failed { text: error.to_string() }
    }
}

/// Makes one.
#[ffi(constructor)]
pub async fn create() -> Result<BenchTyped, BenchError> {
    Ok(BenchTyped { started: Instant::now() })
}

/// Raises a number.
#[ffi_host]
async fn bump(n: u32) -> Result<u32, HostError>;

/// Turns a text around.
#[ffi_host]
async fn turn(text: &str) -> Result<String, HostError>;

/// What `ticked` says.
#[ffi]
#[derive(Clone, Debug)]
pub struct Tick {
    /// Which tick it is.
    pub number: u32,
    /// Of how many.
    pub of: u64,
}

/// It ticked.
#[ffi_event]
fn ticked(tick: Tick);

fn nanoseconds(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_nanos()).unwrap_or(u64::MAX)
}

/// One `bump` after the other, each given what the last returned; returns the nanoseconds that took.
#[ffi]
pub async fn await_numbers(_bench: &BenchTyped, calls: u64) -> Result<u64, BenchError> {
    let (mut value, start) = (0, Instant::now());
    for _ in 0..calls {
        value = bump(value).await?;
    }
    let took = nanoseconds(start);
    assert_eq!(u64::from(value), calls, "each call raises the number");
    Ok(took)
}

/// One `turn` after the other, a 16-byte text both ways.
#[ffi]
pub async fn await_texts(_bench: &BenchTyped, calls: u64) -> Result<u64, BenchError> {
    let text = "0123456789abcdef";
    assert_eq!(turn(text).await?, "fedcba9876543210", "the host turns it around");
    let start = Instant::now();
    for _ in 0..calls {
        black_box(turn(black_box(text)).await?);
    }
    Ok(nanoseconds(start))
}

/// Emits as many events; returns the nanoseconds until the last was enqueued.
#[ffi]
pub async fn emit_burst(_bench: &BenchTyped, events: u64) -> u64 {
    let start = Instant::now();
    for number in 0..events {
        ticked(Tick { number: u32::try_from(number).unwrap_or(u32::MAX), of: events });
    }
    nanoseconds(start)
}

/// The least that an asynchronous request can do.
#[ffi]
pub async fn nudge(bench: &BenchTyped, value: u32) -> u32 {
    black_box(bench.started);
    value.wrapping_add(1)
}

/// The least that a synchronous request can do.
#[ffi]
pub fn bump_sync(_bench: &BenchTyped, value: u32) -> u32 {
    value.wrapping_add(1)
}

/// The same without a context.
#[ffi]
pub fn bump_free(value: u32) -> u32 {
    value + 1
}
