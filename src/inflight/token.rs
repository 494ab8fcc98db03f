//! What names a call, and what proves to be the table's owner.

use super::Slot;
use std::marker::PhantomData;
use std::num::NonZeroU64;
use std::ptr::NonNull;

/// Calls in flight in one table, at most: as many as the 16 index bits of a token can tell apart.
pub(crate) const MAX_IN_FLIGHT: u32 = 1 << INDEX_BITS;
pub(super) const INDEX_BITS: u32 = 16;

/// The proof of being the table's owner: made once by whoever runs the loop, and bound to that thread.
#[derive(Debug)]
pub(crate) struct Owner {
    _not_send: PhantomData<*const ()>,
}

impl Owner {
    /// # Safety
    ///
    /// For one table there is one owner at a time, and the end of one happens before the beginning of the next.
    pub(crate) unsafe fn new() -> Self {
        Self { _not_send: PhantomData }
    }
}

/// Names one call for ever, among all contexts of a loaded library.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Token(NonZeroU64);

impl Token {
    #[inline]
    pub(super) fn new(sequence: u64, index: u32) -> Self {
        let bits = sequence << INDEX_BITS | u64::from(index);
        debug_assert!(sequence != 0, "the supply begins with a later one");
        // SAFETY: a supply gives out no block that holds the number 0.
        Self(unsafe { NonZeroU64::new_unchecked(bits) })
    }

    /// The number that a host passed, which may be anything.
    #[inline]
    pub(crate) fn from_bits(bits: u64) -> Option<Self> {
        NonZeroU64::new(bits).map(Self)
    }

    #[inline]
    pub(crate) fn bits(self) -> u64 {
        self.0.get()
    }

    pub(super) fn index(self) -> u32 {
        (self.bits() & u64::from(MAX_IN_FLIGHT - 1)) as u32
    }

    pub(super) fn sequence(self) -> u64 {
        self.bits() >> INDEX_BITS
    }
}

/// A call that was begun and not yet taken, dropped or abandoned: a token that knows the type of its outcome.
#[derive(Debug)]
#[must_use = "a ticket that is not given back keeps its slot for ever"]
pub(crate) struct Ticket<T> {
    pub(super) token: Token,
    /// The call's slot, in a table of whatever holds.
    slot: NonNull<()>,
    outcome: PhantomData<fn() -> T>,
}

// SAFETY: it names a slot, which lives as long as its table, and only the owner can do anything with it.
unsafe impl<T> Send for Ticket<T> {}
// SAFETY: as above.
unsafe impl<T> Sync for Ticket<T> {}

impl<T> Ticket<T> {
    #[inline]
    pub(crate) fn token(&self) -> Token {
        self.token
    }

    #[inline]
    pub(super) fn new<H>(token: Token, slot: &Slot<H>) -> Self {
        Self { token, slot: NonNull::from(slot).cast(), outcome: PhantomData }
    }

    /// Its slot.
    ///
    /// # Safety
    ///
    /// It is a ticket of a table with such slots, which lives for `'t`.
    #[inline]
    pub(super) unsafe fn slot<'t, H>(&self) -> &'t Slot<H> {
        // SAFETY: the caller's contract.
        unsafe { self.slot.cast().as_ref() }
    }

    /// The same ticket, for code that does not know the type. No outcome can be taken with it.
    #[inline]
    pub(crate) fn untyped(self) -> Ticket<Untyped> {
        Ticket { token: self.token, slot: self.slot, outcome: PhantomData }
    }
}

/// In place of the type of an outcome. There are no values of it, and nothing decodes to it.
#[derive(Debug)]
pub(crate) enum Untyped {}

impl Ticket<Untyped> {
    /// The ticket that it was.
    ///
    /// # Safety
    ///
    /// It was a `Ticket<T>`.
    #[inline]
    pub(crate) unsafe fn typed<T>(self) -> Ticket<T> {
        Ticket { token: self.token, slot: self.slot, outcome: PhantomData }
    }
}
