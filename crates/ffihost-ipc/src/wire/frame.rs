//! The frames of version 2.

use super::length;
use std::fmt;

/// A frame from a client. See `docs/wire.md` for what each means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are those of the document")]
pub enum FromClient<'a> {
    Hello { max_frame: u32, abi_hash: u64, token: &'a str },
    Request { id: u64, timeout_ms: u32, method: &'a str, payload: &'a [u8] },
    Listen { id: u64, event: &'a str },
    Register { id: u64, max_in_flight: u32, deadline_ms: u32, name: &'a str },
    Cancel { id: u64 },
    Complete { call: u64, ret: i32, payload: &'a [u8] },
    Ping { number: u64 },
    Pong { number: u64 },
    Goodbye,
}

/// A frame from a server. See `docs/wire.md` for what each means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are those of the document")]
pub enum FromServer<'a> {
    Welcome { max_frame: u32, max_in_flight: u32, abi_hash: u64, library: &'a str, version: &'a str },
    Reply { id: u64, ret: i32, payload: &'a [u8] },
    Opened { id: u64 },
    Stale { id: u64, elapsed_ms: u64 },
    Event { id: u64, missed: u64, payload: &'a [u8] },
    Call { call: u64, id: u64, payload: &'a [u8] },
    CallCancelled { call: u64 },
    CallRefused { call: u64, ret: i32 },
    Ping { number: u64 },
    Pong { number: u64 },
    Goodbye { ret: i32, text: &'a [u8] },
}

/// Why a frame cannot be decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// The frame ends within a field.
    #[error("a frame of kind 0x{0:02x} is too short")]
    Short(u8),
    /// There are bytes after the last field.
    #[error("a frame of kind 0x{0:02x} is too long")]
    Long(u8),
    /// A text is not UTF-8.
    #[error("a text in a frame of kind 0x{0:02x} is not UTF-8")]
    Text(u8),
    /// The sender has no frame of this kind.
    #[error("there is no frame of kind 0x{0:02x}")]
    Kind(u8),
}

impl<'a> FromClient<'a> {
    /// Appends the frame, with its length.
    ///
    /// # Panics
    ///
    /// If a text is longer than 65,535 bytes or the frame than 4 GiB.
    pub fn encode(self, out: &mut Vec<u8>) {
        match self {
            Self::Hello { max_frame, abi_hash, token } => {
                Writer::begin(out, 0x01).u32(max_frame).u64(abi_hash).text(token).end();
            }
            Self::Request { id, timeout_ms, method, payload } => {
                Writer::begin(out, 0x02).u64(id).u32(timeout_ms).text(method).rest(payload).end();
            }
            Self::Listen { id, event } => Writer::begin(out, 0x03).u64(id).text(event).end(),
            Self::Register { id, max_in_flight, deadline_ms, name } => {
                Writer::begin(out, 0x04).u64(id).u32(max_in_flight).u32(deadline_ms).text(name).end();
            }
            Self::Cancel { id } => Writer::begin(out, 0x05).u64(id).end(),
            Self::Complete { call, ret, payload } => Writer::begin(out, 0x06).u64(call).i32(ret).rest(payload).end(),
            Self::Ping { number } => Writer::begin(out, 0x07).u64(number).end(),
            Self::Pong { number } => Writer::begin(out, 0x08).u64(number).end(),
            Self::Goodbye => Writer::begin(out, 0x09).end(),
        }
    }

    /// Decodes a frame from its kind and body.
    pub fn decode(kind: u8, body: &'a [u8]) -> Result<Self, Malformed> {
        let mut body = Reader { kind, body };
        let frame = match kind {
            0x01 => Self::Hello { max_frame: body.u32()?, abi_hash: body.u64()?, token: body.text()? },
            0x02 => {
                Self::Request { id: body.u64()?, timeout_ms: body.u32()?, method: body.text()?, payload: body.rest() }
            }
            0x03 => Self::Listen { id: body.u64()?, event: body.text()? },
            0x04 => Self::Register {
                id: body.u64()?,
                max_in_flight: body.u32()?,
                deadline_ms: body.u32()?,
                name: body.text()?,
            },
            0x05 => Self::Cancel { id: body.u64()? },
            0x06 => Self::Complete { call: body.u64()?, ret: body.i32()?, payload: body.rest() },
            0x07 => Self::Ping { number: body.u64()? },
            0x08 => Self::Pong { number: body.u64()? },
            0x09 => Self::Goodbye,
            _ => return Err(Malformed::Kind(kind)),
        };
        body.end(frame)
    }
}

impl<'a> FromServer<'a> {
    /// Appends the frame, with its length.
    ///
    /// # Panics
    ///
    /// If a text is longer than 65,535 bytes or the frame than 4 GiB.
    pub fn encode(self, out: &mut Vec<u8>) {
        match self {
            Self::Welcome { max_frame, max_in_flight, abi_hash, library, version } => {
                let welcome = Writer::begin(out, 0x81).u32(max_frame).u32(max_in_flight).u64(abi_hash);
                welcome.text(library).text(version).end();
            }
            Self::Reply { id, ret, payload } => Writer::begin(out, 0x82).u64(id).i32(ret).rest(payload).end(),
            Self::Opened { id } => Writer::begin(out, 0x83).u64(id).end(),
            Self::Stale { id, elapsed_ms } => Writer::begin(out, 0x84).u64(id).u64(elapsed_ms).end(),
            Self::Event { id, missed, payload } => Writer::begin(out, 0x85).u64(id).u64(missed).rest(payload).end(),
            Self::Call { call, id, payload } => Writer::begin(out, 0x86).u64(call).u64(id).rest(payload).end(),
            Self::CallCancelled { call } => Writer::begin(out, 0x87).u64(call).end(),
            Self::CallRefused { call, ret } => Writer::begin(out, 0x88).u64(call).i32(ret).end(),
            Self::Ping { number } => Writer::begin(out, 0x89).u64(number).end(),
            Self::Pong { number } => Writer::begin(out, 0x8a).u64(number).end(),
            Self::Goodbye { ret, text } => Writer::begin(out, 0x8b).i32(ret).rest(text).end(),
        }
    }

    /// Decodes a frame from its kind and body.
    pub fn decode(kind: u8, body: &'a [u8]) -> Result<Self, Malformed> {
        let mut body = Reader { kind, body };
        let frame = match kind {
            0x81 => Self::Welcome {
                max_frame: body.u32()?,
                max_in_flight: body.u32()?,
                abi_hash: body.u64()?,
                library: body.text()?,
                version: body.text()?,
            },
            0x82 => Self::Reply { id: body.u64()?, ret: body.i32()?, payload: body.rest() },
            0x83 => Self::Opened { id: body.u64()? },
            0x84 => Self::Stale { id: body.u64()?, elapsed_ms: body.u64()? },
            0x85 => Self::Event { id: body.u64()?, missed: body.u64()?, payload: body.rest() },
            0x86 => Self::Call { call: body.u64()?, id: body.u64()?, payload: body.rest() },
            0x87 => Self::CallCancelled { call: body.u64()? },
            0x88 => Self::CallRefused { call: body.u64()?, ret: body.i32()? },
            0x89 => Self::Ping { number: body.u64()? },
            0x8a => Self::Pong { number: body.u64()? },
            0x8b => Self::Goodbye { ret: body.i32()?, text: body.rest() },
            _ => return Err(Malformed::Kind(kind)),
        };
        body.end(frame)
    }
}

/// Appends a frame; its length is filled in at the end.
struct Writer<'a> {
    out: &'a mut Vec<u8>,
    start: usize,
}

impl<'a> Writer<'a> {
    fn begin(out: &'a mut Vec<u8>, kind: u8) -> Self {
        let start = out.len();
        out.extend_from_slice(&[0, 0, 0, 0, kind]);
        Self { out, start }
    }

    fn u32(self, value: u32) -> Self {
        self.rest(&value.to_be_bytes())
    }

    fn i32(self, value: i32) -> Self {
        self.rest(&value.to_be_bytes())
    }

    fn u64(self, value: u64) -> Self {
        self.rest(&value.to_be_bytes())
    }

    fn text(self, text: &str) -> Self {
        let length = u16::try_from(text.len()).expect("a name or a token is shorter than 64 KiB");
        self.rest(&length.to_be_bytes()).rest(text.as_bytes())
    }

    fn rest(self, bytes: &[u8]) -> Self {
        self.out.extend_from_slice(bytes);
        self
    }

    fn end(self) {
        let length = length(self.out.len() - self.start - 4);
        self.out[self.start..self.start + 4].copy_from_slice(&length.to_be_bytes());
    }
}

struct Reader<'a> {
    kind: u8,
    body: &'a [u8],
}

impl<'a> Reader<'a> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        let (field, rest) = self.body.split_first_chunk::<N>().ok_or(Malformed::Short(self.kind))?;
        self.body = rest;
        Ok(*field)
    }

    fn u32(&mut self) -> Result<u32, Malformed> {
        self.take().map(u32::from_be_bytes)
    }

    fn i32(&mut self) -> Result<i32, Malformed> {
        self.take().map(i32::from_be_bytes)
    }

    fn u64(&mut self) -> Result<u64, Malformed> {
        self.take().map(u64::from_be_bytes)
    }

    fn text(&mut self) -> Result<&'a str, Malformed> {
        let length = usize::from(u16::from_be_bytes(self.take()?));
        let (text, rest) = self.body.split_at_checked(length).ok_or(Malformed::Short(self.kind))?;
        self.body = rest;
        str::from_utf8(text).map_err(|_| Malformed::Text(self.kind))
    }

    fn rest(&mut self) -> &'a [u8] {
        std::mem::take(&mut self.body)
    }

    fn end<T: fmt::Debug>(self, frame: T) -> Result<T, Malformed> {
        if self.body.is_empty() { Ok(frame) } else { Err(Malformed::Long(self.kind)) }
    }
}
