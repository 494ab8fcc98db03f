//! What a call may have to wait for before it can be made, and the places that waiting calls hold meanwhile.
//!
//! A call needs a place within its function's limit, if that was registered with one, and then one within the context's. A
//! call that has the first keeps it while it waits for the second. What it keeps is here, by number, because it is the FFI
//! thread's own, while the call may be dropped anywhere.

use super::local::Local;
use super::record::CallHold;
use crate::abi::HostFunction;
use crate::panic::contain_call as contain;
use crate::registry::{Keep, LocalEntry};
use crate::waiters::{self, Waiters};
use slab::Slab;
use std::cell::Cell;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

/// Why a call cannot be made now.
pub(crate) enum Unavailable {
    /// The function is not registered.
    Registration,
    /// It has as many open calls as it was registered for.
    Function(Rc<LocalEntry<HostFunction>>),
    /// The context has as many open calls as it may have; of the function's, this one has its place.
    Context(CallHold),
}

impl Unavailable {
    /// The deadline that the function was registered with.
    pub(crate) fn deadline(&self) -> Option<Duration> {
        match self {
            Self::Registration => None,
            Self::Function(entry) => entry.function().deadline,
            Self::Context(hold) => hold.function().deadline,
        }
    }
}

/// Where calls wait until they can be made. The FFI thread's own.
pub(crate) struct Capacity {
    /// Open calls of the context, at most.
    limit: u32,
    /// The same, or 0 while somebody waits or calls are not let through: with one comparison a newcomer learns whether there is
    /// a place for certain.
    open: Cell<u32>,
    /// Whether host calls are let through.
    admits: Cell<bool>,
    context: Waiters,
    registration: Waiters,
    held: Cell<Slab<Option<Held>>>,
}

/// What a call has while it waits. It is taken away if the registration is taken back or replaced.
enum Held {
    /// Waits for a place of it.
    Entry(Rc<LocalEntry<HostFunction>>),
    /// Has a place of it.
    Hold(CallHold),
}

impl Held {
    fn is_gone(&self) -> bool {
        match self {
            Self::Entry(entry) => entry.is_gone(),
            Self::Hold(hold) => hold.is_gone(),
        }
    }
}

/// A call that waits.
pub(crate) struct Waiting {
    place: waiters::Waiting,
    awaited: Awaited,
}

/// What it waits for, and the number of what is held for it.
#[derive(Clone, Copy)]
enum Awaited {
    Registration,
    Function(usize),
    Context(usize),
}

impl Awaited {
    fn held(self) -> Option<usize> {
        match self {
            Self::Registration => None,
            Self::Function(key) | Self::Context(key) => Some(key),
        }
    }
}

impl Waiting {
    /// Ready when it was given what it waits for; then it is to be [granted](Local::grant).
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.place.poll(cx)
    }
}

/// What a call has got by waiting. What it does not use of that is given back.
pub(crate) struct Granted<'a> {
    local: &'a Local,
    hold: Option<CallHold>,
    /// A place within the context's limit.
    pub(super) within_context: bool,
}

impl Granted<'_> {
    /// Its place within the function's limit, unless the function is gone.
    pub(super) fn take_hold(&mut self) -> Option<CallHold> {
        self.hold.take()
    }
}

impl Drop for Granted<'_> {
    fn drop(&mut self) {
        if self.within_context {
            self.local.capacity.context.taken();
            self.local.hand_over_places();
        }
    }
}

impl Capacity {
    pub(super) fn new(limit: u32) -> Self {
        Self {
            limit,
            open: Cell::new(limit),
            admits: Cell::new(true),
            context: Waiters::default(),
            registration: Waiters::default(),
            held: Cell::default(),
        }
    }

    /// As many calls may be open for a newcomer to have a place for certain.
    #[inline]
    pub(super) fn open(&self) -> u32 {
        self.open.get()
    }

    /// Whether host calls are let through.
    pub(super) fn admits(&self) -> bool {
        self.admits.get()
    }

    /// Lets host calls through, or no longer.
    pub(super) fn set_admits(&self, admits: bool) {
        self.admits.set(admits);
        self.note_crowd();
    }

    fn note_crowd(&self) {
        let is_open = self.admits.get() && !self.context.is_crowded();
        self.open.set(if is_open { self.limit } else { 0 });
    }

    /// Whether one that waits may have to be told when a call has ended.
    #[inline]
    pub(super) fn is_crowded(&self) -> bool {
        self.open.get() == 0
    }

    fn hold(&self, held: Held) -> usize {
        let mut all = self.held.take();
        let key = all.insert(Some(held));
        self.held.set(all);
        key
    }

    /// What was held under a number, which is free from now on.
    fn release(&self, key: Option<usize>) -> Option<Held> {
        let mut all = self.held.take();
        let held = key.and_then(|key| all.try_remove(key)).flatten();
        self.held.set(all);
        held
    }

    /// The registry has changed: those who wait for a registration may find it, and nothing is held any longer of what is
    /// gone.
    pub(super) fn registry_changed(&self) {
        let mut all = self.held.take();
        let gone: Vec<_> = all.iter_mut().filter_map(|(_, held)| held.take_if(|held| held.is_gone())).collect();
        self.held.set(all);
        gone.into_iter().for_each(|held| contain(|| drop(held)));
        self.registration.wake_all();
    }

    /// Lets go of everything, at the end.
    pub(super) fn clear(&self) {
        let mut all = self.held.take();
        all.drain().for_each(|held| contain(|| drop(held)));
    }
}

impl Local {
    /// Whether there is a place within the context's limit.
    #[inline]
    pub(super) fn has_place(&self) -> bool {
        let live = self.context().calls.live(&self.owner);
        live < self.capacity.open.get() || self.has_place_beside_waiters()
    }

    #[cold]
    fn has_place_beside_waiters(&self) -> bool {
        if !self.capacity.is_crowded() {
            return false;
        }
        let has_place = self.capacity.context.has_place(self.capacity.limit, || self.places_used());
        self.note_crowd();
        has_place
    }

    fn places_used(&self) -> u32 {
        self.context().calls.used(&self.owner, self.capacity.limit)
    }

    /// A call has ended: hands its place over, if somebody waits.
    #[inline]
    pub(super) fn place_was_freed(&self) {
        if self.capacity.is_crowded() {
            self.hand_over_places();
        }
    }

    #[cold]
    fn hand_over_places(&self) {
        self.capacity.context.hand_over(self.capacity.limit, || self.places_used());
        self.note_crowd();
    }

    fn note_crowd(&self) {
        self.capacity.note_crowd();
    }

    /// Has a call wait.
    #[cold]
    pub(crate) fn wait_for(&self, unavailable: Unavailable) -> Waiting {
        let capacity = &self.capacity;
        let (place, awaited) = match unavailable {
            Unavailable::Registration => (capacity.registration.wait(), Awaited::Registration),
            Unavailable::Function(entry) => (entry.wait(), Awaited::Function(capacity.hold(Held::Entry(entry)))),
            Unavailable::Context(hold) => {
                let place = capacity.context.wait();
                self.note_crowd();
                (place, Awaited::Context(capacity.hold(Held::Hold(hold))))
            }
        };
        Waiting { place, awaited }
    }

    /// A call was given what it waited for. What is gone meanwhile it has to look for again.
    #[cold]
    pub(crate) fn grant(&self, waiting: Waiting) -> Granted<'_> {
        let Waiting { place, awaited } = waiting;
        let hold = match self.capacity.release(awaited.held()) {
            Some(gone) if gone.is_gone() => {
                contain(|| drop(gone));
                None
            }
            Some(Held::Entry(entry)) => Some(entry.take_handed()),
            Some(Held::Hold(hold)) => Some(hold),
            None => None,
        };
        if let Awaited::Registration = awaited {
            self.capacity.registration.taken();
        }
        drop(place);
        Granted { local: self, hold, within_context: matches!(awaited, Awaited::Context(_)) }
    }

    /// A call waits no longer, and uses nothing that it was given.
    #[cold]
    pub(crate) fn stop_waiting(&self, waiting: Waiting) {
        let Waiting { place, awaited } = waiting;
        let held = self.capacity.release(awaited.held());
        drop(place);
        contain(|| drop(held));
        self.hand_over_places();
    }
}
