//! tonic on a unix socket: gRPC, over HTTP/2.
//!
//! What `tonic_build` would generate is written by hand, without its router: there is one method.

use super::Serving;
use crate::message::{Echo, NAME, message};
use crate::pipelined::{keep_full, runtime};
use std::convert::Infallible;
use std::future::Ready;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::runtime::Runtime;
use tokio_stream::wrappers::UnixListenerStream;
use tonic::body::Body;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::codegen::{BoxFuture, Service, http};
use tonic::server::UnaryService;
use tonic::transport::{Channel, Endpoint, Server};
use tonic::{Request, Response, Status, client, server};
use tonic_prost::ProstCodec;

#[derive(Clone, PartialEq, prost::Message)]
struct EchoRequest {
    #[prost(string, tag = "1")]
    message: String,
}

#[derive(Clone, PartialEq, prost::Message)]
struct EchoReply {
    #[prost(string, tag = "1")]
    echoed: String,
    #[prost(string, tag = "2")]
    served_by: String,
}

struct Author;

impl UnaryService<EchoRequest> for Author {
    type Response = EchoReply;
    type Future = Ready<Result<Response<EchoReply>, Status>>;

    fn call(&mut self, request: Request<EchoRequest>) -> Self::Future {
        let reply = EchoReply { echoed: request.into_inner().message, served_by: NAME.to_owned() };
        std::future::ready(Ok(Response::new(reply)))
    }
}

/// Every path is the one method.
#[derive(Clone)]
struct Echoing;

impl Service<http::Request<Body>> for Echoing {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<Self::Response, Self::Error>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        Box::pin(async move { Ok(server::Grpc::new(ProstCodec::default()).unary(Author, request).await) })
    }
}

/// A client and its server.
pub(crate) struct Peer {
    runtime: Runtime,
    client: client::Grpc<Channel>,
    _serving: Serving,
}

impl Peer {
    pub(crate) fn start() -> Self {
        let serving = Serving::start(async |listener| {
            let served = Server::builder().serve_with_incoming(Echoing, UnixListenerStream::new(listener)).await;
            served.expect("it serves");
        });
        let runtime = runtime();
        let client = runtime.block_on(async {
            let endpoint = Endpoint::from_shared(format!("unix://{}", serving.path.display())).expect("an address");
            client::Grpc::new(endpoint.connect().await.expect("it is served"))
        });
        Self { runtime, client, _serving: serving }
    }

    pub(crate) fn requests(&self, calls: u64) -> Duration {
        let client = self.client.clone();
        keep_full(&self.runtime, calls, move |number| {
            let mut client = client.clone();
            async move {
                client.ready().await.expect("it is served");
                let (request, path) = (
                    Request::new(EchoRequest { message: message(number) }),
                    PathAndQuery::from_static("/bench.Echoing/Echo"),
                );
                let reply = client.unary(request, path, ProstCodec::<EchoRequest, EchoReply>::default()).await;
                let EchoReply { echoed, served_by } = reply.expect("it is answered").into_inner();
                Echo { echoed, served_by }.expect(number);
            }
        })
    }
}
