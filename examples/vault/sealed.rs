//! Keys and sealing. A key is made of a passphrase and a [`Header`]; what it has sealed is opened by the same key, under the
//! same name, or not at all.

use crate::Cost;
use argon2::{Algorithm, Argon2, Params, Version};
use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use zeroize::Zeroizing;

/// How many random bytes a header takes.
pub(crate) const SALT: usize = 16;
/// How many random bytes each sealing takes. So many that none comes twice.
pub(crate) const NONCE: usize = 24;

const MAGIC: &[u8; 8] = b"ffivlt\0\x01";
const HEADER: usize = MAGIC.len() + 4 + 4 + SALT;

/// Whether that can be computed at all. Whoever damages a vault must not make its user run out of memory either.
pub(crate) fn check_cost(cost: Cost) -> Result<(), String> {
    match cost {
        Cost { memory_kib: 8..=1_048_576, passes: 1..=100 } => Ok(()),
        Cost { memory_kib, passes } => Err(format!(
            "a cost of {memory_kib} KiB and {passes} passes cannot be: it takes 8 to 1048576 KiB and 1 to 100 passes"
        )),
    }
}

/// What a vault starts with, for everybody to read. It is sealed into the rest, so it cannot be changed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Header {
    cost: Cost,
    salt: [u8; SALT],
}

impl Header {
    pub(crate) fn new(cost: Cost, salt: [u8; SALT]) -> Self {
        Self { cost, salt }
    }

    pub(crate) fn to_bytes(self) -> [u8; HEADER] {
        let mut bytes = [0; HEADER];
        bytes[..8].copy_from_slice(MAGIC);
        bytes[8..12].copy_from_slice(&self.cost.memory_kib.to_le_bytes());
        bytes[12..16].copy_from_slice(&self.cost.passes.to_le_bytes());
        bytes[16..].copy_from_slice(&self.salt);
        bytes
    }

    /// The header, and what comes after it.
    pub(crate) fn split(blob: &[u8]) -> Result<(Self, &[u8]), String> {
        let ended = || format!("it has {} bytes, and no vault is so small", blob.len());
        let (magic, rest) = blob.split_first_chunk::<8>().ok_or_else(ended)?;
        if magic != MAGIC {
            return Err("it is no vault, or of another version".to_owned());
        }
        let (memory_kib, rest) = rest.split_first_chunk().ok_or_else(ended)?;
        let (passes, rest) = rest.split_first_chunk().ok_or_else(ended)?;
        let (salt, sealed) = rest.split_first_chunk().ok_or_else(ended)?;
        let cost = Cost { memory_kib: u32::from_le_bytes(*memory_kib), passes: u32::from_le_bytes(*passes) };
        check_cost(cost)?;
        Ok((Self { cost, salt: *salt }, sealed))
    }
}

/// A key, which is overwritten when it is dropped.
pub(crate) struct Key(XChaCha20Poly1305);

impl Key {
    /// Makes the key of a passphrase. This takes as long as the header's cost says, so not on a thread that others wait for.
    pub(crate) fn derive(passphrase: &str, header: Header) -> Result<Self, String> {
        let Header { cost: Cost { memory_kib, passes }, salt } = header;
        let mut key = Zeroizing::new([0; 32]);
        let params = Params::new(memory_kib, passes, 1, Some(key.len())).map_err(|error| error.to_string())?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        argon2.hash_password_into(passphrase.as_bytes(), &salt, &mut *key).map_err(|error| error.to_string())?;
        Ok(Self(XChaCha20Poly1305::new((&*key).into())))
    }

    /// Seals `plain`, so that it opens under that name alone. A nonce is used once.
    pub(crate) fn seal(&self, nonce: [u8; NONCE], name: &[u8], plain: &[u8]) -> Vec<u8> {
        let payload = Payload { msg: plain, aad: name };
        let sealed = self.0.encrypt(&XNonce::from(nonce), payload).expect("less than 256 GiB can be sealed");
        [&nonce[..], &sealed].concat()
    }

    /// What was sealed under that name, or nothing if this is not it, or not its key.
    pub(crate) fn open(&self, name: &[u8], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE>()?;
        let plain = self.0.decrypt(&XNonce::from(*nonce), Payload { msg: sealed, aad: name });
        plain.ok().map(Zeroizing::new)
    }
}
