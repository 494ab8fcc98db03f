//! Host functions.

// ANCHOR: declared
use crate::errors::{RequestError, StoreError};
use ffihost::{HostError, ffi_host};

/// The bytes under a key, if there are any.
#[ffi_host(deadline = "10s")]
pub async fn load(key: &str) -> Result<Option<Vec<u8>>, RequestError>;

/// Keeps bytes under a key.
#[ffi_host]
pub async fn store(key: &str, bytes: &[u8]) -> Result<(), HostError<StoreError>>;

/// Whether the user agrees.
#[ffi_host]
pub async fn confirm(question: String) -> Result<bool, HostError>;
// ANCHOR_END: declared

// ANCHOR: synchronous
/// Milliseconds since 1970.
#[ffi_host]
pub fn now_ms() -> Result<u64, HostError>;
// ANCHOR_END: synchronous

use crate::Notes;
use ffihost::{Host, ffi};
use std::time::Duration;

// ANCHOR: per_call
/// Reads two notes at the same time. A note that cannot be read in two seconds is as good as none.
#[ffi]
pub async fn read_both(_notes: &Notes, first: String, second: String) -> Result<Vec<Vec<u8>>, RequestError> {
    let limit = Duration::from_secs(2);
    let first = load(&first).deadline(limit);
    let second = load(&second).deadline(limit).wait_for_room();
    let (first, second) = futures::future::join(first, second).await;
    Ok([first?, second?].into_iter().flatten().collect())
}
// ANCHOR_END: per_call

// ANCHOR: outcomes
/// Deletes a note if the user agrees.
#[ffi]
pub async fn delete(_notes: &Notes, title: String) -> Result<bool, RequestError> {
    match confirm(format!("Delete {title}?")).deadline(Duration::from_secs(60)).await {
        Ok(true) => {}
        Ok(false) | Err(HostError::Cancelled | HostError::TimedOut) => return Ok(false),
        // A host without a user agrees.
        Err(HostError::NotRegistered { .. }) => {}
        Err(other) => return Err(other.into()),
    }
    match store(&title, &[]).await {
        Ok(()) => Ok(true),
        Err(HostError::Declared(StoreError::ReadOnly)) => Ok(false),
        Err(other) => Err(other.into()),
    }
}
// ANCHOR_END: outcomes

// ANCHOR: stamp
/// The age of the host's clock, in days.
#[ffi]
pub fn days(_notes: &Notes) -> Result<u64, RequestError> {
    Ok(now_ms()? / 86_400_000)
}
// ANCHOR_END: stamp

// ANCHOR: elsewhere
/// Looks for a word in a note, on a thread where that may take long.
#[ffi]
pub async fn contains(_notes: &Notes, title: String, word: String) -> Result<bool, RequestError> {
    let host = Host::current()?;
    let searched = tokio::task::spawn_blocking(move || {
        let body = futures::executor::block_on(load(&title).on(host))?.unwrap_or_default();
        Ok(String::from_utf8_lossy(&body).contains(&word))
    });
    searched.await.map_err(|_| RequestError::Host("the search was stopped".to_owned()))?
}
// ANCHOR_END: elsewhere

// ANCHOR: tests
#[cfg(test)]
mod tests {
    use super::*;
    use crate::requests::{add, open};
    use crate::types::Note;
    use futures::executor::block_on;

    fn note(title: &str) -> Note {
        Note { title: title.to_owned(), ..Note::default() }
    }

    #[test]
    fn a_note_is_stored_under_its_title() {
        let (sender, stored) = std::sync::mpsc::channel();
        let _store = store::implement(move |key: String, _bytes: Vec<u8>| {
            sender.send(key).expect("the test listens");
            async { Ok(()) }
        });
        let notes = block_on(open("Ada".to_owned())).expect("a name");
        assert_eq!(block_on(add(&notes, note("shopping"))), Ok(1));
        assert_eq!(stored.recv().expect("a key"), "shopping");
    }

    #[test]
    fn without_a_host_there_is_no_context() {
        let notes = block_on(open("Ada".to_owned())).expect("a name");
        let added = block_on(add(&notes, note("shopping")));
        assert!(matches!(added, Err(RequestError::Host(text)) if text.contains("no context")));
    }

    #[test]
    fn the_clock_is_the_hosts() {
        let _clock = now_ms::implement(|| Ok(3 * 86_400_000));
        let notes = block_on(open("Ada".to_owned())).expect("a name");
        assert_eq!(days(&notes), Ok(3));
    }
}
// ANCHOR_END: tests
