//! Clients of a loaded library, in this process.

use crate::{Context, CreateError, Library};
use ffihost_ipc::Client;
use ffihost_ipc::client::RequestError;
use ffihost_ipc::typed::{self, Interface};
use std::sync::Arc;

/// A client of a context in this process: the same as of one that is served, over memory. The context is closed when the client's
/// last clone is gone, and by [`Client::close`].
///
/// This program is the host: the host functions that it registers so are its own. They replace those of clients of a server, and
/// no such client can replace them or take them away.
///
/// # Panics
///
/// Outside of a tokio runtime.
pub async fn client(context: &Context) -> Client {
    let closed = context.clone();
    let close = async move {
        if !closed.close().await {
            tracing::warn!(library = closed.surface().name, "it was closed before, or did not stop in time");
        }
    };
    let client = Client::in_process(Arc::new(context.of_host()), context.server_info(None), close).await;
    client.expect("a server without a token takes a client of any interface")
}

impl typed::Library for Library {
    fn interface(&self) -> Interface<'_> {
        let ffihost_schema::Library { name, version, hash, .. } = self.surface();
        Interface { library: name, version, abi_hash: *hash, items: &[] }
    }

    async fn create(self, args: &[u8]) -> Result<Client, RequestError> {
        match Library::create(self, args).await {
            Ok(context) => Ok(client(&context).await),
            Err(CreateError::Declared(error)) => Err(RequestError::Declared(error)),
            Err(CreateError::Failed { ret, text }) => Err(RequestError::Failed { ret, text }),
        }
    }
}
