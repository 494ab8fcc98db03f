//! The bodies behind the exports. See the parent for their shape, and `ffihost.h` for what each promises.

use super::host_fn::{Callback, HostFunction, UserData};
use super::library::{Library, Reply};
use super::types::{FFI_FORMAT_CBOR, FFI_FORMAT_NATIVE, FFICallBack, FFIHostFn, FFIHostFnOptions, FFIStats};
use crate::context::close;
use crate::context::gate::{Phase, Refused};
use crate::context::local::Local;
use crate::context::requests::{self, Job, Key};
use crate::context::run::{self, State};
use crate::context::{Instance, frame};
use crate::events::Removal;
use crate::inflight::{Accepted, Answer, Raw, Token};
use crate::panic;
use crate::status::Status;
use crate::{Format, Host};
use futures::FutureExt;
use smallbox::smallbox;
use std::any::Any;
use std::ffi::{CStr, c_char, c_int, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::atomic::Ordering;
use std::task::{Context, Waker};
use std::time::{Duration, Instant};

/// A name that a host passes is at most this long.
const MAX_NAME: usize = 255;

impl From<Refused> for Status {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Stale => Self::InvalidCtx,
            Refused::Closing => Self::Closing,
        }
    }
}

impl From<requests::Refused> for Status {
    fn from(refused: requests::Refused) -> Self {
        match refused {
            requests::Refused::Full => Self::Busy,
            requests::Refused::Sealed => Self::Closing,
        }
    }
}

/// The host that a handle names, if there ever was one.
#[inline]
fn host<S>(library: &'static Library<S>, ctx: *mut c_void) -> Result<Host, Status> {
    let (context, generation) = library.contexts.find(ctx.addr()).ok_or(Status::InvalidCtx)?;
    Ok(Host::new(context, generation))
}

/// The bytes that a host passed.
///
/// # Safety
///
/// If `pointer` is not NULL it points to `length` bytes that live for `'a`.
unsafe fn bytes<'a>(pointer: *const u8, length: usize, limit: usize) -> Result<&'a [u8], Status> {
    if length > limit {
        return Err(Status::TooLarge);
    }
    match (pointer.is_null(), length) {
        (_, 0) => Ok(&[]),
        (true, _) => Err(Status::InvalidArgument),
        // SAFETY: not null, and by the caller's contract as long as it says; `Options` keeps the limit below isize::MAX.
        (false, _) => Ok(unsafe { std::slice::from_raw_parts(pointer, length) }),
    }
}

/// The name that a host passed.
///
/// # Safety
///
/// If `pointer` is not NULL it points to a NUL-terminated string that lives for `'a`.
unsafe fn name<'a>(pointer: *const c_char) -> Result<&'a str, Status> {
    if pointer.is_null() {
        return Err(Status::InvalidArgument);
    }
    // SAFETY: not null, and NUL-terminated by the caller's contract.
    let name = unsafe { CStr::from_ptr(pointer) };
    match name.to_str() {
        Ok(name) if !name.is_empty() && name.len() <= MAX_NAME => Ok(name),
        _ => Err(Status::InvalidArgument),
    }
}

/// Whether a struct that starts with its own size is one that this library understands: at least as large as ours, and if a
/// later header made it larger, with nothing said there.
///
/// # Safety
///
/// `pointer` points to a size and to as many bytes as that says, from its own beginning.
unsafe fn fits<T>(pointer: *const T) -> bool {
    // SAFETY: the caller's contract.
    let size = unsafe { pointer.cast::<usize>().read_unaligned() };
    // SAFETY: as above; nobody's struct is larger than a page.
    (size_of::<T>()..=4096).contains(&size)
        && (size_of::<T>()..size).all(|offset| unsafe { pointer.byte_add(offset).cast::<u8>().read() } == 0)
}

fn done(body: impl FnOnce() -> Result<(), Status>) -> c_int {
    panic::export(|| body().err().unwrap_or(Status::Ok))
}

/// `<lib>_create`.
///
/// # Safety
///
/// As `ffihost.h` says: `req` points to `len` bytes, `ctx` may be written, `cb` is such a function.
pub unsafe fn create<S, C, D, T, E>(
    library: &'static Library<S>,
    (req, len): (*const u8, usize),
    (cb, user_data): (Option<FFICallBack>, *mut c_void),
    ctx: *mut *mut c_void,
    construct: C,
    destruct: D,
) -> c_int
where
    S: 'static,
    C: AsyncFnOnce(Vec<u8>) -> Result<S, E> + Send + 'static,
    D: AsyncFnOnce(&S) -> T + Send + 'static,
    E: crate::ToHost,
{
    done(|| {
        let callback = Callback::new(cb.ok_or(Status::MissingCallback)?, UserData(user_data));
        if ctx.is_null() {
            return Err(Status::InvalidArgument);
        }
        // SAFETY: the caller's contract.
        let args = unsafe { bytes(req, len, library.options.payload)? }.to_vec();
        let context = library.contexts.acquire(library.options.contexts).ok_or(Status::Busy)?;
        let instance = context.open(library.options, library.surface.host_fns);
        let created = instance.requests.accept(callback);
        // SAFETY: not null, and writable by the caller's contract. Before the thread starts, so before `cb` is called.
        unsafe { ctx.write(std::ptr::without_provenance_mut(instance.handle().to_bits())) };
        let construct = Box::new(|| {
            let state = async move {
                let made = construct(args).await;
                made.map(pack::<S>).map_err(|error| (Status::Err, encoded(&error)))
            };
            state.boxed_local()
        });
        let destruct = Box::new(|state: Rc<dyn Any>| {
            let destroyed = async move {
                if let Some(state) = state.downcast_ref::<S>() {
                    destruct(state).await;
                }
            };
            destroyed.boxed_local()
        });
        run::start(&instance, created, construct, destruct).map_err(|error| {
            tracing::error!(%error, "no FFI thread for a new context");
            let _never_called = instance.requests.settle(created);
            context.abort();
            Status::Busy
        })
    })
}

fn pack<S: 'static>(state: S) -> State {
    let state = Rc::new(state);
    State { address: Rc::as_ptr(&state).cast_mut().cast(), value: state }
}

fn encoded(value: &impl crate::ToHost) -> Vec<u8> {
    let mut bytes = Vec::new();
    value.to_host(Format::Native, &mut |encoded| bytes = encoded.to_vec());
    bytes
}

/// `<lib>_destroy`.
pub fn destroy<S>(library: &'static Library<S>, ctx: *mut c_void) -> c_int {
    panic::export(|| host(library, ctx).map_or_else(|status| status, close::destroy))
}

/// `<lib>_close`.
///
/// # Safety
///
/// As `ffihost.h` says: `cb` is such a function.
pub unsafe fn close<S>(
    library: &'static Library<S>,
    ctx: *mut c_void,
    cb: Option<FFICallBack>,
    user_data: *mut c_void,
) -> c_int {
    let callback = cb.map(|cb| Callback::new(cb, UserData(user_data)));
    let tell = move |closed: close::Closed| {
        if let Some(callback) = callback {
            callback.call(closed.status(), closed.text().as_bytes());
        }
    };
    panic::export(|| host(library, ctx).map_or_else(|status| status, |host| close::close(host, tell)))
}

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
        if *refused == requests::Refused::Full {
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

/// `<lib>_register_host_fn` and its `_cbor` twin.
///
/// # Safety
///
/// As `ffihost.h` says: `host_fn` is NUL-terminated, `function` is such a function.
pub unsafe fn register_host_fn<S>(
    library: &'static Library<S>,
    ctx: *mut c_void,
    host_fn: *const c_char,
    function: Option<FFIHostFn>,
    user_data: *mut c_void,
    format: Format,
) -> c_int {
    done(|| {
        // SAFETY: the caller's contract.
        let name = unsafe { name(host_fn)? };
        let function = function.map(|function| HostFunction {
            function,
            cancel: None,
            release: None,
            user_data: UserData(user_data),
            format,
            max_in_flight: 0,
            deadline: None,
        });
        register(library, ctx, name, function)
    })
}

/// `<lib>_register_host_fn_with`.
///
/// # Safety
///
/// As `ffihost.h` says: `host_fn` is NUL-terminated, `options` points to a struct as large as it says.
pub unsafe fn register_host_fn_with<S>(
    library: &'static Library<S>,
    ctx: *mut c_void,
    host_fn: *const c_char,
    options: *const FFIHostFnOptions,
) -> c_int {
    done(|| {
        // SAFETY: the caller's contract.
        let name = unsafe { name(host_fn)? };
        if options.is_null() {
            return Err(Status::InvalidArgument);
        }
        // SAFETY: not null; the struct is as large as it says, by the caller's contract.
        if !unsafe { fits(options) } {
            return Err(Status::InvalidArgument);
        }
        // SAFETY: it is at least this large.
        let options = unsafe { options.read_unaligned() };
        let format = match options.format {
            FFI_FORMAT_NATIVE => Format::Native,
            FFI_FORMAT_CBOR => Format::Cbor,
            _ => return Err(Status::InvalidArgument),
        };
        let function = options.function.map(|function| HostFunction {
            function,
            cancel: options.cancel,
            release: options.release,
            user_data: UserData(options.user_data),
            format,
            max_in_flight: options.max_in_flight,
            deadline: (options.deadline_ms != 0).then(|| Duration::from_millis(options.deadline_ms)),
        });
        register(library, ctx, name, function)
    })
}

fn register<S>(
    library: &'static Library<S>,
    ctx: *mut c_void,
    name: &str,
    function: Option<HostFunction>,
) -> Result<(), Status> {
    // A refused registration must not release what the host still has.
    let function = function.map(std::mem::ManuallyDrop::new);
    let host = host(library, ctx)?;
    let inside = host.enter(Phase::Closing)?;
    if !inside.host_fns.is_empty() && !inside.host_fns.contains(&name) {
        return Err(Status::InvalidArgument);
    }
    let gone = match function {
        Some(function) => inside.registry.register(name, std::mem::ManuallyDrop::into_inner(function)),
        None => Some(inside.registry.unregister(name).ok_or(Status::NotRegistered)?),
    };
    inside.context.signal.notify();
    // May be the last one to hold it, and release it: under no lock, but inside, so that a close waits for that.
    frame::enter(host, None, || drop(gone));
    Ok(())
}

/// `<lib>_host_complete`.
///
/// # Safety
///
/// As `ffihost.h` says: `msg` points to `len` bytes.
#[inline]
pub unsafe fn host_complete<S>(
    library: &'static Library<S>,
    ctx: *mut c_void,
    token: u64,
    ret: c_int,
    msg: *const c_char,
    len: usize,
) -> c_int {
    done(|| {
        let (context, generation) = library.contexts.find(ctx.addr()).ok_or(Status::InvalidCtx)?;
        if !context.gate.is_current(generation) {
            return Err(Status::InvalidCtx);
        }
        let token = Token::from_bits(token).ok_or(Status::UnknownToken)?;
        // SAFETY: the caller's contract.
        let payload = unsafe { bytes(msg.cast(), len, context.max_payload()) };
        let (answer, broken) = match payload {
            Ok(payload) => (context.answer(token, Raw::Host { ret, payload }), None),
            // A faulty host must not hang a call either: what it passed cannot be read, and that is the answer.
            Err(status) => {
                let text = match status {
                    Status::TooLarge => format!("the host passed {len} bytes, the limit is {}", context.max_payload()),
                    _ => format!("the host passed NULL with a length of {len}"),
                };
                (context.answer(token, Raw::Unreadable(&text)), Some(status))
            }
        };
        match (answer, broken) {
            (Answer::Unknown, _) => Err(Status::UnknownToken),
            (_, Some(Status::TooLarge)) => Err(Status::TooLarge),
            (Answer::Inline(Accepted::Undecodable) | Answer::Queued { accepted: Accepted::Undecodable, .. }, _) => {
                Err(Status::Decode)
            }
            _ => Ok(()),
        }
    })
}

/// `<lib>_host_fn_registered`.
///
/// # Safety
///
/// As `ffihost.h` says: `host_fn` is NUL-terminated.
pub unsafe fn host_fn_registered<S>(library: &'static Library<S>, ctx: *mut c_void, host_fn: *const c_char) -> c_int {
    let registered = || {
        // SAFETY: the caller's contract.
        let name = unsafe { name(host_fn)? };
        Ok::<_, Status>(host(library, ctx)?.enter(Phase::Finishing)?.registry.contains(name))
    };
    match panic::contain(registered) {
        Ok(Ok(registered)) => c_int::from(registered),
        Ok(Err(status)) => -status.code(),
        Err(_) => -Status::Panic.code(),
    }
}

/// `<lib>_add_event_listener`.
///
/// # Safety
///
/// As `ffihost.h` says: `event` is NUL-terminated, `cb` is such a function.
pub unsafe fn add_event_listener<S>(
    library: &'static Library<S>,
    ctx: *mut c_void,
    event: *const c_char,
    cb: Option<FFICallBack>,
    user_data: *mut c_void,
) -> u64 {
    let add = || {
        let callback = Callback::new(cb.ok_or(Status::MissingCallback)?, UserData(user_data));
        // SAFETY: the caller's contract.
        let event = unsafe { name(event)? };
        if !library.surface.events.contains(&event) {
            return Err(Status::InvalidArgument);
        }
        let host = host(library, ctx)?;
        let inside = host.enter(Phase::Running)?;
        let around = move |run: &mut dyn FnMut()| frame::enter(host, None, run);
        inside.events.add(event, callback, around).map_err(|error| {
            tracing::error!(%error, "no event thread");
            Status::Busy
        })
    };
    panic::contain(add).ok().and_then(Result::ok).unwrap_or(0)
}

/// `<lib>_remove_event_listener`.
pub fn remove_event_listener<S>(library: &'static Library<S>, ctx: *mut c_void, listener: u64) -> c_int {
    done(|| {
        let inside = host(library, ctx)?.enter(Phase::Finishing)?;
        // The FFI thread must not wait for a listener, which may be waiting for the FFI thread; nor may a pin be held by
        // one who waits.
        let instance = inside.share();
        drop(inside);
        let on_ffi_thread = Local::with(instance.context, |local| local.is_some());
        match instance.events.remove(listener, !on_ffi_thread) {
            Removal::Done => Ok(()),
            Removal::Unknown => Err(Status::UnknownToken),
            Removal::StillRunning => Err(Status::Busy),
        }
    })
}

/// `<lib>_abi_descriptor`.
///
/// # Safety
///
/// As `ffihost.h` says: both may be written.
pub unsafe fn descriptor<S>(library: &'static Library<S>, bytes: *mut *const u8, len: *mut usize) -> c_int {
    done(|| {
        if bytes.is_null() || len.is_null() {
            return Err(Status::InvalidArgument);
        }
        let descriptor = &library.descriptor().bytes;
        // SAFETY: not null, and writable by the caller's contract.
        unsafe {
            bytes.write(descriptor.as_ptr());
            len.write(descriptor.len());
        }
        Ok(())
    })
}

/// `<lib>_abi_hash`.
pub fn abi_hash<S>(library: &'static Library<S>) -> u64 {
    panic::contain(|| library.descriptor().hash).unwrap_or(0)
}

/// `<lib>_stats`.
///
/// # Safety
///
/// As `ffihost.h` says: `out` points to a struct as large as it says.
pub unsafe fn stats<S>(library: &'static Library<S>, ctx: *mut c_void, out: *mut FFIStats) -> c_int {
    done(|| {
        if out.is_null() {
            return Err(Status::InvalidArgument);
        }
        // SAFETY: not null; by the caller's contract the size is there.
        if unsafe { (&raw const (*out).size).read_unaligned() } < size_of::<FFIStats>() {
            return Err(Status::InvalidArgument);
        }
        let stats = host(library, ctx)?.enter(Phase::Finishing)?.stats();
        // SAFETY: the struct is as large as it says, and writable.
        unsafe { out.write_unaligned(stats.into()) };
        Ok(())
    })
}

impl From<crate::Stats> for FFIStats {
    fn from(stats: crate::Stats) -> Self {
        Self {
            size: size_of::<Self>(),
            host_calls: stats.host_calls,
            host_calls_in_flight: stats.host_calls_in_flight,
            host_calls_inline: stats.host_calls_inline,
            host_calls_remote: stats.host_calls_remote,
            host_calls_timed_out: stats.host_calls_timed_out,
            host_calls_cancelled: stats.host_calls_cancelled,
            host_calls_slow: stats.host_calls_slow,
            host_answers_refused: stats.host_answers_refused,
            host_answers_undecodable: stats.host_answers_undecodable,
            host_fns_registered: stats.host_fns_registered,
            requests: stats.requests,
            requests_in_flight: stats.requests_in_flight,
            requests_refused: stats.requests_refused,
            events_emitted: stats.events_emitted,
            events_dropped: stats.events_dropped,
            listeners: stats.listeners,
        }
    }
}

/// `<lib>_version`.
pub fn version<S>(library: &'static Library<S>) -> *const c_char {
    library.surface.version.as_ptr()
}
