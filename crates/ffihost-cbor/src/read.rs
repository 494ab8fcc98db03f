//! A reader that trusts nothing.

use crate::head::{Head, Heads, simple};
use crate::{Error, Located};
use std::borrow::Cow;
use std::collections::BTreeSet;

/// How many lists and maps may be nested in each other: a reader recurs at each.
pub const MAX_DEPTH: u32 = 128;

/// Reads CBOR that may be anything.
///
/// It never allocates more than it has seen bytes for, up to its budget; goes only so deep; and takes indefinite lengths and
/// tags, which it looks through.
pub struct Reader<'a> {
    heads: Heads<'a>,
    /// A head that was looked at and not taken.
    peeked: Option<Head>,
    budget: usize,
    depth: u32,
}

impl std::fmt::Debug for Reader<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reader")
            .field("len", &self.heads.all().len())
            .field("depth", &self.depth)
            .finish_non_exhaustive()
    }
}

impl<'a> Reader<'a> {
    /// Reads these, to values that take `budget` bytes at most.
    pub fn new(bytes: &'a [u8], budget: usize) -> Self {
        Self { heads: Heads::new(bytes), peeked: None, budget, depth: 0 }
    }

    /// Reads the one value that the bytes are.
    ///
    /// # Errors
    ///
    /// If they are not, or hold more.
    pub fn only<T, E: From<Error>>(mut self, read: impl FnOnce(&mut Self) -> Result<T, E>) -> Result<T, E> {
        let value = read(&mut self)?;
        match self.heads.left() {
            0 => Ok(value),
            left => Err(Error::Trailing { left }.into()),
        }
    }

    fn any(&mut self) -> Result<Head, Error> {
        match self.peeked.take() {
            Some(head) => Ok(head),
            None => self.heads.next().map_err(|broken| Error::broken(broken, self.heads.all().len())),
        }
    }

    /// The next head that is no tag.
    fn next(&mut self) -> Result<Head, Error> {
        loop {
            match self.any()? {
                Head::Tag(_) => {}
                head => return Ok(head),
            }
        }
    }

    /// Takes note of memory that is going to be allocated.
    ///
    /// # Errors
    ///
    /// If that is too much.
    pub fn charge(&mut self, bytes: usize) -> Result<(), Error> {
        match self.budget.checked_sub(bytes) {
            Some(left) => {
                self.budget = left;
                Ok(())
            }
            None => Err(Error::TooLarge { bytes }),
        }
    }

    /// Reads what is one level deeper. Only lists and maps count: types are of finite size, so nothing else recurs.
    ///
    /// # Errors
    ///
    /// If that is too deep, or those of `read`.
    pub fn deeper<T, E: From<Error>>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, E>) -> Result<T, E> {
        if self.depth == MAX_DEPTH {
            return Err(Error::TooDeep.into());
        }
        self.depth += 1;
        let read = read(self);
        self.depth -= 1;
        read
    }

    /// A number that is not negative.
    ///
    /// # Errors
    ///
    /// If it is something else.
    pub fn unsigned(&mut self) -> Result<u64, Error> {
        match self.next()? {
            Head::Positive(value) => Ok(value),
            other => Err(unexpected("a number that is not negative", other)),
        }
    }

    /// A number.
    ///
    /// # Errors
    ///
    /// If it is something else, or out of range.
    pub fn signed(&mut self) -> Result<i64, Error> {
        match self.next()? {
            Head::Positive(value) => i64::try_from(value).map_err(|_| Error::Beyond64Bits),
            Head::Negative(value) => i64::try_from(value).map(|value| !value).map_err(|_| Error::Beyond64Bits),
            other => Err(unexpected("a number", other)),
        }
    }

    /// A float, or an integer taken for one.
    ///
    /// # Errors
    ///
    /// If it is something else.
    #[expect(clippy::cast_precision_loss, reason = "what a float cannot hold is rounded, as everywhere")]
    pub fn float(&mut self) -> Result<f64, Error> {
        match self.next()? {
            Head::Float(value) => Ok(value),
            Head::Positive(value) => Ok(value as f64),
            Head::Negative(value) => Ok(-1.0 - value as f64),
            other => Err(unexpected("a number", other)),
        }
    }

    /// True or false.
    ///
    /// # Errors
    ///
    /// If it is something else.
    pub fn bool(&mut self) -> Result<bool, Error> {
        match self.next()? {
            Head::Simple(simple::TRUE) => Ok(true),
            Head::Simple(simple::FALSE) => Ok(false),
            other => Err(unexpected("true or false", other)),
        }
    }

    /// Nothing.
    ///
    /// # Errors
    ///
    /// If it is something else.
    pub fn null(&mut self) -> Result<(), Error> {
        match self.next()? {
            Head::Simple(simple::NULL | simple::UNDEFINED) => Ok(()),
            other => Err(unexpected("null", other)),
        }
    }

    /// A value, or null.
    ///
    /// # Errors
    ///
    /// If it is neither, and those of `read`.
    pub fn optional<T, E: From<Error>>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, E>,
    ) -> Result<Option<T>, E> {
        match self.next()? {
            Head::Simple(simple::NULL | simple::UNDEFINED) => Ok(None),
            head => {
                self.peeked = Some(head);
                read(self).map(Some)
            }
        }
    }

    /// Text.
    ///
    /// # Errors
    ///
    /// If it is something else, or not UTF-8.
    pub fn text(&mut self) -> Result<String, Error> {
        match self.next()? {
            Head::Text(len) => self.rest_of_text(len),
            other => Err(unexpected("text", other)),
        }
    }

    fn rest_of_text(&mut self, len: Option<usize>) -> Result<String, Error> {
        let mut text = String::new();
        self.parts(len, text_part, |part| {
            text.push_str(std::str::from_utf8(part).map_err(|error| Error::not_utf8(error, text.len()))?);
            Ok(())
        })?;
        Ok(text)
    }

    /// Bytes.
    ///
    /// # Errors
    ///
    /// If it is something else.
    pub fn bytes(&mut self) -> Result<Vec<u8>, Error> {
        match self.next()? {
            Head::Bytes(len) => {
                let mut bytes = Vec::new();
                self.parts(len, bytes_part, |part| {
                    bytes.extend_from_slice(part);
                    Ok(())
                })?;
                Ok(bytes)
            }
            other => Err(unexpected("bytes", other)),
        }
    }

    /// A string of one part, or of several up to a break: `take` is given each, when its memory was charged. Each part of a text
    /// is text by itself (RFC 8949, 3.2.3).
    fn parts(
        &mut self,
        len: Option<usize>,
        part: fn(Head) -> Option<Option<usize>>,
        mut take: impl FnMut(&'a [u8]) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut charged = |reader: &mut Self, len| {
            let part = reader.part(len)?;
            reader.charge(len)?;
            take(part)
        };
        if let Some(len) = len {
            return charged(self, len);
        }
        loop {
            match self.any()? {
                Head::Break => return Ok(()),
                head => match part(head) {
                    Some(Some(len)) => charged(self, len)?,
                    _ => return Err(unexpected("a part of a string", head)),
                },
            }
        }
    }

    /// The bytes of a string, or of a part of one, where they lie.
    fn part(&mut self, len: usize) -> Result<&'a [u8], Error> {
        let left = self.heads.left();
        let part = self.heads.take(len);
        part.ok_or(Error::StringLength { len, left })
    }

    /// An array: `read` reads each value.
    ///
    /// # Errors
    ///
    /// If it is something else, and those of `read`.
    pub fn values<E: Located>(&mut self, mut read: impl FnMut(&mut Self) -> Result<(), E>) -> Result<(), E> {
        let len = match self.next()? {
            Head::Array(len) => len,
            other => return Err(unexpected("an array", other).into()),
        };
        self.deeper(|reader| {
            let mut seen = 0;
            while reader.has_more(len, seen)? {
                read(reader).map_err(|error| error.at_index(seen))?;
                seen += 1;
            }
            Ok(())
        })
    }

    /// Whether an array or a map of that length has another value after `seen` of them.
    fn has_more(&mut self, len: Option<usize>, seen: usize) -> Result<bool, Error> {
        match len {
            Some(len) => Ok(seen < len),
            None => match self.any()? {
                Head::Break => Ok(false),
                head => {
                    self.peeked = Some(head);
                    Ok(true)
                }
            },
        }
    }

    /// A map: `read` is given each key, and reads or skips the value.
    ///
    /// # Errors
    ///
    /// If it is something else, if a key is no text, and those of `read`.
    pub fn map<E: From<Error>>(&mut self, mut read: impl FnMut(&str, &mut Self) -> Result<(), E>) -> Result<(), E> {
        let head = self.next()?;
        self.rest_of_map(head, &mut read)
    }

    /// A map of named fields: `read` is given each key, and reads the value, or returns false if it does not know the key. Then the
    /// value is passed over.
    ///
    /// # Errors
    ///
    /// If it is something else, if a key is no text, if one that is not known occurs twice, and those of `read`.
    pub fn fields<E: Located>(&mut self, mut read: impl FnMut(&str, &mut Self) -> Result<bool, E>) -> Result<(), E> {
        let mut unknown = BTreeSet::new();
        self.map(|key, reader| {
            if read(key, reader)? {
                return Ok(());
            }
            reader.charge(size_of::<Box<str>>() + key.len())?;
            if !unknown.insert(Box::<str>::from(key)) {
                return Err(E::from(Error::KeyTwice).at(key));
            }
            Ok(reader.skip()?)
        })
    }

    fn rest_of_map<E: From<Error>>(
        &mut self,
        head: Head,
        read: &mut dyn FnMut(&str, &mut Self) -> Result<(), E>,
    ) -> Result<(), E> {
        let Head::Map(len) = head else { return Err(unexpected("a map", head).into()) };
        let mut seen = 0;
        while self.has_more(len, seen)? {
            seen += 1;
            match self.next()? {
                Head::Text(len) => {
                    let key = self.rest_of_name(len)?;
                    read(&key, self)?;
                }
                other => return Err(unexpected("a key that is text", other).into()),
            }
        }
        Ok(())
    }

    /// Text that is not kept: it is copied only if it comes in parts.
    fn rest_of_name(&mut self, len: Option<usize>) -> Result<Cow<'a, str>, Error> {
        match len {
            Some(len) => {
                std::str::from_utf8(self.part(len)?).map(Cow::Borrowed).map_err(|error| Error::not_utf8(error, 0))
            }
            None => self.rest_of_text(None).map(Cow::Owned),
        }
    }

    /// An enum: `read` is given the name of the variant, and whether there is a payload, which it reads or not.
    ///
    /// # Errors
    ///
    /// If it is neither text nor a map of one entry, and those of `read`.
    pub fn variant<T, E: Located>(
        &mut self,
        read: impl FnOnce(&str, Option<&mut Self>) -> Result<T, E>,
    ) -> Result<T, E> {
        let head = self.next()?;
        if let Head::Text(len) = head {
            let name = self.rest_of_name(len)?;
            return read(&name, None);
        }
        let (mut read, mut value) = (Some(read), None);
        let mut entry = |name: &str, reader: &mut Self| -> Result<(), E> {
            match read.take() {
                Some(read) => {
                    value = Some(read(name, Some(reader)).map_err(|error| error.at(name))?);
                    Ok(())
                }
                None => Err(Error::NotOneEntry.into()),
            }
        };
        self.rest_of_map(head, &mut entry)?;
        value.ok_or_else(|| Error::NotOneEntry.into())
    }

    /// Passes over a value, whatever it is.
    ///
    /// # Errors
    ///
    /// If it is no CBOR, or too deep.
    pub fn skip(&mut self) -> Result<(), Error> {
        let head = self.next()?;
        self.skip_rest(head)
    }

    fn skip_rest(&mut self, head: Head) -> Result<(), Error> {
        match head {
            Head::Text(len) => self.skip_string(len, text_part),
            Head::Bytes(len) => self.skip_string(len, bytes_part),
            Head::Array(len) => self.skip_values(len, 1),
            Head::Map(len) => self.skip_values(len, 2),
            Head::Break => Err(Error::Break),
            _ => Ok(()),
        }
    }

    fn skip_values(&mut self, len: Option<usize>, each: usize) -> Result<(), Error> {
        self.deeper(|reader| {
            let mut seen = 0;
            while reader.has_more(len, seen)? {
                seen += 1;
                for _ in 0..each {
                    reader.skip()?;
                }
            }
            Ok(())
        })
    }

    fn skip_string(&mut self, len: Option<usize>, part: fn(Head) -> Option<Option<usize>>) -> Result<(), Error> {
        match len {
            Some(len) => self.part(len).map(drop),
            None => loop {
                match self.any()? {
                    Head::Break => return Ok(()),
                    head => match part(head) {
                        Some(Some(len)) => self.part(len).map(drop)?,
                        _ => return Err(unexpected("a part of a string", head)),
                    },
                }
            },
        }
    }
}

/// The length of a part of a text, if that is what it is.
fn text_part(head: Head) -> Option<Option<usize>> {
    if let Head::Text(len) = head { Some(len) } else { None }
}

fn bytes_part(head: Head) -> Option<Option<usize>> {
    if let Head::Bytes(len) = head { Some(len) } else { None }
}

#[cold]
fn unexpected(expected: &'static str, found: Head) -> Error {
    let found = match found {
        Head::Positive(_) => "a number",
        Head::Negative(_) => "a negative number",
        Head::Float(_) => "a float",
        Head::Simple(simple::TRUE | simple::FALSE) => "a bool",
        Head::Simple(simple::NULL | simple::UNDEFINED) => "null",
        Head::Simple(_) => "a simple value",
        Head::Tag(_) => "a tag",
        Head::Break => "a break",
        Head::Bytes(_) => "bytes",
        Head::Text(_) => "text",
        Head::Array(_) => "an array",
        Head::Map(_) => "a map",
    };
    Error::Unexpected { expected, found }
}

#[cfg(test)]
mod tests {
    use super::{MAX_DEPTH, Reader};
    use crate::Error;

    fn read<'a, T>(
        bytes: &'a [u8],
        budget: usize,
        read: impl FnOnce(&mut Reader<'a>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        Reader::new(bytes, budget).only(read)
    }

    #[test]
    fn strings_are_charged_by_what_is_there() {
        assert_eq!(read(b"\x62hi", 2, Reader::text), Ok("hi".to_owned()));
        assert_eq!(read(b"\x62hi", 1, Reader::text), Err(Error::TooLarge { bytes: 2 }));
        assert_eq!(read(b"\x7f\x61h\x61i\xff", 1, Reader::text), Err(Error::TooLarge { bytes: 1 }));
        let huge = b"\x7b\xff\xff\xff\xff\xff\xff\xff\xffhi";
        assert_eq!(read(huge, usize::MAX, Reader::text), Err(Error::StringLength { len: usize::MAX, left: 2 }));
        assert_eq!(read(huge, usize::MAX, Reader::skip), Err(Error::StringLength { len: usize::MAX, left: 2 }));
    }

    #[test]
    fn each_part_of_a_text_is_text() {
        let parts = b"\x7f\x63\xe2\x82\xac\x61!\xff";
        assert_eq!(read(parts, 100, Reader::text), Ok("\u{20ac}!".to_owned()));
        // The same bytes, divided inside of the first character.
        let split = b"\x7f\x62\xe2\x82\x62\xac!\xff";
        assert_eq!(read(split, 100, Reader::text), Err(Error::NotUtf8 { valid: 0 }));
        let later = b"\x7f\x62hi\x61\xe2\xff";
        assert_eq!(read(later, 100, Reader::text), Err(Error::NotUtf8 { valid: 2 }));
    }

    #[test]
    fn a_key_that_nobody_knows_occurs_once() {
        let fields = |bytes: &[u8], budget| {
            let mut known = 0;
            read(bytes, budget, |reader| {
                reader.fields(|key, reader| {
                    if key == "a" {
                        known += 1;
                        reader.skip()?;
                    }
                    Ok(key == "a")
                })
            })
            .map(|()| known)
        };
        assert_eq!(fields(b"\xa3\x61b\x01\x61a\x02\x61c\x80", 100), Ok(1));
        assert_eq!(fields(b"\xa3\x61b\x01\x61a\x02\x61b\x01", 100), Err(Error::KeyTwice));
        assert_eq!(fields(b"\xa2\x61a\x01\x61a\x02", 0), Ok(2), "what it knows is the caller's to count");
        assert_eq!(fields(b"\xa1\x61b\x01", 16), Err(Error::TooLarge { bytes: 17 }));
    }

    #[test]
    fn depth_is_limited_whether_read_or_skipped() {
        let nested = |depth: u32| [vec![0x81; depth as usize], vec![0]].concat();
        fn descend(reader: &mut Reader<'_>, depth: u32) -> Result<(), Error> {
            match depth {
                0 => reader.skip(),
                _ => reader.values(|reader| descend(reader, depth - 1)),
            }
        }
        for (depth, expected) in [(MAX_DEPTH, Ok(())), (MAX_DEPTH + 1, Err(Error::TooDeep))] {
            assert_eq!(read(&nested(depth), 0, Reader::skip), expected);
            assert_eq!(read(&nested(depth), 0, |reader| descend(reader, depth)), expected);
        }
        assert_eq!(read(&vec![0xbf; 1_000_000], 0, Reader::skip), Err(Error::TooDeep));
    }

    #[test]
    fn declared_lengths_of_lists_and_maps_allocate_nothing() {
        for first in [0x9b, 0xbb] {
            let bytes = [first, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0];
            assert_eq!(read(&bytes, 0, Reader::skip), Err(Error::Early { len: 10 }));
        }
    }

    #[test]
    fn breaks_only_end_what_has_no_length() {
        assert_eq!(read(b"\xff", 0, Reader::skip), Err(Error::Break));
        assert_eq!(read(b"\x81\xff", 0, Reader::skip), Err(Error::Break));
        assert_eq!(read(b"\x9f\xff", 0, Reader::skip), Ok(()));
        assert_eq!(read(b"\x80\x80", 0, Reader::skip), Err(Error::Trailing { left: 1 }));
    }
}
