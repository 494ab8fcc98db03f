//! The records of a library's contexts, by the handles that name them.

use super::handle::{Handle, MAX_CONTEXTS};
use super::record::Record;
use super::tenancy::Stay;
use super::vacancies::{Counts, Vacancies};
use crate::sync::{AtomicPtr, Ordering};
use std::ptr;

/// A place for each record that there may be.
type Places<I> = [AtomicPtr<Record<I>>; MAX_CONTEXTS as usize];

/// The places of a library that has made no record, whatever its instances. Nothing is ever put there. All zero, so it takes no
/// room in the file.
static NOWHERE: [AtomicPtr<()>; MAX_CONTEXTS as usize] =
    [const { AtomicPtr::new(ptr::null_mut()) }; MAX_CONTEXTS as usize];

/// The records of one library. It is part of a static that is not all zero, so its places are elsewhere.
pub(crate) struct Records<I: 'static> {
    places: AtomicPtr<Places<I>>,
    vacancies: Vacancies,
}

impl<I> Records<I> {
    pub(crate) const fn new() -> Self {
        // An `AtomicPtr` is laid out like a pointer, whatever it points to.
        let nowhere = (&raw const NOWHERE).cast::<Places<I>>().cast_mut();
        Self { places: AtomicPtr::new(nowhere), vacancies: Vacancies::new() }
    }

    /// The record that a handle's bits name, and the generation, which is still to be checked.
    #[inline]
    pub(crate) fn find(&self, bits: usize) -> Option<(&'static Record<I>, u64)> {
        let handle = Handle::from_bits(bits)?;
        Some((self.record(handle.index)?, handle.generation))
    }

    /// The record of that index, if there is one.
    #[inline]
    fn record(&self, index: u32) -> Option<&'static Record<I>> {
        // Acquire pairs with the Release of `vacant`: the record is initialised.
        let record = self.places().get(index as usize)?.load(Ordering::Acquire);
        // SAFETY: a record that is not null was leaked by `vacant`, and is never freed.
        unsafe { record.as_ref() }
    }

    #[inline]
    fn places(&self) -> &'static Places<I> {
        // Acquire pairs with the Release of `make_places`: they are initialised.
        let places = self.places.load(Ordering::Acquire);
        // SAFETY: it is `NOWHERE`, where every pointer is null, or was leaked by `make_places`; neither is ever freed, nor touched
        // but through this.
        unsafe { &*places }
    }

    /// Makes the places, before the first record. Under the lock of the vacancies.
    #[cold]
    fn make_places(&self) {
        let places = Box::leak(Box::new([const { AtomicPtr::new(ptr::null_mut()) }; MAX_CONTEXTS as usize]));
        self.places.store(places, Ordering::Release);
    }

    /// A vacant record for a context of the host's, if fewer than `limit` of those are live.
    pub(crate) fn acquire(&'static self, limit: u32) -> Option<Stay<I>> {
        let mut counts = self.vacancies.lock();
        if counts.live >= limit.min(MAX_CONTEXTS) {
            return None;
        }
        let record = self.vacant(&mut counts)?;
        Some(Stay::new(record, Some(self.vacancies.seat(&mut counts))))
    }

    /// A vacant record for a context of the library's own, which does not count for the limit.
    pub(crate) fn acquire_own(&'static self) -> Option<Stay<I>> {
        let record = self.vacant(&mut self.vacancies.lock())?;
        Some(Stay::new(record, None))
    }

    fn vacant(&'static self, counts: &mut Counts) -> Option<&'static Record<I>> {
        if let Some(index) = counts.vacant.pop() {
            return self.record(index);
        }
        let index = counts.made;
        if index == MAX_CONTEXTS {
            return None;
        }
        if index == 0 {
            self.make_places();
        }
        let record = Box::leak(Box::new(Record::new(&self.vacancies, index)));
        self.places().get(index as usize)?.store(record, Ordering::Release);
        counts.made += 1;
        Some(record)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sync::Arc;

    #[test]
    fn a_record_is_put_back_once_and_the_limit_counts_the_hosts_contexts_alone() {
        static RECORDS: Records<()> = Records::new();
        let first = RECORDS.acquire(1).expect("there is room for one");
        let record = first.record();
        assert!(RECORDS.acquire(1).is_none());
        let own = RECORDS.acquire_own().expect("it does not count");
        assert!(!ptr::eq(own.record(), record));
        let tenancy = first.tenancy();
        drop(first);
        let second = RECORDS.acquire(1).expect("the seat is free");
        assert!(!ptr::eq(second.record(), record), "somebody still uses it");
        drop(tenancy);
        drop(second);
        drop(own);
        let counts = RECORDS.vacancies.lock();
        assert_eq!((counts.live, counts.vacant.len()), (0, 3));
    }

    #[test]
    fn a_record_takes_inline_answers_up_to_the_limit_until_the_end_of_its_context() {
        static RECORDS: Records<()> = Records::new();
        let stay = RECORDS.acquire(1).expect("there is room for one");
        let record = stay.record();
        let limits = || [0, 7, 8, 9].map(|len| record.inline_limit(len));
        assert_eq!(limits(), [None; 4], "there was no context");
        record.open(Arc::new(()), record.next_generation().expect("it is the first"), 7);
        assert_eq!(limits(), [Some(7), Some(7), None, None]);
        record.retire();
        assert_eq!(limits(), [None; 4]);
        record.vacate();
    }
}
