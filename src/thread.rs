//! A library's own threads: std's, which announce their end.
//!
//! A thread is over when its body has returned *and* the destructors of its thread-locals have run: they may be a host's or
//! an author's, and block, or call the library. So nobody joins a thread that has not announced its end. On unix the
//! announcement is made by the destructor of a key that puts itself back until its third round: thread-locals of Rust and
//! C++, and values of keys, have been destroyed by then. Elsewhere it is made by the thread-local that is registered first,
//! and so destroyed last.
//!
//! Threads are told apart by numbers that are never used twice, in a thread-local without a destructor: they can be asked for
//! until the very end of a thread.

use crate::sync::{Arc, Event};
use std::cell::Cell;
use std::ffi::CStr;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{Builder, JoinHandle};
use std::time::Instant;

/// Names a thread of the process for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ThreadId(u64);

impl ThreadId {
    /// The present thread's. Also in destructors of thread-locals.
    pub(crate) fn current() -> Self {
        // 64 bits, as they do not run out.
        static LAST: AtomicU64 = AtomicU64::new(0);
        thread_local! {
            static NUMBER: Cell<u64> = const { Cell::new(0) };
        }
        NUMBER.with(|number| {
            if number.get() == 0 {
                // Relaxed: only that it is used once counts.
                number.set(LAST.fetch_add(1, Ordering::Relaxed) + 1);
            }
            Self(number.get())
        })
    }
}

/// A thread. Dropped, it goes on by itself.
#[derive(Debug)]
pub(crate) struct Thread {
    handle: JoinHandle<()>,
    end: Arc<End>,
}

/// Where a thread announces its end.
#[derive(Debug, Default)]
struct End {
    announced: AtomicBool,
    changed: Event,
}

impl End {
    fn announce(&self) {
        // Release: what the thread did happened before its end is seen.
        self.announced.store(true, Ordering::Release);
        self.changed.notify_all();
    }

    fn is_announced(&self) -> bool {
        self.announced.load(Ordering::Acquire)
    }
}

impl Thread {
    /// Starts a thread. Its name has 15 letters at most.
    pub(crate) fn spawn(name: &'static CStr, body: Box<dyn FnOnce() + Send>) -> io::Result<Self> {
        let end = Arc::new(End::default());
        let theirs = Arc::clone(&end);
        let announced = move || {
            // Before anything of the thread registers a destructor.
            announcement::at_the_end(theirs);
            body();
        };
        let handle = Builder::new().name(name.to_string_lossy().into_owned()).spawn(announced)?;
        Ok(Self { handle, end })
    }

    /// Waits until the thread is over, and joins it; false if it is not by then, and goes on by itself.
    pub(crate) fn join_until(self, deadline: Instant) -> bool {
        let ended = self.end.changed.wait_until(deadline, || self.end.is_announced().then_some(())).is_some();
        if ended {
            // Bodies contain panics, so there is nothing to learn from the result.
            let _ended = self.handle.join();
        }
        ended
    }
}

#[cfg(unix)]
mod announcement {
    use super::End;
    use crate::sync::Arc;
    use std::cell::Cell;
    use std::ffi::c_void;
    use std::sync::OnceLock;

    /// Rounds of destructors that come before the announcement: POSIX promises four in all.
    const ROUNDS: u32 = 2;

    struct Pending {
        end: Arc<End>,
        rounds: Cell<u32>,
    }

    /// Has the end of the present thread announced. Where the system has no key left, it is announced when the body is over,
    /// which is before the destructors.
    pub(super) fn at_the_end(end: Arc<End>) {
        let pending = Box::into_raw(Box::new(Pending { end, rounds: Cell::new(0) }));
        // SAFETY: the key's destructor takes the pending announcement over.
        let kept = key().is_some_and(|key| unsafe { libc::pthread_setspecific(key, pending.cast()) } == 0);
        if !kept {
            // SAFETY: nobody has taken it over.
            let Pending { end, .. } = *unsafe { Box::from_raw(pending) };
            super::fallback::at_the_end(end);
        }
    }

    fn key() -> Option<libc::pthread_key_t> {
        static KEY: OnceLock<Option<libc::pthread_key_t>> = OnceLock::new();
        *KEY.get_or_init(|| {
            let mut key = 0;
            // SAFETY: the key can be written; the destructor takes what this module stores.
            let made = unsafe { libc::pthread_key_create(&raw mut key, Some(destroyed)) };
            (made == 0).then_some(key)
        })
    }

    extern "C" fn destroyed(value: *mut c_void) {
        let pending: *mut Pending = value.cast();
        // SAFETY: `at_the_end` stored it, and it is freed below only, when it is stored no longer.
        let round = unsafe { (*pending).rounds.replace((*pending).rounds.get() + 1) };
        let again = round < ROUNDS
            // SAFETY: the key is there, as this is its destructor.
            && key().is_some_and(|key| unsafe { libc::pthread_setspecific(key, value) } == 0);
        if !again {
            // SAFETY: it was made by `at_the_end`, and is stored nowhere.
            let Pending { end, .. } = *unsafe { Box::from_raw(pending) };
            end.announce();
        }
    }
}

#[cfg(not(unix))]
use fallback as announcement;

mod fallback {
    use super::End;
    use crate::sync::Arc;
    use std::cell::Cell;

    struct Announcement(Arc<End>);

    impl Drop for Announcement {
        fn drop(&mut self) {
            self.0.announce();
        }
    }

    thread_local! {
        static ANNOUNCEMENT: Cell<Option<Announcement>> = const { Cell::new(None) };
    }

    /// Has the end of the present thread announced by the thread-local that is registered first.
    pub(super) fn at_the_end(end: Arc<End>) {
        ANNOUNCEMENT.set(Some(Announcement(end)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::{Receiver, channel};
    use std::time::Duration;

    const PATIENCE: Duration = Duration::from_secs(60);

    fn soon() -> Instant {
        Instant::now() + PATIENCE
    }

    #[test]
    fn a_thread_is_joined_after_its_thread_locals_were_destroyed() {
        struct Blocks(Receiver<()>);
        impl Drop for Blocks {
            fn drop(&mut self) {
                let _ = self.0.recv_timeout(PATIENCE);
            }
        }
        thread_local!(static BLOCKS: Cell<Option<Blocks>> = const { Cell::new(None) });
        let (go_on, waits) = channel();
        let thread = Thread::spawn(c"ffihost", Box::new(move || BLOCKS.set(Some(Blocks(waits))))).expect("a thread");
        let end = Arc::clone(&thread.end);
        assert!(!thread.join_until(Instant::now()), "a destructor still runs");
        assert!(!end.is_announced());
        go_on.send(()).expect("it waits");
        end.changed.wait(|| end.is_announced().then_some(()));
    }

    #[test]
    fn a_thread_that_panics_is_joined_too() {
        let thread = Thread::spawn(c"ffihost", Box::new(|| std::panic::resume_unwind(Box::new("planted"))));
        assert!(thread.expect("a thread").join_until(soon()));
    }

    #[test]
    fn a_thread_has_one_number_and_no_other_has_it() {
        let mine = ThreadId::current();
        assert_eq!(mine, ThreadId::current());
        let theirs = std::thread::spawn(ThreadId::current).join().expect("no panic");
        assert_ne!(mine, theirs);
    }

    #[test]
    fn without_a_key_the_first_thread_local_announces_the_end() {
        let end = Arc::new(End::default());
        let theirs = Arc::clone(&end);
        std::thread::spawn(move || fallback::at_the_end(theirs)).join().expect("no panic");
        assert!(end.is_announced());
    }
}
