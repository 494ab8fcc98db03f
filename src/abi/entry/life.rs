//! Create, destroy, close.

use super::super::host_fn::{Callback, UserData};
use super::super::library::{AnyLibrary, Library};
use super::super::types::FFICallBack;
use super::refusal::Refusal;
use super::source::Source;
use super::{Given, host, with_callback};
use crate::context::close;
use crate::context::lifecycle::{Construct, Destruct, Failure, State, Told};
use crate::context::run;
use crate::status::Status;
use crate::wire::Declared;
use crate::{Format, panic};
use ffihost_cbor::constant::NULL;
use futures::FutureExt;
use std::any::Any;
use std::ffi::{c_int, c_void};
use std::rc::Rc;

/// `<lib>_create`, in any format.
///
/// # Safety
///
/// As `ffihost.h` says: `ctx` may be written, and `cb` is such a function.
pub unsafe fn create<S, A, C, E>(
    library: &'static Library<S>,
    given: Given,
    ctx: *mut *mut c_void,
    args: A,
    construct: C,
    destruct: Option<Destruct>,
) -> c_int
where
    S: 'static,
    A: Source,
    A::Args: Send + 'static,
    C: AsyncFnOnce(A::Args) -> Result<S, E> + Send + 'static,
    E: Declared + 'static,
{
    let construct = |args| constructor(args, construct, A::FORMAT, E::to_payload);
    // SAFETY: the caller's contract.
    unsafe { begin(library, given, ctx, args, construct, destruct) }
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
            made.map(|state| State::new::<S>(state, nothing(format)))
                .map_err(|error| Box::new(Rejected { error, format, payload }) as Failure)
        };
        state.boxed_local()
    })
}

/// What stands for nothing, as a reply.
fn nothing(format: Format) -> &'static [u8] {
    match format {
        Format::Native => b"",
        Format::Cbor => &[NULL],
    }
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

/// Begins the life of a context with the constructor's arguments, which are read here.
///
/// # Safety
///
/// `ctx` is null or may be written, and `cb` is a function as `ffihost.h` says.
pub(super) unsafe fn begin<A: Source>(
    library: &'static AnyLibrary,
    given: Given,
    ctx: *mut *mut c_void,
    args: A,
    construct: impl FnOnce(Result<A::Args, Refusal>) -> Construct,
    destruct: Option<Destruct>,
) -> c_int {
    let begin = |callback| {
        if ctx.is_null() {
            return Err(Status::InvalidArgument);
        }
        let construct = construct(Refusal::sort(args.read(library.options.payload)?)?);
        // SAFETY: not null, and writable by the caller's contract.
        unsafe { live(library, callback, ctx, construct, destruct) }
    };
    // SAFETY: the caller's contract.
    unsafe { with_callback(given, begin) }
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
    if !library.descriptor().is_there {
        return Err(lost_its_pieces(library));
    }
    let options = library.options;
    let stay = library.contexts.acquire(options.contexts).ok_or(Status::Busy)?;
    run::begin(stay, options, callback, construct, destruct, |instance| {
        // SAFETY: the caller's contract. The thread was not started, so `cb` was not called.
        unsafe { ctx.write(std::ptr::without_provenance_mut(instance.handle().to_bits())) };
    })
}

/// The linker has dropped what the attributes put into the file: the library knows neither its host functions nor its events.
#[cold]
fn lost_its_pieces(library: &'static AnyLibrary) -> Status {
    panic::contain_call(|| {
        tracing::error!(
            library = library.name(),
            "the linker has left out the pieces of the descriptor: link without --gc-sections, or the whole archive"
        );
    });
    Status::AbiMismatch
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Options;

    /// What the linker makes of a library whose pieces it does not keep.
    static LOST: Library<()> = Library::of_crate("lost", "1.0.0\0", "a_crate_that_has_no_pieces", Options::new());

    extern "C" fn never_called(_: c_int, _: *const std::ffi::c_char, _: usize, _: *mut c_void) {
        std::process::abort();
    }

    #[test]
    fn a_library_without_its_pieces_is_not_created() {
        let mut ctx = std::ptr::null_mut();
        let callback = Callback::new(never_called, UserData(std::ptr::null_mut()));
        // SAFETY: the context is written to a place of this function's.
        let made = unsafe { live(&LOST, callback, &raw mut ctx, Box::new(|| unreachable!()), None) };
        assert_eq!((made, ctx.is_null()), (Err(Status::AbiMismatch), true));
    }
}
