//! What a server announces, and the token that it needs.

use std::fmt;
use subtle::ConstantTimeEq;

/// What a server announces about its library, and the token that it needs.
#[derive(Clone, Debug)]
pub struct ServerInfo {
    /// The library's name.
    pub library: String,
    /// The library's version.
    pub version: String,
    /// The hash of the library's interface.
    pub abi_hash: u64,
    /// The library's descriptor, as `<lib>_abi_descriptor` returns it.
    pub descriptor: Vec<u8>,
    /// The token that a client has to send. `None`: every client that reaches the server may use it.
    pub token: Option<Token>,
}

impl ServerInfo {
    /// The descriptor as a payload: a byte string.
    pub(crate) fn descriptor_payload(&self) -> Vec<u8> {
        let length = u32::try_from(self.descriptor.len()).expect("a descriptor is shorter than 4 GiB");
        let mut payload = vec![0x5a];
        payload.extend_from_slice(&length.to_be_bytes());
        payload.extend_from_slice(&self.descriptor);
        payload
    }

    /// Whether a client that sent this token may use the server. An empty token counts as none.
    pub(crate) fn admits(&self, token: &str) -> bool {
        self.token.as_ref().is_none_or(|expected| expected.is(token))
    }
}

/// A secret that a client has to send. It is compared in constant time, and `Debug` does not show it.
#[derive(Clone)]
pub struct Token(String);

impl Token {
    /// Makes a token. `None` if the text is empty, is longer than 65,535 bytes, or begins or ends with white space, which a file or
    /// a shell may have added.
    pub fn new(token: impl Into<String>) -> Option<Self> {
        let token = token.into();
        let sound = !token.is_empty() && u16::try_from(token.len()).is_ok() && token.trim() == token;
        sound.then_some(Self(token))
    }

    /// The text that is sent.
    pub(crate) fn secret(&self) -> &str {
        &self.0
    }

    fn is(&self, token: &str) -> bool {
        self.0.as_bytes().ct_eq(token.as_bytes()).into()
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}
