//! A record: everything that answers to late callers, and is therefore never freed.

use super::gate::{Gate, Left, Phase, Pin, Refused};
use super::handle::HANDLE_GENERATION_BITS;
use super::vacancies::Vacancies;
use crate::abi::HostFunction;
use crate::bridge::Signal;
use crate::inflight::{Accepted, Answer, Owner, Raw, Table, Token};
use crate::registry::Hold;
use crate::stats::Counter;
use crate::sync::{Arc, AtomicPtr, Event, Ordering};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::ops::Deref;
use std::ptr;
use std::sync::atomic::AtomicUsize;

/// What an open host call holds on to.
pub(crate) type CallHold = Hold<HostFunction>;

/// See the module. `I` is the instance: what a life needs beside the record, of which the record knows nothing.
pub(crate) struct Record<I> {
    vacancies: &'static Vacancies,
    pub(super) index: u32,
    pub(crate) gate: Gate,
    pub(crate) calls: Table<CallHold>,
    pub(crate) signal: Signal,
    /// From `Arc::into_raw`; null when there is no instance. Read by whoever is inside the gate.
    instance: AtomicPtr<I>,
    /// Notified when the last admitted one has left a closing context.
    admitted_left: Event,
    /// The limit for answers, here so that answering needs no pin.
    payload: AtomicUsize,
    /// The same and one more; 0 once the handle is stale, so that no answer fits.
    inline_room: AtomicUsize,
    pub(super) answers_refused: Counter,
    pub(super) answers_undecodable: Counter,
}

impl<I> std::fmt::Debug for Record<I> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Record").field("index", &self.index).field("gate", &self.gate).finish_non_exhaustive()
    }
}

impl<I> Record<I> {
    pub(super) fn new(vacancies: &'static Vacancies, index: u32) -> Self {
        // A random first generation, so that a handle of another library, or of an earlier process, does not fit by chance.
        let first = RandomState::new().build_hasher().finish() & ((1 << (HANDLE_GENERATION_BITS - 1)) - 1);
        Self {
            vacancies,
            index,
            gate: Gate::new(first),
            calls: Table::new(),
            signal: Signal::new(),
            instance: AtomicPtr::new(ptr::null_mut()),
            admitted_left: Event::new(),
            payload: AtomicUsize::new(0),
            inline_room: AtomicUsize::new(0),
            answers_refused: Counter::default(),
            answers_undecodable: Counter::default(),
        }
    }

    /// The generation of the life that would begin now. For the one who has the vacant record.
    pub(super) fn next_generation(&self) -> Option<u64> {
        self.gate.next_generation(1 << HANDLE_GENERATION_BITS)
    }

    /// Begins a life: the instance is reachable by its handle from now on. `payload` is the limit for answers.
    pub(super) fn open(&self, instance: Arc<I>, generation: u64, payload: usize)
    where
        I: Send + Sync,
    {
        self.payload.store(payload, Ordering::Relaxed);
        self.inline_room.store(payload + 1, Ordering::Relaxed);
        self.instance.store(Arc::into_raw(instance).cast_mut(), Ordering::Release);
        self.gate.open(generation);
    }

    /// Goes in, if the generation is the present one and the context is not past `until`.
    #[inline]
    pub(crate) fn enter(&'static self, generation: u64, until: Phase, pin: Pin) -> Result<Pinned<I>, Refused> {
        self.gate.enter(generation, until, pin)?;
        // Acquire pairs with `open`. Not null: the gate was open for this generation, and whoever lets go waits for the pins.
        let instance = self.instance.load(Ordering::Acquire);
        Ok(Pinned { record: self, instance, pin })
    }

    /// Goes out. The last one out of a vacant context lets go of the instance; the last admitted one wakes the close.
    #[inline]
    fn leave(&self, pin: Pin) {
        match self.gate.leave(pin) {
            Left::Free => {}
            Left::WakeClose => self.wake_close(),
            Left::LetGo => self.let_go(),
        }
    }

    /// Also if a later context has the record by now: it looks once more than it needs to.
    #[cold]
    fn wake_close(&self) {
        self.signal.notify();
        self.admitted_left.notify_all();
    }

    /// Waits until no admitted work is inside, on a thread of a context that is past its close.
    pub(super) fn await_admitted(&self) {
        self.admitted_left.wait(|| (self.gate.admitted() == 0).then_some(()));
    }

    /// Makes the handle stale to everything but the removal of listeners.
    pub(super) fn retire(&self) {
        for phase in [Phase::Running, Phase::Closing, Phase::Finishing] {
            self.gate.advance(phase, Phase::Abandoned);
        }
        // Relaxed: whoever knows that the context was given up sees this too, and nothing is read because of it.
        self.inline_room.store(0, Ordering::Relaxed);
    }

    /// Ends the life: nothing of it runs any longer. Whoever comes out last lets go.
    pub(super) fn vacate(&self) {
        if self.gate.vacate() {
            self.let_go();
        }
    }

    /// Lets go of the instance, so that the last one who has it frees it, and puts the record back.
    #[cold]
    fn let_go(&self) {
        let instance = self.instance.swap(ptr::null_mut(), Ordering::AcqRel);
        if !instance.is_null() {
            // SAFETY: it came from `Arc::into_raw` in `open`, and was swapped out once.
            let instance = unsafe { Arc::from_raw(instance) };
            crate::panic::contain_call(|| drop(instance));
        }
        if self.next_generation().is_some() {
            self.vacancies.put_back(self.index);
        }
    }

    /// Brings an answer to a host call; see [`Table::answer`]. `owner` is the owner of the calls, if this is its thread.
    #[inline]
    pub(crate) fn answer(&self, owner: Option<&Owner>, token: Token, raw: Raw<'_>) -> Answer {
        let answer = self.calls.answer(owner, token, raw, &self.signal);
        self.count_answer(answer, token);
        answer
    }

    #[inline]
    fn count_answer(&self, answer: Answer, token: Token) {
        match answer {
            Answer::Inline(Accepted::Decoded) | Answer::Delivered { accepted: Accepted::Decoded } => {}
            odd => self.count_odd_answer(odd, token),
        }
    }

    pub(crate) fn count_undecodable(&self) {
        self.answers_undecodable.bump();
    }

    /// The subscriber is foreign code.
    #[cold]
    fn count_odd_answer(&self, answer: Answer, token: Token) {
        if answer != Answer::Unknown {
            return self.count_undecodable();
        }
        self.answers_refused.bump();
        crate::panic::contain_call(|| {
            tracing::debug!(token = token.bits(), "an answer found no open host call: late, double, or never issued");
        });
    }

    /// The limit for an answer with this many bytes that its FFI thread brings, if that fits and the context takes answers.
    #[inline]
    pub(crate) fn inline_limit(&self, len: usize) -> Option<usize> {
        let room = self.inline_room.load(Ordering::Relaxed);
        (len < room).then(|| room - 1)
    }

    #[inline]
    pub(crate) fn max_payload(&self) -> usize {
        self.payload.load(Ordering::Relaxed)
    }
}

/// Somebody inside the gate: the instance lives until this is dropped.
pub(crate) struct Pinned<I: 'static> {
    record: &'static Record<I>,
    instance: *const I,
    pin: Pin,
}

impl<I> Pinned<I> {
    /// A reference that outlives the pin.
    pub(crate) fn share(&self) -> Arc<I> {
        // SAFETY: the pointer came from `Arc::into_raw`, and the record's count is not given up while somebody is inside.
        unsafe {
            Arc::increment_strong_count(self.instance);
            Arc::from_raw(self.instance)
        }
    }
}

impl<I> Deref for Pinned<I> {
    type Target = I;

    #[inline]
    fn deref(&self) -> &I {
        // SAFETY: as in `share`.
        unsafe { &*self.instance }
    }
}

impl<I> Drop for Pinned<I> {
    #[inline]
    fn drop(&mut self) {
        self.record.leave(self.pin);
    }
}
