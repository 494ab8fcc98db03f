//! Values of the author's that panic when they are dropped, in each position of a request and at each of its ends: the request
//! is called back once, every value is dropped once, and the context goes on.

mod support;

use ffihost::abi::{self, Library, Reply};
use ffihost::wire::Returned;
use ffihost::{Format, Options, Status};
use std::convert::identity;
use std::ffi::{c_char, c_int, c_void};
use std::future::{pending, ready};
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;
use support::{PATIENCE, Pending, Told};

const OK: c_int = Status::Ok.code();
const ERR: c_int = Status::Err.code();
const STALE_WARN: c_int = Status::StaleWarn.code();
const BUSY: c_int = Status::Busy.code();
const PANIC: c_int = Status::Panic.code();
const TIMED_OUT: c_int = Status::TimedOut.code();
const CANCELLED: c_int = Status::Cancelled.code();

const LONG: Duration = Duration::from_secs(600);
const SHORT: Duration = Duration::from_millis(1);

/// Nothing is cancelled before the grace period is over, which is at once; no other limit is reached.
const PATIENT_OPTIONS: Options = Options::new().grace(Duration::ZERO).linger(LONG).destructor_deadline(LONG);
static PATIENT: Library<()> =
    Library::by_hand("patient", "1\0", PATIENT_OPTIONS.max_requests_queued(1), &[], &[], &[], &[]);

/// Every limit is over at once; running requests are warned about.
const HASTY_OPTIONS: Options =
    Options::new().grace(Duration::ZERO).linger(SHORT).destructor_deadline(Duration::ZERO).stale_warning(SHORT);
static HASTY: Library<()> = Library::by_hand("hasty", "1\0", HASTY_OPTIONS, &[], &[], &[], &[]);

/// Counts its drops, and panics.
struct Bomb(Arc<AtomicUsize>);

impl Drop for Bomb {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
        support::panic_on_purpose("a bomb");
    }
}

#[derive(Clone, Copy)]
struct Context {
    library: &'static Library<()>,
    ctx: usize,
}

impl Context {
    fn create(library: &'static Library<()>, constructed: bool) -> (Self, Pending) {
        let (cb, user_data, created) = callback();
        let mut ctx = ptr::null_mut();
        let construct = async move |_: Vec<u8>| {
            if !constructed {
                pending::<()>().await;
            }
            Ok::<(), String>(())
        };
        // SAFETY: no bytes, a callback of that type, and a place for the handle.
        let ret =
            unsafe { abi::by_hand::create(library, (ptr::null(), 0), (cb, user_data), &raw mut ctx, construct, None) };
        assert_eq!(ret, OK);
        (Self { library, ctx: ctx.addr() }, created)
    }

    fn new(library: &'static Library<()>) -> Self {
        let (context, created) = Self::create(library, true);
        assert_eq!(created.wait(), Told::ok(""));
        context
    }

    fn ctx(self) -> *mut c_void {
        ptr::without_provenance_mut(self.ctx)
    }

    /// A request with any arguments.
    fn submit<A, H, R>(self, given: Given, args: A, handler: H) -> c_int
    where
        A: Send + 'static,
        H: AsyncFnOnce(&(), A) -> R + Send + 'static,
        R: Returned + 'static,
    {
        let submit = |callback| {
            // SAFETY: nothing is read from the host.
            let args = unsafe { abi::Native::new(|_| Ok(args)) };
            abi::submit(abi::OfState::named(self.library, self.ctx())?, args, callback, (handler, abi::Typed))
        };
        // SAFETY: a callback of that type.
        unsafe { abi::with_callback(given, submit) }
    }

    /// A request with any reply.
    fn reply<R: Reply + 'static>(self, handler: impl AsyncFnOnce(&(), Vec<u8>) -> R + Send + 'static) -> Pending {
        let (cb, user_data, told) = callback();
        let submit = |callback| {
            let args = abi::by_hand::Copied::new(|_| Ok(&[]));
            abi::submit(abi::OfState::named(self.library, self.ctx())?, args, callback, (handler, identity))
        };
        // SAFETY: a callback of that type.
        assert_eq!(unsafe { abi::with_callback((cb, user_data), submit) }, OK);
        told
    }

    /// Keeps the FFI thread until the sender is dropped; returns when it is kept.
    fn hold(self) -> (Pending, mpsc::Sender<()>) {
        let (entered, enters) = mpsc::channel();
        let (go_on, wait) = mpsc::channel();
        let (cb, user_data, told) = callback();
        let held = self.submit((cb, user_data), wait, async move |&(), wait: mpsc::Receiver<()>| {
            entered.send(()).expect("the test waits");
            assert_eq!(wait.recv_timeout(PATIENCE), Err(mpsc::RecvTimeoutError::Disconnected));
        });
        assert_eq!(held, OK);
        enters.recv_timeout(PATIENCE).expect("it is started");
        (told, go_on)
    }

    fn assert_alive(self) {
        let (cb, user_data, told) = callback();
        assert_eq!(self.submit((cb, user_data), (), async |&(), ()| {}), OK);
        assert_eq!(told.wait(), Told::ok(""), "the loop goes on");
    }

    fn cancel(self, user_data: *mut c_void) -> c_int {
        abi::cancel(self.library, self.ctx(), user_data)
    }

    fn destroy(self) -> c_int {
        abi::destroy(self.library, self.ctx())
    }
}

type Given = (Option<abi::types::FFICallBack>, *mut c_void);

fn callback() -> (Option<abi::types::FFICallBack>, *mut c_void, Pending) {
    let (sender, told) = mpsc::channel();
    let (cb, user_data) = support::callback(move |outcome| drop(sender.send(outcome)));
    (cb, user_data, ffihost_test_host::Pending(told, user_data))
}

#[derive(Clone, Copy, Debug)]
enum Position {
    Argument,
    Captured,
    Local,
    Future,
}

const POSITIONS: [Position; 4] = [Position::Argument, Position::Captured, Position::Local, Position::Future];

/// A request with one bomb.
struct Submitted {
    ret: c_int,
    told: Pending,
    user_data: *mut c_void,
    drops: Arc<AtomicUsize>,
    started: mpsc::Receiver<()>,
}

/// Submits a request with a bomb in this position, which returns at once or never.
fn submit(context: Context, position: Position, returns: bool) -> Submitted {
    let drops = Arc::new(AtomicUsize::new(0));
    let (starts, started) = mpsc::channel();
    let (cb, user_data, told) = callback();
    let bomb = Bomb(Arc::clone(&drops));
    let end = async move {
        let _ = starts.send(());
        if returns { ready(()).await } else { pending().await }
    };
    let given = (cb, user_data);
    let ret = match position {
        Position::Argument => context.submit(given, bomb, async move |&(), _bomb| end.await),
        Position::Captured => context.submit(given, (), async move |&(), ()| {
            end.await;
            drop(bomb);
        }),
        Position::Local => context.submit(given, bomb, async move |&(), bomb| {
            let _local = [Some(bomb)];
            end.await;
        }),
        Position::Future => context.submit(given, bomb, move |_: &(), bomb| {
            let mut end = Box::pin(end);
            std::future::poll_fn(move |cx| {
                let _bomb = &bomb;
                end.as_mut().poll(cx)
            })
        }),
    };
    Submitted { ret, told, user_data, drops, started }
}

/// One end of a request with a bomb; what it was told, or refused with.
fn end_once(position: Position, end: &str) -> (c_int, usize) {
    let context = Context::new(if end == "abandoned" || end == "shut down" { &HASTY } else { &PATIENT });
    let told = |submitted: &Submitted| {
        assert_eq!(submitted.ret, OK);
        let told = loop {
            let told = submitted.told.wait();
            if told.ret != STALE_WARN {
                break told;
            }
        };
        told.ret
    };
    let (ret, submitted) = match end {
        "returned" => {
            let submitted = submit(context, position, true);
            (told(&submitted), submitted)
        }
        "cancelled while it is queued" => {
            let (held, go_on) = context.hold();
            let submitted = submit(context, position, false);
            assert_eq!(context.cancel(submitted.user_data), OK);
            drop(go_on);
            assert_eq!(held.wait(), Told::ok(""));
            (told(&submitted), submitted)
        }
        "cancelled while it runs" => {
            let submitted = submit(context, position, false);
            submitted.started.recv_timeout(PATIENCE).expect("it is started");
            assert_eq!(context.cancel(submitted.user_data), OK);
            (told(&submitted), submitted)
        }
        "refused" => {
            let (held, go_on) = context.hold();
            let queued = submit(context, position, true);
            let submitted = submit(context, position, true);
            drop(go_on);
            assert_eq!((held.wait(), told(&queued)), (Told::ok(""), PANIC));
            (submitted.ret, submitted)
        }
        "closed while it runs" | "shut down" => {
            let submitted = submit(context, position, false);
            submitted.started.recv_timeout(PATIENCE).expect("it is started");
            let closed = context.destroy();
            assert!(closed == OK || end == "shut down" && closed == TIMED_OUT, "{closed}");
            let told = told(&submitted);
            // A close that was not in time says so to the request, too.
            let told = if closed == TIMED_OUT && told == TIMED_OUT { CANCELLED } else { told };
            support::wait_until("it is dropped", || submitted.drops.load(Ordering::SeqCst) == 1);
            // On a machine that has other things to do the close may give up before the request is called back.
            let told = if closed == TIMED_OUT && told == TIMED_OUT { CANCELLED } else { told };
            (told, submitted)
        }
        "never constructed" => {
            context.destroy();
            let (context, created) = Context::create(&PATIENT, false);
            let submitted = submit(context, position, true);
            assert_eq!((context.destroy(), created.wait().ret), (OK, CANCELLED));
            (told(&submitted), submitted)
        }
        "abandoned" => {
            let (held, go_on) = context.hold();
            let submitted = submit(context, position, false);
            assert_eq!((context.destroy(), held.wait().ret), (TIMED_OUT, TIMED_OUT));
            let told = told(&submitted);
            drop(go_on);
            (told, submitted)
        }
        other => panic!("no end {other}"),
    };
    if matches!(end, "returned" | "cancelled while it is queued" | "cancelled while it runs" | "refused") {
        context.assert_alive();
        assert_eq!(context.destroy(), OK);
    }
    submitted.told.assert_silent();
    (ret, submitted.drops.load(Ordering::SeqCst))
}

#[test]
fn in_each_position_at_each_end() {
    let ends = [
        // It is the author's code that panics, when it ends.
        ("returned", PANIC),
        ("cancelled while it is queued", CANCELLED),
        ("cancelled while it runs", CANCELLED),
        ("refused", BUSY),
        ("closed while it runs", CANCELLED),
        ("shut down", CANCELLED),
        ("never constructed", CANCELLED),
        ("abandoned", TIMED_OUT),
    ];
    for position in POSITIONS {
        for (end, expected) in ends {
            assert_eq!(end_once(position, end), (expected, 1), "{position:?}, {end}");
        }
    }
}

/// A queue of bombs is dropped one by one: two that panic in one drop would end the process.
#[test]
fn many_at_once() {
    let context = Context::new(&HASTY);
    let (held, go_on) = context.hold();
    let queued: Vec<_> = (0..100).map(|n| submit(context, POSITIONS[n % 4], false)).collect();
    assert_eq!((context.destroy(), held.wait().ret), (TIMED_OUT, TIMED_OUT));
    drop(go_on);
    for submitted in &queued {
        assert_eq!(submitted.told.wait().ret, TIMED_OUT);
        support::wait_until("it is dropped", || submitted.drops.load(Ordering::SeqCst) == 1);
        submitted.told.assert_silent();
    }
}

/// A reply with a bomb.
struct Odd {
    status: Status,
    panics: bool,
    _bomb: Bomb,
}

impl Reply for Odd {
    fn reply(&self, _: Format, take: &mut dyn FnMut(Status, &[u8])) {
        if self.panics {
            support::panic_on_purpose("while it is encoded");
        }
        take(self.status, b"the reply");
    }
}

#[test]
fn in_a_reply_or_a_declared_error() {
    let context = Context::new(&PATIENT);
    for (status, panics, expected) in [
        (Status::Ok, false, Told::ok("the reply")),
        (Status::Err, false, Told { ret: ERR, text: "the reply".to_owned() }),
        (Status::Ok, true, Told { ret: PANIC, text: "while it is encoded".to_owned() }),
    ] {
        for waits in [false, true] {
            let drops = Arc::new(AtomicUsize::new(0));
            let bomb = Bomb(Arc::clone(&drops));
            let told = context.reply(async move |&(), _| {
                if waits {
                    tokio::task::yield_now().await;
                }
                Odd { status, panics, _bomb: bomb }
            });
            assert_eq!(told.wait(), expected);
            context.assert_alive();
            told.assert_silent();
            assert_eq!(drops.load(Ordering::SeqCst), 1);
        }
    }
    assert_eq!(context.destroy(), OK);
}

#[test]
fn in_the_payload_of_a_panic() {
    let context = Context::new(&PATIENT);
    for waits in [false, true] {
        let drops = Arc::new(AtomicUsize::new(0));
        let bomb = Bomb(Arc::clone(&drops));
        let (cb, user_data, told) = callback();
        let ret = context.submit((cb, user_data), bomb, async move |&(), bomb| {
            if waits {
                tokio::task::yield_now().await;
            }
            if true {
                support::panic_on_purpose(bomb);
            }
        });
        assert_eq!((ret, told.wait().ret), (OK, PANIC));
        context.assert_alive();
        told.assert_silent();
        assert_eq!(drops.load(Ordering::SeqCst), 1);
    }
    // One that panics before there is a future.
    let (cb, user_data, told) = callback();
    let ret = context
        .submit((cb, user_data), (), |_: &(), ()| -> std::future::Ready<()> { support::panic_on_purpose("at once") });
    assert_eq!((ret, told.wait()), (OK, Told { ret: PANIC, text: "at once".to_owned() }));
    context.assert_alive();
    assert_eq!(context.destroy(), OK);
    told.assert_silent();
}

#[test]
fn cancelled_during_its_first_poll() {
    let context = Context::new(&PATIENT);
    let drops = Arc::new(AtomicUsize::new(0));
    let bomb = Bomb(Arc::clone(&drops));
    let (cb, user_data, told) = callback();
    let address = user_data.addr();
    let ret = context.submit((cb, user_data), bomb, async move |&(), _bomb| {
        assert_eq!(context.cancel(ptr::without_provenance_mut(address)), OK);
        pending::<()>().await;
    });
    assert_eq!((ret, told.wait().ret), (OK, CANCELLED));
    context.assert_alive();
    assert_eq!((context.destroy(), drops.load(Ordering::SeqCst)), (OK, 1));
    told.assert_silent();
}

/// A host whose callback of a warning waits.
struct Slow {
    inside: AtomicBool,
    calls: Mutex<Vec<c_int>>,
    warned: mpsc::SyncSender<()>,
    go_on: Mutex<mpsc::Receiver<()>>,
}

extern "C" fn on_slow(ret: c_int, _: *const c_char, _: usize, user_data: *mut c_void) {
    // SAFETY: the test has leaked it.
    let slow = unsafe { &*user_data.cast::<Slow>() };
    assert!(!slow.inside.swap(true, Ordering::SeqCst), "a call while another has not returned");
    slow.calls.lock().expect("not poisoned").push(ret);
    if ret == STALE_WARN {
        let _ = slow.warned.try_send(());
        let _ = slow.go_on.lock().expect("not poisoned").recv_timeout(PATIENCE);
    }
    slow.inside.store(false, Ordering::SeqCst);
}

/// The supervisor gives up while the callback is told a warning, on the FFI thread: the terminal call comes after that.
#[test]
fn a_warning_that_does_not_return_is_followed_by_the_terminal_call() {
    let context = Context::new(&HASTY);
    let (warned, warns) = mpsc::sync_channel(1);
    let (go_on, wait) = mpsc::channel();
    let slow: &'static Slow = Box::leak(Box::new(Slow {
        inside: AtomicBool::new(false),
        calls: Mutex::default(),
        warned,
        go_on: Mutex::new(wait),
    }));
    let calls = || slow.calls.lock().expect("not poisoned").clone();
    let given: Given = (Some(on_slow), ptr::from_ref(slow).cast_mut().cast());
    assert_eq!(context.submit(given, (), async |&(), ()| pending::<()>().await), OK);
    warns.recv_timeout(PATIENCE).expect("it is warned about");
    assert_eq!(context.destroy(), TIMED_OUT);
    assert_eq!(calls(), [STALE_WARN], "its terminal call does not overlap the warning");
    drop(go_on);
    support::wait_until("it is called back", || calls() == [STALE_WARN, TIMED_OUT]);
}
