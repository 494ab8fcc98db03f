//! Removing a listener against a delivery to it.

use super::{model, thread, wait_a_moment};
use crate::events::listener::{Removed, Word};
use crate::sync::{Arc, UnsafeCell};

struct Listener {
    word: Word,
    /// What the host frees when the listener is removed.
    user_data: UnsafeCell<u32>,
}

// SAFETY: the word is what makes it so; that is what the model shows.
unsafe impl Sync for Listener {}
// SAFETY: as above.
unsafe impl Send for Listener {}

#[test]
fn a_removed_listener_is_not_running_and_is_not_called() {
    model(|| {
        let listener = Arc::new(Listener { word: Word::new(), user_data: UnsafeCell::new(7) });
        let event_thread = {
            let listener = Arc::clone(&listener);
            thread::spawn(move || {
                for _ in 0..2 {
                    if listener.word.try_begin() {
                        // SAFETY: the listener is running, so its userData is there.
                        assert_eq!(listener.user_data.with(|data| unsafe { *data }), 7);
                        listener.word.end();
                    }
                }
            })
        };
        if listener.word.remove() == Removed::Running {
            while listener.word.is_running() {
                wait_a_moment();
            }
        }
        // SAFETY: it is not running and never will again: the host frees its userData.
        listener.user_data.with_mut(|data| unsafe { *data = 0 });
        event_thread.join().expect("no panic");
    });
}

#[test]
fn one_removal_wins() {
    model(|| {
        let word = Arc::new(Word::new());
        let other = {
            let word = Arc::clone(&word);
            thread::spawn(move || word.remove())
        };
        let outcomes = [word.remove(), other.join().expect("no panic")];
        assert!(outcomes.contains(&Removed::Idle) && outcomes.contains(&Removed::Already), "{outcomes:?}");
    });
}
