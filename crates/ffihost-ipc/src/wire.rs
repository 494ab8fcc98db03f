//! Encodes and decodes both versions of the wire, without I/O. `docs/wire.md` is the authority.

mod decoder;
pub mod frame;

pub use self::decoder::{FrameDecoder, FramingError, Message};

/// What a client of version 2 sends first. The server answers with the same.
pub const PREFACE: [u8; 8] = *b"FFIHOST\x02";

/// The longest name of a method, an event or a host function, in bytes.
pub const MAX_NAME: usize = ffihost_abi::limits::NAME;

/// The smallest `max_frame` that a client may announce, in bytes.
pub const MIN_FRAME: u32 = 1024;

/// The most bytes that a frame takes beside its payload: the length, the kind, and the longest fields.
pub const FRAME_OVERHEAD: usize = 4 + 1 + 8 + 4 + 2 + MAX_NAME;

/// Appends a response of version 1.
pub fn encode_response(ret: i32, payload: &[u8], out: &mut Vec<u8>) {
    out.reserve(8 + payload.len());
    out.extend_from_slice(&ret.to_be_bytes());
    out.extend_from_slice(&length(payload.len()).to_be_bytes());
    out.extend_from_slice(payload);
}

/// Appends a request of version 1.
pub fn encode_request(method: &str, payload: &[u8], out: &mut Vec<u8>) {
    out.reserve(8 + method.len() + payload.len());
    out.extend_from_slice(&length(method.len()).to_be_bytes());
    out.extend_from_slice(method.as_bytes());
    out.extend_from_slice(&length(payload.len()).to_be_bytes());
    out.extend_from_slice(payload);
}

/// A length as it is sent. The caller has checked it against a limit that is a `u32`.
fn length(length: usize) -> u32 {
    u32::try_from(length).expect("what is sent is shorter than 4 GiB, by its limits")
}
