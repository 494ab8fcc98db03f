//! Host functions in groups: the type that calls them, doubles, and what hosts see of them.

mod typed;

use ffihost::{Host, HostError, NoContext, Options, ffi, ffi_host};
use ffihost_schema::Member;
use futures::executor::block_on;
use std::sync::Mutex;
use typed::{BOTH, CBOR, Context, FFICallBack, NATIVE, OK, Str, c_int, c_void, map, run_cbor};

ffihost::library!("my_app", MyApp, options = Options::new().linger(typed::NEVER).slow_host_warning(typed::NEVER));

/// The state.
pub struct MyApp;

#[ffi(constructor)]
async fn create() -> Result<MyApp, String> {
    Ok(MyApp)
}

/// What a value is found by.
#[ffi]
#[derive(Clone, Debug, PartialEq)]
pub struct Tag {
    /// in one word
    pub name: String,
}

/// Where the library keeps things.
#[ffi_host(deadline = "1h")]
pub trait Storage {
    /// Finds a value.
    async fn load(&self, key: &str) -> Result<Vec<u8>, HostError<String>>;

    /// Keeps a value.
    #[ffi_host(deadline = "1ms")]
    async fn save(
        &self,
        /// where
        key: &str,
        value: &[u8],
        tag: &Tag,
        more: Vec<String>,
    ) -> Result<u32, HostError>;

    /// The time.
    fn now_ms(&self) -> Result<u64, HostError>;
}

/// Does with the host's implementation what it is told.
#[ffi]
async fn act(_app: &MyApp, what: String) -> String {
    let storage = StorageHost::current();
    match &*what {
        "load" => format!("{:?}", storage.load("k").await),
        "save" => format!("{:?}", save(&storage).await),
        "save patiently" => {
            let tag = Tag { name: "t".to_owned() };
            format!("{:?}", storage.save("k", b"v", &tag, Vec::new()).deadline(typed::NEVER).await)
        }
        "now" => format!("{:?}", storage.now_ms()),
        "off the thread" => {
            let storage = StorageHost::of(Host::current().expect("it is the FFI thread"));
            let (sender, receiver) = tokio::sync::oneshot::channel();
            std::thread::spawn(move || sender.send((block_on(storage.load("k")), storage.now_ms())));
            format!("{:?}", receiver.await.expect("the thread answers"))
        }
        other => panic!("{other}"),
    }
}

/// Is generic over the trait, as an author's code is.
async fn save(storage: &impl Storage) -> Result<u32, HostError> {
    storage.save("k", b"v", &Tag { name: "t".to_owned() }, vec!["m".to_owned()]).await
}

unsafe extern "C" {
    safe fn my_app_create(cb: Option<FFICallBack>, ud: *mut c_void, ctx: *mut *mut c_void) -> c_int;
}

typed::cbor_exports!(my_app_act = "my_app_act_cbor");

fn context() -> Context {
    Context::made(|cb, ud, ctx| my_app_create(cb, ud, ctx))
}

#[track_caller]
fn acted(ctx: Context, what: &str) -> String {
    let (ret, said) = run_cbor(my_app_act, ctx, &map([("what", what.into())]));
    assert_eq!(ret, OK, "{said:?}");
    said.into_text().expect("text")
}

/// A double that keeps what it is given.
#[derive(Default)]
struct Fake(Mutex<Vec<String>>);

impl Storage for Fake {
    async fn load(&self, key: &str) -> Result<Vec<u8>, HostError<String>> {
        let is_kept = self.0.lock().expect("no panic").iter().any(|kept| kept == key);
        if is_kept { Ok(key.as_bytes().to_vec()) } else { Err(HostError::Declared(format!("no {key}"))) }
    }

    async fn save(&self, key: &str, _: &[u8], tag: &Tag, more: Vec<String>) -> Result<u32, HostError> {
        let mut kept = self.0.lock().expect("no panic");
        kept.extend([key.to_owned(), tag.name.clone()]);
        kept.extend(more);
        Ok(u32::try_from(kept.len()).expect("few"))
    }

    fn now_ms(&self) -> Result<u64, HostError> {
        Ok(99)
    }
}

#[test]
fn a_double_implements_the_whole_group_until_it_is_dropped() {
    let storage = StorageHost::current();
    assert_eq!(block_on(storage.load("k")), Err(HostError::NoContext(NoContext::Nowhere)));
    let doubles = StorageHost::implement(Fake::default());
    assert_eq!(block_on(storage.load("k")), Err(HostError::Declared("no k".to_owned())));
    assert_eq!(block_on(save(&storage)), Ok(3));
    assert_eq!(block_on(storage.load("k")), Ok(b"k".to_vec()));
    assert_eq!(storage.now_ms(), Ok(99));
    drop(doubles);
    assert_eq!(block_on(storage.load("k")), Err(HostError::NoContext(NoContext::Nowhere)));
    assert_eq!(storage.now_ms(), Err(HostError::NoContext(NoContext::Nowhere)));
}

#[test]
fn a_double_is_an_implementation_by_itself() {
    let fake = Fake::default();
    assert_eq!(block_on(save(&fake)), Ok(3));
    assert_eq!(*fake.0.lock().expect("no panic"), ["k", "t", "m"]);
}

#[test]
fn hosts_register_each_function_by_the_name_of_both() {
    for format in BOTH {
        let ctx = context();
        assert_eq!(acted(ctx, "load"), r#"Err(NotRegistered { name: "storage_load" })"#);
        ctx.implement("storage_load", format, move |ctx, token, req| {
            let key = match format {
                // SAFETY: the library passes one text.
                NATIVE => unsafe { typed::c_value::<Str>(req).text() },
                _ => typed::parse(req).into_map().expect("a map").remove(0).1.into_text().expect("text"),
            };
            let ret = match format {
                NATIVE => ctx.complete(token, OK, key.as_bytes()),
                _ => ctx.complete_cbor(token, OK, &typed::Value::Bytes(key.into_bytes())),
            };
            assert_eq!(ret, OK);
        });
        ctx.implement("storage_now_ms", CBOR, |ctx, token, _| {
            assert_eq!(ctx.complete_cbor(token, OK, &7.into()), OK);
        });
        assert_eq!(acted(ctx, "load"), "Ok([107])");
        assert_eq!(acted(ctx, "now"), "Ok(7)");
        assert_eq!(acted(ctx, "off the thread"), "(Ok([107]), Ok(7))");
        assert_eq!(ctx.destroy(), OK);
    }
}

#[test]
fn a_functions_own_deadline_comes_before_that_of_its_trait_and_after_that_of_the_call() {
    let ctx = context();
    let (asked, _log) = ctx.leave_open("storage_save", CBOR, |_| ());
    assert_eq!(acted(ctx, "save"), "Err(TimedOut)");
    asked.next();
    let pending = {
        let req = typed::write(&map([("what", "save patiently".into())]));
        let (ret, pending) =
            typed::try_submit(typed::cbor, |cb, ud| my_app_act(ctx.0, cb, ud, req.as_ptr(), req.len()));
        assert_eq!(ret, OK);
        pending
    };
    assert_eq!(ctx.complete_cbor(asked.next().0, OK, &5.into()), OK);
    assert_eq!(pending.wait().1.into_text().expect("text"), "Ok(5)");
    assert_eq!(ctx.destroy(), OK);
}

#[test]
fn the_descriptor_says_which_group_a_function_belongs_to() {
    let library = typed::library();
    let names: Vec<_> = library.host_fns.iter().map(|item| &*item.name).collect();
    assert_eq!(names, ["storage_load", "storage_now_ms", "storage_save"]);
    for (item, method) in library.host_fns.iter().zip(["load", "now_ms", "save"]) {
        let member = Member { group: "Storage".to_owned(), method: method.to_owned() };
        assert_eq!(item.member, Some(member));
        assert_eq!(item.asynchronous, method != "now_ms");
    }
    let save = &library.host_fns[2];
    let docs: Vec<_> = save.params.iter().map(|field| &*field.docs).collect();
    assert_eq!((&*save.docs, docs), ("Keeps a value.", vec!["where", "", "", ""]));
}
