//! What crosses: bytes, and types that know how to become bytes and back.

use crate::Format;
use crate::error::DecodeError;

/// An argument, a reply or an event's payload, on its way to the host.
pub trait ToHost {
    /// Hands `take` the bytes in that format: once, before this returns. They live only that long.
    fn to_host(&self, format: Format, take: &mut dyn FnMut(&[u8]));
}

/// A result or a declared error, on its way from the host.
pub trait FromHost: Send + Sized + 'static {
    /// Makes the value of bytes that live only during this call. Runs on the thread that answers.
    ///
    /// # Errors
    ///
    /// If the bytes are not such a value: hostile input is an error, never a panic.
    fn from_host(format: Format, bytes: &[u8]) -> Result<Self, DecodeError>;
}

macro_rules! raw_to_host {
    ($($type:ty),*) => {$(
        impl ToHost for $type {
            #[inline]
            fn to_host(&self, _: Format, take: &mut dyn FnMut(&[u8])) {
                take(self.as_ref());
            }
        }
    )*};
}

raw_to_host!([u8], str, Vec<u8>, String);

impl<const N: usize> ToHost for [u8; N] {
    #[inline]
    fn to_host(&self, _: Format, take: &mut dyn FnMut(&[u8])) {
        take(self);
    }
}

impl<T: ToHost + ?Sized> ToHost for &T {
    #[inline]
    fn to_host(&self, format: Format, take: &mut dyn FnMut(&[u8])) {
        (**self).to_host(format, take);
    }
}

impl ToHost for () {
    #[inline]
    fn to_host(&self, _: Format, take: &mut dyn FnMut(&[u8])) {
        take(&[]);
    }
}

impl FromHost for Vec<u8> {
    fn from_host(_: Format, bytes: &[u8]) -> Result<Self, DecodeError> {
        Ok(bytes.to_vec())
    }
}

impl FromHost for String {
    fn from_host(_: Format, bytes: &[u8]) -> Result<Self, DecodeError> {
        std::str::from_utf8(bytes)
            .map(str::to_owned)
            .map_err(|error| DecodeError::new(format_args!("expected UTF-8 text of {} bytes: {error}", bytes.len())))
    }
}

impl FromHost for () {
    fn from_host(_: Format, bytes: &[u8]) -> Result<Self, DecodeError> {
        match bytes.len() {
            0 => Ok(()),
            length => Err(DecodeError::new(format_args!("expected no bytes, there are {length}"))),
        }
    }
}
