//! Where a request's arguments come from, and so in which format its outcome goes back.

use super::bytes;
use crate::context::current;
use crate::error::DecodeError;
use crate::status::Status;
use crate::wire::cbor::Reader as CborReader;
use crate::wire::native::Reader as NativeReader;
use crate::{Format, Host};
use ffihost_cbor::constant::EMPTY_MAP;
use std::marker::PhantomData;

/// The arguments, or why they do not decode; or what refuses the request.
type Read<A> = Result<Result<A, DecodeError>, Status>;

/// Where a request's arguments come from. They are read once, on the caller's thread, before the call returns.
pub trait Source {
    /// What the handler is given.
    type Args;

    /// The format of the arguments and of the outcome.
    const FORMAT: Format;

    /// Reads the arguments. More bytes than the limit are [`Status::TooLarge`].
    fn read(self, limit: usize) -> Read<Self::Args>;

    /// The same for a thread that is not inside of the context yet: handles are looked up in it.
    #[inline]
    fn read_in(self, host: Host, limit: usize) -> Read<Self::Args>
    where
        Self: Sized,
    {
        let _inside = current::Decoding::new(host);
        self.read(limit)
    }
}

/// C arguments.
#[derive(Debug)]
pub struct Native<F>(F);

impl<F> Native<F> {
    /// Arguments that `read` makes of what the host passed.
    ///
    /// # Safety
    ///
    /// `read` may read that until the call of the host returns.
    #[inline]
    pub unsafe fn new<A>(read: F) -> Self
    where
        F: FnOnce(&mut NativeReader) -> Result<A, DecodeError>,
    {
        Self(read)
    }
}

impl<A, F: FnOnce(&mut NativeReader) -> Result<A, DecodeError>> Source for Native<F> {
    type Args = A;

    const FORMAT: Format = Format::Native;

    #[inline]
    fn read(self, limit: usize) -> Read<A> {
        Ok((self.0)(&mut NativeReader::new(limit)))
    }
}

/// A CBOR map of arguments, from a host or from a client on a socket. No bytes are the empty map.
#[derive(Debug)]
pub struct Cbor<'a, F> {
    req: *const u8,
    len: usize,
    read: F,
    lives: PhantomData<&'a [u8]>,
}

impl<'a, F> Cbor<'a, F> {
    /// Arguments that `read` makes of the bytes that a host passed.
    ///
    /// # Safety
    ///
    /// If `req` is not NULL it points to `len` bytes that live for `'a`.
    #[inline]
    pub unsafe fn new<A>(req: *const u8, len: usize, read: F) -> Self
    where
        F: FnOnce(&mut CborReader<'_>) -> Result<A, DecodeError>,
    {
        Self { req, len, read, lives: PhantomData }
    }

    /// Arguments that `read` makes of the bytes that a client sent.
    #[cfg(feature = "ipc")]
    pub fn of<A>(payload: &'a [u8], read: F) -> Self
    where
        F: FnOnce(&mut CborReader<'_>) -> Result<A, DecodeError>,
    {
        Self { req: payload.as_ptr(), len: payload.len(), read, lives: PhantomData }
    }
}

impl<A, F: FnOnce(&mut CborReader<'_>) -> Result<A, DecodeError>> Source for Cbor<'_, F> {
    type Args = A;

    const FORMAT: Format = Format::Cbor;

    fn read(self, limit: usize) -> Read<A> {
        // SAFETY: the contract of `new`; the bytes of `of` are borrowed.
        let bytes = unsafe { bytes(self.req, self.len, limit)? };
        let bytes = if bytes.is_empty() { &[EMPTY_MAP] } else { bytes };
        Ok(CborReader::new(bytes, limit).only(self.read))
    }
}

/// Bytes for a library that is written by hand: the handler borrows them.
#[derive(Debug)]
pub struct Bytes<F>(F);

impl<F> Bytes<F> {
    /// The bytes that `find` finds within a limit.
    #[inline]
    pub fn new<'a>(find: F) -> Self
    where
        F: FnOnce(usize) -> Result<&'a [u8], Status>,
    {
        Self(find)
    }
}

impl<'a, F: FnOnce(usize) -> Result<&'a [u8], Status>> Source for Bytes<F> {
    type Args = &'a [u8];

    const FORMAT: Format = Format::Native;

    #[inline]
    fn read(self, limit: usize) -> Read<&'a [u8]> {
        Ok(Ok((self.0)(limit)?))
    }
}

/// The same for a handler that runs later: it is given a copy.
#[derive(Debug)]
pub struct Copied<F>(F);

impl<F> Copied<F> {
    /// A copy of the bytes that `find` finds within a limit.
    #[inline]
    pub fn new<'a>(find: F) -> Self
    where
        F: FnOnce(usize) -> Result<&'a [u8], Status>,
    {
        Self(find)
    }
}

impl<'a, F: FnOnce(usize) -> Result<&'a [u8], Status>> Source for Copied<F> {
    type Args = Vec<u8>;

    const FORMAT: Format = Format::Native;

    #[inline]
    fn read(self, limit: usize) -> Read<Vec<u8>> {
        Ok(Ok((self.0)(limit)?.to_vec()))
    }

    /// There are no handles in bytes.
    #[inline]
    fn read_in(self, _: Host, limit: usize) -> Read<Vec<u8>> {
        self.read(limit)
    }
}
