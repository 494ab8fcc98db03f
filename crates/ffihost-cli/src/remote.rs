//! A library that is served: its surface, and host functions for it.

use crate::args;
use crate::error::Error;
use crate::host_fn;
use crate::{nearest, output, token};
use ciborium::Value;
use ffihost_ipc::client::{Options, Registration, RequestError};
use ffihost_ipc::session::DESCRIPTOR;
use ffihost_ipc::{Client, ClientTls};
use ffihost_schema::Library;
use std::sync::Arc;

/// A connection to a server whose library is known.
pub(crate) struct Remote {
    pub(crate) client: Client,
    pub(crate) surface: Arc<Library>,
    /// Host functions are answered while these live.
    _answered: Vec<Registration>,
}

/// Connects, and answers the host functions that were asked for.
pub(crate) async fn connect(args: &args::Remote) -> Result<Remote, Error> {
    let mut options = Options { insecure: args.insecure, ..Options::default() };
    if let Some(authorities) = &args.tls_ca {
        options.tls = Some(ClientTls::trusting(authorities)?);
    }
    if let Some(path) = &args.token_file {
        let token::FromFile { token, warning } = token::read(path)?;
        warning.iter().for_each(output::print_warning);
        options.token = Some(token);
    }
    let client = Client::connect(&args.address, options).await?;
    let surface = Arc::new(surface(&client).await?);
    let mut answered = Vec::new();
    for args::HostFn { name, command } in &args.host_fn {
        if !surface.host_fns.iter().any(|known| known.name == *name) {
            let names = surface.host_fns.iter().map(|known| known.name.as_str());
            return Err(unknown(&surface, "host function", name, names));
        }
        let function = host_fn::by_command(Arc::clone(&surface), name, command);
        let registered = client.register(name, function).await;
        answered.push(registered.map_err(|error| Error::Request { what: format!("host function `{name}`"), error })?);
    }
    Ok(Remote { client, surface, _answered: answered })
}

async fn surface(client: &Client) -> Result<Library, Error> {
    let failed = |error| Error::Request { what: DESCRIPTOR.to_owned(), error };
    let answer = client.request(DESCRIPTOR, b"\xa0").await.map_err(failed)?;
    match ciborium::from_reader::<Value, _>(answer.as_slice()) {
        Ok(Value::Bytes(document)) => Library::from_document(&document).map_err(Error::Description),
        _ => Err(failed(RequestError::Invalid("the answer is no byte string"))),
    }
}

/// That there is no such thing, and what there is instead.
pub(crate) fn unknown<'a>(
    surface: &Library,
    kind: &'static str,
    name: &str,
    names: impl Iterator<Item = &'a str>,
) -> Error {
    let instead = nearest::or_all(name, names);
    Error::Unknown { library: surface.name.clone(), kind, name: name.to_owned(), instead }
}
