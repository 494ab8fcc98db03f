//! Which context the code that runs on this thread belongs to.
//!
//! A thread keeps values, in thread-locals without a destructor, and no pointer into its stack: the host may switch stacks
//! inside of a callback (fibers, coroutines), so what was entered last need not be left first.
//!
//! - The FFI thread has its [`Local`], for as long as its loop lives.
//! - A loop, an event thread and each synchronous request enter their context, and leave that very entry. They nest, since a
//!   host function may call a library that calls a host function. The entry that was made last is the current context.

use super::local::Local;
use crate::Host;
use std::cell::Cell;
use std::mem::ManuallyDrop;
use std::ptr;

/// Entries below the latest that need no allocation.
const NESTED: usize = 6;

#[derive(Clone, Copy)]
struct Entry {
    host: Host,
    /// Tells it from the others that are there: it is larger than those of the entries below.
    serial: u64,
}

/// What a thread keeps. It has no destructor, so that a thread that is ending may still ask.
struct OfThread {
    /// The latest entry.
    current: Cell<Option<Host>>,
    /// The serial number of the latest entry; 0 while nothing is entered.
    serial: Cell<u64>,
    /// How many entries are below the latest.
    count_below: Cell<usize>,
    /// The first of these; what is beyond the count is out of date.
    below: [Cell<Option<Entry>>; NESTED],
    /// Entries that are nested deeper; without capacity when there is none.
    deeper: Cell<ManuallyDrop<Vec<Entry>>>,
    /// Null except on an FFI thread.
    local: Cell<*const Local>,
    /// The same, but null while anything is entered above the loop.
    local_alone: Cell<*const Local>,
}

/// The serial number of an entry that was made when there was none. So there is no other below it.
const FIRST: u64 = 1;

thread_local! {
    static THREAD: OfThread = const {
        OfThread {
            current: Cell::new(None),
            serial: Cell::new(0),
            count_below: Cell::new(0),
            below: [const { Cell::new(None) }; NESTED],
            deeper: Cell::new(ManuallyDrop::new(Vec::new())),
            local: Cell::new(ptr::null()),
            local_alone: Cell::new(ptr::null()),
        }
    };
}

impl OfThread {
    #[inline]
    fn push(&self, host: Host) -> u64 {
        let serial = if self.serial.get() == 0 { FIRST } else { self.keep_latest() };
        self.make_current(Entry { host, serial });
        serial
    }

    #[inline]
    fn make_current(&self, entry: Entry) {
        self.current.set(Some(entry.host));
        self.serial.set(entry.serial);
    }

    fn latest(&self) -> Option<Entry> {
        Some(Entry { host: self.current.get()?, serial: self.serial.get() })
    }

    /// Keeps the latest entry below another one, and returns the serial number of that.
    #[cold]
    fn keep_latest(&self) -> u64 {
        self.local_alone.set(ptr::null());
        let index = self.count_below.get();
        match self.below.get(index) {
            Some(place) => place.set(self.latest()),
            None => {
                let mut deeper = self.deeper.take();
                deeper.extend(self.latest());
                self.deeper.set(deeper);
            }
        }
        self.count_below.set(index + 1);
        self.serial.get() + 1
    }

    /// Removes an entry, wherever it is. Mostly it is the latest, and on a thread of the host's the only one.
    #[inline]
    fn remove(&self, serial: u64) {
        // Both are the first; or nothing is entered here, and nothing changes.
        if serial | self.serial.get() == FIRST {
            self.serial.set(0);
            self.current.set(None);
        } else {
            self.remove_among_others(serial);
        }
    }

    #[cold]
    fn remove_among_others(&self, serial: u64) {
        let is_latest = self.serial.get() == serial;
        let index = self.count_below.get().wrapping_sub(1);
        match self.below.get(index).and_then(Cell::get).filter(|_| is_latest) {
            Some(entry) => {
                self.count_below.set(index);
                self.make_current(entry);
            }
            None => self.rebuild(serial),
        }
        self.note_alone();
    }

    /// Removes an entry that is not the latest, or is the latest above those that have no place of their own.
    fn rebuild(&self, serial: u64) {
        let mut kept = self.all();
        // One that was entered on another thread, by a stack that has moved, is not here.
        kept.retain(|entry| entry.serial != serial);
        match kept.pop() {
            Some(latest) => self.make_current(latest),
            None => {
                self.serial.set(0);
                self.current.set(None);
            }
        }
        self.count_below.set(kept.len());
        for (place, entry) in self.below.iter().zip(&kept) {
            place.set(Some(*entry));
        }
        let deeper = kept.get(NESTED..).unwrap_or_default().to_vec();
        drop(ManuallyDrop::into_inner(self.deeper.replace(ManuallyDrop::new(deeper))));
    }

    /// The entries, in their order.
    #[cold]
    fn all(&self) -> Vec<Entry> {
        let deeper = self.deeper.take();
        let first = self.below.iter().take(self.count_below.get()).filter_map(Cell::get);
        let all = first.chain(deeper.iter().copied()).chain(self.latest()).collect();
        self.deeper.set(deeper);
        all
    }

    /// Notes whether the loop, if there is one, is all that was entered.
    fn note_alone(&self) {
        let is_alone = self.serial.get() != 0 && self.count_below.get() == 0;
        self.local_alone.set(if is_alone { self.local.get() } else { ptr::null() });
    }
}

/// Leaves what was entered, also when the code inside panics.
struct Entered(u64);

impl Drop for Entered {
    #[inline(always)]
    fn drop(&mut self) {
        THREAD.with(|thread| thread.remove(self.0));
    }
}

/// Runs code of a context.
#[inline]
pub(crate) fn enter<R>(host: Host, f: impl FnOnce() -> R) -> R {
    let _entered = Entered(THREAD.with(|thread| thread.push(host)));
    f()
}

/// Runs the loop of a context: this is its FFI thread meanwhile.
pub(super) fn with_loop<R>(local: &Local, f: impl FnOnce() -> R) -> R {
    struct Reset;
    impl Drop for Reset {
        fn drop(&mut self) {
            THREAD.with(|thread| thread.local.set(ptr::null()));
            THREAD.with(OfThread::note_alone);
        }
    }
    THREAD.with(|thread| thread.local.set(ptr::from_ref(local)));
    let _reset = Reset;
    enter(local.instance.host(), || {
        THREAD.with(OfThread::note_alone);
        f()
    })
}

/// The host of the context that the present code belongs to.
#[inline]
pub(crate) fn host() -> Option<Host> {
    THREAD.with(|thread| thread.current.get())
}

/// Whether this thread is inside of that context: its FFI thread, its event thread, or one of its synchronous requests.
pub(crate) fn is_inside(host: Host) -> bool {
    THREAD.with(|thread| thread.all().iter().any(|entry| entry.host == host))
}

/// The loop's part of this thread, if it is an FFI thread.
///
/// # Safety
///
/// It is used before the loop ends, on this thread: by code that the loop runs.
#[inline]
unsafe fn loop_of_this_thread<'a>() -> Option<&'a Local> {
    let local = THREAD.with(|thread| thread.local.get());
    // SAFETY: null, or set by `with_loop`, which borrows the local until it has set it back.
    unsafe { local.as_ref() }
}

/// The FFI thread's part of this very context, if there is one and this thread is that thread.
///
/// # Safety
///
/// As for [`loop_of_this_thread`].
#[inline]
pub(crate) unsafe fn local_of<'a>(host: Option<Host>) -> Option<&'a Local> {
    // SAFETY: passed on.
    unsafe { loop_of_this_thread() }.filter(|local| local.host.is_that(host))
}

/// The FFI thread's part of the context with this handle, if this thread is that thread and nothing else was entered on it.
///
/// # Safety
///
/// As for [`loop_of_this_thread`].
#[inline]
pub(crate) unsafe fn loop_of<'a>(handle: usize) -> Option<&'a Local> {
    let local = THREAD.with(|thread| thread.local_alone.get());
    // SAFETY: null, or as in `loop_of_this_thread`.
    unsafe { local.as_ref() }.filter(|local| local.handle == handle)
}

/// Inside of a context until it is dropped, to decode what the host passed, so that handles are found.
///
/// That runs the author's decoder and calls nothing of the host's, so the stack is not switched meanwhile: what was current
/// before can be set back, and no entry has to be kept.
pub(crate) struct Decoding(Option<Host>);

impl Decoding {
    #[inline]
    pub(crate) fn new(host: Host) -> Self {
        Self(THREAD.with(|thread| thread.current.replace(Some(host))))
    }
}

impl Drop for Decoding {
    #[inline]
    fn drop(&mut self) {
        THREAD.with(|thread| thread.current.set(self.0));
    }
}

/// The `Local` of this thread, if it is an FFI thread.
pub(crate) fn local<R>(f: impl FnOnce(&Local) -> R) -> Option<R> {
    // SAFETY: it is used by `f` alone, which returns before the loop goes on.
    unsafe { loop_of_this_thread() }.map(f)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Options;
    use crate::context::{Contexts, Instance};

    fn hosts() -> [Host; 3] {
        static CONTEXTS: Contexts = Contexts::new();
        let stay = CONTEXTS.acquire(1_000).expect("there is room");
        [1, 2, 3].map(|generation| Host::new(stay.record(), generation))
    }

    #[test]
    fn entries_nest_deeper_than_the_array() {
        fn nest(hosts: &[Host; 3], depth: usize, deepest: usize) {
            let host = hosts[depth % 3];
            enter(host, || {
                assert!(super::host() == Some(host));
                if depth < deepest {
                    nest(hosts, depth + 1, deepest);
                }
                assert!(super::host() == Some(host));
                assert!(hosts.iter().take(depth + 1).all(|host| is_inside(*host)));
            });
        }
        let hosts = hosts();
        // Also not as deep: leaving the deepest puts what is below in order.
        (0..3 * NESTED).for_each(|deepest| nest(&hosts, 0, deepest));
        assert!(super::host().is_none() && hosts.iter().all(|host| !is_inside(*host)));
        THREAD.with(|thread| assert_eq!(ManuallyDrop::into_inner(thread.deeper.take()).capacity(), 0));
    }

    #[test]
    fn what_was_entered_first_may_be_left_first() {
        let [a, b, _] = hosts();
        let first = Entered(THREAD.with(|thread| thread.push(a)));
        let second = Entered(THREAD.with(|thread| thread.push(b)));
        drop(first);
        assert!(super::host() == Some(b) && !is_inside(a) && is_inside(b));
        // A stack that has moved here from another thread.
        drop(Entered(u64::MAX));
        assert!(super::host() == Some(b));
        drop(second);
        assert!(super::host().is_none());
    }

    #[test]
    fn a_panic_leaves_its_entry() {
        let [a, ..] = hosts();
        assert!(crate::panic::contain(|| enter(a, || std::panic::resume_unwind(Box::new("planted")))).is_err());
        assert!(super::host().is_none());
    }

    #[test]
    fn the_loop_is_found_by_its_handle_while_nothing_else_is_entered() {
        static CONTEXTS: Contexts = Contexts::new();
        let stay = CONTEXTS.acquire(1).expect("there is room");
        let local = Local::new(Instance::new(stay, Options::new()).expect("it is the first"));
        // SAFETY: what is found is not used.
        let found = || unsafe { loop_of(local.handle) }.is_some();
        let [a, b, _] = hosts();
        assert!(!found());
        with_loop(&local, || {
            assert!(found());
            enter(a, || {
                assert!(!found());
                enter(b, || assert!(!found()));
                assert!(!found(), "the first is still entered");
            });
            assert!(found());
            let [first, second] = [a, b].map(|host| Entered(THREAD.with(|thread| thread.push(host))));
            drop(first);
            assert!(!found(), "the second is still entered");
            drop(second);
            assert!(found());
        });
        assert!(!found());
    }

    #[test]
    fn entries_may_be_left_in_any_order() {
        let hosts = hosts();
        for [one, two, three] in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
            let mut entered = hosts.map(|host| Some(Entered(THREAD.with(|thread| thread.push(host)))));
            for left in [one, two, three] {
                drop(entered[left].take());
                let latest = entered.iter().rposition(Option::is_some).map(|index| hosts[index]);
                assert!(super::host() == latest, "{left} of {one}, {two}, {three}");
                assert!(hosts.iter().zip(&entered).all(|(host, entered)| is_inside(*host) == entered.is_some()));
            }
        }
    }
}
