//! What ours is compared with, without the threads that it has in `host_call`, and what both have in common.

use ffihost::abi::types::FFICallBack;
use ffihost_benches::host::{Request, expect_ok};
use ffihost_benches::library::{IN_FLIGHT, bare_bump_sync, join_round};
use std::cell::Cell;
use std::ffi::{c_char, c_int, c_void};
use std::hint::black_box;
use std::mem::ManuallyDrop;
use std::ptr;
use std::rc::Rc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, Sender};
use tokio::runtime::LocalRuntime;
use tokio::sync::oneshot;

fn runtime() -> LocalRuntime {
    tokio::runtime::Builder::new_current_thread()
        .build_local(tokio::runtime::LocalOptions::default())
        .expect("a current-thread runtime")
}

/// A channel made, answered and awaited, as in `host_call`.
pub(crate) fn await_oneshot(calls: u64) {
    runtime().block_on(async {
        let mut value = 0u64;
        for _ in 0..calls {
            let (sender, receiver) = oneshot::channel();
            black_box(sender).send(value + 1).expect("the receiver is there");
            value = receiver.await.expect("the sender has sent");
        }
        assert_eq!(value, calls);
    });
}

/// Senders that are kept until there are as many as are in flight: the last one's call answers all, as in
/// `ffihost_benches::host::Held`.
struct Held(Mutex<Vec<(u32, oneshot::Sender<u32>)>>);

impl Held {
    fn new() -> Self {
        Self(Mutex::new(Vec::with_capacity(IN_FLIGHT)))
    }

    async fn ask(&self, value: u64) -> u64 {
        let (sender, receiver) = oneshot::channel();
        self.hold(value as u32, sender);
        u64::from(receiver.await.expect("it is answered"))
    }

    fn hold(&self, value: u32, sender: oneshot::Sender<u32>) {
        let mut held = self.0.lock().expect("nothing panics under this lock");
        held.push((value, sender));
        if held.len() == IN_FLIGHT {
            held.drain(..).for_each(|(value, sender)| sender.send(value + 1).expect("the answer is awaited"));
        }
    }
}

/// As `await_rounds` of the library.
pub(crate) fn await_later_oneshot(calls: u64) {
    let held = Held::new();
    runtime().block_on(async {
        let (mut begun, mut sum) = (0, 0);
        while begun < calls {
            let mut round = std::pin::pin!(std::array::from_fn::<_, IN_FLIGHT, _>(|index| {
                let value = begun + index as u64;
                (value < calls).then(|| held.ask(value))
            }));
            join_round(round.as_mut(), |answer| sum += answer).await;
            begun += IN_FLIGHT as u64;
        }
        assert_eq!(sum, calls * (calls + 1) / 2);
    });
}

/// As `await_tasks` of the library.
pub(crate) fn await_tasks_oneshot(calls: u64) {
    let (held, next) = (Rc::new(Held::new()), Rc::new(Cell::new(0)));
    runtime().block_on(async {
        let tasks = std::array::from_fn::<_, IN_FLIGHT, _>(|_| {
            let (held, next) = (Rc::clone(&held), Rc::clone(&next));
            tokio::task::spawn_local(async move {
                let mut sum = 0;
                while next.get() < calls {
                    sum += held.ask(next.replace(next.get() + 1)).await;
                }
                sum
            })
        });
        let mut sum = 0;
        for task in tasks {
            sum += task.await.expect("it does not panic");
        }
        assert_eq!(sum, calls * (calls + 1) / 2);
    });
}

pub(crate) fn call_bare_function(calls: u64) {
    request_synchronously(calls, ptr::null_mut(), bare_bump_sync);
}

/// Makes synchronous requests, each given what the last replied.
pub(crate) fn request_synchronously(requests: u64, ctx: *mut c_void, request: Request) {
    unsafe extern "C" fn take(_: c_int, msg: *const c_char, _: usize, user_data: *mut c_void) {
        // SAFETY: the reply is a number of four bytes, and so is what userData points to.
        unsafe { user_data.cast::<[u8; 4]>().write(msg.cast::<[u8; 4]>().read()) }
    }
    let (request, callback) = (black_box(request), black_box(take as FFICallBack));
    let mut value = [0u8; 4];
    for _ in 0..requests {
        let bytes = value;
        // SAFETY: the bytes and the value live during the call, which calls back before it returns.
        expect_ok(unsafe { request(ctx, Some(callback), value.as_mut_ptr().cast(), bytes.as_ptr(), bytes.len()) });
    }
    assert_eq!(u64::from(u32::from_ne_bytes(value)), requests);
}

/// Asynchronous requests, 64 in flight: each callback submits the next.
pub(crate) struct Chain<S> {
    submit: S,
    left: AtomicU64,
    open: AtomicU64,
    done: Sender<()>,
}

impl<S: Fn(FFICallBack, *mut c_void) -> c_int> Chain<S> {
    /// Submits that many requests through `submit`, and returns when all have called back.
    pub(crate) fn run(requests: u64, submit: S) {
        let (done, all_done) = mpsc::channel();
        let chain = Self { submit, left: AtomicU64::new(requests), open: AtomicU64::new(0), done };
        chain.begin();
        all_done.recv().expect("the chain ends");
    }

    /// Submits one whose callback starts the others.
    fn begin(&self) {
        expect_ok((self.submit)(Self::next, ptr::from_ref(self).cast_mut().cast()));
    }

    unsafe extern "C" fn next(_: c_int, _: *const c_char, _: usize, user_data: *mut c_void) {
        // SAFETY: it is the chain, which lives until its last callback.
        let chain = unsafe { &*user_data.cast::<Self>() };
        let left = chain.left.load(Ordering::Relaxed);
        // The first callback starts the others.
        let more = if chain.open.load(Ordering::Relaxed) == 0 { 64 } else { 1 };
        chain.open.fetch_sub(u64::from(more == 1), Ordering::Relaxed);
        for _ in 0..left.min(more) {
            chain.left.fetch_sub(1, Ordering::Relaxed);
            chain.open.fetch_add(1, Ordering::Relaxed);
            chain.begin();
        }
        if chain.open.load(Ordering::Relaxed) == 0 {
            chain.done.send(()).expect("the host waits");
        }
    }
}

/// A message of `host_call`'s baseline for asynchronous requests.
struct Message {
    bytes: Vec<u8>,
    callback: FFICallBack,
    user_data: *mut c_void,
}

/// As in `host_call`, a loop that spawns a task for each message, which calls back; here the callback sends the next.
pub(crate) fn spawn_from_channel(requests: u64) {
    let (sender, mut receiver) = tokio::sync::mpsc::channel::<Message>(16_384);
    let (done, all_done) = mpsc::channel();
    let submit = |callback: FFICallBack, user_data: *mut c_void| {
        let message = Message { bytes: Vec::new(), callback, user_data };
        i32::from(sender.try_send(message).is_err())
    };
    let chain = Chain { submit, left: AtomicU64::new(requests), open: AtomicU64::new(0), done };
    chain.begin();
    runtime().block_on(async {
        // The chain, and the one that begins it.
        for _ in 0..=requests {
            let Message { bytes, callback, user_data } = receiver.recv().await.expect("the chain sends");
            tokio::task::spawn_local(async move {
                let value = bytes.as_slice().try_into().map_or(0, u32::from_ne_bytes).wrapping_add(1).to_ne_bytes();
                // SAFETY: the chain lives until the loop has ended.
                unsafe { callback(0, value.as_ptr().cast(), value.len(), user_data) };
            });
        }
        while all_done.try_recv().is_err() {
            tokio::task::yield_now().await;
        }
    });
}

/// As large as an event with its short payload.
struct Event {
    _value: u64,
    _rest: [u64; 11],
}

/// One burst that fits the channel, which nobody waits at.
pub(crate) fn send_to_channel(events: u64) {
    let (sender, receiver) = crossbeam_channel::bounded::<Event>(1_024);
    // What drops them would be counted.
    let (sender, _receiver) = (ManuallyDrop::new(sender), ManuallyDrop::new(receiver));
    for value in 0..events {
        assert!(sender.try_send(Event { _value: value, _rest: [0; 11] }).is_ok(), "a burst fits the channel");
    }
}
