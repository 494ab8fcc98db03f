//! Asynchronous requests, and how each is answered once.

use super::super::host_fn::{Callback, UserData};
use super::super::library::{AnyLibrary, Library, Reply, Typed};
use super::super::types::FFICallBack;
use super::{bytes, done, host};
use crate::context::gate::Phase;
use crate::context::jobs::Job;
use crate::context::local::Local;
use crate::context::requests::{Key, Refused};
use crate::context::{Instance, current};
use crate::error::DecodeError;
use crate::panic::{self, Contained};
use crate::status::Status;
use crate::wire::Returned;
use crate::wire::cbor::Reader as CborReader;
use crate::wire::native::Reader as NativeReader;
use crate::{Format, Host};
use ffihost_cbor::constant::EMPTY_MAP;
use futures::future::LocalBoxFuture;
use std::ffi::{c_int, c_void};
use std::future::poll_fn;
use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use tokio::task::AbortHandle;

/// `<lib>_cancel`.
pub fn cancel(library: &'static AnyLibrary, ctx: *mut c_void, user_data: *mut c_void) -> c_int {
    done(|| {
        let inside = host(library, ctx)?.enter(Phase::Finishing)?;
        cancel_in(&inside, UserData(user_data))
    })
}

/// Cancels the requests that were submitted with this userData.
pub(crate) fn cancel_in(inside: &Instance, user_data: UserData) -> Result<(), Status> {
    let cancelled = inside.requests.cancel(user_data.0.addr());
    cancelled.tasks.iter().for_each(AbortHandle::abort);
    if !cancelled.found {
        return Err(Status::UnknownToken);
    }
    inside.context.signal.notify();
    Ok(())
}

/// Callback and userData, as a host passes them.
pub(super) type Given = (Option<FFICallBack>, *mut c_void);

/// An asynchronous request with native arguments: `read` makes them on this thread, `handler` runs on the FFI thread.
///
/// # Safety
///
/// As `ffihost.h` says: `cb` is such a function, and `read` may read what the host passed.
#[inline]
pub unsafe fn request<S, A, H, R>(
    library: &'static Library<S>,
    ctx: *mut c_void,
    given: Given,
    read: impl FnOnce(&mut NativeReader) -> Result<A, DecodeError>,
    handler: H,
) -> c_int
where
    S: 'static,
    A: Send + 'static,
    H: AsyncFnOnce(&S, A) -> R + Send + 'static,
    R: Returned + 'static,
{
    let read = |host, limit| decode(host, || Ok(read(&mut NativeReader::new(limit))));
    submit(library, ctx, given, Format::Native, read, (handler, Typed))
}

/// An asynchronous request with CBOR arguments.
///
/// # Safety
///
/// As `ffihost.h` says: `cb` is such a function, and `req` points to `len` bytes.
pub unsafe fn request_cbor<S, A, H, R>(
    library: &'static Library<S>,
    ctx: *mut c_void,
    given: Given,
    req: (*const u8, usize),
    read: impl FnOnce(&mut CborReader<'_>) -> Result<A, DecodeError>,
    handler: H,
) -> c_int
where
    S: 'static,
    A: Send + 'static,
    H: AsyncFnOnce(&S, A) -> R + Send + 'static,
    R: Returned + 'static,
{
    // SAFETY: the caller's contract.
    let read = |host, limit| decode(host, || unsafe { read_map(req, limit, read) });
    submit(library, ctx, given, Format::Cbor, read, (handler, Typed))
}

/// Reads the map that a host passed; no bytes are the empty one.
///
/// # Safety
///
/// `req` points to `len` bytes.
pub(super) unsafe fn read_map<A>(
    (req, len): (*const u8, usize),
    limit: usize,
    read: impl FnOnce(&mut CborReader<'_>) -> Result<A, DecodeError>,
) -> Result<Result<A, DecodeError>, Status> {
    // SAFETY: the caller's contract.
    read_whole(unsafe { bytes(req, len, limit)? }, limit, read)
}

/// Reads a map; no bytes are the empty one.
pub(super) fn read_whole<A>(
    bytes: &[u8],
    limit: usize,
    read: impl FnOnce(&mut CborReader<'_>) -> Result<A, DecodeError>,
) -> Result<Result<A, DecodeError>, Status> {
    if bytes.len() > limit {
        return Err(Status::TooLarge);
    }
    let bytes = if bytes.is_empty() { &[EMPTY_MAP] } else { bytes };
    Ok(CborReader::new(bytes, limit).only(read))
}

/// Reads arguments inside of a context, so that handles are found.
#[inline]
pub(super) fn decode<R>(host: Host, read: impl FnOnce() -> R) -> R {
    let _inside = current::Decoding::new(host);
    read()
}

/// Submits a request whose arguments `read` makes here, of that context and within a limit. `reply` makes a reply of what the
/// handler returns.
#[inline]
pub(super) fn submit<S, A, H, T, F, R>(
    library: &'static Library<S>,
    ctx: *mut c_void,
    (cb, user_data): Given,
    format: Format,
    read: impl FnOnce(Host, usize) -> Result<Result<A, DecodeError>, Status>,
    (handler, reply): (H, F),
) -> c_int
where
    S: 'static,
    A: Send + 'static,
    H: AsyncFnOnce(&S, A) -> T + Send + 'static,
    T: 'static,
    F: FnOnce(T) -> R + Send + 'static,
    R: Reply + 'static,
{
    done(|| {
        let callback = Callback::new(cb.ok_or(Status::MissingCallback)?, UserData(user_data));
        start(library, host(library, ctx)?, callback, format, read, (handler, reply))
    })
}

/// Starts a request whose arguments `read` makes here, of that context and within a limit.
#[inline]
pub(super) fn start<S, A, H, T, F, R>(
    library: &'static Library<S>,
    host: Host,
    callback: Callback,
    format: Format,
    read: impl FnOnce(Host, usize) -> Result<Result<A, DecodeError>, Status>,
    (handler, reply): (H, F),
) -> Result<(), Status>
where
    S: 'static,
    A: Send + 'static,
    H: AsyncFnOnce(&S, A) -> T + Send + 'static,
    T: 'static,
    F: FnOnce(T) -> R + Send + 'static,
    R: Reply + 'static,
{
    let inside = host.admit()?;
    let args = Refusal::sort(read(host, library.options.payload)?)?;
    enqueue_work::<S, A, H, T, F, R>(&inside, callback, args, format, (handler, reply))
}

/// Queues a handler with its arguments, or what is to be said of them.
#[inline(always)]
pub(super) fn enqueue_work<S, A, H, T, F, R>(
    inside: &Instance,
    callback: Callback,
    args: Result<A, Refusal>,
    format: Format,
    (handler, reply): (H, F),
) -> Result<(), Status>
where
    S: 'static,
    A: Send + 'static,
    H: AsyncFnOnce(&S, A) -> T + Send + 'static,
    T: 'static,
    F: FnOnce(T) -> R + Send + 'static,
    R: Reply + 'static,
{
    match args {
        Ok(args) => {
            let work = Work { handler, args, reply, format, state: PhantomData::<fn(&S)> };
            enqueue(inside, callback, work)
        }
        Err(refusal) => enqueue_refusal(inside, callback, refusal),
    }
}

#[inline(always)]
fn enqueue(inside: &Instance, callback: Callback, job: impl Job + 'static) -> Result<(), Status> {
    match inside.requests.submit(callback.user_data().0.addr(), callback, job) {
        Ok(tell) => {
            if tell {
                inside.context.signal.notify();
            }
            Ok(())
        }
        Err((refused, job)) => Err(refuse(inside, refused, job)),
    }
}

#[cold]
fn enqueue_refusal(inside: &Instance, callback: Callback, refusal: Refusal) -> Result<(), Status> {
    enqueue(inside, callback, refusal)
}

#[cold]
fn refuse(inside: &Instance, refused: Refused, job: impl Job) -> Status {
    if refused == Refused::Full {
        inside.counters.requests_refused.bump();
    }
    panic::contain_call(|| drop(job));
    refused.into()
}

/// The answer to arguments that do not decode.
pub(super) struct Refusal(DecodeError);

impl Refusal {
    /// A pointer that must not be NULL is refused at the door; the rest is worth a text.
    #[inline(always)]
    pub(super) fn sort<A>(read: Result<A, DecodeError>) -> Result<Result<A, Self>, Status> {
        match read {
            Err(error) if error.status() == Status::InvalidArgument => Err(Status::InvalidArgument),
            read => Ok(read.map_err(Self)),
        }
    }
}

/// It is told in its turn, as every other end of a request is.
impl Job for Refusal {
    fn start(self, local: &Rc<Local>, key: Key, _: &mut Context<'_>) {
        self.reply(Format::Native, &mut |status, payload| local.end_request(key, status, payload));
    }
}

impl Reply for Refusal {
    fn reply(&self, _: Format, take: &mut dyn FnMut(Status, &[u8])) {
        take(self.0.status(), self.0.to_string().as_bytes());
    }
}

/// A request that waits for the FFI thread.
struct Work<S, A, H, F> {
    handler: H,
    args: A,
    reply: F,
    format: Format,
    state: PhantomData<fn(&S)>,
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
        // SAFETY: the context is one of this request's library, whose state is an `S`.
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

/// The author wants hosts to be told every `interval` that a request still runs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Warn {
    interval: Duration,
    /// [`with_warnings`], which is not linked into a library that names it nowhere.
    around: fn(Rc<Local>, Key, Duration, LocalBoxFuture<'static, ()>) -> LocalBoxFuture<'static, ()>,
}

impl Warn {
    pub(crate) const fn every(interval: Duration) -> Self {
        Self { interval, around: |local, key, interval, work| Box::pin(with_warnings(local, key, interval, work)) }
    }
}

impl PartialEq for Warn {
    fn eq(&self, other: &Self) -> bool {
        self.interval == other.interval
    }
}

impl Eq for Warn {}

/// Tells the callback of a request every `interval` that it still runs.
async fn with_warnings(local: Rc<Local>, key: Key, interval: Duration, mut work: LocalBoxFuture<'static, ()>) {
    let start = Instant::now();
    let mut warning = pin!(tokio::time::sleep(interval));
    poll_fn(|cx| {
        if work.as_mut().poll(cx).is_ready() {
            return Poll::Ready(());
        }
        while warning.as_mut().poll(cx).is_ready() {
            warn(&local, key, start);
            warning.set(tokio::time::sleep(interval));
        }
        Poll::Pending
    })
    .await;
}

/// Tells a request's callback that it still runs; then, if the context was abandoned meanwhile, how it ends.
fn warn(local: &Local, key: Key, start: Instant) {
    let requests = &local.instance.requests;
    let Some(callback) = requests.warn(key) else { return };
    callback.call(Status::StaleWarn, start.elapsed().as_millis().to_string().as_bytes());
    if let Some((callback, (status, text))) = requests.warned(key) {
        callback.call(status, text.as_bytes());
        requests.delivered();
    }
}

/// Tells the outcome of a request, once: also if making or encoding it panics, before or after it has told, and if its encoder
/// tells nothing, or tells twice.
#[inline]
pub(super) fn answer_once<R: Reply>(make: impl FnOnce() -> R, format: Format, tell: impl FnOnce(Status, &[u8])) {
    let mut tell = Some(tell);
    let replied = panic::contain(|| {
        // Contained on its own: its drop may panic, also on the way of a panic of its encoder.
        let outcome = Contained::new(make());
        outcome.reply(format, &mut |status, payload| {
            if let Some(tell) = tell.take() {
                tell(status, payload);
            }
        });
        if let Some(tell) = tell.take() {
            tell(Status::Panic, b"the outcome was not encoded");
        }
    });
    if let Some(tell) = tell.take()
        && let Err(text) = replied
    {
        tell(Status::Panic, text.as_bytes());
    }
}
