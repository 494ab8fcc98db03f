//! What can be wrong with bytes.

use crate::head::Broken;
use crate::read::MAX_DEPTH;
use std::str::Utf8Error;

/// Why a value cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The bytes end inside a value.
    #[error("it ends early, after {len} bytes")]
    Early {
        /// How many there are.
        len: usize,
    },
    /// The head at this byte is not CBOR.
    #[error("not CBOR, at byte {at}")]
    Syntax {
        /// The offset of its first byte.
        at: usize,
    },
    /// Bytes follow the value.
    #[error("{left} bytes after the end")]
    Trailing {
        /// How many.
        left: usize,
    },
    /// The value needs more memory than the reader's budget.
    #[error("{bytes} times 1 bytes are more than the limit leaves")]
    TooLarge {
        /// What was to be allocated when the budget was exceeded.
        bytes: usize,
    },
    /// Lists and maps are nested too deep.
    #[error("deeper than {MAX_DEPTH} levels")]
    TooDeep,
    /// An integer that an `i64` cannot hold.
    #[error("a number beyond 64 bits")]
    Beyond64Bits,
    /// Text that is not UTF-8.
    #[error("not UTF-8 from byte {valid} on")]
    NotUtf8 {
        /// The length of the part before, in bytes.
        valid: usize,
    },
    /// A string that is longer than the bytes that are left.
    #[error("a string of {len} bytes, where {left} are left")]
    StringLength {
        /// Its declared length.
        len: usize,
        /// How many bytes are left.
        left: usize,
    },
    /// A value of another kind.
    #[error("expected {expected}, found {found}")]
    Unexpected {
        /// What should be there.
        expected: &'static str,
        /// What is there.
        found: &'static str,
    },
    /// A break that ends nothing.
    #[error("a break where a value should be")]
    Break,
    /// A key of a map that was there before.
    #[error("the key occurs twice")]
    KeyTwice,
    /// A variant of an enum whose map has no entry, or several.
    #[error("a variant is a map of one entry")]
    NotOneEntry,
}

impl Error {
    /// A head that cannot be read, in bytes of that length.
    #[cold]
    pub(crate) fn broken(broken: Broken, len: usize) -> Self {
        match broken {
            Broken::Early => Self::Early { len },
            Broken::Syntax(at) => Self::Syntax { at },
        }
    }

    /// Text that stops being UTF-8 that many bytes after its start, and what the error says.
    #[cold]
    pub(crate) fn not_utf8(error: Utf8Error, after: usize) -> Self {
        Self::NotUtf8 { valid: after + error.valid_up_to() }
    }
}

/// An error that callers of a [`Reader`](crate::Reader) give, which may say where in the value it occurred.
pub trait Located: From<Error> {
    /// It occurred in this variant, or at this key.
    #[must_use]
    fn at(self, name: &str) -> Self;

    /// It occurred at this index of an array.
    #[must_use]
    fn at_index(self, index: usize) -> Self;
}

/// Says nothing of the place.
impl Located for Error {
    fn at(self, _: &str) -> Self {
        self
    }

    fn at_index(self, _: usize) -> Self {
        self
    }
}
