//! The arguments of a request.

use super::cbor;
use super::handle::OwnedHandle;
use crate::Client;
use crate::client::RequestError;
use bytes::Bytes;
use ffihost_cbor::Writer;
use serde::Serialize;
use std::sync::Arc;

/// The arguments of a request by their names. It keeps the handles among them.
#[derive(Debug, Default)]
pub struct Args {
    entries: Vec<u8>,
    handles: Vec<Arc<OwnedHandle>>,
}

impl Args {
    /// No arguments.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an argument.
    pub fn with(mut self, name: &str, value: &(impl Serialize + ?Sized)) -> Self {
        self.handles.extend(cbor::encode(name, &mut self.entries));
        self.handles.extend(cbor::encode(value, &mut self.entries));
        self
    }

    /// Adds an argument of bytes. As a slice they would be a list of numbers.
    pub fn bytes(self, name: &str, value: &[u8]) -> Self {
        self.with(name, &Bytes::copy_from_slice(value))
    }

    /// The map of the arguments, in the form without a length.
    pub(super) fn payload(&self) -> Vec<u8> {
        let mut payload = Vec::with_capacity(self.entries.len() + 2);
        let mut writer = Writer::new(&mut payload);
        writer.begin_map();
        writer.encoded(&self.entries);
        writer.end();
        payload
    }

    /// The connection of the handles among them; `None` if there are no handles.
    pub(super) fn connection<D>(&self, client: &Client) -> Result<Option<u64>, RequestError<D>> {
        connection(&self.handles, client)
    }
}

/// The connection of this client that all handles belong to; `None` if there are no handles.
pub(super) fn connection<D>(handles: &[Arc<OwnedHandle>], client: &Client) -> Result<Option<u64>, RequestError<D>> {
    let mut of = None;
    for owned in handles {
        match owned.connection_of(client) {
            Some(connection) if of.is_none_or(|of| of == connection) => of = Some(connection),
            _ => return Err(RequestError::Invalid("a handle is of another connection")),
        }
    }
    Ok(of)
}
