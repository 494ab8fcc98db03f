//! `my_timer` and `lender`, loaded and served.
#![allow(dead_code, unreachable_pub, reason = "each test file uses a part of it")]
#![allow(clippy::allow_attributes, reason = "whether the expectation above holds differs between test files")]

use ciborium::Value;
use ffihost_ipc::{Address, Limits, Server, Stopper, Token};
use ffihost_load::{Context, Library};
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

/// Libraries by their C functions, as a host that is linked to them has them.
#[macro_use]
pub mod own {
    use ffihost::abi::types::{FFICallBack, FFIServeOptions};
    use std::ffi::{CString, c_char, c_int, c_void};
    use std::ptr;
    use tokio::sync::oneshot;

    pub type Given = Option<FFICallBack>;

    /// The functions of a library.
    pub struct Exports {
        pub create: unsafe extern "C" fn(*const u8, usize, Given, *mut c_void, *mut *mut c_void) -> c_int,
        pub close: unsafe extern "C" fn(*mut c_void, Given, *mut c_void) -> c_int,
        pub serve:
            unsafe extern "C" fn(*mut c_void, *const c_char, *const FFIServeOptions, Given, *mut c_void) -> c_int,
    }

    macro_rules! exports {
        ($visible:vis $library:ident: $create:ident, $close:ident, $serve:ident) => {
            $visible static $library: $crate::support::own::Exports = {
                use $crate::support::own::{Exports, Given};
                use ffihost::abi::types::FFIServeOptions;
                use std::ffi::{c_char, c_int, c_void};
                unsafe extern "C" {
                    fn $create(req: *const u8, len: usize, cb: Given, ud: *mut c_void, ctx: *mut *mut c_void) -> c_int;
                    fn $close(ctx: *mut c_void, cb: Given, ud: *mut c_void) -> c_int;
                    fn $serve(
                        ctx: *mut c_void,
                        address: *const c_char,
                        options: *const FFIServeOptions,
                        cb: Given,
                        ud: *mut c_void,
                    ) -> c_int;
                }
                Exports { create: $create, close: $close, serve: $serve }
            };
        };
    }

    exports!(pub MY_TIMER: my_timer_create_cbor, my_timer_close, my_timer_serve);
    exports!(pub LENDER: lender_create_cbor, lender_close, lender_serve);

    type Told = (c_int, String);

    unsafe extern "C" fn told(ret: c_int, msg: *const c_char, len: usize, user_data: *mut c_void) {
        // SAFETY: the bytes live during the call, and userData is a box that this call is the only one for.
        let (text, sender) = unsafe {
            let bytes = std::slice::from_raw_parts(msg.cast::<u8>(), len);
            (String::from_utf8_lossy(bytes).into_owned(), Box::from_raw(user_data.cast::<oneshot::Sender<Told>>()))
        };
        let _nobody_waits = sender.send((ret, text));
    }

    fn waiting() -> (*mut c_void, oneshot::Receiver<Told>) {
        let (sender, receiver) = oneshot::channel();
        (Box::into_raw(Box::new(sender)).cast(), receiver)
    }

    #[derive(Clone, Copy)]
    pub struct Ctx(*mut c_void, &'static Exports);

    // SAFETY: a ctx is a number.
    unsafe impl Send for Ctx {}
    // SAFETY: as above.
    unsafe impl Sync for Ctx {}

    impl Ctx {
        pub fn raw(self) -> *mut c_void {
            self.0
        }

        pub async fn create(name: &str) -> Self {
            Self::create_of(&MY_TIMER, &super::name(name)).await
        }

        pub async fn create_of(library: &'static Exports, args: &[u8]) -> Self {
            let mut ctx = Self(ptr::null_mut(), library);
            let created = {
                let (user_data, created) = waiting();
                // SAFETY: the arguments live during the call.
                let ret = unsafe { (library.create)(args.as_ptr(), args.len(), Some(told), user_data, &raw mut ctx.0) };
                assert_eq!(ret, 0);
                created
            };
            assert_eq!(created.await.expect("it calls back").0, 0);
            ctx
        }

        /// What the call returns if it refuses.
        pub fn refused(self, address: Option<&str>, options: Option<&FFIServeOptions>) -> c_int {
            let address = address.map(|address| CString::new(address).expect("no zero"));
            let pointer = address.as_ref().map_or(ptr::null(), |address| address.as_ptr());
            let (user_data, never) = waiting();
            let options = options.map_or(ptr::null(), ptr::from_ref);
            // SAFETY: address and options live during the call.
            let ret = unsafe { (self.1.serve)(self.0, pointer, options, Some(told), user_data) };
            assert_ne!(ret, 0, "it is refused");
            drop(never);
            // SAFETY: what is refused is not called back.
            drop(unsafe { Box::from_raw(user_data.cast::<oneshot::Sender<Told>>()) });
            ret
        }

        pub async fn serve(self, address: &str, options: Option<&FFIServeOptions>) -> Result<String, String> {
            let listening = {
                let address = CString::new(address).expect("no zero");
                let (user_data, listening) = waiting();
                let options = options.map_or(ptr::null(), ptr::from_ref);
                // SAFETY: address and options live during the call.
                let ret = unsafe { (self.1.serve)(self.0, address.as_ptr(), options, Some(told), user_data) };
                assert_eq!(ret, 0, "it is accepted");
                listening
            };
            match listening.await.expect("it calls back") {
                (0, address) => Ok(address),
                (ret, text) => {
                    assert_eq!(ret, 1);
                    Err(text)
                }
            }
        }

        pub fn begin_to_close(self) {
            // SAFETY: nobody is told.
            let ret = unsafe { (self.1.close)(self.0, None, ptr::null_mut()) };
            assert_eq!(ret, 0);
        }

        pub async fn close(self) -> c_int {
            let (ret, user_data, closed) = {
                let (user_data, closed) = waiting();
                // SAFETY: userData lives until it is called.
                (unsafe { (self.1.close)(self.0, Some(told), user_data) }, Self(user_data, self.1), closed)
            };
            if ret != 0 {
                // It was begun before, and ends without telling anybody.
                // SAFETY: what is refused is not called back.
                drop(unsafe { Box::from_raw(user_data.0.cast::<oneshot::Sender<Told>>()) });
                return 0;
            }
            closed.await.expect("it calls back").0
        }
    }
}
