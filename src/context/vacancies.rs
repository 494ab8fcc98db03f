//! Which records of a library may begin a life, and how many contexts count for its limit.

use crate::sync::Mutex;
use std::ops::DerefMut;

/// See the module. What it counts changes under one lock.
#[derive(Debug)]
pub(super) struct Vacancies(Mutex<Counts>);

#[derive(Debug)]
pub(super) struct Counts {
    /// The indexes of records that nobody uses; the last comes first.
    pub(super) vacant: Vec<u32>,
    /// Records that were made.
    pub(super) made: u32,
    /// Contexts that have a [`Seat`].
    pub(super) live: u32,
}

impl Vacancies {
    pub(super) const fn new() -> Self {
        Self(Mutex::new(Counts { vacant: Vec::new(), made: 0, live: 0 }))
    }

    pub(super) fn lock(&self) -> impl DerefMut<Target = Counts> {
        self.0.lock()
    }

    /// Takes a record back that nobody uses any longer.
    pub(super) fn put_back(&self, index: u32) {
        self.lock().vacant.push(index);
    }

    /// Counts one more context. The lock shows that the caller has compared them with the limit.
    pub(super) fn seat(&'static self, counts: &mut Counts) -> Seat {
        counts.live += 1;
        Seat(self)
    }
}

/// A context that counts for the limit, until this is dropped.
#[derive(Debug)]
pub(super) struct Seat(&'static Vacancies);

impl Drop for Seat {
    fn drop(&mut self) {
        self.0.lock().live -= 1;
    }
}
