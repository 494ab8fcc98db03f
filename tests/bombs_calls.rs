//! Values of the author's in a host call that panic when they are dropped: arguments, outcomes, wakers. Whatever becomes of the
//! call, it is settled once, nothing is dropped twice, and the context goes on.

mod support;

use ffihost::{DecodeError, Format, FromHost, Host, HostError, ToHost};
use futures::task::{ArcWake, waker};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, mpsc};
use std::task::{Context as TaskContext, Poll};
use std::thread;
use std::time::Duration;
use support::{ASK, Asked, Context, Pending, Scripts as _, Told, futures_block_on, futures_poll_once};

type Bytes = Vec<u8>;

fn host() -> Host {
    Host::current().expect("in a context")
}

/// Counts its drops, each of which panics.
struct Bomb(Arc<AtomicU32>);

impl Drop for Bomb {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::Relaxed);
        support::panic_on_purpose("the bomb goes off");
    }
}

fn bomb() -> (Bomb, impl Fn() -> u32) {
    let dropped = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&dropped);
    (Bomb(dropped), move || count.load(Ordering::Relaxed))
}

/// Arguments with a bomb among them, whose encoder may panic too.
struct Args {
    text: &'static str,
    _bomb: Bomb,
}

impl ToHost for Args {
    type Owned = Self;

    fn into_owned(self) -> Self {
        self
    }

    fn to_host(&self, _: Format, take: &mut dyn FnMut(&[u8])) {
        match self.text {
            "unencodable" => support::panic_on_purpose("unencodable"),
            "not encoded" => {}
            text => take(text.as_bytes()),
        }
    }
}

/// A result that is a bomb. Tests take no outcome of this type out.
struct Outcome {
    _bomb: Option<Bomb>,
}

static OUTCOMES: AtomicU32 = AtomicU32::new(0);

impl Drop for Outcome {
    fn drop(&mut self) {
        OUTCOMES.fetch_add(1, Ordering::Relaxed);
        support::panic_on_purpose("the outcome goes off");
    }
}

impl FromHost for Outcome {
    unsafe fn from_host(_: Format, _: &[u8], _: usize) -> Result<Self, DecodeError> {
        Ok(Self { _bomb: None })
    }
}

/// A context whose host answers "inline" at once, others on another thread, and "never" never.
fn context() -> (Context, Arc<support::Log>, mpsc::Receiver<Asked>) {
    let ctx = Context::new("test");
    let (sender, never) = mpsc::channel();
    let log = ctx.register("ask", move |ctx, asked| match &*asked.text {
        "inline" => assert_eq!(ctx.answer(asked.token, 0, "answer"), 0),
        "never" => drop(sender.send(asked)),
        _ => drop(thread::spawn(move || assert_eq!(ctx.answer(asked.token, 0, "answer"), 0))),
    });
    (ctx, log, never)
}

#[track_caller]
fn said(pending: &Pending) -> String {
    let told = pending.wait();
    format!("{} {}", told.ret, told.text)
}

/// The context goes on, and ends as it should.
#[track_caller]
fn ends_well(ctx: Context) {
    assert_eq!(ctx.run("ask", "inline"), Told::ok("answer"));
    assert_eq!(ctx.stats().host_calls_in_flight, 0);
    assert_eq!(ctx.destroy(), 0);
}

#[test]
fn arguments_of_a_call_that_settles() {
    let (ctx, ..) = context();
    for (text, expected) in
        [("inline", "Ok(6)"), ("later", "Ok(6)"), ("not encoded", "Err(Decode(\"the arguments were not encoded\"))")]
    {
        let (here, dropped_here) = bomb();
        let call = move || async move {
            let outcome = host().call(&ASK, Args { text, _bomb: here }).await;
            Ok(format!("{:?}", outcome.map(|bytes| bytes.len())).into_bytes())
        };
        assert_eq!(said(&ctx.script(call)), format!("0 {expected}"));
        assert_eq!(dropped_here(), 1, "{text}");
        let (there, dropped_there) = bomb();
        let call = move || async move {
            let call = host().call(&ASK, Args { text, _bomb: there });
            let outcome = tokio::task::spawn_blocking(|| futures_block_on(call)).await.expect("no panic");
            Ok(format!("{:?}", outcome.map(|bytes| bytes.len())).into_bytes())
        };
        assert_eq!(said(&ctx.script(call)), format!("0 {expected}"));
        assert_eq!(dropped_there(), 1, "{text}");
    }
    ends_well(ctx);
}

#[test]
fn arguments_of_a_call_that_cannot_be_made() {
    let (ctx, log, _) = context();
    let (args, dropped) = bomb();
    let script = ctx.script(|| async {
        let outcome = host().call("other", Args { text: "?", _bomb: args }).await;
        assert!(matches!(outcome, Err(HostError::NotRegistered { .. })));
        Ok(vec![])
    });
    assert_eq!((said(&script), dropped()), ("0 ".to_owned(), 1));
    // Never polled; and one that waits for a registration.
    let ((never, never_dropped), (waits, waits_dropped)) = (bomb(), bomb());
    let script = ctx.script(|| async {
        drop(host().call(&ASK, Args { text: "?", _bomb: never }));
        let mut waits = host().call("other", Args { text: "?", _bomb: waits }).wait_for_registration();
        assert!(futures_poll_once(&mut waits).is_none());
        Ok(vec![])
    });
    assert_eq!((said(&script), never_dropped(), waits_dropped()), ("0 ".to_owned(), 1, 1));
    assert_eq!(log.asked(), []);
    ends_well(ctx);
}

#[test]
fn arguments_whose_encoder_panics_too() {
    let (ctx, ..) = context();
    let (here, dropped_here) = bomb();
    let script = ctx.script(|| async {
        let _ = host().call(&ASK, Args { text: "unencodable", _bomb: here }).await;
        Ok(vec![])
    });
    assert_eq!((said(&script), dropped_here()), ("10 unencodable".to_owned(), 1));
    let (there, dropped_there) = bomb();
    let script = ctx.script(|| async {
        let call = host().call(&ASK, Args { text: "unencodable", _bomb: there });
        let awaited = thread::spawn(|| futures_block_on(call).is_ok());
        let panic = tokio::task::spawn_blocking(|| awaited.join()).await.expect("no panic").expect_err("it panics");
        Ok(panic.downcast_ref::<&str>().expect("the encoder's").as_bytes().to_vec())
    });
    assert_eq!((said(&script), dropped_there()), ("0 unencodable".to_owned(), 1));
    ends_well(ctx);
}

#[test]
fn arguments_in_the_inbox() {
    let (ctx, log, _) = context();
    // Dropped by whoever awaits it, and by the context's end.
    let ((dropped, dropped_times), (left, left_times)) = (bomb(), bomb());
    let (sender, kept) = mpsc::channel();
    let script = ctx.script(move || async move {
        let poll = |bomb| {
            let mut call = host().call(&ASK, Args { text: "?", _bomb: bomb });
            let polled = thread::spawn(move || (futures_poll_once(&mut call).is_none(), call));
            let (pending, call) = polled.join().expect("no panic");
            assert!(pending, "it is in the inbox");
            call
        };
        drop(poll(dropped));
        let kept: ffihost::Call<'static, Args, Bytes, Bytes> = poll(left);
        sender.send(kept).map_err(|_| "the test listens".to_owned())?;
        Ok(vec![])
    });
    let kept = kept.recv().expect("it is sent");
    assert_eq!(said(&script), "0 ");
    support::wait_until("both are dropped", || dropped_times() == 1 && left_times() == 1);
    assert_eq!(log.asked().len(), 1, "the one that is awaited");
    assert!(futures_block_on(kept).is_ok());
    ends_well(ctx);
}

#[test]
fn outcomes_that_nobody_awaits() {
    let (ctx, ..) = context();
    let before = OUTCOMES.load(Ordering::Relaxed);
    let script = ctx.script(|| async {
        // Answered, found by the loop, and dropped untaken.
        let mut call = host().call_as::<_, Outcome, Bytes>("ask", "later");
        let found = Arc::new(Found::default());
        let waker = waker(Arc::clone(&found));
        assert!(futures::FutureExt::poll_unpin(&mut call, &mut TaskContext::from_waker(&waker)).is_pending());
        while found.0.load(Ordering::Relaxed) == 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let dropped = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| drop(call)));
        Ok(format!("{}", dropped.is_ok()).into_bytes())
    });
    let told = said(&script);
    assert!(told.starts_with("0 "), "{told}");
    assert_eq!(OUTCOMES.load(Ordering::Relaxed), before + 1);
    // Delivered to another thread, and dropped there.
    let (sender, call) = mpsc::channel();
    let script = ctx.script(move || async move {
        let mut call = host().call_as::<_, Outcome, Bytes>("ask", "inline");
        let polled = thread::spawn(move || (futures_poll_once(&mut call).is_none(), call));
        sender.send(polled.join().expect("no panic").1).map_err(|_| "the test listens".to_owned())?;
        Ok(vec![])
    });
    assert_eq!(said(&script), "0 ");
    let call = call.recv().expect("it is sent");
    // What is posted is done in order.
    assert_eq!(ctx.run("ask_elsewhere", "inline"), Told::ok("answer"));
    drop(call);
    assert_eq!(OUTCOMES.load(Ordering::Relaxed), before + 2);
    ends_well(ctx);
}

#[derive(Default)]
struct Found(AtomicU32);

impl ArcWake for Found {
    fn wake_by_ref(this: &Arc<Self>) {
        this.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// A waker that panics when it is woken, and when it is dropped.
struct Explosive {
    _bomb: Bomb,
}

impl ArcWake for Explosive {
    fn wake_by_ref(_: &Arc<Self>) {
        support::panic_on_purpose("the waker goes off");
    }
}

#[test]
fn wakers_of_calls_that_wait() {
    let ctx = Context::new("test");
    let (ret, log) = ctx.register_with("ask", |options| options.max_in_flight = 1, |_, _| {});
    assert_eq!(ret, 0);
    let (explosive, dropped) = bomb();
    let script = ctx.script(|| async {
        let mut open = host().call(&ASK, "open");
        assert!(futures_poll_once(&mut open).is_none());
        let mut first = host().call(&ASK, "first").wait_for_room().deadline(Duration::from_secs(3_600));
        let mut second = host().call(&ASK, "second").wait_for_room();
        let explosive = waker(Arc::new(Explosive { _bomb: explosive }));
        let polled = futures::FutureExt::poll_unpin(&mut first, &mut TaskContext::from_waker(&explosive));
        assert!(polled == Poll::Pending && futures_poll_once(&mut second).is_none());
        // The last of its references is the call's.
        let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| drop(explosive)));
        // The first is woken, which panics, and dropped; the second is made.
        drop(open);
        drop(first);
        assert!(futures_poll_once(&mut second).is_none());
        Ok(vec![])
    });
    assert_eq!(said(&script), "0 ");
    assert_eq!(dropped(), 1);
    assert_eq!(log.asked().iter().map(|asked| &*asked.text).collect::<Vec<_>>(), ["open", "second"]);
    assert_eq!(ctx.destroy(), 0);
}
