//! The generated Rust client of `my_timer`: every case over a unix socket, over TCP, and in this process. What differs is the one
//! line that makes the client.

#[path = "../../../c-tests/types/generated/every_type.rs"]
mod every_type;
#[path = "../../../examples/my_timer/generated/my_timer.rs"]
mod generated;
mod support;

use every_type::EveryType;
use ffihost_ipc::client::{Backoff, Options};
use ffihost_ipc::typed::{self, GroupError, HostError, Registrations, RequestError};
use ffihost_ipc::{Address, Client, Status};
use ffihost_load::{Context, Library};
use futures::{StreamExt, TryStreamExt, future};
use generated::{
    EchoRequest, EchoResponse, MAX_DELAY_MS, MAX_REPEATS, MyTimer, OnEchoFired, Plan, PlanEntry, Repeat, Schedule,
    TimerError,
};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use support::Served;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// Each case each way.
macro_rules! each_way {
    ($($case:ident),* $(,)?) => {
        $(
            mod $case {
                use super::*;

                #[tokio::test]
                async fn over_a_unix_socket() {
                    let served = Served::loaded().await;
                    let timer = MyTimer::connect(&served.unix, Options::default()).await.expect("it is served");
                    super::$case(timer, served.context()).await;
                }

                #[tokio::test]
                async fn over_tcp() {
                    let served = Served::loaded().await;
                    let timer = MyTimer::connect(&served.tcp, Options::default()).await.expect("it is served");
                    super::$case(timer, served.context()).await;
                }

                #[tokio::test]
                async fn in_process() {
                    let (library, context) = Watched::new();
                    let timer = MyTimer::load(library, "ipc-server").await.expect("it has a name");
                    let context = context.lock().expect("nobody panicked").take().expect("it was made");
                    super::$case(timer, &context).await;
                }
            }
        )*
    };
}

each_way! {
    every_request,
    declared_errors_are_values,
    constants_are_the_librarys,
    a_host_function_in_all_its_ends,
    a_host_function_that_is_taken_back_ends_its_calls,
    a_group_is_registered_whole_or_taken_back,
    events_in_order_and_how_many_were_missed,
    events_are_a_stream,
    a_stream_that_is_dropped_listens_no_more,
    a_stream_gives_an_error_in_place_of_what_it_cannot_read,
    a_stream_ends_with_a_goodbye,
    a_stream_ends_with_the_connection,
    a_handle_is_given_back_with_its_last_clone,
    a_handle_lives_as_long_as_a_request_with_it,
    a_dropped_request_is_cancelled,
    a_deadline_ends_a_request,
    what_the_library_refuses_is_an_error,
    closing_is_the_end,
}

fn library() -> Library {
    // SAFETY: it is a library of ours.
    unsafe { Library::open(&support::library(), None) }.expect("it was just built")
}

/// The library, and its context for those who want to look at that.
struct Watched(Library, Arc<Mutex<Option<Context>>>);

impl Watched {
    fn new() -> (Self, Arc<Mutex<Option<Context>>>) {
        let context = Arc::default();
        (Self(library(), Arc::clone(&context)), context)
    }
}

impl typed::Library for Watched {
    fn interface(&self) -> typed::Interface<'_> {
        self.0.interface()
    }

    async fn create(self, args: &[u8]) -> Result<Client, RequestError> {
        let context = self.0.create(args).await.map_err(|error| panic!("{error}"))?;
        *self.1.lock().expect("nobody panicked") = Some(context.clone());
        Ok(ffihost_load::client(&context).await)
    }
}

fn echo(message: &str, delay_ms: u32) -> EchoRequest {
    EchoRequest { message: message.to_owned(), delay_ms }
}

async fn until(mut holds: impl FnMut() -> bool) {
    let patience = tokio::time::timeout(Duration::from_secs(300), async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    });
    patience.await.expect("it comes to that");
}

fn handles(context: &Context) -> u64 {
    context.stats().expect("it is open").handles
}

async fn every_request(timer: MyTimer, _: &Context) {
    assert_eq!(timer.name().await.as_deref(), Ok("ipc-server"));
    let said = EchoResponse { echoed: "hello over the wire".to_owned(), timer: "ipc-server".to_owned() };
    let hello = echo("hello over the wire", 1);
    assert_eq!(timer.echo(&hello).await.as_ref(), Ok(&said), "by reference");
    assert_eq!(timer.echo(hello).await, Ok(said), "by value");
    let schedule = |repeat| Schedule {
        echoes: vec![echo("tick", 10), echo("tock", 20)],
        tags: vec!["clock".to_owned()],
        note: Some("demo".to_owned()),
        repeat,
    };
    let entry = |at_ms, message: &str| PlanEntry { at_ms, message: message.to_owned() };
    let entries = vec![entry(10, "tick"), entry(30, "tock")];
    let plan = Plan { entries, total_ms: 30, title: "clock, demo".to_owned() };
    assert_eq!(timer.plan(schedule(None)).await, Ok(plan));
    let repeated = timer.plan(schedule(Some(Repeat::Times(3)))).await.expect("not too often");
    assert_eq!((repeated.entries.len(), repeated.total_ms), (6, 90));
    let within = timer.plan(schedule(Some(Repeat::Within { total_ms: 65 }))).await.expect("not too often");
    assert_eq!((within.entries.len(), within.total_ms), (4, 60));
    assert_eq!(timer.total_delay(&[10, 20, 30]).await, Ok(60));
    let clock = timer.implement_fetch_clock(async || Ok(7)).await.expect("it is free");
    assert_eq!(timer.read_clock().await.as_deref(), Ok("ipc-server read 7 ms since 1970"));
    drop(clock);
    let stopwatch = timer.start_stopwatch("lap").await.expect("it is started");
    let reading = stopwatch.read_stopwatch().await.expect("it runs");
    assert!(reading.label == "lap" && reading.elapsed_ns > 0, "{reading:?}");
}

async fn declared_errors_are_values(timer: MyTimer, _: &Context) {
    assert_eq!(timer.echo(echo("", 1)).await, Err(RequestError::Declared(TimerError::Empty)));
    let too_long = TimerError::TooLong { delay_ms: MAX_DELAY_MS + 1 };
    assert_eq!(timer.echo(echo("late", MAX_DELAY_MS + 1)).await, Err(RequestError::Declared(too_long.clone())));
    let error = timer.total_delay(&[1, MAX_DELAY_MS + 1]).await.expect_err("it is too long");
    assert_eq!(error.to_string(), "the request failed with its declared error: TooLong { delay_ms: 60001 }");
    let none = timer.read_clock().await.expect_err("nobody tells the time");
    let text = "host function `fetch_clock` is not registered".to_owned();
    assert_eq!(none, RequestError::Declared(TimerError::NoClock(text)));
}

async fn constants_are_the_librarys(timer: MyTimer, context: &Context) {
    assert_eq!((MAX_DELAY_MS, MAX_REPEATS), (60_000, 1_000));
    assert_eq!(generated::INTERFACE.abi_hash, context.surface().hash);
    assert_eq!((timer.client().library(), timer.client().version()), ("my_timer", generated::INTERFACE.version));
}

async fn no_clock(timer: &MyTimer) -> String {
    match timer.read_clock().await {
        Err(RequestError::Declared(TimerError::NoClock(why))) => why,
        other => panic!("{other:?}"),
    }
}

async fn a_host_function_in_all_its_ends(timer: MyTimer, _: &Context) {
    type Clock = fn() -> Result<u64, HostError>;
    let cases: [(Clock, &str); 3] = [
        (|| Err(HostError::Failed("no clock here".to_owned())), "the host failed with -1: no clock here"),
        (|| Err(HostError::Cancelled), "the host cancelled"),
        (|| panic!("planted, {}", "with a text"), "the host function panicked: planted, with a text"),
    ];
    for (function, why) in cases {
        let later = timer.implement_fetch_clock(move || async move {
            tokio::task::yield_now().await;
            function()
        });
        let later = later.await.expect("it is free");
        let said = no_clock(&timer).await;
        assert!(said.contains(why), "{why}: {said}");
        drop(later);
        // Before there is a future.
        let at_once = timer.implement_fetch_clock(move || std::future::ready(function())).await.expect("it is free");
        let said = no_clock(&timer).await;
        assert!(said.contains(why), "{why}: {said}");
        drop(at_once);
    }
    assert!(no_clock(&timer).await.contains("is not registered"), "it was taken back");
}

/// Says that it was dropped.
struct Dropped(Arc<AtomicBool>);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}

async fn a_host_function_that_is_taken_back_ends_its_calls(timer: MyTimer, _: &Context) {
    let (called, dropped) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
    let clock = {
        let (called, dropped) = (Arc::clone(&called), Arc::clone(&dropped));
        timer.implement_fetch_clock(move || {
            let guard = Dropped(Arc::clone(&dropped));
            called.store(true, Ordering::Release);
            async move {
                let _guard = guard;
                std::future::pending().await
            }
        })
    };
    let clock = clock.await.expect("it is free");
    let asking = tokio::spawn({
        let timer = timer.clone();
        async move { no_clock(&timer).await }
    });
    until(|| called.load(Ordering::Acquire)).await;
    assert!(!dropped.load(Ordering::Acquire), "it is asked");
    drop(clock);
    let why = asking.await.expect("it is no other error");
    assert!(["taken back", "cancelled", "unregistered"].iter().any(|word| why.contains(word)), "{why}");
    until(|| dropped.load(Ordering::Acquire)).await;
}

async fn a_group_is_registered_whole_or_taken_back(timer: MyTimer, _: &Context) {
    let clock =
        || timer.implement_fetch_clock(|| std::future::ready(Err(HostError::Failed("of the group".to_owned()))));
    let unknown = |(): ()| std::future::ready(Ok::<(), HostError>(()));
    let refused = async {
        let mut registrations = Registrations::default();
        registrations.add("fetch_clock", clock()).await?;
        assert!(no_clock(&timer).await.contains("of the group"), "the first is there");
        registrations.add("nothing", typed::implement(timer.client(), "nothing", unknown)).await?;
        Ok::<_, GroupError>(registrations)
    };
    let error = refused.await.expect_err("the library has no such function");
    assert_eq!(error.host_fn, "nothing");
    assert_eq!(error.to_string(), format!("the host function `nothing` is not registered: {}", error.source));
    assert!(no_clock(&timer).await.contains("is not registered"), "the first was taken back");

    let mut registrations = Registrations::default();
    registrations.add("fetch_clock", clock()).await.expect("it is free");
    assert!(no_clock(&timer).await.contains("of the group"), "it is there");
    drop(registrations);
    assert!(no_clock(&timer).await.contains("is not registered"), "all were taken back");
}

/// As many as wait for a listener.
const WAITING: u64 = 1_024;

async fn events_in_order_and_how_many_were_missed(timer: MyTimer, _: &Context) {
    let mut heard = timer.on_echo_fired().await.expect("there is such an event");
    for number in 0..3 {
        timer.echo(echo(&number.to_string(), 0)).await.expect("it says something");
        let event = heard.next().await.expect("it is there").expect("it decodes");
        assert_eq!((event.missed, event.payload.message), (0, number.to_string()));
    }
    // Nobody takes them.
    let too_many = 100;
    for number in 0..WAITING + too_many {
        timer.echo(echo(&number.to_string(), 0)).await.expect("it says something");
    }
    // When somebody else has heard the next one, the client has done what it does with these.
    let mut other = timer.on_echo_fired().await.expect("there is such an event");
    timer.echo(echo("next", 0)).await.expect("it says something");
    while other.next().await.expect("it is there").expect("it decodes").payload.message != "next" {}
    for number in 0..WAITING {
        let event = heard.next().await.expect("it is there").expect("it decodes");
        assert_eq!((event.missed, event.payload.message), (0, number.to_string()));
    }
    timer.echo(echo("last", 0)).await.expect("it says something");
    let last = heard.next().await.expect("it is there").expect("it decodes");
    assert_eq!((last.missed, &*last.payload.message), (too_many + 1, "last"));
}

fn listeners(context: &Context) -> u64 {
    context.stats().expect("it is open").listeners
}

/// Echoes these, so that each is an event.
async fn say(timer: &MyTimer, messages: impl IntoIterator<Item = u32>) {
    for message in messages {
        timer.echo(echo(&message.to_string(), 0)).await.expect("it says something");
    }
}

/// What was heard, with nothing missed before it.
fn message(event: typed::DeliveredEvent<OnEchoFired>) -> String {
    assert_eq!(event.missed, 0);
    event.payload.message
}

async fn events_are_a_stream(timer: MyTimer, _: &Context) {
    let mut heard = timer.on_echo_fired().await.expect("there is such an event");
    say(&timer, 0..8).await;
    // `next` and the combinators take from one and the same.
    let first = heard.next().await.expect("it is there").expect("it decodes");
    assert_eq!(message(first), "0");
    let odd = (&mut heard).map_ok(message).try_filter(|message| future::ready(message != "2")).take(2);
    assert_eq!(odd.try_collect::<Vec<_>>().await.as_deref(), Ok(&["1".to_owned(), "3".to_owned()][..]));
    assert_eq!(heard.try_next().await.expect("it decodes").map(message).as_deref(), Some("4"));
    let rest = (&mut heard).take(3).map_ok(message).try_collect::<Vec<_>>().await;
    assert_eq!(rest.as_deref(), Ok(&["5", "6", "7"].map(str::to_owned)[..]));
    // Two at once, both waiting before there is anything.
    let mut other = timer.on_echo_fired().await.expect("there is such an event");
    let both = future::join(heard.try_next(), other.try_next());
    let (both, ()) = tokio::join!(biased; both, say(&timer, 8..9));
    for event in [both.0, both.1] {
        assert_eq!(event.expect("it decodes").map(message).as_deref(), Some("8"));
    }
}

async fn a_stream_that_is_dropped_listens_no_more(timer: MyTimer, context: &Context) {
    let heard = timer.on_echo_fired().await.expect("there is such an event");
    let kept = timer.on_echo_fired().await.expect("there is such an event");
    assert_eq!(listeners(context), 2);
    say(&timer, 0..3).await;
    // With the combinator that took it, which has heard enough.
    let taken = heard.take(2).map_ok(message).try_collect::<Vec<_>>().await;
    assert_eq!(taken.as_deref(), Ok(&["0".to_owned(), "1".to_owned()][..]));
    until(|| listeners(context) == 1).await;
    say(&timer, 3..4).await;
    let mut kept = Box::pin(kept.map_ok(message).skip(3));
    assert_eq!(kept.next().await.expect("it is there").as_deref(), Ok("3"), "the other one goes on");
    // While it waits.
    assert!(future::poll_immediate(kept.next()).await.is_none(), "nothing has come");
    drop(kept);
    until(|| listeners(context) == 0).await;
}

async fn a_stream_gives_an_error_in_place_of_what_it_cannot_read(timer: MyTimer, _: &Context) {
    // As if the file were another library's.
    let heard = typed::listen::<EchoRequest>(timer.client(), "on_echo_fired").await.expect("there is such an event");
    say(&timer, 0..2).await;
    let outcomes: Vec<_> = heard.take(2).collect().await;
    assert!(matches!(&outcomes[..], [Err(RequestError::Decode(_)), Err(RequestError::Decode(_))]), "{outcomes:?}");
}

async fn a_stream_ends_with_a_goodbye(timer: MyTimer, _: &Context) {
    let clone = timer.clone();
    a_stream_ends(&timer, clone.close()).await;
}

async fn a_stream_ends_with_the_connection(timer: MyTimer, _: &Context) {
    a_stream_ends(&timer, async { timer.client().abort() }).await;
}

/// What came before is heard, and then the end.
async fn a_stream_ends(timer: &MyTimer, end: impl Future<Output = ()>) {
    let mut later = timer.on_echo_fired().await.expect("there is such an event");
    let waiting = timer.on_echo_fired().await.expect("there is such an event");
    let mut last = timer.on_echo_fired().await.expect("there is such an event");
    say(timer, 0..3).await;
    // It is told after the others.
    (&mut last).take(3).for_each(|_| future::ready(())).await;
    let (messages, ()) = tokio::join!(biased; waiting.map_ok(message).try_collect::<Vec<_>>(), end);
    assert_eq!(messages.map(|messages| messages.len()), Ok(3));
    let messages = (&mut later).map_ok(message).try_collect::<Vec<_>>().await;
    assert_eq!(messages.map(|messages| messages.len()), Ok(3), "they waited for it");
    assert_eq!((later.next().await, StreamExt::next(&mut later).await), (None, None), "it stays at its end");
}

async fn a_handle_is_given_back_with_its_last_clone(timer: MyTimer, context: &Context) {
    let stopwatch = timer.start_stopwatch("lap").await.expect("it is started");
    let clone = stopwatch.clone();
    assert_eq!((handles(context), stopwatch == clone), (1, true));
    drop(stopwatch);
    // What was sent before has been done when this is answered.
    timer.name().await.expect("it has one");
    assert_eq!(handles(context), 1);
    clone.read_stopwatch().await.expect("it runs");
    drop(clone);
    timer.name().await.expect("it has one");
    until(|| handles(context) == 0).await;
}

async fn a_handle_lives_as_long_as_a_request_with_it(timer: MyTimer, context: &Context) {
    // In the library a release overtakes a synchronous request, which waits for a thread.
    for _ in 0..100 {
        let stopwatch = timer.start_stopwatch("lap").await.expect("it is started");
        let reading = stopwatch.read_stopwatch();
        drop(stopwatch);
        assert_eq!(reading.await.expect("it runs on").label, "lap");
    }
    until(|| handles(context) == 0).await;
}

async fn a_dropped_request_is_cancelled(timer: MyTimer, context: &Context) {
    let dropped = tokio::time::timeout(Duration::from_millis(20), timer.echo(echo("long", 60_000)).into_future()).await;
    dropped.expect_err("it takes a minute");
    until(|| context.stats().expect("it is open").requests_in_flight == 0).await;
    assert_eq!(timer.name().await.as_deref(), Ok("ipc-server"), "and nothing else");
}

async fn a_deadline_ends_a_request(timer: MyTimer, context: &Context) {
    let late = timer.echo(echo("long", 60_000)).within(Duration::from_millis(20)).await;
    assert_eq!(late.expect_err("it takes a minute").status(), Some(Status::TimedOut));
    until(|| context.stats().expect("it is open").requests_in_flight == 0).await;
    let soon = timer.echo(echo("soon", 1)).within(Duration::from_secs(60)).await;
    assert_eq!(soon.map(|said| said.echoed).as_deref(), Ok("soon"));
}

async fn what_the_library_refuses_is_an_error(timer: MyTimer, _: &Context) {
    // Larger than what the library takes, and smaller than what its server does.
    let large = timer.echo(echo(&"x".repeat(70 << 10), 0)).await.expect_err("it is too large");
    assert_eq!(large.status(), Some(Status::TooLarge), "{large}");
    assert_eq!(timer.name().await.as_deref(), Ok("ipc-server"), "and goes on");
}

async fn closing_is_the_end(timer: MyTimer, _: &Context) {
    let (other, stopwatch) = (timer.clone(), timer.start_stopwatch("lap").await.expect("it is started"));
    let mut heard = timer.on_echo_fired().await.expect("there is such an event");
    timer.close().await;
    assert_eq!(other.name().await, Err(RequestError::Disconnected));
    assert_eq!(stopwatch.read_stopwatch().await.expect_err("it is closed"), RequestError::Disconnected);
    assert_eq!(heard.next().await, None);
}

#[tokio::test]
async fn what_is_loaded_is_closed_with_its_client() {
    for last in [true, false] {
        let (library, context) = Watched::new();
        let timer = MyTimer::load(library, "short").await.expect("it has a name");
        let context = context.lock().expect("nobody panicked").take().expect("it was made");
        let stopwatch = timer.start_stopwatch("lap").await.expect("it is started");
        // What is implemented does not keep it.
        let _clock = timer.implement_fetch_clock(async || Ok(7)).await.expect("it is free");
        if last {
            drop(timer);
            stopwatch.read_stopwatch().await.expect("a handle keeps its client");
            drop(stopwatch);
            until(|| context.stats().is_none()).await;
        } else {
            timer.close().await;
            assert_eq!(context.stats().map(|stats| stats.handles), None, "it is closed when this returns");
        }
    }
}

#[tokio::test]
async fn the_library_itself_is_loaded() {
    let timer = MyTimer::load(library(), "in-process").await.expect("it has a name");
    assert_eq!(timer.name().await.as_deref(), Ok("in-process"));
    timer.close().await;
    let error = MyTimer::load(library(), "").await.expect_err("it has no name");
    assert_eq!(error, RequestError::Declared(TimerError::Empty));
}

/// The client of another library is as stale as one can be.
#[tokio::test]
async fn a_client_of_another_interface_is_refused_with_both_named() {
    let served = Served::loaded().await;
    let (ours, theirs) = (every_type::INTERFACE.abi_hash, generated::INTERFACE.abi_hash);
    for address in served.both() {
        let error = EveryType::connect(address, Options::default()).await.expect_err("it is another").to_string();
        let text = "it is `my_timer`, and this program was compiled for `every_type`";
        assert_eq!(error, format!("{address} serves another library: {text}"));
    }
    served.stop().await;
    let error = EveryType::load(library()).await.expect_err("it is another");
    assert_eq!(error.status(), Some(Status::AbiMismatch));
    let text = format!(
        "this program was compiled for every_type 0.1.0 (interface {ours:016x}), but the library that is loaded is my_timer \
         0.1.0 (interface {theirs:016x}); they have to be the same"
    );
    assert!(error.to_string().ends_with(&text), "{error}");
}

/// Something between a client and a server that can be cut.
struct Between {
    address: Address,
    connections: Arc<Mutex<Vec<JoinHandle<()>>>>,
    accepting: JoinHandle<()>,
}

impl Between {
    async fn start(server: &Address) -> Self {
        let Address::Tcp { host, port } = server.clone() else { panic!("{server}") };
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("there is a port");
        let place = listener.local_addr().expect("it is bound");
        let connections: Arc<Mutex<Vec<JoinHandle<()>>>> = Arc::default();
        let accepted = Arc::clone(&connections);
        let accepting = tokio::spawn(async move {
            loop {
                let (mut near, _) = listener.accept().await.expect("a client comes");
                let mut far = TcpStream::connect((&*host, port)).await.expect("it is served");
                let both = tokio::spawn(async move {
                    let _until_one_ends = tokio::io::copy_bidirectional(&mut near, &mut far).await;
                });
                accepted.lock().expect("nobody panicked").push(both);
            }
        });
        Self { address: (place.ip(), place.port()).into(), connections, accepting }
    }

    fn cut(&self) {
        self.connections.lock().expect("nobody panicked").drain(..).for_each(|both| both.abort());
    }
}

impl Drop for Between {
    fn drop(&mut self) {
        self.accepting.abort();
        self.cut();
    }
}

fn reconnecting() -> Options {
    let soon = Duration::from_millis(1);
    Options { reconnect: Some(Backoff { first: soon, longest: soon, ..Backoff::default() }), ..Options::default() }
}

#[tokio::test]
async fn after_a_reconnect_only_what_may_be_repeated_is() {
    let served = Served::loaded().await;
    let between = Between::start(&served.tcp).await;
    let timer = MyTimer::connect(&between.address, reconnecting()).await.expect("it is served");
    let clock = timer.implement_fetch_clock(async || Ok(7)).await.expect("it is free");
    let stopwatch = timer.start_stopwatch("lap").await.expect("it is started");
    let ordinary = tokio::spawn(timer.echo(echo("ordinary", 60_000)).into_future());
    // Another client's clock, which does not tell the first time that it is asked: that is newer than the one above.
    let straight = MyTimer::connect(&served.tcp, Options::default()).await.expect("it is served");
    let asked = Arc::new(AtomicU32::new(0));
    let times = Arc::clone(&asked);
    let newer = straight.implement_fetch_clock(move || {
        let first = times.fetch_add(1, Ordering::SeqCst) == 0;
        async move { if first { std::future::pending().await } else { Ok(7) } }
    });
    let newer = newer.await.expect("it may be taken");
    let idempotent = tokio::spawn(timer.read_clock().idempotent().into_future());
    until(|| asked.load(Ordering::SeqCst) == 1).await;
    let with_handle = stopwatch.read_stopwatch().idempotent();
    until(|| served.context().stats().expect("it is open").requests_in_flight == 2).await;
    between.cut();
    assert_eq!(ordinary.await.expect("it does not panic"), Err(RequestError::Disconnected));
    let repeated = idempotent.await.expect("it does not panic").expect("it is made again");
    assert_eq!(repeated, "ipc-server read 7 ms since 1970");
    drop(newer);
    straight.name().await.expect("what came before has been done");
    // What is implemented is so on the new connection, too.
    assert_eq!(timer.read_clock().await.as_deref(), Ok("ipc-server read 7 ms since 1970"));
    drop(clock);
    // A handle is not: its number may be another's by now.
    let ended = RequestError::Invalid("a handle is of a connection that has ended");
    assert_eq!(with_handle.await.expect_err("it is of the connection before"), ended);
    assert_eq!(stopwatch.read_stopwatch().await.expect_err("it is of the connection before"), ended);
    let another = timer.start_stopwatch("another").await.expect("it is started");
    drop(stopwatch);
    another.read_stopwatch().await.expect("it was not given back in place of the other");
    served.stop().await;
}
