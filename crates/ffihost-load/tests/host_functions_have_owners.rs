//! What the host registers is the host's, in any order, however the library is served; and a client takes back only what it has
//! registered itself.

mod support;

use ffihost::Status;
use ffihost::abi::types::FFI_FORMAT_CBOR;
use ffihost_ipc::client::{Call, Options, Registration};
use ffihost_ipc::{Address, Client, Limits, Server};
use std::sync::Arc;
use support::{Served, decode, encode, own};

/// The host's clock, for a library that serves itself: it is always 7.
fn register_by_hand(ctx: own::Ctx) {
    ctx.implement("fetch_clock", FFI_FORMAT_CBOR, |ctx, token, _| assert_eq!(ctx.complete(token, 0, &[7]), 0));
}

/// What is served, and what the host holds to be a host function.
struct Host {
    served: Served,
    holds: Option<(Client, Registration)>,
}

impl Host {
    async fn both() -> [Self; 2] {
        [Served::loaded().await, Served::itself().await].map(|served| Self { served, holds: None })
    }

    /// The host tells the time: it is 7.
    async fn register(&mut self) {
        if let Some(ctx) = self.served.ctx() {
            return register_by_hand(ctx);
        }
        let host = ffihost_load::client(self.served.context()).await;
        let registration = clock(&host, 7).await.expect("the host may always register");
        self.holds = Some((host, registration));
    }

    async fn stop(self) {
        match self.holds {
            // It closes the context.
            Some((host, _)) => host.close().await,
            None => self.served.stop().await,
        }
    }
}

async fn connect(address: &Address) -> Client {
    Client::connect(address, Options::default()).await.expect("it is served")
}

async fn clock(client: &Client, time: u8) -> Result<Registration, ffihost_ipc::client::RequestError> {
    client.register("fetch_clock", move |call: Call| call.succeed(&encode(&time.into()))).await
}

async fn time(client: &Client) -> String {
    let read = decode(&client.request("read_clock", b"\xa0").await.expect("somebody tells the time"));
    read.as_text().expect("a text").split(' ').nth(2).expect("a number").to_owned()
}

#[tokio::test]
async fn what_the_host_registers_later_replaces_a_clients_and_stays() {
    for mut host in Host::both().await {
        let [client, other] = [connect(&host.served.unix).await, connect(&host.served.tcp).await];
        let taken_back = clock(&client, 8).await.expect("it is free");
        let ends = clock(&other, 9).await.expect("a client may replace another's");
        assert_eq!(time(&client).await, "9");
        host.register().await;
        assert_eq!(time(&client).await, "7", "the host's replaces a client's");
        drop(taken_back);
        assert_eq!(time(&client).await, "7", "a client took the host's away");
        other.close().await;
        drop(ends);
        assert_eq!(time(&client).await, "7", "the end of a connection took the host's away");
        let busy = clock(&client, 8).await.expect_err("the host has it");
        assert_eq!(busy.status(), Some(Status::Busy));
        assert_eq!(time(&client).await, "7");
        host.stop().await;
    }
}

#[tokio::test]
async fn what_the_host_registers_first_stays() {
    for mut host in Host::both().await {
        host.register().await;
        let client = connect(&host.served.unix).await;
        let busy = clock(&client, 8).await.expect_err("the host has it");
        assert_eq!(busy.status(), Some(Status::Busy));
        client.close().await;
        assert_eq!(time(&connect(&host.served.tcp).await).await, "7");
        host.stop().await;
    }
}

#[tokio::test]
async fn what_the_host_takes_back_is_free_again() {
    let served = Served::loaded().await;
    let host = ffihost_load::client(served.context()).await;
    let registration = clock(&host, 7).await.expect("it is free");
    let client = connect(&served.unix).await;
    clock(&client, 8).await.expect_err("the host has it");
    drop(registration);
    // A request that follows on the same connection comes after that.
    host.request("name", b"\xa0").await.expect("it is served");
    let _registered = clock(&client, 8).await.expect("it is free again");
    assert_eq!(time(&client).await, "8");
    host.close().await;
}

#[tokio::test]
async fn a_client_of_one_server_takes_nothing_from_a_client_of_another() {
    let served = Served::loaded().await;
    let context = served.context();
    let mut server = Server::new(Arc::new(context.clone()), context.server_info(None), Limits::default());
    let address = server.bind(&"tcp:127.0.0.1:0".parse().expect("an address")).await.expect("there is a port");
    let (stopper, running) = (server.stopper(), tokio::spawn(server.run()));
    let [first, second] = [connect(&served.unix).await, connect(&address).await];
    let earlier = clock(&first, 1).await.expect("it is free");
    let _later = clock(&second, 2).await.expect("a client may replace another's");
    drop(earlier);
    assert!(first.request("name", b"\xa0").await.is_ok());
    assert_eq!(time(&first).await, "2", "it was another's");
    first.close().await;
    assert_eq!(time(&second).await, "2");
    stopper.stop();
    second.close().await;
    running.await.expect("the server does not panic");
    served.stop().await;
}
