//! The end.

// ANCHOR: destructor
use crate::Notes;
use crate::errors::lock;
use crate::host_functions::store;
use ffihost::ffi;
use std::time::Duration;

/// Keeps the list of titles, before the state is dropped.
#[ffi(destructor)]
async fn close_notes(notes: &Notes) {
    let titles = lock(&notes.titles).join("\n");
    // Nobody is there to be told if it fails.
    let _ = store("index", titles.as_bytes()).deadline(Duration::from_secs(1)).await;
}
// ANCHOR_END: destructor
