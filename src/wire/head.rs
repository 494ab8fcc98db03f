//! The heads of CBOR, RFC 8949: what kind of item comes next, and its number. Nothing is decided here.

/// The head of an item.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Head {
    /// A number that is not negative.
    Positive(u64),
    /// A number `n` stands for `-1 - n`.
    Negative(u64),
    Float(f64),
    /// One of [`simple`], or another.
    Simple(u8),
    Tag(u64),
    /// The end of what has no length.
    Break,
    /// So many bytes, or parts up to a break; so for the next three.
    Bytes(Option<usize>),
    Text(Option<usize>),
    Array(Option<usize>),
    Map(Option<usize>),
}

/// Simple values that have a meaning.
pub(super) mod simple {
    pub(in super::super) const FALSE: u8 = 20;
    pub(in super::super) const TRUE: u8 = 21;
    pub(in super::super) const NULL: u8 = 22;
    pub(in super::super) const UNDEFINED: u8 = 23;
}

/// Why there is no head.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Broken {
    /// The bytes end.
    Early,
    /// Such a head there is not, at that byte.
    Syntax(usize),
}

/// Bytes that are read head by head.
pub(super) struct Heads<'a> {
    all: &'a [u8],
    rest: &'a [u8],
}

impl<'a> Heads<'a> {
    pub(super) fn new(all: &'a [u8]) -> Self {
        Self { all, rest: all }
    }

    /// How many bytes there are.
    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    /// How many are left.
    pub(super) fn left(&self) -> usize {
        self.rest.len()
    }

    /// The next so many bytes, if there are as many.
    pub(super) fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(len)?;
        self.rest = rest;
        Some(taken)
    }

    pub(super) fn next(&mut self) -> Result<Head, Broken> {
        let syntax = Broken::Syntax(self.all.len() - self.rest.len());
        let (first, rest) = self.rest.split_first().ok_or(Broken::Early)?;
        self.rest = rest;
        let (major, minor) = (first >> 5, first & 0x1f);
        let number = match minor {
            0..24 => Some(minor.into()),
            24..28 => {
                let bytes = self.take(1 << (minor - 24)).ok_or(Broken::Early)?;
                Some(bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
            }
            31 => None,
            _ => return Err(syntax),
        };
        let len = || number.map(usize::try_from).transpose().map_err(|_| syntax);
        Ok(match major {
            0 => Head::Positive(number.ok_or(syntax)?),
            1 => Head::Negative(number.ok_or(syntax)?),
            2 => Head::Bytes(len()?),
            3 => Head::Text(len()?),
            4 => Head::Array(len()?),
            5 => Head::Map(len()?),
            6 => Head::Tag(number.ok_or(syntax)?),
            _ => match (minor, number) {
                (_, None) => Head::Break,
                (25, Some(bits)) => Head::Float(from_half(bits)),
                (26, Some(bits)) => Head::Float(f32::from_bits(bits as u32).into()),
                (27, Some(bits)) => Head::Float(f64::from_bits(bits)),
                (_, Some(value)) => Head::Simple(value as u8),
            },
        })
    }
}

/// Appends a head, as short as it goes.
pub(super) fn write(head: Head, bytes: &mut Vec<u8>) {
    let (major, number) = match head {
        Head::Positive(number) => (0, number),
        Head::Negative(number) => (1, number),
        Head::Bytes(Some(len)) => (2, len as u64),
        Head::Text(Some(len)) => (3, len as u64),
        Head::Array(Some(len)) => (4, len as u64),
        Head::Map(Some(len)) => (5, len as u64),
        Head::Tag(number) => (6, number),
        Head::Simple(value) => (7, value.into()),
        Head::Float(value) => return write_float(value, bytes),
        Head::Break => return bytes.push(0xff),
        Head::Bytes(None) => return bytes.push(0x5f),
        Head::Text(None) => return bytes.push(0x7f),
        Head::Array(None) => return bytes.push(0x9f),
        Head::Map(None) => return bytes.push(0xbf),
    };
    let width = match number {
        0..24 => return bytes.push(major << 5 | number as u8),
        24..0x100 => 0,
        0x100..0x1_0000 => 1,
        0x1_0000..0x1_0000_0000 => 2,
        _ => 3,
    };
    write_wide(major << 5 | (24 + width), number, 1 << width, bytes);
}

fn write_float(value: f64, bytes: &mut Vec<u8>) {
    let single = value as f32;
    if f64::from(single).to_bits() != value.to_bits() {
        write_wide(0xfb, value.to_bits(), 8, bytes);
    } else if let Some(half) = to_half(single) {
        write_wide(0xf9, half.into(), 2, bytes);
    } else {
        write_wide(0xfa, single.to_bits().into(), 4, bytes);
    }
}

/// A first byte, and a number of so many bytes.
fn write_wide(first: u8, number: u64, width: usize, bytes: &mut Vec<u8>) {
    bytes.push(first);
    bytes.extend_from_slice(number.to_be_bytes().get(8 - width..).unwrap_or_default());
}

/// The float of 16 bits that is the same, if there is one.
fn to_half(value: f32) -> Option<u16> {
    let bits = value.to_bits();
    let (sign, exponent, fraction) = ((bits >> 16) as u16 & 0x8000, bits >> 23 & 0xff, bits & 0x7f_ffff);
    let (exponent, fraction, lost) = match exponent {
        0 if fraction == 0 => (0, 0, 0),
        // Subnormal there: the leading 1 is written out, and further right.
        103..113 => (0, fraction | 0x80_0000, 126 - exponent),
        113..143 => (exponent - 112, fraction, 13),
        // Infinite, or no number.
        255 => (0x1f, fraction, 13),
        _ => return None,
    };
    let half = sign | (exponent << 10) as u16 | (fraction >> lost) as u16;
    (fraction & ((1 << lost) - 1) == 0).then_some(half)
}

/// What a float of 16 bits is.
fn from_half(bits: u64) -> f64 {
    let (sign, exponent, fraction) = ((bits & 0x8000) << 48, bits >> 10 & 0x1f, bits & 0x3ff);
    let magnitude = match exponent {
        // Subnormal: so many times the smallest, 2 to the -24th.
        0 => (fraction as f64 * f64::from_bits((1023 - 24) << 52)).to_bits(),
        0x1f if fraction == 0 => f64::INFINITY.to_bits(),
        // No number, and none that traps.
        0x1f => f64::INFINITY.to_bits() | 1 << 51 | fraction << 42,
        _ => (exponent + 1023 - 15) << 52 | fraction << 42,
    };
    f64::from_bits(sign | magnitude)
}

#[cfg(test)]
mod tests {
    use super::{Broken, Head, Heads, write};
    use ciborium_ll::{Decoder, Encoder, Error, Header};
    use proptest::prelude::*;

    fn theirs(head: Head) -> Header {
        match head {
            Head::Positive(number) => Header::Positive(number),
            Head::Negative(number) => Header::Negative(number),
            Head::Float(value) => Header::Float(value),
            Head::Simple(value) => Header::Simple(value),
            Head::Tag(number) => Header::Tag(number),
            Head::Break => Header::Break,
            Head::Bytes(len) => Header::Bytes(len),
            Head::Text(len) => Header::Text(len),
            Head::Array(len) => Header::Array(len),
            Head::Map(len) => Header::Map(len),
        }
    }

    /// Reads a head as ciborium does, or fails as it does; floats bit by bit. Then writes it as ciborium does.
    fn compare(bytes: &[u8]) {
        let (mut heads, mut decoder) = (Heads::new(bytes), Decoder::from(bytes));
        match (heads.next(), decoder.pull()) {
            (Ok(Head::Float(ours)), Ok(Header::Float(theirs))) => {
                assert_eq!(ours.to_bits(), theirs.to_bits(), "{bytes:x?}");
            }
            (Ok(ours), Ok(header)) => assert_eq!(theirs(ours), header, "{bytes:x?}"),
            (Err(Broken::Early), Err(Error::Io(_))) => return,
            (Err(Broken::Syntax(ours)), Err(Error::Syntax(theirs))) => return assert_eq!(ours, theirs, "{bytes:x?}"),
            (ours, theirs) => panic!("{ours:?}, ciborium: {theirs:?}, of {bytes:x?}"),
        }
        assert_eq!(heads.len() - heads.left(), decoder.offset(), "{bytes:x?}");
        if let Ok(head) = Heads::new(bytes).next() {
            compare_written(head);
        }
    }

    fn compare_written(head: Head) {
        let (mut ours, mut buffer) = (Vec::new(), Vec::new());
        write(head, &mut ours);
        Encoder::from(&mut buffer).push(theirs(head)).expect("a Vec takes every byte");
        assert_eq!(ours, buffer, "{head:?}");
    }

    #[test]
    fn every_first_byte_and_every_half() {
        compare(&[]);
        for first in 0..=u8::MAX {
            compare(&[first]);
            compare(&[first, 0xa5]);
            for rest in (0..=u16::MAX).step_by(if first == 0xf9 { 1 } else { 251 }) {
                let [a, b] = rest.to_be_bytes();
                compare(&[first, a, b]);
            }
        }
    }

    #[test]
    fn floats_that_just_fit_and_just_do_not() {
        for half in 0..=u16::MAX {
            let single = f32::from(half) * f32::MIN_POSITIVE;
            for value in [single, single.next_up(), single.next_down()] {
                compare_written(Head::Float(value.into()));
            }
            if let Ok(Head::Float(value)) = Heads::new(&[0xf9, (half >> 8) as u8, half as u8]).next() {
                for near in [value, value.next_up(), value.next_down(), value * 0.5, value * 1.5] {
                    compare_written(Head::Float(near));
                }
                compare_written(Head::Float((value as f32).next_up().into()));
                compare_written(Head::Float((value as f32).next_down().into()));
            }
        }
    }

    proptest! {
        #[test]
        fn any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..12)) {
            compare(&bytes);
        }

        #[test]
        fn any_float(bits in any::<u64>(), single in any::<u32>()) {
            compare_written(Head::Float(f64::from_bits(bits)));
            compare_written(Head::Float(f32::from_bits(single).into()));
        }

        #[test]
        fn any_number(number in any::<u64>(), shift in 0_u32..64) {
            for number in [number >> shift, (1 << shift) - 1, 1 << shift] {
                compare_written(Head::Positive(number));
                compare_written(Head::Negative(number));
                compare_written(Head::Tag(number));
                compare_written(Head::Map(usize::try_from(number).ok()));
            }
        }
    }
}
