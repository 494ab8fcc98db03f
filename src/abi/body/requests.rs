//! Asynchronous requests, and how each is answered once.

use super::super::host_fn::{Callback, UserData};
use super::super::library::{Library, Reply, Typed};
use super::super::types::FFICallBack;
use super::{bytes, done, host};
use crate::context::gate::Phase;
use crate::context::local::Local;
use crate::context::requests::{Job, Key, Refused};
use crate::context::{Instance, frame};
use crate::error::DecodeError;
use crate::status::Status;
use crate::wire::Returned;
use crate::wire::cbor::Reader as CborReader;
use crate::wire::native::Reader as NativeReader;
use crate::{Format, panic};
use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;
use smallbox::smallbox;
use std::any::Any;
use std::ffi::{c_int, c_void};
use std::marker::PhantomData;
use std::panic::AssertUnwindSafe;
use std::rc::Rc;
use std::task::{Context, Waker};
use std::time::{Duration, Instant};

/// `<lib>_cancel`.
pub fn cancel<S>(library: &'static Library<S>, ctx: *mut c_void, user_data: *mut c_void) -> c_int {
    done(|| {
        let inside = host(library, ctx)?.enter(Phase::Finishing)?;
        if !inside.requests.cancel(UserData(user_data)) {
            return Err(Status::UnknownToken);
        }
        inside.context.signal.notify();
        Ok(())
    })
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
    let read = |limit| Ok(read(&mut NativeReader::new(limit)));
    submit(library, ctx, given, Format::Native, read, async move |state: &S, args| Typed(handler(state, args).await))
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
    let read = |limit| unsafe { read_map(req, limit, read) };
    submit(library, ctx, given, Format::Cbor, read, async move |state: &S, args| Typed(handler(state, args).await))
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
    let bytes = match unsafe { bytes(req, len, limit)? } {
        [] => &[EMPTY_MAP],
        bytes => bytes,
    };
    Ok(CborReader::new(bytes, limit).only(read))
}

const EMPTY_MAP: u8 = 0xa0;

/// Submits a request whose arguments `read` makes here, within a limit.
#[inline]
pub(super) fn submit<S, A, H, R>(
    library: &'static Library<S>,
    ctx: *mut c_void,
    (cb, user_data): Given,
    format: Format,
    read: impl FnOnce(usize) -> Result<Result<A, DecodeError>, Status>,
    handler: H,
) -> c_int
where
    S: 'static,
    A: Send + 'static,
    H: AsyncFnOnce(&S, A) -> R + Send + 'static,
    R: Reply + 'static,
{
    done(|| {
        let callback = Callback::new(cb.ok_or(Status::MissingCallback)?, UserData(user_data));
        let host = host(library, ctx)?;
        let inside = host.enter(Phase::Running)?;
        match Refusal::sort(frame::enter(host, None, || read(library.options.payload))?)? {
            Ok(args) => {
                enqueue::<S, _, R>(&inside, callback, format, async move |state: &S| handler(state, args).await)
            }
            Err(refusal) => enqueue::<S, _, _>(&inside, callback, format, async move |_: &S| refusal),
        }
    })
}

pub(super) fn enqueue<S, H, R>(inside: &Instance, callback: Callback, format: Format, handler: H) -> Result<(), Status>
where
    S: 'static,
    H: AsyncFnOnce(&S) -> R + Send + 'static,
    R: Reply + 'static,
{
    let job = Work { handler: Some(handler), format, state: PhantomData::<fn(&S)> };
    let tell = inside.requests.submit(callback, smallbox!(job)).inspect_err(|refused| {
        if *refused == Refused::Full {
            inside.counters.requests_refused.bump();
        }
    })?;
    inside.counters.requests.bump();
    if tell {
        inside.context.signal.notify();
    }
    Ok(())
}

/// The answer to arguments that do not decode.
pub(super) struct Refusal(DecodeError);

impl Refusal {
    /// A pointer that must not be NULL is refused at the door; the rest is worth a text.
    pub(super) fn sort<A>(read: Result<A, DecodeError>) -> Result<Result<A, Self>, Status> {
        match read {
            Err(error) if error.status() == Status::InvalidArgument => Err(Status::InvalidArgument),
            read => Ok(read.map_err(Self)),
        }
    }
}

impl Reply for Refusal {
    fn reply(&self, _: Format, take: &mut dyn FnMut(Status, &[u8])) {
        take(self.0.status(), self.0.to_string().as_bytes());
    }
}

/// A request that waits for the FFI thread.
struct Work<S, H> {
    handler: Option<H>,
    format: Format,
    state: PhantomData<fn(&S)>,
}

impl<S, H, R> Job for Work<S, H>
where
    S: 'static,
    H: AsyncFnOnce(&S) -> R + Send + 'static,
    R: Reply + 'static,
{
    fn start(&mut self, local: &Rc<Local>, key: Key) {
        let responder = Responder { local: Rc::clone(local), key: Some(key) };
        let (Some(handler), Some(state)) = (self.handler.take(), local.state::<S>()) else { return drop(responder) };
        let format = self.format;
        let work = async move {
            let outcome = AssertUnwindSafe(handler(&state)).catch_unwind().await;
            responder.reply(outcome, format);
        };
        let mut work = Box::pin(work);
        // Many requests end without waiting for anything, or are answered inline: those need no task. One that is pending
        // is polled again as a task, with a waker of its own.
        if work.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready() {
            return;
        }
        let task = match local.instance.options.stale_warn {
            None => local.spawn(work),
            Some(interval) => local.spawn(Box::pin(with_warnings(Rc::clone(local), key, interval, work))),
        };
        if let Some(task) = task {
            local.instance.requests.started(key, task);
        }
    }
}

/// Tells the callback of a request every `interval` that it still runs.
async fn with_warnings(local: Rc<Local>, key: Key, interval: Duration, work: LocalBoxFuture<'static, ()>) {
    let start = Instant::now();
    let warnings = async {
        loop {
            tokio::time::sleep(interval).await;
            if let Some(callback) = local.instance.requests.callback(key) {
                callback.call(Status::StaleWarn, start.elapsed().as_millis().to_string().as_bytes());
            }
        }
    };
    futures_util::future::select(work, std::pin::pin!(warnings)).await;
}

/// Calls a request back once: with its outcome, or, when it is dropped unused, as cancelled.
struct Responder {
    local: Rc<Local>,
    key: Option<Key>,
}

impl Responder {
    fn reply(mut self, outcome: Result<impl Reply, Box<dyn Any + Send>>, format: Format) {
        let Some(key) = self.key.take() else { return };
        answer_once(outcome, format, |status, payload| self.local.end_request(key, status, payload));
    }
}

/// Tells the outcome of a request, once: also if encoding it panics, before or after it has told, tells nothing, or tells
/// twice.
pub(super) fn answer_once(
    outcome: Result<impl Reply, Box<dyn Any + Send>>,
    format: Format,
    tell: impl FnOnce(Status, &[u8]),
) {
    let mut tell = Some(tell);
    let problem = match outcome {
        Ok(outcome) => {
            let replied = panic::contain(|| {
                outcome.reply(format, &mut |status, payload| {
                    if let Some(tell) = tell.take() {
                        tell(status, payload);
                    }
                });
                drop(outcome);
            });
            replied.err()
        }
        Err(payload) => Some(panic::explain(payload)),
    };
    if let Some(tell) = tell {
        tell(Status::Panic, problem.as_deref().unwrap_or("the outcome was not encoded").as_bytes());
    }
}

impl Drop for Responder {
    fn drop(&mut self) {
        if let Some(key) = self.key.take() {
            self.local.end_request(key, Status::Cancelled, b"the request was cancelled");
        }
    }
}
