//! Clients that listen to a library whose context is destroyed with a time-out, since its event thread is inside a listener: they
//! may stop listening at any time, nothing is freed that is still called, and nothing is delivered after that.

#[macro_use]
mod support;

use bombs_time_out as _;
use ffihost::abi::types::{FFI_FORMAT_CBOR, FFIHostFnOptions};
use ffihost::ipc::{Callback, Functions, Origin, Served, Status};
use ffihost_ipc::client::{Events, Options};
use ffihost_ipc::{Address, Client, Limits, Server};
use ffihost_load::{Library, Loaded};
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::task::Poll;
use std::time::Duration;
use support::own::Ctx;
use support::{decode, map};
use tokio::runtime::Builder;
use tokio::sync::oneshot;
use tokio::time::{sleep, timeout};

const PATIENCE: Duration = Duration::from_secs(60);

library!(BOMBS = "bombs");

/// Where a thread waits until the test lets it go on.
#[derive(Default)]
struct Barrier {
    open: Mutex<bool>,
    changed: Condvar,
    entered: AtomicU32,
    left: AtomicU32,
}

impl Barrier {
    fn pass(&self) {
        self.entered.fetch_add(1, Ordering::SeqCst);
        let open = self.open.lock().expect("not poisoned");
        let waited = self.changed.wait_timeout_while(open, PATIENCE, |open| !*open).expect("not poisoned");
        assert!(!waited.1.timed_out(), "the test lets it go on");
        self.left.fetch_add(1, Ordering::SeqCst);
    }

    fn open(&self) {
        *self.open.lock().expect("not poisoned") = true;
        self.changed.notify_all();
    }

    fn counts(&self) -> (u32, u32) {
        (self.entered.load(Ordering::SeqCst), self.left.load(Ordering::SeqCst))
    }
}

async fn until(mut holds: impl FnMut() -> bool) {
    let waited = timeout(PATIENCE, async {
        while !holds() {
            sleep(Duration::from_millis(1)).await;
        }
    });
    waited.await.expect("it comes to that");
}

async fn client(address: &Address, max_frame: u32) -> Client {
    let options = Options { max_frame, ..Options::default() };
    Client::connect(address, options).await.expect("it is served there")
}

fn new_name() -> String {
    static LAST: AtomicU32 = AtomicU32::new(0);
    format!("bomb {}", LAST.fetch_add(1, Ordering::Relaxed))
}

async fn announce(client: &Client, name: &str, bytes: u32) {
    let arguments = map([("name", name.into()), ("bytes", bytes.into())]);
    client.request("announce_mine", &arguments).await.expect("it is told");
}

/// How many mines of this name were dropped: a request without a context.
async fn went_off(client: &Client, name: &str) -> u64 {
    let count = decode(&client.request("went_off", &map([("name", name.into())])).await.expect("it is told"));
    count.as_integer().and_then(|count| count.try_into().ok()).expect("a number")
}

/// Whether there is an event, or the end of them.
async fn has_come(events: &mut Events) -> bool {
    poll_fn(|cx| Poll::Ready(futures::Stream::poll_next(Pin::new(&mut *events), cx).is_ready())).await
}

/// A loaded library that is stuck where a delivery gives back what its client is not sent.
struct Stuck {
    loaded: Loaded,
    barrier: Arc<Barrier>,
    /// Removals that were begun.
    removals: Arc<AtomicU32>,
}

impl Functions for Stuck {
    fn methods(&self) -> Vec<(&str, Option<&str>)> {
        self.loaded.methods()
    }

    fn start(&self, method: usize, payload: &[u8], callback: Callback) -> Result<(), Status> {
        self.loaded.start(method, payload, callback)
    }

    fn cancel(&self, user_data: usize) {
        self.loaded.cancel(user_data);
    }

    fn release(&self, method: usize, handle: u64) -> Result<(), Status> {
        self.barrier.pass();
        self.loaded.release(method, handle)
    }

    fn listen(&self, event: &str, callback: Callback) -> Result<u64, Status> {
        self.loaded.listen(event, callback)
    }

    fn unlisten(&self, ticket: u64) -> Result<(), Status> {
        self.removals.fetch_add(1, Ordering::SeqCst);
        self.loaded.unlisten(ticket)
    }

    unsafe fn register(&self, name: &str, options: &FFIHostFnOptions, origin: Origin) -> Result<u64, Status> {
        // SAFETY: the caller's contract.
        unsafe { self.loaded.register(name, options, origin) }
    }

    fn unregister(&self, name: &str, registration: u64) {
        self.loaded.unregister(name, registration);
    }

    fn complete(&self, call: u64, ret: i32, payload: &[u8]) -> Result<(), Status> {
        self.loaded.complete(call, ret, payload)
    }
}

/// The event thread is inside the listener of the very client that stops listening. A second client goes on listening.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_client_whose_delivery_is_stuck_stops_listening() {
    let file = std::env::current_exe().expect("a test has a file").with_file_name(format!(
        "{}bombs_time_out{}",
        std::env::consts::DLL_PREFIX,
        std::env::consts::DLL_SUFFIX
    ));
    for leaves_by in [drop::<(Client, Events)>, |(client, _events): (Client, Events)| client.abort()] {
        // SAFETY: it is a library of ours.
        let library = unsafe { Library::open(&file, None) }.expect("it was just built");
        let context = Library::create(library, b"\xa0").await.expect("it has no arguments");
        let (barrier, removals) = (Arc::<Barrier>::default(), Arc::<AtomicU32>::default());
        let stuck =
            Stuck { loaded: Loaded::clone(&context), barrier: Arc::clone(&barrier), removals: Arc::clone(&removals) };
        let served = Served::new(context.surface().clone(), context.server_info(None).descriptor, stuck);
        let info = served.server_info(None);
        let mut server = Server::new(Arc::new(served), info, Limits::default());
        let stopper = server.stopper();
        // On threads of its own: the removal waits for the delivery on one of them, and may keep all of them from looking at sockets and
        // clocks meanwhile.
        let servers = Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("threads");
        let (bound, address) = oneshot::channel();
        let running = servers.spawn(async move {
            let address = server.bind(&"tcp:127.0.0.1:0".parse().expect("an address")).await.expect("there is a port");
            bound.send(address).expect("the test waits");
            server.run().await;
        });
        let address = address.await.expect("it is bound");

        let (narrow, wide) = (client(&address, 1024).await, client(&address, 1 << 20).await);
        let heard = narrow.listen("on_mine").await.expect("there is one");
        let mut others = wide.listen("on_mine").await.expect("there is one");
        let (first, queued) = (new_name(), new_name());
        announce(&wide, &first, 2_000).await;
        until(|| barrier.counts() == (1, 0)).await;
        for _ in 0..5 {
            announce(&wide, &queued, 1).await;
        }
        assert!(!context.close().await, "it times out");
        assert!(context.stats().is_none(), "it is closed");
        leaves_by((narrow, heard));
        until(|| removals.load(Ordering::SeqCst) == 1).await;
        assert_eq!(barrier.counts(), (1, 0), "the delivery is still there");
        barrier.open();
        until(|| barrier.counts() == (1, 1)).await;
        // The event thread drops what it has not delivered, and ends.
        while went_off(&wide, &first).await + went_off(&wide, &queued).await < 6 {
            sleep(Duration::from_millis(1)).await;
        }
        assert!(!has_come(&mut others).await, "nothing is delivered after the close");
        assert_eq!(barrier.counts(), (1, 1));
        stopper.stop();
        wide.close().await;
        running.await.expect("no panic");
        servers.shutdown_background();
        assert_eq!(others.next().await, None);
        assert_eq!(removals.load(Ordering::SeqCst), 2, "each is removed once");
    }
}

/// The event thread is inside a listener of the host's, and a client listens behind it. It stops at some time of the destroy.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_client_behind_a_stuck_listener_stops_listening() {
    for round in 0..20 {
        let ctx = Ctx::create_of(&BOMBS, b"\xa0").await;
        let address = ctx.serve("tcp:127.0.0.1:0", None).await.expect("there is a port");
        let barrier = Arc::<Barrier>::default();
        let theirs = Arc::clone(&barrier);
        ctx.listen("on_mine", FFI_FORMAT_CBOR, move |_| theirs.pass());
        let listening = client(&address.parse().expect("an address"), 1 << 20).await;
        let mut heard = listening.listen("on_mine").await.expect("there is one");
        let name = new_name();
        for _ in 0..5 {
            announce(&listening, &name, 1).await;
        }
        until(|| barrier.counts() == (1, 0)).await;
        assert_eq!(went_off(&listening, &name).await, 0);
        let destroyed = tokio::task::spawn_blocking(move || ctx.destroy());
        sleep(Duration::from_millis(round * 8)).await;
        if round % 2 == 0 {
            assert!(!has_come(&mut heard).await || heard.next().await.is_none(), "nothing is delivered behind it");
        }
        drop(heard);
        assert_eq!(destroyed.await.expect("no panic"), Status::TimedOut.code());
        assert_eq!(barrier.counts(), (1, 0), "the delivery is still there");
        barrier.open();
        until(|| barrier.counts() == (1, 1)).await;
        until(|| bombs_time_out::went_off(&name) == 5).await;
        assert_eq!(barrier.counts(), (1, 1), "no delivery begins after the destroy");
        listening.close().await;
    }
}
