//! Heads in constants.
//!
//! The pieces of the descriptor are made at compile time, where nothing can be called that is not const, and no trait: so
//! `ciborium-ll` cannot write them.

/// The kinds of items: the upper three bits of a head.
pub mod major {
    /// An integer that is not negative.
    pub const UNSIGNED: u8 = 0;
    /// A negative integer: `n` stands for `-1 - n`.
    pub const NEGATIVE: u8 = 1;
    /// Bytes.
    pub const BYTES: u8 = 2;
    /// Text.
    pub const TEXT: u8 = 3;
    /// An array.
    pub const ARRAY: u8 = 4;
    /// A map.
    pub const MAP: u8 = 5;
    /// A tag.
    pub const TAG: u8 = 6;
    /// A simple value, a float or a break.
    pub const OTHER: u8 = 7;
}

/// The value null.
pub const NULL: u8 = simple(crate::head::simple::NULL);
/// The value true.
pub const TRUE: u8 = simple(crate::head::simple::TRUE);
/// The value false.
pub const FALSE: u8 = simple(crate::head::simple::FALSE);
/// A map without entries.
pub const EMPTY_MAP: u8 = major::MAP << 5;
/// The first byte of a float of 64 bits.
pub const F64: u8 = major::OTHER << 5 | 27;

const fn simple(value: u8) -> u8 {
    major::OTHER << 5 | value
}

/// A head: the first [`len`](Self::len) of [`bytes`](Self::bytes).
#[derive(Clone, Copy, Debug)]
pub struct Head {
    /// As many as the longest head has.
    pub bytes: [u8; 9],
    /// How many of them the head has.
    pub len: usize,
}

/// The head with a major type and an argument, as short as it can be.
pub const fn head(major: u8, argument: u64) -> Head {
    let [a, b, c, d, e, f, g, h] = argument.to_be_bytes();
    let major = major << 5;
    let (bytes, len) = match argument {
        0..24 => ([major | h, 0, 0, 0, 0, 0, 0, 0, 0], 1),
        24..0x100 => ([major | 24, h, 0, 0, 0, 0, 0, 0, 0], 2),
        0x100..0x1_0000 => ([major | 25, g, h, 0, 0, 0, 0, 0, 0], 3),
        0x1_0000..0x1_0000_0000 => ([major | 26, e, f, g, h, 0, 0, 0, 0], 5),
        _ => ([major | 27, a, b, c, d, e, f, g, h], 9),
    };
    Head { bytes, len }
}

#[cfg(test)]
mod tests {
    use super::{EMPTY_MAP, F64, FALSE, NULL, TRUE, head, major};
    use crate::Writer;
    use crate::head::{Head, write};

    fn written(head: Head) -> Vec<u8> {
        let mut bytes = Vec::new();
        write(head, &mut bytes);
        bytes
    }

    #[test]
    fn heads_are_those_of_ciborium() {
        let around = (0..u64::BITS).flat_map(|bit| [(1 << bit) - 1, 1 << bit, (1 << bit) + 1]);
        for number in around.chain(0..300).chain([u64::MAX]) {
            let len = usize::try_from(number).ok();
            for (major, theirs) in [
                (major::UNSIGNED, Head::Positive(number)),
                (major::NEGATIVE, Head::Negative(number)),
                (major::BYTES, Head::Bytes(len)),
                (major::TEXT, Head::Text(len)),
                (major::ARRAY, Head::Array(len)),
                (major::MAP, Head::Map(len)),
                (major::TAG, Head::Tag(number)),
            ] {
                let ours = head(major, number);
                assert_eq!(ours.bytes[..ours.len], written(theirs), "{theirs:?}");
            }
        }
    }

    #[test]
    fn values_are_those_of_the_writer() {
        let mut bytes = Vec::new();
        let mut writer = Writer::new(&mut bytes);
        writer.null();
        writer.bool(true);
        writer.bool(false);
        writer.map(0);
        writer.float(0.1);
        assert_eq!(bytes[..5], [NULL, TRUE, FALSE, EMPTY_MAP, F64]);
    }
}
