//! The records of a library's contexts, and the handles that name them.

use super::close::Closing;
use super::gate::{GENERATION_BITS, Gate, Phase, Refused};
use super::requests::{Errand, Requests};
use crate::abi::HostFunction;
use crate::bridge::Signal;
use crate::events::{Events, events};
use crate::handles::Handles;
use crate::inflight::{Accepted, Answer, Raw, Table, Token};
use crate::options::Options;
use crate::registry::{Hold, Registry};
use crate::stats::{Counter, Counters, Stats};
use crate::sync::{Arc, AtomicPtr, Mutex, Ordering};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::ops::Deref;
use std::ptr;
use std::sync::atomic::AtomicPtr as StatePtr;
use std::sync::atomic::AtomicUsize;

/// Records of one library, at most: as many as a handle's index bits can tell apart.
pub(crate) const MAX_CONTEXTS: u32 = 1 << INDEX_BITS;
const INDEX_BITS: u32 = 12;

/// Bits of a generation in a handle. On 64 bits all of the gate's; the byte above them holds [`TAG`].
const HANDLE_GENERATION_BITS: u32 = {
    let room = usize::BITS - INDEX_BITS;
    if room < GENERATION_BITS { room } else { GENERATION_BITS }
};

/// Set above the generation where there is room, so that a handle is no address that any system gives out.
const TAG: usize = if usize::BITS == 64 { 0x5f << (usize::BITS - 8) } else { 0 };

/// What a host knows as `void *ctx`: a record's index, a generation, and a tag. Not an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Handle {
    index: u32,
    generation: u64,
}

impl Handle {
    pub(crate) fn to_bits(self) -> usize {
        TAG | (self.generation as usize) << INDEX_BITS | self.index as usize
    }

    /// What a handle of these bits would be; they may be anything.
    fn from_bits(bits: usize) -> Option<Self> {
        let generation = (bits >> INDEX_BITS) as u64 & ((1 << HANDLE_GENERATION_BITS) - 1);
        let handle = Self { index: (bits as u32) & (MAX_CONTEXTS - 1), generation };
        (handle.to_bits() == bits).then_some(handle)
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

    /// A vacant record, if there may be one more context.
    pub(crate) fn acquire(&'static self, limit: u32) -> Option<&'static Context> {
        let mut allocation = self.allocation.lock();
        if allocation.live >= limit.min(MAX_CONTEXTS) {
            return None;
        }
        let record = match allocation.vacant.pop() {
            Some(index) => self.record(index)?,
            None if allocation.made == MAX_CONTEXTS => return None,
            None => {
                let index = allocation.made;
                if index == 0 {
                    self.make_places();
                }
                let record = Box::leak(Box::new(Context::new(self, index)));
                self.places().get(index as usize)?.store(record, Ordering::Release);
                allocation.made += 1;
                record
            }
        };
        allocation.live += 1;
        Some(record)
    }

    /// One context less that counts.
    pub(crate) fn release(&self) {
        self.allocation.lock().live -= 1;
    }
}

/// What an open host call holds on to.
pub(crate) type CallHold = Hold<HostFunction>;

/// A record: everything that answers to late callers, and is therefore never freed.
pub(crate) struct Context {
    contexts: &'static Contexts,
    index: u32,
    pub(crate) gate: Gate,
    pub(crate) calls: Table<CallHold>,
    pub(crate) signal: Signal,
    /// From `Arc::into_raw`; null when there is no instance. Read by whoever is inside the gate.
    instance: AtomicPtr<Instance>,
    /// The limit for answers, here so that answering needs no pin.
    payload: AtomicUsize,
    answers_refused: Counter,
    answers_undecodable: Counter,
}

impl std::fmt::Debug for Context {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Context").field("index", &self.index).field("gate", &self.gate).finish_non_exhaustive()
    }
}

impl Context {
    fn new(contexts: &'static Contexts, index: u32) -> Self {
        // A random first generation, so that a handle of another library, or of an earlier process, does not fit by chance.
        let first = RandomState::new().build_hasher().finish() & ((1 << (HANDLE_GENERATION_BITS - 1)) - 1);
        Self {
            contexts,
            index,
            gate: Gate::new(first),
            calls: Table::new(),
            signal: Signal::new(),
            instance: AtomicPtr::new(ptr::null_mut()),
            payload: AtomicUsize::new(0),
            answers_refused: Counter::default(),
            answers_undecodable: Counter::default(),
        }
    }

    /// Begins a life: the instance is reachable by its handle from now on. None after the last generation, which a record
    /// that is used again has not reached.
    pub(crate) fn open(&'static self, options: Options) -> Option<Arc<Instance>> {
        let refused = (self.answers_refused.get(), self.answers_undecodable.get());
        self.payload.store(options.payload, Ordering::Relaxed);
        let generation = self.gate.next_generation(1 << HANDLE_GENERATION_BITS)?;
        let instance = Arc::new(Instance {
            context: self,
            generation,
            registry: Registry::new(),
            requests: Requests::new(options.requests_queued),
            events: events(&options),
            #[cfg(feature = "ipc")]
            servers: crate::ipc::servers::Servers::default(),
            closing: Closing::new(),
            counters: Counters::default(),
            state: StatePtr::new(ptr::null_mut()),
            answers_before: refused,
            handles: Handles::default(),
            options,
        });
        self.instance.store(Arc::into_raw(Arc::clone(&instance)).cast_mut(), Ordering::Release);
        self.gate.open(generation);
        Some(instance)
    }

    /// Goes in, if the generation is the present one and the context is not past `until`.
    #[inline]
    pub(crate) fn enter(&'static self, generation: u64, until: Phase) -> Result<Pinned, Refused> {
        self.gate.enter(generation, until)?;
        // Acquire pairs with `open`. Not null: the gate was open for this generation, and `vacate` waits for the pins.
        let instance = self.instance.load(Ordering::Acquire);
        Ok(Pinned { context: self, instance })
    }

    /// Ends a life whose gate is `Finishing`, or `Vacant` already: the handle is stale from now on, and the record free.
    ///
    /// Whoever still is inside came to ask something short (a second destroy, say), and leaves at once.
    pub(crate) fn vacate(&self) {
        self.gate.advance(Phase::Finishing, Phase::Vacant);
        while self.gate.is_occupied() {
            std::thread::yield_now();
        }
        self.let_go();
        self.contexts.release();
        self.reuse();
    }

    /// Makes the handle stale and leaves everything else as it is: somebody may still use it.
    pub(crate) fn retire(&self) {
        self.gate.advance(Phase::Closing, Phase::Finishing);
        self.gate.advance(Phase::Finishing, Phase::Vacant);
        self.contexts.release();
    }

    /// Frees a record that was retired, when nobody uses it any more after all.
    pub(crate) fn reclaim(&self) {
        while self.gate.is_occupied() {
            std::thread::yield_now();
        }
        self.let_go();
        self.reuse();
    }

    /// Ends a life that did not get a thread.
    pub(crate) fn abort(&self) {
        self.gate.advance(Phase::Running, Phase::Finishing);
        self.vacate();
    }

    fn reuse(&self) {
        if self.gate.next_generation(1 << HANDLE_GENERATION_BITS).is_some() {
            self.contexts.allocation.lock().vacant.push(self.index);
        }
    }

    /// Lets go of the instance, so that the last one who has it frees it.
    fn let_go(&self) {
        let instance = self.instance.swap(ptr::null_mut(), Ordering::AcqRel);
        if !instance.is_null() {
            // SAFETY: it came from `Arc::into_raw` in `open`, and was swapped out once.
            drop(unsafe { Arc::from_raw(instance) });
        }
    }

    /// Brings an answer to a host call; see [`Table::answer`]. Any thread, any token, no pin. It is decoded inside of the
    /// context, so that handles are found.
    #[inline]
    pub(crate) fn answer(&'static self, generation: u64, token: Token, raw: Raw<'_>) -> Answer {
        let answer = super::frame::ensure(crate::Host::new(self, generation), self, |local| {
            self.calls.answer(local.map(|local| &local.owner), token, raw, &self.signal)
        });
        match &answer {
            Answer::Inline(accepted) | Answer::Queued { accepted } => {
                if *accepted == Accepted::Undecodable {
                    self.answers_undecodable.bump();
                }
            }
            Answer::Unknown => {
                self.answers_refused.bump();
                tracing::debug!(
                    token = token.bits(),
                    "an answer found no open host call: late, double, or never issued"
                );
            }
        }
        answer
    }

    #[inline]
    pub(crate) fn max_payload(&self) -> usize {
        self.payload.load(Ordering::Relaxed)
    }
}

/// One life of a context: what all threads share of it.
pub(crate) struct Instance {
    pub(crate) context: &'static Context,
    pub(crate) generation: u64,
    pub(crate) options: Options,
    pub(crate) registry: Registry<HostFunction>,
    pub(crate) requests: Requests,
    pub(crate) events: Option<Box<dyn Events>>,
    #[cfg(feature = "ipc")]
    pub(crate) servers: crate::ipc::servers::Servers,
    pub(crate) closing: Closing,
    pub(crate) counters: Counters,
    pub(crate) handles: Handles,
    /// The author's state, once it is constructed, for synchronous requests: valid while they are inside the gate.
    pub(crate) state: StatePtr<()>,
    answers_before: (u64, u64),
}

impl Instance {
    pub(crate) fn handle(&self) -> Handle {
        Handle { index: self.context.index, generation: self.generation }
    }

    pub(crate) fn host(&self) -> crate::Host {
        crate::Host::new(self.context, self.generation)
    }

    /// Has an errand run on the FFI thread, or hands it back if the context is past that.
    pub(crate) fn post(&self, errand: Errand) -> Result<(), Errand> {
        self.requests.post(errand)?;
        self.context.signal.notify();
        Ok(())
    }

    pub(crate) fn stats(&self) -> Stats {
        let counters = &self.counters;
        let (inline, remote) = (counters.calls_inline.get(), counters.calls_remote.get());
        let (timed_out, cancelled) = (counters.calls_timed_out.get(), counters.calls_cancelled.get());
        let settled = inline + remote + timed_out + cancelled;
        // Read last, so that a call that began and ended meanwhile does not make the difference negative.
        let calls = counters.calls.get();
        Stats {
            host_calls: calls,
            host_calls_in_flight: calls.saturating_sub(settled),
            host_calls_inline: inline,
            host_calls_remote: remote,
            host_calls_timed_out: timed_out,
            host_calls_cancelled: cancelled,
            host_calls_slow: counters.calls_slow.get(),
            host_answers_refused: self.context.answers_refused.get() - self.answers_before.0,
            host_answers_undecodable: self.context.answers_undecodable.get() - self.answers_before.1,
            host_fns_registered: self.registry.len() as u64,
            requests: counters.requests.get(),
            requests_in_flight: self.requests.live() as u64,
            requests_refused: counters.requests_refused.get(),
            events_emitted: counters.events_emitted.get(),
            events_dropped: counters.events_dropped.get(),
            listeners: self.events.as_ref().map_or(0, |events| events.listeners() as u64),
            handles: self.handles.len() as u64,
        }
    }
}

/// Somebody inside the gate: the instance lives until this is dropped.
pub(crate) struct Pinned {
    context: &'static Context,
    instance: *const Instance,
}

impl Pinned {
    /// A reference that outlives the pin.
    pub(crate) fn share(&self) -> Arc<Instance> {
        // SAFETY: the pointer came from `Arc::into_raw`, and the record's count is not given up while somebody is inside.
        unsafe {
            Arc::increment_strong_count(self.instance);
            Arc::from_raw(self.instance)
        }
    }
}

impl Deref for Pinned {
    type Target = Instance;

    #[inline]
    fn deref(&self) -> &Instance {
        // SAFETY: as in `share`.
        unsafe { &*self.instance }
    }
}

impl Drop for Pinned {
    #[inline]
    fn drop(&mut self) {
        self.context.gate.leave();
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
}
