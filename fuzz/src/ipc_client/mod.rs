//! What the fuzz target `ipc_client` does with its bytes; `fuzz/replay` does the same with the corpus.
//!
//! They are what a server sends to a client. It is read the same way in whatever pieces it comes, and what can be read is encoded
//! to the same bytes.

use ffihost_ipc::wire::frame::FromServer;
use ffihost_ipc::wire::{FrameDecoder, Message, PREFACE};

/// See the module.
pub(crate) fn run(bytes: &[u8]) {
    let (whole, read) = receive([bytes]);
    assert_eq!(bytes[..read.len()], read, "what was read is what came");
    let size = 1 + usize::from(bytes.last().copied().unwrap_or(0) % 16);
    assert_eq!(receive(bytes.chunks(size)), (whole, read));
}

/// The longest frame that the client takes.
const LONGEST: u32 = 4096;

/// What a client makes of these pieces, in words; and those of the bytes that it could read, encoded again.
fn receive<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> (Vec<String>, Vec<u8>) {
    let mut input = FrameDecoder::for_client(LONGEST);
    let (mut heard, mut again) = (Vec::new(), Vec::new());
    for piece in pieces {
        input.buffer().extend_from_slice(piece);
        loop {
            let frame = match input.next_message() {
                Ok(None) => break,
                Ok(Some(Message::Preface)) => {
                    again.extend_from_slice(&PREFACE);
                    continue;
                }
                Ok(Some(Message::Request { .. })) => panic!("a client does not take version 1"),
                Ok(Some(Message::Frame { kind, body })) => {
                    FromServer::decode(kind, body).map_err(|error| error.to_string())
                }
                Err(broken) => Err(broken.to_string()),
            };
            match frame {
                Ok(frame) => {
                    heard.push(format!("{frame:?}"));
                    frame.encode(&mut again);
                }
                Err(error) => {
                    heard.push(error);
                    return (heard, again);
                }
            }
        }
    }
    (heard, again)
}
