//! Notes, kept where the host keeps them: the library that the guide's pages take their examples from.

pub mod closing;
pub mod errors;
pub mod events;
pub mod groups;
pub mod handles;
pub mod host_functions;
pub mod requests;
pub mod threads;
pub mod types;

// ANCHOR: library
use ffihost::{Options, WhenFull};
use std::sync::Mutex;
use std::time::Duration;

ffihost::library!(
    "notes",
    Notes,
    options = Options::new()
        .host_deadline(Duration::from_secs(10))
        .events(256, WhenFull::DropOldest)
        .grace(Duration::from_secs(3))
        .stale_warning(Duration::from_secs(1)),
    formats(native, cbor),
);

/// Somebody's notes.
pub struct Notes {
    owner: String,
    titles: Mutex<Vec<String>>,
}
// ANCHOR_END: library
