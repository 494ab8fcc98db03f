//! What to write instead of types of the standard library that do not cross.
//!
//! A name is no type: an author's own `Duration` may cross. So the attributes refuse no type by its name. Where they see one that
//! is well known they ask [`Crosses`] whether the type behind it crosses. The answer goes to a trait of this module, whose message
//! is the advice if it is no, and to [`Select`], which puts [`Absent`] in the place of a type that does not cross: so the advice is
//! all that the compiler says.

use super::cbor::{Reader as CborReader, Writer as CborWriter};
use super::native::{Reader as NativeReader, Scratch};
use super::{Awaited, Lift, Lower};
use crate::error::{DecodeError, HostError};
use ffihost_schema::write::Shape;
use std::convert::Infallible;
use std::fmt::Display;
use std::marker::PhantomData;

/// Whether a type crosses, for a type without generic parameters: the constant is found here if it does, and in [`OrNot`], which
/// has to be in scope, if it does not.
#[derive(Debug)]
pub struct Crosses<T: ?Sized>(PhantomData<T>);

impl<T: Lift> Crosses<T> {
    /// It does.
    pub const CROSSES: bool = true;
}

/// See [`Crosses`].
pub trait OrNot {
    /// It does not.
    const CROSSES: bool = false;
}

impl<T: ?Sized> OrNot for Crosses<T> {}

/// Chooses the type that the library is compiled with: this one if it crosses, [`Absent`] if it does not.
pub trait Select<const CROSSES: bool> {
    /// It.
    type This;

    /// The same value.
    fn given(whole: &Self) -> &Self::This;

    /// The same value.
    fn lent(this: &Self::This) -> &Self;

    /// The same value.
    fn made(this: Self::This) -> Self
    where
        Self: Sized;
}

/// Converts an owned value into the type that [`Select`] has chosen.
pub trait Take<const CROSSES: bool, Owned>: Select<CROSSES> {
    /// The same value.
    fn take(owned: Owned) -> Self::This;
}

impl<T> Select<true> for T {
    type This = T;

    #[inline]
    fn given(whole: &T) -> &T {
        whole
    }

    #[inline]
    fn lent(this: &T) -> &T {
        this
    }

    #[inline]
    fn made(this: T) -> T {
        this
    }
}

impl<T> Take<true, T> for T {
    #[inline]
    fn take(owned: T) -> T {
        owned
    }
}

/// Replaces a type that does not cross. It has no values, since such a library does not compile.
#[derive(Clone, Debug)]
pub struct Absent(Infallible);

impl<T: ?Sized> Select<false> for T {
    type This = Absent;

    fn given(_: &T) -> &Absent {
        unreachable!("{NOT_COMPILED}")
    }

    fn lent(this: &Absent) -> &T {
        match this.0 {}
    }

    fn made(this: Absent) -> T
    where
        T: Sized,
    {
        match this.0 {}
    }
}

impl<T: ?Sized, Owned> Take<false, Owned> for T {
    fn take(_: Owned) -> Absent {
        unreachable!("{NOT_COMPILED}")
    }
}

const NOT_COMPILED: &str = "a library with a type that does not cross is not compiled";

// SAFETY: there is nothing to write.
unsafe impl Lower for Absent {
    type C = ();
    const SHAPE: Shape = Shape::Named("");

    unsafe fn lower(&self, _: *mut (), _: &Scratch) {}

    fn encode(&self, _: &mut CborWriter<'_>) {}
}

// SAFETY: there is nothing to read.
unsafe impl Lift for Absent {
    type Arg = *const ();

    unsafe fn lift(_: *const (), _: &mut NativeReader) -> Result<Self, DecodeError> {
        Err(DecodeError::new(NOT_COMPILED))
    }

    unsafe fn lift_arg(_: *const (), _: &mut NativeReader) -> Result<Self, DecodeError> {
        Err(DecodeError::new(NOT_COMPILED))
    }

    fn decode(_: &mut CborReader<'_>) -> Result<Self, DecodeError> {
        Err(DecodeError::new(NOT_COMPILED))
    }
}

impl Awaited for Absent {
    type Result = Self;
    type Error = Infallible;

    fn from_outcome(_: Result<Self, HostError>) -> Self {
        unreachable!("{NOT_COMPILED}")
    }
}

/// Whether a type that is marked with `#[ffi(as = …)]` is converted into its representation, and made of it. As for [`Crosses`],
/// the constants are here, or in [`ConvertsNot`].
#[derive(Debug)]
pub struct Converts<T, Representation>(PhantomData<(T, Representation)>);

impl<T, Representation: for<'a> From<&'a T>> Converts<T, Representation> {
    /// It is converted into it.
    pub const INTO: bool = true;
}

impl<T: TryFrom<Representation, Error: Display>, Representation> Converts<T, Representation> {
    /// It is made of it.
    pub const FROM: bool = true;
}

/// See [`Converts`].
pub trait ConvertsNot {
    /// It is not converted into it.
    const INTO: bool = false;
    /// It is not made of it.
    const FROM: bool = false;
}

impl<T, Representation> ConvertsNot for Converts<T, Representation> {}

/// A type that is converted into its representation.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not converted into a `{Representation}`, as which it crosses",
    label = "no value can go to a host",
    note = "write `impl From<&{Self}> for {Representation}`"
)]
pub trait IntoRepresentation<const INTO: bool, Representation: ?Sized> {
    /// There is nothing to say.
    const FINE: () = ();
}

impl<T, Representation: ?Sized> IntoRepresentation<true, Representation> for T {}

/// A type that is made of its representation.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not made of a `{Representation}`, as which it crosses",
    label = "no value can come from a host",
    note = "write `impl From<{Representation}> for {Self}`, or `TryFrom` with an error that has `Display`"
)]
pub trait FromRepresentation<const FROM: bool, Representation: ?Sized> {
    /// There is nothing to say.
    const FINE: () = ();
}

impl<T, Representation: ?Sized> FromRepresentation<true, Representation> for T {}

/// Converts a value, if that can be done.
pub trait Represent<const INTO: bool, Representation> {
    /// The same value as its representation.
    fn represent(&self) -> Representation;
}

impl<T, Representation: for<'a> From<&'a T>> Represent<true, Representation> for T {
    #[inline]
    fn represent(&self) -> Representation {
        self.into()
    }
}

impl<T, Representation> Represent<false, Representation> for T {
    fn represent(&self) -> Representation {
        unreachable!("{NOT_COMPILED}")
    }
}

/// Converts a value back, if that can be done.
pub trait Restore<const FROM: bool, Representation>: Sized {
    /// The value that has this representation.
    ///
    /// # Errors
    ///
    /// If there is none.
    fn restore(representation: Representation) -> Result<Self, DecodeError>;
}

impl<T: TryFrom<Representation, Error: Display>, Representation> Restore<true, Representation> for T {
    #[inline]
    fn restore(representation: Representation) -> Result<Self, DecodeError> {
        representation.try_into().map_err(DecodeError::new)
    }
}

impl<T, Representation> Restore<false, Representation> for T {
    fn restore(_: Representation) -> Result<Self, DecodeError> {
        Err(DecodeError::new(NOT_COMPILED))
    }
}

/// A trait for each piece of advice.
macro_rules! advice {
    ($($name:ident $(<$of:ident>)?: $message:literal;)*) => {$(
        #[doc = $message]
        #[diagnostic::on_unimplemented(
            message = $message,
            label = "this type does not cross",
            note = "a type of your own crosses under any name, if it is marked with `#[ffi]`"
        )]
        pub trait $name<const CROSSES: bool $(, $of: ?Sized)?> {
            /// There is nothing to say.
            const FINE: () = ();
        }

        impl<T: ?Sized $(, $of: ?Sized)?> $name<true $(, $of)?> for T {}
    )*};
}

advice! {
    Wide: "`{Self}` does not exist in C: use two `u64`, or a `String`";
    Str: "`{Self}` has no size: use `String`, or `&str` as a parameter";
    Text: "`{Self}` does not cross: use `String`";
    List<Item>: "`{Self}` does not cross: use `Vec<{Item}>`";
    Boxed: "`{Self}` does not cross: use what is in it, and `Vec` for what holds its own kind";
    Counted<Object>: "`{Self}` does not cross: use `Handle<{Object}>`, and mark the struct with `#[ffi(handle)]`";
    Kept: "`{Self}` does not cross: use what is in it, or `Handle<T>` for an object that stays in the library";
    Keys: "the keys of a map are text: use `String`, or a list of structs";
    Outcome: "a `Result` crosses only as what a function returns: use an enum";
    Instant: "`{Self}` means nothing outside of this process: use a number, of milliseconds that have passed for instance";
}
