//! Events.

// ANCHOR: declared
use ffihost::ffi_event;

/// A note was saved.
#[ffi_event]
pub fn on_saved(
    /// The note's.
    title: &str,
    /// How long its body is.
    bytes: u64,
);
// ANCHOR_END: declared

use crate::Notes;
use crate::errors::RequestError;
use ffihost::{Host, ffi};

// ANCHOR: elsewhere
/// Says that a note was saved, from a thread of its own.
#[ffi]
pub async fn announce(_notes: &Notes, title: String) -> Result<(), RequestError> {
    let host = Host::current()?;
    std::thread::spawn(move || {
        // An error if the context has ended meanwhile: then there is nobody to tell.
        let _ = on_saved::emit_on(host, &title, 0);
    });
    Ok(())
}
// ANCHOR_END: elsewhere

// ANCHOR: tests
#[cfg(test)]
mod tests {
    use super::on_saved;
    use crate::host_functions::store;
    use crate::requests::{add, open};
    use crate::types::Note;
    use futures::executor::block_on;

    #[test]
    fn listeners_are_told() {
        let (sender, heard) = std::sync::mpsc::channel();
        let _listening = on_saved::listen(move |title: String, bytes: u64| {
            sender.send((title, bytes)).expect("the test listens");
        });
        let _store = store::implement(|_key, _bytes| async { Ok(()) });
        let notes = block_on(open("Ada".to_owned())).expect("a name");
        let note = Note { title: "a".to_owned(), body: "bc".to_owned(), ..Note::default() };
        block_on(add(&notes, note)).expect("it is stored");
        assert_eq!(heard.recv().expect("an event"), ("a".to_owned(), 2));
    }
}
// ANCHOR_END: tests
