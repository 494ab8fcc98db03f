//! CBOR, RFC 8949: a writer, and a reader that trusts nothing.

use super::head::{self, Broken, Head, Heads, simple};
use super::native::MAX_DEPTH;
use super::{Lift, Lower};
use crate::error::DecodeError;
use std::borrow::Cow;

/// Appends CBOR to bytes.
pub struct Writer<'a>(&'a mut Vec<u8>);

impl std::fmt::Debug for Writer<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Writer").finish_non_exhaustive()
    }
}

impl<'a> Writer<'a> {
    /// Appends to these.
    pub fn new(bytes: &'a mut Vec<u8>) -> Self {
        Self(bytes)
    }

    fn push(&mut self, head: Head) {
        head::write(head, self.0);
    }

    /// A number that is not negative.
    pub fn unsigned(&mut self, value: u64) {
        self.push(Head::Positive(value));
    }

    /// A number.
    pub fn signed(&mut self, value: i64) {
        self.push(if value < 0 {
            Head::Negative(!value.cast_unsigned())
        } else {
            Head::Positive(value.cast_unsigned())
        });
    }

    /// A float, as short as it goes.
    pub fn float(&mut self, value: f64) {
        self.push(Head::Float(value));
    }

    /// True or false.
    pub fn bool(&mut self, value: bool) {
        self.push(Head::Simple(if value { simple::TRUE } else { simple::FALSE }));
    }

    /// Null.
    pub fn null(&mut self) {
        self.push(Head::Simple(simple::NULL));
    }

    /// Text.
    pub fn text(&mut self, text: &str) {
        self.push(Head::Text(Some(text.len())));
        self.0.extend_from_slice(text.as_bytes());
    }

    /// A byte string.
    pub fn bytes(&mut self, bytes: &[u8]) {
        self.push(Head::Bytes(Some(bytes.len())));
        self.0.extend_from_slice(bytes);
    }

    /// The head of a map: so many keys, each followed by its value, come next.
    pub fn map(&mut self, entries: usize) {
        self.push(Head::Map(Some(entries)));
    }

    /// A key of a map, and its value.
    pub fn entry(&mut self, key: &str, value: &(impl Lower + ?Sized)) {
        self.text(key);
        value.encode(self);
    }

    /// An array.
    pub fn list(&mut self, list: &[impl Lower]) {
        self.push(Head::Array(Some(list.len())));
        for value in list {
            value.encode(self);
        }
    }
}

impl Writer<'_> {
    /// An array of values that are CBOR already.
    pub(crate) fn encoded_list<T>(&mut self, list: &[T], value: fn(&T) -> &[u8]) {
        self.push(Head::Array(Some(list.len())));
        for piece in list {
            self.0.extend_from_slice(value(piece));
        }
    }
}

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
        f.debug_struct("Reader").field("len", &self.heads.len()).field("depth", &self.depth).finish_non_exhaustive()
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
    pub fn only<T>(mut self, read: impl FnOnce(&mut Self) -> Result<T, DecodeError>) -> Result<T, DecodeError> {
        let value = read(&mut self)?;
        match self.heads.left() {
            0 => Ok(value),
            left => Err(DecodeError::new(format_args!("{left} bytes after the end"))),
        }
    }

    #[cold]
    fn broken(&self, broken: Broken) -> DecodeError {
        match broken {
            Broken::Early => DecodeError::new(format_args!("it ends early, after {} bytes", self.heads.len())),
            Broken::Syntax(offset) => DecodeError::new(format_args!("not CBOR, at byte {offset}")),
        }
    }

    fn any(&mut self) -> Result<Head, DecodeError> {
        match self.peeked.take() {
            Some(head) => Ok(head),
            None => self.heads.next().map_err(|broken| self.broken(broken)),
        }
    }

    /// The next head that is no tag.
    fn next(&mut self) -> Result<Head, DecodeError> {
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
    pub fn charge(&mut self, bytes: usize) -> Result<(), DecodeError> {
        match self.budget.checked_sub(bytes) {
            Some(left) => {
                self.budget = left;
                Ok(())
            }
            None => Err(DecodeError::too_large(bytes, 1)),
        }
    }

    /// Reads what is one level deeper. Only lists and maps count: types are of finite size, so nothing else recurs.
    ///
    /// # Errors
    ///
    /// If that is too deep, or those of `read`.
    pub fn deeper<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, DecodeError>) -> Result<T, DecodeError> {
        if self.depth == MAX_DEPTH {
            return Err(DecodeError::new(format_args!("deeper than {MAX_DEPTH} levels")));
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
    pub fn unsigned(&mut self) -> Result<u64, DecodeError> {
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
    pub fn signed(&mut self) -> Result<i64, DecodeError> {
        let out_of_range = || DecodeError::new("a number beyond 64 bits");
        match self.next()? {
            Head::Positive(value) => i64::try_from(value).map_err(|_| out_of_range()),
            Head::Negative(value) => i64::try_from(value).map(|value| !value).map_err(|_| out_of_range()),
            other => Err(unexpected("a number", other)),
        }
    }

    /// A float, or an integer taken for one.
    ///
    /// # Errors
    ///
    /// If it is something else.
    #[expect(clippy::cast_precision_loss, reason = "what a float cannot hold is rounded, as everywhere")]
    pub fn float(&mut self) -> Result<f64, DecodeError> {
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
    pub fn bool(&mut self) -> Result<bool, DecodeError> {
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
    pub fn null(&mut self) -> Result<(), DecodeError> {
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
    pub fn optional<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, DecodeError>,
    ) -> Result<Option<T>, DecodeError> {
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
    pub fn text(&mut self) -> Result<String, DecodeError> {
        match self.next()? {
            Head::Text(len) => self.rest_of_text(len),
            other => Err(unexpected("text", other)),
        }
    }

    fn rest_of_text(&mut self, len: Option<usize>) -> Result<String, DecodeError> {
        let bytes = self.string(len, text_part)?;
        String::from_utf8(bytes).map_err(|error| DecodeError::not_utf8(error.utf8_error()))
    }

    /// Bytes.
    ///
    /// # Errors
    ///
    /// If it is something else.
    pub fn bytes(&mut self) -> Result<Vec<u8>, DecodeError> {
        match self.next()? {
            Head::Bytes(len) => self.string(len, bytes_part),
            other => Err(unexpected("bytes", other)),
        }
    }

    /// A string of one part, or of several up to a break.
    fn string(&mut self, len: Option<usize>, part: fn(Head) -> Option<Option<usize>>) -> Result<Vec<u8>, DecodeError> {
        let mut bytes = Vec::new();
        if let Some(len) = len {
            self.append(&mut bytes, len)?;
            return Ok(bytes);
        }
        loop {
            match self.any()? {
                Head::Break => return Ok(bytes),
                head => match part(head) {
                    Some(Some(len)) => self.append(&mut bytes, len)?,
                    _ => return Err(unexpected("a part of a string", head)),
                },
            }
        }
    }

    fn append(&mut self, bytes: &mut Vec<u8>, len: usize) -> Result<(), DecodeError> {
        let part = self.part(len)?;
        self.charge(len)?;
        bytes.extend_from_slice(part);
        Ok(())
    }

    /// The bytes of a string, or of a part of one, where they lie.
    fn part(&mut self, len: usize) -> Result<&'a [u8], DecodeError> {
        let left = self.heads.left();
        let part = self.heads.take(len);
        part.ok_or_else(|| DecodeError::new(format_args!("a string of {len} bytes, where {left} are left")))
    }

    /// An array.
    ///
    /// # Errors
    ///
    /// If it is something else, or one of its values is.
    pub fn list<T: Lift>(&mut self) -> Result<Vec<T>, DecodeError> {
        let mut values = Vec::new();
        self.values(|reader| {
            reader.charge(size_of::<T>().max(1))?;
            values.push(T::decode(reader)?);
            Ok(())
        })?;
        Ok(values)
    }

    /// An array: `read` reads each value.
    ///
    /// # Errors
    ///
    /// If it is something else, and those of `read`.
    pub fn values(&mut self, mut read: impl FnMut(&mut Self) -> Result<(), DecodeError>) -> Result<(), DecodeError> {
        let len = match self.next()? {
            Head::Array(len) => len,
            other => return Err(unexpected("an array", other)),
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

    /// Whether there is another value, after so many, in an array or a map of that length.
    fn has_more(&mut self, len: Option<usize>, seen: usize) -> Result<bool, DecodeError> {
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
    pub fn map(&mut self, mut read: impl FnMut(&str, &mut Self) -> Result<(), DecodeError>) -> Result<(), DecodeError> {
        let head = self.next()?;
        self.rest_of_map(head, &mut read)
    }

    fn rest_of_map(
        &mut self,
        head: Head,
        read: &mut dyn FnMut(&str, &mut Self) -> Result<(), DecodeError>,
    ) -> Result<(), DecodeError> {
        let Head::Map(len) = head else { return Err(unexpected("a map", head)) };
        let mut seen = 0;
        while self.has_more(len, seen)? {
            seen += 1;
            match self.next()? {
                Head::Text(len) => {
                    let key = self.rest_of_name(len)?;
                    read(&key, self)?;
                }
                other => return Err(unexpected("a key that is text", other)),
            }
        }
        Ok(())
    }

    /// Text that is not kept: it is copied only if it comes in parts.
    fn rest_of_name(&mut self, len: Option<usize>) -> Result<Cow<'a, str>, DecodeError> {
        match len {
            Some(len) => std::str::from_utf8(self.part(len)?).map(Cow::Borrowed).map_err(DecodeError::not_utf8),
            None => self.rest_of_text(None).map(Cow::Owned),
        }
    }

    /// An enum: `read` is given the name of the variant, and whether there is a payload, which it reads or not.
    ///
    /// # Errors
    ///
    /// If it is neither text nor a map of one entry, and those of `read`.
    pub fn variant<T>(
        &mut self,
        read: impl FnOnce(&str, Option<&mut Self>) -> Result<T, DecodeError>,
    ) -> Result<T, DecodeError> {
        let head = self.next()?;
        if let Head::Text(len) = head {
            let name = self.rest_of_name(len)?;
            return read(&name, None);
        }
        let (mut read, mut value) = (Some(read), None);
        let mut entry = |name: &str, reader: &mut Self| match read.take() {
            Some(read) => {
                value = Some(read(name, Some(reader)).map_err(|error| error.at(name))?);
                Ok(())
            }
            None => Err(DecodeError::new("a variant is a map of one entry")),
        };
        self.rest_of_map(head, &mut entry)?;
        value.ok_or_else(|| DecodeError::new("a variant is a map of one entry"))
    }

    /// Passes over a value, whatever it is.
    ///
    /// # Errors
    ///
    /// If it is no CBOR, or too deep.
    pub fn skip(&mut self) -> Result<(), DecodeError> {
        let head = self.next()?;
        self.skip_rest(head)
    }

    fn skip_rest(&mut self, head: Head) -> Result<(), DecodeError> {
        match head {
            Head::Text(len) => self.skip_string(len, text_part),
            Head::Bytes(len) => self.skip_string(len, bytes_part),
            Head::Array(len) => self.skip_values(len, 1),
            Head::Map(len) => self.skip_values(len, 2),
            Head::Break => Err(DecodeError::new("a break where a value should be")),
            _ => Ok(()),
        }
    }

    fn skip_values(&mut self, len: Option<usize>, each: usize) -> Result<(), DecodeError> {
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

    fn skip_string(&mut self, len: Option<usize>, part: fn(Head) -> Option<Option<usize>>) -> Result<(), DecodeError> {
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
fn unexpected(expected: &str, found: Head) -> DecodeError {
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
    DecodeError::new(format_args!("expected {expected}, found {found}"))
}
