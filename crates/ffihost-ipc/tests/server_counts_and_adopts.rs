//! What a server counts, and sockets that it did not bind.

use ffihost_ipc::client::{Events, Options, RequestError};
use ffihost_ipc::{
    Address, BindError, Client, ClientHandles, HostFunction, Limits, Listener, Refusal, Reply, Server, ServerInfo,
    Service, Snapshot, Status,
};
use std::sync::{Arc, Mutex};
use tokio::sync::oneshot;

/// A library whose requests are what is done with their reply, which is known for nothing else.
#[derive(Default)]
struct Plain {
    kept: Mutex<Vec<Reply>>,
    listeners: Mutex<Vec<Listener>>,
    functions: Mutex<Vec<HostFunction>>,
    completed: Mutex<Vec<u64>>,
}

impl Service for Plain {
    fn request(&self, method: &str, payload: &[u8], reply: Reply) -> u64 {
        match method {
            "echo" => reply.end(0, payload),
            "odd" => reply.end(1_000, b"no status has this number"),
            "keep" => self.kept.lock().expect("no panic").push(reply),
            "emit" => {
                let event = if payload == b"large" { &[0; 2_000] } else { payload };
                for listener in &*self.listeners.lock().expect("no panic") {
                    let _or_missed = listener.event(event, &[]);
                }
                reply.end(0, &[0xf6]);
            }
            "call" => {
                let functions = self.functions.lock().expect("no panic");
                let called = functions.last().map(|function| function.call(u64::from(payload[0]), b"\xa0", &[]));
                reply.end(if called == Some(Ok(())) { 0 } else { 1 }, &[0xf6]);
            }
            "give_up" => {
                let functions = self.functions.lock().expect("no panic");
                functions.iter().for_each(|function| function.cancel(u64::from(payload[0])));
                reply.end(0, &[0xf6]);
            }
            _ => reply.refuse(&Refusal::new(Status::InvalidArgument, "no such request")),
        }
        7
    }

    fn cancel(&self, _: u64) {
        self.kept.lock().expect("no panic").clear();
    }

    fn listen(&self, _: &str, listener: Listener) -> Result<u64, Refusal> {
        self.listeners.lock().expect("no panic").push(listener);
        Ok(1)
    }

    fn unlisten(&self, _: u64) {}

    fn register(&self, _: &str, function: HostFunction) -> Result<u64, Refusal> {
        self.functions.lock().expect("no panic").push(function);
        Ok(0)
    }

    fn unregister(&self, _: &str, _: u64) {}

    fn complete(&self, call: u64, _: i32, payload: &[u8], _: ClientHandles<'_>) -> Result<(), Status> {
        self.completed.lock().expect("no panic").push(call);
        if payload == b"\xff" { Err(Status::Decode) } else { Ok(()) }
    }
}

fn server_info() -> ServerInfo {
    ServerInfo {
        library: "plain".to_owned(),
        version: "1".to_owned(),
        abi_hash: 1,
        descriptor: Vec::new(),
        token: None,
    }
}

fn server(limits: Limits) -> Server {
    Server::new(Arc::<Plain>::default(), server_info(), limits)
}

fn loopback() -> Address {
    "tcp:127.0.0.1:0".parse().expect("an address")
}

#[tokio::test]
async fn counts_requests_by_what_became_of_them() {
    let mut server = server(Limits { connections: 1, in_flight: 1, ..Limits::default() });
    let address = server.bind(&loopback()).await.expect("there is a port");
    let (metrics, stop) = (server.metrics(), server.stopper());
    assert_eq!(metrics.snapshot(), Snapshot::default());
    let running = tokio::spawn(server.run());
    let client = Client::connect(&address, Options::default()).await.expect("it is served");
    Client::connect(&address, Options::default()).await.expect_err("there is room for one");
    client.request("echo", b"\xa0").await.expect("it is answered");
    client.request("nothing", b"").await.expect_err("there is none");
    client.request("odd", b"").await.expect_err("an odd number");
    let mut kept = Box::pin(client.request("keep", b""));
    assert!(futures_poll(&mut kept).await.is_none());
    let busy = client.request("echo", b"").await.expect_err("one is in flight");
    assert_eq!(busy.status(), Some(Status::Busy));
    assert_eq!(metrics.snapshot().requests_in_flight, 1);
    drop(kept);
    let counted = loop {
        // Answered as soon as the one before is let go of.
        match client.request("echo", b"").await {
            Ok(_) => break metrics.snapshot(),
            Err(error) => assert_eq!(error.status(), Some(Status::Busy)),
        }
    };
    assert_eq!((counted.connections_open, counted.connections_accepted, counted.connections_refused), (1, 1, 1));
    assert_eq!((counted.requests_started, counted.requests_in_flight), (5, 0));
    assert!(counted.requests_refused >= 1, "{counted:?}");
    let answered = [(Some(Status::Ok), 2), (Some(Status::InvalidArgument), 1), (Some(Status::Cancelled), 1), (None, 1)];
    assert_eq!(counted.requests_answered, answered);
    assert!(counted.bytes_in > 50 && counted.bytes_out > 50, "{counted:?}");
    client.close().await;
    stop.stop();
    running.await.expect("no panic");
    assert_eq!(metrics.snapshot().connections_open, 0);
}

/// Polls once.
async fn futures_poll<F: Future + Unpin>(future: &mut F) -> Option<F::Output> {
    tokio::select! {
        biased;
        output = future => Some(output),
        () = std::future::ready(()) => None,
    }
}

#[tokio::test]
async fn counts_events_and_calls() {
    let limits = Limits { frame: 1_024, ..Limits::default() };
    let mut server = server(limits);
    let address = server.bind(&loopback()).await.expect("there is a port");
    let (metrics, stop) = (server.metrics(), server.stopper());
    let running = tokio::spawn(server.run());
    let client =
        Client::connect(&address, Options { max_frame: 1_024, ..Options::default() }).await.expect("it is served");
    let mut events = client.listen("e").await.expect("any event");
    client.request("emit", b"\xa0").await.expect("it is answered");
    client.request("emit", b"large").await.expect("it is answered");
    client.request("emit", b"\xa0").await.expect("it is answered");
    let missed = async |heard: &mut Events| heard.next().await.map(|heard| heard.missed);
    assert_eq!((missed(&mut events).await, missed(&mut events).await), (Some(0), Some(1)));
    let (calls, mut called) = tokio::sync::mpsc::unbounded_channel();
    let registration = client.register("f", move |call| drop(calls.send(call))).await.expect("any name");
    for number in 1..=4 {
        client.request("call", &[number]).await.expect("it is passed on");
    }
    let mut next = async || called.recv().await.expect("it was passed on");
    let (first, second, third, fourth) = (next().await, next().await, next().await, next().await);
    first.succeed(b"\xf6");
    second.succeed(b"\xff");
    client.request("give_up", &[3]).await.expect("it is answered");
    drop(registration);
    client.request("echo", b"").await.expect("what came before has been done");
    let counted = metrics.snapshot();
    drop((third, fourth));
    assert_eq!((counted.calls_made, counted.calls_completed), (4, 1), "{counted:?}");
    // The third was given up, the fourth ended with its registration; the answer to the second does not decode.
    assert_eq!((counted.calls_cancelled, counted.calls_refused), (2, 1), "{counted:?}");
    assert_eq!((counted.events_sent, counted.events_missed), (2, 1), "{counted:?}");
    client.close().await;
    stop.stop();
    running.await.expect("no panic");
}

#[tokio::test]
async fn adopts_what_is_bound() {
    let bound = std::net::TcpListener::bind("127.0.0.1:0").expect("there is a port");
    let port = bound.local_addr().expect("it is bound").port();
    let mut server = server(Limits::default());
    let address = server.adopt(bound).expect("it is this machine's");
    assert_eq!(address, Address::Tcp { host: "127.0.0.1".to_owned(), port });
    serves(server, &address).await;
}

#[tokio::test]
async fn adopts_nothing_that_others_reach() {
    let bound = std::net::TcpListener::bind("0.0.0.0:0").expect("there is a port");
    let refused = server(Limits::default()).adopt(bound).expect_err("others reach it");
    assert!(matches!(refused, BindError::Insecure { .. }), "{refused}");
}

#[cfg(unix)]
#[tokio::test]
async fn leaves_the_file_of_what_it_adopts() {
    let path = std::env::temp_dir().join(format!("ffihost-adopts-{}", std::process::id()));
    let bound = std::os::unix::net::UnixListener::bind(&path).expect("there is room");
    let mut server = server(Limits::default());
    let address = server.adopt(bound).expect("a unix socket is this machine's");
    assert_eq!(address, Address::Unix(path.clone()));
    serves(server, &address).await;
    std::fs::remove_file(&path).expect("it is still there");
}

async fn serves(server: Server, address: &Address) {
    let stop = server.stopper();
    let running = tokio::spawn(server.run());
    let client = Client::connect(address, Options::default()).await.expect("it is served");
    assert_eq!(client.request("echo", b"\xa0").await, Ok::<_, RequestError>(b"\xa0".to_vec()));
    client.close().await;
    let (stopped, has_stopped) = oneshot::channel();
    stop.stop();
    tokio::spawn(async move {
        running.await.expect("no panic");
        let _ = stopped.send(());
    });
    has_stopped.await.expect("it stops");
}
