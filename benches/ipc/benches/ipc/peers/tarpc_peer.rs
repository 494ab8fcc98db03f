//! tarpc, over its own transport on a unix socket.

use super::Serving;
use crate::message::{Echo, NAME, message};
use crate::pipelined::{keep_full, runtime};
use futures::StreamExt;
use std::time::Duration;
use tarpc::serde_transport::unix;
use tarpc::server::{BaseChannel, Channel};
use tarpc::tokio_serde::formats::{Bincode, Json};
use tarpc::{client, context};
use tokio::runtime::Runtime;

#[tarpc::service]
trait Echoing {
    async fn echo(message: String) -> Echo;
}

#[derive(Clone)]
struct Author;

impl Echoing for Author {
    async fn echo(self, _: context::Context, message: String) -> Echo {
        Echo { echoed: message, served_by: NAME.to_owned() }
    }
}

/// A client and its server.
pub(crate) struct Peer {
    runtime: Runtime,
    client: EchoingClient,
    _serving: Serving,
}

macro_rules! peer {
    ($codec:expr) => {{
        let serving = Serving::start(async |listener| {
            let mut incoming = unix::listen_on(listener, $codec).await.expect("it listens");
            while let Some(Ok(transport)) = incoming.next().await {
                let requests = BaseChannel::with_defaults(transport).execute(Author.serve());
                tokio::spawn(requests.for_each(async |request| drop(tokio::spawn(request))));
            }
        });
        let runtime = runtime();
        let client = runtime.block_on(async {
            let transport = unix::connect(&serving.path, $codec).await.expect("it is served");
            EchoingClient::new(client::Config::default(), transport).spawn()
        });
        Peer { runtime, client, _serving: serving }
    }};
}

impl Peer {
    pub(crate) fn bincode() -> Self {
        peer!(Bincode::default)
    }

    pub(crate) fn json() -> Self {
        peer!(Json::default)
    }

    pub(crate) fn requests(&self, calls: u64) -> Duration {
        let client = self.client.clone();
        keep_full(&self.runtime, calls, move |number| {
            let client = client.clone();
            async move {
                let reply = client.echo(context::current(), message(number)).await;
                reply.expect("it is answered").expect(number);
            }
        })
    }
}
