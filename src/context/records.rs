//! The records of a library's contexts, and the handles that name them.

use super::gate::GENERATION_BITS;
use super::record::Context;
use crate::sync::{Arc, AtomicPtr, Mutex, Ordering};
use std::ptr;

/// Records of one library, at most: as many as a handle's index bits can tell apart.
pub(crate) const MAX_CONTEXTS: u32 = 1 << INDEX_BITS;
const INDEX_BITS: u32 = 12;

/// Bits of a generation in a handle: all of the gate's, where there is room. The highest byte of 64 bits is [`TAG`].
pub(super) const HANDLE_GENERATION_BITS: u32 = {
    let room = usize::BITS - INDEX_BITS;
    if room < GENERATION_BITS { room } else { GENERATION_BITS }
};

/// Set above the generation where there is room, so that a handle is no address that any system gives out.
const TAG: usize = if usize::BITS == 64 { 0x5f << (usize::BITS - 8) } else { 0 };

/// The bits above the generation; none where there is no room.
const ABOVE: usize = match 1usize.checked_shl(INDEX_BITS + HANDLE_GENERATION_BITS) {
    Some(lowest) => !(lowest - 1),
    None => 0,
};

/// What a host knows as `void *ctx`: a record's index, a generation, and a tag. Not an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Handle {
    pub(super) index: u32,
    pub(super) generation: u64,
}

impl Handle {
    pub(crate) fn to_bits(self) -> usize {
        TAG | (self.generation as usize) << INDEX_BITS | self.index as usize
    }

    /// What a handle of these bits would be; they may be anything.
    fn from_bits(bits: usize) -> Option<Self> {
        let generation = (bits >> INDEX_BITS) as u64 & ((1 << HANDLE_GENERATION_BITS) - 1);
        (bits & ABOVE == TAG).then_some(Self { index: (bits as u32) & (MAX_CONTEXTS - 1), generation })
    }
}

/// A place for each record that there may be.
type Places = [AtomicPtr<Context>; MAX_CONTEXTS as usize];

/// The places of a library that has made no record. Nothing is ever put there. All zero, so it takes no room in the file.
static NOWHERE: Places = [const { AtomicPtr::new(ptr::null_mut()) }; MAX_CONTEXTS as usize];

/// The records of one library. It is part of a static that is not all zero, so its places are elsewhere.
#[derive(Debug)]
pub(crate) struct Contexts {
    places: AtomicPtr<Places>,
    allocation: Mutex<Allocation>,
}

#[derive(Debug)]
struct Allocation {
    vacant: Vec<u32>,
    made: u32,
    live: u32,
}

impl Contexts {
    pub(crate) const fn new() -> Self {
        Self {
            places: AtomicPtr::new((&raw const NOWHERE).cast_mut()),
            allocation: Mutex::new(Allocation { vacant: Vec::new(), made: 0, live: 0 }),
        }
    }

    /// The record that a handle's bits name, and the generation, which is still to be checked.
    #[inline]
    pub(crate) fn find(&self, bits: usize) -> Option<(&'static Context, u64)> {
        let handle = Handle::from_bits(bits)?;
        Some((self.record(handle.index)?, handle.generation))
    }

    /// The record of that index, if there is one.
    #[inline]
    fn record(&self, index: u32) -> Option<&'static Context> {
        // Acquire pairs with the Release of `acquire`: the record is initialised.
        let record = self.places().get(index as usize)?.load(Ordering::Acquire);
        // SAFETY: a record that is not null was leaked by `acquire`, and is never freed.
        unsafe { record.as_ref() }
    }

    #[inline]
    fn places(&self) -> &'static Places {
        // Acquire pairs with the Release of `make_places`: they are initialised.
        let places = self.places.load(Ordering::Acquire);
        // SAFETY: it is `NOWHERE`, or was leaked by `make_places`; neither is ever freed, nor touched but through this.
        unsafe { &*places }
    }

    /// Makes the places, before the first record. Under the lock of `allocation`.
    #[cold]
    fn make_places(&self) {
        let places = Box::leak(Box::new([const { AtomicPtr::new(ptr::null_mut()) }; MAX_CONTEXTS as usize]));
        self.places.store(places, Ordering::Release);
    }

    /// A vacant record for a context of the host's, if there may be one more than are `live`.
    pub(crate) fn acquire(&'static self, limit: u32) -> Option<Stay> {
        let mut allocation = self.allocation.lock();
        if allocation.live >= limit.min(MAX_CONTEXTS) {
            return None;
        }
        let record = self.vacant(&mut allocation)?;
        allocation.live += 1;
        Some(Stay { _seat: Some(Seat(self)), tenancy: Arc::new(Tenancy(record)) })
    }

    /// A vacant record for a context of the library's own, which does not count for the limit.
    pub(crate) fn acquire_own(&'static self) -> Option<Stay> {
        let record = self.vacant(&mut self.allocation.lock())?;
        Some(Stay { _seat: None, tenancy: Arc::new(Tenancy(record)) })
    }

    fn vacant(&'static self, allocation: &mut Allocation) -> Option<&'static Context> {
        if let Some(index) = allocation.vacant.pop() {
            return self.record(index);
        }
        let index = allocation.made;
        if index == MAX_CONTEXTS {
            return None;
        }
        if index == 0 {
            self.make_places();
        }
        let record = Box::leak(Box::new(Context::new(self, index)));
        self.places().get(index as usize)?.store(record, Ordering::Release);
        allocation.made += 1;
        Some(record)
    }

    /// Takes a record back that nobody uses any longer.
    pub(super) fn put_back(&self, index: u32) {
        self.allocation.lock().vacant.push(index);
    }
}

/// A context that counts for the limit, until this is dropped.
#[derive(Debug)]
struct Seat(&'static Contexts);

impl Drop for Seat {
    fn drop(&mut self) {
        self.0.allocation.lock().live -= 1;
    }
}

/// The use of a record, shared by every thread that may touch what the record holds: the FFI thread, the event thread, the
/// one that closes. When the last of them drops its share, the record becomes vacant and serves again, also long after a
/// close that has timed out.
#[derive(Debug)]
pub(crate) struct Tenancy(&'static Context);

impl Drop for Tenancy {
    fn drop(&mut self) {
        self.0.vacate();
    }
}

/// What a context that was begun has to give back, once: its seat at its end, however that was reached, and its share of the
/// tenancy.
#[derive(Debug)]
pub(crate) struct Stay {
    // Dropped in this order.
    _seat: Option<Seat>,
    tenancy: Arc<Tenancy>,
}

impl Stay {
    pub(crate) fn record(&self) -> &'static Context {
        self.tenancy.0
    }

    pub(crate) fn tenancy(&self) -> Arc<Tenancy> {
        Arc::clone(&self.tenancy)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handle_is_no_address_and_survives_the_round_trip() {
        for generation in [1, 77, (1 << HANDLE_GENERATION_BITS) - 1] {
            for index in [0, 1, MAX_CONTEXTS - 1] {
                let handle = Handle { index, generation };
                assert_eq!(Handle::from_bits(handle.to_bits()), Some(handle));
            }
        }
        let on_stack = 0u8;
        for address in [0, usize::MAX, &raw const on_stack as usize, MAX_CONTEXTS as usize] {
            assert_eq!(Handle::from_bits(address), None, "{address:#x}");
        }
    }

    #[test]
    fn a_record_is_put_back_once_and_the_limit_counts_the_hosts_contexts_alone() {
        static CONTEXTS: Contexts = Contexts::new();
        let first = CONTEXTS.acquire(1).expect("there is room for one");
        let record = first.record();
        assert!(CONTEXTS.acquire(1).is_none());
        let own = CONTEXTS.acquire_own().expect("it does not count");
        assert!(!ptr::eq(own.record(), record));
        let tenancy = first.tenancy();
        drop(first);
        let second = CONTEXTS.acquire(1).expect("the seat is free");
        assert!(!ptr::eq(second.record(), record), "somebody still uses it");
        drop(tenancy);
        drop(second);
        drop(own);
        assert_eq!(CONTEXTS.allocation.lock().live, 0);
        assert_eq!(CONTEXTS.allocation.lock().vacant.len(), 3);
    }
}
