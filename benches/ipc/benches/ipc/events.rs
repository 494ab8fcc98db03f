//! A library emits as fast as it may, and connections listen: all on one thread, with a current-thread runtime.
//!
//! The emitter waits when the library's queue is full, so nothing is lost before the server. What a listener is not sent, or
//! has no room for, it is told of: each event's number has to be what the one before and the missed ones come to.

use crate::pipelined::runtime;
use crate::race::{Figure, processor_time};
use crate::raw::Raw;
use crate::served::Served;
use crate::table::Row;
use ffihost::ipc::Client;
use ffihost::ipc::client::{DeliveredEvent, Events, Options};
use ffihost::ipc::wire::frame::{FromClient, FromServer};
use ffihost::ipc::wire::{FrameDecoder, Message, PREFACE};
use ffihost_benches_harness::race::{Settings, take_turns};
use ffihost_benches_harness::rounds::Rounds;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::task::JoinHandle;

pub(crate) fn run(settings: Settings) -> Vec<Row> {
    let mut rows = Vec::new();
    for listeners in [1, 10, 100] {
        // About as many are delivered, whoever listens.
        let count = settings.calls(200_000 / listeners as u64);
        let rounds = settings.rounds.min(5);
        let mut kinds = [Kind::Raw, Kind::Client];
        let taken = take_turns(rounds, &mut kinds, |kind| measure(*kind, listeners, count));
        rows.extend(kinds.into_iter().zip(taken).map(|(kind, taken)| row(kind, listeners, count, &taken)));
    }
    rows
}

/// Who listens.
#[derive(Clone, Copy, Debug)]
enum Kind {
    /// A socket, and its frames.
    Raw,
    /// The client of `ffihost::ipc`.
    Client,
}

/// What became of so many events.
struct Taken {
    emitting: Duration,
    delivering: Duration,
    processor: Duration,
    delivered: u64,
    missed: u64,
}

fn row(kind: Kind, listeners: usize, count: u64, taken: &[Taken]) -> Row {
    let times = |of: fn(&Taken) -> f64| Rounds::new(taken.iter().map(of).collect());
    let all = |of: fn(&Taken) -> u64| taken.iter().map(of).sum::<u64>() as f64;
    let (delivered, missed) = (all(|taken| taken.delivered), all(|taken| taken.missed));
    let processor = taken.iter().map(|taken| taken.processor).sum::<Duration>().as_nanos() as f64 / delivered;
    let name = match kind {
        Kind::Raw => "raw clients",
        Kind::Client => "its clients",
    };
    let delivering = times(|taken| taken.delivering.as_nanos() as f64 / taken.delivered as f64);
    let emitted = count as f64 / times(|taken| taken.emitting.as_secs_f64()).spread().median;
    Row::new(format!("event, {listeners} listening"), "deliveries", Figure { name, times: delivering, processor })
        .note(format!("{emitted:.0}/s emitted, {:.2} % missed", 100.0 * missed / (delivered + missed)))
}

#[derive(Serialize)]
struct Burst {
    first: u64,
    count: u64,
}

#[derive(Deserialize)]
struct Tick {
    number: u64,
}

fn measure(kind: Kind, listeners: usize, count: u64) -> Taken {
    let served = Served::start();
    let mut raw = Raw::connect(served.path());
    let left = Arc::new(AtomicUsize::new(listeners));
    let (listen, listening) = mpsc::channel();
    let (address, path, done) = (served.address(), served.path().clone(), Arc::clone(&left));
    let thread = thread::spawn(move || {
        runtime().block_on(async {
            let mut tasks: Vec<JoinHandle<Tally>> = Vec::new();
            for _ in 0..listeners {
                let tally = Tally::new(count, Arc::clone(&done));
                tasks.push(match kind {
                    Kind::Raw => {
                        let socket = Socket::open(&path).await;
                        tokio::spawn(socket.listen(tally))
                    }
                    Kind::Client => {
                        let client = Client::connect(&address, Options::default()).await.expect("it is served");
                        let events = client.listen("ticked").await.expect("there is such an event");
                        tokio::spawn(listen_to(client, events, tally))
                    }
                });
            }
            listen.send(()).expect("somebody waits");
            let mut tallies = Vec::new();
            for task in tasks {
                tallies.push(task.await.expect("no event is wrong"));
            }
            tallies
        })
    });
    listening.recv().expect("they listen");
    let (before, start) = (processor_time(), Instant::now());
    let emitting = Duration::from_nanos(raw.request("emit_burst", &Burst { first: 0, count }));
    // What was missed at the end is told with one more, which may be missed itself.
    let mut first = count;
    while left.load(Ordering::Acquire) > 0 {
        thread::sleep(Duration::from_millis(5));
        let _took: u64 = raw.request("emit_burst", &Burst { first, count: 1 });
        first += 1;
    }
    let processor = processor_time() - before;
    let tallies = thread.join().expect("no event is wrong");
    let last = tallies.iter().map(|tally| tally.last).max().expect("somebody listens");
    let (delivered, missed) = tallies.iter().fold((0, 0), |(d, m), tally| (d + tally.delivered, m + tally.missed));
    assert_eq!(delivered + missed, count * listeners as u64, "each is delivered, or told to be missed");
    Taken { emitting, delivering: last - start, processor, delivered, missed }
}

/// What one listener has heard.
struct Tally {
    count: u64,
    next: u64,
    delivered: u64,
    missed: u64,
    last: Instant,
    left: Arc<AtomicUsize>,
}

impl Tally {
    fn new(count: u64, left: Arc<AtomicUsize>) -> Self {
        Self { count, next: 0, delivered: 0, missed: 0, last: Instant::now(), left }
    }

    /// Takes note of an event; false if it is one after all that count.
    fn hear(&mut self, missed: u64, payload: &[u8]) -> bool {
        let tick: Tick = ciborium::from_reader(payload).expect("it is a tick");
        assert_eq!(tick.number, self.next + missed, "each is delivered in order, or told to be missed");
        self.missed += tick.number.min(self.count) - self.next.min(self.count);
        self.next = tick.number + 1;
        if tick.number < self.count {
            self.delivered += 1;
            self.last = Instant::now();
            return true;
        }
        self.left.fetch_sub(1, Ordering::Release);
        false
    }
}

async fn listen_to(client: Client, mut events: Events, mut tally: Tally) -> Tally {
    loop {
        let DeliveredEvent { missed, payload } = events.next().await.expect("the server is there");
        if !tally.hear(missed, &payload) {
            drop(client);
            return tally;
        }
    }
}

/// A socket that listens.
struct Socket {
    stream: UnixStream,
    input: FrameDecoder,
}

impl Socket {
    async fn open(path: &PathBuf) -> Self {
        let mut stream = UnixStream::connect(path).await.expect("it is served");
        let mut hello = PREFACE.to_vec();
        FromClient::Hello { max_frame: 16 << 20, abi_hash: 0, token: "" }.encode(&mut hello);
        FromClient::Listen { id: 1, event: "ticked" }.encode(&mut hello);
        stream.write_all(&hello).await.expect("the server reads");
        let mut socket = Self { stream, input: FrameDecoder::for_client(16 << 20) };
        let mut opened = false;
        while !opened {
            socket.receive(|frame| opened |= matches!(frame, FromServer::Opened { .. })).await;
        }
        socket
    }

    async fn listen(mut self, mut tally: Tally) -> Tally {
        let mut more = true;
        while more {
            self.receive(|frame| {
                let FromServer::Event { missed, payload, .. } = frame else { panic!("{frame:?}") };
                more = more && tally.hear(missed, payload);
            })
            .await;
        }
        tally
    }

    async fn receive(&mut self, mut each: impl FnMut(FromServer<'_>)) {
        let buffer = self.input.buffer();
        buffer.reserve(16 << 10);
        assert!(self.stream.read_buf(buffer).await.expect("the server sends") > 0, "the server is there");
        while let Some(message) = self.input.next_message().expect("the server speaks this version") {
            if let Message::Frame { kind, body } = message {
                each(FromServer::decode(kind, body).expect("the server sends what it may"));
            }
        }
    }
}
