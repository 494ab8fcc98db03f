//! Registering host functions, and taking their answers.

use super::super::host_fn::HostFunction;
use super::super::library::AnyLibrary;
use super::super::types::{FFI_FORMAT_CBOR, FFI_FORMAT_NATIVE, FFIHostFn, FFIHostFnOptions, FFINamedHostFn};
use super::{done, fits, host, name};
use crate::context::Pinned;
use crate::context::current;
use crate::context::gate::{Phase, Refused};
use crate::inflight::{Accepted, Answer, Raw, Token};
use crate::panic::contain_call;
#[cfg(feature = "ipc")]
use crate::registry;
use crate::registry::{Registry, Removed, Replaced};
use crate::status::Status;
use crate::{Format, Host};
use std::ffi::{c_char, c_int, c_void};
use std::mem::ManuallyDrop;
use std::slice;

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
        let (name, options) = unsafe { (name(host_fn)?, given(options)?) };
        // SAFETY: as above.
        unsafe { register_with(library, host(library, ctx), name, &options) }
    })
}

/// `<lib>_register_host_fns`.
///
/// # Safety
///
/// As `ffihost.h` says: `fns` points to `count` structs whose names are NUL-terminated, `options` to a struct as large as it
/// says.
pub unsafe fn register_host_fns(
    library: &'static AnyLibrary,
    ctx: *mut c_void,
    fns: *const FFINamedHostFn,
    count: usize,
    options: *const FFIHostFnOptions,
) -> c_int {
    done(|| {
        // SAFETY: the caller's contract.
        let (functions, options) = unsafe { (named(library, fns, count)?, given(options)?) };
        if options.function.is_some() {
            return Err(Status::InvalidArgument);
        }
        register_all(library, host(library, ctx)?, &functions, &options)
    })
}

/// The options that a host passed.
///
/// # Safety
///
/// If it is not NULL it points to a struct as large as it says.
unsafe fn given(options: *const FFIHostFnOptions) -> Result<FFIHostFnOptions, Status> {
    // SAFETY: not null; the struct is as large as it says, by the caller's contract.
    if options.is_null() || !unsafe { fits(options) } {
        return Err(Status::InvalidArgument);
    }
    // SAFETY: it is at least this large.
    Ok(unsafe { options.read_unaligned() })
}

/// The functions that a host passed, with names that the library has, each once: so there are at most as many as those.
///
/// # Safety
///
/// If it is not NULL, `fns` points to `count` structs whose names are NUL-terminated and live for `'a`.
unsafe fn named<'a>(
    library: &'static AnyLibrary,
    fns: *const FFINamedHostFn,
    count: usize,
) -> Result<Vec<(&'a str, FFIHostFn)>, Status> {
    let mut functions: Vec<(&str, FFIHostFn)> = Vec::new();
    if fns.is_null() || count == 0 {
        return Err(Status::InvalidArgument);
    }
    for at in 0..count {
        // SAFETY: `fns` is not null, and by the caller's contract it points to `count` entries.
        let given = unsafe { fns.add(at).read_unaligned() };
        // SAFETY: the caller's contract.
        let name = unsafe { name(given.name)? };
        if !library.descriptor().host_fns.contains(name) || functions.iter().any(|(other, _)| *other == name) {
            return Err(Status::InvalidArgument);
        }
        functions.push((name, given.function.ok_or(Status::InvalidArgument)?));
    }
    Ok(functions)
}

/// Registers host functions for the host, all or none. What is refused is not released.
fn register_all(
    library: &'static AnyLibrary,
    host: Host,
    functions: &[(&str, FFIHostFn)],
    options: &FFIHostFnOptions,
) -> Result<(), Status> {
    let inside = inside(host)?;
    let mut functions = HostFunction::read_all(functions, options)?;
    for (_, function) in &mut functions {
        function.deadline = function.deadline.or(library.options.host_deadline);
    }
    let replaced = inside.registry.register_all(functions).map_err(|refused| {
        refused.into_iter().for_each(|(_, function)| function.forget());
        Status::Closing
    })?;
    inside.context.signal.notify();
    let_go(host, replaced);
    Ok(())
}

/// Registers a host function for the host as options say it, or with none in them takes it back. What is refused is not
/// released.
///
/// # Safety
///
/// As `ffihost.h` says: the functions are such, and userData lives until it is released.
unsafe fn register_with(
    library: &'static AnyLibrary,
    host: Result<Host, Status>,
    name: &str,
    options: &FFIHostFnOptions,
) -> Result<(), Status> {
    let function = read(library, options)?;
    change(library, host?, name, |registry| match function {
        Some(function) => {
            let registered = registry.register(name, ManuallyDrop::into_inner(function));
            Ok(((), registered.map_err(|refused| not_released(refused, Status::Closing))?))
        }
        None => Ok(((), Some(registry.unregister(name).ok_or(Status::NotRegistered)?))),
    })
}

/// Registers a host function for a client of a server, and returns what it is taken back by; BUSY if the host has one. What is
/// refused is not released.
///
/// # Safety
///
/// As `ffihost.h` says: the functions are such, and userData lives until it is released.
#[cfg(feature = "ipc")]
pub(crate) unsafe fn register_for_client(
    library: &'static AnyLibrary,
    host: Host,
    name: &str,
    options: &FFIHostFnOptions,
) -> Result<u64, Status> {
    let function = read(library, options)?.ok_or(Status::InvalidArgument)?;
    change(library, host, name, |registry| {
        let registered = registry.register_for_client(name, ManuallyDrop::into_inner(function));
        registered.map_err(|refused| match refused {
            registry::Refused::IsTheHosts(function) => not_released(function, Status::Busy),
            registry::Refused::Closed(function) => not_released(function, Status::Closing),
        })
    })
}

/// Takes back what a client has registered, if it is still registered.
#[cfg(feature = "ipc")]
pub(crate) fn unregister_for_client(
    library: &'static AnyLibrary,
    host: Host,
    name: &str,
    number: u64,
) -> Result<(), Status> {
    change(library, host, name, |registry| Ok(((), registry.unregister_for_client(name, number))))
}

/// What options say; the library's deadline holds where they name none.
fn read(
    library: &'static AnyLibrary,
    options: &FFIHostFnOptions,
) -> Result<Option<ManuallyDrop<HostFunction>>, Status> {
    let mut function = HostFunction::read(options)?;
    if let Some(function) = &mut function {
        function.deadline = function.deadline.or(library.options.host_deadline);
    }
    Ok(function)
}

/// What is refused stays the host's.
fn not_released(refused: HostFunction, status: Status) -> Status {
    refused.forget();
    status
}

/// Changes what is registered under a name that the library has.
fn change<T>(
    library: &'static AnyLibrary,
    host: Host,
    name: &str,
    change: impl FnOnce(&Registry<HostFunction>) -> Result<(T, Replaced<'_, HostFunction>), Status>,
) -> Result<T, Status> {
    let inside = inside(host)?;
    if !library.descriptor().host_fns.contains(name) {
        return Err(Status::InvalidArgument);
    }
    let (changed, gone) = change(&inside.registry)?;
    inside.context.signal.notify();
    let_go(host, gone);
    Ok(changed)
}

/// Whoever changes the registry is inside of the context. For one that is not closing yet this is admitted work, so that the
/// close waits for what [`let_go`] releases; later, at its end, the close waits for what the registry counts.
fn inside(host: Host) -> Result<Pinned, Status> {
    Ok(match host.admit() {
        Err(Refused::Closing) => host.enter(Phase::Closing)?,
        admitted => admitted?,
    })
}

/// Releases what is no longer registered, on this thread and under no lock, unless the FFI thread holds it still.
fn let_go<'a>(host: Host, gone: impl IntoIterator<Item = Removed<'a, HostFunction>>) {
    current::enter(host, || gone.into_iter().for_each(|gone| contain_call(|| drop(gone))));
}

/// `<lib>_host_complete`.
///
/// The common answer comes inside of the host function that the FFI thread called last, so that is looked for first. Nothing
/// unwinds on the way of an answer: the decoder is contained where it is called.
///
/// # Safety
///
/// As `ffihost.h` says: `msg` points to `len` bytes.
#[inline(always)]
pub unsafe fn host_complete(
    library: &'static AnyLibrary,
    ctx: *mut c_void,
    token: u64,
    ret: c_int,
    msg: *const c_char,
    len: usize,
) -> c_int {
    // SAFETY: it is used before the loop goes on.
    if let Some(local) = unsafe { current::loop_of(ctx.addr()) }
        && !msg.is_null()
        && let Some(limit) = local.context().inline_limit(len)
    {
        // SAFETY: not null, and by the caller's contract as long as it says.
        let payload = unsafe { slice::from_raw_parts(msg.cast::<u8>(), len) };
        let Some(claimed) = local.claim_latest(token) else {
            // SAFETY: as above.
            return unsafe { complete_here(ctx, token, ret, payload.as_ptr(), len) };
        };
        let status = claimed.decode(Raw::Host { ret, payload, limit }) as c_int;
        return if status == Accepted::Undecodable as c_int { undecodable() } else { status };
    }
    // SAFETY: the caller's contract.
    unsafe { complete(ctx, token, ret, msg, len, library) }
}

/// Looks its context up again, so that nothing is kept for it while an answer is decoded.
#[cold]
#[inline(never)]
fn undecodable() -> c_int {
    current::local(|local| local.context().count_undecodable());
    Status::Decode.code()
}

/// An answer from the FFI thread, which is inside of the context, to any other call. It does not unwind. It looks its context up
/// again, as [`undecodable`] does.
///
/// # Safety
///
/// `bytes` points to `len` bytes.
#[inline(never)]
unsafe extern "C" fn complete_here(ctx: *mut c_void, token: u64, ret: c_int, bytes: *const u8, len: usize) -> c_int {
    // SAFETY: it is used before the loop goes on.
    let Some(local) = (unsafe { current::loop_of(ctx.addr()) }) else { return Status::InvalidCtx.code() };
    let Some(token) = Token::from_bits(token) else { return Status::UnknownToken.code() };
    // SAFETY: the caller's contract.
    let payload = unsafe { slice::from_raw_parts(bytes, len) };
    let limit = local.context().max_payload();
    accepted(&local.answer(token, Raw::Host { ret, payload, limit })).code()
}

/// An answer from any thread, with a handle and a token that may be anything. It does not unwind.
///
/// # Safety
///
/// `msg` points to `len` bytes.
#[inline(never)]
unsafe extern "C" fn complete(
    ctx: *mut c_void,
    token: u64,
    ret: c_int,
    msg: *const c_char,
    len: usize,
    library: &'static AnyLibrary,
) -> c_int {
    let Ok(host) = host(library, ctx) else { return Status::InvalidCtx.code() };
    if !host.is_live() {
        return Status::InvalidCtx.code();
    }
    let Some(token) = Token::from_bits(token) else { return Status::UnknownToken.code() };
    let limit = host.context().max_payload();
    if len > limit || msg.is_null() {
        return complete_without(host, token, ret, len);
    }
    // SAFETY: not null, and by the caller's contract as long as it says; `Options` keeps the limit below isize::MAX.
    let payload = unsafe { slice::from_raw_parts(msg.cast::<u8>(), len) };
    accepted(&host.answer(token, Raw::Host { ret, payload, limit })).code()
}

/// An answer of no bytes, or of bytes that cannot be read: a faulty host must not hang a call either, so that is the answer.
#[cold]
#[inline(never)]
fn complete_without(host: Host, token: Token, ret: c_int, len: usize) -> c_int {
    let limit = host.context().max_payload();
    if len == 0 {
        return accepted(&host.answer(token, Raw::Host { ret, payload: &[], limit })).code();
    }
    let too_large = len > limit;
    let text = if too_large {
        format!("the host passed {len} bytes, the limit is {limit}")
    } else {
        format!("the host passed NULL with a length of {len}")
    };
    match host.answer(token, Raw::Unreadable(&text)) {
        Answer::Unknown => Status::UnknownToken.code(),
        _ if too_large => Status::TooLarge.code(),
        answer => accepted(&answer).code(),
    }
}

/// What an answerer is told.
#[inline]
pub(crate) fn accepted(answer: &Answer) -> Status {
    match answer {
        Answer::Inline(Accepted::Decoded) | Answer::Delivered { accepted: Accepted::Decoded } => Status::Ok,
        Answer::Unknown => Status::UnknownToken,
        _ => Status::Decode,
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
