//! The output, and what fits into it.

use super::{Session, Stage, Version};
use crate::wire::frame::FromServer;
use crate::wire::{FRAME_OVERHEAD, encode_response};
use ffihost_schema::Status;

impl Session {
    /// The bytes to send. The caller takes them out.
    pub fn output(&mut self) -> &mut Vec<u8> {
        &mut self.output
    }

    /// Whether a frame with a payload of this length fits, also into the output.
    pub(super) fn has_capacity(&self, payload: usize) -> bool {
        let waits = self.output.len() + self.deferred;
        self.fits_a_frame(payload) && waits.saturating_add(payload).saturating_add(FRAME_OVERHEAD) <= self.limits.output
    }

    /// Whether a frame with a payload of this length fits into what the client accepts.
    pub(super) fn fits_a_frame(&self, payload: usize) -> bool {
        let fixed = if self.version == Some(Version::One) { 0 } else { MAX_FIXED };
        payload.saturating_add(fixed) <= self.max_frame as usize
    }

    /// Sends an answer, or a short one in its place. Returns the status that was sent.
    pub(super) fn answer(&mut self, id: u64, ret: i32, payload: &[u8]) -> i32 {
        let (ret, payload): (i32, &[u8]) = if !self.fits_a_frame(payload.len()) {
            (Status::TooLarge.code(), b"the answer is larger than what may be sent")
        } else if payload.len() > SHORT && !self.has_capacity(payload.len()) {
            // Not BUSY, which says that nothing was started, so that a client may try again.
            (Status::TooLarge.code(), b"the answer found no room: too much waits to be read")
        } else {
            (ret, payload)
        };
        match self.version {
            Some(Version::One) => encode_response(ret, payload, &mut self.output),
            _ => FromServer::Reply { id, ret, payload }.encode(&mut self.output),
        }
        ret
    }

    /// Sends a small frame, without a look at the capacity: the client's own frames bound how many there are.
    pub(super) fn send(&mut self, frame: FromServer<'_>) {
        if self.stage != Stage::Over {
            frame.encode(&mut self.output);
        }
    }

    pub(super) fn send_if_capacity(&mut self, frame: FromServer<'_>, payload: usize) {
        if self.has_capacity(payload) {
            self.send(frame);
        }
    }
}

/// An answer of up to this many bytes is sent also without capacity: its replacement would hardly be shorter.
const SHORT: usize = 64;

/// The most bytes that the kind and the fixed fields of a frame with a payload take.
const MAX_FIXED: usize = 17;
