//! Requests, asynchronous and synchronous, and how each is answered once.

use super::super::host_fn::{Callback, UserData};
use super::super::library::{Library, Reply};
use super::super::types::FFICallBack;
use super::{bytes, done, host};
use crate::context::gate::Phase;
use crate::context::local::Local;
use crate::context::requests::{Job, Key, Refused};
use crate::context::{Instance, frame};
use crate::panic;
use crate::status::Status;
use futures::FutureExt;
use smallbox::smallbox;
use std::any::Any;
use std::ffi::{c_int, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::atomic::Ordering;
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

/// An asynchronous request: copies the bytes, and runs the handler on the FFI thread.
///
/// # Safety
///
/// As `ffihost.h` says: `req` points to `len` bytes, `cb` is such a function.
#[inline]
pub unsafe fn request<S, H, R>(
    library: &'static Library<S>,
    ctx: *mut c_void,
    (cb, user_data): (Option<FFICallBack>, *mut c_void),
    (req, len): (*const u8, usize),
    handler: H,
) -> c_int
where
    S: 'static,
    H: AsyncFnOnce(&S, Vec<u8>) -> R + Send + 'static,
    R: Reply + 'static,
{
    done(|| {
        let callback = Callback::new(cb.ok_or(Status::MissingCallback)?, UserData(user_data));
        // SAFETY: the caller's contract.
        let args = unsafe { bytes(req, len, library.options.payload)? };
        let inside = host(library, ctx)?.enter(Phase::Running)?;
        let args = args.to_vec();
        let handler = async move |state: &S| handler(state, args).await;
        submit::<S, _, R>(&inside, callback, handler)
    })
}

fn submit<S, H, R>(inside: &Instance, callback: Callback, handler: H) -> Result<(), Status>
where
    S: 'static,
    H: AsyncFnOnce(&S) -> R + Send + 'static,
    R: Reply + 'static,
{
    let job = Work { handler: Some(handler), state: std::marker::PhantomData::<fn(&S)> };
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

/// A request that waits for the FFI thread.
struct Work<S, H> {
    handler: Option<H>,
    state: std::marker::PhantomData<fn(&S)>,
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
        let work = async move {
            let outcome = AssertUnwindSafe(handler(&state)).catch_unwind().await;
            responder.reply(outcome);
        };
        let mut work = Box::pin(work);
        // Many requests end without waiting for anything, or are answered inline: those need no task. One that is pending
        // is polled again as a task, with a waker of its own.
        if work.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready() {
            return;
        }
        let task = match local.instance.options.stale_warn {
            None => tokio::task::spawn_local(work),
            Some(interval) => tokio::task::spawn_local(with_warnings(Rc::clone(local), key, interval, work)),
        };
        local.instance.requests.started(key, task.abort_handle());
    }
}

/// Tells the callback of a request every `interval` that it still runs.
async fn with_warnings(local: Rc<Local>, key: Key, interval: Duration, work: impl Future<Output = ()>) {
    let start = Instant::now();
    let warnings = async {
        loop {
            tokio::time::sleep(interval).await;
            if let Some(callback) = local.instance.requests.callback(key) {
                callback.call(Status::StaleWarn, start.elapsed().as_millis().to_string().as_bytes());
            }
        }
    };
    futures::future::select(std::pin::pin!(work), std::pin::pin!(warnings)).await;
}

/// Calls a request back once: with its outcome, or, when it is dropped unused, as cancelled.
struct Responder {
    local: Rc<Local>,
    key: Option<Key>,
}

impl Responder {
    fn reply(mut self, outcome: Result<impl Reply, Box<dyn Any + Send>>) {
        let Some(key) = self.key.take() else { return };
        answer_once(outcome, |status, payload| self.local.end_request(key, status, payload));
    }
}

/// Tells the outcome of a request, once: also if encoding it panics, before or after it has told, tells nothing, or tells
/// twice.
fn answer_once(outcome: Result<impl Reply, Box<dyn Any + Send>>, tell: impl FnOnce(Status, &[u8])) {
    let mut tell = Some(tell);
    let problem = match outcome {
        Ok(outcome) => {
            let replied = panic::contain(|| {
                outcome.reply(&mut |status, payload| {
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

/// A synchronous request: runs the handler here, and calls back before it returns.
///
/// # Safety
///
/// As `ffihost.h` says: `req` points to `len` bytes, `cb` is such a function.
#[inline]
pub unsafe fn sync_request<S, R>(
    library: &'static Library<S>,
    ctx: *mut c_void,
    (cb, user_data): (Option<FFICallBack>, *mut c_void),
    (req, len): (*const u8, usize),
    handler: impl FnOnce(&S, &[u8]) -> R,
) -> c_int
where
    S: Sync + 'static,
    R: Reply,
{
    done(|| {
        let callback = Callback::new(cb.ok_or(Status::MissingCallback)?, UserData(user_data));
        // SAFETY: the caller's contract.
        let args = unsafe { bytes(req, len, library.options.payload)? };
        let host = host(library, ctx)?;
        let inside = host.enter(Phase::Running)?;
        // SAFETY: the address is null or that of the state of this library's type, which is not dropped while somebody is
        // inside; `S: Sync` lets other threads look at it.
        let state = unsafe { inside.state.load(Ordering::Acquire).cast::<S>().as_ref() }.ok_or(Status::Busy)?;
        // Still inside when it calls back, so that a close waits for that too.
        frame::enter(host, None, || {
            let outcome = catch_unwind(AssertUnwindSafe(|| handler(state, args)));
            answer_once(outcome, |status, payload| callback.call(status, payload));
        });
        Ok(())
    })
}
