//! CBOR, RFC 8949: a writer, and a reader that trusts nothing.

use super::native::MAX_DEPTH;
use super::{Lift, Lower};
use crate::error::DecodeError;
use ciborium_io::Read;
use ciborium_ll::{Decoder, Encoder, Error, Header, simple};

/// Appends CBOR to bytes.
pub struct Writer<'a>(Encoder<&'a mut Vec<u8>>);

impl std::fmt::Debug for Writer<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Writer").finish_non_exhaustive()
    }
}

impl<'a> Writer<'a> {
    /// Appends to these.
    pub fn new(bytes: &'a mut Vec<u8>) -> Self {
        Self(Encoder::from(bytes))
    }

    fn push(&mut self, header: Header) {
        self.0.push(header).expect("a Vec takes every byte");
    }

    /// A number that is not negative.
    pub fn unsigned(&mut self, value: u64) {
        self.push(Header::Positive(value));
    }

    /// A number.
    pub fn signed(&mut self, value: i64) {
        self.push(if value < 0 {
            Header::Negative(!value.cast_unsigned())
        } else {
            Header::Positive(value.cast_unsigned())
        });
    }

    /// A float, as short as it goes.
    pub fn float(&mut self, value: f64) {
        self.push(Header::Float(value));
    }

    /// True or false.
    pub fn bool(&mut self, value: bool) {
        self.push(Header::Simple(if value { simple::TRUE } else { simple::FALSE }));
    }

    /// Null.
    pub fn null(&mut self) {
        self.push(Header::Simple(simple::NULL));
    }

    /// Text.
    pub fn text(&mut self, text: &str) {
        self.0.text(text, None).expect("a Vec takes every byte");
    }

    /// A byte string.
    pub fn bytes(&mut self, bytes: &[u8]) {
        self.0.bytes(bytes, None).expect("a Vec takes every byte");
    }

    /// The head of a map: so many keys, each followed by its value, come next.
    pub fn map(&mut self, entries: usize) {
        self.push(Header::Map(Some(entries)));
    }

    /// A key of a map, and its value.
    pub fn entry(&mut self, key: &str, value: &(impl Lower + ?Sized)) {
        self.text(key);
        value.encode(self);
    }

    /// An array.
    pub fn list(&mut self, list: &[impl Lower]) {
        self.push(Header::Array(Some(list.len())));
        for value in list {
            value.encode(self);
        }
    }
}

impl Writer<'_> {
    /// An array of values that are CBOR already.
    pub(crate) fn encoded_list<'a>(&mut self, list: impl ExactSizeIterator<Item = &'a [u8]>) {
        use ciborium_io::Write;
        self.push(Header::Array(Some(list.len())));
        for value in list {
            self.0.write_all(value).expect("a Vec takes every byte");
        }
    }
}

/// Reads CBOR that may be anything.
///
/// It never allocates more than it has seen bytes for, up to its budget; goes only so deep; and takes indefinite lengths and
/// tags, which it looks through.
pub struct Reader<'a> {
    decoder: Decoder<&'a [u8]>,
    /// A header that was looked at and not taken.
    peeked: Option<Header>,
    len: usize,
    budget: usize,
    depth: u32,
}

impl std::fmt::Debug for Reader<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reader").field("len", &self.len).field("depth", &self.depth).finish_non_exhaustive()
    }
}

impl<'a> Reader<'a> {
    /// Reads these, to values that take `budget` bytes at most.
    pub fn new(bytes: &'a [u8], budget: usize) -> Self {
        Self { decoder: Decoder::from(bytes), peeked: None, len: bytes.len(), budget, depth: 0 }
    }

    /// Reads the one value that the bytes are.
    ///
    /// # Errors
    ///
    /// If they are not, or hold more.
    pub fn only<T>(mut self, read: impl FnOnce(&mut Self) -> Result<T, DecodeError>) -> Result<T, DecodeError> {
        let value = read(&mut self)?;
        match self.left() {
            0 => Ok(value),
            left => Err(DecodeError::new(format_args!("{left} bytes after the end"))),
        }
    }

    fn left(&mut self) -> usize {
        self.len - self.decoder.offset()
    }

    #[cold]
    fn broken<E>(&mut self, error: &Error<E>) -> DecodeError {
        match error {
            Error::Io(_) => DecodeError::new(format_args!("it ends early, after {} bytes", self.len)),
            Error::Syntax(offset) => DecodeError::new(format_args!("not CBOR, at byte {offset}")),
        }
    }

    fn any(&mut self) -> Result<Header, DecodeError> {
        if let Some(header) = self.peeked.take() {
            return Ok(header);
        }
        let pulled = self.decoder.pull();
        pulled.map_err(|error| self.broken(&error))
    }

    /// The next header that is no tag.
    fn next(&mut self) -> Result<Header, DecodeError> {
        loop {
            match self.any()? {
                Header::Tag(_) => {}
                header => return Ok(header),
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
            Header::Positive(value) => Ok(value),
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
            Header::Positive(value) => i64::try_from(value).map_err(|_| out_of_range()),
            Header::Negative(value) => i64::try_from(value).map(|value| !value).map_err(|_| out_of_range()),
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
            Header::Float(value) => Ok(value),
            Header::Positive(value) => Ok(value as f64),
            Header::Negative(value) => Ok(-1.0 - value as f64),
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
            Header::Simple(simple::TRUE) => Ok(true),
            Header::Simple(simple::FALSE) => Ok(false),
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
            Header::Simple(simple::NULL | simple::UNDEFINED) => Ok(()),
            other => Err(unexpected("null", other)),
        }
    }

    /// A value, or null.
    ///
    /// # Errors
    ///
    /// If it is neither.
    pub fn optional<T: Lift>(&mut self) -> Result<Option<T>, DecodeError> {
        match self.next()? {
            Header::Simple(simple::NULL | simple::UNDEFINED) => Ok(None),
            header => {
                self.peeked = Some(header);
                T::decode(self).map(Some)
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
            Header::Text(len) => self.rest_of_text(len),
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
            Header::Bytes(len) => self.string(len, bytes_part),
            other => Err(unexpected("bytes", other)),
        }
    }

    /// A string of one part, or of several up to a break.
    fn string(
        &mut self,
        len: Option<usize>,
        part: fn(Header) -> Option<Option<usize>>,
    ) -> Result<Vec<u8>, DecodeError> {
        let mut bytes = Vec::new();
        if let Some(len) = len {
            self.append(&mut bytes, len)?;
            return Ok(bytes);
        }
        loop {
            match self.any()? {
                Header::Break => return Ok(bytes),
                header => match part(header) {
                    Some(Some(len)) => self.append(&mut bytes, len)?,
                    _ => return Err(unexpected("a part of a string", header)),
                },
            }
        }
    }

    fn append(&mut self, bytes: &mut Vec<u8>, len: usize) -> Result<(), DecodeError> {
        let left = self.left();
        if len > left {
            return Err(DecodeError::new(format_args!("a string of {len} bytes, where {left} are left")));
        }
        self.charge(len)?;
        let start = bytes.len();
        bytes.resize(start + len, 0);
        self.decoder.read_exact(&mut bytes[start..]).map_err(|_| DecodeError::new("it ends early"))
    }

    /// An array.
    ///
    /// # Errors
    ///
    /// If it is something else, or one of its values is.
    pub fn list<T: Lift>(&mut self) -> Result<Vec<T>, DecodeError> {
        let len = match self.next()? {
            Header::Array(len) => len,
            other => return Err(unexpected("an array", other)),
        };
        let mut values = Vec::new();
        self.deeper(|reader| {
            while reader.has_more(len, values.len())? {
                reader.charge(size_of::<T>().max(1))?;
                let index = values.len();
                values.push(T::decode(reader).map_err(|error| error.at_index(index))?);
            }
            Ok(())
        })?;
        Ok(values)
    }

    /// Whether there is another value, after so many, in an array or a map of that length.
    fn has_more(&mut self, len: Option<usize>, seen: usize) -> Result<bool, DecodeError> {
        match len {
            Some(len) => Ok(seen < len),
            None => match self.any()? {
                Header::Break => Ok(false),
                header => {
                    self.peeked = Some(header);
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
        let header = self.next()?;
        self.rest_of_map(header, &mut read)
    }

    fn rest_of_map(
        &mut self,
        header: Header,
        read: &mut dyn FnMut(&str, &mut Self) -> Result<(), DecodeError>,
    ) -> Result<(), DecodeError> {
        let Header::Map(len) = header else { return Err(unexpected("a map", header)) };
        let mut seen = 0;
        while self.has_more(len, seen)? {
            seen += 1;
            let mut short = [0; KEY];
            match self.next()? {
                Header::Text(Some(len)) if len <= KEY => {
                    let key = self.short_text(&mut short[..len])?;
                    read(key, self)?;
                }
                Header::Text(len) => {
                    let key = self.rest_of_text(len)?;
                    read(&key, self)?;
                }
                other => return Err(unexpected("a key that is text", other)),
            }
        }
        Ok(())
    }

    fn short_text<'b>(&mut self, buffer: &'b mut [u8]) -> Result<&'b str, DecodeError> {
        self.decoder.read_exact(buffer).map_err(|_| DecodeError::new("it ends early"))?;
        std::str::from_utf8(buffer).map_err(DecodeError::not_utf8)
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
        let header = self.next()?;
        if let Header::Text(len) = header {
            let name = self.rest_of_text(len)?;
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
        self.rest_of_map(header, &mut entry)?;
        value.ok_or_else(|| DecodeError::new("a variant is a map of one entry"))
    }

    /// Passes over a value, whatever it is.
    ///
    /// # Errors
    ///
    /// If it is no CBOR, or too deep.
    pub fn skip(&mut self) -> Result<(), DecodeError> {
        let header = self.next()?;
        self.skip_rest(header)
    }

    fn skip_rest(&mut self, header: Header) -> Result<(), DecodeError> {
        match header {
            Header::Text(len) => self.skip_string(len, text_part),
            Header::Bytes(len) => self.skip_string(len, bytes_part),
            Header::Array(len) => self.skip_values(len, 1),
            Header::Map(len) => self.skip_values(len, 2),
            Header::Break => Err(DecodeError::new("a break where a value should be")),
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

    fn skip_string(
        &mut self,
        len: Option<usize>,
        part: fn(Header) -> Option<Option<usize>>,
    ) -> Result<(), DecodeError> {
        match len {
            Some(len) => self.skip_bytes(len),
            None => loop {
                match self.any()? {
                    Header::Break => return Ok(()),
                    header => match part(header) {
                        Some(Some(len)) => self.skip_bytes(len)?,
                        _ => return Err(unexpected("a part of a string", header)),
                    },
                }
            },
        }
    }

    fn skip_bytes(&mut self, mut len: usize) -> Result<(), DecodeError> {
        let left = self.left();
        if len > left {
            return Err(DecodeError::new(format_args!("a string of {len} bytes, where {left} are left")));
        }
        let mut buffer = [0; KEY];
        while len > 0 {
            let part = len.min(KEY);
            self.decoder.read_exact(&mut buffer[..part]).map_err(|_| DecodeError::new("it ends early"))?;
            len -= part;
        }
        Ok(())
    }
}

/// The length of a part of a text, if that is what it is.
fn text_part(header: Header) -> Option<Option<usize>> {
    if let Header::Text(len) = header { Some(len) } else { None }
}

fn bytes_part(header: Header) -> Option<Option<usize>> {
    if let Header::Bytes(len) = header { Some(len) } else { None }
}

/// Keys that are not longer than this need no allocation.
const KEY: usize = 64;

#[cold]
fn unexpected(expected: &str, found: Header) -> DecodeError {
    let found = match found {
        Header::Positive(_) => "a number",
        Header::Negative(_) => "a negative number",
        Header::Float(_) => "a float",
        Header::Simple(simple::TRUE | simple::FALSE) => "a bool",
        Header::Simple(simple::NULL | simple::UNDEFINED) => "null",
        Header::Simple(_) => "a simple value",
        Header::Tag(_) => "a tag",
        Header::Break => "a break",
        Header::Bytes(_) => "bytes",
        Header::Text(_) => "text",
        Header::Array(_) => "an array",
        Header::Map(_) => "a map",
    };
    DecodeError::new(format_args!("expected {expected}, found {found}"))
}
