//! Libraries whose code waits until a test lets it go on.
//!
//! Libraries of the same functions: one whose limits no test reaches, and others with limits that are over at once.
#![allow(dead_code, unreachable_pub, reason = "each test file uses a part of it")]
#![allow(clippy::allow_attributes, reason = "whether the expectation above holds differs between test files")]

use crate::support::{PATIENCE, Pending, Told};
use ffihost::Stats;
use ffihost::{Host, HostError, HostFn, NoContext, Options, Status};
use ffihost_test_host::{Create, Exports, Request, try_submit};
use std::cell::Cell;
use std::ffi::{c_int, c_void};
use std::ops::Deref;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;

static ASK: HostFn = HostFn::new("ask");

pub const OK: c_int = Status::Ok.code();
pub const CLOSING: c_int = Status::Closing.code();
pub const INVALID_CTX: c_int = Status::InvalidCtx.code();
pub const INVALID_ARGUMENT: c_int = Status::InvalidArgument.code();
pub const WOULD_DEADLOCK: c_int = Status::WouldDeadlock.code();
pub const TIMED_OUT: c_int = Status::TimedOut.code();
pub const UNKNOWN_TOKEN: c_int = Status::UnknownToken.code();

/// Where library code waits until the test lets it go on.
#[derive(Default)]
pub struct Barrier {
    pub state: Mutex<(bool, bool)>,
    pub changed: Condvar,
}

impl Barrier {
    pub fn pass(&self) {
        let mut state = self.state.lock().expect("not poisoned");
        state.0 = true;
        self.changed.notify_all();
        let (_state, waited) =
            self.changed.wait_timeout_while(state, PATIENCE, |(_, open)| !*open).expect("not poisoned");
        assert!(!waited.timed_out(), "the test lets it go on");
    }

    pub fn open(&self) {
        self.state.lock().expect("not poisoned").1 = true;
        self.changed.notify_all();
    }

    /// Opens it when this is dropped, also if the test fails.
    pub fn opens_at_last(&self) -> impl Drop {
        struct Opens<'a>(&'a Barrier);
        impl Drop for Opens<'_> {
            fn drop(&mut self) {
                self.0.open();
            }
        }
        Opens(self)
    }

    pub fn await_entered(&self) {
        let state = self.state.lock().expect("not poisoned");
        let (_state, waited) =
            self.changed.wait_timeout_while(state, PATIENCE, |(entered, _)| !*entered).expect("not poisoned");
        assert!(!waited.timed_out(), "library code comes to the barrier");
    }
}

/// What a test shares with the library code of its context.
#[derive(Default)]
pub struct Script {
    pub barrier: Barrier,
    pub log: Mutex<Vec<&'static str>>,
    pub ctx: Mutex<Option<(Library, usize)>>,
    pub status: Mutex<Option<c_int>>,
    pub turns: AtomicU64,
}

impl Script {
    pub fn say(&self, what: &'static str) {
        self.log.lock().expect("not poisoned").push(what);
    }

    pub fn said(&self) -> Vec<&'static str> {
        self.log.lock().expect("not poisoned").clone()
    }
}

pub static SCRIPTS: Mutex<Vec<Arc<Script>>> = Mutex::new(Vec::new());

pub struct State(Arc<Script>);

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
pub fn hold_now(state: &State, _: &[u8]) -> Result<(), String> {
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
pub fn ask_now(_: &State, _: &[u8]) -> Result<String, String> {
    let host = Host::current().map_err(|error| error.to_string())?;
    match futures::executor::block_on(host.call("ask", "?")) {
        Ok(_) => Ok("answered".to_owned()),
        Err(error) => Ok(crate::support::show(&error)),
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
pub struct AtTheEnd(Arc<Script>, Does);

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
        pub mod $module {
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
                ffihost_test_host::exports!(
                    $prefix,
                    create: [create],
                    requests: [hold, hold_only, hold_now, hold_blocking, emit, at_the_end, count_turns, ask_now]
                );
            }

            pub const LIBRARY: Library = Library {
                exports: c::EXPORTS,
                create: c::create,
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

pub type UserData = *mut c_void;

#[derive(Clone, Copy)]
pub struct Library {
    exports: &'static Exports,
    create: Create,
    pub hold: Request,
    pub hold_only: Request,
    pub hold_now: Request,
    pub hold_blocking: Request,
    pub emit: Request,
    pub at_the_end: Request,
    pub count_turns: Request,
    pub ask_now: Request,
}

impl Deref for Library {
    type Target = Exports;

    fn deref(&self) -> &Exports {
        self.exports
    }
}

pub const LONG: Duration = Duration::from_secs(600);
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
pub struct Context {
    pub library: Library,
    pub ctx: usize,
    pub script: Arc<Script>,
}

impl Context {
    pub fn new(library: Library) -> Self {
        let script = Arc::<Script>::default();
        let number = {
            let mut scripts = SCRIPTS.lock().expect("not poisoned");
            scripts.push(Arc::clone(&script));
            (scripts.len() - 1).to_string()
        };
        let create = |cb, data, ctx| (library.create)(number.as_ptr(), number.len(), cb, data, ctx);
        let ctx = ffihost_test_host::Context::made_of(library.exports, create).raw();
        *script.ctx.lock().expect("not poisoned") = Some((library, ctx.addr()));
        Self { library, ctx: ctx.addr(), script }
    }

    /// The same, as any host has it.
    pub fn host(&self) -> ffihost_test_host::Context<&'static Exports> {
        ffihost_test_host::Context(self.ctx as UserData, self.library.exports)
    }

    pub fn submit(&self, request: Request, text: &str) -> Pending {
        let submit = |cb, data| request(self.ctx as UserData, cb, data, text.as_ptr(), text.len());
        let (ret, pending) = try_submit(Told::new, submit);
        assert_eq!(ret, OK);
        pending
    }

    pub fn run(&self, request: Request, text: &str) {
        assert_eq!(self.submit(request, text).wait(), Told::ok(""));
    }

    pub fn stats(&self) -> c_int {
        stats(self.library, self.ctx)
    }

    pub fn destroy(&self) -> c_int {
        (self.library.destroy)(self.ctx as UserData)
    }
}

pub fn stats(library: Library, ctx: usize) -> c_int {
    let mut stats = Stats::default();
    (library.stats)(ctx as UserData, &raw mut stats)
}

/// Begins a close, and gives what `done` will be told.
pub fn close(context: &Context) -> Pending {
    let (ret, done) = context.host().close();
    assert_eq!(ret, OK);
    done
}
