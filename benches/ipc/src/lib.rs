//! The library that is served, as its author writes it.

use ffihost::{HostError, ffi, ffi_event, ffi_host};
use std::time::Instant;

ffihost::library!("bench_ipc", BenchIpc, serve);

/// The library's state.
#[derive(Debug)]
pub struct BenchIpc {
    name: String,
}

/// What was said, and by whom.
#[ffi]
#[derive(Debug)]
pub struct Echo {
    /// The message.
    pub echoed: String,
    /// The name of the context.
    pub served_by: String,
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
pub async fn create(name: String) -> Result<BenchIpc, BenchError> {
    Ok(BenchIpc { name })
}

/// Says it again.
#[ffi]
pub async fn echo(bench: &BenchIpc, message: String) -> Echo {
    Echo { echoed: message, served_by: bench.name.clone() }
}

/// The same, synchronously.
#[ffi]
pub fn echo_sync(bench: &BenchIpc, message: String) -> Echo {
    Echo { echoed: message, served_by: bench.name.clone() }
}

/// Whoever is at the other end of a connection says it again.
#[ffi_host]
async fn answer(message: &str) -> Result<String, HostError>;

/// Says what a host function says.
#[ffi]
pub async fn ask(bench: &BenchIpc, message: String) -> Result<Echo, BenchError> {
    Ok(Echo { echoed: answer(&message).await?, served_by: bench.name.clone() })
}

/// It ticked.
#[ffi_event]
fn ticked(number: u64);

/// Emits as many events, with numbers from `first` on; returns the nanoseconds until the last was enqueued.
#[ffi]
pub async fn emit_burst(_bench: &BenchIpc, first: u64, count: u64) -> u64 {
    let start = Instant::now();
    for number in first..first + count {
        ticked(number);
    }
    u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX)
}
