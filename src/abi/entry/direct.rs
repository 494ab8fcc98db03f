//! Synchronous requests in their native form, which their result decides; see [`Form`].
//!
//! In *direct form* the export returns the status, and writes the result where the caller says: it calls nobody back. That needs a
//! result that does not borrow: one without pointers, which is copied, or text or bytes as a whole, which the caller comes to
//! own. Any other result lives during a callback only.
//!
//! Either way the last two parameters of the C function say where the outcome goes: result and error, or callback and userData. A
//! request that returns nothing has no parameter for the result.

use super::super::library::{AnyLibrary, Typed};
use super::owner::Owner;
use super::refusal::Refusal;
use super::requests::run_here;
use super::source::Source;
use super::with_callback;
use crate::abi::types::{FFICallBack, FFIError, FFIOwnedBytes, FFIOwnedString};
use crate::panic::{self, Contained};
use crate::status::Status;
use crate::wire::native::write_to;
use crate::wire::{Declared, Form, Kept, Lower, Returned};
use std::ffi::{c_int, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;

/// The native form of a synchronous request, by the number of its result's [`Form`].
#[derive(Debug)]
pub struct As<const FORM: u8>;

/// What a form's C function takes last, and how it runs.
pub trait Ends {
    /// The last parameter but one.
    type First: Copy;
    /// The last parameter.
    type Last: Copy;

    /// Runs a request, of which `owner` says whose it is.
    ///
    /// # Safety
    ///
    /// As for `run_here`. `first` and `last` are what `ffihost.h` says of this form; this is the form of `R`'s result.
    unsafe fn run<O, A, R>(
        owner: impl FnOnce() -> Result<O, Status>,
        args: A,
        outcome: (Self::First, Self::Last),
        handler: impl FnOnce(&O::Here, A::Args) -> R,
    ) -> c_int
    where
        O: Owner,
        A: Source,
        R: Returned;
}

/// The forms that are direct: how each writes its result.
macro_rules! direct {
    ($($form:ident: $first:ty, |$value:ident, $place:ident| ($expected:expr, $write:expr);)*) => {$(
        impl Ends for As<{ Form::$form as u8 }> {
            type First = $first;
            type Last = *mut FFIError;

            #[inline(always)]
            unsafe fn run<O, A, R>(
                owner: impl FnOnce() -> Result<O, Status>,
                args: A,
                ($place, error): (Self::First, Self::Last),
                handler: impl FnOnce(&O::Here, A::Args) -> R,
            ) -> c_int
            where
                O: Owner,
                A: Source,
                R: Returned,
            {
                let owner = || if $expected { owner() } else { Err(Status::InvalidArgument) };
                let write = |$value: &R::Result| $write;
                // SAFETY: the caller's contract.
                unsafe { run(owner, args, error, handler, write) }
            }
        }
    )*};
}

direct! {
    Nothing: (), |_value, _place| (true, ());
    Value: *mut c_void, |value, place| (!place.is_null(), {
        // SAFETY: the caller's contract: a place that is not NULL may be written.
        unsafe { write_to(value, place) };
    });
    Text: *mut FFIOwnedString, |value, place| (!place.is_null(), {
        let (data, len, owner) = owned(value);
        // SAFETY: as above.
        unsafe { place.write_unaligned(FFIOwnedString { data: data.cast(), len, owner }) };
    });
    Bytes: *mut FFIOwnedBytes, |value, place| (!place.is_null(), {
        let (data, len, owner) = owned(value);
        // SAFETY: as above.
        unsafe { place.write_unaligned(FFIOwnedBytes { data, len, owner }) };
    });
}

/// A result that holds pointers: it is passed to a callback.
impl Ends for As<{ Form::Borrowed as u8 }> {
    type First = Option<FFICallBack>;
    type Last = *mut c_void;

    #[inline(always)]
    unsafe fn run<O, A, R>(
        owner: impl FnOnce() -> Result<O, Status>,
        args: A,
        given: (Self::First, Self::Last),
        handler: impl FnOnce(&O::Here, A::Args) -> R,
    ) -> c_int
    where
        O: Owner,
        A: Source,
        R: Returned,
    {
        // SAFETY: the caller's contract.
        unsafe { with_callback(given, |callback| run_here(owner()?, args, callback, (handler, Typed))) }
    }
}

/// Runs a request in direct form. One place sees whatever panics in it.
#[inline(always)]
unsafe fn run<O, A, R>(
    owner: impl FnOnce() -> Result<O, Status>,
    args: A,
    error: *mut FFIError,
    handler: impl FnOnce(&O::Here, A::Args) -> R,
    write: impl FnOnce(&R::Result),
) -> c_int
where
    O: Owner,
    A: Source,
    R: Returned,
{
    // Whether the request ran, and its error is written.
    let mut is_told = false;
    let ended = catch_unwind(AssertUnwindSafe(|| {
        let owner = owner()?;
        let limit = owner.limit();
        let request = |state: &O::Here| match Refusal::sort(args.read(limit)?)? {
            Ok(args) => {
                // Contained on its own: its drop may panic, when the result is written.
                let outcome = Contained::new(handler(state, args));
                if let Ok(result) = outcome.returned() {
                    write(result);
                    return Ok(());
                }
                is_told = true;
                // SAFETY: the caller's contract.
                Err(unsafe { tell_declared(outcome.into_inner(), error) })
            }
            Err(refusal) => {
                is_told = true;
                // SAFETY: as above.
                Err(unsafe { tell_refusal(&refusal, error) })
            }
        };
        // SAFETY: the caller's contract.
        unsafe { owner.run(request) }
    }));
    match ended {
        Ok(Ok(())) => Status::Ok.code(),
        Ok(Err(status)) if is_told => status.code(),
        // SAFETY: the caller's contract.
        Ok(Err(status)) => unsafe { refuse(status, error) },
        // SAFETY: as above.
        Err(payload) => unsafe { tell_panic(payload, error) },
    }
}

/// What an error's text and payload point to.
struct Told {
    text: String,
    kept: Option<Kept>,
}

/// Writes an error that the host comes to own.
///
/// # Safety
///
/// If `error` is not NULL it may be written.
unsafe fn tell(told: Told, error: *mut FFIError) {
    // What the error has of the author's is dropped here.
    let told = Contained::new(told);
    if error.is_null() {
        return;
    }
    let told = Box::new(told.into_inner());
    let (text, text_len) = (told.text.as_ptr().cast(), told.text.len());
    let (payload, payload_len) = told.kept.as_ref().map_or((ptr::null(), 0), Kept::payload);
    let owner = Box::into_raw(told).cast();
    // SAFETY: the caller's contract.
    unsafe { error.write_unaligned(FFIError { text, text_len, payload, payload_len, owner }) };
}

#[cold]
unsafe fn tell_declared<R: Returned>(returned: R, error: *mut FFIError) -> Status {
    if let Some(declared) = returned.into_error() {
        let declared = Contained::new(declared);
        let text = declared.text();
        let kept = declared.into_inner().keep();
        // SAFETY: the caller's contract.
        unsafe { tell(Told { text, kept }, error) };
    }
    Status::Err
}

#[cold]
unsafe fn tell_refusal(refusal: &Refusal, error: *mut FFIError) -> Status {
    let (status, text) = refusal.said();
    // SAFETY: the caller's contract.
    unsafe { tell(Told { text, kept: None }, error) };
    status
}

#[cold]
unsafe fn tell_panic(payload: panic::Payload, error: *mut FFIError) -> c_int {
    let text = panic::explain(payload);
    // SAFETY: the caller's contract.
    unsafe { tell(Told { text, kept: None }, error) };
    Status::Panic.code()
}

/// A request that was refused before it ran: what its status says, which nobody has to own.
#[cold]
unsafe fn refuse(status: Status, error: *mut FFIError) -> c_int {
    if !error.is_null() {
        let text = status.text();
        let text = FFIError { text: text.as_ptr().cast(), text_len: text.len(), ..NO_ERROR };
        // SAFETY: the caller's contract.
        unsafe { error.write_unaligned(text) };
    }
    status.code()
}

const NO_ERROR: FFIError =
    FFIError { text: ptr::null(), text_len: 0, payload: ptr::null(), payload_len: 0, owner: ptr::null_mut() };

/// Text or bytes that the host comes to own: where they are, how many, and what owns them.
fn owned(value: &(impl Lower + ?Sized)) -> (*const u8, usize, *mut c_void) {
    let mut bytes = Vec::new();
    value.payload(|payload| bytes.extend_from_slice(payload));
    let bytes = Box::new(bytes);
    (bytes.as_ptr(), bytes.len(), Box::into_raw(bytes).cast())
}

/// Frees what [`owned`] has made.
///
/// # Safety
///
/// `owner` is NULL, or what that has returned, and was not freed.
unsafe fn free(owner: *mut c_void) {
    if !owner.is_null() {
        // SAFETY: the caller's contract.
        drop(unsafe { Box::from_raw(owner.cast::<Vec<u8>>()) });
    }
}

/// `<lib>_release_string`.
///
/// # Safety
///
/// As `ffihost.h` says: what is not NULL is such a struct, empty or as a request has written it.
pub unsafe fn release_string(_: &'static AnyLibrary, string: *mut FFIOwnedString) -> c_int {
    if !string.is_null() {
        let empty = FFIOwnedString { data: ptr::null(), len: 0, owner: ptr::null_mut() };
        // SAFETY: the caller's contract; it is emptied, so it is freed once.
        unsafe { free(string.replace(empty).owner) };
    }
    Status::Ok.code()
}

/// `<lib>_release_bytes`.
///
/// # Safety
///
/// As for [`release_string`].
pub unsafe fn release_bytes(_: &'static AnyLibrary, bytes: *mut FFIOwnedBytes) -> c_int {
    if !bytes.is_null() {
        let empty = FFIOwnedBytes { data: ptr::null(), len: 0, owner: ptr::null_mut() };
        // SAFETY: as above.
        unsafe { free(bytes.replace(empty).owner) };
    }
    Status::Ok.code()
}

/// `<lib>_release_error`.
///
/// # Safety
///
/// As for [`release_string`].
pub unsafe fn release_error(_: &'static AnyLibrary, error: *mut FFIError) -> c_int {
    if !error.is_null() {
        // SAFETY: the caller's contract.
        let owner = unsafe { error.replace(NO_ERROR) }.owner;
        if !owner.is_null() {
            // SAFETY: `tell` has made it; the error was emptied, so it is freed once.
            let told = unsafe { Box::from_raw(owner.cast::<Told>()) };
            // The author's drop may panic.
            panic::contain_call(|| drop(told));
        }
    }
    Status::Ok.code()
}
