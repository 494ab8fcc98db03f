//! What is in an `impl`: of the state, of a handle, in both formats.

mod typed;

use ffihost::{Handle, ffi};
use ffihost_schema::{Receiver, Type};
use std::sync::atomic::{AtomicU32, Ordering};
use typed::{
    Context, DECODE, ERR, FFICallBack, INVALID_CTX, OK, Optional, Plain, Str, UNKNOWN_TOKEN, Value, c_int, c_void, map,
    run, run_cbor, text,
};

ffihost::library!("my_app", MyApp, options = ffihost::Options::new().linger(typed::NEVER));

/// The state.
pub struct MyApp {
    name: String,
}

#[ffi]
impl MyApp {
    /// The longest name.
    const LONGEST: u32 = 3;

    /// Makes it.
    #[ffi(constructor)]
    async fn open(name: String) -> Result<Self, String> {
        if name.len() > Self::LONGEST as usize { Err("too long".to_owned()) } else { Ok(Self { name }) }
    }

    /// What it is called.
    fn called(&self) -> String {
        self.name.clone()
    }

    async fn greet(&self, whom: &str) -> String {
        tokio::task::yield_now().await;
        format!("{} greets {whom}", self.name)
    }

    fn sum(a: u32, b: u32) -> u32 {
        a + b
    }

    #[ffi(destructor)]
    async fn end(&self) {
        ENDED.fetch_add(1, Ordering::SeqCst);
    }

    #[ffi(skip)]
    fn ended() -> u32 {
        ENDED.load(Ordering::SeqCst)
    }
}

static ENDED: AtomicU32 = AtomicU32::new(0);

mod watches {
    use super::MyApp;
    use ffihost::{Handle, ffi};
    use std::sync::atomic::{AtomicU32, Ordering};

    /// Counts laps.
    #[ffi(handle)]
    pub struct StopWatch {
        name: String,
        laps: AtomicU32,
    }

    #[ffi]
    impl StopWatch {
        /// More are refused.
        pub const MAX_LAPS: u32 = 2;

        /// One without a name.
        fn new() -> Self {
            Self::of_name("new")
        }

        fn named(name: &str) -> Result<Self, String> {
            if name.is_empty() { Err("no name".to_owned()) } else { Ok(Self::of_name(name)) }
        }

        async fn after(app: &MyApp, perhaps: bool) -> Option<Self> {
            tokio::task::yield_now().await;
            perhaps.then(|| Self::of_name(&app.name))
        }

        /// Counts one.
        fn lap(&self) -> Result<u32, String> {
            let laps = self.laps.fetch_add(1, Ordering::SeqCst) + 1;
            if laps > Self::MAX_LAPS { Err(format!("{} ran {laps}", self.name)) } else { Ok(laps) }
        }

        async fn called(&self) -> String {
            tokio::task::yield_now().await;
            self.name.clone()
        }

        fn doubled(laps: u32) -> u32 {
            laps * 2
        }

        /// Whose first parameter is the type is called on it.
        #[expect(clippy::needless_pass_by_value, reason = "what crosses decides the type")]
        fn same(this: &Self, other: Handle<Self>) -> bool {
            this.name == other.name
        }

        #[ffi(skip)]
        fn of_name(name: &str) -> Self {
            Self { name: name.to_owned(), laps: AtomicU32::new(0) }
        }
    }
}

pub use watches::StopWatch;

/// Another handle.
#[ffi(handle)]
pub struct Race;

#[ffi]
impl Race {
    #[ffi(formats(native))]
    fn start() -> Handle<Self> {
        Handle::new(Self)
    }

    /// What is called on another handle is that one's.
    fn of_watch(watch: &StopWatch) -> Self {
        let _ = watch;
        Self
    }
}

type Cb = Option<FFICallBack>;
type Ud = *mut c_void;

unsafe extern "C" {
    safe fn my_app_create(name: Str, cb: Cb, ud: Ud, ctx: *mut Ud) -> c_int;
    safe fn my_app_greet(ctx: Ud, cb: Cb, ud: Ud, whom: Str) -> c_int;
    safe fn my_app_stop_watch_after(ctx: Ud, cb: Cb, ud: Ud, perhaps: bool) -> c_int;
    safe fn my_app_stop_watch_called(ctx: Ud, cb: Cb, ud: Ud, watch: u64) -> c_int;
    safe fn my_app_stop_watch_release(ctx: Ud, watch: u64) -> c_int;
    safe fn my_app_race_release(ctx: Ud, race: u64) -> c_int;
}

typed::synchronous! {
    my_app_called[ctx]() -> typed::FFIOwnedString;
    my_app_sum(a: u32, b: u32) -> Plain<u32>;
    my_app_stop_watch_new[ctx]() -> Plain<u64>;
    my_app_stop_watch_named[ctx](name: Str) -> Plain<u64>;
    my_app_stop_watch_lap[ctx](watch: u64) -> Plain<u32>;
    my_app_stop_watch_doubled(laps: u32) -> Plain<u32>;
    my_app_stop_watch_same[ctx](watch: u64, other: u64) -> Plain<bool>;
    my_app_race_start[ctx]() -> Plain<u64>;
    my_app_race_of_watch[ctx](watch: u64) -> Plain<u64>;
}

typed::cbor_exports!(
    called_cbor = "my_app_called_cbor",
    greet_cbor = "my_app_greet_cbor",
    new_cbor = "my_app_stop_watch_new_cbor",
    named_cbor = "my_app_stop_watch_named_cbor",
    after_cbor = "my_app_stop_watch_after_cbor",
    lap_cbor = "my_app_stop_watch_lap_cbor",
    watch_called_cbor = "my_app_stop_watch_called_cbor",
);

fn context() -> Context {
    Context::made(|cb, ud, ctx| my_app_create(Str::of("app"), cb, ud, ctx))
}

/// A value that something returns, or the text of its error.
fn value<T: Copy + std::fmt::Debug + Send + 'static>(
    submit: impl FnOnce(Cb, Ud) -> c_int,
) -> Result<T, (c_int, String)> {
    let read = |ret, payload: &[u8]| match ret {
        // SAFETY: the library passes a value of the type that its function is declared with.
        OK => Ok(unsafe { typed::c_value::<T>(payload) }),
        _ => Err((ret, text(ret, payload))),
    };
    run(read, submit).1
}

#[test]
fn members_of_the_state_are_free_functions() {
    let ctx = context();
    assert_eq!(run(text, |cb, ud| my_app_called(ctx.0, cb, ud)).1, "app");
    assert_eq!(run(text, |cb, ud| my_app_greet(ctx.0, cb, ud, Str::of("you"))).1, "app greets you");
    assert_eq!(value(|cb, ud| my_app_sum(cb, ud, 2, 3)), Ok(5_u32));
    assert_eq!(run_cbor(called_cbor, ctx, &map([])), (OK, "app".into()));
    assert_eq!(run_cbor(greet_cbor, ctx, &map([("whom", "you".into())])), (OK, "app greets you".into()));
    let before = MyApp::ended();
    assert_eq!((ctx.destroy(), MyApp::ended() - before >= 1), (OK, true));
    let (_, told) = Context::try_made(|cb, ud, ctx| my_app_create(Str::of("long"), cb, ud, ctx));
    assert_eq!(told, (ERR, "too long".to_owned()));
}

#[test]
fn handles_are_made_and_asked() {
    let ctx = context();
    let made = value::<u64>(|cb, ud| my_app_stop_watch_new(ctx.0, cb, ud)).expect("it is made");
    let named = value::<u64>(|cb, ud| my_app_stop_watch_named(ctx.0, cb, ud, Str::of("n"))).expect("it is made");
    let refused = value::<u64>(|cb, ud| my_app_stop_watch_named(ctx.0, cb, ud, Str::of("")));
    assert_eq!(refused, Err((ERR, "no name".to_owned())));
    let after = |perhaps| {
        value::<Optional<u64>>(|cb, ud| my_app_stop_watch_after(ctx.0, cb, ud, perhaps)).expect("it has no error")
    };
    let (some, none) = (after(true), after(false));
    assert!(some.present && !none.present);
    let called = |watch| run(text, |cb, ud| my_app_stop_watch_called(ctx.0, cb, ud, watch)).1;
    assert_eq!([made, named, some.value].map(called), ["new", "n", "app"]);
    let lap = |watch| value::<u32>(|cb, ud| my_app_stop_watch_lap(ctx.0, cb, ud, watch));
    assert_eq!([lap(named), lap(named)], [Ok(1), Ok(2)]);
    assert_eq!(lap(named), Err((ERR, "n ran 3".to_owned())));
    assert_eq!(lap(0), Err((DECODE, "`self`: 0 is no `StopWatch`".to_owned())));
    assert_eq!(value(|cb, ud| my_app_stop_watch_doubled(cb, ud, 4)), Ok(8_u32));
    let same = |other| value::<bool>(|cb, ud| my_app_stop_watch_same(ctx.0, cb, ud, made, other));
    assert_eq!([same(made), same(named)], [Ok(true), Ok(false)]);
    let race = value::<u64>(|cb, ud| my_app_race_start(ctx.0, cb, ud)).expect("it is made");
    let other = value::<u64>(|cb, ud| my_app_race_of_watch(ctx.0, cb, ud, made)).expect("it is made");
    assert_eq!([race, other].map(|race| my_app_race_release(ctx.0, race)), [OK; 2]);
    assert_eq!([made, named, some.value].map(|watch| my_app_stop_watch_release(ctx.0, watch)), [OK; 3]);
    assert_eq!((my_app_stop_watch_release(ctx.0, made), ctx.stats().handles), (UNKNOWN_TOKEN, 0));
    assert_eq!(ctx.destroy(), OK);
    let (late, _) = typed::try_submit(text, |cb, ud| my_app_stop_watch_new(ctx.0, cb, ud));
    assert_eq!(late, INVALID_CTX);
}

#[test]
fn handles_are_made_and_asked_in_cbor() {
    let ctx = context();
    let (ok, made) = run_cbor(new_cbor, ctx, &map([]));
    assert_eq!((ok, made.is_integer()), (OK, true));
    assert_eq!(run_cbor(named_cbor, ctx, &map([("name", "".into())])), (ERR, "no name".into()));
    assert_eq!(run_cbor(after_cbor, ctx, &map([("perhaps", false.into())])), (OK, Value::Null));
    let this = || map([("self", made.clone())]);
    assert_eq!(run_cbor(lap_cbor, ctx, &this()), (OK, 1.into()));
    assert_eq!(run_cbor(watch_called_cbor, ctx, &this()), (OK, "new".into()));
    let unnamed = run_cbor(lap_cbor, ctx, &map([("watch", made.clone())]));
    assert_eq!(unnamed.0, DECODE, "{unnamed:?}");
    assert_eq!(ctx.destroy(), OK);
}

#[test]
fn the_descriptor_says_whose_a_member_is() {
    let library = typed::library();
    let request = |name: &str| library.requests.iter().find(|item| item.name == name).expect("there is one");
    let lap = request("stop_watch_lap");
    assert_eq!((lap.of.as_deref(), lap.member(), &*lap.docs), (Some("StopWatch"), "lap", "Counts one."));
    assert_eq!((&lap.receiver, &*lap.receiver_name), (&Receiver::Handle("StopWatch".to_owned()), "self"));
    let new = request("stop_watch_new");
    assert_eq!((&new.receiver, &new.result), (&Receiver::Context, &Type::Handle("StopWatch".to_owned())));
    assert!(new.is_constructor() && new.direct && !request("stop_watch_same").is_constructor());
    assert!(request("stop_watch_after").receiver == Receiver::Context);
    assert_eq!((&request("stop_watch_doubled").receiver, request("sum").of.as_deref()), (&Receiver::Free, None));
    assert_eq!(request("race_of_watch").of, None, "it is the watch's");
    let constants: Vec<_> = library.constants.iter().map(|it| (&*it.name, it.of.as_deref(), it.member())).collect();
    assert_eq!(constants, [("LONGEST", None, "LONGEST"), ("STOP_WATCH_MAX_LAPS", Some("StopWatch"), "MAX_LAPS")]);
    assert!(library.requests.iter().all(|item| !matches!(&*item.name, "ended" | "stop_watch_of_name")));
}
