//! What the fuzz target `descriptor` does with its bytes; `fuzz/replay/replay.rs` does the same with the corpus.
//!
//! The bytes are a compiled file, a document, or the section of one, taken as they are, and again with its items put into a
//! document whose hash is right, so that they are looked at. What is read goes through everything that is done with a
//! library. Nothing panics; a library does not differ from itself; putting a document together and reading it gives the same
//! library, and bindings are generated to the same bytes each time.

use ffihost_bindgen::{Language, generate};
use ffihost_schema::{Checked, assemble, cddl, diff, documents_in_file, libraries_in_file, split};

/// Reads the bytes as each of what they may be.
pub(crate) fn run(bytes: &[u8]) {
    if let Ok(libraries) = libraries_in_file(bytes) {
        let documents = documents_in_file(bytes).expect("its libraries were read");
        assert_eq!(documents.len(), libraries.len());
        libraries.iter().for_each(take);
    }
    if let Ok(library) = Checked::from_document(bytes) {
        take(&library);
    }
    if let Ok(pieces) = split(bytes) {
        let document = assemble(&pieces);
        let reversed: Vec<_> = pieces.iter().rev().copied().collect();
        assert_eq!(assemble(&reversed), document, "the order of pieces means something");
        if let Ok(library) = Checked::from_document(&document) {
            take(&library);
        }
    }
}

/// Everything that is done with a library.
fn take(library: &Checked) {
    assert_eq!(diff(library, library), []);
    assert!(!cddl(library).is_empty());
    for language in Language::ALL {
        let Ok(files) = generate(library, language) else { continue };
        assert_eq!(generate(library, language).ok().as_ref(), Some(&files), "it depends on more than the library");
        for file in files {
            assert!(file.contents.ends_with('\n') && !file.path.is_empty(), "{}", file.path);
        }
    }
}
