//! A library whose values panic when they are dropped, served both ways: each is dropped once, what it was in ends as it should,
//! and the connections, the servers and the context go on.

#[macro_use]
mod support;

use bombs as _;
use ciborium::Value;
use ffihost_ipc::client::{Options, RequestError};
use ffihost_ipc::{Address, Client, Limits, Status, typed};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;
use support::own::Ctx;
use support::{Served, decode, map};
use tokio::time::{sleep, timeout};

const PATIENCE: Duration = Duration::from_secs(300);

library!(BOMBS = "bombs");

/// Which way it is served.
#[derive(Clone, Copy)]
enum Way {
    Loaded,
    ByItself,
}

impl Way {
    async fn serve(self) -> Served {
        match self {
            Self::Loaded => Served::load("bombs", b"\xa0", Limits::default(), None).await,
            Self::ByItself => Served::serving_itself(Ctx::create_of(&BOMBS, b"\xa0").await).await,
        }
    }
}

/// Each case both ways. One client looks on; when all others are gone, no mine is laid, and others are served on all addresses.
macro_rules! both_ways {
    ($($case:ident),* $(,)?) => {
        $(
            mod $case {
                #[tokio::test]
                async fn loaded() {
                    super::whole(super::Way::Loaded, super::$case).await;
                }

                #[tokio::test]
                async fn by_itself() {
                    super::whole(super::Way::ByItself, super::$case).await;
                }
            }
        )*
    };
}

both_ways! {
    mines_that_are_released,
    mines_of_a_connection_that_ends,
    a_mine_that_a_request_keeps,
    outcomes,
    arguments,
    futures_that_are_cancelled,
    futures_of_a_connection_that_ends,
    events,
    what_a_host_function_is_passed_and_answers,
    what_a_host_function_answers_too_late,
}

async fn whole(way: Way, case: impl AsyncFnOnce(&Served, &Client)) {
    let served = way.serve().await;
    let onlooker = client(&served.unix).await;
    timeout(2 * PATIENCE, case(&served, &onlooker)).await.expect("it comes to an end");
    until(&onlooker, "laid", b"\xa0", 0).await;
    for address in served.both() {
        assert_eq!(number(&client(address).await, "laid", b"\xa0").await, 0, "it is served on");
    }
    onlooker.close().await;
    served.stop().await;
}

async fn client(address: &Address) -> Client {
    Client::connect(address, Options::default()).await.expect("it is served there")
}

/// A name that no other test has, nor this one otherwise.
fn new_name() -> String {
    static LAST: AtomicU32 = AtomicU32::new(0);
    format!("bomb {}", LAST.fetch_add(1, Ordering::Relaxed))
}

fn named(name: &str) -> Vec<u8> {
    map([("name", name.into())])
}

async fn number(client: &Client, method: &str, arguments: &[u8]) -> u64 {
    let number = decode(&client.request(method, arguments).await.expect("it is told"));
    number.as_integer().and_then(|number| number.try_into().ok()).expect("a number")
}

async fn until(onlooker: &Client, method: &str, arguments: &[u8], expected: u64) {
    let mut now = number(onlooker, method, arguments).await;
    let waited = timeout(PATIENCE, async {
        while now != expected {
            sleep(Duration::from_millis(5)).await;
            now = number(onlooker, method, arguments).await;
        }
    });
    assert!(waited.await.is_ok(), "{method}: {now}, and not {expected}");
}

/// Waits until this many bombs of the name went off, and then a little longer, so that a second drop of one of them is noticed.
async fn went_off(onlooker: &Client, name: &str, expected: u64) {
    until(onlooker, "went_off", &named(name), expected).await;
    sleep(Duration::from_millis(10)).await;
    assert_eq!(number(onlooker, "went_off", &named(name)).await, expected, "{name}");
}

async fn lay(client: &Client, name: &str) -> Value {
    decode(&client.request("lay", &named(name)).await.expect("it is lent"))
}

#[track_caller]
fn status(outcome: Result<Vec<u8>, RequestError>) -> (Status, String) {
    let error = outcome.expect_err("it fails");
    (error.status().expect("it has a status"), error.to_string())
}

async fn mines_that_are_released(served: &Served, onlooker: &Client) {
    let (client, name) = (client(&served.unix).await, new_name());
    for times in 1..=3 {
        let release = map([("handle", lay(&client, &name).await)]);
        assert_eq!(client.request("mine_release", &release).await, Ok(vec![0xf6]));
        went_off(onlooker, &name, times).await;
        let (again, _) = status(client.request("mine_release", &release).await);
        assert_eq!(again, Status::UnknownToken);
    }
    client.close().await;
}

async fn mines_of_a_connection_that_ends(served: &Served, onlooker: &Client) {
    for ends_well in [true, false] {
        let (client, names) = (client(&served.tcp).await, [(); 3].map(|()| new_name()));
        for name in &names {
            lay(&client, name).await;
        }
        if ends_well {
            client.close().await;
        } else {
            client.abort();
        }
        for name in &names {
            went_off(onlooker, name, 1).await;
        }
    }
}

/// If the request's is the last reference, its panic is the request's.
async fn a_mine_that_a_request_keeps(served: &Served, onlooker: &Client) {
    let (client, name) = (client(&served.unix).await, new_name());
    for _ in 0..20 {
        let mine = lay(&client, &name).await;
        let (mine, release) = (map([("mine", mine.clone())]), map([("handle", mine)]));
        let (label, released) = tokio::join!(client.request("label", &mine), client.request("mine_release", &release));
        match label {
            Ok(label) => assert_eq!(decode(&label), name.as_str().into()),
            panicked => assert_eq!(status(panicked).0, Status::Panic),
        }
        released.expect("it has it");
    }
    went_off(onlooker, &name, 20).await;
    client.close().await;
}

async fn outcomes(_: &Served, onlooker: &Client) {
    for method in ["make", "make_now", "fail", "fail_now", "explode", "explode_now"] {
        let name = new_name();
        let outcome = onlooker.request(method, &named(&name)).await;
        match (method.split('_').next(), outcome) {
            (Some("make"), outcome) => assert_eq!(outcome, Ok(named(&name))),
            (Some("fail"), outcome) => assert_eq!(outcome, Err(RequestError::Declared(named(&name)))),
            (_, outcome) => assert_eq!(status(outcome).0, Status::Panic),
        }
        went_off(onlooker, &name, 1).await;
    }
}

/// One is dropped by the request; the others where the arguments are read, since there is one too few.
async fn arguments(_: &Served, onlooker: &Client) {
    for method in ["take", "take_now"] {
        let name = new_name();
        let bomb: Value = decode(&named(&name));
        let whole = map([("bomb", bomb.clone()), ("number", 7.into())]);
        let (panicked, text) = status(onlooker.request(method, &whole).await);
        assert_eq!(panicked, Status::Panic);
        assert!(text.contains(&format!("the bomb goes off: {name}")), "{text}");
        went_off(onlooker, &name, 1).await;
        let answered = timeout(PATIENCE, onlooker.request(method, &map([("bomb", bomb)]))).await;
        let (refused, _) = status(answered.expect("it is answered"));
        assert_eq!(refused, Status::Panic);
        went_off(onlooker, &name, 2).await;
    }
}

async fn futures_that_are_cancelled(_: &Served, onlooker: &Client) {
    let (name, again) = (new_name(), new_name());
    let mut sat = 0;
    // One that ends before it has begun keeps nothing.
    while sat == 0 {
        let late = onlooker.request_within(Duration::from_millis(50), "sit", &named(&name)).await;
        assert_eq!(status(late).0, Status::TimedOut);
        sat = number(onlooker, "sat", &named(&name)).await;
    }
    went_off(onlooker, &name, sat).await;
    let arguments = named(&again);
    tokio::select! {
        outcome = onlooker.request("sit", &arguments) => panic!("it sits, and ended: {outcome:?}"),
        () = until(onlooker, "sat", &arguments, 1) => {}
    }
    went_off(onlooker, &again, 1).await;
}

async fn futures_of_a_connection_that_ends(served: &Served, onlooker: &Client) {
    let (client, name) = (client(&served.unix).await, new_name());
    let arguments = named(&name);
    let sitting = (0..5).map(|_| client.request("sit", &arguments));
    let sitting = futures::future::join_all(sitting);
    let ends = async {
        client.request("laid", b"\xa0").await.expect("the requests have come before");
        client.abort();
    };
    let (sat, ()) = tokio::join!(biased; sitting, ends);
    assert_eq!(sat, vec![Err(RequestError::Disconnected); 5]);
    went_off(onlooker, &name, 5).await;
}

/// One event for two listeners and one without any; mines in events, which nobody can be sent.
async fn events(served: &Served, onlooker: &Client) {
    let client = client(&served.unix).await;
    let (unheard, heard) = (new_name(), new_name());
    onlooker.request("announce", &named(&unheard)).await.expect("it is told");
    went_off(onlooker, &unheard, 1).await;
    let mut listeners = [
        client.listen("on_bomb").await.expect("there is one"),
        onlooker.listen("on_bomb").await.expect("there is one"),
    ];
    for times in 1..=3 {
        onlooker.request("announce", &named(&heard)).await.expect("it is told");
        for listener in &mut listeners {
            let event = listener.next().await.expect("it is heard");
            assert_eq!(decode(&event.payload), decode(&map([("bomb", decode(&named(&heard)))])));
        }
        went_off(onlooker, &heard, times).await;
    }
    let narrow = Options { max_frame: 1024, ..Options::default() };
    let narrow = Client::connect(&served.tcp, narrow).await.expect("it is served there");
    let mut narrow_one = narrow.listen("on_mine").await.expect("there is one");
    let mine = new_name();
    for (bytes, times) in [(2_000, 1), (2_000, 2), (1, 2)] {
        let arguments = map([("name", mine.as_str().into()), ("bytes", bytes.into())]);
        onlooker.request("announce_mine", &arguments).await.expect("it is told");
        went_off(onlooker, &mine, times).await;
    }
    assert_eq!(narrow_one.next().await.expect("it is heard").missed, 2);
    narrow.abort();
    went_off(onlooker, &mine, 3).await;
    client.close().await;
}

async fn what_a_host_function_is_passed_and_answers(served: &Served, onlooker: &Client) {
    let host = client(&served.unix).await;
    let (name, other) = (new_name(), new_name());
    let (panicked, text) = {
        let answer = named(&other);
        let defuse = host.register("defuse", move |call| call.succeed(&answer)).await.expect("it is free");
        let outcome = status(onlooker.request("pass_on", &named(&name)).await);
        drop(defuse);
        outcome
    };
    assert_eq!(panicked, Status::Panic);
    assert!(text.contains(&format!("the bomb goes off: {other}")), "what it gives back is dropped: {text}");
    went_off(onlooker, &name, 1).await;
    went_off(onlooker, &other, 1).await;
    let declared = named(&other);
    let rejects = host.register("defuse", move |call| call.reject(&declared)).await.expect("it is free");
    let outcome = onlooker.request("pass_on", &named(&name)).await;
    assert_eq!(outcome, Err(RequestError::Declared(named(&other))));
    went_off(onlooker, &name, 2).await;
    went_off(onlooker, &other, 2).await;
    drop(rejects);
    // What is made of half an answer is dropped where it is read, and the client is told.
    let half = [&named(&other)[..], b"\x00"].concat();
    let faulty = host.register("defuse", move |call| call.succeed(&half)).await.expect("it is free");
    let outcome = onlooker.request("pass_on", &named(&name)).await;
    assert!(matches!(outcome, Err(RequestError::Declared(_))), "{outcome:?}");
    went_off(onlooker, &name, 3).await;
    went_off(onlooker, &other, 3).await;
    drop(faulty);
    host.close().await;
}

/// The answer comes when the request has been cancelled.
async fn what_a_host_function_answers_too_late(served: &Served, onlooker: &Client) {
    let host = client(&served.unix).await;
    let (name, other, calls) = (new_name(), new_name(), Arc::new(Mutex::new(Vec::new())));
    let kept = Arc::clone(&calls);
    let keep = move |call| kept.lock().expect("not poisoned").push(call);
    let defuse = host.register("defuse", keep).await.expect("it is free");
    let arguments = named(&name);
    for times in 1..=10 {
        let is_called = async {
            while calls.lock().expect("not poisoned").len() < times {
                sleep(Duration::from_millis(1)).await;
            }
        };
        tokio::select! {
            outcome = onlooker.request("pass_on", &arguments) => panic!("it is not answered, and ended: {outcome:?}"),
            called = timeout(PATIENCE, is_called) => called.expect("it is called"),
        }
        went_off(onlooker, &name, times as u64).await;
    }
    for call in std::mem::take(&mut *calls.lock().expect("not poisoned")) {
        call.succeed(&named(&other));
    }
    host.request("laid", b"\xa0").await.expect("the answers have come before");
    drop(defuse);
    host.close().await;
}

/// What clients have when the context is closed, and futures: it ends cleanly.
async fn when_the_context_is_closed(way: Way) {
    let served = way.serve().await;
    let (client, names, sits) = (client(&served.unix).await, [(); 3].map(|()| new_name()), new_name());
    for name in &names {
        lay(&client, name).await;
    }
    let sitting = tokio::spawn({
        let (client, arguments) = (client.clone(), named(&sits));
        async move { client.request("sit", &arguments).await }
    });
    tokio::task::yield_now().await;
    client.request("laid", b"\xa0").await.expect("the request has come before");
    served.stop().await;
    let sat = sitting.await.expect("no panic").expect_err("it would sit for ever");
    assert!(sat == RequestError::Disconnected || sat.status() == Some(Status::Cancelled), "{sat}");
    // The library goes on, and is asked by another context of it.
    let served = way.serve().await;
    let onlooker = self::client(&served.unix).await;
    for name in names.iter().chain([&sits]) {
        went_off(&onlooker, name, 1).await;
    }
    onlooker.close().await;
    served.stop().await;
}

#[tokio::test]
async fn when_the_context_is_closed_loaded() {
    when_the_context_is_closed(Way::Loaded).await;
}

#[tokio::test]
async fn when_the_context_is_closed_by_itself() {
    when_the_context_is_closed(Way::ByItself).await;
}

static FUTURES: AtomicU32 = AtomicU32::new(0);

/// A client's own.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        FUTURES.fetch_add(1, Ordering::SeqCst);
        panic!("a client's bomb");
    }
}

/// The function and its futures are bombs: the calls are answered all the same, and the connection goes on.
#[tokio::test]
async fn a_typed_host_function_and_its_futures() {
    let served = Way::Loaded.serve().await;
    let (host, asks) = (client(&served.unix).await, client(&served.unix).await);
    let bomb = Bomb;
    let function = move |_: Value| {
        let (_function, future) = (&bomb, Bomb);
        // Unlike an async block it has what it holds when it has ended.
        std::future::poll_fn(move |_| {
            let _held = &future;
            Poll::Ready(Ok::<_, typed::HostError>("answered".to_owned()))
        })
    };
    let ask = typed::implement::<Value, String, typed::NoError, _>(&host, "ask", function);
    let ask = ask.await.expect("it is free");
    for times in 1..=3 {
        let answer = asks.request("ask_now", b"\xa0").await.expect("it is answered");
        assert_eq!((decode(&answer), FUTURES.load(Ordering::SeqCst)), ("answered".into(), times));
    }
    drop(ask);
    host.request("laid", b"\xa0").await.expect("it goes on");
    let waited = timeout(PATIENCE, async {
        while FUTURES.load(Ordering::SeqCst) < 4 {
            sleep(Duration::from_millis(1)).await;
        }
    });
    waited.await.expect("the function is dropped");
    host.close().await;
    asks.close().await;
    served.stop().await;
}
