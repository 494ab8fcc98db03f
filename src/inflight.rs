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
//! A token is a sequence number and the index of a slot. Sequence numbers come in blocks from one supply of the loaded library
//! ([`sequence`]) and are never used twice, so a token names one call for ever, among all contexts. A slot's `word` holds the
//! sequence number of its latest call and a state:
//!
//! ```text
//!           begin           claim              publish
//!   FREE ----------> OPEN ----------> CLAIMED ----------> ANSWERED
//!    ^                |                  |                   |
//!    | cancel,        |                  | conclude          | take: after the drain, inline, or conclude;
//!    | conclude       |                  v                   | drain, if nobody takes it
//!    +----------------+               DEFEATED               |
//!                                        | drain             |
//!                                        v                   v
//!                              (free: the next `begin` may have the slot)
//! ```
//!
//! Only the owner has to know that a slot is free, so freeing one leaves its word as it is: an answer claims nothing but OPEN.
//!
//! | transition | by | how |
//! |---|---|---|
//! | begin | the owner | a store: nobody else touches a free slot |
//! | claim | any answerer | compare-and-swap: it must name this very call, and the first one wins |
//! | publish | the answerer that claimed | compare-and-swap; an answer of the owner's own, which nobody can defeat, stays CLAIMED |
//! | cancel | the owner: deadline, drop, unregister, close | compare-and-swap |
//! | conclude | the owner, for a call that cannot wait | compare-and-swap, from OPEN or from CLAIMED |
//! | take, drain | the owner | the word stays; no answerer touches the slot any longer |
//!
//! - An answer that does not claim is refused before anything is read or written.
//! - While CLAIMED, the answerer alone touches the outcome: it decodes into it. Once ANSWERED, the outcome is the owner's. An
//!   answer is accepted when it is published, and not before: then its answerer is told so, and the outcome is what the
//!   awaiting code gets.
//! - If cancel fails, an answer is on its way. Who awaits the call gets it; if nobody does, the call is *abandoned*, and the
//!   drain takes the outcome out when it arrives.
//! - A synchronous call cannot wait for an answerer, which may be suspended for as long as the system likes. When its host
//!   function has returned, the owner *concludes* it: it takes an outcome that is published, and otherwise ends the call. An
//!   answerer that was decoding finds that it is *defeated* when it wants to publish: it takes its outcome back, drops it,
//!   and is told that the token is unknown, as anybody who is late.
//! - Everything in the slot's `local` part is the owner's: the waker, the hold on the registration once the host function has
//!   returned, what the awaiting code will be told, the links of the owner's lists. It is never touched by answerers, with one
//!   exception: an answerer that *is* the owner. It notes there that the answer has come, and nothing is queued: inside of the very
//!   host function that it called, whose caller then takes the outcome, no waker is needed either; later it wakes the code that
//!   awaits the call.
//!
//! # Orderings
//!
//! - `begin` stores OPEN with Release, `answer` claims with Acquire: the answerer sees the decoder and an outcome cell that
//!   the owner no longer touches.
//! - `answer` publishes with Release after it wrote the outcome. The owner reads that either after it took the slot from the
//!   queue, whose push is Release and whose take is Acquire, or because `conclude` found ANSWERED, with Acquire, or on its own
//!   thread.
//! - `cancel` is Relaxed: it hands nothing over. What the owner wrote before it begins the slot's next call is handed over by
//!   that `begin`.
//! - The way to DEFEATED is Relaxed too: from then on the slot is the answerer's alone, who reads what it wrote itself and
//!   hands the slot over by the queue.
//!
//! # The queue
//!
//! A slot that was answered remotely is linked into the bridge's list by a field of its own, so the queue is never longer
//! than the calls in flight and nothing is allocated for it. It is on the list exactly once until the owner drains it, and is
//! not freed before: its link has one writer at a time, the answerer before its push, and the owner after its take. A concluded
//! call whose outcome was taken, and a defeated answerer's slot, come by the queue as well, empty, only to be freed.
//!
//! Every answerer notifies the owner after its push, not only the one that found the queue empty: that one may be suspended
//! between the two, and nobody's answer waits for another answerer.
//!
//! # What is foreign
//!
//! Outcomes, wakers and holds are dropped, woken and let go by code that is not the table's: it may panic, or come back into
//! the table. So each operation moves them out of the slot, finishes its bookkeeping, and hands them back
//! ([`leftover`]), or contains what they do.
//!
//! # The list of open calls
//!
//! A call whose host function has returned is in a list of the owner's until it is over, so that a sweep costs as much as
//! there are open calls, however many there were at once before. A call that is answered inline is never in it.
//!
//! # When the context ends
//!
//! Slots are never freed as memory. An answerer that was delayed between CLAIMED and the list can finish long after the
//! context ended, even while a later context uses the table: the later owner drains the slot, finds it abandoned, and frees
//! it.

mod leftover;
mod lists;
#[cfg(all(test, not(ffihost_loom)))]
mod oracle;
mod outcome;
mod segments;
mod sequence;
mod slot;
#[cfg(all(test, not(ffihost_loom)))]
mod tests;
mod token;

pub(crate) use self::leftover::Leftover;
use self::leftover::{ContainedOption, contain};
use self::lists::Books;
pub(crate) use self::outcome::{Decode, Decoder, DecoderOf, Raw};
use self::segments::Segments;
use self::sequence::{SUPPLY, Supply};
pub(crate) use self::slot::Slot;
use self::slot::{Concluded, Phase, State, Word};
use self::token::INDEX_BITS;
pub(crate) use self::token::{MAX_IN_FLIGHT, Owner, Ticket, Token, Untyped};
use crate::bridge::{Completions, Signal};
use crate::status::Status;
use crate::sync::{Ordering, planted};
use std::task::Waker;

/// Why the owner ended a call without an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    /// The registration was taken back.
    Unregistered,
    /// The context closes.
    ShuttingDown,
}

/// What became of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "the answerer is told"]
pub(crate) enum Answer {
    /// Accepted, on the owner's thread and inside the host function: the caller of that function takes it.
    Inline(Accepted),
    /// Accepted: the awaiting code gets it. From another thread it went through the queue.
    Delivered {
        /// What the decoder said.
        accepted: Accepted,
    },
    /// The call has ended, or never was.
    Unknown,
}

/// What the decoder said of an answer that won, as the status that the host is told: nothing is translated on the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub(crate) enum Accepted {
    /// It is the outcome.
    Decoded = Status::Ok.code(),
    /// It does not decode, and the outcome says so.
    Undecodable = Status::Decode.code(),
}

/// The outcome of a call that has settled, and the hold, for models and tests.
#[cfg(test)]
#[derive(Debug, PartialEq, Eq)]
#[must_use = "the hold is to be let go"]
pub(crate) struct Settled<T, H> {
    /// What the awaiting code gets.
    pub(crate) outcome: T,
    /// What the call held on to.
    pub(crate) hold: Option<H>,
}

/// How a call ended that cannot wait.
#[derive(Debug)]
#[must_use = "the host must be told when an open call was ended"]
pub(crate) enum Conclusion<T> {
    /// Answered inside of the host function, on the owner's thread.
    Inline(T),
    /// Answered by another thread, before the host function returned.
    Remote(T),
    /// No answer was accepted, and none will be: the host has to be told, once.
    Ended,
}

/// What cancelling found.
#[derive(Debug)]
#[must_use = "the host must be told when an open call was cancelled"]
pub(crate) enum Cancelled<H> {
    /// The call was open: it has ended now, and the host has to be told, once, then the hold let go.
    Open(Leftover<H>),
    /// An answer was accepted before, so the host is told nothing.
    Answered(Leftover<H>),
    /// The owner had ended it before.
    Ended,
}

/// A call that a sweep has ended: the host is to be told, the hold let go, the waker woken.
#[derive(Debug)]
#[must_use = "the host must be told, and the awaiting code woken"]
pub(crate) struct Swept<H> {
    pub(crate) token: Token,
    pub(crate) hold: Option<H>,
    pub(crate) waker: Option<Waker>,
}

/// A call whose host function is running, or has just returned.
#[must_use = "a call that was begun is called or concluded"]
pub(crate) struct Calling<'t, T, H> {
    slot: &'t Slot<H>,
    ticket: Ticket<T>,
}

impl<T, H> Calling<'_, T, H> {
    #[inline]
    pub(crate) fn token(&self) -> Token {
        self.ticket.token
    }

    /// For one that is to be cancelled.
    #[cfg(all(test, not(ffihost_loom)))]
    fn ticket(self) -> Ticket<T> {
        self.ticket
    }
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

/// What a drain found in the queue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Drained {
    /// Answers that somebody awaits.
    pub(crate) arrived: u32,
    /// Slots whose call was over, and which can be used again now.
    pub(crate) freed: u32,
}

/// The calls in flight of one context, and their queue of completions. `H` is what an open call holds on to.
pub(crate) struct Table<H> {
    slots: Segments<Slot<H>>,
    completions: Completions<Slot<H>>,
    books: Books<H>,
    supply: &'static Supply,
}

// SAFETY: `books` and every slot's local part are only touched by whoever holds the `Owner`, of which there is one at a
// time (its constructor's contract), bound to one thread. The rest of a slot is passed on by the word's transitions. Holds
// stay with the owner, so they need not be Send; outcomes are Send by the bound on `Decode::Outcome`.
unsafe impl<H> Send for Table<H> {}
// SAFETY: as above.
unsafe impl<H> Sync for Table<H> {}

impl<H> Table<H> {
    pub(crate) fn new() -> Self {
        Self::with_supply(&SUPPLY)
    }

    fn with_supply(supply: &'static Supply) -> Self {
        Self { slots: Segments::new(), completions: Completions::new(), books: Books::new(), supply }
    }

    /// Takes a slot and publishes it as open. The token may be told to the host from now on.
    ///
    /// The call counts as being called until [`take_inline`](Self::take_inline), [`wait`](Self::wait) or
    /// [`conclude`](Self::conclude), so that an inline answer is recognised. What it holds on to is the caller's meanwhile.
    ///
    /// `None` if no slot is left, or no number.
    #[inline]
    pub(crate) fn begin<T>(&self, owner: &Owner, decoder: &'static Decoder<T>) -> Option<Calling<'_, T, H>> {
        let (slot, sequence) = self.allocate(owner)?;
        slot.set_decoder(owner, decoder);
        slot.local(owner, |local| local.phase = Phase::Calling);
        slot.word.store(Word::new(sequence, State::Open).bits(), Ordering::Release);
        let token = Token::new(sequence, slot.local(owner, |local| local.index));
        self.set_latest(owner, slot, token);
        Some(Calling { slot, ticket: Ticket::new(token, slot) })
    }

    /// Whether a call whose host function has returned was answered inline: then [`take_inline`](Self::take_inline) is to
    /// follow, and otherwise [`wait`](Self::wait).
    #[inline]
    pub(crate) fn is_answered<T>(&self, owner: &Owner, calling: &Calling<'_, T, H>) -> bool {
        calling.slot.local(owner, |local| local.phase) == Phase::AnsweredInline
    }

    /// Takes such a call out of the books: what it held is to be let go, and its outcome taken.
    #[inline]
    pub(crate) fn strike_inline<T>(&self, owner: &Owner, calling: &Calling<'_, T, H>) {
        debug_assert!(self.is_answered(owner, calling));
        self.discount(owner);
    }

    /// Takes its outcome after that.
    #[expect(clippy::needless_pass_by_value, reason = "a call is given back once")]
    #[inline(always)]
    pub(crate) fn take_inline<T>(&self, owner: &Owner, calling: Calling<'_, T, H>) -> T {
        // SAFETY: this thread has answered the call.
        unsafe { self.take(owner, calling.slot) }
    }

    /// Notes that the host function has returned without an answer. From now on the call holds on to that.
    #[inline]
    pub(crate) fn wait<T>(&self, owner: &Owner, calling: Calling<'_, T, H>, hold: H) -> Ticket<T> {
        let Calling { slot, ticket } = calling;
        slot.local(owner, |local| {
            local.phase = Phase::Waiting;
            debug_assert!(local.hold.is_none(), "what is foreign was moved out");
            // Written over, and not replaced: there is nothing to drop.
            // SAFETY: the place is the slot's own.
            unsafe { (&raw mut local.hold).write(Some(hold)) };
        });
        self.list(owner, slot);
        ticket
    }

    /// Both, for models and tests.
    #[cfg(test)]
    pub(crate) fn called<T>(
        &self,
        owner: &Owner,
        calling: Calling<'_, T, H>,
        hold: H,
    ) -> Result<Settled<T, H>, Ticket<T>> {
        if self.is_answered(owner, &calling) {
            self.strike_inline(owner, &calling);
            Ok(Settled { outcome: self.take_inline(owner, calling), hold: Some(hold) })
        } else {
            Err(self.wait(owner, calling, hold))
        }
    }

    /// Ends a call whose host function has returned and which cannot wait: with the outcome, if an answer was accepted. Waits
    /// for nobody.
    pub(crate) fn conclude<T>(&self, owner: &Owner, calling: Calling<'_, T, H>) -> Conclusion<T> {
        let slot = calling.slot;
        if self.is_answered(owner, &calling) {
            self.strike_inline(owner, &calling);
            return Conclusion::Inline(self.take_inline(owner, calling));
        }
        debug_assert!(slot.local(owner, |local| local.phase) == Phase::Calling, "concluded at another time");
        self.discount(owner);
        let concluded = slot.conclude(calling.token().sequence());
        if concluded == Concluded::Closed || (concluded == Concluded::Defeated && planted("defeated_slot_is_freed")) {
            self.free(owner, slot);
            return Conclusion::Ended;
        }
        slot.local(owner, |local| local.phase = Phase::Emptied);
        self.linger(owner);
        if concluded == Concluded::Defeated || planted("conclude_drops_an_accepted_answer") {
            return Conclusion::Ended;
        }
        // SAFETY: the slot is ANSWERED, which was seen with Acquire; the ticket's type is the decoder's; the outcome is read
        // once, since the drain takes none out of an emptied slot.
        Conclusion::Remote(unsafe { slot.take_outcome() })
    }

    /// Brings an answer: claims the call, decodes on this thread, and queues the outcome and notifies the owner. If the caller is
    /// the owner, of which `here` is the proof, nothing is queued: the answer is inline, or the awaiting code is woken at once.
    ///
    /// Any thread, any token.
    #[inline(always)]
    pub(crate) fn answer(&self, here: Option<&Owner>, token: Token, raw: Raw<'_>, signal: &Signal) -> Answer {
        let Some(slot) = self.slots.get(token.index()) else { return Answer::Unknown };
        match here {
            Some(owner) => self.answer_here(owner, slot, token, raw, signal),
            None if !slot.try_claim(token.sequence()) => Answer::Unknown,
            None => {
                // SAFETY: this thread moved the slot from OPEN to CLAIMED.
                let accepted = unsafe { slot.decode(raw) };
                self.publish(slot, token, accepted, signal)
            }
        }
    }

    /// The same on the owner's thread.
    #[inline(always)]
    fn answer_here(&self, owner: &Owner, slot: &Slot<H>, token: Token, raw: Raw<'_>, signal: &Signal) -> Answer {
        if slot.local(owner, |local| local.phase) == Phase::Calling {
            let claimed = Claimed::claim(owner, slot, token);
            return claimed.map_or(Answer::Unknown, |claimed| Answer::Inline(claimed.decode(raw)));
        }
        if !slot.try_claim(token.sequence()) {
            return Answer::Unknown;
        }
        // SAFETY: this thread moved the slot from OPEN to CLAIMED.
        let accepted = unsafe { slot.decode(raw) };
        if self.arrive_here(owner, slot) {
            Answer::Delivered { accepted }
        } else {
            self.publish(slot, token, accepted, signal)
        }
    }

    /// Publishes an outcome that was decoded, and brings the slot to the owner.
    #[inline(always)]
    fn publish(&self, slot: &Slot<H>, token: Token, accepted: Accepted, signal: &Signal) -> Answer {
        if !slot.try_publish(token.sequence()) {
            return self.defeated(slot, signal);
        }
        self.hand_over(slot, signal);
        Answer::Delivered { accepted }
    }

    /// Takes in an answer that the owner has brought itself, unless its decoder has ended the call: then the slot goes by the
    /// queue, as any that nobody awaits.
    #[inline(always)]
    fn arrive_here(&self, owner: &Owner, slot: &Slot<H>) -> bool {
        if slot.local(owner, |local| local.phase) != Phase::Waiting {
            return false;
        }
        if let Arrived::Awaited(Some(waker)) = self.arrive(owner, slot) {
            contain(|| waker.wake());
        }
        true
    }

    /// Claims the call whose host function the owner called last and which runs, for its answer; `None` if that is not the
    /// call, or was answered: then [`answer`](Self::answer) knows what it is.
    #[inline]
    pub(crate) fn claim_latest(&self, owner: &Owner, token: u64) -> Option<Claimed<'_, H>> {
        let (slot, token) = self.latest(owner, token)?;
        if slot.local(owner, |local| local.phase) != Phase::Calling {
            return None;
        }
        Claimed::claim(owner, slot, token)
    }

    /// The owner has ended the call while the answer was being decoded.
    #[cold]
    fn defeated(&self, slot: &Slot<H>, signal: &Signal) -> Answer {
        // SAFETY: this thread has claimed the slot, and the owner, which defeated it, leaves it alone until it is handed over.
        let outcome = ContainedOption::new(Some(unsafe { slot.take_unwanted() }));
        self.hand_over(slot, signal);
        drop(outcome);
        Answer::Unknown
    }

    /// Brings a slot to the owner, and sees to it that the owner looks.
    #[inline]
    fn hand_over(&self, slot: &Slot<H>, signal: &Signal) {
        let leaves_it_to_the_first = planted("notify_only_first") && !self.completions.is_empty();
        // SAFETY: whoever claimed the slot brings it once, and slots live as long as the table.
        unsafe { self.completions.push(slot) };
        if !leaves_it_to_the_first {
            signal.notify();
        }
    }

    /// Whether the outcome can be taken, with [`finish`](Self::finish).
    #[inline]
    pub(crate) fn is_ready<T>(&self, owner: &Owner, ticket: &Ticket<T>) -> bool {
        self.slot_of(ticket).local(owner, |local| local.phase) == Phase::Ready
    }

    /// Keeps the waker of a call that has just begun to wait. False if it has ended meanwhile, by what cloning a waker runs.
    #[inline]
    pub(crate) fn keep_first<T>(&self, owner: &Owner, ticket: &Ticket<T>, waker: &Waker) -> bool {
        let clone = waker.clone();
        let slot = self.slot_of(ticket);
        let unused = slot.local(owner, |local| match (local.phase, &local.waker) {
            (Phase::Waiting, None) => {
                local.waker = Some(clone);
                None
            }
            _ => Some(clone),
        });
        let is_kept = unused.is_none();
        drop(ContainedOption::new(unused));
        is_kept
    }

    /// Looks whether a call has ended, and keeps the waker if not.
    #[inline]
    pub(crate) fn poll<T>(&self, owner: &Owner, ticket: &Ticket<T>, waker: &Waker) -> Poll {
        let slot = self.slot_of(ticket);
        let (phase, kept) =
            slot.local(owner, |local| (local.phase, local.waker.as_ref().is_some_and(|kept| kept.will_wake(waker))));
        match phase {
            Phase::Ready => Poll::Answered,
            Phase::Ended(reason) => self.take_ended(owner, slot, reason),
            Phase::Waiting if kept => Poll::Pending,
            phase => {
                debug_assert!(phase == Phase::Waiting, "polled in {phase:?}");
                self.keep(owner, slot, ticket, waker)
            }
        }
    }

    #[cold]
    fn take_ended(&self, owner: &Owner, slot: &Slot<H>, reason: Reason) -> Poll {
        // The sweep took out what there was.
        drop(self.give_back(owner, slot));
        Poll::Ended(reason)
    }

    /// Keeps a waker for a call that is open. The waker's clone may end the call, and the drop of the one before too.
    #[inline]
    fn keep<T>(&self, owner: &Owner, slot: &Slot<H>, ticket: &Ticket<T>, waker: &Waker) -> Poll {
        let clone = waker.clone();
        let (waits, unused) = slot.local(owner, |local| match local.phase {
            Phase::Waiting => (true, local.waker.replace(clone)),
            _ => (false, Some(clone)),
        });
        drop(ContainedOption::new(unused));
        if waits { Poll::Pending } else { self.poll_again(owner, ticket, waker) }
    }

    #[cold]
    fn poll_again<T>(&self, owner: &Owner, ticket: &Ticket<T>, waker: &Waker) -> Poll {
        self.poll(owner, ticket, waker)
    }

    /// Takes a call out of the books that [`poll`](Self::poll) found answered: what it held is to be let go, and its outcome
    /// taken. There is no waker, since the drain took that.
    #[inline]
    pub(crate) fn strike_ready<T>(&self, owner: &Owner, ticket: &Ticket<T>) -> Option<H> {
        let slot = self.slot_of(ticket);
        self.unlist(owner, slot);
        self.discount(owner);
        slot.local(owner, |local| local.hold.take())
    }

    /// Takes its outcome after that.
    #[expect(clippy::needless_pass_by_value, reason = "a ticket is given back once")]
    #[inline(always)]
    pub(crate) fn take_ready<T>(&self, owner: &Owner, ticket: Ticket<T>) -> T {
        // SAFETY: the call was answered and the owner has seen it, through the queue.
        unsafe { self.take(owner, self.slot_of(&ticket)) }
    }

    /// Frees a slot, and takes the outcome out.
    ///
    /// # Safety
    ///
    /// Its call was answered, which the owner has seen, and T is the type of the call's ticket, which was given back.
    #[inline(always)]
    unsafe fn take<T>(&self, owner: &Owner, slot: &Slot<H>) -> T {
        // Nothing of it is overwritten before it is read below.
        self.free(owner, slot);
        // SAFETY: the caller's contract; a ticket's type is the decoder's, and the slot is free, so the outcome is read once.
        unsafe { slot.take_outcome() }
    }

    /// Both, for models and tests.
    #[cfg(test)]
    pub(crate) fn finish<T>(&self, owner: &Owner, ticket: Ticket<T>) -> Settled<T, H> {
        let hold = self.strike_ready(owner, &ticket);
        Settled { outcome: self.take_ready(owner, ticket), hold }
    }

    /// Ends a call whose future was dropped.
    #[expect(clippy::needless_pass_by_value, reason = "a ticket is given back once")]
    pub(crate) fn cancel<T>(&self, owner: &Owner, ticket: Ticket<T>) -> Cancelled<H> {
        self.end(owner, ticket.token)
    }

    /// Ends a call whose time is up, unless an answer was accepted: then that is the outcome, which is on its way, and the
    /// ticket comes back.
    pub(crate) fn expire<T>(&self, owner: &Owner, ticket: Ticket<T>) -> Result<Leftover<H>, Ticket<T>> {
        let slot = self.slot_of(&ticket);
        if slot.try_close(ticket.token.sequence()) { Ok(self.give_back(owner, slot)) } else { Err(ticket) }
    }

    /// Ends a call of this owner's, which was not given back, in whatever way it can end.
    pub(crate) fn end(&self, owner: &Owner, token: Token) -> Cancelled<H> {
        let slot = self.slot(token.index());
        match slot.local(owner, |local| local.phase) {
            Phase::Ready | Phase::AnsweredInline => {
                // SAFETY: the owner has seen the answer, and the slot is freed below.
                let outcome = unsafe { slot.take_unwanted() };
                let mut left = self.give_back(owner, slot);
                left.outcome = ContainedOption::new(Some(outcome));
                Cancelled::Answered(left)
            }
            Phase::Ended(reason) => {
                let _ended = self.take_ended(owner, slot, reason);
                Cancelled::Ended
            }
            _ if slot.try_close(token.sequence()) => Cancelled::Open(self.give_back(owner, slot)),
            _ => {
                self.strike(owner, slot);
                let left = Self::move_out(owner, slot);
                slot.local(owner, |local| local.phase = Phase::Abandoned);
                self.linger(owner);
                Cancelled::Answered(left)
            }
        }
    }

    /// Frees the slot of a call that is over, and hands out what it held but the outcome.
    fn give_back(&self, owner: &Owner, slot: &Slot<H>) -> Leftover<H> {
        self.strike(owner, slot);
        let left = Self::move_out(owner, slot);
        self.free(owner, slot);
        left
    }

    /// Takes a call out of the owner's books.
    fn strike(&self, owner: &Owner, slot: &Slot<H>) {
        if slot.local(owner, |local| local.phase.is_listed()) {
            self.unlist(owner, slot);
        }
        self.discount(owner);
    }

    fn move_out(owner: &Owner, slot: &Slot<H>) -> Leftover<H> {
        slot.local(owner, |local| Leftover {
            hold: ContainedOption::new(local.hold.take()),
            waker: ContainedOption::new(local.waker.take()),
            outcome: ContainedOption::new(None),
        })
    }

    /// Moves what was answered from the queue into the hands of the awaiting code, in the order of the answers, and gives
    /// `wake` each waker, while nothing of the table is borrowed. Outcomes that nobody awaits are dropped. A panic of either
    /// is contained, and the drain goes on.
    pub(crate) fn drain(&self, owner: &Owner, mut wake: impl FnMut(Waker)) -> Drained {
        let mut drained = Drained::default();
        let mut list = self.completions.take();
        while let Some(slot) = list {
            // Read before anything foreign runs: the slot may be used again after that.
            list = self.completions.follow(slot);
            match self.arrive(owner, slot) {
                Arrived::Awaited(waker) => {
                    drained.arrived += 1;
                    if let Some(waker) = waker {
                        contain(|| wake(waker));
                    }
                }
                Arrived::Freed(outcome) => {
                    drained.freed += 1;
                    drop(outcome);
                }
            }
        }
        drained
    }

    /// Takes in one slot from the queue: it is ANSWERED or DEFEATED, and its answerer is done with it.
    #[inline]
    fn arrive(&self, owner: &Owner, slot: &Slot<H>) -> Arrived {
        let answered = match slot.local(owner, |local| local.phase) {
            Phase::Waiting => Phase::Ready,
            // The host function is still running: its caller takes the outcome.
            Phase::Calling => Phase::AnsweredInline,
            phase => return self.arrive_late(owner, slot, phase),
        };
        Arrived::Awaited(slot.local(owner, |local| {
            local.phase = answered;
            local.waker.take()
        }))
    }

    /// Nobody awaits the call of this slot any longer.
    #[cold]
    fn arrive_late(&self, owner: &Owner, slot: &Slot<H>, phase: Phase) -> Arrived {
        debug_assert!(matches!(phase, Phase::Abandoned | Phase::Emptied), "{phase:?}");
        // SAFETY: an abandoned slot that comes by the queue is ANSWERED; it is freed below.
        let outcome = (phase == Phase::Abandoned).then(|| unsafe { slot.take_unwanted() });
        self.arrived(owner);
        self.free(owner, slot);
        Arrived::Freed(ContainedOption::new(outcome))
    }

    /// Ends every open call whose hold `matches` and whose host function has returned, and returns them in the order in which
    /// they were made. Calls whose answer was accepted are left to it.
    ///
    /// All of them have ended when this returns, so that it does not matter what the caller's telling, letting go and waking
    /// brings about.
    pub(crate) fn sweep(&self, owner: &Owner, reason: Reason, matches: impl Fn(&H) -> bool) -> Vec<Swept<H>> {
        let mut swept = Vec::new();
        let mut list = self.first_listed(owner);
        while let Some(slot) = list {
            list = self.next_listed(owner, slot);
            let wanted = slot.local(owner, |local| local.hold.as_ref().is_some_and(&matches));
            let token = slot.latest_token(owner);
            if wanted && slot.try_close(token.sequence()) {
                swept.push(slot.local(owner, |local| {
                    local.phase = Phase::Ended(reason);
                    Swept { token, hold: local.hold.take(), waker: local.waker.take() }
                }));
            }
        }
        swept
    }

    /// At the end of a context: ends the calls that are left, one at a time, and hands out what they held. Those that an
    /// answerer still holds are abandoned. No host function is running, and after this no ticket of this owner may be used.
    pub(crate) fn retire(&self, owner: &Owner) -> impl Iterator<Item = Leftover<H>> {
        std::iter::from_fn(move || {
            let token = self.first_listed(owner)?.latest_token(owner);
            Some(match self.end(owner, token) {
                Cancelled::Open(left) | Cancelled::Answered(left) => left,
                Cancelled::Ended => Leftover::of_hold(None),
            })
        })
    }
}

/// A call whose host function is running, claimed by the owner for an inline answer.
#[must_use = "nobody else can answer it"]
pub(crate) struct Claimed<'t, H>(&'t Slot<H>);

impl<'t, H> Claimed<'t, H> {
    /// Nobody else looks at the slot from now on.
    #[inline]
    fn claim(owner: &Owner, slot: &'t Slot<H>, token: Token) -> Option<Self> {
        if !slot.try_claim(token.sequence()) {
            return None;
        }
        // Before the outcome is there, which nobody looks for before the host function has returned: so nothing has to be
        // kept until after the decoder.
        slot.local(owner, |local| local.phase = Phase::AnsweredInline);
        Some(Self(slot))
    }

    #[inline]
    pub(crate) fn decode(self, raw: Raw<'_>) -> Accepted {
        // SAFETY: this thread moved the slot from OPEN to CLAIMED.
        unsafe { self.0.decode(raw) }
    }
}

/// A slot that came by the queue.
enum Arrived {
    /// The answer can be taken: the code that awaits it is to be woken.
    Awaited(Option<Waker>),
    /// Its call was over, and it is free. There may be an outcome that nobody takes.
    Freed(ContainedOption<outcome::Unwanted>),
}
