//! An asynchronous request at work: queued, polled on the FFI thread, and answered once.

use super::super::library::Reply;
use super::answer::answer_once;
use super::warning::Warn;
use crate::Format;
use crate::context::jobs::Job;
use crate::context::local::Local;
use crate::context::requests::Key;
use crate::panic::{self, Contained};
use crate::status::Status;
use futures::future::LocalBoxFuture;
use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

/// A request that waits for the FFI thread.
pub(super) struct Work<S, A, H, F> {
    handler: H,
    args: A,
    reply: F,
    format: Format,
    state: PhantomData<fn(&S)>,
}

impl<S, A, H, F> Work<S, A, H, F> {
    #[inline(always)]
    pub(super) fn new(args: A, (handler, reply): (H, F), format: Format) -> Self {
        Self { handler, args, reply, format, state: PhantomData }
    }
}

impl<S, A, H, T, F, R> Job for Work<S, A, H, F>
where
    S: 'static,
    A: Send + 'static,
    H: AsyncFnOnce(&S, A) -> T + Send + 'static,
    T: 'static,
    F: FnOnce(T) -> R + Send + 'static,
    R: Reply + 'static,
{
    /// The common request is over when this returns: its handler waits for nothing, or is answered inline. It needs no task, and
    /// no memory but what the one before it has left. One that is pending is polled again as a task, with a waker of its own.
    #[inline]
    fn start(self, local: &Rc<Local>, key: Key, cx: &mut Context<'_>) {
        let Self { handler, args, reply, format, .. } = self;
        // SAFETY: an `Owner` has queued this where the state is an `S`.
        let Some(state) = (unsafe { local.state::<S>() }) else {
            return local.end_request(key, Status::Cancelled, b"the context has no state");
        };
        // Contained on its own, so that no drop of an argument leads to its drop while it panics.
        let state = Contained::new(state);
        let place = local.boxes.take();
        let handler = ManuallyDrop::new(async move { handler(&*state, args).await });
        let running = Running { handler, reply: Some(reply), format, key, local: Rc::clone(local) };
        let mut running = Box::into_pin(Box::write(place, running));
        if running.as_mut().poll(cx).is_ready() {
            local.boxes.put_back(running);
        } else {
            go_on(local, key, running);
        }
    }
}

/// A request that runs. It is called back once: with its outcome, or, when it is dropped before that, as cancelled.
struct Running<T, F> {
    /// An `async` block, so there is nothing to drop when it has ended or panicked.
    handler: ManuallyDrop<T>,
    /// None when the handler has ended.
    reply: Option<F>,
    format: Format,
    key: Key,
    local: Rc<Local>,
}

impl<T: Future, F: FnOnce(T::Output) -> R, R: Reply> Future for Running<T, F> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        // SAFETY: the handler is pinned with this, and never moved; the other fields are not pinned.
        let this = unsafe { self.get_unchecked_mut() };
        // SAFETY: as above.
        let mut handler = unsafe { Pin::new_unchecked(&mut *this.handler) };
        let outcome = match catch_unwind(AssertUnwindSafe(|| handler.as_mut().poll(cx))) {
            Ok(Poll::Pending) => return Poll::Pending,
            Ok(Poll::Ready(outcome)) => Ok(outcome),
            Err(payload) => Err(payload),
        };
        if let Some(reply) = this.reply.take() {
            let tell = |status, payload: &[u8]| this.local.end_request(this.key, status, payload);
            match outcome {
                Ok(outcome) => answer_once(|| reply(outcome), this.format, tell),
                Err(payload) => tell(Status::Panic, panic::explain(payload).as_bytes()),
            }
        }
        Poll::Ready(())
    }
}

impl<T, F> Drop for Running<T, F> {
    #[inline]
    fn drop(&mut self) {
        if self.reply.is_some() {
            self.cancel();
        }
    }
}

impl<T, F> Running<T, F> {
    #[cold]
    fn cancel(&mut self) {
        // SAFETY: in its place, and once: it has not ended, and this is its drop.
        panic::contain_call(|| unsafe { ManuallyDrop::drop(&mut self.handler) });
        self.local.end_request(self.key, Status::Cancelled, b"the request was cancelled");
    }
}

/// Goes on with a request as a task: one type of it for all handlers, as each is a lot of code.
fn go_on(local: &Rc<Local>, key: Key, work: LocalBoxFuture<'static, ()>) {
    let work = match local.instance.options.stale_warn {
        None => work,
        Some(Warn { interval, around }) => around(Rc::clone(local), key, interval, work),
    };
    if let Some(task) = local.spawn(work)
        && let Some(unwanted) = local.instance.requests.started(key, task)
    {
        unwanted.abort();
    }
}
