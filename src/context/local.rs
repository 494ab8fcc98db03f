//! The FFI thread's own part of a context, and one turn of its loop.
//!
//! A turn takes what other threads have brought, in this order: answers to host calls, changes of the registry, jobs that
//! library code on other threads has posted, requests. Each is handled with nothing borrowed and nothing locked, because each may run
//! foreign code: wakers, host functions, callbacks, releases.

use super::boxes::Boxes;
use super::capacity::Capacity;
use super::instance::{Context, Instance};
use super::jobs::Batch;
use super::record::CallHold;
use super::requests::Key;
use super::spin::Spin;
use crate::Host;
use crate::abi::HostFunction;
use crate::inflight::{Owner, Reason};
use crate::panic::contain_call as contain;
use crate::registry::Snapshot;
use crate::stats::Counters;
use crate::status::Status;
use crate::sync::Arc;
use futures::future::LocalBoxFuture;
use std::any::Any;
use std::cell::Cell;
use std::ptr::NonNull;
use std::rc::Rc;
use std::sync::atomic::Ordering;
use std::task::{Context as TaskContext, Poll, Waker};
use tokio::runtime::LocalRuntime;
use tokio::task::AbortHandle;

/// Requests and posted jobs that one turn starts; what is left waits for the next, so that running tasks get their turn.
const TURN: usize = 256;

/// Host calls in a row that are answered inline; the next makes way for other tasks before it is made.
pub(super) const INLINE: i32 = 256;

/// Turns in a row while notifications keep coming.
const TURNS: usize = 8;

/// See the module.
pub(crate) struct Local {
    pub(crate) host: Host,
    /// What the host knows it by.
    pub(super) handle: usize,
    pub(crate) instance: Arc<Instance>,
    pub(crate) owner: Owner,
    pub(super) snapshot: Snapshot<HostFunction>,
    state: Cell<Option<Rc<dyn Any>>>,
    /// Whether host functions that take long are reported.
    pub(super) watches_host: bool,
    /// Whether requests are started: the author's state is there.
    constructed: Cell<bool>,
    finished: Cell<bool>,
    /// Requests that were taken and not started.
    batch: Cell<Batch>,
    /// What the futures of requests are put into.
    pub(crate) boxes: Boxes,
    /// Woken when there may be news for the life of the context: a close, or the last request of a closing context.
    news: Cell<Option<Waker>>,
    /// What runs the loop, while it does.
    runtime: Cell<Option<Rc<LocalRuntime>>>,
    /// Where calls wait that cannot be made yet.
    pub(super) capacity: Capacity,
    /// How many calls may still be answered inline before one makes way for others.
    pub(super) inline_left: Cell<i32>,
    spin: Spin,
}

impl Local {
    pub(super) fn new(instance: Arc<Instance>) -> Self {
        let spin = Spin::new(instance.options.spin);
        let calls_in_flight = instance.options.calls_in_flight;
        let watches_host = !instance.options.slow_host.is_zero();
        Self {
            // SAFETY: the record was vacant, so the owner before this one has ended: it had a share of the tenancy until then,
            // and the last share puts the record back under the lock that it was acquired under.
            owner: unsafe { Owner::new() },
            host: instance.host(),
            handle: instance.handle().to_bits(),
            watches_host,
            instance,
            snapshot: Snapshot::new(),
            state: Cell::new(None),
            constructed: Cell::new(false),
            finished: Cell::new(false),
            batch: Cell::default(),
            boxes: Boxes::default(),
            news: Cell::new(None),
            runtime: Cell::new(None),
            capacity: Capacity::new(calls_in_flight),
            inline_left: Cell::new(INLINE),
            spin,
        }
    }

    /// The hooks of the loop around its sleep.
    pub(super) fn before_park(&self) {
        self.spin.before_park(|go_on| self.context().signal.spin(go_on));
    }

    pub(super) fn after_park(&self) {
        self.spin.after_park();
    }

    #[inline]
    pub(super) fn counters(&self) -> &Counters {
        &self.instance.counters
    }

    #[inline]
    pub(crate) fn context(&self) -> &'static Context {
        self.host.context()
    }

    // The loop.

    /// The loop's body: turns whenever the signal says so, until the life of the context is over.
    pub(super) fn poll_loop(self: &Rc<Self>, cx: &mut TaskContext<'_>) -> Poll<()> {
        for _ in 0..TURNS {
            if self.finished.get() {
                return Poll::Ready(());
            }
            if self.context().signal.poll_notified(cx).is_pending() {
                return Poll::Pending;
            }
            if self.turn() {
                break;
            }
        }
        // There is more, or may be; but the tasks have their turn first, however busy the host is.
        self.context().signal.notify();
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// One turn; true if it left something for the next.
    fn turn(self: &Rc<Self>) -> bool {
        self.drain_answers();
        self.follow_registry();
        // SAFETY: the loop is between tasks, so no host function runs.
        contain(|| unsafe { self.snapshot.drop_retired() });
        let mut left = TURN;
        while left > 0
            && let Some(job) = self.instance.posted.pop()
        {
            left -= 1;
            contain(|| job.run(self));
        }
        if self.constructed.get() {
            left = self.start_queued(left);
        }
        if self.instance.closing.has_begun() {
            self.tell_news();
        }
        left == 0
    }

    /// Starts requests in the order in which they came, `left` at most; returns how many of these were not needed.
    fn start_queued(self: &Rc<Self>, mut left: usize) -> usize {
        // Taken out meanwhile: a request that starts may run anything.
        let mut batch = self.batch.take();
        let mut cx = TaskContext::from_waker(Waker::noop());
        while left > 0 {
            let Some((key, job)) = batch.take_out() else {
                self.instance.requests.take(&mut batch);
                if batch.is_empty() {
                    break;
                }
                continue;
            };
            left -= 1;
            if self.instance.requests.take_up(key) {
                self.end_request(key, Status::Cancelled, b"the request was cancelled before it started");
                contain(|| job.discard());
            } else {
                contain(|| job.start(self, key, &mut cx));
            }
        }
        self.batch.set(batch);
        left
    }

    /// Takes over changes of the registry, and ends the calls that are open on what was unregistered.
    #[inline]
    pub(super) fn follow_registry(&self) {
        if !self.snapshot.is_stale(&self.instance.registry) {
            return;
        }
        if self.snapshot.refresh(&self.instance.registry) {
            self.sweep(Reason::Unregistered, CallHold::is_unregistered);
        }
        self.capacity.registry_changed();
    }

    // The life.

    /// Sets what runs the loop, and returns what did so far.
    pub(super) fn set_runtime(&self, runtime: Option<Rc<LocalRuntime>>) -> Option<Rc<LocalRuntime>> {
        self.runtime.replace(runtime)
    }

    /// Has the loop run a task. One type of task for all of them, since each that tokio makes for a type of its own is large.
    /// None if the loop has ended.
    pub(crate) fn spawn(&self, task: LocalBoxFuture<'static, ()>) -> Option<AbortHandle> {
        let runtime = share(&self.runtime)?;
        Some(runtime.spawn_local(task).abort_handle())
    }

    /// Has the task of the context's life woken at the next news.
    pub(super) fn await_news(&self, cx: &TaskContext<'_>) {
        drop(self.news.replace(Some(cx.waker().clone())));
    }

    fn tell_news(&self) {
        if let Some(waker) = self.news.take() {
            waker.wake();
        }
    }

    pub(super) fn set_state(&self, state: Option<Rc<dyn Any>>) -> Option<Rc<dyn Any>> {
        self.state.replace(state)
    }

    /// The author's state, for code that a constructed context runs.
    ///
    /// # Safety
    ///
    /// It is an `S`.
    #[inline]
    pub(crate) unsafe fn state<S: 'static>(&self) -> Option<Rc<S>> {
        // Relaxed: this thread has stored it. It is the address of the value in `self.state`, or null if that is empty.
        let state = NonNull::new(self.instance.state.load(Ordering::Relaxed).cast::<S>())?;
        // SAFETY: the address is that of an `Rc` of this type, by the caller's contract, which is there as long as the address
        // is: `run::drop_state` takes that back first.
        unsafe {
            Rc::increment_strong_count(state.as_ptr());
            Some(Rc::from_raw(state.as_ptr()))
        }
    }

    /// Lets requests start.
    pub(super) fn start_requests(&self) {
        self.constructed.set(true);
        self.context().signal.notify();
    }

    /// Ends the loop after this turn.
    pub(super) fn finish(&self) {
        self.finished.set(true);
        self.context().signal.notify();
    }

    pub(super) fn admit_calls(&self, admits: bool) {
        self.capacity.set_admits(admits);
    }

    /// Lets no call through, and fails every open one.
    pub(super) fn shut_down_calls(&self) {
        self.capacity.set_admits(false);
        self.drain_answers();
        self.sweep(Reason::ShuttingDown, |_| true);
    }

    /// Lets go of everything, at the end.
    pub(super) fn retire(&self) {
        self.shut_down_calls();
        self.retire_calls();
        // One by one: two that panic in one drop would end the process.
        let mut batch = self.batch.take();
        while let Some((_, job)) = batch.take_out() {
            contain(|| job.discard());
        }
        self.capacity.clear();
        // SAFETY: the loop has ended, so no host function runs.
        contain(|| unsafe { self.snapshot.clear() });
        drop(self.context().signal.reset());
    }

    /// Calls a request back, unless somebody else has.
    #[inline]
    pub(crate) fn end_request(&self, key: Key, status: Status, payload: &[u8]) {
        let Some(callback) = self.instance.requests.settle(key) else { return };
        callback.call(status, payload);
        if self.instance.closing.has_begun() {
            self.tell_news();
        }
    }
}

/// One more reference to what is there.
#[inline]
fn share<T: ?Sized>(cell: &Cell<Option<Rc<T>>>) -> Option<Rc<T>> {
    let there = cell.take();
    cell.set(there.clone());
    there
}
