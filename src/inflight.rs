//! The table of awaited calls, by token: one state machine for every way that a call can end.
//!
//! # Parties
//!
//! The *owner* is the one thread that runs the context's loop (the FFI thread). It alone begins calls, cancels them, takes
//! their outcomes and frees their slots; holding an [`Owner`] is the proof. An *answerer* is any thread that brings the
//! answer to a token; there may be many, and the owner may be one of them.
//!
//! # A slot
//!
//! A token is a sequence number and the index of a slot. The sequence number rises with every call and never starts over,
//! also when the slot array serves a new context, so a token names one call for ever. A slot's `word` holds the sequence
//! number of its latest call and a state:
//!
//! ```text
//!            begin                 claim               publish
//!   FREE ------------> OPEN ------------> CLAIMED ------------> ANSWERED
//!    ^                  |  owner only       answerer only          |
//!    |   owner: cancel  |                                          | owner: take, after drain or inline
//!    +------------------+------------------------------------------+
//! ```
//!
//! - OPEN to CLAIMED is one compare-and-swap on the whole word, so an answer must name this very call, and the first one
//!   wins. Every later answer finds another word and is refused before anything is read or written.
//! - While CLAIMED, the answerer alone touches the outcome. It decodes into it and stores ANSWERED.
//! - OPEN to FREE, also a compare-and-swap, is the owner's way to end a call: deadline, drop, unregister, close. If it
//!   fails, an answer was accepted, and it is the outcome, or, if nobody wants it any more, it is dropped when it arrives.
//! - Everything in the slot's `local` part is the owner's: the waker, the hold on the registration, what the awaiting code
//!   will be told. It is never touched by answerers, with one exception: an answerer that *is* the owner, inside the very
//!   host function that it called, notes there that the answer came inline, and then no queue and no waker is needed.
//!
//! # Orderings
//!
//! - `begin` stores OPEN with Release, `answer` claims with Acquire: the answerer sees the decoder and an outcome cell that
//!   the owner no longer touches.
//! - `answer` stores ANSWERED with Release after it wrote the outcome; the owner reads it either through the queue, whose
//!   push is Release and whose take is Acquire, or on its own thread.
//! - `cancel` uses Acquire on failure only for symmetry; the outcome is not read before the queue brings it.
//!
//! # The queue
//!
//! An answered slot links itself onto the bridge's list by its own `next` field, so the queue is never longer than the calls
//! in flight and nothing is allocated for it. A slot that was answered remotely is on the list exactly once until the owner
//! drains it, and is not freed before: `next` has one writer at a time.
//!
//! # When the context ends
//!
//! Slots are never freed as memory. An answerer that was delayed between CLAIMED and the list can finish long after the
//! context ended, even while a later context uses the table: the later owner drains the slot, finds it abandoned, drops the
//! outcome and frees it.

#[cfg(all(test, not(ffihost_loom)))]
mod oracle;
mod outcome;
mod segments;
mod slot;
mod token;

pub(crate) use self::outcome::{Decode, Decoder, DecoderOf, Raw};
use self::segments::Segments;
use self::slot::{Local, Phase, Slot, State, Word};
use self::token::{INDEX_BITS, LAST_SEQUENCE};
pub(crate) use self::token::{MAX_IN_FLIGHT, Owner, Ticket, Token, Untyped};
use crate::bridge::Completions;
use crate::sync::{Ordering, planted};
use std::cell::Cell;
use std::task::Waker;

/// Why the owner ended a call without an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    /// The registration was taken back.
    Unregistered,
    /// The context closes.
    ShuttingDown,
}

/// No slot is left, or no token.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Full<H>(pub(crate) H);

/// What became of an answer.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "a queued answer may need a wake-up"]
pub(crate) enum Answer {
    /// Accepted, on the owner's thread and inside the host function: the caller of that function takes it.
    Inline(Accepted),
    /// Accepted and queued. Signal the owner if the queue was empty.
    Queued {
        /// Whether the queue was empty before.
        first: bool,
        /// What the decoder said.
        accepted: Accepted,
    },
    /// The call has ended, or never was.
    Unknown,
}

/// What the decoder said of an answer that won.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Accepted {
    /// It is the outcome.
    Decoded,
    /// It does not decode, and the outcome says so.
    Undecodable,
}

/// What cancelling found.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "the host must be told when an open call was cancelled"]
pub(crate) enum Cancelled<H> {
    /// The call was open: it has ended now, and the host has to be told, once, then the hold let go.
    Open(H),
    /// An answer was accepted before, so the host is told nothing. The hold is let go by the caller, outside of the table.
    Answered(Option<H>),
    /// The owner had ended it before.
    Ended,
}

/// What polling found.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Poll {
    /// Still open; the waker is kept.
    Pending,
    /// Answered: the outcome is to be taken.
    Answered,
    /// Ended by the owner, and given back.
    Ended(Reason),
}

/// The calls in flight of one context, and their queue of completions. `H` is what an open call holds on to.
pub(crate) struct Table<H> {
    slots: Segments<Slot<H>>,
    completions: Completions,
    owned: Owned,
}

/// What only the owner touches.
#[derive(Debug)]
struct Owned {
    /// The latest sequence number given out.
    sequence: Cell<u64>,
    /// The head of the free slots, as index + 1; 0 when there is none.
    free: Cell<u32>,
    /// Slots that were ever used: `fresh..` have never been.
    fresh: Cell<u32>,
    /// Calls begun and not given back.
    live: Cell<u32>,
}

// SAFETY: `owned` and every slot's local part are only touched by whoever holds the `Owner`, of which there is one at a
// time (its constructor's contract), bound to one thread. The rest of a slot is passed on by the word's transitions. Holds
// stay with the owner, so they need not be Send; outcomes are Send by the bound on `Decode::Outcome`.
unsafe impl<H> Send for Table<H> {}
// SAFETY: as above.
unsafe impl<H> Sync for Table<H> {}

impl<H> Table<H> {
    pub(crate) fn new() -> Self {
        Self {
            slots: Segments::new(),
            completions: Completions::new(),
            owned: Owned { sequence: Cell::new(0), free: Cell::new(0), fresh: Cell::new(0), live: Cell::new(0) },
        }
    }

    /// Takes a slot and publishes it as open. The token may be told to the host from now on.
    ///
    /// The call counts as being called until [`called`](Self::called), so that an inline answer is recognised.
    #[inline]
    pub(crate) fn begin<T>(&self, owner: &Owner, hold: H, decoder: &'static Decoder<T>) -> Result<Ticket<T>, Full<H>> {
        let Some(index) = self.allocate(owner) else { return Err(Full(hold)) };
        let sequence = self.owned.sequence.get() + 1;
        self.owned.sequence.set(sequence);
        self.owned.live.set(self.owned.live.get() + 1);
        let slot = self.slot(index);
        slot.set_decoder(owner, decoder);
        slot.local(owner, |local| {
            local.phase = Phase::Calling;
            local.hold = Some(hold);
        });
        slot.word.store(Word::new(sequence, State::Open).bits(), Ordering::Release);
        Ok(Ticket::new(Token::new(sequence, index)))
    }

    /// Notes that the host function has returned, and takes the outcome if it was answered inline.
    #[inline]
    pub(crate) fn called<T>(
        &self,
        owner: &Owner,
        ticket: Ticket<T>,
        let_go: impl FnOnce(Option<H>),
    ) -> Result<T, Ticket<T>> {
        let slot = self.slot(ticket.token.index());
        let phase = slot.local(owner, |local| {
            if local.phase == Phase::Calling {
                local.phase = Phase::Waiting;
            }
            local.phase
        });
        if phase != Phase::AnsweredInline {
            return Err(ticket);
        }
        Ok(self.finish(owner, ticket, let_go))
    }

    /// Whether the call has a hold that `matches`.
    pub(crate) fn holds<T>(&self, owner: &Owner, ticket: &Ticket<T>, matches: impl Fn(&H) -> bool) -> bool {
        self.slot(ticket.token.index()).local(owner, |local| local.hold.as_ref().is_some_and(matches))
    }

    /// Brings an answer: claims the call, decodes on this thread, and queues the outcome unless it is inline.
    ///
    /// `here` is the owner's proof when the caller is the owner. Any thread, any token.
    #[inline]
    pub(crate) fn answer(&self, here: Option<&Owner>, token: Token, raw: Raw<'_>) -> Answer {
        let Some(slot) = self.slots.get(token.index()) else { return Answer::Unknown };
        let open = Word::new(token.sequence(), State::Open);
        let claimed = Word::new(token.sequence(), State::Claimed);
        if planted("claim_without_cas") {
            if slot.word.load(Ordering::Acquire) != open.bits() {
                return Answer::Unknown;
            }
            slot.word.store(claimed.bits(), Ordering::Release);
        } else if planted("claim_ignores_sequence") {
            let seen = Word::from_bits(slot.word.load(Ordering::Acquire));
            let claim = Word::new(seen.sequence(), State::Claimed);
            if seen.state() != State::Open
                || slot.word.compare_exchange(seen.bits(), claim.bits(), Ordering::Acquire, Ordering::Relaxed).is_err()
            {
                return Answer::Unknown;
            }
        } else {
            let order = if planted("claim_relaxed") { Ordering::Relaxed } else { Ordering::Acquire };
            if slot.word.compare_exchange(open.bits(), claimed.bits(), order, Ordering::Relaxed).is_err() {
                return Answer::Unknown;
            }
        }
        // SAFETY: this thread moved the slot from OPEN to CLAIMED.
        let accepted = unsafe { slot.decode(raw) };
        let inline = here.is_some_and(|owner| slot.local(owner, Local::note_inline));
        slot.word.store(Word::new(token.sequence(), State::Answered).bits(), Ordering::Release);
        if inline {
            return Answer::Inline(accepted);
        }
        let first = self.completions.push(token.index(), &slot.next);
        Answer::Queued { first, accepted }
    }

    /// Looks whether a call has ended, and keeps the waker if not.
    #[inline]
    pub(crate) fn poll<T>(&self, owner: &Owner, ticket: &Ticket<T>, waker: &Waker) -> Poll {
        let slot = self.slot(ticket.token.index());
        let (phase, kept) =
            slot.local(owner, |local| (local.phase, local.waker.as_ref().is_some_and(|kept| kept.will_wake(waker))));
        match phase {
            Phase::Ready => Poll::Answered,
            Phase::Ended(reason) => {
                self.free(owner, ticket.token);
                Poll::Ended(reason)
            }
            phase => {
                debug_assert!(matches!(phase, Phase::Waiting | Phase::Calling), "polled in {phase:?}");
                if !kept {
                    // A waker's clone and drop are foreign code.
                    let waker = waker.clone();
                    drop(slot.local(owner, |local| local.waker.replace(waker)));
                }
                Poll::Pending
            }
        }
    }

    /// Takes the outcome of a call that [`poll`](Self::poll) found answered.
    #[expect(clippy::needless_pass_by_value, reason = "a ticket is given back once")]
    #[inline]
    pub(crate) fn finish<T>(&self, owner: &Owner, ticket: Ticket<T>, let_go: impl FnOnce(Option<H>)) -> T {
        let slot = self.slot(ticket.token.index());
        let hold = slot.local(owner, |local| local.hold.take());
        // SAFETY: the call was answered and the owner has seen it (inline, or through the queue); the ticket's type is the
        // decoder's, and the slot is freed below, so the outcome is read once.
        let outcome = unsafe { slot.take_outcome::<T>() };
        self.free(owner, ticket.token);
        let_go(hold);
        outcome
    }

    /// Ends a call that nobody awaits any more: a deadline, or a future that is dropped.
    #[expect(clippy::needless_pass_by_value, reason = "a ticket is given back once")]
    pub(crate) fn cancel<T>(&self, owner: &Owner, ticket: Ticket<T>) -> Cancelled<H> {
        self.end(owner, ticket.token)
    }

    /// Ends a call whose time is up, unless an answer was accepted: then that is the outcome, which is on its way, and the
    /// ticket comes back.
    pub(crate) fn expire<T>(&self, owner: &Owner, ticket: Ticket<T>) -> Result<H, Ticket<T>> {
        let waiting = self.slot(ticket.token.index()).local(owner, |local| local.phase == Phase::Waiting);
        let hold = if waiting { self.end_open(owner, ticket.token) } else { None };
        hold.ok_or(ticket)
    }

    /// Ends a call unless an answer was accepted, and frees its slot.
    fn end_open(&self, owner: &Owner, token: Token) -> Option<H> {
        let slot = self.slot(token.index());
        if !slot.try_close(token.sequence()) {
            return None;
        }
        let hold = slot.local(owner, |local| local.hold.take());
        self.free(owner, token);
        hold
    }

    fn end(&self, owner: &Owner, token: Token) -> Cancelled<H> {
        let slot = self.slot(token.index());
        match slot.local(owner, |local| local.phase) {
            Phase::Ready | Phase::AnsweredInline => {
                // SAFETY: the owner has seen the answer, and the slot is freed below.
                unsafe { slot.drop_outcome() };
                let hold = slot.local(owner, |local| local.hold.take());
                self.free(owner, token);
                Cancelled::Answered(hold)
            }
            Phase::Ended(_) => {
                self.free(owner, token);
                Cancelled::Ended
            }
            _ => self
                .end_open(owner, token)
                .map_or_else(|| Cancelled::Answered(self.abandon(owner, token)), Cancelled::Open),
        }
    }

    /// Leaves a slot whose answer is on its way to the drain.
    fn abandon(&self, owner: &Owner, token: Token) -> Option<H> {
        let (hold, waker) = self.slot(token.index()).local(owner, |local| {
            local.phase = Phase::Abandoned;
            (local.hold.take(), local.waker.take())
        });
        drop(waker);
        self.owned.live.set(self.owned.live.get() - 1);
        hold
    }

    /// Moves what was answered from the queue into the hands of the awaiting code, in the order of the answers, and gives
    /// `wake` each waker, while nothing of the table is borrowed. Outcomes that nobody awaits are dropped.
    pub(crate) fn drain(&self, owner: &Owner, mut wake: impl FnMut(Waker)) -> usize {
        let mut drained = 0;
        let mut list = self.completions.take(|index| &self.slot(index).next);
        while let Some(index) = list {
            let slot = self.slot(index);
            list = Completions::follow(&slot.next);
            drained += 1;
            if slot.local(owner, |local| local.phase) == Phase::Abandoned {
                // SAFETY: the slot came from the queue, so it is ANSWERED and nobody else touches the outcome.
                unsafe { slot.drop_outcome() };
                self.release(owner, index);
                continue;
            }
            let waker = slot.local(owner, |local| {
                local.phase = Phase::Ready;
                local.waker.take()
            });
            if let Some(waker) = waker {
                wake(waker);
            }
        }
        drained
    }

    /// Ends every open call whose hold `matches` and whose host function has returned, and calls `each` with its token, hold and
    /// waker, while nothing of the table is borrowed: the host is to be told, the hold let go, the waker woken. Calls whose
    /// answer was accepted are left to it.
    pub(crate) fn sweep(
        &self,
        owner: &Owner,
        reason: Reason,
        matches: impl Fn(&H) -> bool,
        mut each: impl FnMut(Token, H, Option<Waker>),
    ) {
        for index in 0..self.owned.fresh.get() {
            let slot = self.slot(index);
            let wanted =
                slot.local(owner, |local| local.phase == Phase::Waiting && local.hold.as_ref().is_some_and(&matches));
            let sequence = Word::from_bits(slot.word.load(Ordering::Relaxed)).sequence();
            if !wanted || !slot.try_close(sequence) {
                continue;
            }
            let (hold, waker) = slot.local(owner, |local| {
                local.phase = Phase::Ended(reason);
                (local.hold.take(), local.waker.take())
            });
            if let Some(hold) = hold {
                each(Token::new(sequence, index), hold, waker);
            }
        }
    }

    /// At the end of a context: frees the slots of calls that were ended and whose futures live on elsewhere, and abandons
    /// those that an answerer still holds. After this no ticket of this owner may be used.
    pub(crate) fn retire(&self, owner: &Owner, mut release: impl FnMut(H)) {
        for index in 0..self.owned.fresh.get() {
            let slot = self.slot(index);
            if matches!(slot.local(owner, |local| local.phase), Phase::Free | Phase::Abandoned) {
                continue;
            }
            let sequence = Word::from_bits(slot.word.load(Ordering::Relaxed)).sequence();
            match self.end(owner, Token::new(sequence, index)) {
                Cancelled::Open(hold) | Cancelled::Answered(Some(hold)) => release(hold),
                Cancelled::Answered(None) | Cancelled::Ended => {}
            }
        }
    }

    /// Calls begun and not given back.
    #[inline]
    pub(crate) fn live(&self, _owner: &Owner) -> u32 {
        self.owned.live.get()
    }

    #[inline]
    fn free(&self, owner: &Owner, token: Token) {
        self.owned.live.set(self.owned.live.get() - 1);
        self.release(owner, token.index());
    }

    #[inline]
    fn release(&self, owner: &Owner, index: u32) {
        let slot = self.slot(index);
        let sequence = Word::from_bits(slot.word.load(Ordering::Relaxed)).sequence();
        slot.word.store(Word::new(sequence, State::Free).bits(), Ordering::Relaxed);
        let waker = slot.local(owner, |local| {
            local.phase = Phase::Free;
            local.next_free = self.owned.free.replace(index + 1);
            local.waker.take()
        });
        drop(waker);
    }

    #[inline]
    fn allocate(&self, owner: &Owner) -> Option<u32> {
        if self.owned.sequence.get() == LAST_SEQUENCE {
            return None;
        }
        match self.owned.free.get() {
            0 => {
                let index = self.owned.fresh.get();
                if index == MAX_IN_FLIGHT {
                    return None;
                }
                self.slots.grow_to(index, Slot::new);
                self.owned.fresh.set(index + 1);
                Some(index)
            }
            head => {
                let next = self.slot(head - 1).local(owner, |local| local.next_free);
                self.owned.free.set(next);
                Some(head - 1)
            }
        }
    }

    #[inline]
    fn slot(&self, index: u32) -> &Slot<H> {
        // SAFETY: the owner only names slots that exist: those of its tickets, of the lists in them, and below `fresh`, all of
        // which `allocate` has made.
        unsafe { self.slots.existing(index) }
    }
}
