//! Handles.

// ANCHOR: handle
use crate::Notes;
use crate::errors::lock;
use ffihost::{Handle, ffi};
use std::sync::Mutex;

/// A search that goes on.
#[ffi(handle)]
pub struct Search {
    hits: Mutex<Vec<String>>,
}

/// Searches the titles for a text.
#[ffi]
pub fn search(notes: &Notes, text: &str) -> Handle<Search> {
    let titles = lock(&notes.titles);
    let hits = titles.iter().rev().filter(|title| title.contains(text)).cloned();
    Handle::new(Search { hits: Mutex::new(hits.collect()) })
}

/// The next title, or nothing when there is none left.
#[ffi]
pub fn next_hit(search: &Search) -> Option<String> {
    lock(&search.hits).pop()
}
// ANCHOR_END: handle

// ANCHOR: by_value
/// What two searches have left, in one.
#[ffi]
pub fn merge(_notes: &Notes, first: &Handle<Search>, second: &Handle<Search>) -> Handle<Search> {
    // One after the other: a host may pass the same handle twice.
    let first = lock(&first.hits).clone();
    let second = lock(&second.hits).clone();
    Search { hits: Mutex::new([first, second].concat()) }.into()
}
// ANCHOR_END: by_value

// ANCHOR: members
#[ffi]
impl Search {
    /// The most titles that one is made of.
    pub const MOST: u32 = 1_000;

    /// Goes through titles that the host has.
    pub fn through(titles: Vec<String>) -> Result<Self, String> {
        match u32::try_from(titles.len()) {
            Ok(count) if count <= Self::MOST => Ok(Self { hits: Mutex::new(titles) }),
            _ => Err(format!("more than {} titles", Self::MOST)),
        }
    }

    /// How many titles are left.
    pub fn left(&self) -> u64 {
        self.titles().len() as u64
    }

    #[ffi(skip)]
    fn titles(&self) -> Vec<String> {
        lock(&self.hits).clone()
    }
}
// ANCHOR_END: members

#[cfg(test)]
mod tests {
    use super::*;
    use crate::requests::open;
    use futures::executor::block_on;

    #[test]
    fn a_handle_is_a_reference_to_its_object() {
        // ANCHOR: test
        let search = Handle::new(Search { hits: Mutex::new(vec!["b".to_owned(), "a".to_owned()]) });
        assert_eq!(next_hit(&search).as_deref(), Some("a"));
        // ANCHOR_END: test
        // ANCHOR: test_members
        let search = Search::through(vec!["a".to_owned()]).expect("few titles");
        assert_eq!((next_hit(&search).as_deref(), search.left()), (Some("a"), 0));
        // ANCHOR_END: test_members
        let notes = block_on(open("Ada".to_owned())).expect("a name");
        let search = Handle::new(Search { hits: Mutex::new(vec!["b".to_owned()]) });
        assert_eq!(lock(&merge(&notes, &search, &search).hits).len(), 2);
    }
}
