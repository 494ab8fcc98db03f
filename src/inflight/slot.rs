//! One slot of the table: its word, its outcome, and its owner's part.

use super::outcome::{self, Decoder, Erased, Raw, Storage, Unwanted};
use super::{Accepted, Owner, Reason, Token};
use crate::bridge::Linked;
use crate::sync::{AtomicPtr, AtomicU64, Ordering, UnsafeCell, planted};
use std::ptr;
use std::task::Waker;

/// Bits of a word below the sequence number: as many as a token has index bits, so that both shift alike.
const STATE_BITS: u32 = super::INDEX_BITS;

/// Where a slot's latest call stands, as far as other threads are concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// No call yet, or one that its owner has ended without an answer.
    Free = 0,
    /// An answer will be taken.
    Open = 1,
    /// An answerer won, and decodes.
    Claimed = 2,
    /// The outcome is in the slot: the answer is accepted.
    Answered = 3,
    /// The owner has ended the call of an answerer that had not published yet. That one takes its outcome back.
    Defeated = 4,
}

/// A sequence number and a state, the slot's atomic word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Word(u64);

impl Word {
    pub(super) fn new(sequence: u64, state: State) -> Self {
        Self(sequence << STATE_BITS | state as u64)
    }

    pub(super) fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    pub(super) fn bits(self) -> u64 {
        self.0
    }

    pub(super) fn sequence(self) -> u64 {
        self.0 >> STATE_BITS
    }
}

/// Where a slot's call stands for its owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// On the free list.
    Free,
    /// The host function is running.
    Calling,
    /// It answered before it returned; the caller takes the outcome.
    AnsweredInline,
    /// Somebody awaits the answer.
    Waiting,
    /// The answer came through the queue and waits to be polled.
    Ready,
    /// The owner ended the call; that waits to be polled.
    Ended(Reason),
    /// Nobody awaits the answer that an answerer is bringing; the drain takes it out and frees the slot.
    Abandoned,
    /// The outcome was taken, and an answerer is bringing the slot; the drain frees it.
    Emptied,
}

impl Phase {
    /// Whether a slot in this phase is in the owner's list of open calls.
    pub(super) fn is_listed(self) -> bool {
        matches!(self, Self::Waiting | Self::Ready | Self::Ended(_))
    }
}

/// What the owner found when it ended a call that cannot wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Concluded {
    /// Nobody had answered, and nobody will.
    Closed,
    /// An answerer was decoding; it brings the slot, without an outcome.
    Defeated,
    /// The outcome is there; the answerer brings the slot, if it has not yet.
    Answered,
}

/// The part of a slot that only its owner touches.
#[derive(Debug)]
pub(super) struct Local<H> {
    pub(super) hold: Option<H>,
    pub(super) waker: Option<Waker>,
    /// The slot after this one, in the list of free slots or in that of open calls; null ends the list.
    pub(super) next: *const Slot<H>,
    /// The slot before this one in the list of open calls; null begins it.
    pub(super) previous: *const Slot<H>,
    /// Its place in the table.
    pub(super) index: u32,
    pub(super) phase: Phase,
}

/// Two cache lines, so that neighbours' answerers do not disturb each other. In a model the cells are loom's, and larger.
#[repr(align(64))]
pub(crate) struct Slot<H> {
    pub(super) word: AtomicU64,
    /// The link of the completion queue: the slot below, null at the end.
    next_completion: AtomicPtr<Self>,
    /// Written by the owner before OPEN, read by the answerer while CLAIMED, by the owner after ANSWERED.
    decoder: UnsafeCell<Option<&'static Erased>>,
    /// Written by the answerer while CLAIMED, read by the owner after ANSWERED.
    outcome: UnsafeCell<Storage>,
    local: UnsafeCell<Local<H>>,
}

#[cfg(not(ffihost_loom))]
const _: () = assert!(size_of::<Slot<std::rc::Rc<()>>>() <= 128);

impl<H> Linked for Slot<H> {
    #[inline]
    fn link(&self) -> &AtomicPtr<Self> {
        &self.next_completion
    }
}

impl<H> Slot<H> {
    pub(super) fn new(index: u32) -> Self {
        let local =
            Local { hold: None, waker: None, next: ptr::null(), previous: ptr::null(), index, phase: Phase::Free };
        Self {
            word: AtomicU64::new(Word::new(0, State::Free).bits()),
            next_completion: AtomicPtr::new(ptr::null_mut()),
            decoder: UnsafeCell::new(None),
            outcome: UnsafeCell::new(Storage::new()),
            local: UnsafeCell::new(local),
        }
    }

    /// Touches the owner's part. `f` must not call anything that may come back to this slot.
    #[inline]
    pub(super) fn local<R>(&self, _owner: &Owner, f: impl FnOnce(&mut Local<H>) -> R) -> R {
        // SAFETY: whoever has the owner is the only one to touch this part, on one thread, and no closure that is passed
        // here calls foreign code, so none is entered while another runs.
        self.local.with_mut(|local| f(unsafe { &mut *local }))
    }

    /// The token of its latest call.
    pub(super) fn latest_token(&self, owner: &Owner) -> Token {
        let sequence = Word::from_bits(self.word.load(Ordering::Relaxed)).sequence();
        Token::new(sequence, self.local(owner, |local| local.index))
    }

    /// Sets what will decode the answer. Only while the slot is free.
    #[inline]
    pub(super) fn set_decoder<T>(&self, _owner: &Owner, decoder: &'static Decoder<T>) {
        // SAFETY: the slot is free, so no answerer can claim it, and the owner is alone with it.
        self.decoder.with_mut(|cell| unsafe { *cell = Some(decoder.erased()) });
    }

    /// Decodes an answer into the slot.
    ///
    /// # Safety
    ///
    /// The caller moved this slot from OPEN to CLAIMED and has not published ANSWERED.
    #[inline]
    pub(super) unsafe fn decode(&self, answer: Raw<'_>) -> Accepted {
        // SAFETY: a claimed slot was published with a decoder, which stays until the slot is free again; the claimer alone
        // touches the outcome, which is empty: it was taken or dropped before the slot was last freed.
        unsafe { self.outcome.with_mut(|outcome| self.decoder().decode(outcome, answer)) }
    }

    /// # Safety
    ///
    /// The caller is the owner, the slot is ANSWERED, T is its decoder's type, and the outcome is taken or dropped once.
    #[inline]
    pub(super) unsafe fn take_outcome<T>(&self) -> T {
        // SAFETY: passed on; ANSWERED was seen with Acquire, or stored by this thread.
        self.outcome.with_mut(|outcome| unsafe { outcome::read(outcome) })
    }

    /// Moves an outcome out that nobody takes.
    ///
    /// # Safety
    ///
    /// The caller is the owner and the slot is ANSWERED, or the caller claimed it and was defeated. The outcome is taken once.
    pub(super) unsafe fn take_unwanted(&self) -> Unwanted {
        // SAFETY: the decoder is there, and wrote the outcome, in both of these states.
        self.outcome.with(|outcome| unsafe { Unwanted::new(outcome, self.decoder()) })
    }

    /// # Safety
    ///
    /// The slot is CLAIMED or DEFEATED and was claimed by the caller, or the caller is the owner and the slot is ANSWERED.
    #[inline]
    unsafe fn decoder(&self) -> &'static Erased {
        // SAFETY: nobody writes the decoder in these states, which come after one was set.
        self.decoder.with(|decoder| unsafe { (*decoder).unwrap_unchecked() })
    }

    /// Claims the call for an answer: OPEN to CLAIMED. Any thread.
    #[inline]
    pub(super) fn try_claim(&self, sequence: u64) -> bool {
        let open = Word::new(sequence, State::Open).bits();
        let claimed = Word::new(sequence, State::Claimed).bits();
        if planted("claim_without_cas") {
            let claims = self.word.load(Ordering::Acquire) == open;
            if claims {
                self.word.store(claimed, Ordering::Release);
            }
            return claims;
        }
        if planted("claim_ignores_sequence") {
            let now = Word::from_bits(self.word.load(Ordering::Relaxed)).sequence();
            let (open, claimed) = (Word::new(now, State::Open).bits(), Word::new(now, State::Claimed).bits());
            return self.word.compare_exchange(open, claimed, Ordering::Acquire, Ordering::Relaxed).is_ok();
        }
        let order = if planted("claim_relaxed") { Ordering::Relaxed } else { Ordering::Acquire };
        self.word.compare_exchange(open, claimed, order, Ordering::Relaxed).is_ok()
    }

    /// Accepts the answer: CLAIMED to ANSWERED. False if the owner has defeated it. Only who claimed it.
    #[inline]
    pub(super) fn try_publish(&self, sequence: u64) -> bool {
        let claimed = Word::new(sequence, State::Claimed).bits();
        let answered = Word::new(sequence, State::Answered).bits();
        if planted("publish_without_cas") {
            self.word.store(answered, Ordering::Release);
            return true;
        }
        self.word.compare_exchange(claimed, answered, Ordering::Release, Ordering::Relaxed).is_ok()
    }

    /// Ends the call unless an answer was accepted or is being decoded: OPEN to FREE. Owner only.
    #[inline]
    pub(super) fn try_close(&self, sequence: u64) -> bool {
        let open = Word::new(sequence, State::Open).bits();
        let free = Word::new(sequence, State::Free).bits();
        if planted("close_without_cas") {
            let closed = self.word.load(Ordering::Acquire) == open;
            if closed {
                self.word.store(free, Ordering::Release);
            }
            return closed;
        }
        self.word.compare_exchange(open, free, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }

    /// Ends the call unless an answer was accepted: OPEN to FREE, or CLAIMED to DEFEATED. Owner only, who waits for nobody:
    /// a call that it has not ended goes from OPEN to CLAIMED to ANSWERED, and never back.
    pub(super) fn conclude(&self, sequence: u64) -> Concluded {
        if self.try_close(sequence) {
            return Concluded::Closed;
        }
        let claimed = Word::new(sequence, State::Claimed).bits();
        let defeated = Word::new(sequence, State::Defeated).bits();
        let order = if planted("conclude_relaxed") { Ordering::Relaxed } else { Ordering::Acquire };
        match self.word.compare_exchange(claimed, defeated, Ordering::Relaxed, order) {
            Ok(_) => Concluded::Defeated,
            Err(_) => Concluded::Answered,
        }
    }
}
