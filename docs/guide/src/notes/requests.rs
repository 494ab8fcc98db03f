//! Requests.

// ANCHOR: asynchronous
use crate::Notes;
use crate::errors::{RequestError, lock};
use crate::events::on_saved;
use crate::host_functions::{load, store};
use crate::types::Note;
use ffihost::ffi;
use std::sync::Mutex;

/// Keeps a note. Returns how many there are now.
#[ffi]
pub async fn add(
    notes: &Notes,
    /// The title must not be empty.
    note: Note,
) -> Result<u32, RequestError> {
    if note.title.is_empty() {
        return Err(RequestError::Untitled);
    }
    store(&note.title, note.body.as_bytes()).await?;
    on_saved(&note.title, note.body.len() as u64);
    let mut titles = lock(&notes.titles);
    titles.push(note.title);
    Ok(titles.len() as u32)
}
// ANCHOR_END: asynchronous

// ANCHOR: synchronous
/// Where a note of that title is, if there is one.
#[ffi]
pub fn find(notes: &Notes, title: &str) -> Option<u32> {
    let titles = lock(&notes.titles);
    titles.iter().position(|other| other == title).map(|at| at as u32)
}
// ANCHOR_END: synchronous

// ANCHOR: free
/// How many words a text has.
#[ffi]
pub fn word_count(text: &str) -> u32 {
    text.split_whitespace().count() as u32
}
// ANCHOR_END: free

// ANCHOR: constructor
/// Opens somebody's notes.
#[ffi(constructor)]
pub async fn open(owner: String) -> Result<Notes, RequestError> {
    if owner.is_empty() {
        return Err(RequestError::Nobody);
    }
    Ok(Notes { owner, titles: Mutex::default() })
}
// ANCHOR_END: constructor

// ANCHOR: cancelled
/// Reads all notes, one after the other. Returns how many bytes they have.
#[ffi]
pub async fn read_all(notes: &Notes) -> Result<u64, RequestError> {
    let titles = lock(&notes.titles).clone();
    let mut total = 0;
    for title in titles {
        // If the host cancels the request, it ends here: the future is dropped, and `load` with it.
        let body = load(&title).await?.unwrap_or_default();
        total += body.len() as u64;
    }
    Ok(total)
}
// ANCHOR_END: cancelled

// ANCHOR: formats
/// What goes on inside, for tools that speak CBOR.
#[ffi(formats(cbor))]
pub fn diagnose(notes: &Notes) -> std::collections::BTreeMap<String, String> {
    let titles = lock(&notes.titles).len().to_string();
    [("owner".to_owned(), notes.owner.clone()), ("titles".to_owned(), titles)].into()
}
// ANCHOR_END: formats
