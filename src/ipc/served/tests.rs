//! A listener whose last delivery runs while it is removed.

use super::*;
use crate::abi::types::FFIHostFnOptions;
use ffihost_ipc::Client;
use std::sync::mpsc;
use std::thread::{self, JoinHandle};

/// A library with an event that lends a handle. While its first listener is removed, a delivery to it begins and waits.
struct Slow {
    /// What the first removal returns.
    status: Status,
    added: Mutex<Vec<Callback>>,
    removals: Mutex<Vec<u64>>,
    delivery: Mutex<Option<JoinHandle<()>>>,
    entered: (mpsc::SyncSender<()>, Mutex<mpsc::Receiver<()>>),
    go_on: Mutex<mpsc::Receiver<()>>,
}

impl Functions for Slow {
    fn methods(&self) -> Vec<(&str, Option<&str>)> {
        vec![("thing_release", Some("Thing"))]
    }

    fn start(&self, _: usize, _: &[u8], _: Callback) -> Result<(), Status> {
        Err(Status::InvalidArgument)
    }

    fn cancel(&self, _: usize) {}

    /// The delivery is here: what it lends has not been sent, as the client has gone.
    fn release(&self, _: usize, _: u64) -> Result<(), Status> {
        self.entered.0.send(()).expect("the test waits");
        self.go_on.lock().recv().expect("the test lets it go on");
        Ok(())
    }

    fn listen(&self, _: &str, callback: Callback) -> Result<u64, Status> {
        let mut added = self.added.lock();
        added.push(callback);
        Ok(added.len() as u64)
    }

    fn unlisten(&self, ticket: u64) -> Result<(), Status> {
        let mut removals = self.removals.lock();
        removals.push(ticket);
        if removals.len() > 1 {
            return Ok(());
        }
        let callback = self.added.lock()[0];
        let delivery = thread::spawn(move || callback.call(Status::Ok, b"\xa1\x65thing\x07"));
        self.entered.1.lock().recv().expect("it is delivered");
        *self.delivery.lock() = Some(delivery);
        Err(self.status)
    }

    unsafe fn register(&self, _: &str, _: &FFIHostFnOptions, _: Origin) -> Result<u64, Status> {
        Err(Status::InvalidArgument)
    }

    fn unregister(&self, _: &str, _: u64) {}

    fn complete(&self, _: u64, _: i32, _: &[u8]) -> Result<(), Status> {
        Err(Status::UnknownToken)
    }
}

fn surface() -> schema::Library {
    let thing =
        schema::Field { name: "thing".into(), docs: schema::Docs::default(), ty: schema::Type::Handle("Thing".into()) };
    let (name, docs) = ("found".to_owned(), schema::Docs::default());
    let formats = schema::Formats { native: false, cbor: true };
    let layout = schema::Layout { size: 8, align: 8, offsets: vec![0] };
    let constructor = schema::Constructor {
        docs: schema::Docs::default(),
        params: Vec::new(),
        error: None,
        formats,
        layout: layout.clone(),
    };
    schema::Library {
        name: "slow".into(),
        docs: schema::Docs::default(),
        version: "1".into(),
        pointer_width: 64,
        target: 0x0808_0802_0408_0408,
        hash: 0,
        formats,
        serve: true,
        constructor,
        structs: Vec::new(),
        newtypes: Vec::new(),
        enums: Vec::new(),
        handles: Vec::new(),
        requests: Vec::new(),
        host_fns: Vec::new(),
        events: vec![schema::Event { name, docs, params: vec![thing], layout }],
        constants: Vec::new(),
    }
}

/// A client that listens, and goes without a goodbye. Its removal has been asked for when this returns.
async fn listen_and_go(served: &Served<Slow>) {
    let removals = served.removals.lock().len();
    let client = Client::in_process(Arc::new(served.clone()), served.server_info(None), async {}).await;
    let client = client.expect("it takes everybody");
    let _events = client.listen("found").await.expect("there is such an event");
    client.abort();
    while served.removals.lock().len() == removals {
        tokio::task::yield_now().await;
    }
}

fn what_a_slow_delivery_uses_outlives_it(status: Status) {
    let (entered, go_on) = (mpsc::sync_channel(1), mpsc::sync_channel(1));
    let slow = Slow {
        status,
        added: Mutex::default(),
        removals: Mutex::default(),
        delivery: Mutex::default(),
        entered: (entered.0, Mutex::new(entered.1)),
        go_on: Mutex::new(go_on.1),
    };
    let served = Served::new(surface(), vec![0xf6], slow);
    // Each listener has a share of this.
    let handles = served.inner.events["found"].clone().expect("it can hold handles");
    let nobody = Arc::strong_count(&handles);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        listen_and_go(&served).await;
        assert_eq!(Arc::strong_count(&handles), nobody + 1, "freed while a delivery runs");
        go_on.0.send(()).expect("it waits");
        let delivery = served.delivery.lock().take().expect("it has begun");
        delivery.join().expect("no panic");
        listen_and_go(&served).await;
        assert_eq!(Arc::strong_count(&handles), nobody, "kept for ever");
    });
    let late = served.added.lock()[0];
    late.call(Status::Ok, b"\xa1\x65thing\x07");
}

#[test]
fn a_listener_that_still_runs_is_freed_when_it_has_ended() {
    what_a_slow_delivery_uses_outlives_it(Status::Busy);
}

#[test]
fn a_listener_that_runs_though_the_context_has_ended_is_not_freed() {
    what_a_slow_delivery_uses_outlives_it(Status::InvalidCtx);
}
