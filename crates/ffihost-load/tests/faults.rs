//! Clients that are gone, half there, hostile or slow, and servers that go away: others are served meanwhile, and nothing of it
//! stays behind.

mod support;

use ffihost_ipc::client::{Backoff, Options, RequestError};
use ffihost_ipc::wire::frame::{FromClient, FromServer};
use ffihost_ipc::wire::{FrameDecoder, Message, PREFACE, encode_request};
use ffihost_ipc::{Address, Client, Limits, Server, Status};
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, Once, PoisonError};
use std::time::Duration;
use support::{Served, decode, echo, encode, text};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UnixListener, UnixStream};
use tokio::time::{sleep, timeout};

/// Nothing here takes long; this is for machines that do.
const PATIENCE: Duration = Duration::from_secs(300);

/// One after the other: what is open is counted for the whole process.
static ONE: Mutex<()> = Mutex::new(());

fn descriptors() -> usize {
    std::fs::read_dir("/proc/self/fd").expect("this is Linux").count()
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("there are threads")
}

/// Does something to a server. Another client is answered before, meanwhile and afterwards; in the end nothing is left of it:
/// neither in the library nor in this process.
fn to_a_server(limits: Limits, body: impl AsyncFnOnce(&Served, &Client)) {
    static WARM: Once = Once::new();
    let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    // What is opened once stays open.
    WARM.call_once(|| runtime().block_on(async { Served::loaded().await.stop().await }));
    let before = descriptors();
    let runtime = runtime();
    runtime.block_on(async {
        let served = Served::with(limits, None).await;
        let other = Client::connect(&served.unix, Options::default()).await.expect("it is served");
        answered(&other).await;
        timeout(2 * PATIENCE, body(&served, &other)).await.expect("it comes to an end");
        answered(&other).await;
        nothing_is_left(&served).await;
        other.close().await;
        served.stop().await;
    });
    drop(runtime);
    assert_eq!(descriptors(), before, "descriptors are open that were not");
}

async fn answered(client: &Client) {
    let name = timeout(PATIENCE, client.request("name", b"\xa0")).await.expect("it is served on");
    assert_eq!(name, Ok(encode(&"ipc-server".into())));
}

async fn nothing_is_left(served: &Served) {
    until(|| {
        let stats = served.context().stats().expect("it is not closed");
        let left = [stats.requests_in_flight, stats.listeners, stats.host_fns_registered, stats.host_calls_in_flight];
        if left == [0; 4] { Ok(()) } else { Err(format!("{stats:?}")) }
    })
    .await;
}

async fn until(mut holds: impl FnMut() -> Result<(), String>) {
    let mut why = String::new();
    let waited = timeout(PATIENCE, async {
        while let Err(not_yet) = holds() {
            why = not_yet;
            sleep(Duration::from_millis(1)).await;
        }
    });
    assert!(waited.await.is_ok(), "it does not come to that: {why}");
}

fn path(address: &Address) -> &Path {
    let Address::Unix(path) = address else { panic!("{address} is no unix socket") };
    path
}

async fn raw(served: &Served) -> UnixStream {
    UnixStream::connect(path(&served.unix)).await.expect("it is served")
}

/// Waits for the server to end the connection, and gives what it said before.
async fn end(stream: &mut (impl AsyncReadExt + Unpin)) -> Vec<u8> {
    let mut said = Vec::new();
    match timeout(PATIENCE, stream.read_to_end(&mut said)).await.expect("the server ends it") {
        Ok(_) => {}
        Err(error) => assert_eq!(error.kind(), io::ErrorKind::ConnectionReset, "{error}"),
    }
    said
}

fn greeting() -> Vec<u8> {
    let mut bytes = PREFACE.to_vec();
    FromClient::Hello { max_frame: 1 << 20, abi_hash: 0, token: "" }.encode(&mut bytes);
    bytes
}

fn frames(frames: &[FromClient<'_>]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for frame in frames {
        frame.encode(&mut bytes);
    }
    bytes
}

/// Meets each state of the protocol: requests run, are cancelled and timed, an event is listened to, a host function is called
/// and answers, and is called again.
fn whole_dialogue() -> Vec<u8> {
    let (long, short) = (echo("long", 60_000), echo("short", 0));
    let request = |id, method, payload| FromClient::Request { id, timeout_ms: 0, method, payload };
    let mut bytes = greeting();
    bytes.extend(frames(&[
        request(1, "echo", &long),
        FromClient::Request { id: 2, timeout_ms: 50, method: "echo", payload: &long },
        FromClient::Listen { id: 3, event: "on_echo_fired" },
        FromClient::Register { id: 4, max_in_flight: 0, deadline_ms: 0, name: "fetch_clock" },
        request(5, "read_clock", b"\xa0"),
        request(6, "echo", &short),
        FromClient::Cancel { id: 1 },
        FromClient::Complete { call: 1, ret: 0, payload: b"\x07" },
        request(7, "read_clock", b"\xa0"),
        FromClient::Ping { number: 1 },
        FromClient::Cancel { id: 3 },
        FromClient::Cancel { id: 4 },
        FromClient::Goodbye,
    ]));
    bytes
}

fn version_1_dialogue() -> Vec<u8> {
    let mut bytes = Vec::new();
    encode_request("echo", &echo("short", 20), &mut bytes);
    encode_request("name", b"", &mut bytes);
    bytes
}

#[test]
fn clients_that_are_killed_after_each_byte() {
    to_a_server(Limits::default(), async |served, other| {
        for dialogue in [whole_dialogue(), version_1_dialogue()] {
            for length in 0..=dialogue.len() {
                let mut client = raw(served).await;
                client.write_all(&dialogue[..length]).await.expect("the server reads");
                drop(client);
                if length % 50 == 0 {
                    answered(other).await;
                }
            }
        }
    });
}

#[test]
fn clients_that_shut_down_their_side_after_each_byte() {
    to_a_server(Limits::default(), async |served, other| {
        for dialogue in [whole_dialogue(), version_1_dialogue()] {
            for length in 0..=dialogue.len() {
                let mut client = raw(served).await;
                client.write_all(&dialogue[..length]).await.expect("the server reads");
                client.shutdown().await.expect("it is our side");
                end(&mut client).await;
                if length % 50 == 0 {
                    answered(other).await;
                }
            }
        }
    });
}

#[test]
fn one_byte_at_a_time_and_cut_at_each_byte() {
    to_a_server(Limits::default(), async |served, _| {
        let mut bytes = greeting();
        let request = FromClient::Request { id: 1, timeout_ms: 0, method: "name", payload: b"\xa0" };
        bytes.extend(frames(&[request, FromClient::Goodbye]));
        let mut expected = None;
        for cut in 0..=bytes.len() {
            let Address::Tcp { host, port } = &served.tcp else { panic!("{}", served.tcp) };
            let mut client = TcpStream::connect((&**host, *port)).await.expect("it is served");
            client.set_nodelay(true).expect("it is TCP");
            let pieces: Vec<&[u8]> =
                if cut == 0 { bytes.chunks(1).collect() } else { vec![&bytes[..cut], &bytes[cut..]] };
            for piece in pieces {
                client.write_all(piece).await.expect("the server reads");
                tokio::task::yield_now().await;
            }
            let said = end(&mut client).await;
            assert_eq!(*expected.get_or_insert(said.clone()), said, "cut at {cut}");
            assert!(said.ends_with(&encode(&"ipc-server".into())));
        }
    });
}

#[test]
fn half_there_and_lengths_that_are_not_kept() {
    let limits = Limits { frame_time: Duration::from_millis(500), ..Limits::default() };
    to_a_server(limits, async |served, other| {
        let declared = |length: u32| [&greeting()[..], &length.to_be_bytes(), b"\x02few"].concat();
        let method = |length: u32| length.to_be_bytes().to_vec();
        let begun: [Vec<u8>; 9] = [
            Vec::new(),
            b"FFI".to_vec(),
            PREFACE.to_vec(),
            greeting()[..15].to_vec(),
            declared(16 << 20),
            declared(100),
            method(4),
            [&method(4)[..], b"name\0\xff\xff\xff"].concat(),
            [&method(255)[..], b"name"].concat(),
        ];
        let mut clients = Vec::new();
        for _ in 0..20 {
            for bytes in &begun {
                let mut client = raw(served).await;
                client.write_all(bytes).await.expect("the server reads");
                clients.push(client);
            }
        }
        answered(other).await;
        for mut client in clients {
            end(&mut client).await;
        }
        // Far more than is taken: that is answered at once.
        for bytes in [declared(u32::MAX), [&method(1)[..], b"a\xff\xff\xff\xff"].concat()] {
            let mut client = raw(served).await;
            client.write_all(&bytes).await.expect("the server reads");
            let said = end(&mut client).await;
            assert!(String::from_utf8_lossy(&said).contains("4294967295"), "{said:?}");
        }
    });
}

#[test]
fn garbage() {
    to_a_server(Limits { frame_time: Duration::from_millis(500), ..Limits::default() }, async |served, other| {
        let mut state = 0x2545_f491_4f6c_dd1d_u64;
        let mut random = move || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state
        };
        let beginnings = [Vec::new(), vec![0, 0, 0], PREFACE.to_vec(), greeting(), whole_dialogue()];
        for round in 0..300 {
            let mut client = raw(served).await;
            let length = random() % 500;
            let mut bytes = beginnings[round % beginnings.len()].clone();
            bytes.extend((0..length).map(|_| random().to_le_bytes()[0]));
            if round % 3 == 0 {
                let at = usize::try_from(random()).expect("64 bits") % bytes.len().max(1);
                bytes.truncate(at + 1);
            }
            // It may be thrown out before it has sent all.
            let _thrown_out = client.write_all(&bytes).await;
            if round % 2 == 0 {
                drop(client);
            } else {
                end(&mut client).await;
            }
        }
        answered(other).await;
    });
}

#[test]
fn a_client_that_asks_much_and_reads_nothing() {
    let limits = Limits {
        frame: 64 << 10,
        output: 512 << 10,
        in_flight: 64,
        stall: Duration::from_secs(1),
        ..Limits::default()
    };
    to_a_server(limits, async |served, other| {
        let message = "x".repeat(30_000);
        let payload = echo(&message, 0);
        let mut client = raw(served).await;
        client.write_all(&greeting()).await.expect("the server reads");
        let mut requests = 0_u64;
        let thrown_out = timeout(PATIENCE, async {
            loop {
                let request = FromClient::Request { id: requests, timeout_ms: 0, method: "echo", payload: &payload };
                if client.write_all(&frames(&[request])).await.is_err() {
                    break;
                }
                requests += 1;
                if requests.is_multiple_of(8) {
                    answered(other).await;
                }
            }
        });
        thrown_out.await.expect("a client that takes nothing is given up");
        // What waits to be read is a quarter of the limit when no more is read; beside it there is what runs, what is being
        // sent, and what the sockets hold, all of which is less than 8 MiB.
        assert!(requests * 30_000 < 8 << 20, "{requests} requests were taken, and nobody read an answer");
    });
}

/// Frames of a connection that a test makes by hand.
struct Raw {
    stream: UnixStream,
    input: FrameDecoder,
}

impl Raw {
    async fn connect(served: &Served) -> Self {
        let mut stream = raw(served).await;
        stream.write_all(&greeting()).await.expect("the server reads");
        Self { stream, input: FrameDecoder::for_client(1 << 20) }
    }

    async fn send(&mut self, frame: FromClient<'_>) {
        self.stream.write_all(&frames(&[frame])).await.expect("the server reads");
    }

    /// The first frame of those that come that is what is asked for.
    async fn expect<T>(&mut self, wanted: impl Fn(FromServer<'_>) -> Option<T>) -> T {
        loop {
            while let Some(message) = self.input.next_message().expect("a server sends what can be read") {
                let Message::Frame { kind, body } = message else { continue };
                if let Some(wanted) = wanted(FromServer::decode(kind, body).expect("it is sound")) {
                    return wanted;
                }
            }
            let come = timeout(PATIENCE, self.stream.read_buf(self.input.buffer())).await.expect("the server answers");
            assert_ne!(come.expect("the server is there"), 0, "the server ended the connection");
        }
    }

    async fn register(&mut self, id: u64, deadline_ms: u32) {
        self.send(FromClient::Register { id, max_in_flight: 0, deadline_ms, name: "fetch_clock" }).await;
        self.expect(|frame| (frame == FromServer::Opened { id }).then_some(())).await;
    }

    async fn call(&mut self) -> u64 {
        self.expect(|frame| if let FromServer::Call { call, .. } = frame { Some(call) } else { None }).await
    }
}

/// Why the library had no clock.
fn no_clock(outcome: Result<Vec<u8>, RequestError>) -> String {
    let Err(RequestError::Declared(error)) = outcome else { panic!("{outcome:?}") };
    text(&decode(&error), "NoClock").to_owned()
}

#[test]
fn a_host_function_that_never_answers() {
    to_a_server(Limits::default(), async |served, other| {
        let mut clock = Raw::connect(served).await;
        clock.register(1, 50).await;
        let why = no_clock(other.request("read_clock", b"\xa0").await);
        assert!(why.contains("deadline") || why.contains("time"), "{why}");
        let call = clock.call().await;
        clock.expect(|frame| (frame == FromServer::CallCancelled { call }).then_some(())).await;
        clock.send(FromClient::Complete { call, ret: 0, payload: b"\x07" }).await;
        let refused = FromServer::CallRefused { call, ret: Status::UnknownToken.code() };
        clock.expect(|frame| (frame == refused).then_some(())).await;
    });
}

#[test]
fn a_client_that_dies_with_open_calls() {
    to_a_server(Limits::default(), async |served, other| {
        let mut clock = Raw::connect(served).await;
        clock.register(1, 0).await;
        let asker = other.clone();
        let readings: Vec<_> = (0..20)
            .map(|_| {
                let asker = asker.clone();
                tokio::spawn(async move { asker.request("read_clock", b"\xa0").await })
            })
            .collect();
        for _ in 0..readings.len() {
            clock.call().await;
        }
        drop(clock);
        for reading in readings {
            let why = no_clock(timeout(PATIENCE, reading).await.expect("it fails").expect("it does not panic"));
            assert!(why.contains("disconnected"), "{why}");
        }
    });
}

/// Between clients and a server: passes everything on, but ends its first connection after so many bytes from the server.
async fn proxy(listener: UnixListener, server: std::path::PathBuf, cut: u64) {
    let mut cut = Some(cut);
    while let Ok((client, _)) = listener.accept().await {
        let Ok(server) = UnixStream::connect(&server).await else { continue };
        let ((mut from_client, mut to_client), (from_server, mut to_server)) =
            (client.into_split(), server.into_split());
        let there = tokio::spawn(async move { tokio::io::copy(&mut from_client, &mut to_server).await });
        let mut limited = from_server.take(cut.take().unwrap_or(u64::MAX));
        tokio::spawn(async move {
            let _gone = tokio::io::copy(&mut limited, &mut to_client).await;
            there.abort();
        });
    }
}

/// A client whose connection breaks after each byte that the server sends: without a second try it learns of that, with one it
/// gets its answer.
#[test]
fn connections_that_break_after_each_byte_from_the_server() {
    to_a_server(Limits::default(), async |served, _| {
        let folder = tempfile::tempdir().expect("there is room");
        let answer = encode(&"ipc-server".into());
        for cut in 0.. {
            let socket = folder.path().join(cut.to_string());
            let listener = UnixListener::bind(&socket).expect("the folder is ours");
            let proxy = tokio::spawn(proxy(listener, path(&served.unix).to_owned(), cut));
            let backoff =
                Backoff { first: Duration::from_millis(1), longest: Duration::from_millis(10), ..Backoff::default() };
            let reconnect = (cut % 2 == 0).then_some(backoff);
            let options = Options { reconnect, ..Options::default() };
            let outcome = match Client::connect(&Address::Unix(socket), options).await {
                Err(_) => None,
                Ok(client) => {
                    let answer = timeout(PATIENCE, client.request_idempotent("name", b"\xa0")).await.expect("it ends");
                    client.abort();
                    Some(answer)
                }
            };
            proxy.abort();
            // The greeting is 8 bytes and WELCOME; REPLY is 17 bytes and the payload.
            let welcome = 5 + 4 + 4 + 8 + 2 + 8 + 2 + served.context().surface().version.len() as u64;
            let (greeted, whole) = (8 + welcome, 8 + welcome + 17 + answer.len() as u64);
            let expected = match cut {
                _ if cut < greeted => None,
                _ if cut < whole && reconnect.is_none() => Some(Err(RequestError::Disconnected)),
                _ => Some(Ok(answer.clone())),
            };
            assert_eq!(outcome, expected, "cut after {cut} of {whole}");
            if cut > whole {
                break;
            }
        }
    });
}

#[test]
fn a_server_that_is_started_again() {
    to_a_server(Limits::default(), async |served, _| {
        let folder = tempfile::tempdir().expect("there is room");
        let address = Address::Unix(folder.path().join("again.sock"));
        let serve = async || {
            let mut server =
                Server::new(Arc::new(served.context().clone()), served.context().server_info(None), Limits::default());
            server.bind(&address).await.expect("nobody listens there any more");
            let stopper = server.stopper();
            (stopper, tokio::spawn(server.run()))
        };
        let (stopper, running) = serve().await;
        let reconnect =
            Some(Backoff { first: Duration::from_millis(1), longest: Duration::from_millis(20), ..Backoff::default() });
        let stays = Client::connect(&address, Options { reconnect, ..Options::default() }).await.expect("it is served");
        let leaves = Client::connect(&address, Options::default()).await.expect("it is served");
        let mut events = stays.listen("on_echo_fired").await.expect("there is such an event");
        let _clock = stays.register("fetch_clock", |call| call.succeed(b"\x07")).await.expect("it is free");
        let (long, asker) = (echo("long", 60_000), leaves.clone());
        let running_on = tokio::spawn(async move { asker.request("echo", &long).await });
        answered(&leaves).await;
        stopper.stop();
        running.await.expect("it does not panic");
        let cancelled = running_on.await.expect("it does not panic").expect_err("nobody answers it");
        assert_eq!(cancelled.status(), Some(Status::Cancelled));
        assert_eq!(leaves.request("name", b"\xa0").await, Err(RequestError::Disconnected));
        // It is asked for while there is no server.
        let (asker, ask) = (stays.clone(), tokio::sync::oneshot::channel());
        let asked = tokio::spawn(async move {
            let _nobody_waits = ask.0.send(());
            asker.request_idempotent("name", b"\xa0").await
        });
        ask.1.await.expect("it is asked for");
        let (_stopper, running) = serve().await;
        assert_eq!(asked.await.expect("it does not panic"), Ok(encode(&"ipc-server".into())));
        stays.request("echo", &echo("again", 0)).await.expect("it is served");
        assert_eq!(text(&decode(&events.next().await.expect("it listens again").payload), "message"), "again");
        let read = stays.request("read_clock", b"\xa0").await.expect("it is registered again");
        assert_eq!(decode(&read), "ipc-server read 7 ms since 1970".into());
        running.abort();
        let _killed = running.await;
        drop(events);
        stays.abort();
    });
}

#[test]
fn more_connections_than_allowed() {
    let limits = Limits { connections: 51, ..Limits::default() };
    to_a_server(limits, async |served, other| {
        let mut connected = Vec::new();
        for _ in 0..250 {
            let mut client = raw(served).await;
            // It may be thrown out by now.
            let _thrown_out = client.write_all(&greeting()).await;
            connected.push(client);
        }
        let mut welcome = Vec::new();
        for mut client in connected {
            let come = timeout(PATIENCE, client.read(&mut [0; 8])).await.expect("it is welcome, or it is thrown out");
            if matches!(come, Ok(1..)) {
                welcome.push(client);
            }
        }
        assert_eq!(welcome.len(), 50, "one is the other client's");
        answered(other).await;
        drop(welcome);
        // There is room again when the server has seen that they are gone.
        until_welcome(served).await;
    });
}

async fn until_welcome(served: &Served) {
    let welcome = timeout(PATIENCE, async {
        while Client::connect(&served.unix, Options::default()).await.is_err() {
            sleep(Duration::from_millis(1)).await;
        }
    });
    welcome.await.expect("there is room again");
}
