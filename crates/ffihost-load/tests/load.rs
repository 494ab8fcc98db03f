//! Many connections with many requests each, for a while: every answer is the one to its request, and memory does not grow.
//!
//! `FFIHOST_LOAD_SECONDS` says for how long, `FFIHOST_LOAD_CONNECTIONS` and `FFIHOST_LOAD_IN_FLIGHT` how many.

mod support;

use ffihost_ipc::wire::frame::{FromClient, FromServer};
use ffihost_ipc::wire::{FrameDecoder, Message, PREFACE};
use ffihost_ipc::{Address, Limits};
use std::collections::HashMap;
use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};
use support::{Served, decode, echo, text};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::time::{sleep, timeout};

/// Nothing here takes so long; this is for machines that do.
const PATIENCE: Duration = Duration::from_secs(300);

fn number(name: &str, otherwise: usize) -> usize {
    std::env::var(name).map_or(otherwise, |text| text.parse().unwrap_or_else(|_| panic!("{name}={text} is no number")))
}

/// The memory of this process that is there, in bytes.
fn resident() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").expect("this is Linux");
    let pages: u64 = statm.split(' ').nth(1).and_then(|pages| pages.parse().ok()).expect("its second number");
    pages * 4096
}

/// What all connections have in common.
#[derive(Default)]
struct Load {
    stop: AtomicBool,
    answers: AtomicU64,
    bytes: AtomicU64,
    slowest_us: AtomicU64,
}

impl Load {
    /// Waits for that time, and until that many more answers have come.
    async fn go_on(&self, time: Duration, answers: usize) {
        let before = self.answers.load(Ordering::Relaxed);
        sleep(time).await;
        let enough = before + u64::try_from(answers).expect("64 bits");
        let all = async {
            while self.answers.load(Ordering::Relaxed) < enough {
                sleep(Duration::from_millis(10)).await;
            }
        };
        timeout(PATIENCE, all).await.expect("all are answered");
    }
}

/// Mostly small, sometimes large; the largest is what `my_timer` takes, with the map around it.
const SIZES: [usize; 8] = [0, 1, 20, 100, 100, 1_000, 8_000, (64 << 10) - 200];

/// A message that says which connection and request it is of, and is so long.
fn message(connection: usize, id: u64) -> String {
    let size = SIZES[usize::try_from(id).expect("64 bits") % SIZES.len()];
    // Nothing is said by who says nothing, so the shortest is its name alone.
    let name = format!("{connection}/{id}");
    let mut message = name.clone();
    while message.len() < size {
        message.push('.');
        message.push_str(&name);
    }
    message
}

/// Keeps so many requests in flight until it is told to stop, and checks each answer.
async fn connection(number: usize, in_flight: usize, address: std::path::PathBuf, load: Arc<Load>) {
    let mut stream = UnixStream::connect(address).await.expect("it is served");
    let mut sending = PREFACE.to_vec();
    FromClient::Hello { max_frame: 1 << 20, abi_hash: 0, token: "" }.encode(&mut sending);
    let mut input = FrameDecoder::for_client(1 << 20);
    let (mut open, mut last, mut sent) = (HashMap::new(), 0_u64, 0);
    loop {
        while open.len() < in_flight && !load.stop.load(Ordering::Relaxed) {
            last += 1;
            let payload = if last % 8 == 0 { Vec::new() } else { echo(&message(number, last), 0) };
            let method = if payload.is_empty() { "name" } else { "echo" };
            FromClient::Request { id: last, timeout_ms: 0, method, payload: &payload }.encode(&mut sending);
            assert!(open.insert(last, (Instant::now(), method)).is_none());
        }
        if open.is_empty() {
            return;
        }
        let (mut read, mut write) = stream.split();
        let turn = async {
            tokio::select! {
                count = write.write(&sending[sent..]), if sent < sending.len() => sent += count.expect("the server reads"),
                count = read.read_buf(input.buffer()) => assert_ne!(count.expect("the server is there"), 0, "it went"),
            }
        };
        timeout(PATIENCE, turn).await.expect("the server answers");
        sending.drain(..std::mem::take(&mut sent));
        while let Some(received) = input.next_message().expect("a server sends what can be read") {
            let Message::Frame { kind, body } = received else { continue };
            let (id, ret, payload) = match FromServer::decode(kind, body).expect("it is sound") {
                FromServer::Reply { id, ret, payload } => (id, ret, payload),
                FromServer::Welcome { .. } => continue,
                other => panic!("nobody asked for {other:?}"),
            };
            let (asked, method) = open.remove(&id).expect("an answer to what was asked, once");
            assert_eq!(ret, 0, "{}", String::from_utf8_lossy(payload));
            let answer = decode(payload);
            if method == "name" {
                assert_eq!(answer, "ipc-server".into());
            } else {
                assert!(text(&answer, "echoed") == message(number, id), "the answer to {number}/{id} is another's");
            }
            let took = u64::try_from(asked.elapsed().as_micros()).expect("less than for ever");
            load.slowest_us.fetch_max(took, Ordering::Relaxed);
            load.answers.fetch_add(1, Ordering::Relaxed);
            load.bytes.fetch_add(payload.len() as u64, Ordering::Relaxed);
        }
    }
}

#[test]
fn many_connections_with_many_requests() {
    let seconds = number("FFIHOST_LOAD_SECONDS", 10);
    let connections = number("FFIHOST_LOAD_CONNECTIONS", 256);
    let in_flight = number("FFIHOST_LOAD_IN_FLIGHT", 64);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("there are threads");
    let (load, third, end) = runtime.block_on(async {
        let limits = Limits { connections, ..Limits::default() };
        let served = Served::with(limits, None).await;
        let Address::Unix(path) = served.unix.clone() else { panic!("{}", served.unix) };
        let load = Arc::new(Load::default());
        let clients: Vec<_> = (0..connections)
            .map(|number| tokio::spawn(connection(number, in_flight, path.clone(), Arc::clone(&load))))
            .collect();
        let time = Duration::from_secs(seconds as u64);
        // By what was done, not by the time alone: memory grows until each of its places has been made use of, however long
        // that takes here.
        load.go_on(time / 3, 4 * connections * in_flight).await;
        let third = resident();
        load.go_on(time * 2 / 3, 8 * connections * in_flight).await;
        let end = resident();
        load.stop.store(true, Ordering::Relaxed);
        for client in clients {
            client.await.expect("every answer is right");
        }
        served.stop().await;
        (load, third, end)
    });
    let (answers, bytes) = (load.answers.load(Ordering::Relaxed), load.bytes.load(Ordering::Relaxed));
    let slowest_ms = load.slowest_us.load(Ordering::Relaxed) / 1000;
    let mib = |bytes: u64| bytes >> 20;
    writeln!(
        io::stdout(),
        "{connections} connections, {in_flight} in flight, {seconds} s: {answers} answers, {} MiB of them, the slowest after \
         {slowest_ms} ms; resident {} MiB after a third, {} MiB at the end",
        mib(bytes),
        mib(third),
        mib(end)
    )
    .expect("there is an output");
    // What is in flight is somewhere between the client's request and the client's answer: where, differs from moment to moment,
    // and with it how many copies there are. One copy more of half of it is allowed, and what an allocator may keep. All the
    // answers of two thirds of the time are several times that.
    let average = SIZES.iter().sum::<usize>() / SIZES.len();
    let moving = u64::try_from(connections * in_flight * average / 2).expect("64 bits");
    assert!(end <= third + moving + (16 << 20), "{} MiB became {} MiB", mib(third), mib(end));
}
