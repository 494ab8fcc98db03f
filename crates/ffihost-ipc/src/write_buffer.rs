//! The bytes that a connection is sending.

use std::io;
use tokio::io::{AsyncWrite, AsyncWriteExt};

/// Bytes that are being sent, and how many of them were.
#[derive(Debug, Default)]
pub(crate) struct WriteBuffer {
    bytes: Vec<u8>,
    sent: usize,
    /// Whether something was written and not flushed: TLS keeps written bytes until then.
    unflushed: bool,
}

/// The most bytes of memory that an empty buffer keeps.
const KEPT: usize = 64 << 10;

impl WriteBuffer {
    /// Whether everything was written and flushed.
    pub(crate) fn is_flushed(&self) -> bool {
        self.sent == self.bytes.len() && !self.unflushed
    }

    /// Takes the output as what is sent next, if the buffer is empty.
    pub(crate) fn refill(&mut self, output: &mut Vec<u8>) {
        if self.sent == self.bytes.len() {
            self.sent = 0;
            self.bytes.clear();
            self.bytes.shrink_to(KEPT);
            std::mem::swap(&mut self.bytes, output);
        }
    }

    /// Writes some of the bytes, and returns how many. Dropping the future loses nothing.
    pub(crate) async fn send(&mut self, write: &mut (impl AsyncWrite + Unpin)) -> io::Result<usize> {
        let mut count = 0;
        if self.sent < self.bytes.len() {
            count = write.write(&self.bytes[self.sent..]).await?;
            if count == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
            self.sent += count;
            self.unflushed = true;
        }
        if self.sent == self.bytes.len() {
            write.flush().await?;
            self.unflushed = false;
        }
        Ok(count)
    }
}
