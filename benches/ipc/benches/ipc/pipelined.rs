//! 64 requests in flight on one connection, beside what else serves functions on a unix socket.
//!
//! Client and server are each on one thread, with a current-thread runtime where they are asynchronous; ours has the FFI
//! thread besides, where the author's code runs.

use crate::message::{Arguments, Echo, message};
use crate::peers::{tarpc_peer, tonic_peer};
use crate::race::{Contestant, Figure, race};
use crate::raw::Raw;
use crate::round_trip::timed;
use crate::served::Served;
use crate::table::{Row, Target};
use ffihost::ipc::Client;
use ffihost::ipc::client::Options;
use ffihost_benches_harness::race::Settings;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::runtime::Runtime;

/// Requests that are kept in flight.
pub(crate) const IN_FLIGHT: u64 = 64;

pub(crate) fn run(settings: Settings) -> Vec<Row> {
    let served = Served::start();
    let (mut raw, client) = (Raw::connect(served.path()), Ours::connect(&served));
    let tonic = tonic_peer::Peer::start();
    let bincode = tarpc_peer::Peer::bincode();
    let json = tarpc_peer::Peer::json();
    let figures = race(
        settings,
        40_000,
        vec![
            Contestant::new("ffihost, its client", |calls| client.requests("echo", calls)),
            Contestant::new("ffihost, raw client", |calls| timed(|| raw.requests("echo", calls, IN_FLIGHT))),
            Contestant::new("tarpc, bincode", |calls| bincode.requests(calls)),
            Contestant::new("tarpc, JSON", |calls| json.requests(calls)),
            Contestant::new("tonic", |calls| tonic.requests(calls)),
        ],
    );

    let median = |figure: &Figure| figure.times.spread().median;
    let fastest = figures[2..].iter().min_by(|a, b| median(a).total_cmp(&median(b)));
    let baseline = fastest.expect("there are others").clone();
    let target = |name: &str| if name.starts_with("ffihost") { Target::Ratio(1.0) } else { Target::None };
    Row::of("64 requests in flight", "calls", figures, &baseline, target)
}

/// A runtime on the thread that uses it.
pub(crate) fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("there are descriptors left")
}

/// As many tasks as are to be in flight, which make one request after the other.
pub(crate) fn keep_full<F>(
    runtime: &Runtime,
    calls: u64,
    request: impl Fn(u64) -> F + Clone + Send + 'static,
) -> Duration
where
    F: Future<Output = ()> + Send,
{
    let next = Arc::new(AtomicU64::new(0));
    timed(|| {
        runtime.block_on(async {
            let tasks: Vec<_> = (0..IN_FLIGHT)
                .map(|_| {
                    let (next, request) = (Arc::clone(&next), request.clone());
                    tokio::spawn(async move {
                        loop {
                            let number = next.fetch_add(1, Ordering::Relaxed);
                            if number >= calls {
                                return;
                            }
                            request(number).await;
                        }
                    })
                })
                .collect();
            for task in tasks {
                task.await.expect("no reply is wrong");
            }
        });
    })
}

/// The client of `ffihost::ipc`, with values that are encoded and decoded.
pub(crate) struct Ours {
    runtime: Runtime,
    client: Client,
}

impl Ours {
    pub(crate) fn connect(served: &Served) -> Self {
        let runtime = runtime();
        let client = runtime.block_on(Client::connect(&served.address(), Options::default())).expect("it is served");
        Self { runtime, client }
    }

    pub(crate) fn requests(&self, method: &'static str, calls: u64) -> Duration {
        let client = self.client.clone();
        keep_full(&self.runtime, calls, move |number| {
            let client = client.clone();
            async move {
                let mut arguments = Vec::with_capacity(64);
                let message = message(number);
                ciborium::into_writer(&Arguments { message: &message }, &mut arguments).expect("there is room");
                let reply = client.request(method, &arguments).await.expect("it is answered");
                ciborium::from_reader::<Echo, _>(&*reply).expect("it is an echo").expect(number);
            }
        })
    }
}
