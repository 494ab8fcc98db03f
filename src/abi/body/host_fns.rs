//! Registering host functions, and taking their answers.

use super::super::host_fn::{HostFunction, UserData};
use super::super::library::AnyLibrary;
use super::super::types::{FFI_FORMAT_CBOR, FFI_FORMAT_NATIVE, FFIHostFn, FFIHostFnOptions};
use super::{bytes, done, fits, host, name};
use crate::context::frame;
use crate::context::gate::Phase;
use crate::inflight::{Accepted, Answer, Raw, Token};
use crate::status::Status;
use crate::{Format, Host};
use std::ffi::{c_char, c_int, c_void};
use std::time::Duration;

/// `<lib>_register_host_fn` and its `_cbor` twin.
///
/// # Safety
///
/// As `ffihost.h` says: `host_fn` is NUL-terminated, `function` is such a function.
pub unsafe fn register_host_fn(
    library: &'static AnyLibrary,
    ctx: *mut c_void,
    host_fn: *const c_char,
    function: Option<FFIHostFn>,
    user_data: *mut c_void,
    format: Format,
) -> c_int {
    done(|| {
        // SAFETY: the caller's contract.
        let name = unsafe { name(host_fn)? };
        let options = FFIHostFnOptions {
            size: size_of::<FFIHostFnOptions>(),
            function,
            cancel: None,
            release: None,
            user_data,
            format: match format {
                Format::Native => FFI_FORMAT_NATIVE,
                Format::Cbor => FFI_FORMAT_CBOR,
            },
            max_in_flight: 0,
            deadline_ms: 0,
        };
        // SAFETY: the caller's contract.
        unsafe { register_with(library, host(library, ctx), name, &options) }
    })
}

/// `<lib>_register_host_fn_with`.
///
/// # Safety
///
/// As `ffihost.h` says: `host_fn` is NUL-terminated, `options` points to a struct as large as it says.
pub unsafe fn register_host_fn_with(
    library: &'static AnyLibrary,
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
        // SAFETY: the caller's contract.
        unsafe { register_with(library, host(library, ctx), name, &options) }
    })
}

/// Registers a host function as options say it, or with none in them takes it back. What is refused is not released.
///
/// # Safety
///
/// As `ffihost.h` says: the functions are such, and userData lives until it is released.
pub(crate) unsafe fn register_with(
    library: &'static AnyLibrary,
    host: Result<Host, Status>,
    name: &str,
    options: &FFIHostFnOptions,
) -> Result<(), Status> {
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
    let function = function.map(std::mem::ManuallyDrop::new);
    let host = host?;
    let inside = host.enter(Phase::Closing)?;
    if !library.descriptor().host_fns.contains(name) {
        return Err(Status::InvalidArgument);
    }
    let gone = match function {
        Some(mut function) => {
            // The library's holds where the host says nothing.
            function.deadline = function.deadline.or(inside.options.host_deadline);
            inside.registry.register(name, std::mem::ManuallyDrop::into_inner(function))
        }
        None => Some(inside.registry.unregister(name).ok_or(Status::NotRegistered)?),
    };
    inside.context.signal.notify();
    // May be the last one to hold it, and release it: under no lock, but inside, so that a close waits for that.
    frame::enter(host, || drop(gone));
    Ok(())
}

/// `<lib>_host_complete`.
///
/// # Safety
///
/// As `ffihost.h` says: `msg` points to `len` bytes.
#[inline]
pub unsafe fn host_complete(
    library: &'static AnyLibrary,
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
        let limit = context.max_payload();
        // SAFETY: the caller's contract.
        let payload = unsafe { bytes(msg.cast(), len, limit) };
        let (answer, broken) = match payload {
            Ok(payload) => (context.answer(generation, token, Raw::Host { ret, payload, limit }), None),
            // A faulty host must not hang a call either: what it passed cannot be read, and that is the answer.
            Err(status) => {
                let text = match status {
                    Status::TooLarge => format!("the host passed {len} bytes, the limit is {limit}"),
                    _ => format!("the host passed NULL with a length of {len}"),
                };
                (context.answer(generation, token, Raw::Unreadable(&text)), Some(status))
            }
        };
        match broken {
            Some(Status::TooLarge) if answer != Answer::Unknown => Err(Status::TooLarge),
            _ => accepted(&answer),
        }
    })
}

/// What an answer is told.
#[inline]
pub(crate) fn accepted(answer: &Answer) -> Result<(), Status> {
    match answer {
        Answer::Unknown => Err(Status::UnknownToken),
        Answer::Inline(Accepted::Undecodable) | Answer::Queued { accepted: Accepted::Undecodable } => {
            Err(Status::Decode)
        }
        _ => Ok(()),
    }
}

/// `<lib>_host_fn_registered`.
///
/// # Safety
///
/// As `ffihost.h` says: `host_fn` is NUL-terminated.
pub unsafe fn host_fn_registered(library: &'static AnyLibrary, ctx: *mut c_void, host_fn: *const c_char) -> c_int {
    let mut registered = false;
    let looked = done(|| {
        // SAFETY: the caller's contract.
        let name = unsafe { name(host_fn)? };
        registered = host(library, ctx)?.enter(Phase::Finishing)?.registry.contains(name);
        Ok(())
    });
    if looked == 0 { c_int::from(registered) } else { -looked }
}
