//! What a server does with a library that calls back when nobody expects it.

mod support;

use ffihost::abi::types::FFIHostFnOptions;
use ffihost::ipc::{Callback, Functions, Origin, Served, Status};
use ffihost_ipc::Client;
use ffihost_load::Library;
use futures::StreamExt;
use std::ffi::c_void;
use std::sync::{Arc, Barrier, Mutex, mpsc};
use std::time::Duration;
use support::{echo, library};

const PATIENCE: Duration = Duration::from_secs(60);

/// A library that does nothing by itself: the test calls back.
struct Puppet {
    methods: Vec<String>,
    started: mpsc::Sender<Called>,
    listened: mpsc::Sender<Called>,
    removed: Mutex<mpsc::Sender<u64>>,
    /// What a removal of a listener says.
    removal: Status,
}

/// What the library was given to call.
#[derive(Clone, Copy)]
struct Called(Callback);

impl Called {
    fn call(self, ret: i32, payload: &[u8]) {
        let (function, user_data): (_, *mut c_void) = self.0.parts();
        // SAFETY: as the library would call it; the bytes live during the call.
        unsafe { function(ret, payload.as_ptr().cast(), payload.len(), user_data) };
    }
}

impl Functions for Puppet {
    fn methods(&self) -> Vec<(&str, Option<&str>)> {
        self.methods.iter().map(|name| (&**name, None)).collect()
    }

    fn start(&self, _: usize, _: &[u8], callback: Callback) -> Result<(), Status> {
        self.started.send(Called(callback)).map_err(|_| Status::Closing)
    }

    fn cancel(&self, _: usize) {}

    fn release(&self, _: usize, _: u64) -> Result<(), Status> {
        Ok(())
    }

    fn listen(&self, _: &str, callback: Callback) -> Result<u64, Status> {
        self.listened.send(Called(callback)).map(|()| 1).map_err(|_| Status::Closing)
    }

    fn unlisten(&self, ticket: u64) -> Result<(), Status> {
        let _nobody_waits = self.removed.lock().expect("no panic").send(ticket);
        Err(self.removal)
    }

    unsafe fn register(&self, _: &str, _: &FFIHostFnOptions, _: Origin) -> Result<u64, Status> {
        Err(Status::InvalidArgument)
    }

    fn unregister(&self, _: &str, _: u64) {}

    fn complete(&self, _: u64, _: i32, _: &[u8]) -> Result<(), Status> {
        Err(Status::UnknownToken)
    }
}

struct Strings {
    started: mpsc::Receiver<Called>,
    listened: mpsc::Receiver<Called>,
    removed: mpsc::Receiver<u64>,
}

async fn puppet(removal: Status) -> (Client, Strings) {
    // SAFETY: it is a library of ours.
    let surface = unsafe { Library::open(&library(), None) }.expect("it was just built").surface().clone();
    let methods = surface.requests.iter().map(|request| request.name.clone()).collect();
    let ((started, starts), (listened, listens), (removed, removes)) =
        (mpsc::channel(), mpsc::channel(), mpsc::channel());
    let puppet = Puppet { methods, started, listened, removed: Mutex::new(removed), removal };
    let served = Served::new(surface, Vec::new(), puppet);
    let info = served.server_info(None);
    let client = Client::in_process(Arc::new(served), info, async {}).await.expect("no token");
    (client, Strings { started: starts, listened: listens, removed: removes })
}

/// Whatever a removal says: the status of a context that was abandoned says nothing about its event thread.
#[tokio::test(flavor = "multi_thread")]
async fn a_listener_that_was_removed_may_still_be_called() {
    for removal in [Status::InvalidCtx, Status::UnknownToken, Status::Busy] {
        let (client, strings) = puppet(removal).await;
        let mut events = client.listen("on_echo_fired").await.expect("there is such an event");
        let listener = strings.listened.recv_timeout(PATIENCE).expect("it was added");
        listener.call(0, b"\xa0");
        assert_eq!(events.next().await.expect("it was fired").payload, b"\xa0");
        (0..3).for_each(|_| listener.call(0, b"\xa0"));
        let payloads: Vec<_> = (&mut events).take(3).map(|event| event.payload).collect().await;
        assert_eq!(payloads, [b"\xa0"; 3]);
        drop(events);
        strings.removed.recv_timeout(PATIENCE).expect("it is removed");
        client.close().await;
        listener.call(0, b"\xa0");
        listener.call(0, b"\xa0");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_warning_takes_no_reply_away() {
    let (client, strings) = puppet(Status::Ok).await;
    for _ in 0..500 {
        let arguments = echo("once", 0);
        let request = client.request("echo", &arguments);
        let answering = async {
            // It is started when the request has been polled.
            let strings = &strings;
            tokio::task::yield_now().await;
            tokio::task::block_in_place(|| {
                let request = strings.started.recv_timeout(PATIENCE).expect("it was started");
                let both = Barrier::new(2);
                std::thread::scope(|scope| {
                    scope.spawn(|| {
                        both.wait();
                        (0..20).for_each(|_| request.call(Status::StaleWarn.code(), b"1000"));
                    });
                    both.wait();
                    request.call(0, b"\xf6");
                });
                // The other order: a warning that comes too late warns nobody.
                request.call(Status::StaleWarn.code(), b"1000");
            });
        };
        let both = async { tokio::join!(biased; request, answering).0 };
        let answer = tokio::time::timeout(PATIENCE, both).await.expect("the reply is lost");
        assert_eq!(answer.expect("it is answered"), b"\xf6");
    }
    client.close().await;
}
