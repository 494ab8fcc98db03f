//! Whole payloads: what a function returns, declares as its error, or is answered with.

use super::cbor::{Reader as CborReader, Writer as CborWriter};
use super::native::Reader as NativeReader;
use super::{Kept, Lift, Lower};
use crate::Format;
use crate::error::{DecodeError, HostError};
use ffihost_schema::write::Shape;
use std::convert::Infallible;

/// Passes a value as a whole payload.
#[inline]
pub fn to_payload(value: &(impl Lower + ?Sized), format: Format, take: &mut dyn FnMut(&[u8])) {
    match format {
        Format::Native => value.payload(take),
        Format::Cbor => {
            let mut bytes = Vec::new();
            value.encode(&mut CborWriter::new(&mut bytes));
            take(&bytes);
        }
    }
}

/// Reads a value that is a whole payload and takes `budget` bytes at most.
///
/// # Errors
///
/// If it is not such a value.
///
/// # Safety
///
/// What native bytes point to may be read.
#[inline]
pub unsafe fn from_payload<T: Lift>(format: Format, bytes: &[u8], budget: usize) -> Result<T, DecodeError> {
    match format {
        // SAFETY: the caller's contract.
        Format::Native => unsafe { T::lift_payload(bytes, &mut NativeReader::new(budget)) },
        Format::Cbor => CborReader::new(bytes, budget).only(T::decode),
    }
}

/// An error that a function declares: one that is marked with `#[ffi(error)]`, text, or none.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no error that can be declared",
    label = "this type cannot be a declared error",
    note = "mark the enum or struct with `#[ffi(error)]`, or use `String`"
)]
pub trait Declared: Sized {
    /// What the descriptor says of it; nothing if there is none.
    const SHAPE: Option<Shape>;

    /// Passes it as a whole payload.
    fn to_payload(&self, format: Format, take: &mut dyn FnMut(&[u8]));

    /// What it says, for people: its `Display`, or nothing if it has none.
    fn text(&self) -> String;

    /// Keeps it with its C type, for a host that comes to own it; nothing if its text is all that there is.
    fn keep(self) -> Option<Kept>;
}

/// A declared error that can come from the host.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no error that a host function can declare",
    label = "this type cannot be a declared error",
    note = "mark the enum or struct with `#[ffi(error)]`, or use `String`"
)]
pub trait DeclaredByHost: Declared + Send + 'static {
    /// What a host said with `FFI_RET_ERR`.
    ///
    /// # Errors
    ///
    /// If it is not such an error.
    ///
    /// # Safety
    ///
    /// What native bytes point to may be read.
    unsafe fn from_payload(format: Format, bytes: &[u8], budget: usize) -> Result<HostError<Self>, DecodeError>;
}

impl Declared for Infallible {
    const SHAPE: Option<Shape> = None;

    fn to_payload(&self, _: Format, _: &mut dyn FnMut(&[u8])) {
        match *self {}
    }

    fn text(&self) -> String {
        match *self {}
    }

    fn keep(self) -> Option<Kept> {
        match self {}
    }
}

impl DeclaredByHost for Infallible {
    unsafe fn from_payload(_: Format, bytes: &[u8], _: usize) -> Result<HostError, DecodeError> {
        // A function that declares no error has failed all the same.
        Ok(HostError::Failed { code: 1, text: String::from_utf8_lossy(bytes).into_owned() })
    }
}

impl Declared for String {
    const SHAPE: Option<Shape> = Some(<Self as Lower>::SHAPE);

    fn to_payload(&self, format: Format, take: &mut dyn FnMut(&[u8])) {
        to_payload(self, format, take);
    }

    fn text(&self) -> String {
        self.clone()
    }

    fn keep(self) -> Option<Kept> {
        None
    }
}

impl DeclaredByHost for String {
    unsafe fn from_payload(format: Format, bytes: &[u8], budget: usize) -> Result<HostError<Self>, DecodeError> {
        // SAFETY: the caller's contract.
        unsafe { from_payload(format, bytes, budget) }.map(HostError::Declared)
    }
}

/// What a request returns: a result, or a result and a declared error.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be returned to a host",
    label = "this type does not cross",
    note = "return `Result<T, E>`, where `T` crosses and `E` is `String` or marked with `#[ffi(error)]`; or just a `T`"
)]
pub trait Returned {
    /// The result.
    type Result: Lower;
    /// The declared error.
    type Error: Declared;

    /// Which of them it is.
    ///
    /// # Errors
    ///
    /// The declared error.
    fn returned(&self) -> Result<&Self::Result, &Self::Error>;

    /// The declared error, if it is one.
    fn into_error(self) -> Option<Self::Error>
    where
        Self: Sized;
}

impl<T: Lower, E: Declared> Returned for Result<T, E> {
    type Result = T;
    type Error = E;

    #[inline]
    fn returned(&self) -> Result<&T, &E> {
        self.as_ref()
    }

    fn into_error(self) -> Option<E> {
        self.err()
    }
}

impl<T: Lower> Returned for T {
    type Result = T;
    type Error = Infallible;

    #[inline]
    fn returned(&self) -> Result<&T, &Infallible> {
        Ok(self)
    }

    fn into_error(self) -> Option<Infallible> {
        None
    }
}

/// What an awaited host function returns: `Result<T, HostError<E>>`, or `Result<T, E>` where `E: From<HostError>`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be what a host function returns",
    label = "a host function can always fail",
    note = "return `Result<T, HostError>` if it declares no error, otherwise `Result<T, HostError<E>>`, or `Result<T, E>` \
            with `impl From<HostError> for E`; `E` is `String` or marked with `#[ffi(error)]`"
)]
pub trait Awaited {
    /// The result.
    type Result: Lift;
    /// The declared error.
    type Error: DeclaredByHost;

    /// What the awaiting code gets.
    fn from_outcome(outcome: Result<Self::Result, HostError<Self::Error>>) -> Self;
}

impl<T: Lift, E: DeclaredByHost> Awaited for Result<T, HostError<E>> {
    type Result = T;
    type Error = E;

    #[inline]
    fn from_outcome(outcome: Self) -> Self {
        outcome
    }
}

impl<T: Lift, E: DeclaredByHost + From<HostError>> Awaited for Result<T, E> {
    type Result = T;
    type Error = E;

    #[inline]
    fn from_outcome(outcome: Result<T, HostError<E>>) -> Self {
        outcome.map_err(HostError::flatten)
    }
}
