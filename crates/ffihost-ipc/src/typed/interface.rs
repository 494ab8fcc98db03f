//! The library that a client was generated from.

use super::Args;
use super::cbor::{self, Origin};
use crate::client::{ConnectError, Options, RequestError};
use crate::{Address, Client, Status};
use serde::de::DeserializeOwned;

/// The library that a client was generated from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interface<'a> {
    /// The library's name.
    pub library: &'a str,
    /// The library's version.
    pub version: &'a str,
    /// The hash of the library's interface.
    pub abi_hash: u64,
}

/// A library that can be loaded into this process: `ffihost_load::Library` is one.
pub trait Library: Sized {
    /// What the loaded library says of itself.
    fn interface(&self) -> Interface<'_>;

    /// Makes a context, and a client of it: `args` is the constructor's map in CBOR. The context is closed after the client.
    ///
    /// # Errors
    ///
    /// With the constructor's declared error in CBOR, or why there is no context.
    fn create(self, args: &[u8]) -> impl Future<Output = Result<Client, RequestError>> + Send;
}

impl Interface<'_> {
    /// Connects to a server of this library.
    ///
    /// # Errors
    ///
    /// As with [`Client::connect`]; a server of another interface refuses, with a text that names both.
    pub async fn connect(&self, address: &Address, options: Options) -> Result<Client, ConnectError> {
        Client::connect(address, Options { abi_hash: self.abi_hash, ..options }).await
    }

    /// Makes a context in this process.
    ///
    /// # Errors
    ///
    /// With the constructor's declared error; with ABI_MISMATCH and a text that names both, if the library that was loaded has
    /// another interface.
    pub async fn load<E: DeserializeOwned>(
        &self,
        library: impl Library,
        args: Args,
    ) -> Result<Client, RequestError<E>> {
        let loaded = library.interface();
        if loaded.abi_hash != self.abi_hash {
            let text = format!(
                "this program was compiled for {} {} (interface {:016x}), but the library that is loaded is {} {} (interface \
                 {:016x}); they have to be the same",
                self.library, self.version, self.abi_hash, loaded.library, loaded.version, loaded.abi_hash
            );
            return Err(RequestError::Failed { ret: Status::AbiMismatch.code(), text });
        }
        library.create(&args.payload()).await.map_err(|error| cbor::declared(error, &Origin::nowhere()))
    }
}
