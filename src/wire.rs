//! How typed values cross: as C structs ([`native`]) and as CBOR ([`cbor`]).
//!
//! [`Lower`] is for what goes to the host, [`Lift`] for what comes from it. `#[ffi]` implements both for an author's structs
//! and enums; they are implemented here for the types that those are made of. `docs/abi.md` has the mapping of each.
//!
//! What comes from the host is not trusted: pointers are checked for NULL and read without regard for alignment, text for
//! UTF-8, tags for being known, lengths against a budget, depth against a limit. What a host says about its memory has to be
//! true, though: a pointer with a length points to as many bytes as that says.

#[doc(hidden)]
pub mod advice;
pub mod cbor;
#[doc(hidden)]
pub mod checked;
mod collections;
#[doc(hidden)]
pub mod constant;
mod error_text;
mod foreign;
mod form;
mod kept;
mod logical;
pub mod native;
mod payload;
mod represented;
mod types;

pub use self::error_text::{ByDisplay, Shown, WithoutDisplay};
pub use self::form::Form;
pub use self::kept::{Kept, keep};
pub use self::payload::{Awaited, Declared, DeclaredByHost, Returned, from_payload, to_payload};
#[doc(hidden)]
pub use self::represented::{Represented, shape};

use self::cbor::{Reader as CborReader, Writer as CborWriter};
use self::native::{List, Reader as NativeReader, Scratch};
use crate::error::DecodeError;
use ffihost_schema::write::Shape;

/// A type whose values go to the host.
///
/// # Safety
///
/// All bytes zero is a valid [`C`](Self::C), and [`lower`](Self::lower) writes nothing but fields of it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not cross to a host",
    label = "this type does not cross",
    note = "numbers, `bool`, `String`, `Vec<T>`, `Option<T>`, sets and maps from `String` do, and structs and enums that are \
            marked with `#[ffi]`; an object that stays in the library crosses as a `Handle<T>`"
)]
pub unsafe trait Lower {
    /// Its C type, as in `docs/abi.md`.
    type C: Copy + 'static;

    /// What the descriptor says of it.
    const SHAPE: Shape;

    /// What the descriptor says of a list of it.
    const LIST_SHAPE: Shape = Shape::List(&Self::SHAPE);

    /// Whether its C type may hold pointers. A value without any can be copied to the host as a result.
    const POINTS: bool = Self::SHAPE.may_point();

    /// In which form a synchronous request natively returns it.
    const FORM: Form = Form::of(Self::SHAPE, Self::POINTS);

    /// Writes it to a place that is all zeros. What it points to is borrowed from `self`, or in `scratch`.
    ///
    /// # Safety
    ///
    /// `place` may be written, and is aligned.
    unsafe fn lower(&self, place: *mut Self::C, scratch: &Scratch);

    /// Writes it as CBOR.
    fn encode(&self, writer: &mut CborWriter<'_>);

    /// Passes it natively, as a whole payload: its C type, unless it is text, bytes or nothing.
    fn payload(&self, take: impl FnMut(&[u8])) {
        native::payload(self, take);
    }

    /// Writes a list of it to a place that is all zeros.
    ///
    /// # Safety
    ///
    /// As for [`lower`](Self::lower).
    unsafe fn lower_list(list: &[Self], place: *mut List<Self::C>, scratch: &Scratch)
    where
        Self: Sized,
    {
        // SAFETY: the caller's contract.
        unsafe { native::lower_list(list, place, scratch) }
    }

    /// Writes a list of it as CBOR.
    fn encode_list(list: &[Self], writer: &mut CborWriter<'_>)
    where
        Self: Sized,
    {
        cbor::write_list(writer, list);
    }

    /// Passes a list of it natively, as a whole payload.
    fn list_payload(list: &[Self], take: impl FnMut(&[u8]))
    where
        Self: Sized,
    {
        native::payload(list, take);
    }
}

/// A type whose values come from the host.
///
/// # Safety
///
/// [`lift`](Self::lift) takes every bit pattern in the place that it is given: what is not such a value is an error.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not cross from a host",
    label = "this type does not cross",
    note = "numbers, `bool`, `String`, `Vec<T>`, `Option<T>`, sets and maps from `String` do, and structs and enums that are \
            marked with `#[ffi]`; an object that stays in the library crosses as a `Handle<T>`"
)]
pub unsafe trait Lift: Lower + Sized + Send + 'static {
    /// Its C type as a parameter of a function: itself, or a const pointer to it.
    type Arg: Copy + 'static;

    /// Reads it from a place that need not be aligned.
    ///
    /// # Errors
    ///
    /// If it is not such a value.
    ///
    /// # Safety
    ///
    /// `place` may be read, and so may what it points to, as far as it says.
    unsafe fn lift(place: *const Self::C, reader: &mut NativeReader) -> Result<Self, DecodeError>;

    /// Reads it from a parameter.
    ///
    /// # Errors
    ///
    /// If it is not such a value.
    ///
    /// # Safety
    ///
    /// As for [`lift`](Self::lift).
    unsafe fn lift_arg(arg: Self::Arg, reader: &mut NativeReader) -> Result<Self, DecodeError>;

    /// Reads it from CBOR.
    ///
    /// # Errors
    ///
    /// If it is not such a value.
    fn decode(reader: &mut CborReader<'_>) -> Result<Self, DecodeError>;

    /// What a key stands for that was left out: nothing, unless it is an `Option`.
    fn absent() -> Option<Self> {
        None
    }

    /// Reads a whole native payload; see [`Lower::payload`].
    ///
    /// # Errors
    ///
    /// If it is not such a value.
    ///
    /// # Safety
    ///
    /// What the bytes point to may be read.
    unsafe fn lift_payload(bytes: &[u8], reader: &mut NativeReader) -> Result<Self, DecodeError> {
        // SAFETY: the caller's contract.
        unsafe { native::lift_payload(bytes, reader) }
    }

    /// Reads a list of it.
    ///
    /// # Errors
    ///
    /// If one is not such a value.
    ///
    /// # Safety
    ///
    /// As for [`lift`](Self::lift).
    unsafe fn lift_list(list: List<Self::C>, reader: &mut NativeReader) -> Result<Vec<Self>, DecodeError> {
        // SAFETY: the caller's contract.
        unsafe { native::lift_list(list, reader) }
    }

    /// Reads a list of it from CBOR.
    ///
    /// # Errors
    ///
    /// If one is not such a value.
    fn decode_list(reader: &mut CborReader<'_>) -> Result<Vec<Self>, DecodeError> {
        cbor::read_list(reader)
    }

    /// Reads a whole native payload that is a list of it.
    ///
    /// # Errors
    ///
    /// If one is not such a value.
    ///
    /// # Safety
    ///
    /// As for [`lift_payload`](Self::lift_payload).
    unsafe fn lift_list_payload(bytes: &[u8], reader: &mut NativeReader) -> Result<Vec<Self>, DecodeError> {
        // SAFETY: the caller's contract.
        unsafe { native::lift_payload(bytes, reader) }
    }
}
