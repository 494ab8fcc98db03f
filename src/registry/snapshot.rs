//! The FFI thread's own part of the registry: its snapshot, and what its calls hold.

use super::entry::{Entry, Limited};
use super::{Name, Registry};
use crate::sync::{Arc, Ordering, planted};
use crate::waiters::{self, Waiters};
use std::cell::Cell;
use std::marker::PhantomData;
use std::rc::Rc;

/// An entry as the FFI thread holds it: references to it are not atomic.
#[derive(Debug)]
pub(crate) struct LocalEntry<F> {
    entry: Arc<Entry<F>>,
    in_flight: Cell<u32>,
    /// Open calls at most; 0: no limit, and then they are not counted.
    pub(super) limit: u32,
    /// Whether its function is.
    is_plain: bool,
    waiters: Waiters,
    /// Whether it is registered no longer, as far as the FFI thread knows.
    gone: Cell<bool>,
}

/// What an open call or a running invocation holds.
#[derive(Debug)]
pub(crate) struct Hold<F>(Rc<LocalEntry<F>>);

/// What the invocation of a plain function holds: nothing, since the snapshot keeps what it is for. See
/// [`drop_retired`](Snapshot::drop_retired).
#[derive(Debug)]
pub(crate) struct Lent<'a, F> {
    /// From an Rc.
    entry: *const LocalEntry<F>,
    snapshot: PhantomData<&'a Snapshot<F>>,
}

/// What a running invocation keeps of what it calls.
pub(crate) trait Keep<F> {
    /// What it calls.
    fn function(&self) -> &F;

    /// What the open call holds, if that is not over when the invocation is.
    fn into_hold(self) -> Hold<F>;
}

impl<F: Limited> LocalEntry<F> {
    fn new(entry: Arc<Entry<F>>) -> Self {
        Self {
            in_flight: Cell::new(0),
            limit: entry.function.max_in_flight(),
            is_plain: entry.function.is_plain(),
            entry,
            waiters: Waiters::default(),
            gone: Cell::new(false),
        }
    }
}

impl<F> LocalEntry<F> {
    #[inline]
    pub(crate) fn function(&self) -> &F {
        &self.entry.function
    }

    /// Whether it is registered no longer, as far as the FFI thread knows.
    pub(crate) fn is_gone(&self) -> bool {
        self.gone.get()
    }

    fn hold(self: Rc<Self>) -> Hold<F> {
        if self.limit != 0 {
            self.in_flight.set(self.in_flight.get() + 1);
        }
        Hold(self)
    }

    /// Whether a newcomer may make a call of it.
    #[cold]
    fn has_place(&self) -> bool {
        if self.waiters.is_crowded() {
            self.waiters.has_place(self.limit, || self.in_flight.get())
        } else {
            self.in_flight.get() < self.limit
        }
    }

    /// Joins those who wait for a place within its limit.
    pub(crate) fn wait(&self) -> waiters::Waiting {
        self.waiters.wait()
    }

    /// Takes the place that one who waited was handed.
    pub(crate) fn take_handed(self: Rc<Self>) -> Hold<F> {
        self.waiters.taken();
        self.hold()
    }

    /// One call less.
    #[cold]
    fn end_one(&self) {
        self.in_flight.set(self.in_flight.get() - 1);
        if self.waiters.is_crowded() {
            self.waiters.hand_over(self.limit, || self.in_flight.get());
        }
    }
}

impl<F> Keep<F> for Lent<'_, F> {
    #[inline]
    fn function(&self) -> &F {
        // SAFETY: the snapshot keeps it.
        unsafe { (*self.entry).function() }
    }

    #[inline]
    fn into_hold(self) -> Hold<F> {
        // It is plain, so it has no limit, and its calls are not counted.
        // SAFETY: the snapshot keeps an Rc of it, whose pointer this is; the new one is counted.
        Hold(unsafe {
            Rc::increment_strong_count(self.entry);
            Rc::from_raw(self.entry)
        })
    }
}

impl<F> Keep<F> for Hold<F> {
    #[inline]
    fn function(&self) -> &F {
        &self.0.entry.function
    }

    #[inline]
    fn into_hold(self) -> Self {
        self
    }
}

impl<F> Hold<F> {
    /// Whether it is registered no longer, as far as the FFI thread knows.
    pub(crate) fn is_gone(&self) -> bool {
        self.0.is_gone()
    }

    pub(crate) fn is_unregistered(&self) -> bool {
        self.0.entry.is_unregistered()
    }
}

impl<F> Drop for Hold<F> {
    #[inline]
    fn drop(&mut self) {
        if self.0.limit != 0 {
            self.0.end_one();
        }
    }
}

/// The FFI thread's copy of the registry.
pub(crate) struct Snapshot<F> {
    version: Cell<u64>,
    /// In the order of the names.
    by_name: Cell<Vec<Rc<LocalEntry<F>>>>,
    /// By the small number of a [`Name`]: no search for names that the author declared.
    by_id: Cell<Vec<Option<Rc<LocalEntry<F>>>>>,
    /// What was here before, until the loop's next turn: an invocation that is running may have been lent it.
    retired: Cell<Vec<Rc<LocalEntry<F>>>>,
}

/// A look-up that found nothing to call.
#[derive(Debug)]
pub(crate) enum Missing<F> {
    /// Nothing is registered under that name.
    NotRegistered,
    /// It has as many open calls as it may have.
    Full(Rc<LocalEntry<F>>),
}

impl<F: Limited> Snapshot<F> {
    pub(crate) fn new() -> Self {
        Self { version: Cell::new(0), by_name: Cell::default(), by_id: Cell::default(), retired: Cell::default() }
    }

    /// Whether the registry has changed since the last [`refresh`](Self::refresh).
    #[inline]
    pub(crate) fn is_stale(&self, registry: &Registry<F>) -> bool {
        registry.version.load(Ordering::Acquire) != self.version.get()
    }

    /// Takes over the registry's present content, and returns whether an unregistered entry was among what is gone; calls
    /// may be open on it. What is gone is kept until [`drop_retired`](Self::drop_retired).
    pub(crate) fn refresh(&self, registry: &Registry<F>) -> bool {
        let mut stale = self.by_name.take();
        // All of it is in `stale` too, so nothing is dropped with it.
        drop(self.by_id.take());
        let (fresh, unregistered) = {
            let entries = registry.entries.lock();
            self.version.set(registry.version.load(Ordering::Relaxed));
            let take_over = |entry: &Arc<Entry<F>>| match named(&stale, &entry.name) {
                Some(kept) if Arc::ptr_eq(&kept.entry, entry) => Rc::clone(kept),
                _ => Rc::new(LocalEntry::new(Arc::clone(entry))),
            };
            // What was taken over is still registered, so it is not marked.
            let fresh: Vec<_> = entries.list.iter().map(take_over).collect();
            (fresh, stale.iter().any(|entry| entry.entry.is_unregistered()))
        };
        for entry in &stale {
            entry.gone.set(named(&fresh, &entry.entry.name).is_none_or(|kept| !Rc::ptr_eq(kept, entry)));
        }
        self.by_name.set(fresh);
        // Those who wait for what is gone look for what is there now.
        stale.iter().filter(|entry| entry.is_gone()).for_each(|entry| entry.waiters.wake_all());
        if planted("retired_is_dropped_at_once") {
            return unregistered;
        }
        let mut retired = self.retired.take();
        retired.append(&mut stale);
        self.retired.set(retired);
        unregistered
    }

    /// Drops what was registered before the last [`refresh`](Self::refresh), under no lock and with nothing borrowed.
    ///
    /// # Safety
    ///
    /// Nothing of this snapshot is lent: no invocation is running.
    #[inline]
    pub(crate) unsafe fn drop_retired(&self) {
        drop(self.retired.take());
    }

    /// Lends what is registered under a name that was looked up before, if it is plain.
    #[inline]
    pub(crate) fn lend_plain(&self, name: &Name<'_>) -> Option<Lent<'_, F>> {
        // SAFETY: as in `find`.
        let by_id = unsafe { &*self.by_id.as_ptr() };
        let entry = by_id.get(name.known_id())?.as_ref()?;
        entry.is_plain.then_some(Lent { entry: Rc::as_ptr(entry), snapshot: PhantomData })
    }

    /// A hold on what is registered under this name, unless it has as many open calls already as it may have.
    pub(crate) fn get(&self, name: &Name<'_>) -> Result<Hold<F>, Missing<F>> {
        let entry = self.find(name).ok_or(Missing::NotRegistered)?;
        if entry.limit != 0 && !entry.has_place() {
            return Err(Missing::Full(entry));
        }
        Ok(entry.hold())
    }

    fn find(&self, name: &Name<'_>) -> Option<Rc<LocalEntry<F>>> {
        // SAFETY: this thread's alone; it is replaced by `refresh` and `clear`, and cloning an entry calls neither.
        let by_id = unsafe { &*self.by_id.as_ptr() };
        match by_id.get(name.id()) {
            Some(Some(entry)) => Some(Rc::clone(entry)),
            _ => self.search(name),
        }
    }

    #[cold]
    fn search(&self, name: &Name<'_>) -> Option<Rc<LocalEntry<F>>> {
        let by_name = self.by_name.take();
        let entry = named(&by_name, name.text()).cloned();
        self.by_name.set(by_name);
        let id = name.id();
        if let Some(entry) = entry.as_ref().filter(|_| id != 0) {
            let mut by_id = self.by_id.take();
            let len = by_id.len().max(id + 1);
            by_id.resize_with(len, || None);
            if let Some(place) = by_id.get_mut(id) {
                *place = Some(Rc::clone(entry));
            }
            self.by_id.set(by_id);
        }
        entry
    }

    /// Lets everything go.
    ///
    /// # Safety
    ///
    /// As for [`drop_retired`](Self::drop_retired).
    pub(crate) unsafe fn clear(&self) {
        let (ids, names, retired) = (self.by_id.take(), self.by_name.take(), self.retired.take());
        drop(ids);
        drop(names);
        drop(retired);
    }
}

fn named<'a, F>(entries: &'a [Rc<LocalEntry<F>>], name: &str) -> Option<&'a Rc<LocalEntry<F>>> {
    let at = entries.binary_search_by(|local| (*local.entry.name).cmp(name)).ok()?;
    entries.get(at)
}
