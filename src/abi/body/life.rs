//! Create, destroy, close.

use super::super::host_fn::{Callback, UserData};
use super::super::library::{AnyLibrary, Library};
use super::super::types::FFICallBack;
use super::requests::{Refusal, read_map};
use super::{done, host};
use crate::abi::Reply;
use crate::context::close;
use crate::context::lifecycle::{Construct, Destruct, Failure, State, Told};
use crate::context::run;
use crate::error::DecodeError;
use crate::status::Status;
use crate::wire::Declared;
use crate::wire::cbor::Reader as CborReader;
use crate::wire::native::Reader as NativeReader;
use crate::{Format, panic};
use futures::FutureExt;
use std::any::Any;
use std::ffi::{c_int, c_void};
use std::rc::Rc;

/// `<lib>_create`, with native arguments: `read` makes them on this thread.
///
/// # Safety
///
/// As `ffihost.h` says: `ctx` may be written, `cb` is such a function, and `read` may read what the host passed.
pub unsafe fn create<S, A, C, E>(
    library: &'static Library<S>,
    given: (Option<FFICallBack>, *mut c_void),
    ctx: *mut *mut c_void,
    read: impl FnOnce(&mut NativeReader) -> Result<A, DecodeError>,
    construct: C,
    destruct: Option<Destruct>,
) -> c_int
where
    S: 'static,
    A: Send + 'static,
    C: AsyncFnOnce(A) -> Result<S, E> + Send + 'static,
    E: Declared + 'static,
{
    let read = |limit| Ok(read(&mut NativeReader::new(limit)));
    let construct = |args| constructor(args, construct, Format::Native, E::to_payload);
    // SAFETY: the caller's contract.
    unsafe { begin(library, given, ctx, read, construct, destruct) }
}

/// `<lib>_create_cbor`.
///
/// # Safety
///
/// As `ffihost.h` says: `req` points to `len` bytes, `ctx` may be written, `cb` is such a function.
pub unsafe fn create_cbor<S, A, C, E>(
    library: &'static Library<S>,
    req: (*const u8, usize),
    given: (Option<FFICallBack>, *mut c_void),
    ctx: *mut *mut c_void,
    read: impl FnOnce(&mut CborReader<'_>) -> Result<A, DecodeError>,
    construct: C,
    destruct: Option<Destruct>,
) -> c_int
where
    S: 'static,
    A: Send + 'static,
    C: AsyncFnOnce(A) -> Result<S, E> + Send + 'static,
    E: Declared + 'static,
{
    // SAFETY: the caller's contract.
    let read = |limit| unsafe { read_map(req, limit, read) };
    let construct = |args| constructor(args, construct, Format::Cbor, E::to_payload);
    // SAFETY: the caller's contract.
    unsafe { begin(library, given, ctx, read, construct, destruct) }
}

/// How the state is made, with what was read; `payload` is how a declared error is told.
pub(super) fn constructor<S, A, C, E>(
    args: Result<A, Refusal>,
    construct: C,
    format: Format,
    payload: AsPayload<E>,
) -> Construct
where
    S: 'static,
    A: Send + 'static,
    C: AsyncFnOnce(A) -> Result<S, E> + Send + 'static,
    E: 'static,
{
    Box::new(move || {
        let state = async move {
            let made = construct(args.map_err(|refusal| Box::new(refusal) as Failure)?).await;
            made.map(State::new::<S>).map_err(|error| Box::new(Rejected { error, format, payload }) as Failure)
        };
        state.boxed_local()
    })
}

/// How the state is taken apart, by the author's destructor.
pub fn destructor<S, D, T>(destruct: D) -> Destruct
where
    S: 'static,
    D: AsyncFnOnce(&S) -> T + Send + 'static,
{
    Box::new(|state: Rc<dyn Any>| {
        let destroyed = async move {
            if let Some(state) = state.downcast_ref::<S>() {
                destruct(state).await;
            }
        };
        destroyed.boxed_local()
    })
}

/// Begins the life of a context; `read` makes the constructor's arguments here, within a limit.
///
/// # Safety
///
/// `ctx` is null or may be written.
pub(super) unsafe fn begin<A>(
    library: &'static AnyLibrary,
    (cb, user_data): (Option<FFICallBack>, *mut c_void),
    ctx: *mut *mut c_void,
    read: impl FnOnce(usize) -> Result<Result<A, DecodeError>, Status>,
    construct: impl FnOnce(Result<A, Refusal>) -> Construct,
    destruct: Option<Destruct>,
) -> c_int {
    done(|| {
        let callback = Callback::new(cb.ok_or(Status::MissingCallback)?, UserData(user_data));
        if ctx.is_null() {
            return Err(Status::InvalidArgument);
        }
        let construct = construct(Refusal::sort(read(library.options.payload)?)?);
        // SAFETY: not null, and writable by the caller's contract.
        unsafe { live(library, callback, ctx, construct, destruct) }
    })
}

/// # Safety
///
/// `ctx` may be written.
unsafe fn live(
    library: &'static AnyLibrary,
    callback: Callback,
    ctx: *mut *mut c_void,
    construct: Construct,
    destruct: Option<Destruct>,
) -> Result<(), Status> {
    let options = library.options;
    let stay = library.contexts.acquire(options.contexts).ok_or(Status::Busy)?;
    run::begin(stay, options, callback, construct, destruct, |instance| {
        // SAFETY: the caller's contract. The thread was not started, so `cb` was not called.
        unsafe { ctx.write(std::ptr::without_provenance_mut(instance.handle().to_bits())) };
    })
}

impl Told for Refusal {
    fn tell(&self, take: &mut dyn FnMut(Status, &[u8])) {
        self.reply(Format::Native, take);
    }
}

/// Hands over a value as a payload in that format.
type AsPayload<E> = fn(&E, Format, &mut dyn FnMut(&[u8]));

/// A constructor's error, which becomes a payload when it is told.
struct Rejected<E> {
    error: E,
    format: Format,
    payload: AsPayload<E>,
}

impl<E> Told for Rejected<E> {
    fn tell(&self, take: &mut dyn FnMut(Status, &[u8])) {
        (self.payload)(&self.error, self.format, &mut |payload| take(Status::Err, payload));
    }
}

/// `<lib>_destroy`.
pub fn destroy(library: &'static AnyLibrary, ctx: *mut c_void) -> c_int {
    panic::export(|| host(library, ctx).map_or_else(|status| status, close::destroy))
}

/// `<lib>_close`.
///
/// # Safety
///
/// As `ffihost.h` says: `cb` is such a function.
pub unsafe fn close(
    library: &'static AnyLibrary,
    ctx: *mut c_void,
    cb: Option<FFICallBack>,
    user_data: *mut c_void,
) -> c_int {
    let callback = cb.map(|cb| Callback::new(cb, UserData(user_data)));
    let tell = Box::new(move |closed: close::Closed| {
        if let Some(callback) = callback {
            callback.call(closed.into(), closed.text().as_bytes());
        }
    });
    panic::export(|| host(library, ctx).map_or_else(|status| status, |host| close::close(host, tell)))
}
