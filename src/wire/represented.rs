//! Types that cross as another type: the conversions are theirs, and the crossing is the representation's.

use crate::error::DecodeError;
use crate::wire::Lift;
use ffihost_schema::write::{Logic, Shape};

/// A type that crosses as another one. [`represented!`](crate::__represented) implements [`Lower`](super::Lower) and [`Lift`] for it.
pub trait Represented: Send + Sized + 'static {
    /// What it crosses as.
    type Representation: Lift;

    /// The name of what it means, for the descriptor; nothing if it means no more than its representation.
    const LOGIC: Option<&'static str>;

    /// The same value as its representation.
    fn represent(&self) -> Self::Representation;

    /// The value that has this representation.
    ///
    /// # Errors
    ///
    /// If there is none.
    fn from_representation(representation: Self::Representation) -> Result<Self, DecodeError>;
}

/// The shape of a type with that representation.
pub const fn shape(logic: Option<&'static str>, representation: &'static Shape) -> Shape {
    match logic {
        Some(name) => Shape::As(Logic::Name(name), representation),
        None => *representation,
    }
}

/// Implements `Lower` and `Lift` for types that are `Represented`. It cannot be done for all of them at once: that could meet
/// other implementations.
#[doc(hidden)]
#[macro_export]
macro_rules! __represented {
    ($($type:ty),*) => {$(
        // SAFETY: its C type is the representation's, and writing that is the representation's doing.
        unsafe impl $crate::wire::Lower for $type {
            type C = <<Self as $crate::wire::Represented>::Representation as $crate::wire::Lower>::C;
            const SHAPE: $crate::export::Shape = $crate::wire::shape(
                <Self as $crate::wire::Represented>::LOGIC,
                &<<Self as $crate::wire::Represented>::Representation as $crate::wire::Lower>::SHAPE,
            );
            const POINTS: bool =
                <<Self as $crate::wire::Represented>::Representation as $crate::wire::Lower>::POINTS;

            #[inline]
            unsafe fn lower(&self, place: *mut Self::C, scratch: &$crate::wire::native::Scratch) {
                let representation = $crate::wire::Represented::represent(self);
                // SAFETY: the caller's contract. What has pointers lives as long as `scratch`; nothing else is pointed to.
                unsafe {
                    if <Self as $crate::wire::Lower>::POINTS {
                        $crate::wire::Lower::lower(scratch.keep(representation), place, scratch);
                    } else {
                        $crate::wire::Lower::lower(&representation, place, scratch);
                    }
                }
            }

            fn encode(&self, writer: &mut $crate::wire::cbor::Writer<'_>) {
                $crate::wire::Lower::encode(&$crate::wire::Represented::represent(self), writer);
            }

            fn payload(&self, take: impl ::core::ops::FnMut(&[u8])) {
                $crate::wire::Lower::payload(&$crate::wire::Represented::represent(self), take);
            }
        }

        // SAFETY: the representation takes every bit pattern, and one that is no such value is an error.
        unsafe impl $crate::wire::Lift for $type {
            type Arg = <<Self as $crate::wire::Represented>::Representation as $crate::wire::Lift>::Arg;

            #[inline]
            unsafe fn lift(
                place: *const Self::C,
                reader: &mut $crate::wire::native::Reader,
            ) -> ::core::result::Result<Self, $crate::DecodeError> {
                // SAFETY: the caller's contract.
                let representation = unsafe { $crate::wire::Lift::lift(place, reader) };
                representation.and_then($crate::wire::Represented::from_representation)
            }

            #[inline]
            unsafe fn lift_arg(
                arg: Self::Arg,
                reader: &mut $crate::wire::native::Reader,
            ) -> ::core::result::Result<Self, $crate::DecodeError> {
                // SAFETY: the caller's contract.
                let representation = unsafe { $crate::wire::Lift::lift_arg(arg, reader) };
                representation.and_then($crate::wire::Represented::from_representation)
            }

            fn decode(
                reader: &mut $crate::wire::cbor::Reader<'_>,
            ) -> ::core::result::Result<Self, $crate::DecodeError> {
                $crate::wire::Lift::decode(reader).and_then($crate::wire::Represented::from_representation)
            }

            unsafe fn lift_payload(
                bytes: &[u8],
                reader: &mut $crate::wire::native::Reader,
            ) -> ::core::result::Result<Self, $crate::DecodeError> {
                // SAFETY: the caller's contract.
                let representation = unsafe { $crate::wire::Lift::lift_payload(bytes, reader) };
                representation.and_then($crate::wire::Represented::from_representation)
            }
        }
    )*};
}
pub(super) use crate::__represented as represented;
