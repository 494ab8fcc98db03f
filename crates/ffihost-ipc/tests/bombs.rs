//! Libraries and closures that panic, when they are called and when they are dropped: that ends what it belongs to, and no
//! connection, no server, and nothing else that an end has to end. No lock is held meanwhile.

use ffihost_ipc::client::{Options, RequestError};
use ffihost_ipc::{
    Address, Client, ClientHandles, HandleRef, HostFunction, Limits, Listener, Refusal, Reply, Server, ServerInfo,
    Service, Status,
};
use std::panic::panic_any;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::{sleep, timeout};

const PATIENCE: Duration = Duration::from_secs(60);

/// Counts its drops, and panics with another one.
struct Bomb(Arc<AtomicU32>);

impl Drop for Bomb {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
        panic!("a bomb");
    }
}

/// What a library was asked for that it panicked at.
#[derive(Default)]
struct Asked {
    cancel: AtomicU32,
    unlisten: AtomicU32,
    unregister: AtomicU32,
    complete: AtomicU32,
    release: AtomicU32,
    drop: Arc<AtomicU32>,
}

impl Asked {
    fn all(&self) -> [u32; 6] {
        let Self { cancel, unlisten, unregister, complete, release, drop } = self;
        [cancel, unlisten, unregister, complete, release, &**drop].map(|count| count.load(Ordering::SeqCst))
    }
}

/// A library that panics at whatever ends something, with a payload that panics too.
struct Panics {
    asked: Arc<Asked>,
    kept: Mutex<Vec<Reply>>,
    functions: Mutex<Vec<HostFunction>>,
    _bomb: Bomb,
}

impl Panics {
    fn new() -> (Arc<Self>, Arc<Asked>) {
        let asked = Arc::<Asked>::default();
        let bomb = Bomb(Arc::clone(&asked.drop));
        let (kept, functions) = (Mutex::default(), Mutex::default());
        (Arc::new(Self { asked: Arc::clone(&asked), kept, functions, _bomb: bomb }), asked)
    }
}

fn panics_at(count: &AtomicU32) -> ! {
    count.fetch_add(1, Ordering::SeqCst);
    panic_any(Bomb(Arc::default()))
}

impl Service for Panics {
    fn request(&self, method: &str, payload: &[u8], reply: Reply) -> u64 {
        match method {
            "echo" => reply.end(0, payload),
            "drop" => drop(reply),
            "panic" => panic!("planted"),
            "keep" => self.kept.lock().expect("no panic").push(reply),
            "lend" => {
                let lent = HandleRef { kind: 0, number: u64::from(payload[0]) };
                assert!(reply.end_with_handles(0, payload, &[lent]));
            }
            "call" => {
                let functions = self.functions.lock().expect("no panic");
                let called = functions.last().expect("there is one").call(1, b"\xa0", &[]);
                reply.end(if called.is_ok() { 0 } else { 1 }, &[0xf6]);
            }
            _ => reply.refuse(&Refusal::new(Status::InvalidArgument, "no such request")),
        }
        7
    }

    fn cancel(&self, _: u64) {
        self.kept.lock().expect("no panic").clear();
        panics_at(&self.asked.cancel)
    }

    fn listen(&self, event: &str, _: Listener) -> Result<u64, Refusal> {
        match event {
            "panic" => panic!("planted"),
            _ => Ok(1),
        }
    }

    fn unlisten(&self, _: u64) {
        panics_at(&self.asked.unlisten)
    }

    fn register(&self, name: &str, function: HostFunction) -> Result<u64, Refusal> {
        match name {
            "panic" => panic!("planted"),
            "refused" => return Err(Refusal::new(Status::Busy, "planted")),
            _ => self.functions.lock().expect("no panic").push(function),
        }
        Ok(1)
    }

    fn unregister(&self, _: &str, _: u64) {
        panics_at(&self.asked.unregister)
    }

    fn complete(&self, _: u64, _: i32, _: &[u8], _: ClientHandles<'_>) -> Result<(), Status> {
        panics_at(&self.asked.complete)
    }

    fn release(&self, _: HandleRef) {
        panics_at(&self.asked.release)
    }
}

fn server_info() -> ServerInfo {
    let (library, version) = ("panics".to_owned(), "1".to_owned());
    ServerInfo { library, version, abi_hash: 0, descriptor: vec![0xf6], token: None }
}

fn anywhere() -> Address {
    "tcp:127.0.0.1:0".parse().expect("an address")
}

async fn client(address: &Address) -> Client {
    Client::connect(address, Options::default()).await.expect("it is served")
}

async fn until(mut holds: impl FnMut() -> bool) {
    let waited = timeout(PATIENCE, async {
        while !holds() {
            sleep(Duration::from_millis(1)).await;
        }
    });
    waited.await.expect("it comes to that");
}

fn status<T>(outcome: Result<T, RequestError>) -> Option<Status> {
    outcome.err().expect("it fails").status()
}

async fn goes_on(client: &Client) {
    assert_eq!(client.request("echo", b"\x07").await, Ok(vec![7]));
}

#[tokio::test]
async fn a_library_that_panics_ends_what_it_was_asked_for() {
    let (service, asked) = Panics::new();
    let mut server = Server::new(service, server_info(), Limits::default());
    let address = server.bind(&anywhere()).await.expect("there is a port");
    let stopper = server.stopper();
    let running = tokio::spawn(server.run());
    let (first, other) = (client(&address).await, client(&address).await);
    assert_eq!(status(first.request("panic", b"\xa0").await), Some(Status::Panic));
    assert_eq!(status(first.request("drop", b"\xa0").await), Some(Status::Cancelled));
    assert_eq!(status(first.listen("panic").await), Some(Status::Panic));
    assert_eq!(status(first.register("panic", drop).await), Some(Status::Panic));
    goes_on(&first).await;
    let late = first.request_within(Duration::from_millis(1), "keep", b"\xa0").await;
    assert_eq!(status(late), Some(Status::TimedOut));
    goes_on(&first).await;
    drop(first.listen("event").await.expect("there is one"));
    drop(first.register("function", drop).await.expect("it is free"));
    goes_on(&first).await;
    until(|| asked.all() == [1, 1, 1, 0, 0, 0]).await;
    // And everything at once, because the connection ends.
    let _listener = first.listen("event").await.expect("there is one");
    let calls = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&calls);
    let keep = move |call| kept.lock().expect("no panic").push(call);
    let _function = first.register("function", keep).await.expect("it is free");
    first.request("call", b"\xa0").await.expect("it is called");
    for number in [1, 2, 2] {
        assert_eq!(first.request("lend", &[number]).await, Ok(vec![number]));
    }
    let keep = {
        let first = first.clone();
        tokio::spawn(async move { first.request("keep", b"\xa0").await })
    };
    tokio::task::yield_now().await;
    goes_on(&first).await;
    first.abort();
    assert_eq!(keep.await.expect("no panic"), Err(RequestError::Disconnected));
    until(|| asked.all() == [2, 2, 2, 1, 3, 0]).await;
    goes_on(&other).await;
    goes_on(&client(&address).await).await;
    stopper.stop();
    other.close().await;
    running.await.expect("the server's task does not panic, whatever the drop of the library does");
    assert_eq!(asked.all(), [2, 2, 2, 1, 3, 1]);
}

#[tokio::test]
async fn what_admits_connections_may_panic() {
    let drops = Arc::new(AtomicU32::new(0));
    let (service, _asked) = Panics::new();
    let mut server = Server::new(service, server_info(), Limits::default());
    let (bomb, first) = (Bomb(Arc::clone(&drops)), AtomicU32::new(0));
    server.admit(move |_| {
        let _bomb = &bomb;
        assert!(first.fetch_add(1, Ordering::SeqCst) > 0, "planted");
        true
    });
    let address = server.bind(&anywhere()).await.expect("there is a port");
    let stopper = server.stopper();
    let running = tokio::spawn(server.run());
    Client::connect(&address, Options::default()).await.expect_err("nobody says that it may come in");
    let second = client(&address).await;
    goes_on(&second).await;
    stopper.stop();
    second.close().await;
    running.await.expect("the server's task does not panic");
    assert_eq!(drops.load(Ordering::SeqCst), 1);
}

/// What a closure drops may use its client, and may panic.
#[tokio::test]
async fn closures_of_a_client_are_dropped_under_no_lock() {
    let (service, _asked) = Panics::new();
    let client = Client::in_process(service, server_info(), async {}).await.expect("it takes everybody");
    let drops = Arc::new(AtomicU32::new(0));
    let closure = async || {
        let held = client.listen("event").await.expect("there is one");
        let bomb = Bomb(Arc::clone(&drops));
        move |call| {
            let _held = (&held, &bomb);
            drop(call);
        }
    };
    // Never sent, refused, taken back.
    assert!(matches!(client.register("", closure().await).await, Err(RequestError::Invalid(_))));
    assert_eq!(drops.load(Ordering::SeqCst), 1);
    let refused = timeout(PATIENCE, client.register("refused", closure().await)).await;
    assert_eq!(status(refused.expect("it is answered")), Some(Status::Busy));
    until(|| drops.load(Ordering::SeqCst) == 2).await;
    drop(client.register("function", closure().await).await.expect("it is free"));
    assert_eq!(drops.load(Ordering::SeqCst), 3);
    goes_on(&client).await;
    // Ended with the connection: all of them, and whoever waits is told.
    let mut functions = Vec::new();
    for _ in 0..3 {
        functions.push(client.register("function", closure().await).await.expect("it is free"));
    }
    let mut heard = client.listen("event").await.expect("there is one");
    client.close().await;
    assert_eq!(heard.next().await, None);
    assert_eq!(drops.load(Ordering::SeqCst), 6);
    drop(functions);
}

/// Taken back while it runs: the client's task drops it.
#[tokio::test]
async fn a_closure_that_is_taken_back_while_it_runs() {
    let (service, _asked) = Panics::new();
    let client = Client::in_process(service, server_info(), async {}).await.expect("it takes everybody");
    let drops = Arc::new(AtomicU32::new(0));
    let registration = Arc::new(Mutex::new(None));
    let (bomb, own) = (Bomb(Arc::clone(&drops)), Arc::clone(&registration));
    let function = move |call| {
        let _bomb = &bomb;
        drop(own.lock().expect("no panic").take());
        drop(call);
        panic!("planted");
    };
    let registered = client.register("function", function).await.expect("it is free");
    *registration.lock().expect("no panic") = Some(registered);
    client.request("call", b"\xa0").await.expect("it is called");
    until(|| drops.load(Ordering::SeqCst) == 1).await;
    goes_on(&client).await;
    client.close().await;
}
