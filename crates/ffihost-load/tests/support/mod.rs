//! `my_timer` and `lender`, loaded and served.
#![allow(dead_code, unreachable_pub, reason = "each test file uses a part of it")]
#![allow(unused_imports, reason = "as above")]
#![allow(clippy::allow_attributes, reason = "whether the expectations above hold differs between test files")]

#[macro_use]
pub mod own;

use ciborium::Value;
use ffihost_ipc::{Address, Limits, Server, Stopper, Token};
use ffihost_load::{Context, Library};
use ffihost_test_host::cbor;
pub use ffihost_test_host::cbor::{parse as decode, write as encode};
use std::path::PathBuf;
use std::sync::Arc;
use tokio::task::JoinHandle;

// So that it is built before this runs.
use lender as _;
use my_timer as _;

/// The compiled library.
pub fn library() -> PathBuf {
    compiled("my_timer")
}

fn compiled(name: &str) -> PathBuf {
    let name = format!("{}{name}{}", std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX);
    std::env::current_exe().expect("a test has a file").with_file_name(name)
}

/// A map of these, in CBOR.
pub fn map<const N: usize>(entries: [(&str, Value); N]) -> Vec<u8> {
    encode(&cbor::map(entries))
}

/// The text under a key.
#[track_caller]
pub fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    let entries = value.as_map().expect("a map");
    let entry = entries.iter().find(|(name, _)| name.as_text() == Some(key));
    entry.and_then(|(_, value)| value.as_text()).unwrap_or_else(|| panic!("{key} in {value:?}"))
}

pub fn echo(message: &str, delay_ms: u32) -> Vec<u8> {
    map([("req", cbor::map([("message", message.into()), ("delay_ms", delay_ms.into())]))])
}

/// The arguments of `my_timer`'s constructor.
pub fn name(name: &str) -> Vec<u8> {
    map([("name", name.into())])
}

/// A server, until it is stopped.
pub struct Served {
    pub unix: Address,
    pub tcp: Address,
    behind: Behind,
    _folder: tempfile::TempDir,
}

/// What is served, and how.
enum Behind {
    /// A library that was loaded, by a server of this process.
    Loaded { context: Context, stopper: Stopper, running: JoinHandle<()> },
    /// A library that serves itself.
    Itself(own::Ctx),
}

impl Served {
    /// The compiled library, loaded.
    pub async fn loaded() -> Self {
        Self::with(Limits::default(), None).await
    }

    pub async fn with(limits: Limits, token: Option<Token>) -> Self {
        Self::load("my_timer", &name("ipc-server"), limits, token).await
    }

    /// `lender`, loaded.
    pub async fn lender_loaded() -> Self {
        Self::load("lender", b"\xa0", Limits::default(), None).await
    }

    pub async fn load(name: &str, args: &[u8], limits: Limits, token: Option<Token>) -> Self {
        // SAFETY: it is a library of ours.
        let library = unsafe { Library::open(&compiled(name), None) }.expect("it was just built");
        let context = library.create(args).await.expect("the arguments are right");
        let folder = tempfile::tempdir().expect("there is room");
        let mut server = Server::new(Arc::new(context.clone()), context.server_info(token), limits);
        let unix = Address::Unix(folder.path().join("timer.sock"));
        let unix = server.bind(&unix).await.expect("the folder is ours");
        let tcp = server.bind(&"tcp:127.0.0.1:0".parse().expect("an address")).await.expect("there is a port");
        let stopper = server.stopper();
        let running = tokio::spawn(server.run());
        Self { unix, tcp, behind: Behind::Loaded { context, stopper, running }, _folder: folder }
    }

    /// The library that is linked to this test, which serves itself.
    pub async fn itself() -> Self {
        Self::serving_itself(own::Ctx::create("ipc-server").await).await
    }

    /// `lender`, which serves itself.
    pub async fn lender_itself() -> Self {
        Self::serving_itself(own::Ctx::create_of(&own::LENDER, b"\xa0").await).await
    }

    /// A library that is linked to this test, which serves itself.
    pub async fn serving_itself(ctx: own::Ctx) -> Self {
        let folder = tempfile::tempdir().expect("there is room");
        let unix = ctx.serve(&format!("unix:{}", folder.path().join("timer.sock").display()), None).await;
        let tcp = ctx.serve("tcp:127.0.0.1:0", None).await;
        let address = |served: Result<String, String>| served.expect("it is free").parse().expect("an address");
        Self { unix: address(unix), tcp: address(tcp), behind: Behind::Itself(ctx), _folder: folder }
    }

    /// What is loaded.
    #[track_caller]
    pub fn context(&self) -> &Context {
        match &self.behind {
            Behind::Loaded { context, .. } => context,
            Behind::Itself(_) => panic!("it serves itself"),
        }
    }

    /// The context of a library that serves itself.
    pub fn ctx(&self) -> Option<own::Ctx> {
        match &self.behind {
            Behind::Loaded { .. } => None,
            Behind::Itself(ctx) => Some(*ctx),
        }
    }

    pub fn both(&self) -> [&Address; 2] {
        [&self.unix, &self.tcp]
    }

    /// Stops the server, then closes the context, both cleanly.
    pub async fn stop(self) {
        match self.behind {
            Behind::Loaded { context, stopper, running } => {
                stopper.stop();
                assert!(context.close().await, "nothing keeps the context");
                stopper.finish();
                running.await.expect("the server does not panic");
            }
            Behind::Itself(ctx) => assert_eq!(ctx.close().await, 0, "nothing keeps the context"),
        }
    }

    pub fn begin_to_stop(&self) {
        match &self.behind {
            Behind::Loaded { stopper, .. } => stopper.stop(),
            Behind::Itself(ctx) => ctx.begin_to_close(),
        }
    }
}
