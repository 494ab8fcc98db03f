//! A context that is served is closed while two hundred synchronous requests of clients wait for host calls that nobody answers:
//! they end when their calls do, with the grace period, and the close is clean. The twin of
//! `synchronous_requests_in_host_calls_end_with_the_grace_period`.

#[macro_use]
mod support;

use bombs as _;
use ciborium::Value;
use ffihost::abi::types::FFI_FORMAT_CBOR;
use ffihost_ipc::client::{Options, RequestError};
use ffihost_ipc::{Address, Client, Limits};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use support::own::Ctx;
use support::{Served, decode};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

/// No limit of the library's but the grace period is shorter than an hour.
const PATIENCE: Duration = Duration::from_secs(300);
const REQUESTS: u32 = 200;

library!(BOMBS = "bombs");

async fn client(address: &Address) -> Client {
    Client::connect(address, Options::default()).await.expect("it is served there")
}

async fn until(count: &AtomicU32) {
    let waited = timeout(PATIENCE, async {
        while count.load(Ordering::SeqCst) < REQUESTS {
            sleep(Duration::from_millis(1)).await;
        }
    });
    assert!(waited.await.is_ok(), "only {} are asked", count.load(Ordering::SeqCst));
}

type Asking = JoinHandle<Result<Vec<u8>, RequestError>>;

/// Half of them over each address.
async fn ask(served: &Served) -> Vec<Asking> {
    let mut requests = Vec::new();
    for address in served.both() {
        let client = client(address).await;
        for _ in 0..REQUESTS / 2 {
            let client = client.clone();
            requests.push(tokio::spawn(async move { client.request("ask_now", b"\xa0").await }));
        }
    }
    requests
}

/// Closes it, and says what each request was told: that the context shuts down, or at least that its connection has ended.
async fn close(served: Served, requests: Vec<Asking>) {
    timeout(PATIENCE, served.stop()).await.expect("it is closed, and cleanly");
    let mut told = BTreeMap::new();
    for request in requests {
        let told_this = match request.await.expect("no panic") {
            Ok(text) => match decode(&text) {
                Value::Text(text) => text,
                other => panic!("{other:?}"),
            },
            Err(RequestError::Disconnected) => "the connection has ended".to_owned(),
            Err(error) => panic!("{error}"),
        };
        *told.entry(told_this).or_insert(0) += 1;
    }
    assert_eq!(told.values().sum::<u32>(), REQUESTS);
    let ends = ["shutting down", "connection has ended"];
    assert!(told.keys().all(|text| ends.iter().any(|end| text.contains(end))), "{told:?}");
}

/// A client that is asked, and does not answer.
async fn a_client_does_not_answer(served: Served) {
    let host = client(&served.unix).await;
    let (asked, calls) = (Arc::new(AtomicU32::new(0)), Mutex::new(Vec::new()));
    let count = Arc::clone(&asked);
    let function = move |call| {
        calls.lock().expect("not poisoned").push(call);
        count.fetch_add(1, Ordering::SeqCst);
    };
    let _ask = host.register("ask", function).await.expect("it is free");
    let requests = ask(&served).await;
    until(&asked).await;
    close(served, requests).await;
}

#[tokio::test]
async fn of_a_client_loaded() {
    a_client_does_not_answer(Served::load("bombs", b"\xa0", Limits::default(), None).await).await;
}

#[tokio::test]
async fn of_a_client_by_itself() {
    a_client_does_not_answer(Served::serving_itself(Ctx::create_of(&BOMBS, b"\xa0").await).await).await;
}

#[tokio::test]
async fn of_the_host_by_itself() {
    static ASKED: AtomicU32 = AtomicU32::new(0);
    let ctx = Ctx::create_of(&BOMBS, b"\xa0").await;
    ctx.implement("ask", FFI_FORMAT_CBOR, |_, _, _| {
        ASKED.fetch_add(1, Ordering::SeqCst);
    });
    let served = Served::serving_itself(ctx).await;
    let requests = ask(&served).await;
    until(&ASKED).await;
    close(served, requests).await;
}
