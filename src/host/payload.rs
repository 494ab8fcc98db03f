//! What crosses, whatever it is: a value that knows how to become a payload, or how to be made of one.
//!
//! The runtime asks no more of arguments, answers and events than this. The attributes give it typed values, by way of
//! [`crate::wire`]; bytes and text are payloads as they are, whatever the format.

use crate::Format;
use crate::error::{DecodeError, HostError};
use smallvec::SmallVec;

/// Arguments, a reply or an event's payload, on its way to the host.
pub trait ToHost {
    /// The same, borrowing nothing: what is passed on to another thread.
    type Owned: ToHost<Owned = Self::Owned> + Send + 'static;

    /// Hands `take` the payload in that format: once, before this returns. It lives only that long.
    fn to_host(&self, format: Format, take: &mut dyn FnMut(&[u8]));

    /// The same natively, where it is known what takes it: so that both can become one piece of code.
    #[inline]
    fn to_host_natively(&self, mut take: impl FnMut(&[u8])) {
        self.to_host(Format::Native, &mut take);
    }

    /// Takes over what is borrowed.
    fn into_owned(self) -> Self::Owned;
}

/// A result or a declared error, on its way from the host.
pub trait FromHost: Send + Sized + 'static {
    /// Makes the value of a payload that lives only during this call, and takes `limit` bytes of memory at most. Runs on the
    /// thread that answers.
    ///
    /// # Errors
    ///
    /// If the payload is not such a value: hostile input is an error, never a panic.
    ///
    /// # Safety
    ///
    /// A host passed the payload: what native bytes point to may be read.
    unsafe fn from_host(format: Format, payload: &[u8], limit: usize) -> Result<Self, DecodeError>;

    /// What it means that the host gave this as the declared error.
    ///
    /// # Errors
    ///
    /// As for [`from_host`](Self::from_host).
    ///
    /// # Safety
    ///
    /// As for [`from_host`](Self::from_host).
    unsafe fn declared(format: Format, payload: &[u8], limit: usize) -> Result<HostError<Self>, DecodeError> {
        // SAFETY: the caller's contract.
        unsafe { Self::from_host(format, payload, limit) }.map(HostError::Declared)
    }
}

macro_rules! raw_to_host {
    ($($type:ty => $owned:ty),* $(,)?) => {$(
        impl ToHost for $type {
            type Owned = $owned;

            #[inline]
            fn to_host(&self, _: Format, take: &mut dyn FnMut(&[u8])) {
                take(self.as_ref());
            }

            #[inline]
            fn into_owned(self) -> $owned {
                self.into()
            }
        }
    )*};
}

raw_to_host!(
    Vec<u8> => Self,
    String => Self,
    &[u8] => Bytes,
    &str => Bytes,
    &Vec<u8> => Bytes,
    &String => Bytes,
);

impl<const N: usize> ToHost for [u8; N] {
    type Owned = Self;

    #[inline]
    fn to_host(&self, _: Format, take: &mut dyn FnMut(&[u8])) {
        take(self);
    }

    #[inline]
    fn into_owned(self) -> Self {
        self
    }
}

impl<const N: usize> ToHost for &[u8; N] {
    type Owned = [u8; N];

    #[inline]
    fn to_host(&self, _: Format, take: &mut dyn FnMut(&[u8])) {
        take(*self);
    }

    #[inline]
    fn into_owned(self) -> [u8; N] {
        *self
    }
}

impl ToHost for () {
    type Owned = Self;

    #[inline]
    fn to_host(&self, _: Format, take: &mut dyn FnMut(&[u8])) {
        take(&[]);
    }

    #[inline]
    fn into_owned(self) {}
}

/// Bytes that were borrowed; a few need no allocation.
#[derive(Clone, Debug)]
pub struct Bytes(SmallVec<[u8; 48]>);

impl ToHost for Bytes {
    type Owned = Self;

    #[inline]
    fn to_host(&self, _: Format, take: &mut dyn FnMut(&[u8])) {
        take(&self.0);
    }

    #[inline]
    fn into_owned(self) -> Self {
        self
    }
}

impl<T: AsRef<[u8]> + ?Sized> From<&T> for Bytes {
    #[inline]
    fn from(bytes: &T) -> Self {
        Self(SmallVec::from_slice(bytes.as_ref()))
    }
}

impl FromHost for Vec<u8> {
    unsafe fn from_host(_: Format, payload: &[u8], _: usize) -> Result<Self, DecodeError> {
        Ok(payload.to_vec())
    }
}

impl FromHost for String {
    unsafe fn from_host(_: Format, payload: &[u8], _: usize) -> Result<Self, DecodeError> {
        std::str::from_utf8(payload).map(str::to_owned).map_err(DecodeError::not_utf8)
    }
}

impl FromHost for () {
    unsafe fn from_host(_: Format, payload: &[u8], _: usize) -> Result<Self, DecodeError> {
        match payload.len() {
            0 => Ok(()),
            length => Err(DecodeError::new(format_args!("expected no bytes, there are {length}"))),
        }
    }
}
