//! `my_timer`, loaded and served.
#![allow(dead_code, unreachable_pub, reason = "each test file uses a part of it")]
#![allow(clippy::allow_attributes, reason = "whether the expectation above holds differs between test files")]

use ciborium::Value;
use ffihost_ipc::{Address, Limits, Server, Stopper, Token};
use ffihost_load::{Context, Library};
use std::path::PathBuf;
use std::sync::Arc;
use tokio::task::JoinHandle;

// So that it is built before this runs.
use my_timer as _;

/// The compiled library.
pub fn library() -> PathBuf {
    let name = format!("{}my_timer{}", std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX);
    std::env::current_exe().expect("a test has a file").with_file_name(name)
}

/// A map of these, in CBOR.
pub fn map<const N: usize>(entries: [(&str, Value); N]) -> Vec<u8> {
    let entries = entries.into_iter().map(|(key, value)| (key.into(), value)).collect();
    encode(&Value::Map(entries))
}

pub fn encode(value: &Value) -> Vec<u8> {
    let mut bytes = Vec::new();
    ciborium::into_writer(value, &mut bytes).expect("a vector takes everything");
    bytes
}

#[track_caller]
pub fn decode(bytes: &[u8]) -> Value {
    ciborium::from_reader(bytes).expect("it is CBOR")
}

/// The text under a key.
#[track_caller]
pub fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    let entries = value.as_map().expect("a map");
    let entry = entries.iter().find(|(name, _)| name.as_text() == Some(key));
    entry.and_then(|(_, value)| value.as_text()).unwrap_or_else(|| panic!("{key} in {value:?}"))
}

pub fn echo(message: &str, delay_ms: u32) -> Vec<u8> {
    let echo = Value::Map(vec![("message".into(), message.into()), ("delay_ms".into(), delay_ms.into())]);
    map([("req", echo)])
}

/// A server, until it is stopped.
pub struct Served {
    pub context: Context,
    pub unix: Address,
    pub tcp: Address,
    stopper: Stopper,
    running: JoinHandle<()>,
    _folder: tempfile::TempDir,
}

impl Served {
    pub async fn start() -> Self {
        Self::with(Limits::default(), None).await
    }

    pub async fn with(limits: Limits, token: Option<Token>) -> Self {
        // SAFETY: it is a library of ours.
        let library = unsafe { Library::open(&library(), None) }.expect("it was just built");
        let context = library.create(&map([("name", "ipc-server".into())])).await.expect("it has a name");
        let folder = tempfile::tempdir().expect("there is room");
        let mut server = Server::new(Arc::new(context.clone()), context.terms(token), limits);
        let unix = Address::Unix(folder.path().join("timer.sock"));
        let unix = server.bind(&unix).await.expect("the folder is ours");
        let tcp = server.bind(&"tcp:127.0.0.1:0".parse().expect("an address")).await.expect("there is a port");
        let stopper = server.stopper();
        let running = tokio::spawn(server.run());
        Self { context, unix, tcp, stopper, running, _folder: folder }
    }

    pub fn both(&self) -> [&Address; 2] {
        [&self.unix, &self.tcp]
    }

    /// Stops the server, then closes the context, both cleanly.
    pub async fn stop(self) {
        self.stopper.stop();
        self.running.await.expect("the server does not panic");
        assert!(self.context.close().await, "nothing keeps the context");
    }

    pub fn begin_to_stop(&self) {
        self.stopper.stop();
    }
}
