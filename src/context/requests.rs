//! The host's requests: taken on any thread, run on the FFI thread, called back exactly once.
//!
//! A request is accepted by entering `live`, under the lock, and it is settled by leaving it, also under the lock; the one
//! who took it out calls back, after the lock is released. That is why a request is called back once, whoever comes first:
//! its own end, a cancellation, or a close that has to do without the FFI thread. No foreign code runs under the lock.
//!
//! The queue is part of the same state: a request that is accepted is queued, and both are bounded. See
//! `docs/adr/0002-request-queue.md` for why this is a queue under a lock and not a channel.

use super::local::Local;
use crate::abi::Callback;
use crate::bridge::Inbox;
use crate::status::Status;
use crate::sync::{Mutex, Ordering};
use slab::Slab;
use smallbox::SmallBox;
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, AtomicUsize};
use tokio::task::AbortHandle;

/// A request's work: small ones are stored in the queue itself.
pub(crate) type QueuedJob = SmallBox<dyn Job, [usize; 10]>;

/// Something to start on the FFI thread.
pub(crate) trait Job: Send {
    /// Starts the request with this key; called once.
    fn start(&mut self, local: &Rc<Local>, key: Key);
}

/// Something that library code on another thread wants done on the FFI thread.
pub(crate) type Errand = Box<dyn Run + Send>;

/// What an [`Errand`] is.
pub(crate) trait Run {
    fn run(self: Box<Self>, local: &Rc<Local>);
}

impl<F: FnOnce(&Rc<Local>)> Run for F {
    fn run(self: Box<Self>, local: &Rc<Local>) {
        self(local);
    }
}

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

struct Live {
    callback: Callback,
    task: Option<AbortHandle>,
    cancelled: bool,
    /// Whether the host may cancel it: a request, and not the creation of the context.
    is_request: bool,
}

/// Requests in the order in which they came.
pub(crate) type Batch = VecDeque<(Key, QueuedJob)>;

#[derive(Default)]
struct Inner {
    live: Slab<Live>,
    queue: Batch,
    sealed: bool,
}

/// See the module.
pub(crate) struct Requests {
    inner: Mutex<Inner>,
    errands: Inbox<Errand>,
    /// Requests that the FFI thread has taken and not started: they still count as queued. Its own to write.
    in_hand: AtomicUsize,
    /// Whether a request was ever cancelled: before that, none needs to be asked.
    cancels: AtomicBool,
    limit: usize,
}

impl Requests {
    pub(crate) fn new(limit: u32) -> Self {
        Self {
            inner: Mutex::new(Inner::default()),
            errands: Inbox::new(),
            in_hand: AtomicUsize::new(0),
            cancels: AtomicBool::new(false),
            limit: limit as usize,
        }
    }

    /// Accepts a request; from now on it will be called back. True if the FFI thread has to be told.
    pub(crate) fn submit(&self, callback: Callback, job: QueuedJob) -> Result<bool, Refused> {
        let mut inner = self.inner.lock();
        let refused = match &*inner {
            Inner { sealed: true, .. } => Some(Refused::Sealed),
            Inner { queue, .. } if queue.len() + self.in_hand.load(Ordering::Relaxed) >= self.limit => {
                Some(Refused::Full)
            }
            _ => None,
        };
        if let Some(refused) = refused {
            drop(inner);
            drop(job);
            return Err(refused);
        }
        let key = Key(inner.live.insert(Live { callback, task: None, cancelled: false, is_request: true }));
        inner.queue.push_back((key, job));
        Ok(inner.queue.len() == 1)
    }

    /// Accepts what needs no queue: the creation of the context itself.
    pub(crate) fn accept(&self, callback: Callback) -> Key {
        Key(self.inner.lock().live.insert(Live { callback, task: None, cancelled: false, is_request: false }))
    }

    /// Posts an errand of the library's own, or hands it back if the context takes none any more.
    pub(crate) fn post(&self, errand: Errand) -> Result<(), Errand> {
        self.errands.push(errand)
    }

    /// The next errand.
    pub(crate) fn next_errand(&self) -> Option<Errand> {
        self.errands.pop()
    }

    /// Takes no more errands, and drops those that are queued: whoever waits for one learns that it will not be run.
    pub(crate) fn refuse_errands(&self) {
        let mut left = self.errands.close();
        while let Some(errand) = left.pop_front() {
            crate::panic::contain_call(|| drop(errand));
        }
    }

    /// Exchanges an empty batch for all that is queued. FFI thread only.
    pub(crate) fn take(&self, batch: &mut Batch) {
        let mut inner = self.inner.lock();
        std::mem::swap(&mut inner.queue, batch);
        self.in_hand.store(batch.len(), Ordering::Relaxed);
    }

    /// Notes that a request of a batch is not queued any more; true if it was cancelled while it was. FFI thread only.
    pub(crate) fn take_up(&self, key: Key, rest: &Batch) -> bool {
        self.in_hand.store(rest.len(), Ordering::Relaxed);
        // Acquire: pairs with the Release of whoever cancelled and asked the FFI thread to look again.
        self.cancels.load(Ordering::Acquire) && self.is_unwanted(key)
    }

    /// Whether a request was cancelled, or called back by a close that did without the FFI thread.
    fn is_unwanted(&self, key: Key) -> bool {
        self.inner.lock().live.get(key.0).is_none_or(|live| live.cancelled)
    }

    /// Remembers the task that runs a request, so that it can be cancelled; aborts it if it is not wanted any more.
    pub(crate) fn started(&self, key: Key, task: AbortHandle) {
        let mut inner = self.inner.lock();
        match inner.live.get_mut(key.0) {
            Some(live) if !live.cancelled => live.task = Some(task),
            _ => {
                drop(inner);
                task.abort();
            }
        }
    }

    /// Takes a request out, to be called back by the caller: once, whoever comes first.
    pub(crate) fn settle(&self, key: Key) -> Option<Settled> {
        let mut inner = self.inner.lock();
        let live = inner.live.try_remove(key.0)?;
        drop(inner);
        Some(Settled { callback: live.callback })
    }

    /// The callback of a request that still runs, for news that do not end it.
    pub(crate) fn callback(&self, key: Key) -> Option<Callback> {
        self.inner.lock().live.get(key.0).map(|live| live.callback)
    }

    /// Cancels the requests that were submitted with this userData. False if there are none.
    pub(crate) fn cancel(&self, user_data: crate::abi::UserData) -> bool {
        self.abort(&|live| live.is_request && live.callback.user_data() == user_data)
    }

    /// Cancels every request.
    pub(crate) fn cancel_all(&self) -> bool {
        self.abort(&|_| true)
    }

    fn abort(&self, matches: &dyn Fn(&Live) -> bool) -> bool {
        let mut found = false;
        let mut tasks = Vec::new();
        for (_, live) in self.inner.lock().live.iter_mut().filter(|(_, live)| !live.cancelled && matches(live)) {
            found = true;
            live.cancelled = true;
            self.cancels.store(true, Ordering::Release);
            tasks.extend(live.task.take());
        }
        tasks.iter().for_each(AbortHandle::abort);
        found
    }

    /// Requests that are accepted and not called back.
    pub(crate) fn live(&self) -> usize {
        self.inner.lock().live.len()
    }

    /// Takes nothing any more, and settles everything that is left: what was queued is dropped, what is live is called back.
    /// For the end of a context, on the FFI thread, or instead of an FFI thread that is stuck.
    pub(crate) fn seal(&self, status: Status, text: &str) {
        let mut inner = self.inner.lock();
        inner.sealed = true;
        self.cancels.store(true, Ordering::Release);
        let (mut live, mut queue) = (std::mem::take(&mut inner.live), std::mem::take(&mut inner.queue));
        drop(inner);
        for live in live.drain() {
            live.callback.call(status, text.as_bytes());
        }
        while let Some((_, job)) = queue.pop_front() {
            crate::panic::contain_call(|| drop(job));
        }
        self.refuse_errands();
    }
}

/// A request that was taken out, and has to be called back.
#[must_use = "whoever takes a request out calls it back"]
pub(crate) struct Settled {
    pub(crate) callback: Callback,
}
