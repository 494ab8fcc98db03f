//! Events whose drop or encoder panics, at each end of them: that ends nothing but the event, each is dropped once, and the
//! books are right afterwards.

mod support;

use ffihost::{Format, Host, ToHost};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use support::{Context, Scripts as _, Told, c};

/// Where it panics, besides in its drop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Position {
    Drop,
    Encoder,
    EncoderAfter,
}

const POSITIONS: [Position; 3] = [Position::Drop, Position::Encoder, Position::EncoderAfter];

struct Bomb(Position, Arc<AtomicUsize>);

impl Drop for Bomb {
    fn drop(&mut self) {
        self.1.fetch_add(1, Ordering::SeqCst);
        support::panic_on_purpose("an event panics when it is dropped");
    }
}

impl ToHost for Bomb {
    type Owned = Self;

    fn to_host(&self, _: Format, take: &mut dyn FnMut(&[u8])) {
        if self.0 == Position::Encoder {
            support::panic_on_purpose("before the event is taken");
        }
        take(b"bomb");
        if self.0 == Position::EncoderAfter {
            support::panic_on_purpose("after the event was taken");
        }
    }

    fn into_owned(self) -> Self {
        self
    }
}

/// Emits a bomb on the FFI thread, or on one of the library's own.
fn emit(ctx: Context, position: Position, drops: &Arc<AtomicUsize>, own_thread: bool) {
    let bomb = Bomb(position, Arc::clone(drops));
    let emitted = ctx.script(move || async move {
        let host = Host::current().expect("in a context");
        let emit = move || host.emit("happened", bomb).map_err(|error| error.to_string());
        let joined = if own_thread { std::thread::spawn(emit).join() } else { Ok(emit()) };
        joined.expect("emitting does not unwind").map(|()| Vec::new())
    });
    assert_eq!(emitted.wait(), Told::ok(""));
}

fn listen(ctx: Context, heard: impl FnMut(Told) + Send + 'static) -> u64 {
    let (cb, user_data) = support::callback(heard);
    let listener = c::add_event_listener(ctx.0, c"happened".as_ptr(), cb, user_data);
    assert_ne!(listener, 0);
    listener
}

/// How many deliveries a listener gets of each bomb.
fn deliveries(position: Position) -> usize {
    usize::from(position != Position::Encoder)
}

#[test]
fn delivered_to_several_listeners() {
    for position in POSITIONS {
        for own_thread in [false, true] {
            let ctx = Context::new("test");
            let (sender, heard) = mpsc::channel();
            let listeners = [sender.clone(), sender]
                .map(|sender| listen(ctx, move |told| sender.send(told.text).expect("the test listens")));
            let drops = Arc::default();
            emit(ctx, position, &drops, own_thread);
            assert_eq!(ctx.run("emit", "next"), Told::ok(""));
            let mut expected = vec!["bomb"; 2 * deliveries(position)];
            expected.extend(["next", "next"]);
            for text in expected {
                assert_eq!(heard.recv_timeout(support::PATIENCE).as_deref(), Ok(text), "{position:?}");
            }
            assert_eq!(drops.load(Ordering::SeqCst), 1);
            assert_eq!((ctx.stats().events_emitted, ctx.stats().events_dropped), (2, 0));
            assert_eq!(listeners.map(|listener| ctx.remove_listener(listener)), [0, 0], "no delivery is left running");
            assert_eq!(ctx.destroy(), 0);
        }
    }
}

#[test]
fn nobody_listens() {
    let ctx = Context::new("test");
    let drops = Arc::default();
    emit(ctx, Position::Drop, &drops, false);
    emit(ctx, Position::Drop, &drops, true);
    assert_eq!((drops.load(Ordering::SeqCst), ctx.stats().events_emitted), (2, 0));
    assert_eq!(ctx.destroy(), 0);
}

#[test]
fn its_listener_is_removed_before_it_is_delivered() {
    let ctx = Context::new("test");
    let (entered, enters) = mpsc::channel();
    let (go_on, wait) = mpsc::channel::<()>();
    listen(ctx, move |told| {
        if told.text == "first" {
            entered.send(()).expect("the test waits");
            wait.recv().expect("the test lets it go on");
        }
    });
    let removed = listen(ctx, |told| assert_eq!(told.text, "first", "it was removed"));
    assert_eq!(ctx.run("emit", "first"), Told::ok(""));
    enters.recv_timeout(support::PATIENCE).expect("it is delivered");
    let drops = Arc::default();
    POSITIONS.into_iter().for_each(|position| emit(ctx, position, &drops, false));
    assert_eq!(ctx.remove_listener(removed), 0);
    go_on.send(()).expect("it waits");
    assert_eq!(ctx.destroy(), 0);
    assert_eq!(drops.load(Ordering::SeqCst), 3);
}

/// Queued when the context closes: delivered, each dropped, and the close is clean.
#[test]
fn queued_when_the_context_closes() {
    let ctx = Context::new("test");
    let (entered, enters) = mpsc::channel();
    let (sender, heard) = mpsc::channel();
    listen(ctx, move |told| {
        sender.send(told.text.clone()).expect("the test listens");
        if told.text == "first" {
            entered.send(()).expect("the test waits");
            let host = Host::current().expect("on the event thread");
            while host.stats().is_ok() {
                std::thread::yield_now();
            }
        }
    });
    assert_eq!(ctx.run("emit", "first"), Told::ok(""));
    enters.recv_timeout(support::PATIENCE).expect("it is delivered");
    let drops = Arc::default();
    POSITIONS.into_iter().for_each(|position| emit(ctx, position, &drops, false));
    assert_eq!(ctx.run("emit", "last"), Told::ok(""));
    assert_eq!(ctx.destroy(), 0);
    assert_eq!(heard.try_iter().collect::<Vec<_>>(), ["first", "bomb", "bomb", "last"]);
    assert_eq!(drops.load(Ordering::SeqCst), 3);
    // A later context is well, which may have the same record.
    let next = Context::new("next");
    assert_eq!(next.run("echo", "well"), Told::ok("well"));
    assert_eq!(next.destroy(), 0);
}
