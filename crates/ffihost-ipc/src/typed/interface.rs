//! The library that a client was generated from.

use super::Args;
use super::cbor::{self, Origin};
use crate::client::{Check, ConnectError, Options, RequestError};
use crate::{Address, Client, Status};
use ffihost_schema::Checked;
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
    /// The items that the client has, and their hashes, by [`Checked::item_hash`]. Empty if nobody knows them.
    pub items: &'a [(&'a str, u64)],
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

impl Interface<'static> {
    /// Connects to a server of this library. The server's version of it may be another, if it has each of the
    /// [`items`](Self::items) as they are. That is compared at each connection, so also with [`Options::reconnect`].
    ///
    /// # Errors
    ///
    /// As with [`Client::connect`]; [`ConnectError::Mismatch`] names what is missing or differs.
    pub async fn connect(&self, address: &Address, options: Options) -> Result<Client, ConnectError> {
        if self.items.is_empty() {
            return Client::connect(address, Options { abi_hash: self.abi_hash, ..options }).await;
        }
        let made_for = *self;
        let compare = Box::new(move |descriptor: &[u8]| made_for.compare(descriptor));
        let check = Check { abi_hash: self.abi_hash, compare };
        Client::connect_to(address, Options { abi_hash: 0, ..options }, check).await
    }
}

impl Interface<'_> {
    /// Whether a library has every item, by its descriptor.
    fn compare(&self, descriptor: &[u8]) -> Result<(), String> {
        let served = Checked::from_document(descriptor).map_err(|error| error.to_string())?;
        if served.name != self.library {
            return Err(format!("it is `{}`, and this program was compiled for `{}`", served.name, self.library));
        }
        let misfits: Vec<_> = self
            .items
            .iter()
            .filter_map(|(item, hash)| match served.item_hash(item) {
                None => Some(format!("{item} is missing")),
                Some(other) => (other != *hash).then(|| format!("{item} differs")),
            })
            .collect();
        if misfits.is_empty() {
            return Ok(());
        }
        let (library, version) = (self.library, self.version);
        let misfits = misfits.join(", ");
        Err(format!("it is {library} {}, this program was compiled for {library} {version}: {misfits}", served.version))
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
