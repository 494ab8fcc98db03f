//! The host's requests: taken on any thread, run on the FFI thread, called back exactly once.
//!
//! # Protocol
//!
//! A request is accepted by entering the live ones, under the lock, and it is settled by leaving them, also under the lock;
//! the one who took it out calls back, after the lock is released. That is why a request is called back once, whoever comes
//! first: its own end, a cancellation, or a close that has to do without the FFI thread. Accepting and queueing are one step,
//! and a sealing takes both at once, so nothing is between them.
//!
//! - *submit* (any thread): live and queued, or refused: too many are queued, or the context is sealed.
//! - *take*, *take up*, *started* (FFI thread): the queue is exchanged for an empty one; each request is taken up, and the
//!   task that runs it is kept, so that it can be cancelled. One that was cancelled while it was queued is not wanted when it
//!   is taken up; one that was cancelled during its first poll, which has no task, is given its task back to abort it.
//! - *settle* (FFI thread): the terminal callback is the caller's to make, once.
//! - *warn* (FFI thread): a warning is a call of the same callback, so it neither overlaps nor follows the terminal one. While
//!   it runs the request is marked. A sealing leaves a marked request in place, with how it ends; the FFI thread then makes
//!   that call when the warning has returned. Whoever seals may wait for that, within a limit.
//! - *cancel* (any thread): marks requests and hands out their tasks, to be aborted under no lock.
//! - *seal*: nothing is taken any longer, and what is left is handed out: callbacks to call, jobs to drop.
//!
//! No foreign code runs and nothing foreign is dropped under the lock: everything is handed out.
//!
//! # Orderings
//!
//! The lock orders everything but two numbers beside it. How many requests the FFI thread has in hand is Relaxed: it is
//! compared with the limit alone. Whether any request was ever cancelled is stored with Release under the lock and read with
//! Acquire without it: an FFI thread that does not see it yet starts the request, and sees the mark under the lock when it
//! brings the task.
//!
//! See `docs/adr/0002-request-queue.md` for why this is a queue under a lock and not a channel.

mod live;

use self::live::Live;
use crate::sync::{AtomicU32, Event, Mutex, Ordering, planted};
use std::mem::{self, ManuallyDrop};
use std::time::Instant;

/// Names a live request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Key(usize);

/// Why a request was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// Too many are queued.
    Full,
    /// The context takes no more.
    Sealed,
}

/// Requests in the order in which they came, of which the first were taken out. What was taken out stays where it was until the
/// batch is empty, so that a job is started in its place.
#[derive(Debug)]
pub(crate) struct Batch<J> {
    items: Vec<(Key, J)>,
    /// How many were taken out.
    out: usize,
}

impl<J> Batch<J> {
    pub(crate) const fn new() -> Self {
        Self { items: Vec::new(), out: 0 }
    }

    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.items.len() - self.out
    }

    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Takes the first one out: its job is the caller's to use up.
    #[inline]
    pub(crate) fn take_out(&mut self) -> Option<(Key, &mut J)> {
        let (key, job) = self.items.get_mut(self.out)?;
        self.out += 1;
        Some((*key, job))
    }

    /// Exchanges a batch of which all are taken out for what is queued. Those are used up: there is nothing to drop.
    fn refill(&mut self, queue: &mut Vec<(Key, J)>) {
        if self.is_empty() {
            // SAFETY: no items are always there.
            unsafe { self.items.set_len(0) };
            self.out = 0;
            mem::swap(&mut self.items, queue);
        }
    }
}

/// A place at the end of a queue. It is made before the job is: nothing can fail on the job's way, so it is built in it.
struct Place<'a, J>(&'a mut Vec<(Key, J)>);

impl<'a, J> Place<'a, J> {
    #[inline]
    fn new(queue: &'a mut Vec<(Key, J)>) -> Self {
        if queue.len() == queue.capacity() {
            queue.reserve(1);
        }
        Self(queue)
    }

    /// Puts a request there; true if it is the only one.
    #[inline]
    fn fill(self, key: Key, job: J) -> bool {
        let queue = self.0;
        // SAFETY: `new` has made room for one more, and nobody else has touched the queue since.
        unsafe {
            queue.as_mut_ptr().add(queue.len()).write((key, job));
            queue.set_len(queue.len() + 1);
        }
        queue.len() == 1
    }
}

impl<J> Default for Batch<J> {
    fn default() -> Self {
        Self::new()
    }
}

/// A live request.
#[derive(Debug)]
struct Request<C, T> {
    callback: C,
    task: Option<T>,
    cancelled: bool,
    /// Whether the host may cancel it: a request, and not the creation of the context.
    is_request: bool,
    /// A warning runs.
    warned: bool,
    /// It was sealed while its warning ran: the FFI thread ends it when that has returned.
    left: bool,
}

impl<C, T> Request<C, T> {
    #[inline]
    fn new(callback: C, is_request: bool) -> Self {
        Self { callback, task: None, cancelled: false, is_request, warned: false, left: false }
    }
}

#[derive(Debug)]
struct Inner<C, J, T, E> {
    live: Live<Request<C, T>>,
    queue: Vec<(Key, J)>,
    /// Requests that were ever accepted.
    accepted: u64,
    /// Warnings that run, and terminal calls that were left to the FFI thread and are not made.
    warnings: usize,
    /// Set by a sealing: how those end that it has left to the FFI thread.
    sealed: Option<E>,
}

/// The requests of one context: callbacks are a `C`, queued work a `J`, what aborts running work a `T`, and how a sealed
/// request ends an `E`.
#[derive(Debug)]
pub(crate) struct Requests<C, J, T, E> {
    inner: Mutex<Inner<C, J, T, E>>,
    /// Notified when a terminal call was made that a sealing had left to the FFI thread.
    warnings_over: Event,
    /// Requests that the FFI thread has taken and not started: they still count as queued. Its own to write.
    in_hand: AtomicU32,
    /// Whether a request was ever cancelled: before that, none needs to be asked.
    cancels: AtomicU32,
    limit: usize,
}

/// What a cancellation found.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "the tasks are aborted by the caller, under no lock"]
pub(crate) struct Cancelled<T> {
    /// Whether there was a request that had not been cancelled.
    pub(crate) found: bool,
    pub(crate) tasks: Vec<T>,
}

/// What was left when a context was sealed.
#[derive(Debug)]
#[must_use = "what is left is called back and dropped by the caller, under no lock"]
pub(crate) struct Sealed<C, J, T> {
    pub(crate) callbacks: Vec<C>,
    pub(crate) jobs: Batch<J>,
    pub(crate) tasks: Vec<T>,
}

impl<C: Copy, J, T, E: Copy> Requests<C, J, T, E> {
    pub(crate) fn new(limit: u32) -> Self {
        Self {
            inner: Mutex::new(Inner { live: Live::new(), queue: Vec::new(), accepted: 0, warnings: 0, sealed: None }),
            warnings_over: Event::new(),
            in_hand: AtomicU32::new(0),
            cancels: AtomicU32::new(0),
            limit: limit as usize,
        }
    }

    /// Accepts a request, which can be cancelled by its tag; from now on it will be called back. True if the FFI thread has to
    /// be told. Refused work is handed back.
    ///
    /// The job is made in its place in the queue, of what was given for it.
    #[inline(always)]
    pub(crate) fn submit<W: Into<J>>(&self, tag: usize, callback: C, work: W) -> Result<bool, (Refused, W)> {
        let mut inner = self.inner.lock();
        if inner.sealed.is_some() {
            return Err((Refused::Sealed, work));
        }
        if planted("submit_looks_apart") {
            drop(inner);
            inner = self.inner.lock();
        }
        if inner.queue.len() + self.in_hand.load(Ordering::Relaxed) as usize >= self.limit {
            return Err((Refused::Full, work));
        }
        let Inner { live, queue, accepted, .. } = &mut *inner;
        let place = Place::new(queue);
        let key = Key(live.insert(tag, Request::new(callback, true)));
        // Under the lock that it takes anyway, and not by an instruction that locks the bus.
        *accepted += 1;
        Ok(place.fill(key, work.into()))
    }

    /// Accepts what needs no queue: the creation of the context itself.
    pub(crate) fn accept(&self, callback: C) -> Key {
        Key(self.inner.lock().live.insert(0, Request::new(callback, false)))
    }

    /// Exchanges a batch of which all are taken out for all that is queued. FFI thread only.
    pub(crate) fn take(&self, batch: &mut Batch<J>) {
        let mut inner = self.inner.lock();
        batch.refill(&mut inner.queue);
        // The limit of what is queued is a `u32`, so what was queued can be counted by one.
        self.in_hand.store(batch.len() as u32, Ordering::Relaxed);
    }

    /// Notes that a request was taken out of a batch, and is not queued any longer; true if it was cancelled while it was. FFI
    /// thread only.
    #[inline]
    pub(crate) fn take_up(&self, key: Key) -> bool {
        self.in_hand.store(self.in_hand.load(Ordering::Relaxed).wrapping_sub(1), Ordering::Relaxed);
        self.cancels.load(Ordering::Acquire) != 0 && self.is_unwanted(key)
    }

    /// Whether a request was cancelled, or is settled.
    fn is_unwanted(&self, key: Key) -> bool {
        self.inner.lock().live.get_mut(key.0).is_none_or(|request| request.cancelled)
    }

    /// Keeps the task that runs a request, so that it can be cancelled; hands it back to be aborted if it is not wanted.
    #[must_use = "a task that is handed back is aborted by the caller, under no lock"]
    pub(crate) fn started(&self, key: Key, task: T) -> Option<T> {
        let mut inner = self.inner.lock();
        match inner.live.get_mut(key.0) {
            Some(request) if !request.cancelled || planted("start_ignores_cancel") => {
                request.task = Some(task);
                None
            }
            _ => Some(task),
        }
    }

    /// Takes a request out, to be called back by the caller: once, whoever comes first. Nothing if somebody else has, or does
    /// so when the warning that runs has returned.
    #[must_use = "whoever takes a request out calls it back"]
    pub(crate) fn settle(&self, key: Key) -> Option<C> {
        let mut inner = self.inner.lock();
        let request = inner.live.get_mut(key.0)?;
        if request.left {
            return None;
        }
        if planted("settle_looks_apart") {
            let callback = request.callback;
            drop(inner);
            drop(self.inner.lock().live.remove(key.0));
            return Some(callback);
        }
        let Request { callback, task, warned, .. } = inner.live.remove(key.0)?;
        if warned {
            inner.warnings -= 1;
        }
        // The handle of a task may be the last of it, so it is dropped under no lock.
        let task = ManuallyDrop::new(task);
        drop(inner);
        drop(ManuallyDrop::into_inner(task));
        Some(callback)
    }

    /// Begins a warning: the callback, to be called once now, and then [`warned`](Self::warned). FFI thread only.
    #[must_use = "the request is not settled by others until `warned`"]
    pub(crate) fn warn(&self, key: Key) -> Option<C> {
        let mut inner = self.inner.lock();
        let request = inner.live.get_mut(key.0)?;
        let callback = request.callback;
        if !request.warned && !planted("warn_without_mark") {
            request.warned = true;
            inner.warnings += 1;
        }
        Some(callback)
    }

    /// Ends a warning. What a sealing has left to this thread meanwhile: the terminal call. FFI thread only.
    #[must_use = "the terminal call is left to the caller"]
    pub(crate) fn warned(&self, key: Key) -> Option<(C, E)> {
        let mut inner = self.inner.lock();
        let sealed = inner.sealed;
        let request = inner.live.get_mut(key.0)?;
        let ending = if request.left { sealed.map(|ending| (request.callback, ending)) } else { None };
        let was_warned = mem::take(&mut request.warned);
        if ending.is_none() || planted("delivered_early") {
            inner.warnings -= usize::from(was_warned);
        }
        let gone = if ending.is_some() { inner.live.remove(key.0) } else { None };
        drop(inner);
        drop(gone);
        ending
    }

    /// The terminal call that [`warned`](Self::warned) has left to the caller is made. FFI thread only.
    pub(crate) fn delivered(&self) {
        if !planted("delivered_early") {
            self.inner.lock().warnings -= 1;
        }
        self.warnings_over.notify_all();
    }

    /// Waits until no warning runs, and the terminal calls that were left to the FFI thread are made; false if some are not
    /// by then. For a context that is sealed: no warning begins.
    pub(crate) fn await_warnings(&self, deadline: Instant) -> bool {
        self.warnings_over.wait_until(deadline, || (self.inner.lock().warnings == 0).then_some(())).is_some()
    }

    /// Cancels the requests that were submitted with this tag.
    pub(crate) fn cancel(&self, tag: usize) -> Cancelled<T> {
        let mut inner = self.inner.lock();
        let mut cancelled = Cancelled { found: false, tasks: Vec::new() };
        inner.live.for_each_tagged(tag, |request| {
            if request.is_request {
                self.mark(request, &mut cancelled);
            }
        });
        cancelled
    }

    /// Cancels every request, and the creation of the context.
    pub(crate) fn cancel_all(&self) -> Cancelled<T> {
        let mut inner = self.inner.lock();
        let mut cancelled = Cancelled { found: false, tasks: Vec::new() };
        inner.live.for_each(|request| self.mark(request, &mut cancelled));
        cancelled
    }

    fn mark(&self, request: &mut Request<C, T>, cancelled: &mut Cancelled<T>) {
        if !request.cancelled {
            request.cancelled = true;
            cancelled.found = true;
            cancelled.tasks.extend(request.task.take());
            self.cancels.store(1, Ordering::Release);
        }
    }

    /// Requests that were ever accepted.
    pub(crate) fn accepted(&self) -> u64 {
        self.inner.lock().accepted
    }

    /// Requests that are accepted and not called back.
    pub(crate) fn live(&self) -> usize {
        self.inner.lock().live.len()
    }

    /// Takes nothing any longer, and hands out what is left. Requests whose warning runs are left to the FFI thread, which
    /// calls them back with `ending`. For the end of a context, on the FFI thread, or instead of an FFI thread that is stuck.
    pub(crate) fn seal(&self, ending: E) -> Sealed<C, J, T> {
        let mut inner = self.inner.lock();
        inner.sealed = Some(ending);
        self.cancels.store(1, Ordering::Release);
        let mut sealed = Sealed {
            callbacks: Vec::new(),
            jobs: Batch { items: mem::take(&mut inner.queue), out: 0 },
            tasks: Vec::new(),
        };
        inner.live.retain(|request| {
            if request.warned {
                request.cancelled = true;
                request.left = true;
            } else {
                sealed.callbacks.push(request.callback);
            }
            sealed.tasks.extend(request.task.take());
            request.warned
        });
        sealed
    }
}

#[cfg(all(test, not(ffihost_loom)))]
mod tests {
    use super::*;

    type Plain = Requests<u32, &'static str, &'static str, char>;

    fn taken(requests: &Plain) -> Batch<&'static str> {
        let mut batch = Batch::new();
        requests.take(&mut batch);
        batch
    }

    #[test]
    fn what_is_in_hand_counts_for_the_limit() {
        let requests = Plain::new(2);
        assert_eq!((requests.submit(0, 1, "a"), requests.submit(0, 2, "b")), (Ok(true), Ok(false)));
        assert_eq!(requests.submit(0, 3, "c"), Err((Refused::Full, "c")));
        let mut batch = taken(&requests);
        assert_eq!(requests.submit(0, 3, "c"), Err((Refused::Full, "c")), "two are in hand");
        let (key, job) = batch.take_out().map(|(key, job)| (key, *job)).expect("two were taken");
        assert_eq!((job, batch.len(), requests.take_up(key)), ("a", 1, false));
        assert_eq!(requests.submit(0, 3, "c"), Ok(true), "one is in hand, one queued");
        assert_eq!(requests.submit(0, 4, "d"), Err((Refused::Full, "d")));
        assert_eq!((requests.live(), requests.settle(key), requests.settle(key)), (3, Some(1), None));
        assert_eq!((requests.accepted(), requests.live()), (3, 2), "those that were refused do not count");
    }

    #[test]
    fn a_request_that_is_cancelled_during_its_first_poll_is_aborted() {
        let requests = Plain::new(2);
        assert!(requests.submit(5, 1, "a").is_ok() && requests.submit(6, 2, "b").is_ok());
        let mut batch = taken(&requests);
        let keys: Vec<_> = std::iter::from_fn(|| Some(batch.take_out()?.0)).collect();
        assert_eq!(requests.cancel(5), Cancelled { found: true, tasks: vec![] });
        assert_eq!(requests.cancel(5), Cancelled { found: false, tasks: vec![] }, "once");
        assert_eq!((requests.started(keys[0], "task a"), requests.started(keys[1], "task b")), (Some("task a"), None));
        assert!(batch.is_empty() && requests.take_up(keys[0]) && !requests.take_up(keys[1]));
        assert_eq!(requests.cancel_all(), Cancelled { found: true, tasks: vec!["task b"] });
        assert_eq!(requests.settle(keys[0]), Some(1));
        assert_eq!(requests.started(keys[0], "late"), Some("late"), "a task of nobody");
    }

    #[test]
    fn the_creation_is_cancelled_by_a_close_alone() {
        let requests = Plain::new(1);
        let created = requests.accept(9);
        assert!(!requests.cancel(0).found);
        assert!(requests.cancel_all().found);
        assert_eq!(requests.settle(created), Some(9));
    }

    #[test]
    fn what_is_left_is_handed_out_once() {
        let requests = Plain::new(4);
        assert!(requests.submit(0, 1, "a").is_ok() && requests.submit(0, 2, "b").is_ok());
        let (key, _) = taken(&requests).take_out().expect("two were taken");
        assert_eq!(requests.started(key, "task"), None);
        assert!(requests.submit(0, 3, "c").is_ok());
        assert_eq!(requests.warn(key), Some(1));
        let sealed = requests.seal('x');
        assert_eq!((sealed.callbacks, sealed.tasks, sealed.jobs.len()), (vec![2, 3], vec!["task"], 1));
        assert_eq!((requests.live(), requests.settle(key)), (1, None), "its warning runs");
        assert!(!requests.await_warnings(Instant::now()));
        assert_eq!(requests.submit(0, 4, "d"), Err((Refused::Sealed, "d")));
        assert_eq!((requests.warned(key), requests.warned(key)), (Some((1, 'x')), None));
        assert!(!requests.await_warnings(Instant::now()), "the terminal call is not made");
        requests.delivered();
        assert!(requests.await_warnings(Instant::now()) && requests.seal('y').callbacks.is_empty());
        assert_eq!((requests.live(), requests.warn(key)), (0, None));
    }

    #[test]
    fn a_warning_that_nobody_meets_changes_nothing() {
        let requests = Plain::new(1);
        let key = requests.accept(1);
        assert_eq!((requests.warn(key), requests.warned(key)), (Some(1), None));
        assert!(requests.await_warnings(Instant::now()));
        assert_eq!((requests.warn(key), requests.warn(key)), (Some(1), Some(1)));
        assert_eq!(requests.settle(key), Some(1), "inside of its own warning, which counts once");
        assert!(requests.await_warnings(Instant::now()));
    }
}
