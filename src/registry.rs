//! Host functions by name: register, replace, unregister on any thread, look up on the FFI thread.
//!
//! # Who holds a registration
//!
//! A registration is an [`Entry`], and it is counted: by the registry while it is registered, by the FFI thread's
//! [`Snapshot`], and by each open call made with it. The last one out drops the entry's `F`, and that is when the host gets
//! its userData back: never early, and exactly once, because it is one drop. A registration that is refused hands its `F`
//! back instead.
//!
//! An invocation that runs is a hold, too, or it is [`Lent`] what it calls, which is not counted: the snapshot keeps what a
//! refresh has replaced, and drops it in the loop's next turn, when no invocation is running. Every change of the registry
//! notifies the loop, so there is such a turn.
//!
//! # Look-up
//!
//! Registrations are a list in the order of their names. The FFI thread keeps a snapshot of it and compares one number, the
//! version, before each look-up. Writers raise it after they changed the list, with the lock still held, so whoever sees the
//! new version and takes the lock sees the change. The snapshot's references are the FFI thread's own: a call costs no atomic
//! count.
//!
//! # Unregister
//!
//! A writer that takes an entry away marks it first (`unregistered`), then raises the version. At its next refresh the FFI
//! thread finds the entry gone, and ends the calls that are open on a marked one. A replaced entry is not marked: its calls
//! may still be answered.
//!
//! No entry is dropped under the lock: what a writer takes out of the list is returned to it, as a [`Removed`].
//!
//! # Groups
//!
//! A host may register several functions at one moment: [`register_all`](Registry::register_all) puts all entries into the list
//! under one lock, and raises the version once. A snapshot is taken under the same lock, so it has all of them or none, and
//! so does a closing, which refuses the whole group or takes it. The group is no object of the registry: each function is an
//! entry like any other, which is replaced, unregistered and counted alone. What the functions share, the host's userData, is
//! counted by them: the last `F` that is dropped gives it back. Each `F` is dropped where this module says, so the last one is.
//!
//! # The end
//!
//! When the host has been told that its context is over, every `F` has been given back, also those that other threads were
//! about to give back. Parties: writers on any thread, and the one that closes, on the FFI thread.
//!
//! - A writer that takes an entry out raises a count, under the lock. It lowers the count after it has dropped the entry, also
//!   if that unwinds.
//! - The closing takes the list, and every later registration is refused, under the same lock. So the count does not rise any
//!   more, and however many threads go on registering, what is waited for is bounded by those that were inside before.
//! - The one that closes drops what it took, and then waits until the count is zero, with a limit: a release is the host's code.
//!
//! An entry that both hold is dropped by the last of them, which the count covers if that is the writer. The lock orders the
//! release before the count that the closing sees.
//!
//! # Whose it is
//!
//! An entry is the host's own, or that of a client of a server. The host replaces and takes back whatever is registered. A
//! client replaces other clients' entries only, which is decided under the lock, and takes back only the entry that it
//! registered itself: it knows it by a number that is used once. So what the host registers is the host's, in any order.

mod entry;
mod name;
#[cfg(all(test, not(ffihost_loom)))]
mod oracle;
mod snapshot;

use self::entry::Origin;
pub(crate) use self::entry::{Entry, Limited};
pub(crate) use self::name::{DeclaredName, Name};
pub(crate) use self::snapshot::{Hold, Keep, Lent, LocalEntry, Missing, Snapshot};
use crate::sync::{Arc, AtomicU64, Event, Mutex, Ordering, planted};
use std::mem;
use std::time::Instant;

/// Host functions by name.
#[derive(Debug)]
pub(crate) struct Registry<F> {
    version: AtomicU64,
    entries: Mutex<Entries<F>>,
    /// Notified when a closed registry has nothing more to give back.
    given_back: Event,
}

/// What the registry's lock guards.
#[derive(Debug)]
struct Entries<F> {
    /// In the order of their names.
    list: Vec<Arc<Entry<F>>>,
    /// How many [`Removed`] there are.
    removed: usize,
    /// Whether registrations are refused.
    closed: bool,
}

/// An entry that a writer has taken out. Whoever has it drops it, under no lock: then the function is given back, unless
/// somebody else holds the entry still. Until that is done it counts; see the module.
#[derive(Debug)]
#[must_use = "dropping it may give the function back, which is done under no lock"]
pub(crate) struct Removed<'a, F> {
    #[cfg_attr(not(test), expect(dead_code, reason = "it is there to be dropped"))]
    entry: Arc<Entry<F>>,
    /// Dropped after the entry, also if that panics.
    _counted: Counted<'a, F>,
}

#[derive(Debug)]
struct Counted<'a, F>(&'a Registry<F>);

impl<F> Drop for Counted<'_, F> {
    fn drop(&mut self) {
        let mut entries = self.0.entries.lock();
        entries.removed -= 1;
        let is_last = entries.closed && entries.removed == 0;
        drop(entries);
        if is_last {
            self.0.given_back.notify_all();
        }
    }
}

/// What was registered under that name before.
pub(crate) type Replaced<'a, F> = Option<Removed<'a, F>>;

/// Why a client's registration was refused; the function is handed back.
#[cfg(any(test, feature = "ipc"))]
#[derive(Debug)]
pub(crate) enum Refused<F> {
    /// The host has one of that name.
    IsTheHosts(F),
    /// The registry is closed.
    Closed(F),
}

impl<F> Registry<F> {
    pub(crate) fn new() -> Self {
        let entries = Entries { list: Vec::new(), removed: 0, closed: false };
        Self { version: AtomicU64::new(0), entries: Mutex::new(entries), given_back: Event::new() }
    }

    /// Registers for the host, and returns what was registered there before. Hands the function back if the registry is
    /// closed.
    pub(crate) fn register(&self, name: &str, function: F) -> Result<Replaced<'_, F>, F> {
        let mut entries = self.entries.lock();
        if entries.closed {
            return Err(function);
        }
        if planted("version_before_change") {
            drop(entries);
            self.raise_version();
            entries = self.entries.lock();
        }
        let replaced = entries.put(Arc::new(Entry::new(name, function, Origin::Host)));
        if !planted("version_before_change") {
            self.raise_version();
        }
        Ok(replaced.map(|entry| self.removed(&mut entries, entry)))
    }

    /// Registers several for the host at one moment, and returns what was registered there before. Hands the functions back if
    /// the registry is closed.
    pub(crate) fn register_all<'n>(
        &self,
        functions: Vec<(&'n str, F)>,
    ) -> Result<Vec<Removed<'_, F>>, Vec<(&'n str, F)>> {
        let mut entries = self.entries.lock();
        if entries.closed {
            return Err(functions);
        }
        let mut replaced = Vec::new();
        for (name, function) in functions {
            if let Some(entry) = entries.put(Arc::new(Entry::new(name, function, Origin::Host))) {
                replaced.push(self.removed(&mut entries, entry));
            }
            if planted("group_in_parts") {
                self.raise_version();
                drop(entries);
                entries = self.entries.lock();
            }
        }
        self.raise_version();
        Ok(replaced)
    }

    /// Registers for a client, and returns the number that it is taken back by, and what was registered there before.
    #[cfg(any(test, feature = "ipc"))]
    pub(crate) fn register_for_client(&self, name: &str, function: F) -> Result<(u64, Replaced<'_, F>), Refused<F>> {
        let mut entries = self.entries.lock();
        if entries.closed {
            return Err(Refused::Closed(function));
        }
        if entries.get(name).is_some_and(|entry| entry.origin == Origin::Host) {
            return Err(Refused::IsTheHosts(function));
        }
        if planted("client_looks_before_it_registers") {
            drop(entries);
            entries = self.entries.lock();
        }
        // Each version is that of one change.
        let number = self.version.load(Ordering::Relaxed) + 1;
        let replaced = entries.put(Arc::new(Entry::new(name, function, Origin::Client(number))));
        self.raise_version();
        Ok((number, replaced.map(|entry| self.removed(&mut entries, entry))))
    }

    /// Takes a registration back, whose it may be, and returns it.
    pub(crate) fn unregister(&self, name: &str) -> Option<Removed<'_, F>> {
        self.take_back(name, |_| true)
    }

    /// Takes the registration back that a client knows by this number, if it still is one, and returns it.
    #[cfg(any(test, feature = "ipc"))]
    pub(crate) fn unregister_for_client(&self, name: &str, number: u64) -> Option<Removed<'_, F>> {
        self.take_back(name, |origin| planted("client_takes_any_back") || origin == Origin::Client(number))
    }

    fn take_back(&self, name: &str, is_meant: impl FnOnce(Origin) -> bool) -> Option<Removed<'_, F>> {
        let mut entries = self.entries.lock();
        let at = entries.place(name).ok()?;
        // It is there; said where the compiler sees it, so that `remove` has no panic.
        entries.list.get(at).filter(|entry| is_meant(entry.origin))?;
        let entry = entries.list.remove(at);
        if !planted("unregister_without_mark") {
            entry.unregistered.store(1, Ordering::Release);
        }
        if !planted("unregister_without_version") {
            self.raise_version();
        }
        Some(self.removed(&mut entries, entry))
    }

    /// Counts an entry that was taken out, with the lock still held.
    fn removed(&self, entries: &mut Entries<F>, entry: Arc<Entry<F>>) -> Removed<'_, F> {
        entries.removed += 1;
        Removed { entry, _counted: Counted(self) }
    }

    /// Takes everything back, for the caller to drop, and refuses registrations from now on.
    #[must_use = "what was registered is dropped by the caller, under no lock"]
    pub(crate) fn close(&self) -> Vec<Arc<Entry<F>>> {
        let mut entries = self.entries.lock();
        entries.closed = !planted("registry_stays_open");
        self.raise_version();
        mem::take(&mut entries.list)
    }

    /// Waits until the writers have given back what they had taken out before the closing; false if they have not by then.
    pub(crate) fn await_given_back(&self, deadline: Instant) -> bool {
        let all = || (self.entries.lock().removed == 0 || planted("removed_is_not_awaited")).then_some(());
        self.given_back.wait_until(deadline, all).is_some()
    }

    pub(crate) fn contains(&self, name: &str) -> bool {
        self.entries.lock().place(name).is_ok()
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.lock().list.len()
    }

    fn raise_version(&self) {
        self.version.fetch_add(1, Ordering::Release);
    }
}

impl<F> Entries<F> {
    /// Where an entry of that name is, or would be.
    fn place(&self, name: &str) -> Result<usize, usize> {
        self.list.binary_search_by(|entry| (*entry.name).cmp(name))
    }

    #[cfg(any(test, feature = "ipc"))]
    fn get(&self, name: &str) -> Option<&Arc<Entry<F>>> {
        self.list.get(self.place(name).ok()?)
    }

    /// Puts an entry in its place, and returns what was there.
    fn put(&mut self, entry: Arc<Entry<F>>) -> Option<Arc<Entry<F>>> {
        match self.place(&entry.name) {
            Ok(at) => self.list.get_mut(at).map(|before| mem::replace(before, entry)),
            Err(at) => {
                // Within, as above.
                let end = self.list.len();
                self.list.insert(at.min(end), entry);
                None
            }
        }
    }
}
