//! Cuts the bytes that were received into messages.

use super::{MAX_NAME, PREFACE};
use bytes::{Buf, BytesMut};

/// The most bytes of memory that an empty decoder keeps.
const KEPT: usize = 64 << 10;

/// Decodes what the other side sends: bytes in; whole requests or frames out, whichever version it speaks.
///
/// It holds the bytes that have arrived and were not taken. A length that is announced allocates nothing.
#[derive(Debug)]
pub struct FrameDecoder {
    buffer: BytesMut,
    /// The length of the message that `next_message` returned last, which the next call discards.
    given: usize,
    speaks: Speaks,
    /// Whether the other side may speak version 1.
    takes_version_1: bool,
    max: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Speaks {
    Unknown,
    One,
    Two,
}

/// One whole message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Message<'a> {
    /// A request of version 1.
    Request {
        /// Its name.
        method: &'a str,
        /// Its arguments.
        payload: &'a [u8],
    },
    /// The beginning of version 2.
    Preface,
    /// A frame of version 2.
    Frame {
        /// Its kind.
        kind: u8,
        /// Its fields, encoded.
        body: &'a [u8],
    },
}

/// Why the bytes cannot be cut into messages. Nothing after them can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FramingError {
    /// Neither version begins with these bytes.
    #[error("this is no client of ours")]
    Foreign,
    /// A version that this side does not speak.
    #[error("version {0} is not spoken here")]
    Version(u8),
    /// A method's name is empty, too long, or not UTF-8.
    #[error("a method's name is 1 to 255 bytes of UTF-8")]
    Method,
    /// A payload or a frame is longer than the limit.
    #[error("{length} bytes at once are more than the {max} that are allowed")]
    TooLong {
        /// The length that was declared.
        length: u32,
        /// The longest that is accepted.
        max: u32,
    },
    /// A frame of length 0 has no kind.
    #[error("a frame without a kind")]
    Empty,
}

impl FrameDecoder {
    /// A decoder for a server, which learns the version from the first byte. `max` is the longest frame, or payload in version 1.
    pub fn for_server(max: u32) -> Self {
        Self { buffer: BytesMut::new(), given: 0, speaks: Speaks::Unknown, takes_version_1: true, max }
    }

    /// A decoder for a client of version 2: after the preface, frames.
    pub fn for_client(max: u32) -> Self {
        Self { takes_version_1: false, ..Self::for_server(max) }
    }

    /// The buffer to append received bytes to.
    pub fn buffer(&mut self) -> &mut BytesMut {
        self.let_go();
        &mut self.buffer
    }

    /// Whether a message is partly received.
    pub fn is_partial(&self) -> bool {
        self.buffer.len() > self.given
    }

    /// Whether the client speaks version 1; false while that is not known.
    pub fn is_version_1(&self) -> bool {
        self.speaks == Speaks::One
    }

    /// The next whole message, or `None` if it has not arrived. After an error there are no more messages.
    pub fn next_message(&mut self) -> Result<Option<Message<'_>>, FramingError> {
        self.let_go();
        if self.speaks == Speaks::Unknown {
            self.speaks = match self.buffer.first() {
                None => return Ok(None),
                Some(0) if self.takes_version_1 => Speaks::One,
                Some(&first) if first == PREFACE[0] => return self.preface(),
                Some(_) => return Err(FramingError::Foreign),
            };
        }
        if self.speaks == Speaks::One { self.request() } else { self.frame() }
    }

    fn let_go(&mut self) {
        self.buffer.advance(std::mem::take(&mut self.given));
        if self.buffer.is_empty() && self.buffer.capacity() > KEPT {
            self.buffer = BytesMut::new();
        }
    }

    fn preface(&mut self) -> Result<Option<Message<'_>>, FramingError> {
        let come = self.buffer.len().min(PREFACE.len());
        let name = come.min(PREFACE.len() - 1);
        if self.buffer[..name] != PREFACE[..name] {
            return Err(FramingError::Foreign);
        }
        if come < PREFACE.len() {
            return Ok(None);
        }
        if self.buffer[name] != PREFACE[name] {
            return Err(FramingError::Version(self.buffer[name]));
        }
        self.speaks = Speaks::Two;
        self.given = PREFACE.len();
        Ok(Some(Message::Preface))
    }

    fn request(&mut self) -> Result<Option<Message<'_>>, FramingError> {
        let Some(method_length) = self.u32_at(0) else { return Ok(None) };
        let method_end = match usize::try_from(method_length) {
            Ok(length @ 1..=MAX_NAME) => 4 + length,
            _ => return Err(FramingError::Method),
        };
        let Some(length) = self.u32_at(method_end) else { return Ok(None) };
        let end = method_end + 4 + self.within_limit(length)?;
        if self.buffer.len() < end {
            return Ok(None);
        }
        self.given = end;
        let method = str::from_utf8(&self.buffer[4..method_end]).map_err(|_| FramingError::Method)?;
        Ok(Some(Message::Request { method, payload: &self.buffer[method_end + 4..end] }))
    }

    fn frame(&mut self) -> Result<Option<Message<'_>>, FramingError> {
        let Some(length) = self.u32_at(0) else { return Ok(None) };
        let end = 4 + self.within_limit(length)?;
        if length == 0 {
            return Err(FramingError::Empty);
        }
        if self.buffer.len() < end {
            return Ok(None);
        }
        self.given = end;
        Ok(Some(Message::Frame { kind: self.buffer[4], body: &self.buffer[5..end] }))
    }

    fn u32_at(&self, at: usize) -> Option<u32> {
        self.buffer.get(at..)?.first_chunk().map(|bytes| u32::from_be_bytes(*bytes))
    }

    fn within_limit(&self, length: u32) -> Result<usize, FramingError> {
        if length > self.max {
            return Err(FramingError::TooLong { length, max: self.max });
        }
        Ok(usize::try_from(length).expect("a length fits into memory, by the limit"))
    }
}
