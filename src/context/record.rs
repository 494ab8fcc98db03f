//! A record: everything that answers to late callers, and is therefore never freed.

use super::gate::{Gate, Left, Phase, Pin, Refused};
use super::instance::{Instance, Pinned};
use super::local::Local;
use super::records::{Contexts, HANDLE_GENERATION_BITS};
use crate::abi::HostFunction;
use crate::bridge::Signal;
use crate::inflight::{Accepted, Answer, Raw, Table, Token};
use crate::registry::Hold;
use crate::stats::Counter;
use crate::sync::{Arc, AtomicPtr, Event, Ordering};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::ptr;
use std::sync::atomic::AtomicUsize;

/// What an open host call holds on to.
pub(crate) type CallHold = Hold<HostFunction>;

/// See the module.
pub(crate) struct Context {
    contexts: &'static Contexts,
    pub(super) index: u32,
    pub(crate) gate: Gate,
    pub(crate) calls: Table<CallHold>,
    pub(crate) signal: Signal,
    /// From `Arc::into_raw`; null when there is no instance. Read by whoever is inside the gate.
    instance: AtomicPtr<Instance>,
    /// Notified when the last admitted one has left a closing context.
    admitted_left: Event,
    /// The limit for answers, here so that answering needs no pin.
    payload: AtomicUsize,
    pub(super) answers_refused: Counter,
    pub(super) answers_undecodable: Counter,
}

impl std::fmt::Debug for Context {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Context").field("index", &self.index).field("gate", &self.gate).finish_non_exhaustive()
    }
}

impl Context {
    pub(super) fn new(contexts: &'static Contexts, index: u32) -> Self {
        // A random first generation, so that a handle of another library, or of an earlier process, does not fit by chance.
        let first = RandomState::new().build_hasher().finish() & ((1 << (HANDLE_GENERATION_BITS - 1)) - 1);
        Self {
            contexts,
            index,
            gate: Gate::new(first),
            calls: Table::new(),
            signal: Signal::new(),
            instance: AtomicPtr::new(ptr::null_mut()),
            admitted_left: Event::new(),
            payload: AtomicUsize::new(0),
            answers_refused: Counter::default(),
            answers_undecodable: Counter::default(),
        }
    }

    /// The generation of the life that would begin now. For the one who has the vacant record.
    pub(super) fn next_generation(&self) -> Option<u64> {
        self.gate.next_generation(1 << HANDLE_GENERATION_BITS)
    }

    /// Begins a life: the instance is reachable by its handle from now on.
    pub(super) fn open(&self, instance: &Arc<Instance>) {
        self.payload.store(instance.options.payload, Ordering::Relaxed);
        self.instance.store(Arc::into_raw(Arc::clone(instance)).cast_mut(), Ordering::Release);
        self.gate.open(instance.generation);
    }

    /// Goes in, if the generation is the present one and the context is not past `until`.
    #[inline]
    pub(crate) fn enter(&'static self, generation: u64, until: Phase, pin: Pin) -> Result<Pinned, Refused> {
        self.gate.enter(generation, until, pin)?;
        // Acquire pairs with `open`. Not null: the gate was open for this generation, and whoever lets go waits for the pins.
        let instance = self.instance.load(Ordering::Acquire);
        Ok(Pinned { context: self, instance, pin })
    }

    /// Goes out. The last one out of a vacant context lets go of the instance; the last admitted one wakes the close.
    #[inline]
    pub(super) fn leave(&self, pin: Pin) {
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
            self.contexts.put_back(self.index);
        }
    }

    /// Brings an answer to a host call; see [`Table::answer`]. `local` is the FFI thread's part of the context, if this is that
    /// thread.
    #[inline]
    pub(crate) fn answer(&self, local: Option<&Local>, token: Token, raw: Raw<'_>) -> Answer {
        let answer = self.calls.answer(local.map(|local| &local.owner), token, raw, &self.signal);
        self.count_answer(answer, token);
        answer
    }

    #[inline]
    fn count_answer(&self, answer: Answer, token: Token) {
        match answer {
            Answer::Inline(Accepted::Decoded) | Answer::Queued { accepted: Accepted::Decoded } => {}
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

    #[inline]
    pub(crate) fn max_payload(&self) -> usize {
        self.payload.load(Ordering::Relaxed)
    }
}
