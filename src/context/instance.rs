//! One life of a context: what all threads share of it.

use super::closing::Closing;
use super::handle::Handle;
use super::jobs::{Ending, HostRequests, PostedJob};
use super::record::{self, Record};
use super::records::Records;
use super::tenancy;
use crate::abi::HostFunction;
use crate::bridge::Inbox;
use crate::events::{Events, events};
use crate::handles::Handles;
use crate::options::Options;
use crate::panic::contain_call as contain;
use crate::registry::Registry;
use crate::stats::{Counters, Stats};
use crate::sync::{Arc, Mutex};
use std::ptr;
use std::sync::atomic::AtomicPtr as StatePtr;
use tokio::task::AbortHandle;

/// A record of contexts.
pub(crate) type Context = Record<Instance>;

/// The records of one library's contexts.
pub(crate) type Contexts = Records<Instance>;

/// A context that somebody is inside of.
pub(crate) type Pinned = record::Pinned<Instance>;

/// The use of a context's record.
pub(crate) type Tenancy = tenancy::Tenancy<Instance>;

/// What a context has to give back at its end.
pub(crate) type Stay = tenancy::Stay<Instance>;

pub(crate) struct Instance {
    pub(crate) context: &'static Context,
    pub(crate) generation: u64,
    pub(crate) options: Options,
    pub(crate) registry: Registry<HostFunction>,
    pub(crate) requests: HostRequests,
    pub(super) posted: Inbox<PostedJob>,
    pub(crate) events: Option<Box<dyn Events>>,
    #[cfg(feature = "ipc")]
    pub(crate) servers: crate::ipc::servers::Servers,
    pub(crate) closing: Closing,
    /// Until the close is over.
    stay: Mutex<Option<Stay>>,
    pub(crate) counters: Counters,
    pub(crate) handles: Handles,
    /// The author's state, once it is constructed: valid for synchronous requests while they are inside the gate, and on the FFI
    /// thread as long as it is not null.
    pub(crate) state: StatePtr<()>,
    answers_before: (u64, u64),
}

impl Instance {
    /// A life that begins on this record, if generations have not run out. Not reachable yet, see [`open`](Self::open).
    pub(super) fn new(stay: Stay, options: Options) -> Option<Arc<Self>> {
        let context = stay.record();
        Some(Arc::new(Self {
            context,
            generation: context.next_generation()?,
            registry: Registry::new(),
            requests: HostRequests::new(options.requests_queued),
            posted: Inbox::new(),
            events: events(&options),
            #[cfg(feature = "ipc")]
            servers: crate::ipc::servers::Servers::default(),
            closing: Closing::new(),
            stay: Mutex::new(Some(stay)),
            counters: Counters::default(),
            state: StatePtr::new(ptr::null_mut()),
            answers_before: (context.answers_refused.get(), context.answers_undecodable.get()),
            handles: Handles::default(),
            options,
        }))
    }

    /// Makes this life reachable by its handle.
    pub(super) fn open(self: &Arc<Self>) {
        self.context.open(Arc::clone(self), self.generation, self.options.payload);
    }

    /// A share of the record's use, for a thread that may touch what it holds; none when the close is over.
    pub(crate) fn tenancy(&self) -> Option<Arc<Tenancy>> {
        self.stay.lock().as_ref().map(Stay::tenancy)
    }

    /// The close is over: gives back the seat, and this share of the tenancy. Once; dropped under no lock.
    pub(super) fn end_stay(&self) {
        let stay = self.stay.lock().take();
        drop(stay);
    }

    /// Admitted work that has not ended: requests that are accepted and not called back, synchronous ones, and those that are
    /// being submitted. A submission stays inside until its request is live, so whoever asks for those inside first misses none
    /// of a context that admits no more.
    pub(crate) fn has_admitted_work(&self) -> bool {
        self.context.gate.admitted() != 0 || self.requests.live() != 0
    }

    /// Whether this is one of the context's own threads, also when it is about to end and runs the destructors of its
    /// thread-locals.
    pub(crate) fn owns_this_thread(&self) -> bool {
        self.closing.is_ffi_thread() || self.events.as_ref().is_some_and(|events| events.is_event_thread())
    }

    pub(crate) fn handle(&self) -> Handle {
        Handle { index: self.context.index, generation: self.generation }
    }

    pub(crate) fn host(&self) -> crate::Host {
        crate::Host::new(self.context, self.generation)
    }

    /// Has a job run on the FFI thread, or hands it back if the context is past that.
    pub(crate) fn post(&self, job: PostedJob) -> Result<(), PostedJob> {
        self.posted.push(job)?;
        self.context.signal.notify();
        Ok(())
    }

    /// Takes no more posted jobs, and drops those that wait: whoever waits for one learns that it will not be run.
    pub(super) fn refuse_posted(&self) {
        let mut left = self.posted.close();
        while let Some(job) = left.pop_front() {
            contain(|| drop(job));
        }
    }

    /// Calls back every request that is left, takes no more, and drops what was queued.
    pub(super) fn end_requests(&self, (status, text): Ending) {
        let mut sealed = self.requests.seal((status, text));
        sealed.tasks.iter().for_each(AbortHandle::abort);
        for callback in sealed.callbacks {
            contain(|| callback.call(status, text.as_bytes()));
        }
        while let Some((_, job)) = sealed.jobs.take_out() {
            contain(|| job.discard());
        }
        self.refuse_posted();
    }

    pub(crate) fn stats(&self) -> Stats {
        let counters = &self.counters;
        let (inline, remote) = (counters.calls_inline.get(), counters.calls_remote.get());
        let (timed_out, cancelled) = (counters.calls_timed_out.get(), counters.calls_cancelled.get());
        let settled = inline + remote + timed_out + cancelled;
        // Read last, so that a call that began and ended meanwhile does not make the difference negative.
        let calls = counters.calls.get();
        Stats {
            size: size_of::<Stats>(),
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
            requests: self.requests.accepted(),
            requests_in_flight: self.requests.live() as u64,
            requests_refused: counters.requests_refused.get(),
            events_emitted: counters.events_emitted.get(),
            events_dropped: counters.events_dropped.get(),
            listeners: self.events.as_ref().map_or(0, |events| events.listeners() as u64),
            handles: self.handles.len() as u64,
        }
    }
}
