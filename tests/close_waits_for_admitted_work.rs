//! What a close waits for, and what it does not wait for: admitted work, the library's own threads, everybody else.
//!
//! Libraries of the same functions: one whose limits no test reaches, and two with limits that are over at once.

mod support;

use ffihost::{Host, HostError, HostFn, NoContext, Options, Status};
use std::cell::Cell;
use std::ffi::{c_int, c_void};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, mpsc};
use std::thread;
use std::time::Duration;
use support::{PATIENCE, Told};

static ASK: HostFn = HostFn::new("ask");

const OK: c_int = Status::Ok.code();
const CLOSING: c_int = Status::Closing.code();
const INVALID_CTX: c_int = Status::InvalidCtx.code();
const INVALID_ARGUMENT: c_int = Status::InvalidArgument.code();
const WOULD_DEADLOCK: c_int = Status::WouldDeadlock.code();
const TIMED_OUT: c_int = Status::TimedOut.code();
const UNKNOWN_TOKEN: c_int = Status::UnknownToken.code();

/// Where library code waits until the test lets it go on.
#[derive(Default)]
struct Barrier {
    state: Mutex<(bool, bool)>,
    changed: Condvar,
}

impl Barrier {
    fn pass(&self) {
        let mut state = self.state.lock().expect("not poisoned");
        state.0 = true;
        self.changed.notify_all();
        let (_state, waited) =
            self.changed.wait_timeout_while(state, PATIENCE, |(_, open)| !*open).expect("not poisoned");
        assert!(!waited.timed_out(), "the test lets it go on");
    }

    fn open(&self) {
        self.state.lock().expect("not poisoned").1 = true;
        self.changed.notify_all();
    }

    /// Opens it when this is dropped, also if the test fails.
    fn opens_at_last(&self) -> impl Drop {
        struct Opens<'a>(&'a Barrier);
        impl Drop for Opens<'_> {
            fn drop(&mut self) {
                self.0.open();
            }
        }
        Opens(self)
    }

    fn await_entered(&self) {
        let state = self.state.lock().expect("not poisoned");
        let (_state, waited) =
            self.changed.wait_timeout_while(state, PATIENCE, |(entered, _)| !*entered).expect("not poisoned");
        assert!(!waited.timed_out(), "library code comes to the barrier");
    }
}

/// What a test shares with the library code of its context.
#[derive(Default)]
struct Script {
    barrier: Barrier,
    log: Mutex<Vec<&'static str>>,
    ctx: Mutex<Option<(Library, usize)>>,
    status: Mutex<Option<c_int>>,
    turns: AtomicU64,
}

impl Script {
    fn say(&self, what: &'static str) {
        self.log.lock().expect("not poisoned").push(what);
    }

    fn said(&self) -> Vec<&'static str> {
        self.log.lock().expect("not poisoned").clone()
    }
}

static SCRIPTS: Mutex<Vec<Arc<Script>>> = Mutex::new(Vec::new());

struct State(Arc<Script>);

impl Drop for State {
    fn drop(&mut self) {
        self.0.say("dropped");
    }
}

async fn construct(number: Vec<u8>) -> Result<State, String> {
    let number: usize = String::from_utf8_lossy(&number).parse().map_err(|_| "not a number".to_owned())?;
    Ok(State(Arc::clone(&SCRIPTS.lock().expect("not poisoned")[number])))
}

async fn destruct(state: &State) {
    state.0.say("destructed");
}

/// Keeps the FFI thread.
async fn hold(state: &State, _: Vec<u8>) -> Result<(), String> {
    state.0.barrier.pass();
    state.0.say("let go");
    let asked = Host::current().expect("in a context").call("ask", "?").await;
    state.0.say(if asked.is_ok() { "answered" } else { "not answered" });
    Ok(())
}

/// Keeps the FFI thread, and asks nobody.
async fn hold_only(state: &State, _: Vec<u8>) -> Result<(), String> {
    state.0.barrier.pass();
    Ok(())
}

/// Keeps the caller's thread.
fn hold_now(state: &State, _: &[u8]) -> Result<(), String> {
    state.0.barrier.pass();
    state.0.say("let go");
    Ok(())
}

/// Has the loop count its turns.
async fn count_turns(state: &State, _: Vec<u8>) -> Result<(), String> {
    let script = Arc::clone(&state.0);
    tokio::task::spawn_local(async move {
        loop {
            script.turns.fetch_add(1, Ordering::Relaxed);
            tokio::task::yield_now().await;
        }
    });
    Ok(())
}

/// Keeps the caller's thread until the host has answered.
fn ask_now(_: &State, _: &[u8]) -> Result<String, String> {
    let host = Host::current().map_err(|error| error.to_string())?;
    match futures::executor::block_on(host.call("ask", "?")) {
        Ok(_) => Ok("answered".to_owned()),
        Err(error) => Ok(support::show(&error)),
    }
}

/// Keeps a thread of the runtime's.
async fn hold_blocking(state: &State, _: Vec<u8>) -> Result<(), String> {
    let script = Arc::clone(&state.0);
    tokio::task::spawn_blocking(move || script.barrier.pass());
    Ok(())
}

async fn emit(_: &State, text: Vec<u8>) -> Result<(), String> {
    Host::current().expect("in a context").emit("happened", text).map_err(|error| error.to_string())
}

/// A thread-local of the FFI thread.
struct AtTheEnd(Arc<Script>, Does);

/// What it does when it is dropped.
enum Does {
    Destroy,
    Ask(Host),
    Hold,
}

impl Drop for AtTheEnd {
    fn drop(&mut self) {
        match self.1 {
            Does::Destroy => {
                let (library, ctx) = self.0.ctx.lock().expect("not poisoned").expect("the test has told it");
                *self.0.status.lock().expect("not poisoned") = Some((library.destroy)(ctx as *mut c_void));
            }
            Does::Ask(host) => {
                // Whoever destroys it ends its life, and then waits for this thread.
                while host.is_live() {
                    thread::yield_now();
                }
                let asked = host.call_sync::<_, Vec<u8>, Vec<u8>>(&ASK, "?");
                self.0.say(if asked == Err(HostError::NoContext(NoContext::Ended)) { "refused" } else { "asked" });
            }
            Does::Hold => self.0.barrier.pass(),
        }
    }
}

async fn at_the_end(state: &State, what: Vec<u8>) -> Result<(), String> {
    thread_local!(static AT_THE_END: Cell<Option<AtTheEnd>> = const { Cell::new(None) });
    let does = match what.as_slice() {
        b"destroy" => Does::Destroy,
        b"ask" => Does::Ask(Host::current().expect("in a context")),
        _ => Does::Hold,
    };
    AT_THE_END.set(Some(AtTheEnd(Arc::clone(&state.0), does)));
    Ok(())
}

macro_rules! library {
    ($module:ident, $prefix:literal, $options:expr) => {
        mod $module {
            use super::*;

            ffihost::exports! {
                prefix: $prefix,
                state: State,
                options: $options,
                constructor: construct,
                destructor: destruct,
                requests: { hold: hold, hold_only: hold_only, hold_blocking: hold_blocking, emit: emit, at_the_end: at_the_end, count_turns: count_turns },
                sync_requests: { hold_now: hold_now, ask_now: ask_now },
                host_fns: ["ask"],
                events: ["happened"],
            }

            mod c {
                use ffihost::abi::types::{FFICallBack, FFIHostFn, FFIHostFnOptions, FFIStats};
                use std::ffi::{c_char, c_int, c_void};

                type UserData = *mut c_void;

                unsafe extern "C" {
                    #[link_name = concat!($prefix, "_create")]
                    pub(super) safe fn create(
                        req: *const u8,
                        len: usize,
                        cb: Option<FFICallBack>,
                        data: UserData,
                        ctx: *mut UserData,
                    ) -> c_int;
                    #[link_name = concat!($prefix, "_destroy")]
                    pub(super) safe fn destroy(ctx: UserData) -> c_int;
                    #[link_name = concat!($prefix, "_close")]
                    pub(super) safe fn close(ctx: UserData, done: Option<FFICallBack>, data: UserData) -> c_int;
                    #[link_name = concat!($prefix, "_stats")]
                    pub(super) safe fn stats(ctx: UserData, out: *mut FFIStats) -> c_int;
                    #[link_name = concat!($prefix, "_register_host_fn")]
                    pub(super) safe fn register(
                        ctx: UserData,
                        name: *const c_char,
                        function: Option<FFIHostFn>,
                        data: UserData,
                    ) -> c_int;
                    #[link_name = concat!($prefix, "_register_host_fn_with")]
                    pub(super) safe fn register_with(
                        ctx: UserData,
                        name: *const c_char,
                        options: *const FFIHostFnOptions,
                    ) -> c_int;
                    #[link_name = concat!($prefix, "_add_event_listener")]
                    pub(super) safe fn listen(
                        ctx: UserData,
                        event: *const c_char,
                        cb: Option<FFICallBack>,
                        data: UserData,
                    ) -> u64;
                    #[link_name = concat!($prefix, "_remove_event_listener")]
                    pub(super) safe fn unlisten(ctx: UserData, listener: u64) -> c_int;
                    #[link_name = concat!($prefix, "_hold")]
                    pub(super) safe fn hold(
                        ctx: UserData,
                        cb: Option<FFICallBack>,
                        data: UserData,
                        req: *const u8,
                        len: usize,
                    ) -> c_int;
                    #[link_name = concat!($prefix, "_hold_only")]
                    pub(super) safe fn hold_only(
                        ctx: UserData,
                        cb: Option<FFICallBack>,
                        data: UserData,
                        req: *const u8,
                        len: usize,
                    ) -> c_int;
                    #[link_name = concat!($prefix, "_hold_now")]
                    pub(super) safe fn hold_now(
                        ctx: UserData,
                        cb: Option<FFICallBack>,
                        data: UserData,
                        req: *const u8,
                        len: usize,
                    ) -> c_int;
                    #[link_name = concat!($prefix, "_hold_blocking")]
                    pub(super) safe fn hold_blocking(
                        ctx: UserData,
                        cb: Option<FFICallBack>,
                        data: UserData,
                        req: *const u8,
                        len: usize,
                    ) -> c_int;
                    #[link_name = concat!($prefix, "_emit")]
                    pub(super) safe fn emit(
                        ctx: UserData,
                        cb: Option<FFICallBack>,
                        data: UserData,
                        req: *const u8,
                        len: usize,
                    ) -> c_int;
                    #[link_name = concat!($prefix, "_at_the_end")]
                    pub(super) safe fn at_the_end(
                        ctx: UserData,
                        cb: Option<FFICallBack>,
                        data: UserData,
                        req: *const u8,
                        len: usize,
                    ) -> c_int;
                    #[link_name = concat!($prefix, "_count_turns")]
                    pub(super) safe fn count_turns(
                        ctx: UserData,
                        cb: Option<FFICallBack>,
                        data: UserData,
                        req: *const u8,
                        len: usize,
                    ) -> c_int;
                    #[link_name = concat!($prefix, "_ask_now")]
                    pub(super) safe fn ask_now(
                        ctx: UserData,
                        cb: Option<FFICallBack>,
                        data: UserData,
                        req: *const u8,
                        len: usize,
                    ) -> c_int;
                }
            }

            pub(super) const LIBRARY: Library = Library {
                create: c::create,
                destroy: c::destroy,
                close: c::close,
                stats: c::stats,
                register: c::register,
                register_with: c::register_with,
                listen: c::listen,
                unlisten: c::unlisten,
                hold: c::hold,
                hold_only: c::hold_only,
                hold_now: c::hold_now,
                hold_blocking: c::hold_blocking,
                emit: c::emit,
                at_the_end: c::at_the_end,
                count_turns: c::count_turns,
                ask_now: c::ask_now,
            };
        }
    };
}

use ffihost::abi::types::{FFICallBack, FFIHostFn, FFIHostFnOptions, FFIStats};
use std::ffi::c_char;

type UserData = *mut c_void;
type Request = extern "C" fn(UserData, Option<FFICallBack>, UserData, *const u8, usize) -> c_int;

#[derive(Clone, Copy)]
struct Library {
    create: extern "C" fn(*const u8, usize, Option<FFICallBack>, UserData, *mut UserData) -> c_int,
    destroy: extern "C" fn(UserData) -> c_int,
    close: extern "C" fn(UserData, Option<FFICallBack>, UserData) -> c_int,
    stats: extern "C" fn(UserData, *mut FFIStats) -> c_int,
    register: extern "C" fn(UserData, *const c_char, Option<FFIHostFn>, UserData) -> c_int,
    register_with: extern "C" fn(UserData, *const c_char, *const FFIHostFnOptions) -> c_int,
    listen: extern "C" fn(UserData, *const c_char, Option<FFICallBack>, UserData) -> u64,
    unlisten: extern "C" fn(UserData, u64) -> c_int,
    hold: Request,
    hold_only: Request,
    hold_now: Request,
    hold_blocking: Request,
    emit: Request,
    at_the_end: Request,
    count_turns: Request,
    ask_now: Request,
}

const LONG: Duration = Duration::from_secs(600);
library!(patient, "patient", Options::new().grace(LONG).linger(LONG).destructor_deadline(LONG));
// Everything that does not stop at once is left behind.
library!(
    hasty,
    "hasty",
    Options::new().grace(Duration::ZERO).linger(Duration::ZERO).destructor_deadline(Duration::ZERO).max_contexts(4_096)
);
// Whatever has to be cancelled is cancelled at once, and has the time to end.
library!(strict, "strict", Options::new().grace(Duration::ZERO).linger(LONG).destructor_deadline(LONG));
// Only what the linger bounds is.
library!(brief, "brief", Options::new().grace(LONG).linger(Duration::from_millis(1)).destructor_deadline(LONG));

/// A context and its script.
struct Context {
    library: Library,
    ctx: usize,
    script: Arc<Script>,
}

impl Context {
    fn new(library: Library) -> Self {
        let script = Arc::<Script>::default();
        let number = {
            let mut scripts = SCRIPTS.lock().expect("not poisoned");
            scripts.push(Arc::clone(&script));
            (scripts.len() - 1).to_string()
        };
        let (sender, created) = mpsc::channel();
        let (cb, user_data) = support::callback(move |told| drop(sender.send(told)));
        let mut ctx = std::ptr::null_mut();
        assert_eq!((library.create)(number.as_ptr(), number.len(), cb, user_data, &raw mut ctx), OK);
        assert_eq!(created.recv_timeout(PATIENCE), Ok(Told::ok("")));
        *script.ctx.lock().expect("not poisoned") = Some((library, ctx.addr()));
        Self { library, ctx: ctx.addr(), script }
    }

    fn submit(&self, request: Request, text: &str) -> mpsc::Receiver<Told> {
        let (sender, told) = mpsc::channel();
        let (cb, user_data) = support::callback(move |outcome| drop(sender.send(outcome)));
        assert_eq!(request(self.ctx as UserData, cb, user_data, text.as_ptr(), text.len()), OK);
        told
    }

    fn run(&self, request: Request, text: &str) {
        assert_eq!(self.submit(request, text).recv_timeout(PATIENCE), Ok(Told::ok("")));
    }

    fn stats(&self) -> c_int {
        stats(self.library, self.ctx)
    }

    fn destroy(&self) -> c_int {
        (self.library.destroy)(self.ctx as UserData)
    }
}

fn stats(library: Library, ctx: usize) -> c_int {
    let mut stats = FFIStats { size: size_of::<FFIStats>(), ..FFIStats::default() };
    (library.stats)(ctx as UserData, &raw mut stats)
}

/// Begins a close, and gives what `done` will be told.
fn close(context: &Context) -> mpsc::Receiver<Told> {
    let (sender, done) = mpsc::channel();
    let (cb, user_data) = support::callback(move |told| drop(sender.send(told)));
    assert_eq!((context.library.close)(context.ctx as UserData, cb, user_data), OK);
    done
}

#[test]
fn a_synchronous_request_has_the_grace_period_and_the_destructor_waits_for_it() {
    let context = Context::new(patient::LIBRARY);
    context.run(context.library.count_turns, "");
    thread::scope(|scope| {
        let request = scope.spawn(|| context.submit(context.library.hold_now, "").recv_timeout(PATIENCE));
        context.script.barrier.await_entered();
        let done = close(&context);
        // It would be destructed by then if nobody waited.
        let turns = || context.script.turns.load(Ordering::Relaxed);
        let seen = turns();
        support::wait_until("the loop has turned", || turns() > seen + 1_000);
        assert_eq!(done.try_recv(), Err(mpsc::TryRecvError::Empty));
        assert!(context.script.said().is_empty());
        context.script.barrier.open();
        assert_eq!(request.join().expect("no panic"), Ok(Told::ok("")));
        assert_eq!(done.recv_timeout(PATIENCE), Ok(Told::ok("")));
    });
    assert_eq!(context.script.said(), ["let go", "destructed", "dropped"]);
}

#[test]
fn with_admitted_work_left_the_destructor_is_left_out_and_the_state_outlives_it() {
    let context = Context::new(hasty::LIBRARY);
    thread::scope(|scope| {
        let _opens = context.script.barrier.opens_at_last();
        let request = scope.spawn(|| context.submit(context.library.hold_now, "").recv_timeout(PATIENCE));
        context.script.barrier.await_entered();
        assert_eq!(context.destroy(), TIMED_OUT);
        assert_eq!((context.destroy(), context.stats()), (INVALID_CTX, INVALID_CTX));
        // It would be dropped by then if nobody waited.
        (0..20).for_each(|_| assert_eq!(Context::new(patient::LIBRARY).destroy(), OK));
        assert!(context.script.said().is_empty());
        context.script.barrier.open();
        assert_eq!(request.join().expect("no panic"), Ok(Told::ok("")));
    });
    support::wait_until("the state is dropped", || context.script.said() == ["let go", "dropped"]);
}

#[test]
fn a_record_serves_again_when_stuck_code_has_let_go() {
    // More than there are records.
    for _ in 0..4_200 / 50 {
        let stuck: Vec<Context> = (0..50)
            .map(|_| {
                let context = Context::new(hasty::LIBRARY);
                drop(context.submit(context.library.hold, ""));
                context.script.barrier.await_entered();
                assert_eq!(context.destroy(), TIMED_OUT);
                context
            })
            .collect();
        for context in stuck {
            context.script.barrier.open();
            support::wait_until("its state is dropped", || context.script.said().contains(&"dropped"));
            assert_eq!(context.script.said(), ["let go", "not answered", "dropped"], "no destructor");
        }
    }
}

#[test]
fn callers_that_only_look_or_have_a_stale_handle_delay_no_close() {
    let stale = Context::new(patient::LIBRARY);
    assert_eq!(stale.destroy(), OK);
    let over = Arc::new(AtomicBool::new(false));
    for _ in 0..20 {
        // The record is the same, as it serves again.
        let context = Context::new(patient::LIBRARY);
        let hammers: Vec<_> = [stale.ctx, stale.ctx, context.ctx, context.ctx]
            .into_iter()
            .map(|ctx| {
                let over = Arc::clone(&over);
                thread::spawn(move || {
                    while !over.load(Ordering::Relaxed) {
                        assert!([OK, INVALID_CTX, CLOSING].contains(&stats(patient::LIBRARY, ctx)));
                    }
                })
            })
            .collect();
        assert_eq!(context.destroy(), OK);
        over.store(true, Ordering::Relaxed);
        hammers.into_iter().for_each(|hammer| hammer.join().expect("no panic"));
        over.store(false, Ordering::Relaxed);
    }
}

#[test]
fn destroy_in_a_thread_local_of_the_ffi_thread_would_deadlock() {
    let context = Context::new(patient::LIBRARY);
    context.run(context.library.at_the_end, "destroy");
    assert_eq!(context.destroy(), OK);
    let status = *context.script.status.lock().expect("not poisoned");
    // Either the handle was still live then, or the close had gone on.
    assert!([Some(WOULD_DEADLOCK), Some(INVALID_CTX)].contains(&status), "{status:?}");
}

#[test]
fn a_thread_local_of_the_ffi_thread_is_dropped_outside_of_the_context() {
    let context = Context::new(patient::LIBRARY);
    context.run(context.library.at_the_end, "ask");
    assert_eq!(context.destroy(), OK);
    assert_eq!(context.script.said(), ["destructed", "dropped", "refused"]);
}

#[test]
fn a_thread_local_that_blocks_does_not_keep_destroy() {
    let context = Context::new(brief::LIBRARY);
    context.run(context.library.at_the_end, "hold");
    assert_eq!(context.destroy(), TIMED_OUT);
    context.script.barrier.await_entered();
    context.script.barrier.open();
    assert_eq!(context.script.said(), ["destructed", "dropped"]);
}

#[test]
fn blocking_work_that_does_not_end_is_told() {
    let context = Context::new(brief::LIBRARY);
    context.run(context.library.hold_blocking, "");
    context.script.barrier.await_entered();
    assert_eq!(context.destroy(), TIMED_OUT);
    context.script.barrier.open();
    let context = Context::new(patient::LIBRARY);
    context.run(context.library.hold_blocking, "");
    context.script.barrier.await_entered();
    let done = close(&context);
    support::wait_until("the state is dropped", || context.script.said().contains(&"dropped"));
    assert_eq!(done.try_recv(), Err(mpsc::TryRecvError::Empty), "it waits for the blocking work");
    context.script.barrier.open();
    assert_eq!(done.recv_timeout(PATIENCE), Ok(Told::ok("")));
}

/// Events are queued, one listener is slow, the FFI thread is kept: after destroy no delivery begins, and the host learns when
/// the one that runs has ended.
#[test]
fn no_listener_begins_to_run_after_a_destroy_that_timed_out() {
    let context = Context::new(hasty::LIBRARY);
    let slow = Arc::<Barrier>::default();
    let (theirs, heard) = (Arc::clone(&slow), Arc::new(Mutex::new(Vec::new())));
    let log = Arc::clone(&heard);
    let (cb, user_data) = support::callback(move |told| {
        log.lock().expect("not poisoned").push(told.text);
        theirs.pass();
    });
    let listener = (context.library.listen)(context.ctx as UserData, c"happened".as_ptr(), cb, user_data);
    assert_ne!(listener, 0);
    (0..100).for_each(|n| context.run(context.library.emit, &n.to_string()));
    slow.await_entered();
    drop(context.submit(context.library.hold, ""));
    context.script.barrier.await_entered();
    assert_eq!(context.destroy(), TIMED_OUT);
    slow.open();
    assert_eq!((context.library.unlisten)(context.ctx as UserData, listener), OK, "it has ended when this returns");
    assert_eq!((context.library.unlisten)(context.ctx as UserData, listener), UNKNOWN_TOKEN);
    assert_eq!(*heard.lock().expect("not poisoned"), ["0"]);
    context.script.barrier.open();
    support::wait_until("nothing of it is left", || {
        (context.library.unlisten)(context.ctx as UserData, listener) == INVALID_CTX
    });
    assert_eq!(*heard.lock().expect("not poisoned"), ["0"]);
}

/// What the host registered is released when the stuck code lets go, and never called before that.
#[test]
fn after_an_abandonment_no_host_function_is_called() {
    extern "C" fn never(_: u64, _: *const c_char, _: usize, _: UserData) {
        unreachable!("it is called after destroy has returned");
    }
    let context = Context::new(hasty::LIBRARY);
    let name = c"ask".as_ptr();
    assert_eq!((context.library.register)(context.ctx as UserData, name, Some(never), std::ptr::null_mut()), OK);
    let request = context.submit(context.library.hold, "");
    context.script.barrier.await_entered();
    assert_eq!(context.destroy(), TIMED_OUT);
    assert_eq!(request.recv_timeout(PATIENCE).map(|told| told.ret), Ok(TIMED_OUT));
    context.script.barrier.open();
    support::wait_until("its state is dropped", || context.script.said().contains(&"dropped"));
    assert_eq!(context.script.said(), ["let go", "not answered", "dropped"]);
}

/// The release of a registration: it waits, and says that it has returned.
#[derive(Default)]
struct Release {
    barrier: Barrier,
    returned: AtomicU64,
}

/// Registers a function whose release that is.
fn register(context: &Context, release: &'static Release) -> c_int {
    extern "C" fn never(_: u64, _: *const c_char, _: usize, _: UserData) {
        unreachable!("nobody asks");
    }
    extern "C" fn released(user_data: UserData) {
        // SAFETY: it is static.
        let release = unsafe { &*user_data.cast::<Release>() };
        release.barrier.pass();
        release.returned.fetch_add(1, Ordering::SeqCst);
    }
    let options = FFIHostFnOptions {
        size: size_of::<FFIHostFnOptions>(),
        function: Some(never),
        cancel: None,
        release: Some(released),
        user_data: std::ptr::from_ref(release).cast_mut().cast(),
        format: 0,
        max_in_flight: 0,
        deadline_ms: 0,
    };
    (context.library.register_with)(context.ctx as UserData, c"ask".as_ptr(), &raw const options)
}

/// While the FFI thread of a closing context is held, so that it knows of neither, one registration replaces another, whose
/// release waits on the thread that does it; then the FFI thread goes on, and so does the test.
fn replaced_while_it_closes(
    library: Library,
    then: impl FnOnce(&Context, &mpsc::Receiver<Told>, &[&'static Release; 2]),
) {
    let releases: [&'static Release; 2] = [Box::leak(Box::default()), Box::leak(Box::default())];
    releases[1].barrier.open();
    let context = Context::new(library);
    let request = context.submit(library.hold_only, "");
    context.script.barrier.await_entered();
    let done = close(&context);
    assert_eq!(register(&context, releases[0]), OK);
    thread::scope(|scope| {
        let opens = releases[0].barrier.opens_at_last();
        let replaced = scope.spawn(|| register(&context, releases[1]));
        releases[0].barrier.await_entered();
        context.script.barrier.open();
        assert_eq!(request.recv_timeout(PATIENCE), Ok(Told::ok("")));
        then(&context, &done, &releases);
        drop(opens);
        assert_eq!(replaced.join().expect("no panic"), OK);
    });
    support::wait_until("both are released", || {
        releases.map(|release| release.returned.load(Ordering::SeqCst)) == [1, 1]
    });
    assert_eq!(stats(library, context.ctx), INVALID_CTX);
}

#[test]
fn what_is_replaced_while_the_context_closes_is_released_before_its_end() {
    replaced_while_it_closes(patient::LIBRARY, |context, done, releases| {
        support::wait_until("registrations are refused", || {
            (context.library.register)(context.ctx as UserData, c"nobody".as_ptr(), None, std::ptr::null_mut())
                != INVALID_ARGUMENT
        });
        assert_eq!(done.recv_timeout(Duration::from_millis(100)), Err(mpsc::RecvTimeoutError::Timeout));
        releases[0].barrier.open();
        assert_eq!(done.recv_timeout(PATIENCE), Ok(Told::ok("")));
        assert_eq!(releases.map(|release| release.returned.load(Ordering::SeqCst)), [1, 1]);
    });
}

#[test]
fn a_release_that_does_not_end_is_left_behind() {
    replaced_while_it_closes(brief::LIBRARY, |_, done, releases| {
        assert_eq!(done.recv_timeout(PATIENCE).map(|told| told.ret), Ok(TIMED_OUT));
        assert_eq!(releases.map(|release| release.returned.load(Ordering::SeqCst)), [0, 1]);
    });
}

/// Threads that go on registering do not keep a context from ending, and every release of theirs has returned then.
#[test]
fn threads_that_register_without_end_delay_no_close() {
    static ACCEPTED: AtomicU64 = AtomicU64::new(0);
    let release: &'static Release = Box::leak(Box::default());
    release.barrier.open();
    let context = Context::new(patient::LIBRARY);
    thread::scope(|scope| {
        let request = scope.spawn(|| context.submit(context.library.hold_now, "").recv_timeout(PATIENCE));
        context.script.barrier.await_entered();
        let done = close(&context);
        for _ in 0..64 {
            scope.spawn(|| {
                while register(&context, release) == OK {
                    ACCEPTED.fetch_add(1, Ordering::SeqCst);
                }
            });
        }
        support::wait_until("they register", || ACCEPTED.load(Ordering::SeqCst) > 1_000);
        context.script.barrier.open();
        assert_eq!(request.join().expect("no panic"), Ok(Told::ok("")));
        assert_eq!(done.recv_timeout(PATIENCE), Ok(Told::ok("")));
        let returned = release.returned.load(Ordering::SeqCst);
        support::wait_until("all is counted", || ACCEPTED.load(Ordering::SeqCst) == returned);
        thread::sleep(Duration::from_millis(1));
        assert_eq!(release.returned.load(Ordering::SeqCst), returned, "released after the end");
    });
}

/// Two hundred threads wait in synchronous requests for host calls that nobody answers: they end when their calls do.
#[test]
fn synchronous_requests_in_host_calls_end_with_the_grace_period() {
    static ASKED: AtomicU64 = AtomicU64::new(0);
    extern "C" fn never_answers(_: u64, _: *const c_char, _: usize, _: UserData) {
        ASKED.fetch_add(1, Ordering::SeqCst);
    }
    const THREADS: u64 = 200;
    let context = Context::new(strict::LIBRARY);
    let name = c"ask".as_ptr();
    assert_eq!(
        (context.library.register)(context.ctx as UserData, name, Some(never_answers), std::ptr::null_mut()),
        OK
    );
    thread::scope(|scope| {
        let ask = || context.submit(context.library.ask_now, "").recv_timeout(PATIENCE);
        let requests: Vec<_> = (0..THREADS).map(|_| scope.spawn(ask)).collect();
        support::wait_until("all are asked", || ASKED.load(Ordering::SeqCst) == THREADS);
        assert_eq!(context.destroy(), OK);
        for request in requests {
            assert_eq!(request.join().expect("no panic"), Ok(Told::ok("ShuttingDown")));
        }
    });
    assert_eq!(context.script.said(), ["destructed", "dropped"]);
}
