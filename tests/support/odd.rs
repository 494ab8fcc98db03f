//! A reply that misbehaves.

use super::library::Library;
use super::panic_on_purpose;

/// A reply that misbehaves when it is encoded.
pub struct Odd(Vec<u8>);

impl ffihost::ToHost for Odd {
    type Owned = Self;

    fn into_owned(self) -> Self {
        self
    }

    fn to_host(&self, _: ffihost::Format, take: &mut dyn FnMut(&[u8])) {
        match self.0.as_slice() {
            b"nothing" => {}
            b"twice" => {
                take(b"first");
                take(b"second");
            }
            b"panic before" => panic_on_purpose("before"),
            b"panic after" => {
                take(b"told");
                panic_on_purpose("after");
            }
            other => take(other),
        }
    }
}

/// `odd`: replies with something that misbehaves.
pub(super) async fn odd(_: &Library, bytes: Vec<u8>) -> Result<Odd, String> {
    Ok(Odd(bytes))
}

/// `odd_now`: the same on the caller's thread.
pub(super) fn odd_now(_: &Library, bytes: &[u8]) -> Result<Odd, String> {
    Ok(Odd(bytes.to_vec()))
}
