//! A client in Rust that meets another version of its library, or another library: at first, and when it connects again.

#[path = "../../../examples/my_timer/generated/my_timer.rs"]
mod generated;
mod support;

use ffihost_ipc::client::{Backoff, ConnectError, Options};
use ffihost_ipc::typed::{Interface, RequestError};
use ffihost_ipc::{Address, Client, Limits, Server, ServerInfo, Stopper};
use ffihost_load::Context;
use generated::INTERFACE;
use std::sync::Arc;
use std::time::Duration;
use support::Served;
use tokio::task::JoinHandle;

/// The client of a version with other items beside those of `INTERFACE`, which the server does not know the hash of.
fn older(items: &'static [(&'static str, u64)]) -> Interface<'static> {
    Interface { version: "0.0.9", abi_hash: !INTERFACE.abi_hash, items, ..INTERFACE }
}

#[tokio::test]
async fn the_generated_hashes_are_those_of_the_library() {
    let served = Served::loaded().await;
    let descriptor = served.context().server_info(None).descriptor;
    let surface = ffihost_schema::Checked::from_document(&descriptor).expect("it is the library's own");
    for (item, hash) in INTERFACE.items {
        assert_eq!(surface.item_hash(item), Some(*hash), "{item}");
    }
    let names: Vec<_> = INTERFACE.items.iter().map(|(item, _)| *item).collect();
    assert!(names.contains(&"request `echo`") && names.contains(&"event `on_echo_fired`"), "{names:?}");
    assert!(names.contains(&"host function `fetch_clock`") && !names.contains(&"constructor"), "{names:?}");
    served.stop().await;
}

#[tokio::test]
async fn a_server_whose_library_has_more_is_accepted() {
    let served = Served::loaded().await;
    let items = &INTERFACE.items[..3];
    for address in served.both() {
        let client = older(items).connect(address, Options::default()).await.expect("it has what the client has");
        client.request("name", b"\xa0").await.expect("the connection is an ordinary one");
        assert_eq!(client.abi_hash(), INTERFACE.abi_hash, "the server's");
    }
    served.stop().await;
}

/// Why a client with such an interface is not connected.
async fn mismatch(served: &Served, interface: Interface<'static>) -> String {
    match interface.connect(&served.tcp, Options::default()).await {
        Err(ConnectError::Mismatch { text, .. }) => text,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn what_is_missing_or_differs_is_named() {
    let served = Served::loaded().await;
    const OTHERS: [(&str, u64); 3] = [("request `name`", 1), ("request `gone`", 2), INTERFACE.items[0]];
    let text = mismatch(&served, older(&OTHERS)).await;
    let version = served.context().surface().version.clone();
    assert_eq!(
        text,
        format!(
            "it is my_timer {version}, this program was compiled for my_timer 0.0.9: request `name` differs, request `gone` \
             is missing"
        )
    );
    let text = mismatch(&served, Interface { library: "other", ..older(INTERFACE.items) }).await;
    assert_eq!(text, "it is `my_timer`, and this program was compiled for `other`");
    served.stop().await;
}

#[tokio::test]
async fn a_descriptor_that_is_none_is_refused() {
    let served = Served::loaded().await;
    let folder = tempfile::tempdir().expect("there is room");
    let place = Address::Unix(folder.path().join("s"));
    let info = ServerInfo { descriptor: b"\x00junk".to_vec(), ..served.context().server_info(None) };
    let server = Running::start(&place, served.context(), info).await;
    let refused = older(INTERFACE.items).connect(&place, Options::default()).await;
    assert!(matches!(refused, Err(ConnectError::Mismatch { .. })), "{refused:?}");
    server.stop().await;
    served.stop().await;
}

/// A server of a context that others use as well.
struct Running(Stopper, JoinHandle<()>);

impl Running {
    async fn start(place: &Address, context: &Context, info: ServerInfo) -> Self {
        let mut server = Server::new(Arc::new(context.clone()), info, Limits::default());
        server.bind(place).await.expect("the folder is ours");
        let stopper = server.stopper();
        Self(stopper, tokio::spawn(server.run()))
    }

    async fn stop(self) {
        self.0.stop();
        self.0.finish();
        self.1.await.expect("the server does not panic");
    }
}

fn reconnecting() -> Options {
    let soon = Duration::from_millis(1);
    Options { reconnect: Some(Backoff { first: soon, longest: soon, ..Backoff::default() }), ..Options::default() }
}

/// A request on a connection that its server has ended, and then one on the next connection.
async fn after_the_end(client: &Client) -> Result<Vec<u8>, RequestError> {
    loop {
        match client.request_idempotent("name", b"\xa0").await {
            Err(RequestError::Failed { ret, .. }) if ret == ffihost_ipc::Status::Closing.code() => {}
            other => return other,
        }
    }
}

#[tokio::test]
async fn each_connection_is_compared() {
    let (served, lender) = (Served::loaded().await, Served::lender_loaded().await);
    let folder = tempfile::tempdir().expect("there is room");
    let place = Address::Unix(folder.path().join("s"));
    let info = served.context().server_info(None);
    let first = Running::start(&place, served.context(), info.clone()).await;
    let client = INTERFACE.connect(&place, reconnecting()).await.expect("it is the same library");
    first.stop().await;

    // A version that has grown, as far as its hash goes.
    let grown = ServerInfo { abi_hash: 1, version: "7.0.0".to_owned(), ..info };
    let second = Running::start(&place, served.context(), grown).await;
    after_the_end(&client).await.expect("it has what the client has");
    second.stop().await;

    let third = Running::start(&place, lender.context(), lender.context().server_info(None)).await;
    assert_eq!(after_the_end(&client).await, Err(RequestError::Disconnected), "it gives up");
    third.stop().await;
    served.stop().await;
    lender.stop().await;
}
