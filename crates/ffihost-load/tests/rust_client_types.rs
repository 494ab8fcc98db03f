//! Every type through the generated Rust client of `every_type`, in both directions and in every position; and what comes from
//! a server that is none.

#[path = "../../../c-tests/types/generated/every_type.rs"]
mod every_type;

use ciborium::Value;
use every_type::{Colour, Counter, EveryType, Failure, Nested, Plain, Shape, Tree};
use ffihost_ipc::client::Options;
use ffihost_ipc::typed::{self, Bytes, HostError, Interface, RequestError};
use ffihost_ipc::{
    Client, ClientHandles, HostFunction, Limits, Listener, Refusal, Reply, Server, ServerInfo, Service, Status,
};
use ffihost_load::{Context, Library};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// The compiled library.
fn library() -> Library {
    let name = format!("{}every_type{}", std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX);
    let file = std::env::current_exe().expect("a test has a file").with_file_name(name);
    // SAFETY: it is a library of ours.
    unsafe { Library::open(&file, None) }.expect("it was just built")
}

/// A context, and a client of it over a socket.
async fn served() -> (EveryType, Context, tempfile::TempDir) {
    let context = library().create(b"\xa0").await.expect("it needs nothing");
    let folder = tempfile::tempdir().expect("there is room");
    let mut server = Server::new(Arc::new(context.clone()), context.server_info(None), Limits::default());
    let address = format!("unix:{}", folder.path().join("types.sock").display()).parse().expect("an address");
    let address = server.bind(&address).await.expect("the folder is ours");
    tokio::spawn(server.run());
    (EveryType::connect(&address, Options::default()).await.expect("it is served"), context, folder)
}

fn plain(largest: bool) -> Plain {
    let text = if largest { "ü\u{0}\u{10ffff}".repeat(3_000) } else { String::new() };
    Plain {
        yes: largest,
        i8: if largest { i8::MAX } else { i8::MIN },
        i16: if largest { i16::MAX } else { i16::MIN },
        i32: if largest { i32::MAX } else { i32::MIN },
        i64: if largest { i64::MAX } else { i64::MIN },
        u8: if largest { u8::MAX } else { 0 },
        u16: if largest { u16::MAX } else { 0 },
        u32: if largest { u32::MAX } else { 0 },
        u64: if largest { u64::MAX } else { 0 },
        f32: if largest { f32::MAX } else { f32::MIN_POSITIVE },
        f64: if largest { f64::INFINITY } else { -0.1 },
        bytes: if largest { Bytes::from(vec![0xff; 10_000]) } else { Bytes::new() },
        text,
    }
}

fn tree(deep: i32) -> Tree {
    let children = if deep == 0 { Vec::new() } else { vec![tree(deep - 1)] };
    Tree { value: deep, children }
}

fn shapes() -> Vec<Shape> {
    let named = Shape::Named { name: "n".to_owned(), colours: vec![Colour::Red, Colour::Green, Colour::Blue] };
    vec![Shape::Point, Shape::Circle(0.5), named]
}

/// Everything that can be there is, or nothing.
fn nested(full: bool, counter: Option<Counter>) -> Nested {
    let all = if full { shapes() } else { Vec::new() };
    Nested {
        plain: plain(full),
        colour: if full { Colour::Blue } else { Colour::Red },
        shape: if full { Shape::Circle(-0.0) } else { Shape::Point },
        nothing: None,
        something: full.then(|| plain(false)),
        numbers: if full { vec![0, u16::MAX] } else { Vec::new() },
        texts: if full { vec![String::new(), "text".to_owned()] } else { Vec::new() },
        lists: if full { vec![Bytes::new(), Bytes::from_static(b"\x00\xff")] } else { Vec::new() },
        by_name: all.iter().cloned().enumerate().map(|(at, shape)| (at.to_string(), shape)).collect(),
        shapes: all,
        children: if full { vec![tree(20), tree(0)] } else { Vec::new() },
        maybe: full.then(|| vec![true, false]),
        counter,
    }
}

async fn everything_comes_through(types: EveryType, context: &Context) {
    let mut heard = types.on_everything().await.expect("there is such an event");
    let seen = Arc::new(Mutex::new(Vec::new()));
    let see = Arc::clone(&seen);
    let host = types.implement_through_the_host(move |nested, text, colour, lists| {
        see.lock().expect("nobody panicked").push((nested.clone(), text, colour, lists));
        // The host refuses what is full by giving it back as an error.
        async move { if nested.maybe.is_some() { Err(Failure::Refused { nested }.into()) } else { Ok(nested) } }
    });
    let host = host.await.expect("it is free");
    for full in [false, true] {
        let counter = types.start(7).await.expect("it starts");
        let sent = nested(full, Some(counter.clone()));
        let returned = match types.pass(&sent).await {
            Ok(returned) if !full => returned,
            Err(RequestError::Declared(Failure::Refused { nested })) if full => nested,
            other => panic!("{other:?}"),
        };
        assert_eq!(returned, sent, "as a result, or as an error");
        let (of_host, text, colour, lists) = seen.lock().expect("nobody panicked").pop().expect("it was asked");
        assert_eq!(of_host, sent, "to the host");
        assert_eq!((text, colour, lists), (sent.plain.text.clone(), sent.colour, vec![1, u64::MAX]));
        let event = heard.next().await.expect("it is there").expect("it decodes").payload;
        assert_eq!(event.nested, sent, "in an event");
        assert_eq!((event.text, event.colour), (sent.plain.text.clone(), sent.colour));
        assert_eq!(event.numbers, BTreeMap::from([("answer".to_owned(), 42)]));
        // The handle came four times, and each of them is the same object until the last is gone.
        drop((counter, sent, of_host, event.nested));
        let left = returned.counter.expect("it came back");
        assert_eq!(left.value_of().await, Ok(7));
        assert_eq!(handles(context), 1);
        drop(left);
        let patience = tokio::time::timeout(Duration::from_secs(300), async {
            while handles(context) > 0 {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        });
        patience.await.expect("all are given back");
    }
    drop(host);
    each_parameter(&types).await;
}

fn handles(context: &Context) -> u64 {
    context.stats().expect("it is open").handles
}

async fn each_parameter(types: &EveryType) {
    let map = BTreeMap::from([("a".to_owned(), 1.0)]);
    let count =
        |option| types.count(true, -2, 3.5, "four", b"fives", &[6; 6], option, &map, Shape::Circle(0.5), plain(false));
    assert_eq!(count(None).await, Ok(1 + 2 + 3 + 4 + 5 + 6 + 1 + 1));
    assert_eq!(count(Some(Colour::Blue)).await, Ok(1 + 2 + 3 + 4 + 5 + 6 + 1 + 1 + 3));
}

#[tokio::test]
async fn everything_comes_through_a_socket() {
    let (types, context, _folder) = served().await;
    everything_comes_through(types, &context).await;
}

#[tokio::test]
async fn everything_comes_through_this_process() {
    let context = library().create(b"\xa0").await.expect("it needs nothing");
    let types = EveryType::load(Of(ffihost_load::client(&context).await)).await.expect("it is the right one");
    everything_comes_through(types, &context).await;
}

#[tokio::test]
async fn what_equals_nothing_comes_through() {
    let (types, _context, _folder) = served().await;
    let host = types.implement_through_the_host(|nested, _, _, _| async { Ok(nested) }).await.expect("it is free");
    for nan in [f32::NAN, -f32::NAN] {
        let mut sent = nested(false, None);
        (sent.plain.f32, sent.plain.f64, sent.shape) = (nan, f64::from(nan), Shape::Circle(f64::from(nan)));
        let came = types.pass(sent).await.expect("it passes");
        let Shape::Circle(radius) = came.shape else { panic!("{came:?}") };
        assert!(came.plain.f32.is_nan() && came.plain.f64.is_nan() && radius.is_nan());
    }
    drop(host);
}

#[tokio::test]
async fn a_handle_of_another_client_is_refused_before_it_is_sent() {
    let (types, context, _folder) = served().await;
    let other = ffihost_load::client(&context).await;
    let other = EveryType::load(Of(other)).await.expect("it is the right one");
    let counter = other.start(1).await.expect("it starts");
    let refused = RequestError::Invalid("a handle is of another connection");
    assert_eq!(types.pass(nested(false, Some(counter.clone()))).await, Err(refused));
    let host = types.implement_through_the_host(move |nested, _, _, _| {
        let counter = Some(counter.clone());
        async move { Ok(Nested { counter, ..nested }) }
    });
    let _host = host.await.expect("it is free");
    let answered = types.pass(nested(false, None)).await.expect_err("it answered with a handle of another");
    assert!(format!("{answered:?}").contains("a handle in the answer is of another connection"), "{answered:?}");
}

/// A client, as if it had just been made.
struct Of(Client);

impl typed::Library for Of {
    fn interface(&self) -> Interface<'_> {
        every_type::INTERFACE
    }

    async fn create(self, _: &[u8]) -> Result<Client, RequestError> {
        Ok(self.0)
    }
}

/// A server that answers everything with this.
struct Answers {
    ret: i32,
    payload: Vec<u8>,
    released: Mutex<Vec<Vec<u8>>>,
    functions: Mutex<Vec<HostFunction>>,
    completed: Mutex<Vec<i32>>,
}

impl Service for Answers {
    fn request(&self, method: &str, payload: &[u8], reply: Reply) -> u64 {
        if method == "counter_release" {
            self.released.lock().expect("nobody panicked").push(payload.to_owned());
            reply.done();
        } else {
            reply.stale(Duration::from_millis(1_500));
            reply.end(self.ret, &self.payload);
        }
        0
    }

    fn cancel(&self, _: u64) {}

    fn listen(&self, _: &str, listener: Listener) -> Result<u64, Refusal> {
        // It is told what follows OPENED, so a little later.
        let payload = self.payload.clone();
        std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(1));
            assert!(listener.event(&payload, &[]));
        });
        Ok(1)
    }

    fn unlisten(&self, _: u64) {}

    fn register(&self, _: &str, function: HostFunction) -> Result<u64, Refusal> {
        self.functions.lock().expect("nobody panicked").push(function);
        Ok(0)
    }

    fn unregister(&self, _: &str, _: u64) {}

    fn complete(&self, _: u64, ret: i32, _: &[u8], _: ClientHandles<'_>) -> Result<(), Status> {
        self.completed.lock().expect("nobody panicked").push(ret);
        Ok(())
    }
}

async fn answered_with(ret: i32, payload: &[u8]) -> (EveryType, Arc<Answers>) {
    let payload = payload.to_owned();
    let (released, functions, completed) = (Mutex::default(), Mutex::default(), Mutex::default());
    let service = Arc::new(Answers { ret, payload, released, functions, completed });
    let (library, version) = ("every_type".to_owned(), "0.1.0".to_owned());
    let info = ServerInfo { library, version, abi_hash: 1, descriptor: Vec::new(), token: None };
    let client = Client::in_process(Arc::clone(&service) as Arc<dyn Service>, info, async {}).await;
    let types = EveryType::load(Of(client.expect("it is welcome"))).await.expect("it is the right one");
    (types, service)
}

fn encode(value: &impl typed::Serialize) -> Vec<u8> {
    let mut bytes = Vec::new();
    ciborium::into_writer(value, &mut bytes).expect("a vector takes everything");
    bytes
}

/// What is no `Nested`.
fn hostile() -> Vec<Vec<u8>> {
    let whole = encode(&nested(true, None));
    let mut all: Vec<_> = (0..200).chain(whole.len() - 200..whole.len()).map(|end| whole[..end].to_vec()).collect();
    all.push([&*whole, b"\xf6"].concat());
    // Nested without end; a list, text and bytes that say to be larger than memory; what is no CBOR, no map, no text.
    all.push(vec![0x81; 1 << 20]);
    for head in [0x9b, 0xbb, 0x7b, 0x5b] {
        all.push([&[head][..], &[0xff; 8]].concat());
        all.push([&[0xa1, 0x65, b't', b'e', b'x', b't', b's', head][..], &[0x7f; 8]].concat());
    }
    all.extend(
        [&b"\x1f"[..], b"\xff", b"\xf6", b"\x00", b"\x61\xff", b"\xa1\x65texts\xa0", b"\xa1\x00\x00"]
            .map(<[u8]>::to_vec),
    );
    // Each field of another type, twice, or not there, one after the other.
    let Value::Map(entries) = Value::serialized(&nested(true, None)).expect("it is a value") else { panic!("a map") };
    for at in 0..entries.len() {
        let mut other = entries.clone();
        other[at].1 = Value::Tag(99, Box::new(Value::Map(vec![(Value::Null, Value::Null)])));
        all.push(encode(&Value::Map(other)));
        let mut twice = entries.clone();
        twice.push(entries[at].clone());
        all.push(encode(&Value::Map(twice)));
        let mut without = entries.clone();
        let (key, value) = without.remove(at);
        if !matches!(key.as_text(), Some("nothing" | "something" | "maybe" | "counter")) {
            all.push(encode(&Value::Map(without)));
        }
        assert!(value.is_null() || !encode(&value).is_empty());
    }
    all
}

#[tokio::test]
async fn what_does_not_decode_is_an_error() {
    for payload in hostile() {
        for ret in [0, 1] {
            let (types, service) = answered_with(ret, &payload).await;
            let error = types.pass(nested(false, None)).await.expect_err("it is none");
            assert!(matches!(error, RequestError::Decode(_)), "{error:?}");
            if ret == 1 {
                continue;
            }
            let mut heard = types.on_everything().await.expect("it is opened");
            let event = heard.next().await.expect("there is one").expect_err("it is none");
            assert!(matches!(event, RequestError::Decode(_)), "{event:?}");
            let host = types.implement_through_the_host(async |_, _, _, _| panic!("it was called")).await;
            let _host = host.expect("it is opened");
            service.functions.lock().expect("nobody panicked")[0].call(1, &payload, &[]).expect("it is passed on");
            while service.completed.lock().expect("nobody panicked").is_empty() {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            assert_eq!(*service.completed.lock().expect("nobody panicked"), [Status::Decode.code()]);
        }
    }
}

#[tokio::test]
async fn a_request_that_takes_long_is_told_of() {
    let (types, _service) = answered_with(0, b"\x07").await;
    let (sender, told) = std::sync::mpsc::channel();
    let watched = types.count(true, 0, 0.0, "", b"", &[], None, &BTreeMap::new(), Shape::Point, plain(false));
    let watched = watched.on_stale(move |elapsed| {
        sender.send(elapsed).expect("the test listens");
        panic!("planted: the client goes on");
    });
    assert_eq!(watched.await, Ok(7));
    assert_eq!(told.iter().collect::<Vec<_>>(), [Duration::from_millis(1_500)]);
    assert_eq!(types.client().request("anything", b"\xa0").await, Ok(vec![7]));
}

#[tokio::test]
async fn what_is_newer_or_left_out_is_taken() {
    let sent = nested(true, None);
    let Value::Map(mut entries) = Value::serialized(&sent).expect("it is a value") else { panic!("a map") };
    entries.retain(|(_, value)| !value.is_null());
    entries.insert(0, ("of a newer version".into(), Value::Array(vec![Value::Null, Value::Map(Vec::new())])));
    let (types, _service) = answered_with(0, &encode(&Value::Map(entries))).await;
    assert_eq!(types.pass(&sent).await, Ok(sent));
}

#[tokio::test]
async fn a_handle_in_what_does_not_decode_is_given_back() {
    // A list of two: one that is a handle, and one that is none.
    let Value::Map(mut entries) = Value::serialized(&nested(false, None)).expect("it is a value") else {
        panic!("a map")
    };
    entries.retain(|(key, _)| key.as_text() != Some("counter"));
    entries.insert(0, ("counter".into(), Value::from(77)));
    entries.retain(|(key, _)| key.as_text() != Some("texts"));
    let (types, service) = answered_with(0, &encode(&Value::Map(entries))).await;
    let error = types.pass(nested(false, None)).await.expect_err("a field is missing");
    assert!(error.to_string().contains("texts"), "{error}");
    types.client().request("anything", b"\xa0").await.expect("what came before has been done");
    let released = service.released.lock().expect("nobody panicked").clone();
    assert_eq!(released, [encode(&Value::Map(vec![("handle".into(), 77.into())]))]);
}

#[tokio::test]
async fn a_handle_that_is_none_is_refused() {
    let (types, service) = answered_with(0, b"\x00").await;
    assert_eq!(types.start(1).await, Err(RequestError::Decode("0 is no handle".to_owned())));
    assert!(service.released.lock().expect("nobody panicked").is_empty());
    let outside: Result<Counter, _> = ciborium::from_reader(&b"\x07"[..]);
    assert!(outside.expect_err("it comes by no client").to_string().contains("a handle comes by a client"));
    let declared: HostError<Failure> = Failure::Host("declared".to_owned()).into();
    assert!(matches!(declared, HostError::Declared(Failure::Host(_))));
}
