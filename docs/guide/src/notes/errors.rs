//! Errors.

// ANCHOR: declared
use ffihost::{HostError, ffi};

/// Why a request of the notes failed.
#[ffi(error)]
#[derive(Debug, PartialEq)]
pub enum RequestError {
    /// The notes are nobody's.
    Nobody,
    /// The note has no title.
    Untitled,
    /// The host did not do what it was asked; this says why.
    Host(String),
}

/// What a host may say to `store`.
#[ffi(error)]
#[derive(Debug, PartialEq)]
pub enum StoreError {
    /// Nothing can be kept.
    ReadOnly,
    /// There is no room.
    Full {
        /// How many bytes there are.
        capacity: u64,
    },
}
// ANCHOR_END: declared

// ANCHOR: from
impl From<HostError> for RequestError {
    fn from(error: HostError) -> Self {
        Self::Host(error.to_string())
    }
}
// ANCHOR_END: from

// ANCHOR: from_declared
impl From<HostError<StoreError>> for RequestError {
    fn from(error: HostError<StoreError>) -> Self {
        let text = match error {
            HostError::Declared(StoreError::ReadOnly) => "it is read-only".to_owned(),
            HostError::Declared(StoreError::Full { capacity }) => format!("its {capacity} bytes are full"),
            other => other.map_declared(|_| "declared").to_string(),
        };
        Self::Host(text)
    }
}
// ANCHOR_END: from_declared

use std::sync::{Mutex, MutexGuard, PoisonError};

/// A panic ended the request that held it; what it holds is still good.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
