//! CBOR, as descriptors have it: read in place, without recursion, and without an allocation that a length asks for.
//!
//! A tool must hash an item's very bytes, so a reader gives slices of its input rather than values. `ffihost-cbor` reads the
//! heads; what a descriptor never has (tags, indefinite lengths, short floats) is refused here.

use ffihost_cbor::head::{Broken, Head, Heads, simple};
use std::borrow::Cow;

/// What is wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Damage {
    pub(super) at: usize,
    pub(super) problem: Cow<'static, str>,
}

const LENGTH: &str = "an indefinite or reserved length, which no descriptor has";

/// A place in some CBOR.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reader<'a>(Heads<'a>);

/// The start of a value, if it is one that descriptors have.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Start {
    Unsigned(u64),
    /// Minus one minus this.
    Negative(u64),
    Bytes(usize),
    Text(usize),
    Array(usize),
    Map(usize),
    Bool(bool),
    Null,
    Float(f64),
}

/// A value that stands for itself.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Scalar<'a> {
    Bool(bool),
    Unsigned(u64),
    Signed(i64),
    Float(f64),
    Text(&'a str),
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self(Heads::new(bytes))
    }

    pub(super) fn damage(&self, problem: impl Into<Cow<'static, str>>) -> Damage {
        Damage { at: self.0.offset(), problem: problem.into() }
    }

    /// Nothing may follow.
    pub(super) fn end(&self) -> Result<(), Damage> {
        if self.0.left() == 0 { Ok(()) } else { Err(self.damage("something follows the end")) }
    }

    fn take(&mut self, len: usize) -> Result<&'a [u8], Damage> {
        self.0.take(len).ok_or_else(|| self.damage("it ends too early"))
    }

    fn start(&mut self) -> Result<Start, Damage> {
        let start = *self;
        let head = self.0.next().map_err(|broken| match broken {
            Broken::Early => start.damage("it ends too early"),
            Broken::Syntax(_) => start.damage(LENGTH),
        })?;
        Ok(match (head, self.0.offset() - start.0.offset()) {
            (Head::Positive(number), _) => Start::Unsigned(number),
            (Head::Negative(number), _) => Start::Negative(number),
            (Head::Bytes(Some(len)), _) => Start::Bytes(len),
            (Head::Text(Some(len)), _) => Start::Text(len),
            (Head::Array(Some(len)), _) => Start::Array(len),
            (Head::Map(Some(len)), _) => Start::Map(len),
            (Head::Bytes(None) | Head::Text(None) | Head::Array(None) | Head::Map(None) | Head::Break, _) => {
                return Err(start.damage(LENGTH));
            }
            (Head::Simple(simple::FALSE), 1) => Start::Bool(false),
            (Head::Simple(simple::TRUE), 1) => Start::Bool(true),
            (Head::Simple(simple::NULL), 1) => Start::Null,
            (Head::Float(value), 9) => Start::Float(value),
            _ => return Err(start.damage("a tag or simple value, which no descriptor has")),
        })
    }

    /// Passes over one value, and gives its bytes.
    pub(super) fn skip(&mut self) -> Result<&'a [u8], Damage> {
        let start = self.0.offset();
        let mut pending = 1_usize;
        while pending > 0 {
            pending -= 1;
            match self.start()? {
                Start::Bytes(len) | Start::Text(len) => drop(self.take(len)?),
                Start::Array(len) => pending = pending.saturating_add(len),
                Start::Map(len) => pending = pending.saturating_add(len.saturating_mul(2)),
                _ => {}
            }
        }
        Ok(&self.0.all()[start..self.0.offset()])
    }

    pub(super) fn scalar(&mut self) -> Result<Scalar<'a>, Damage> {
        let start = *self;
        match self.start()? {
            Start::Bool(value) => Ok(Scalar::Bool(value)),
            Start::Unsigned(value) => Ok(Scalar::Unsigned(value)),
            Start::Negative(value) => match i64::try_from(value) {
                Ok(value) => Ok(Scalar::Signed(!value)),
                Err(_) => Err(start.damage("a number below the least i64")),
            },
            Start::Float(value) => Ok(Scalar::Float(value)),
            Start::Text(len) => match str::from_utf8(self.take(len)?) {
                Ok(text) => Ok(Scalar::Text(text)),
                Err(_) => Err(start.damage("text that is not UTF-8")),
            },
            _ => Err(start.damage("not a number, bool or text")),
        }
    }

    pub(super) fn text(&mut self) -> Result<&'a str, Damage> {
        let start = *self;
        match self.scalar()? {
            Scalar::Text(text) => Ok(text),
            _ => Err(start.damage("not a text")),
        }
    }

    pub(super) fn unsigned(&mut self) -> Result<u64, Damage> {
        let start = *self;
        match self.scalar()? {
            Scalar::Unsigned(number) => Ok(number),
            _ => Err(start.damage("not an unsigned number")),
        }
    }

    pub(super) fn bool(&mut self) -> Result<bool, Damage> {
        let start = *self;
        match self.scalar()? {
            Scalar::Bool(value) => Ok(value),
            _ => Err(start.damage("neither true nor false")),
        }
    }

    /// Whether null comes, which is passed over then.
    pub(super) fn null(&mut self) -> bool {
        let mut ahead = *self;
        let is_null = ahead.start() == Ok(Start::Null);
        if is_null {
            *self = ahead;
        }
        is_null
    }

    /// Whether an array comes.
    pub(super) fn is_array(&self) -> bool {
        let Self(mut ahead) = *self;
        matches!(ahead.next(), Ok(Head::Array(_)))
    }

    /// The head of an array: how many values follow.
    pub(super) fn array(&mut self) -> Result<usize, Damage> {
        let start = *self;
        match self.start()? {
            Start::Array(len) => Ok(len),
            _ => Err(start.damage("not an array")),
        }
    }

    /// An array, each of whose values is read by `read`. The list grows as values come, whatever length is declared.
    pub(super) fn list<T>(&mut self, mut read: impl FnMut(&mut Self) -> Result<T, Damage>) -> Result<Vec<T>, Damage> {
        let mut values = Vec::new();
        for _ in 0..self.array()? {
            values.push(read(self)?);
        }
        Ok(values)
    }

    /// A map with texts for keys.
    pub(super) fn map(&mut self) -> Result<Map<'a>, Damage> {
        let start = *self;
        let Start::Map(len) = self.start()? else { return Err(start.damage("not a map")) };
        let entries = *self;
        for _ in 0..len {
            self.text()?;
            self.skip()?;
        }
        Ok(Map { entries, len })
    }
}

/// A map whose entries are looked up in place: it has few.
#[derive(Clone, Copy, Debug)]
pub(super) struct Map<'a> {
    /// Where its first key is.
    entries: Reader<'a>,
    len: usize,
}

impl<'a> Map<'a> {
    /// The map that some bytes are, all of them.
    pub(super) fn whole(bytes: &'a [u8]) -> Result<Self, Damage> {
        let mut reader = Reader::new(bytes);
        let map = reader.map()?;
        reader.end()?;
        Ok(map)
    }

    /// The value of a key.
    pub(super) fn get(&self, key: &str) -> Result<Option<Reader<'a>>, Damage> {
        let mut reader = self.entries;
        for _ in 0..self.len {
            if reader.text()? == key {
                return Ok(Some(reader));
            }
            reader.skip()?;
        }
        Ok(None)
    }

    /// The value of a key that must be there.
    pub(super) fn need(&self, key: &str) -> Result<Reader<'a>, Damage> {
        self.get(key)?.ok_or_else(|| self.entries.damage(format!("the key `{key}` is missing")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_of_every_width() {
        for (bytes, expected) in [
            (&[0x17][..], Scalar::Unsigned(23)),
            (&[0x18, 0xff], Scalar::Unsigned(255)),
            (&[0x19, 1, 0], Scalar::Unsigned(256)),
            (&[0x1b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], Scalar::Unsigned(u64::MAX)),
            (&[0x20], Scalar::Signed(-1)),
            (&[0x3b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], Scalar::Signed(i64::MIN)),
            (&[0xf5], Scalar::Bool(true)),
            (&[0x62, b'h', b'i'], Scalar::Text("hi")),
        ] {
            let mut reader = Reader::new(bytes);
            assert_eq!(reader.scalar(), Ok(expected));
            assert_eq!(reader.end(), Ok(()));
        }
    }

    #[test]
    fn declared_lengths_allocate_nothing() {
        for major in [2, 3, 4, 5] {
            let bytes = [major << 5 | 27, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0];
            assert!(Reader::new(&bytes).skip().is_err());
            assert!(Reader::new(&bytes).list(Reader::unsigned).is_err());
            assert!(Reader::new(&bytes).map().is_err());
        }
    }

    #[test]
    fn depth_does_not_matter() {
        let mut bytes = vec![0x81; 1_000_000];
        bytes.push(0);
        assert_eq!(Reader::new(&bytes).skip().map(<[u8]>::len), Ok(1_000_001));
    }

    #[test]
    fn map_looks_up_by_key() {
        let bytes = [0xa2, 0x61, b'a', 1, 0x61, b'b', 0x82, 2, 3];
        let map = Reader::new(&bytes).map().expect("a map");
        assert_eq!(map.need("b").and_then(|mut value| value.list(Reader::unsigned)), Ok(vec![2, 3]));
        assert!(map.get("c").is_ok_and(|value| value.is_none()));
        assert_eq!(map.need("c").map(|_| ()).map_err(|damage| damage.at), Err(1));
    }
}
