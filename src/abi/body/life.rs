//! Create, destroy, close.

use super::super::host_fn::{Callback, UserData};
use super::super::library::Library;
use super::super::types::FFICallBack;
use super::{bytes, done, host};
use crate::context::close;
use crate::context::run::{self, State};
use crate::status::Status;
use crate::{Format, panic};
use futures::FutureExt;
use std::any::Any;
use std::ffi::{c_int, c_void};
use std::rc::Rc;

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
