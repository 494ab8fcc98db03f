//! Names of host functions. A name that the author declared has a small number, so that it is found without a search.

// Not those of `crate::sync`: nothing is ordered by a number, and what is behind the lock is never waited for.
use parking_lot::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The name of a host function.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Name<'a> {
    Declared(&'a DeclaredName),
    /// Any name, with its number if it is known; 0 if it is not.
    Given {
        text: &'a str,
        id: usize,
    },
}

impl Name<'_> {
    /// Its number, from 1 on; 0 if it has none.
    pub(crate) fn id(&self) -> usize {
        match self {
            Self::Declared(name) => name.id(),
            Self::Given { id, .. } => *id,
        }
    }

    /// Its number, if it has one and was looked up before; 0 otherwise.
    #[inline]
    pub(crate) fn known_id(&self) -> usize {
        match self {
            Self::Declared(name) => name.id.load(Ordering::Relaxed),
            Self::Given { id, .. } => *id,
        }
    }

    pub(crate) fn text(&self) -> &str {
        match self {
            Self::Declared(name) => name.text,
            Self::Given { text, .. } => text,
        }
    }
}

/// A name that the author declared, as a static.
#[derive(Debug)]
pub(crate) struct DeclaredName {
    text: &'static str,
    /// Its number, looked for at the first use; 0 before.
    id: AtomicUsize,
}

impl DeclaredName {
    pub(crate) const fn new(text: &'static str) -> Self {
        Self { text, id: AtomicUsize::new(0) }
    }

    pub(crate) const fn text(&self) -> &'static str {
        self.text
    }

    #[inline]
    fn id(&self) -> usize {
        // Relaxed: the number is all there is to it, and whoever sees it sees the same.
        match self.id.load(Ordering::Relaxed) {
            0 => self.take_id(),
            id => id,
        }
    }

    #[cold]
    fn take_id(&self) -> usize {
        let id = number(self.text);
        self.id.store(id, Ordering::Relaxed);
        id
    }
}

/// The number of a name, from 1 on: the same for every declaration of that name, so that there are as many numbers as names.
fn number(name: &'static str) -> usize {
    static NAMES: Mutex<Vec<&'static str>> = Mutex::new(Vec::new());
    let mut names = NAMES.lock();
    let at = names.iter().position(|known| *known == name).unwrap_or_else(|| {
        names.push(name);
        names.len() - 1
    });
    at + 1
}

#[cfg(all(test, not(ffihost_loom)))]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_one_number_however_often_it_is_declared() {
        let declare = || ["one name", "another", "a third"].map(DeclaredName::new);
        let (declared, again) = (declare(), declare());
        let known = |names: &[DeclaredName; 3]| names.each_ref().map(|name| Name::Declared(name).known_id());
        let numbers = |names: &[DeclaredName; 3]| names.each_ref().map(|name| Name::Declared(name).id());
        assert_eq!(known(&declared), [0, 0, 0], "nobody has looked for them");
        let [one, another, third] = numbers(&declared);
        assert!(one > 0 && one < another && another < third, "{one}, {another}, {third}");
        assert_eq!([known(&declared), numbers(&declared), numbers(&again)], [[one, another, third]; 3]);
        let given = Name::Given { text: "one name", id: another };
        assert_eq!((given.known_id(), given.id(), given.text()), (another, another, "one name"));
    }
}
