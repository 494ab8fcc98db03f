//! Names of host functions. A name that the author declared has a small number, so that it is found without a search.

// Not those of `crate::sync`: nothing is ordered by a number, and what is behind the lock is never waited for.
use parking_lot::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

/// The name of a host function.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Name<'a> {
    Declared(&'a DeclaredName),
    /// Any name, with its number if it is known; 0 if it is not.
    Given {
        text: &'a str,
        id: u32,
    },
}

impl Name<'_> {
    /// Its number, from 1 on; 0 if it has none.
    pub(crate) fn id(&self) -> u32 {
        match self {
            Self::Declared(name) => name.id(),
            Self::Given { id, .. } => *id,
        }
    }

    /// Its number, if it has one and was looked up before; 0 otherwise.
    #[inline]
    pub(crate) fn known_id(&self) -> u32 {
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
    id: AtomicU32,
}

impl DeclaredName {
    pub(crate) const fn new(text: &'static str) -> Self {
        Self { text, id: AtomicU32::new(0) }
    }

    pub(crate) const fn text(&self) -> &'static str {
        self.text
    }

    #[inline]
    fn id(&self) -> u32 {
        // Relaxed: the number is all there is to it, and whoever sees it sees the same.
        match self.id.load(Ordering::Relaxed) {
            0 => self.take_id(),
            id => id,
        }
    }

    #[cold]
    fn take_id(&self) -> u32 {
        let id = number(self.text);
        self.id.store(id, Ordering::Relaxed);
        id
    }
}

/// The number of a name, from 1 on: the same for every declaration of that name, so that there are as many numbers as names.
fn number(name: &'static str) -> u32 {
    static NAMES: Mutex<Vec<&'static str>> = Mutex::new(Vec::new());
    let mut names = NAMES.lock();
    let at = names.iter().position(|known| *known == name).unwrap_or_else(|| {
        names.push(name);
        names.len() - 1
    });
    at as u32 + 1
}
