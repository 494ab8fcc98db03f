//! The handles that a client was lent are released when its connection ends, exactly as often as it still has them: both ways of
//! serving. What is lent is counted by the library.

mod support;

use ciborium::Value;
use ffihost_ipc::client::{Events, Options, RequestError};
use ffihost_ipc::wire::frame::FromClient;
use ffihost_ipc::wire::{PREFACE, encode_request};
use ffihost_ipc::{Address, Client, Status};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use support::{Served, decode, encode, map};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::time::{sleep, timeout};

const PATIENCE: Duration = Duration::from_secs(300);

/// Each case both ways. One client looks on; when all others are gone nothing is lent.
macro_rules! both_ways {
    ($($case:ident),* $(,)?) => {
        $(
            mod $case {
                use super::{Served, whole};

                #[tokio::test]
                async fn loaded() {
                    whole(Served::lender_loaded().await, super::$case).await;
                }

                #[tokio::test]
                async fn by_itself() {
                    whole(Served::lender_itself().await, super::$case).await;
                }
            }
        )*
    };
}

both_ways! {
    what_a_client_has_ends_with_it,
    as_often_as_it_was_lent,
    a_client_releases_what_it_has_and_nothing_else,
    a_client_uses_what_it_has_and_nothing_else,
    a_host_function_answers_with_what_its_client_has_and_nothing_else,
    in_everything_that_a_client_is_sent,
    an_event_is_lent_to_each_listener,
    what_a_client_that_does_not_read_misses_is_released,
    what_is_too_large_for_a_client_is_released,
    what_comes_after_the_deadline_is_released,
    what_comes_though_it_was_cancelled_is_the_clients,
    what_comes_after_the_connection_is_released,
    replies_race_with_the_end,
    in_version_1,
}

async fn whole(served: Served, case: impl AsyncFnOnce(&Served, &Client)) {
    let onlooker = client(&served.unix).await;
    case(&served, &onlooker).await;
    until_lent(&onlooker, 0).await;
    onlooker.close().await;
    served.stop().await;
}

async fn client(address: &Address) -> Client {
    Client::connect(address, Options::default()).await.expect("it is served there")
}

/// One that takes the shortest frames there are.
async fn narrow(address: &Address) -> Client {
    let options = Options { max_frame: 1024, ..Options::default() };
    Client::connect(address, options).await.expect("it is served there")
}

/// How many things are lent.
async fn lent(onlooker: &Client) -> u64 {
    let lent = decode(&onlooker.request("lent", b"\xa0").await.expect("it is counted"));
    lent.as_integer().and_then(|lent| lent.try_into().ok()).expect("a number")
}

async fn until_lent(onlooker: &Client, expected: u64) {
    let mut now = lent(onlooker).await;
    let waited = timeout(PATIENCE, async {
        while now != expected {
            sleep(Duration::from_millis(5)).await;
            now = lent(onlooker).await;
        }
    });
    assert!(waited.await.is_ok(), "{now} are lent, and not {expected}");
}

/// A loan that waits until the onlooker lets it go.
struct Loan<'a> {
    onlooker: &'a Client,
    number: Vec<u8>,
}

impl<'a> Loan<'a> {
    fn new(onlooker: &'a Client) -> Self {
        static LAST: AtomicU32 = AtomicU32::new(0);
        Self { onlooker, number: map([("number", LAST.fetch_add(1, Ordering::Relaxed).into())]) }
    }

    async fn until(&self, what: &str) {
        let asked = async || decode(&self.onlooker.request(what, &self.number).await.expect("it is told"));
        let waited = timeout(PATIENCE, async {
            while asked().await != true.into() {
                sleep(Duration::from_millis(1)).await;
            }
        });
        waited.await.unwrap_or_else(|_| panic!("never {what}"));
    }

    /// Begins it, and drops the request while the library is about it.
    async fn begin_and_drop(&self, client: &Client, method: &str) {
        tokio::select! {
            ended = client.request(method, &self.number) => panic!("it waits, and ended: {ended:?}"),
            () = self.until("has_begun") => {}
        }
    }

    async fn let_go(&self) {
        self.onlooker.request("let_go", &self.number).await.expect("it is let go");
    }
}

/// What is not to happen has a chance to happen; that it does not, holds without it.
async fn a_while() {
    sleep(Duration::from_millis(50)).await;
}

async fn lend(client: &Client, method: &str) -> Value {
    decode(&client.request(method, b"\xa0").await.expect("it is lent"))
}

fn given(handle: &Value) -> Vec<u8> {
    map([("handle", handle.clone())])
}

fn bytes(bytes: u32) -> Vec<u8> {
    map([("bytes", bytes.into())])
}

fn after(delay_ms: u32) -> Vec<u8> {
    map([("delay_ms", delay_ms.into())])
}

async fn release(client: &Client, handle: &Value) {
    assert_eq!(client.request("thing_release", &given(handle)).await, Ok(vec![0xf6]));
}

async fn not_released(client: &Client, method: &str, handle: &Value) {
    let refused = client.request(method, &given(handle)).await.expect_err("the client does not have it");
    assert_eq!(refused.status(), Some(Status::UnknownToken), "{refused}");
}

async fn listen(client: &Client) -> Events {
    client.listen("on_lent").await.expect("there is such an event")
}

async fn what_a_client_has_ends_with_it(served: &Served, onlooker: &Client) {
    for ends_well in [true, false] {
        let client = client(&served.tcp).await;
        let first = lend(&client, "lend").await;
        lend(&client, "lend").await;
        client.request("lend_after", &after(1)).await.expect("it is lent");
        assert_eq!(lent(onlooker).await, 3);
        release(&client, &first).await;
        assert_eq!(lent(onlooker).await, 2);
        if ends_well {
            client.close().await;
        } else {
            client.abort();
        }
        until_lent(onlooker, 0).await;
    }
}

async fn as_often_as_it_was_lent(served: &Served, onlooker: &Client) {
    let (first, second) = (client(&served.unix).await, client(&served.tcp).await);
    let kept = lend(&first, "lend_kept").await;
    for client in [&first, &first, &second] {
        assert_eq!(lend(client, "lend_kept").await, kept, "it is the same");
    }
    release(&first, &kept).await;
    assert_eq!(lent(onlooker).await, 1, "the first has it twice more");
    first.abort();
    a_while().await;
    assert_eq!(lent(onlooker).await, 1, "the second has it");
    release(&second, &kept).await;
    assert_eq!(lent(onlooker).await, 0, "nobody has it");
    not_released(&second, "thing_release", &kept).await;
}

async fn a_client_releases_what_it_has_and_nothing_else(served: &Served, onlooker: &Client) {
    let (owner, other) = (client(&served.unix).await, client(&served.unix).await);
    let thing = lend(&owner, "lend").await;
    not_released(&other, "thing_release", &thing).await;
    not_released(&owner, "other_thing_release", &thing).await;
    not_released(&owner, "thing_release", &u64::MAX.into()).await;
    assert_eq!(lent(onlooker).await, 1);
    release(&owner, &thing).await;
    not_released(&owner, "thing_release", &thing).await;
}

async fn a_client_uses_what_it_has_and_nothing_else(served: &Served, _: &Client) {
    let (owner, other) = (client(&served.unix).await, client(&served.unix).await);
    let (thing, others) = (lend(&owner, "lend").await, lend(&other, "lend").await);
    let list =
        |things: &[&Value]| map([("things", Value::Array(things.iter().map(|thing| (*thing).clone()).collect()))]);
    let label = owner.request("label", &map([("thing", thing.clone())])).await.expect("it has it");
    assert_eq!(decode(&label), "thing".into());
    let labels = owner.request("labels", &list(&[&Value::Null, &thing])).await.expect("it has it");
    assert_eq!(decode(&labels), Value::Array(vec!["thing".into()]));
    let unusable = async |method, arguments: &[u8]| {
        let refused = owner.request(method, arguments).await.expect_err("it does not have it");
        assert_eq!(refused.status(), Some(Status::Decode), "{refused}");
        assert!(refused.to_string().contains("is no live `Thing`"), "{refused}");
    };
    unusable("label", &map([("thing", others.clone())])).await;
    unusable("labels", &list(&[&thing, &Value::Null, &others])).await;
    // In all ways in which it can be written: with a tag, as a second value of its key, with a key in parts.
    let (key, thing, others) = (b"\x65thing", encode(&thing), encode(&others));
    unusable("label", &[b"\xa1", &key[..], b"\xc1", &others].concat()).await;
    unusable("label", &[b"\xa2", &key[..], &thing, key, &others].concat()).await;
    unusable("label", &[b"\xa2", &key[..], &others, key, &thing].concat()).await;
    unusable("label", &[b"\xbf\x7f\x62th\x63ing\xff", &others[..], b"\xff"].concat()).await;
    let broken = owner.request("label", b"\xa1").await.expect_err("it ends early");
    assert_eq!(broken.status(), Some(Status::Decode), "{broken}");
    let missing = owner.request("label", b"").await.expect_err("there is no thing");
    assert_eq!(missing.status(), Some(Status::Decode), "{missing}");
    other.close().await;
    owner.close().await;
}

async fn a_host_function_answers_with_what_its_client_has_and_nothing_else(served: &Served, onlooker: &Client) {
    let (owner, host) = (client(&served.unix).await, client(&served.unix).await);
    let others = encode(&lend(&owner, "lend").await);
    let answer = others.clone();
    let cheat = host.register("choose", move |call| call.succeed(&answer)).await.expect("it is free");
    let refused = onlooker.request("choose_label", b"\xa0").await.expect_err("the host does not have it");
    let RequestError::Declared(refused) = refused else { panic!("{refused:?}") };
    assert!(format!("{:?}", decode(&refused)).contains("is no live `Thing`"), "{:?}", decode(&refused));
    drop(cheat);
    for answer in [None, Some(0), Some(1)] {
        let choose = host.register("choose", move |call| {
            let arguments = decode(call.payload());
            let things = &arguments.as_map().expect("arguments")[0].1;
            let chosen = answer.map_or(Value::Null, |at: usize| things.as_array().expect("a list")[at].clone());
            call.succeed(&encode(&chosen));
        });
        let choose = choose.await.expect("it is free");
        let label = onlooker.request("choose_label", b"\xa0").await.expect("it is told");
        assert_eq!(decode(&label), answer.map_or(Value::Null, |_| "thing".into()));
        drop(choose);
    }
    owner.close().await;
    host.close().await;
}

async fn in_everything_that_a_client_is_sent(served: &Served, onlooker: &Client) {
    let client = client(&served.unix).await;
    lend(&client, "lend_parcel").await;
    assert_eq!(lent(onlooker).await, 7);
    let error = client.request("lend_by_error", b"\xa0").await.expect_err("it fails with a thing");
    let RequestError::Declared(error) = error else { panic!("{error:?}") };
    let error = decode(&error);
    let thing = &error.as_map().expect("a variant with a value")[0].1;
    assert_eq!(lent(onlooker).await, 8);
    let mut heard = listen(&client).await;
    onlooker.request("announce", &bytes(1)).await.expect("it is told");
    heard.next().await.expect("it is heard");
    assert_eq!(lent(onlooker).await, 9);
    let _taking = client.register("take", |call| call.succeed(b"\xf6")).await.expect("it is free");
    onlooker.request("offer", &bytes(1)).await.expect("it is taken");
    assert_eq!(lent(onlooker).await, 10);
    release(&client, thing).await;
    assert_eq!(lent(onlooker).await, 9);
    client.abort();
}

async fn an_event_is_lent_to_each_listener(served: &Served, onlooker: &Client) {
    let (first, second) = (client(&served.unix).await, client(&served.tcp).await);
    let mut listeners = [listen(&first).await, listen(&first).await, listen(&second).await];
    first.request("announce", &bytes(1)).await.expect("it is told");
    let mut things = Vec::new();
    for listener in &mut listeners {
        let event = decode(&listener.next().await.expect("it is heard").payload);
        things.push(event.as_map().expect("arguments")[0].1.clone());
    }
    assert_eq!(things, vec![things[0].clone(); 3], "one thing, lent three times");
    release(&first, &things[0]).await;
    release(&first, &things[0]).await;
    not_released(&first, "thing_release", &things[0]).await;
    assert_eq!(lent(onlooker).await, 1, "the second has it");
    second.abort();
    until_lent(onlooker, 0).await;
}

async fn what_a_client_that_does_not_read_misses_is_released(served: &Served, onlooker: &Client) {
    let mut silent = raw(served).await;
    let mut hello = PREFACE.to_vec();
    FromClient::Hello { max_frame: 16 << 20, abi_hash: 0, token: "" }.encode(&mut hello);
    FromClient::Listen { id: 1, event: "on_lent" }.encode(&mut hello);
    silent.write_all(&hello).await.expect("the server reads");
    // The greeting, the welcome, and OPENED at its end.
    let mut said = Vec::new();
    while !said.ends_with(&[0x83, 0, 0, 0, 0, 0, 0, 0, 1]) {
        silent.read_buf(&mut said).await.expect("the server answers");
    }
    // Half of what may wait is for events: that is 32 MiB.
    let witness = client(&served.unix).await;
    let mut heard = listen(&witness).await;
    for _ in 0..48 {
        onlooker.request("announce", &bytes(1 << 20)).await.expect("it is told");
        heard.next().await.expect("it is heard by who reads");
    }
    witness.close().await;
    let (mut sent, mut missed) = (0, 0);
    while sent + missed < 49 {
        let length = silent.read_u32().await.expect("the server sends");
        assert_eq!((silent.read_u8().await.expect("a kind"), silent.read_u64().await.expect("an id")), (0x85, 1));
        missed += silent.read_u64().await.expect("how many were missed");
        let mut payload = vec![0; length as usize - 17];
        silent.read_exact(&mut payload).await.expect("an event");
        sent += 1;
        if sent == 30 {
            onlooker.request("announce", &bytes(1)).await.expect("it is told");
        }
    }
    assert!(missed > 0, "all {sent} were sent");
    until_lent(onlooker, sent).await;
    drop(silent);
}

async fn what_is_too_large_for_a_client_is_released(served: &Served, onlooker: &Client) {
    let narrow = narrow(&served.unix).await;
    let large = narrow.request("lend_heavy", &bytes(2_000)).await.expect_err("it is larger than a frame");
    assert_eq!(large.status(), Some(Status::TooLarge));
    until_lent(onlooker, 0).await;
    let mut heard = listen(&narrow).await;
    onlooker.request("announce", &bytes(2_000)).await.expect("it is told");
    onlooker.request("announce", &bytes(1)).await.expect("it is told");
    assert_eq!(heard.next().await.expect("it listens").missed, 1);
    until_lent(onlooker, 1).await;
    let taking = narrow.register("take", |call| call.succeed(b"\xf6")).await.expect("it is free");
    onlooker.request("offer", &bytes(2_000)).await.expect_err("it is larger than a frame");
    until_lent(onlooker, 1).await;
    onlooker.request("offer", &bytes(1)).await.expect("it is taken");
    assert_eq!(lent(onlooker).await, 2);
    drop((heard, taking));
    narrow.close().await;
}

async fn what_comes_after_the_deadline_is_released(served: &Served, onlooker: &Client) {
    let client = client(&served.unix).await;
    let loan = Loan::new(onlooker);
    let late = client.request_within(Duration::from_millis(20), "lend_later", &loan.number).await;
    assert_eq!(late.expect_err("it waits").status(), Some(Status::TimedOut));
    loan.let_go().await;
    loan.until("was_made").await;
    a_while().await;
    until_lent(onlooker, 0).await;
    client.close().await;
}

async fn what_comes_though_it_was_cancelled_is_the_clients(served: &Served, onlooker: &Client) {
    let client = client(&served.unix).await;
    for (method, expected) in [("lend_unless_cancelled", 0), ("lend_later", 1)] {
        let loan = Loan::new(onlooker);
        loan.begin_and_drop(&client, method).await;
        client.request("lent", b"\xa0").await.expect("the server has been told before that it is cancelled");
        loan.let_go().await;
        if expected == 1 {
            loan.until("was_made").await;
        }
        a_while().await;
        until_lent(onlooker, expected).await;
    }
    client.abort();
}

async fn what_comes_after_the_connection_is_released(served: &Served, onlooker: &Client) {
    for method in ["lend_unless_cancelled", "lend_later"] {
        let client = client(&served.unix).await;
        let loan = Loan::new(onlooker);
        let running = tokio::spawn({
            let (client, number) = (client.clone(), loan.number.clone());
            async move { client.request(method, &number).await }
        });
        loan.until("has_begun").await;
        client.abort();
        running.await.expect("it does not panic").expect_err("the connection is gone");
        loan.let_go().await;
        if method == "lend_later" {
            loan.until("was_made").await;
        }
        a_while().await;
        until_lent(onlooker, 0).await;
    }
}

async fn replies_race_with_the_end(served: &Served, onlooker: &Client) {
    let mut request = PREFACE.to_vec();
    FromClient::Hello { max_frame: 16 << 20, abi_hash: 0, token: "" }.encode(&mut request);
    FromClient::Listen { id: 0, event: "on_lent" }.encode(&mut request);
    for (id, method) in
        ["lend", "lend_kept", "lend_parcel", "lend_after", "announce", "lend_by_error"].iter().enumerate()
    {
        let payload = map([("delay_ms", 1.into()), ("bytes", 1.into())]);
        let id = id as u64 + 1;
        FromClient::Request { id, timeout_ms: 0, method, payload: &payload }.encode(&mut request);
    }
    for round in 0..100 {
        let mut client = raw(served).await;
        client.write_all(&request).await.expect("the server reads");
        sleep(Duration::from_micros(round * 40)).await;
    }
    until_lent(onlooker, 0).await;
}

async fn in_version_1(served: &Served, onlooker: &Client) {
    let mut client = raw(served).await;
    let (ret, thing) = ask(&mut client, "lend", b"").await;
    assert_eq!(ret, 0);
    assert_eq!(ask(&mut client, "lend", b"").await.0, 0);
    assert_eq!(lent(onlooker).await, 2);
    let thing = given(&decode(&thing));
    assert_eq!(ask(&mut raw(served).await, "thing_release", &thing).await.0, Status::UnknownToken.code());
    assert_eq!(ask(&mut client, "thing_release", &thing).await, (0, vec![0xf6]));
    assert_eq!(ask(&mut client, "thing_release", &thing).await.0, Status::UnknownToken.code());
    assert_eq!(lent(onlooker).await, 1);
}

async fn raw(served: &Served) -> UnixStream {
    let Address::Unix(path) = &served.unix else { panic!("{}", served.unix) };
    UnixStream::connect(path).await.expect("it is served there")
}

/// A request of version 1 and its response.
async fn ask(stream: &mut UnixStream, method: &str, payload: &[u8]) -> (i32, Vec<u8>) {
    let mut request = Vec::new();
    encode_request(method, payload, &mut request);
    stream.write_all(&request).await.expect("the server reads");
    let ret = stream.read_i32().await.expect("the server answers");
    let mut payload = vec![0; stream.read_u32().await.expect("the server answers") as usize];
    stream.read_exact(&mut payload).await.expect("the server answers");
    (ret, payload)
}
