//! Who listens: added and removed on any thread, delivered to by the event thread.
//!
//! A delivery goes through the listener's [`Word`], so a listener that was removed is not delivered to, and one that is being
//! delivered to while it is removed is *leaving*: it stays known until somebody was told that its last delivery has ended.
//!
//! - *remove*: takes the listener out. If its delivery runs, the remover waits for that end, or does not and may ask again.
//!   On the event thread itself it does neither: it is inside of that very delivery, which is the last.
//! - *abandon*: removes every listener at once, and refuses those that come later: whoever adds one may have entered before the
//!   close. No delivery begins after that; those that run go on, and can be asked for.
//! - The event thread ends a delivery in the word, and notifies after that: whoever waits looks at the word before and after it
//!   has begun to listen.
//!
//! No listener is called and none is dropped under the lock.

use super::word::{Removed, Word};
use crate::sync::{Arc, AtomicU32, Event, Mutex, Ordering, planted};

/// What became of a removal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Removal {
    /// It does not run, and never will again; on the event thread, it will not be called again.
    Done,
    /// There is no such listener.
    Unknown,
    /// It is removed, but its last delivery still runs.
    StillRunning,
}

/// How to treat a delivery that runs while its listener is removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Running {
    /// Wait for its end.
    Wait,
    /// Say so.
    Report,
    /// This is the event thread, inside of it.
    IsThis,
}

/// One listener.
#[derive(Debug)]
pub(crate) struct Listener<L> {
    id: u64,
    word: Word,
    pub(crate) value: L,
}

#[derive(Debug)]
struct Inner<L> {
    latest: u64,
    abandoned: bool,
    /// Shared with the event thread while it delivers, and copied if it changes meanwhile.
    present: Arc<Vec<Arc<Listener<L>>>>,
    /// Removed while their last delivery ran, or by an abandonment, and nobody was told of their end.
    leaving: Vec<Arc<Listener<L>>>,
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Listeners<L> {
    inner: Mutex<Inner<L>>,
    /// How many are present, for whoever only asks for that.
    count: AtomicU32,
    /// Notified after the last delivery to a listener that was removed meanwhile.
    settled: Event,
}

impl<L> Listeners<L> {
    pub(crate) fn new() -> Self {
        let inner = Inner { latest: 0, abandoned: false, present: Arc::new(Vec::new()), leaving: Vec::new() };
        Self { inner: Mutex::new(inner), count: AtomicU32::new(0), settled: Event::new() }
    }

    /// How many are present. Acquire: whoever sees one sees what its adder did before.
    #[inline]
    pub(crate) fn count(&self) -> u32 {
        self.count.load(Ordering::Acquire)
    }

    /// Adds a listener; none after an abandonment.
    pub(crate) fn add(&self, value: L) -> Option<u64> {
        let mut inner = self.inner.lock();
        if inner.abandoned && !planted("add_after_abandonment") {
            return None;
        }
        inner.latest += 1;
        let id = inner.latest;
        let mut present = Vec::clone(&inner.present);
        present.push(Arc::new(Listener { id, word: Word::new(), value }));
        self.set_present(&mut inner, present);
        Some(id)
    }

    /// Whether there was an abandonment.
    pub(crate) fn is_abandoned(&self) -> bool {
        self.inner.lock().abandoned
    }

    /// Those who are present now, for one event.
    pub(crate) fn present(&self) -> Arc<Vec<Arc<Listener<L>>>> {
        Arc::clone(&self.inner.lock().present)
    }

    /// Calls a listener, unless it is removed. Event thread only.
    pub(crate) fn deliver(&self, listener: &Listener<L>, call: impl FnOnce(&L)) {
        if listener.word.try_begin() {
            call(&listener.value);
            if listener.word.end() {
                self.settled.notify_all();
            }
        }
    }

    /// Removes a listener.
    pub(crate) fn remove(&self, id: u64, running: Running) -> Removal {
        let Some(listener) = self.take(id, running) else { return Removal::Unknown };
        match running {
            Running::IsThis => return Removal::Done,
            Running::Report if listener.word.is_running() => return Removal::StillRunning,
            Running::Report => {}
            Running::Wait => self.settled.wait(|| (!listener.word.is_running()).then_some(())),
        }
        self.inner.lock().leaving.retain(|leaving| leaving.id != id);
        Removal::Done
    }

    /// Takes a listener out, so that no delivery to it begins that has not begun.
    fn take(&self, id: u64, running: Running) -> Option<Arc<Listener<L>>> {
        let mut inner = self.inner.lock();
        if let Some(leaving) = inner.leaving.iter().find(|listener| listener.id == id) {
            return Some(Arc::clone(leaving));
        }
        let mut present = Vec::clone(&inner.present);
        let at = present.iter().position(|listener| listener.id == id)?;
        if planted("removal_looks_apart") {
            drop(inner);
            inner = self.inner.lock();
        }
        let listener = present.remove(at);
        self.set_present(&mut inner, present);
        if listener.word.remove() == Removed::Running && running != Running::IsThis {
            inner.leaving.push(Arc::clone(&listener));
        }
        Some(listener)
    }

    /// Removes every listener, those to come too: no delivery begins after this.
    pub(crate) fn abandon(&self) {
        let mut inner = self.inner.lock();
        inner.abandoned = true;
        let gone = Arc::clone(&inner.present);
        self.set_present(&mut inner, Vec::new());
        for listener in gone.iter() {
            if !planted("abandon_without_words") {
                let _running_or_not = listener.word.remove();
            }
            // Whoever asks is told of each.
            inner.leaving.push(Arc::clone(listener));
        }
    }

    fn set_present(&self, inner: &mut Inner<L>, present: Vec<Arc<Listener<L>>>) {
        self.count.store(u32::try_from(present.len()).unwrap_or(u32::MAX), Ordering::Release);
        inner.present = Arc::new(present);
    }
}

#[cfg(all(test, not(ffihost_loom)))]
mod tests {
    use super::*;

    fn add<L>(listeners: &Listeners<L>, value: L) -> u64 {
        listeners.add(value).expect("there was no abandonment")
    }

    #[test]
    fn a_removal_tells_what_runs() {
        let listeners = Listeners::new();
        let (one, two, three) = (add(&listeners, 1), add(&listeners, 2), add(&listeners, 3));
        assert_eq!((listeners.count(), listeners.remove(7, Running::Wait)), (3, Removal::Unknown));
        let present = listeners.present();
        let mut called = Vec::new();
        listeners.deliver(&present[0], |value| {
            called.push(*value);
            assert_eq!(listeners.remove(one, Running::Report), Removal::StillRunning);
            assert_eq!(listeners.remove(one, Running::Report), Removal::StillRunning, "asked again");
            assert_eq!(listeners.remove(two, Running::Report), Removal::Done);
        });
        assert_eq!(listeners.remove(one, Running::Wait), Removal::Done);
        assert_eq!(listeners.remove(one, Running::Wait), Removal::Unknown, "said once");
        present.iter().take(2).for_each(|listener| listeners.deliver(listener, |value| called.push(*value)));
        listeners.deliver(&present[2], |value| {
            called.push(*value);
            assert_eq!(listeners.remove(three, Running::IsThis), Removal::Done);
        });
        assert_eq!((called, listeners.count()), (vec![1, 3], 0));
        assert!(listeners.present().is_empty());
    }

    #[test]
    fn an_abandonment_leaves_those_that_run() {
        let listeners = Listeners::new();
        let (running, idle) = (add(&listeners, "running"), add(&listeners, "idle"));
        let present = listeners.present();
        listeners.deliver(&present[0], |_| {
            assert!(!listeners.is_abandoned());
            listeners.abandon();
            assert!(listeners.is_abandoned());
            assert_eq!((listeners.add("late"), listeners.count()), (None, 0), "nobody is added any more");
            assert_eq!(listeners.remove(idle, Running::Wait), Removal::Done, "it never runs again");
            assert_eq!(listeners.remove(idle, Running::Wait), Removal::Unknown, "said once");
            assert_eq!(listeners.remove(running, Running::Report), Removal::StillRunning);
        });
        listeners.deliver(&present[1], |_| panic!("it was removed"));
        assert_eq!(listeners.remove(running, Running::Wait), Removal::Done);
        assert_eq!(listeners.count(), 0);
    }
}
