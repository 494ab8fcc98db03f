//! What is on its way out of a connection.

use std::io;
use tokio::io::{AsyncWrite, AsyncWriteExt};

/// Bytes that are being sent, and how many were.
#[derive(Debug, Default)]
pub(crate) struct WriteBuffer {
    bytes: Vec<u8>,
    sent: usize,
    /// TLS keeps what it is given until it is told that this was all.
    unflushed: bool,
}

/// When all was sent, at most this many bytes of memory are kept for what is sent next.
const KEPT: usize = 64 << 10;

impl WriteBuffer {
    /// Whether all of it was handed over to the system.
    pub(crate) fn is_flushed(&self) -> bool {
        self.sent == self.bytes.len() && !self.unflushed
    }

    /// When all was sent, takes what is to be sent next.
    pub(crate) fn refill(&mut self, output: &mut Vec<u8>) {
        if self.sent == self.bytes.len() {
            self.sent = 0;
            self.bytes.clear();
            self.bytes.shrink_to(KEPT);
            std::mem::swap(&mut self.bytes, output);
        }
    }

    /// Sends some of it, and says how many bytes. Nothing is lost if this is dropped.
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
