//! Many short-lived threads that do everything at once, on contexts that come and go: every request is called back once,
//! every registration released once, every call settled.

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::thread;
use support::{Context, c};

/// A little random numbers, the same each time (xorshift, Marsaglia 2003).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}

#[derive(Default)]
struct Counts {
    accepted: AtomicU32,
    called_back: AtomicU32,
    registered: AtomicU32,
    last_token: AtomicU64,
}

fn submit(ctx: Context, counts: &Arc<Counts>, request: &str, text: &str) {
    let done = AtomicBool::new(false);
    let theirs = Arc::clone(counts);
    let (cb, user_data) = support::callback(move |_| {
        assert!(!done.swap(true, Ordering::SeqCst), "called back twice");
        theirs.called_back.fetch_add(1, Ordering::SeqCst);
    });
    if c::request(request)(ctx.0, cb, user_data, text.as_ptr(), text.len()) == 0 {
        counts.accepted.fetch_add(1, Ordering::SeqCst);
        if text == "cancel" {
            c::cancel(ctx.0, user_data);
        }
    }
}

/// A host function that answers in every way there is.
fn register(ctx: Context, counts: &Arc<Counts>, logs: &std::sync::mpsc::Sender<Arc<support::Log>>) {
    let theirs = Arc::clone(counts);
    let (ret, log) = ctx.register_with(
        "ask",
        |options| options.deadline_ms = 50,
        move |ctx, asked| {
            let late = theirs.last_token.swap(asked.token, Ordering::SeqCst);
            match asked.token % 5 {
                0 => assert_eq!(ctx.answer(asked.token, 0, "inline"), 0),
                1 => drop(thread::spawn(move || ctx.answer(asked.token, 0, "from a thread that ends"))),
                2 => drop(thread::spawn(move || {
                    (0..3).for_each(|ret| drop(ctx.answer(asked.token, ret, "thrice").to_string()));
                })),
                3 => drop(ctx.answer(late, 0, "late").to_string()),
                _ => {}
            }
        },
    );
    if ret == 0 {
        counts.registered.fetch_add(1, Ordering::SeqCst);
        logs.send(log).expect("the test collects them");
    }
}

fn live(seed: u64) {
    let ctx = Context::new("stress");
    let counts = Arc::new(Counts::default());
    let (logs, collected) = std::sync::mpsc::channel();
    let threads: Vec<_> = (0..4)
        .map(|n| {
            let (counts, logs) = (Arc::clone(&counts), logs.clone());
            thread::spawn(move || {
                let mut random = Random(seed * 64 + n + 1);
                for _ in 0..60 {
                    match random.below(12) {
                        0 => register(ctx, &counts, &logs),
                        1 => assert!([0, 4, 7, 13].contains(&ctx.unregister("ask"))),
                        2 => submit(ctx, &counts, "sleep", "5"),
                        3 => submit(ctx, &counts, "ask_elsewhere", "?"),
                        4 => submit(ctx, &counts, "ask", "cancel"),
                        5 => submit(ctx, &counts, "ask_and_drop", "?"),
                        6 => submit(ctx, &counts, "panics", "on purpose"),
                        7 => submit(ctx, &counts, "emit", "event"),
                        8 => {
                            let (cb, user_data) = support::callback(|_| {});
                            let listener = c::add_event_listener(ctx.0, c"happened".as_ptr(), cb, user_data);
                            c::remove_event_listener(ctx.0, listener);
                        }
                        9 => {
                            let (counts, text) = (Arc::clone(&counts), "from a thread that ends");
                            thread::spawn(move || submit(ctx, &counts, "ask", text)).join().expect("no panic");
                        }
                        _ => submit(ctx, &counts, "ask", "?"),
                    }
                }
            })
        })
        .collect();
    // Half of the contexts end while the threads still call.
    if seed.is_multiple_of(2) {
        threads.into_iter().for_each(|thread| thread.join().expect("no panic"));
        assert_eq!(ctx.destroy(), 0);
    } else {
        ctx.wait_for("they call", |stats| stats.requests > 50);
        assert_eq!(ctx.destroy(), 0);
        threads.into_iter().for_each(|thread| thread.join().expect("no panic"));
    }
    drop(logs);
    let accepted = counts.accepted.load(Ordering::SeqCst);
    assert_eq!(counts.called_back.load(Ordering::SeqCst), accepted, "seed {seed}");
    for log in collected {
        support::wait_until("it is released", || log.released() == 1);
        let mut cancelled = log.cancelled();
        cancelled.sort_unstable();
        cancelled.dedup();
        assert_eq!(cancelled.len(), log.cancelled().len(), "a token is cancelled once");
    }
}

#[test]
fn everything_at_once() {
    let drivers: Vec<_> =
        (0..4).map(|n| thread::spawn(move || (0..25).for_each(|round| live(n * 25 + round)))).collect();
    drivers.into_iter().for_each(|driver| driver.join().expect("no panic"));
}
