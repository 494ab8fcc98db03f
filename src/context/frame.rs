//! Which context the code that runs on this thread belongs to.
//!
//! A thread keeps values, in thread-locals without a destructor, and no pointer into its stack: the host may switch stacks
//! inside of a callback (fibers, coroutines), so what was entered last need not be left first.
//!
//! - The FFI thread has its [`Local`], for as long as its loop lives.
//! - A loop, an event thread and each synchronous request enter their context, and leave that very entry. They nest, since a
//!   host function may call a library that calls a host function. The entry that was made last is the current context.

use super::local::Local;
use super::record::Context;
use crate::Host;
use std::cell::Cell;
use std::mem::ManuallyDrop;
use std::ptr;

/// Entries that need no allocation.
const NESTED: usize = 6;

#[derive(Clone, Copy)]
struct Entry {
    host: Host,
    serial: u64,
}

/// What a thread keeps. It has no destructor, so that a thread that is ending may still ask.
struct OfThread {
    /// Null except on an FFI thread.
    local: Cell<*const Local>,
    last_serial: Cell<u64>,
    count: Cell<usize>,
    entries: [Cell<Option<Entry>>; NESTED],
    /// Entries that are nested deeper; without capacity when there is none.
    deeper: Cell<ManuallyDrop<Vec<Entry>>>,
}

thread_local! {
    static THREAD: OfThread = const {
        OfThread {
            local: Cell::new(ptr::null()),
            last_serial: Cell::new(0),
            count: Cell::new(0),
            entries: [const { Cell::new(None) }; NESTED],
            deeper: Cell::new(ManuallyDrop::new(Vec::new())),
        }
    };
}

impl OfThread {
    #[inline]
    fn push(&self, host: Host) -> u64 {
        let serial = self.last_serial.get() + 1;
        self.last_serial.set(serial);
        let entry = Entry { host, serial };
        let count = self.count.get();
        self.count.set(count + 1);
        match self.entries.get(count) {
            Some(place) => place.set(Some(entry)),
            None => self.push_deeper(entry),
        }
        serial
    }

    #[cold]
    fn push_deeper(&self, entry: Entry) {
        let mut deeper = self.deeper.take();
        deeper.push(entry);
        self.deeper.set(deeper);
    }

    /// Removes an entry, wherever it is.
    #[inline]
    fn remove(&self, serial: u64) {
        let count = self.count.get();
        match count.checked_sub(1).and_then(|last| self.entries.get(last)) {
            Some(last) if last.get().is_some_and(|entry| entry.serial == serial) => {
                last.set(None);
                self.count.set(count - 1);
            }
            _ => self.remove_from_below(serial),
        }
    }

    #[cold]
    fn remove_from_below(&self, serial: u64) {
        let mut kept = self.all();
        let before = kept.len();
        kept.retain(|entry| entry.serial != serial);
        // One that was entered on another thread, by a stack that has moved, is not here.
        if kept.len() == before {
            return;
        }
        self.count.set(kept.len());
        for (index, place) in self.entries.iter().enumerate() {
            place.set(kept.get(index).copied());
        }
        let mut deeper = self.deeper.take();
        deeper.clear();
        deeper.extend(kept.iter().skip(NESTED));
        if deeper.is_empty() {
            // Its memory too: nobody frees it when the thread ends.
            deeper = ManuallyDrop::new(Vec::new());
            drop(ManuallyDrop::into_inner(self.deeper.replace(ManuallyDrop::new(Vec::new()))));
        }
        self.deeper.set(deeper);
    }

    /// The entries, in their order.
    #[cold]
    fn all(&self) -> Vec<Entry> {
        let deeper = self.deeper.take();
        let all = self.entries.iter().filter_map(Cell::get).chain(deeper.iter().copied()).collect();
        self.deeper.set(deeper);
        all
    }

    #[inline]
    fn current(&self) -> Option<Host> {
        let last = self.count.get().checked_sub(1)?;
        match self.entries.get(last) {
            Some(place) => place.get().map(|entry| entry.host),
            None => self.all().last().map(|entry| entry.host),
        }
    }

    #[inline]
    fn local(&self) -> Option<&Local> {
        // SAFETY: null, or set by `with_loop`, which borrows the local until it has set it back. It is used on this thread only.
        unsafe { self.local.get().as_ref() }
    }
}

/// Leaves what was entered, also when the code inside panics.
struct Entered(u64);

impl Drop for Entered {
    #[inline]
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
        }
    }
    THREAD.with(|thread| thread.local.set(ptr::from_ref(local)));
    let _reset = Reset;
    enter(local.instance.host(), f)
}

/// The context that the present code belongs to.
#[inline]
pub(crate) fn current() -> Option<Host> {
    THREAD.with(OfThread::current)
}

/// Whether this thread is inside of that context: its FFI thread, its event thread, or one of its synchronous requests.
pub(crate) fn is_inside(host: Host) -> bool {
    THREAD.with(|thread| thread.all().iter().any(|entry| entry.host == host))
}

/// The FFI thread's part of this record's present context, if this thread is that thread.
#[inline]
pub(super) fn with_local<R>(context: &'static Context, f: impl FnOnce(Option<&Local>) -> R) -> R {
    THREAD.with(|thread| f(thread.local().filter(|local| ptr::eq(local.instance.context, context))))
}

/// As [`with_local`], and inside of the context: on a thread that may be so already, as the FFI thread mostly is.
#[inline]
pub(super) fn ensure<R>(host: Host, context: &'static Context, f: impl FnOnce(Option<&Local>) -> R) -> R {
    if current() == Some(host) { with_local(context, f) } else { enter(host, || with_local(context, f)) }
}

/// The `Local` of this thread, if it is an FFI thread.
pub(super) fn local<R>(f: impl FnOnce(&Local) -> R) -> Option<R> {
    THREAD.with(|thread| thread.local().map(f))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::Contexts;

    fn hosts() -> [Host; 3] {
        static CONTEXTS: Contexts = Contexts::new();
        let stay = CONTEXTS.acquire(1_000).expect("there is room");
        [1, 2, 3].map(|generation| Host::new(stay.record(), generation))
    }

    #[test]
    fn entries_nest_deeper_than_the_array() {
        fn nest(hosts: &[Host; 3], depth: usize) {
            let host = hosts[depth % 3];
            enter(host, || {
                assert!(current() == Some(host));
                if depth < 3 * NESTED {
                    nest(hosts, depth + 1);
                }
                assert!(current() == Some(host));
                assert!(hosts.iter().take(depth + 1).all(|host| is_inside(*host)));
            });
        }
        let hosts = hosts();
        nest(&hosts, 0);
        assert!(current().is_none() && hosts.iter().all(|host| !is_inside(*host)));
        THREAD.with(|thread| assert_eq!(ManuallyDrop::into_inner(thread.deeper.take()).capacity(), 0));
    }

    #[test]
    fn what_was_entered_first_may_be_left_first() {
        let [a, b, _] = hosts();
        let first = Entered(THREAD.with(|thread| thread.push(a)));
        let second = Entered(THREAD.with(|thread| thread.push(b)));
        drop(first);
        assert!(current() == Some(b) && !is_inside(a) && is_inside(b));
        // A stack that has moved here from another thread.
        drop(Entered(u64::MAX));
        assert!(current() == Some(b));
        drop(second);
        assert!(current().is_none());
    }

    #[test]
    fn a_panic_leaves_its_entry() {
        let [a, ..] = hosts();
        assert!(crate::panic::contain(|| enter(a, || std::panic::resume_unwind(Box::new("planted")))).is_err());
        assert!(current().is_none());
    }
}
