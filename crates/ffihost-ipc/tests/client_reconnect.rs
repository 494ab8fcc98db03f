//! What a client does when its connection ends, against a server that is this test.

use ffihost_ipc::client::{Backoff, Call, Options};
use ffihost_ipc::wire::frame::{FromClient, FromServer};
use ffihost_ipc::wire::{FrameDecoder, Message, PREFACE};
use ffihost_ipc::{Address, Client};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::yield_now;

struct Server(TcpListener);

/// A connection, at the server's end.
struct End {
    stream: TcpStream,
    input: FrameDecoder,
}

/// A frame from the client, with its texts copied.
#[derive(Debug, PartialEq, Eq)]
enum Sent {
    Request(u64, String),
    Listen(u64),
    Register(u64),
    Cancel(u64),
    Complete(u64, i32),
    Other(String),
}

impl Server {
    async fn start() -> (Self, Address) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("there is a port");
        let place = listener.local_addr().expect("it is bound");
        (Self(listener), (place.ip(), place.port()).into())
    }

    /// The next connection, past the greeting.
    async fn accept(&self) -> End {
        let (stream, _) = self.0.accept().await.expect("a client comes");
        let mut end = End { stream, input: FrameDecoder::for_server(1 << 20) };
        assert!(matches!(end.sent().await, Sent::Other(hello) if hello.starts_with("Hello")));
        end.stream.write_all(&PREFACE).await.expect("the client is there");
        end.send(FromServer::Welcome { max_frame: 1 << 20, max_in_flight: 9, abi_hash: 1, library: "l", version: "1" })
            .await;
        end
    }
}

impl End {
    async fn send(&mut self, frame: FromServer<'_>) {
        let mut bytes = Vec::new();
        frame.encode(&mut bytes);
        self.stream.write_all(&bytes).await.expect("the client is there");
    }

    async fn sent(&mut self) -> Sent {
        loop {
            match self.input.next_message().expect("our own client sends what can be read") {
                Some(Message::Frame { kind, body }) => {
                    return sent(FromClient::decode(kind, body).expect("it is sound"));
                }
                Some(_) => continue,
                None => {}
            }
            assert_ne!(self.stream.read_buf(self.input.buffer()).await.expect("the client is there"), 0, "it has gone");
        }
    }
}

fn sent(frame: FromClient<'_>) -> Sent {
    match frame {
        FromClient::Request { id, method, .. } => Sent::Request(id, method.to_owned()),
        FromClient::Listen { id, .. } => Sent::Listen(id),
        FromClient::Register { id, .. } => Sent::Register(id),
        FromClient::Cancel { id } => Sent::Cancel(id),
        FromClient::Complete { call, ret, .. } => Sent::Complete(call, ret),
        other => Sent::Other(format!("{other:?}")),
    }
}

async fn connect(server: &Server, address: &Address) -> (Client, End) {
    let reconnect =
        Some(Backoff { first: Duration::from_millis(1), longest: Duration::from_millis(1), ..Backoff::default() });
    let options = Options { reconnect, ..Options::default() };
    let (client, end) = tokio::join!(Client::connect(address, options), server.accept());
    (client.expect("it is welcome"), end)
}

/// Ends the connection, and returns when the client has seen that: a request that may not be made again has failed.
async fn lose(client: &Client, mut end: End) {
    let (lost, ()) = tokio::join!(client.request("probe", b""), async {
        assert_eq!(end.sent().await, Sent::Request(1, "probe".to_owned()));
        drop(end);
    });
    lost.expect_err("the connection has ended");
}

#[tokio::test]
async fn what_is_asked_for_between_two_connections_is_asked_for_once() {
    let (server, address) = Server::start().await;
    let (client, end) = connect(&server, &address).await;
    lose(&client, end).await;
    // Not accepted yet: the client waits for WELCOME.
    let others = client.clone();
    let idempotent = tokio::spawn(async move { others.request_idempotent("again", b"").await });
    let others = client.clone();
    let listening = tokio::spawn(async move { others.listen("event").await });
    let others = client.clone();
    let plain = tokio::spawn(async move { others.request("plain", b"").await });
    let others = client.clone();
    let given_up = tokio::spawn(async move { others.request("given up", b"").await });
    for _ in 0..10 {
        yield_now().await;
    }
    given_up.abort();
    let mut end = server.accept().await;
    let mut all = Vec::new();
    while !all.contains(&Sent::Cancel(5)) {
        all.push(end.sent().await);
    }
    let expected = [
        Sent::Request(2, "again".to_owned()),
        Sent::Listen(3),
        Sent::Request(4, "plain".to_owned()),
        Sent::Request(5, "given up".to_owned()),
        Sent::Cancel(5),
    ];
    assert_eq!(all, expected);
    let last = tokio::spawn(async move { client.request("last", b"").await });
    assert_eq!(end.sent().await, Sent::Request(6, "last".to_owned()));
    end.send(FromServer::Reply { id: 6, ret: 0, payload: b"6" }).await;
    assert_eq!(last.await.expect("it does not panic"), Ok(b"6".to_vec()));
    end.send(FromServer::Reply { id: 2, ret: 0, payload: b"2" }).await;
    end.send(FromServer::Opened { id: 3 }).await;
    end.send(FromServer::Reply { id: 4, ret: 0, payload: b"4" }).await;
    assert_eq!(idempotent.await.expect("it does not panic"), Ok(b"2".to_vec()));
    let _events = listening.await.expect("it does not panic").expect("it was opened");
    assert_eq!(plain.await.expect("it does not panic"), Ok(b"4".to_vec()));
}

#[tokio::test]
async fn what_was_open_is_opened_again_unless_it_was_given_up_meanwhile() {
    let (server, address) = Server::start().await;
    let (client, mut end) = connect(&server, &address).await;
    let (listening, ()) = tokio::join!(client.listen("event"), async {
        assert_eq!(end.sent().await, Sent::Listen(1));
        end.send(FromServer::Opened { id: 1 }).await;
    });
    let others = client.clone();
    let idempotent = tokio::spawn(async move { others.request_idempotent("again", b"").await });
    assert_eq!(end.sent().await, Sent::Request(2, "again".to_owned()));
    let plain = client.request("plain", b"");
    let (plain, ()) = tokio::join!(plain, async { drop(end) });
    plain.expect_err("it may have been made");
    drop(listening.expect("it was opened"));
    let mut end = server.accept().await;
    assert_eq!(end.sent().await, Sent::Request(2, "again".to_owned()), "and nothing of the listener");
    end.send(FromServer::Reply { id: 2, ret: 0, payload: b"2" }).await;
    assert_eq!(idempotent.await.expect("it does not panic"), Ok(b"2".to_vec()));
}

#[tokio::test]
async fn a_call_of_the_connection_before_answers_none_of_this_one() {
    let (server, address) = Server::start().await;
    let (client, mut end) = connect(&server, &address).await;
    let calls: Arc<Mutex<Vec<Call>>> = Arc::default();
    let kept = Arc::clone(&calls);
    let (registration, ()) =
        tokio::join!(client.register("f", move |call| kept.lock().expect("nobody panicked").push(call)), async {
            assert_eq!(end.sent().await, Sent::Register(1));
            end.send(FromServer::Opened { id: 1 }).await;
        });
    let registration = registration.expect("it was opened");
    end.send(FromServer::Call { call: 7, id: 1, payload: b"" }).await;
    until(|| calls.lock().expect("nobody panicked").len() == 1).await;
    drop(end);
    let mut end = server.accept().await;
    assert_eq!(end.sent().await, Sent::Register(1));
    end.send(FromServer::Opened { id: 1 }).await;
    // A server that was started again counts from the beginning.
    end.send(FromServer::Call { call: 7, id: 1, payload: b"" }).await;
    until(|| calls.lock().expect("nobody panicked").len() == 2).await;
    let mut both = std::mem::take(&mut *calls.lock().expect("nobody panicked")).into_iter();
    let (before, now) = (both.next().expect("two"), both.next().expect("two"));
    before.fail(99, "late");
    now.succeed(b"\xf6");
    assert_eq!(end.sent().await, Sent::Complete(7, 0));
    drop(registration);
}

/// A handle is of the connection that it came by: on another its number may be another's.
#[cfg(feature = "typed")]
#[tokio::test]
async fn a_handle_is_neither_passed_nor_given_back_on_another_connection() {
    use ffihost_ipc::typed::{Args, Handle, HandleType, Request};

    struct Cursor;
    impl HandleType for Cursor {
        const RELEASE: &'static str = "cursor_release";
    }

    let (server, address) = Server::start().await;
    let (client, mut end) = connect(&server, &address).await;
    let mut id = 0;
    let mut opened = async |end: &mut End| {
        id += 1;
        let open = Request::<Handle<Cursor>>::new(&client, "open", Args::new());
        let (opened, ()) = tokio::join!(open.into_future(), async {
            assert_eq!(end.sent().await, Sent::Request(id, "open".to_owned()));
            end.send(FromServer::Reply { id, ret: 0, payload: b"\x07" }).await;
        });
        opened.expect("it is a number")
    };
    let (kept, dropped) = (opened(&mut end).await, opened(&mut end).await);
    drop(dropped);
    assert_eq!(end.sent().await, Sent::Request(3, "cursor_release".to_owned()), "while it is there");
    let next = || Request::<u64>::new(&client, "next", Args::new().with("cursor", &kept)).idempotent().into_future();
    let (next_outcome, ()) = tokio::join!(next(), async {
        assert_eq!(end.sent().await, Sent::Request(4, "next".to_owned()));
        drop(end);
    });
    next_outcome.expect_err("it is not made again");
    let at_once =
        async || tokio::time::timeout(Duration::from_secs(300), next()).await.expect("nobody has to answer it");
    at_once().await.expect_err("not between connections either");
    let mut end = server.accept().await;
    at_once().await.expect_err("nor on the next one");
    drop(kept);
    let (last, ()) = tokio::join!(client.request("last", b""), async {
        assert_eq!(end.sent().await, Sent::Request(5, "last".to_owned()), "and nothing before");
        end.send(FromServer::Reply { id: 5, ret: 0, payload: b"" }).await;
    });
    assert_eq!(last, Ok(Vec::new()));
}

async fn until(mut holds: impl FnMut() -> bool) {
    let patience = tokio::time::timeout(Duration::from_secs(300), async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    });
    patience.await.expect("it comes to that");
}

#[tokio::test]
async fn a_client_that_another_library_refuses_gives_up() {
    let (server, address) = Server::start().await;
    let (client, end) = connect(&server, &address).await;
    lose(&client, end).await;
    let waiting = tokio::spawn(async move { client.request("plain", b"").await });
    let (mut stream, _) = server.0.accept().await.expect("the client comes again");
    let mut refusal = PREFACE.to_vec();
    let text = b"another library";
    FromServer::Goodbye { ret: ffihost_ipc::Status::AbiMismatch.code(), text }.encode(&mut refusal);
    stream.write_all(&refusal).await.expect("the client is there");
    let outcome = tokio::time::timeout(Duration::from_secs(300), waiting).await.expect("nobody has to answer it");
    assert_eq!(outcome.expect("it does not panic"), Err(ffihost_ipc::client::RequestError::Disconnected));
}
