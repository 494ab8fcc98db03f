//! Heads: what kind of item comes next, and its argument.
//!
//! What may come where, how deep and how much is not decided here.

use ciborium_io::{Read, Write};
use ciborium_ll::{Decoder, Encoder};
use std::convert::Infallible;

pub use ciborium_ll::{Header as Head, simple};

/// The first byte of a simple value that has two.
const TWO_BYTE_SIMPLE: u8 = 0xf8;

/// Why there is no head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Broken {
    /// The bytes end.
    Early,
    /// The head that begins at this byte is not CBOR.
    Syntax(usize),
}

/// A place in bytes that are read head by head. Nothing is copied or allocated.
#[derive(Clone, Copy, Debug)]
pub struct Heads<'a> {
    all: &'a [u8],
    rest: &'a [u8],
}

impl<'a> Heads<'a> {
    /// Starts with the first byte.
    pub fn new(all: &'a [u8]) -> Self {
        Self { all, rest: all }
    }

    /// All the bytes, those that were read among them.
    pub fn all(&self) -> &'a [u8] {
        self.all
    }

    /// How many bytes are left.
    pub fn left(&self) -> usize {
        self.rest.len()
    }

    /// How many bytes were read.
    pub fn offset(&self) -> usize {
        self.all.len() - self.rest.len()
    }

    /// Takes the next `len` bytes; if fewer are left, none.
    #[inline]
    pub fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(len)?;
        self.rest = rest;
        Some(taken)
    }

    /// Reads a head.
    ///
    /// # Errors
    ///
    /// If no head can be read; the place stays the same then.
    #[expect(clippy::should_implement_trait, reason = "an iterator would go on after an error")]
    pub fn next(&mut self) -> Result<Head, Broken> {
        // A simple value below 32 has one byte: in two it is not well-formed (RFC 8949, 3.3), which the decoder lets pass.
        if let [TWO_BYTE_SIMPLE, 0..32, ..] = self.rest {
            return Err(Broken::Syntax(self.offset()));
        }
        let mut decoder = Decoder::from(Input(self.rest));
        match decoder.pull() {
            Ok(head) => {
                self.take(decoder.offset());
                Ok(head)
            }
            Err(ciborium_ll::Error::Io(End)) => Err(Broken::Early),
            Err(ciborium_ll::Error::Syntax(at)) => Err(Broken::Syntax(self.offset() + at)),
        }
    }
}

/// Bytes for the decoder. `ciborium-io` implements its trait for slices too, but with another error in each of its features.
struct Input<'a>(&'a [u8]);

/// The bytes end.
struct End;

impl Read for Input<'_> {
    type Error = End;

    #[inline]
    fn read_exact(&mut self, data: &mut [u8]) -> Result<(), End> {
        let (read, rest) = self.0.split_at_checked(data.len()).ok_or(End)?;
        data.copy_from_slice(read);
        self.0 = rest;
        Ok(())
    }
}

/// Appends a head, as short as it can be: floats have 16 bits if these hold the value, NaN's payload included.
pub fn write(head: Head, bytes: &mut Vec<u8>) {
    let Ok(()) = Encoder::from(Output(bytes)).push(head);
}

/// Where the encoder writes: memory, which takes everything.
struct Output<'a>(&'a mut Vec<u8>);

impl Write for Output<'_> {
    type Error = Infallible;

    #[inline]
    fn write_all(&mut self, data: &[u8]) -> Result<(), Infallible> {
        self.0.extend_from_slice(data);
        Ok(())
    }

    #[inline]
    fn flush(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Broken, Head, Heads, write};
    use proptest::prelude::*;

    /// Reads a head, writes it, and reads the same again: floats bit by bit.
    fn there_and_back(bytes: &[u8]) {
        let mut heads = Heads::new(bytes);
        let Ok(head) = heads.next() else {
            assert_eq!(heads.offset(), 0, "{bytes:x?}: nothing was read");
            return;
        };
        let mut shortest = Vec::new();
        write(head, &mut shortest);
        assert!(shortest.len() <= heads.offset(), "{bytes:x?}: {shortest:x?}");
        let mut again = Heads::new(&shortest);
        match (head, again.next()) {
            (Head::Float(value), Ok(Head::Float(same))) => assert_eq!(value.to_bits(), same.to_bits(), "{bytes:x?}"),
            (head, same) => assert_eq!(same, Ok(head), "{bytes:x?}"),
        }
        assert_eq!(again.left(), 0, "{bytes:x?}");
    }

    #[test]
    fn every_first_byte_and_every_half() {
        there_and_back(&[]);
        for first in 0..=u8::MAX {
            there_and_back(&[first]);
            there_and_back(&[first, 0xa5]);
            for rest in (0..=u16::MAX).step_by(if first == 0xf9 { 1 } else { 251 }) {
                let [a, b] = rest.to_be_bytes();
                there_and_back(&[first, a, b]);
            }
        }
    }

    #[test]
    fn errors_say_where() {
        let mut heads = Heads::new(&[1, 0x62, b'h', b'i', 0x1c]);
        assert_eq!(heads.next(), Ok(Head::Positive(1)));
        assert_eq!(heads.next(), Ok(Head::Text(Some(2))));
        assert_eq!((heads.take(4), heads.take(2)), (None, Some(&b"hi"[..])));
        assert_eq!(heads.next(), Err(Broken::Syntax(4)), "a reserved head");
        assert_eq!((heads.offset(), heads.left()), (4, 1));
        for value in 0..32 {
            assert_eq!(Heads::new(&[0xf8, value]).next(), Err(Broken::Syntax(0)), "two bytes for one");
        }
        assert_eq!(Heads::new(&[0xf8, 32]).next(), Ok(Head::Simple(32)));
        assert_eq!(Heads::new(&[0x19, 1]).next(), Err(Broken::Early), "half an argument");
        assert_eq!(Heads::new(&[]).next(), Err(Broken::Early));
    }

    proptest! {
        #[test]
        fn any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..12)) {
            there_and_back(&bytes);
        }

        #[test]
        fn any_float(bits in any::<u64>(), single in any::<u32>()) {
            for value in [f64::from_bits(bits), f32::from_bits(single).into()] {
                let mut bytes = Vec::new();
                write(Head::Float(value), &mut bytes);
                there_and_back(&bytes);
            }
        }
    }
}
