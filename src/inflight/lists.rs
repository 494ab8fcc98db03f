//! The owner's books: its numbers, its free slots, and its list of open calls.

use super::sequence::{BLOCK, Supply};
use super::slot::{Phase, Slot};
use super::{MAX_IN_FLIGHT, Owner, Table, Ticket, Token};
use std::cell::Cell;
use std::ptr::{self, NonNull};

/// What only the owner touches. Slots in here are those of the table; null means no slot.
#[derive(Debug)]
pub(super) struct Books<H> {
    /// The latest sequence number given out.
    sequence: Cell<u64>,
    /// The last one of its block.
    last_of_block: Cell<u64>,
    /// The head of the free slots.
    free: Cell<*const Slot<H>>,
    /// The token of the call that was begun last, which is mostly the one whose host function is running; 0 before the first.
    latest: Cell<u64>,
    /// Its slot; nothing before the first.
    latest_slot: Cell<NonNull<Slot<H>>>,
    /// Slots that were ever used: those from this index on have never been.
    fresh: Cell<u32>,
    /// Calls begun and not given back.
    live: Cell<u32>,
    /// Slots of calls that were given back, which an answerer has still to bring.
    lingering: Cell<u32>,
    /// The list of calls whose host function has returned, in that order.
    first: Cell<*const Slot<H>>,
    last: Cell<*const Slot<H>>,
}

impl<H> Books<H> {
    pub(super) fn new() -> Self {
        Self {
            sequence: Cell::new(0),
            last_of_block: Cell::new(0),
            free: Cell::new(ptr::null()),
            latest: Cell::new(0),
            latest_slot: Cell::new(NonNull::dangling()),
            fresh: Cell::new(0),
            live: Cell::new(0),
            lingering: Cell::new(0),
            first: Cell::new(ptr::null()),
            last: Cell::new(ptr::null()),
        }
    }

    /// Makes sure that there is a number for one more call.
    #[inline]
    fn has_number(&self, supply: &Supply) -> bool {
        self.sequence.get() != self.last_of_block.get() || self.begin_block(supply)
    }

    #[cold]
    fn begin_block(&self, supply: &Supply) -> bool {
        let Some(first) = supply.next_block() else { return false };
        self.sequence.set(first - 1);
        self.last_of_block.set(first + BLOCK - 1);
        true
    }
}

impl<H> Table<H> {
    /// Takes a free slot and the next number for a call, if there are both.
    #[inline]
    pub(super) fn allocate(&self, owner: &Owner) -> Option<(&Slot<H>, u64)> {
        let books = &self.books;
        if !books.has_number(self.supply) {
            return None;
        }
        let slot = match self.linked(books.free.get()) {
            Some(slot) => slot,
            None => self.grow()?,
        };
        books.free.set(slot.local(owner, |local| local.next));
        books.sequence.set(books.sequence.get() + 1);
        books.live.set(books.live.get() + 1);
        Some((slot, books.sequence.get()))
    }

    /// The call that was begun last, if that is its token, and its slot, which is found without a look at the segments.
    #[inline]
    pub(super) fn latest(&self, _owner: &Owner, token: u64) -> Option<(&Slot<H>, Token)> {
        let token = Token::from_bits(token)?;
        // SAFETY: a slot of this table, which live as long as that: no token is 0.
        (token.bits() == self.books.latest.get()).then(|| (unsafe { self.books.latest_slot.get().as_ref() }, token))
    }

    #[inline]
    pub(super) fn set_latest(&self, _owner: &Owner, slot: &Slot<H>, token: Token) {
        self.books.latest.set(token.bits());
        self.books.latest_slot.set(NonNull::from(slot));
    }

    #[cold]
    fn grow(&self) -> Option<&Slot<H>> {
        let index = self.books.fresh.get();
        if index == MAX_IN_FLIGHT {
            return None;
        }
        self.slots.grow_to(index, Slot::new);
        self.books.fresh.set(index + 1);
        Some(self.slot(index))
    }

    /// Calls begun and not given back.
    #[inline]
    pub(crate) fn live(&self, _owner: &Owner) -> u32 {
        self.books.live.get()
    }

    /// Whether no slot is left: some may be of calls that count no longer.
    #[cold]
    pub(crate) fn is_full(&self, owner: &Owner) -> bool {
        self.used(owner, MAX_IN_FLIGHT) >= MAX_IN_FLIGHT
    }

    /// How many calls of `limit` cannot be begun: those that are live, and those for which there would be no slot.
    pub(crate) fn used(&self, owner: &Owner, limit: u32) -> u32 {
        let spare = MAX_IN_FLIGHT - limit.min(MAX_IN_FLIGHT);
        self.live(owner) + self.books.lingering.get().saturating_sub(spare)
    }

    /// A call's slot is freed later, when an answerer brings it.
    pub(super) fn linger(&self, _owner: &Owner) {
        self.books.lingering.set(self.books.lingering.get() + 1);
    }

    /// An answerer has brought such a slot.
    pub(super) fn arrived(&self, _owner: &Owner) {
        self.books.lingering.set(self.books.lingering.get().saturating_sub(1));
    }

    /// The owner is done with a call: it counts no longer. Its slot is freed now, or when an answerer brings it.
    #[inline]
    pub(super) fn discount(&self, _owner: &Owner) {
        self.books.live.set(self.books.live.get() - 1);
    }

    /// Puts a slot on the free list. It holds nothing foreign, and no answerer has it.
    #[inline]
    pub(super) fn free(&self, owner: &Owner, slot: &Slot<H>) {
        slot.local(owner, |local| {
            debug_assert!(local.hold.is_none() && local.waker.is_none(), "what is foreign was moved out");
            if cfg!(debug_assertions) {
                // Nobody looks at it but what is asserted.
                local.phase = Phase::Free;
            }
            local.next = self.books.free.replace(slot);
        });
    }

    /// Puts a call at the end of the list.
    #[inline]
    pub(super) fn list(&self, owner: &Owner, slot: &Slot<H>) {
        let before = self.books.last.replace(slot);
        slot.local(owner, |local| (local.previous, local.next) = (before, ptr::null()));
        match self.linked(before) {
            None => self.books.first.set(slot),
            Some(before) => before.local(owner, |local| local.next = slot),
        }
    }

    /// Takes a call out of the list.
    #[inline]
    pub(super) fn unlist(&self, owner: &Owner, slot: &Slot<H>) {
        let (before, after) = slot.local(owner, |local| (local.previous, local.next));
        match self.linked(before) {
            None => self.books.first.set(after),
            Some(before) => before.local(owner, |local| local.next = after),
        }
        match self.linked(after) {
            None => self.books.last.set(before),
            Some(after) => after.local(owner, |local| local.previous = before),
        }
    }

    /// The first call in the list.
    pub(super) fn first_listed(&self, _owner: &Owner) -> Option<&Slot<H>> {
        self.linked(self.books.first.get())
    }

    /// The call after one that is in the list.
    pub(super) fn next_listed(&self, owner: &Owner, slot: &Slot<H>) -> Option<&Slot<H>> {
        self.linked(slot.local(owner, |local| local.next))
    }

    #[inline]
    fn linked(&self, slot: *const Slot<H>) -> Option<&Slot<H>> {
        // SAFETY: slots live as long as the table; its lists hold null, and slots of this table.
        unsafe { slot.as_ref() }
    }

    /// A ticket's slot.
    #[inline]
    pub(super) fn slot_of<T>(&self, ticket: &Ticket<T>) -> &Slot<H> {
        // SAFETY: the owner uses tickets of this table, whose slots live as long as it.
        unsafe { ticket.slot() }
    }

    #[inline]
    pub(super) fn slot(&self, index: u32) -> &Slot<H> {
        // SAFETY: the owner only names slots that exist: those of its tokens, and below `fresh`, all of which `grow` has made.
        unsafe { self.slots.existing(index) }
    }
}
