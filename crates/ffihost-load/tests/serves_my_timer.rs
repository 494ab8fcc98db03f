//! `my_timer`, served by itself and, as a compiled library that is loaded, by a server that knows nothing of it: with the same
//! answers. Clients of both versions.

mod support;

use ciborium::Value;
use ffihost_ipc::client::{Call, Options, Registration, RequestError};
use ffihost_ipc::wire::encode_request;
use ffihost_ipc::{Address, Client, Limits, Status, Token};
use std::io::{Read, Write};
use std::sync::Arc;
use std::time::Duration;
use support::{Served, decode, echo, encode, map, text};
use tokio::sync::{mpsc, oneshot};

/// Each case both ways.
macro_rules! both_ways {
    ($($case:ident),* $(,)?) => {
        $(
            mod $case {
                use super::Served;

                #[tokio::test]
                async fn loaded() {
                    super::$case(Served::loaded().await).await;
                }

                #[tokio::test]
                async fn by_itself() {
                    super::$case(Served::itself().await).await;
                }
            }
        )*
    };
}

both_ways! {
    version_1_over_both_transports,
    version_2_over_both_transports,
    requests_overtake_each_other,
    cancelled_and_timed_out,
    events_are_heard_until_they_are_not,
    a_remote_host_function_in_all_its_ends,
    the_newest_registration_is_asked_and_then_the_one_before,
    a_client_that_goes_fails_its_calls,
    a_handle_lives_until_it_is_released,
    a_server_that_stops_answers_what_runs,
    another_interface_is_refused_with_both_named,
}

async fn client(address: &Address) -> Client {
    Client::connect(address, Options::default()).await.expect("it is served there")
}

fn plain(address: &Address) -> Box<dyn ReadWrite> {
    match address {
        Address::Unix(path) => Box::new(std::os::unix::net::UnixStream::connect(path).expect("it is served there")),
        Address::Tcp { host, port } => {
            Box::new(std::net::TcpStream::connect((&**host, *port)).expect("it is served there"))
        }
    }
}

trait ReadWrite: Read + Write + Send {}
impl<T: Read + Write + Send> ReadWrite for T {}

/// A request of version 1 and its response.
fn ask(stream: &mut dyn ReadWrite, method: &str, payload: &[u8]) -> (i32, Vec<u8>) {
    let mut request = Vec::new();
    encode_request(method, payload, &mut request);
    stream.write_all(&request).expect("the server reads");
    let mut head = [0; 8];
    stream.read_exact(&mut head).expect("the server answers");
    let (ret, length) = head.split_at(4);
    let mut payload = vec![0; u32::from_be_bytes(length.try_into().expect("4 bytes")) as usize];
    stream.read_exact(&mut payload).expect("the server answers");
    (i32::from_be_bytes(ret.try_into().expect("4 bytes")), payload)
}

async fn version_1_over_both_transports(served: Served) {
    for address in served.both() {
        let mut stream = plain(address);
        tokio::task::spawn_blocking(move || {
            assert_eq!(ask(&mut *stream, "name", b""), (0, encode(&"ipc-server".into())));
            let (ret, echoed) = ask(&mut *stream, "echo", &echo("hello over the wire", 1));
            assert_eq!(ret, 0);
            let echoed = decode(&echoed);
            assert_eq!((text(&echoed, "echoed"), text(&echoed, "timer")), ("hello over the wire", "ipc-server"));
            assert_eq!(ask(&mut *stream, "echo", &echo("", 1)), (1, encode(&"Empty".into())), "its declared error");
            let (ret, why) = ask(&mut *stream, "echo", b"\xa0");
            assert_eq!((ret, String::from_utf8_lossy(&why).contains("req")), (Status::Decode.code(), true), "{why:?}");
            let (ret, why) = ask(&mut *stream, "no_such_thing", b"");
            assert_eq!(ret, Status::InvalidArgument.code());
            assert!(String::from_utf8_lossy(&why).contains("no_such_thing"), "{why:?}");
        })
        .await
        .expect("it holds");
    }
    served.stop().await;
}

async fn version_2_over_both_transports(served: Served) {
    for address in served.both() {
        let timer = client(address).await;
        assert_eq!(timer.library(), "my_timer");
        assert_ne!(timer.abi_hash(), 0);
        let echoed = timer.request("echo", &echo("hello over the wire", 1)).await.expect("it is no empty message");
        assert_eq!(text(&decode(&echoed), "timer"), "ipc-server");
        let declared = timer.request("echo", &echo("", 1)).await.expect_err("it is empty");
        assert_eq!(declared, RequestError::Declared(encode(&"Empty".into())));
        let total = timer.request("total_delay", &map([("delays_ms", vec![Value::from(1), 2.into()].into())])).await;
        assert_eq!(total, Ok(encode(&3.into())));
        timer.close().await;
    }
    served.stop().await;
}

/// A clock that tells the time when the test has it do so.
async fn held_clock(timer: &Client) -> (Registration, mpsc::UnboundedReceiver<Call>) {
    let (sender, called) = mpsc::unbounded_channel();
    let clock = timer.register("fetch_clock", move |call| drop(sender.send(call)));
    (clock.await.expect("it is free"), called)
}

async fn requests_overtake_each_other(served: Served) {
    let timer = client(&served.unix).await;
    let (_clock, mut called) = held_clock(&timer).await;
    let slow = timer.request("read_clock", b"\xa0");
    tokio::pin!(slow);
    let call = tokio::select! {
        _ = &mut slow => panic!("the clock has not told the time"),
        call = called.recv() => call.expect("it is called"),
    };
    let quick = timer.request("echo", &echo("quick", 1)).await;
    assert_eq!(text(&decode(&quick.expect("it is answered")), "echoed"), "quick");
    call.succeed(&encode(&7.into()));
    slow.await.expect("it is answered too");
    served.stop().await;
}

async fn cancelled_and_timed_out(served: Served) {
    let timer = client(&served.unix).await;
    let long = echo("long", 60_000);
    let late = timer.request_within(Duration::from_millis(20), "echo", &long).await;
    assert_eq!(late.expect_err("it sleeps for a minute").status(), Some(Status::TimedOut));
    let dropped = tokio::time::timeout(Duration::from_millis(20), timer.request("echo", &long)).await;
    assert!(dropped.is_err());
    // Both are cancelled in the library as well: its close does not have to wait for them.
    served.stop().await;
}

async fn events_are_heard_until_they_are_not(served: Served) {
    let (timer, other) = (client(&served.unix).await, client(&served.tcp).await);
    let mut heard = timer.listen("on_echo_fired").await.expect("there is such an event");
    let mut too = other.listen("on_echo_fired").await.expect("there is such an event");
    for number in 0..3 {
        other.request("echo", &echo(&number.to_string(), 0)).await.expect("it is answered");
    }
    for number in 0..3 {
        for heard in [&mut heard, &mut too] {
            let event = heard.next().await.expect("it is served on");
            assert_eq!((event.missed, text(&decode(&event.payload), "message")), (0, &*number.to_string()));
        }
    }
    let unknown = timer.listen("on_nothing").await.expect_err("there is no such event");
    assert_eq!(unknown.status(), Some(Status::InvalidArgument));
    drop(heard);
    timer.request("echo", &echo("nobody", 0)).await.expect("it is answered");
    assert_eq!(text(&decode(&too.next().await.expect("it listens").payload), "message"), "nobody");
    served.stop().await;
}

type Answer = fn(ffihost_ipc::client::Call);

async fn a_remote_host_function_in_all_its_ends(served: Served) {
    let timer = client(&served.unix).await;
    let none = timer.request("read_clock", b"\xa0").await.expect_err("nobody tells the time");
    assert!(matches!(none, RequestError::Declared(_)), "{none:?}");
    let clock = timer.register("fetch_clock", |call| call.succeed(&encode(&7.into()))).await.expect("it is free");
    let read = timer.request("read_clock", b"\xa0").await.expect("the clock tells");
    assert_eq!(decode(&read), "ipc-server read 7 ms since 1970".into());
    drop(clock);
    let cases: [(Answer, &str); 4] = [
        (|call| call.fail(77, "no clock here"), "no clock here"),
        (|call| call.succeed(b"\x63abc"), "does not decode"),
        (|call| drop(call), "cancelled"),
        (|_| panic!("planted"), "cancelled"),
    ];
    for (function, why) in cases {
        let clock = timer.register("fetch_clock", function).await.expect("it is free again");
        let error = timer.request("read_clock", b"\xa0").await.expect_err("the clock does not tell");
        let RequestError::Declared(error) = error else { panic!("{error:?}") };
        assert!(format!("{:?}", decode(&error)).contains(why), "{why}: {:?}", decode(&error));
        drop(clock);
    }
    let unknown = timer.register("fetch_nothing", |_| ()).await.expect_err("the library calls no such thing");
    assert_eq!(unknown.status(), Some(Status::InvalidArgument));
    served.stop().await;
}

async fn the_newest_registration_is_asked_and_then_the_one_before(served: Served) {
    let (first, second) = (client(&served.unix).await, client(&served.tcp).await);
    let _first = first.register("fetch_clock", |call| call.succeed(&encode(&1.into()))).await.expect("it is free");
    let newer = second.register("fetch_clock", |call| call.succeed(&encode(&2.into()))).await.expect("it may be taken");
    let read = async || decode(&first.request("read_clock", b"\xa0").await.expect("a clock tells"));
    assert_eq!(read().await, "ipc-server read 2 ms since 1970".into());
    drop(newer);
    second.request("name", b"\xa0").await.expect("what came before has been done");
    assert_eq!(read().await, "ipc-server read 1 ms since 1970".into());
    let _again =
        second.register("fetch_clock", |call| call.succeed(&encode(&3.into()))).await.expect("it may be taken");
    assert_eq!(read().await, "ipc-server read 3 ms since 1970".into());
    second.close().await;
    assert_eq!(read().await, "ipc-server read 1 ms since 1970".into());
    served.stop().await;
}

async fn a_client_that_goes_fails_its_calls(served: Served) {
    let (asker, clock) = (client(&served.unix).await, client(&served.tcp).await);
    let (called, is_called) = oneshot::channel();
    let called = Arc::new(std::sync::Mutex::new(Some((called, Vec::new()))));
    let keep = Arc::clone(&called);
    let registration = clock.register("fetch_clock", move |call| {
        let mut kept = keep.lock().expect("nobody panicked");
        let (called, mut calls) = kept.take().expect("one call");
        calls.push(call);
        let _ = called.send(calls);
    });
    let registration = registration.await.expect("it is free");
    let reading = tokio::spawn(async move { asker.request("read_clock", b"\xa0").await });
    let calls = is_called.await.expect("it is called");
    // The connection goes without a goodbye: as if the process had been killed.
    clock.abort();
    let error = reading.await.expect("no panic").expect_err("the clock is gone");
    let RequestError::Declared(error) = error else { panic!("{error:?}") };
    assert!(format!("{:?}", decode(&error)).contains("disconnected"), "{:?}", decode(&error));
    drop((calls, registration));
    served.stop().await;
}

async fn a_handle_lives_until_it_is_released(served: Served) {
    let timer = client(&served.unix).await;
    let stopwatch = timer.request("start_stopwatch", &map([("label", "lap".into())])).await.expect("it starts");
    let stopwatch = decode(&stopwatch);
    let reading = timer.request("read_stopwatch", &map([("stopwatch", stopwatch.clone())])).await.expect("it runs");
    assert_eq!(text(&decode(&reading), "label"), "lap");
    let released = timer.request("stopwatch_release", &map([("handle", stopwatch.clone())])).await;
    assert_eq!(released, Ok(vec![0xf6]));
    let again = timer.request("stopwatch_release", &map([("handle", stopwatch)])).await.expect_err("it is gone");
    assert_eq!(again.status(), Some(Status::UnknownToken));
    served.stop().await;
}

async fn a_server_that_stops_answers_what_runs(served: Served) {
    let timer = client(&served.unix).await;
    let (_clock, mut called) = held_clock(&timer).await;
    let running = timer.request("read_clock", b"\xa0");
    tokio::pin!(running);
    let call = tokio::select! {
        _ = &mut running => panic!("the clock has not told the time"),
        call = called.recv() => call.expect("it is called"),
    };
    served.begin_to_stop();
    call.succeed(&encode(&7.into()));
    running.await.expect("it is within the grace period");
    served.stop().await;
    let after = timer.request("name", b"\xa0").await.expect_err("nobody is there");
    let told = matches!(&after, RequestError::Failed { text, .. } if text == "the server shuts down");
    // A library that serves itself may refuse before its server does.
    let refused = matches!(after.status(), Some(Status::Closing | Status::InvalidCtx));
    assert!(told || refused || after == RequestError::Disconnected, "{after:?}");
}

#[tokio::test]
async fn a_server_that_stops_cancels_what_runs_too_long() {
    let served = Served::with(Limits { grace: Duration::from_millis(50), ..Limits::default() }, None).await;
    let timer = client(&served.unix).await;
    let (_clock, mut called) = held_clock(&timer).await;
    let running = timer.request("read_clock", b"\xa0");
    tokio::pin!(running);
    let _call = tokio::select! {
        _ = &mut running => panic!("the clock has not told the time"),
        call = called.recv() => call.expect("it is called"),
    };
    served.begin_to_stop();
    assert_eq!(running.await.expect_err("it is cancelled").status(), Some(Status::Cancelled));
    served.stop().await;
}

#[tokio::test]
async fn a_token_is_needed_where_one_is_asked_for() {
    let served = Served::with(Limits::default(), Token::new("open sesame")).await;
    let refused = Client::connect(&served.unix, Options::default()).await.expect_err("it has no token");
    assert!(refused.to_string().contains("token"), "{refused}");
    let options = Options { token: Token::new("open sesame"), ..Options::default() };
    let timer = Client::connect(&served.unix, options).await.expect("it has the token");
    timer.request("name", b"\xa0").await.expect("it may");
    served.stop().await;
}

async fn another_interface_is_refused_with_both_named(served: Served) {
    let options = Options { abi_hash: 7, ..Options::default() };
    let refused = Client::connect(&served.unix, options).await.expect_err("it is another interface").to_string();
    assert!(refused.contains("0000000000000007") && refused.contains("my_timer"), "{refused}");
    served.stop().await;
}

#[tokio::test]
async fn a_connection_that_has_ended_makes_room_for_the_next() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let served = Served::with(Limits { connections: 1, ..Limits::default() }, None).await;
    let Address::Unix(path) = &served.unix else { panic!("{}", served.unix) };
    // One comes just after the other has gone: the server sees both at once, sometimes in this order.
    let mut before = None;
    let mut found_room = 0;
    for _ in 0..200 {
        let followed = before.take().is_some();
        let mut client = tokio::net::UnixStream::connect(path).await.expect("it is served there");
        let _thrown_out = client.write_all(&ffihost_ipc::wire::PREFACE).await;
        if matches!(client.read(&mut [0; 8]).await, Ok(8)) {
            found_room += usize::from(followed);
            before = Some(client);
        } else {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
    assert!(found_room > 0, "those that had ended were counted as connections");
    drop(before);
    served.stop().await;
}
