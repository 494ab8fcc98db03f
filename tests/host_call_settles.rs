//! A host call settles exactly once, whatever the host does.

mod support;

use ffihost::Host;
use std::sync::mpsc;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;
use support::{Asked, Context, Scripts as _, Told, show};

const UNKNOWN_TOKEN: i32 = 5;
const DECODE: i32 = 16;
const CANCELLED: i32 = 15;
const DISCONNECTED: i32 = 18;
const TOO_LARGE: i32 = 9;

fn err(text: &str) -> Told {
    Told { ret: 1, text: text.to_owned() }
}

/// Registers `ask` so that calls are left open and handed to the test.
fn leave_open(ctx: Context) -> (mpsc::Receiver<Asked>, Arc<support::Log>) {
    let (sender, receiver) = mpsc::channel();
    let log = ctx.register("ask", move |_, asked| drop(sender.send(asked)));
    (receiver, log)
}

fn next(asked: &mpsc::Receiver<Asked>) -> Asked {
    asked.recv_timeout(support::PATIENCE).expect("the host function is called")
}

#[test]
fn answered_inline() {
    let ctx = Context::new("test");
    let log = ctx.register("ask", |ctx, asked| assert_eq!(ctx.answer(asked.token, 0, &asked.text.to_uppercase()), 0));
    assert_eq!(ctx.run("ask", "hello"), Told::ok("HELLO"));
    assert_eq!(ctx.run("ask_by_name", "again"), Told::ok("AGAIN"));
    assert_eq!(ctx.run("ask", ""), Told::ok(""));
    let stats = ctx.stats();
    assert_eq!((stats.host_calls, stats.host_calls_inline, stats.host_calls_remote), (3, 3, 0));
    assert_eq!(ctx.destroy(), 0);
    assert_eq!((log.released(), log.cancelled()), (1, vec![]));
}

#[test]
fn answered_from_another_thread() {
    let ctx = Context::new("test");
    ctx.register("ask", |ctx, asked| {
        thread::spawn(move || assert_eq!(ctx.answer(asked.token, 0, &asked.text), 0));
    });
    assert_eq!(ctx.run("ask", "hello"), Told::ok("hello"));
    assert_eq!((ctx.stats().host_calls_inline, ctx.stats().host_calls_remote), (0, 1));
    assert_eq!(ctx.destroy(), 0);
}

#[test]
fn answered_later_on_the_ffi_thread() {
    let ctx = Context::new("test");
    let open = Arc::new(Mutex::new(None));
    let kept = Arc::clone(&open);
    ctx.register("ask", move |ctx, asked| match asked.text.as_str() {
        "first" => *kept.lock().expect("not poisoned") = Some(asked.token),
        _ => {
            let first = kept.lock().expect("not poisoned").take().expect("the first is open");
            assert_eq!(ctx.answer(first, 0, "answered by the second"), 0);
            assert_eq!(ctx.answer(asked.token, 0, "the second"), 0);
        }
    });
    let first = ctx.submit("ask", "first");
    ctx.wait_for("the first is open", |stats| stats.host_calls_in_flight == 1);
    assert_eq!(ctx.run("ask", "second"), Told::ok("the second"));
    assert_eq!(first.wait(), Told::ok("answered by the second"));
    assert_eq!(ctx.destroy(), 0);
}

#[test]
fn the_first_answer_wins_and_others_are_told() {
    let ctx = Context::new("test");
    ctx.register("ask", |ctx, asked| {
        assert_eq!(ctx.answer(asked.token, 0, "first"), 0);
        assert_eq!(ctx.answer(asked.token, 0, "second"), UNKNOWN_TOKEN);
    });
    assert_eq!(ctx.run("ask", ""), Told::ok("first"));
    let token = {
        let (asked, _) = leave_open(ctx);
        let pending = ctx.submit("ask", "");
        let token = next(&asked).token;
        let threads: Vec<_> = (0..8).map(|n| thread::spawn(move || ctx.answer(token, 0, &n.to_string()))).collect();
        let told: Vec<_> = threads.into_iter().map(|thread| thread.join().expect("no panic")).collect();
        let winner = told.iter().position(|ret| *ret == 0).expect("one wins");
        assert_eq!(told.iter().filter(|ret| **ret == UNKNOWN_TOKEN).count(), 7);
        assert_eq!(pending.wait(), Told::ok(&winner.to_string()));
        token
    };
    assert_eq!(ctx.answer(token, 0, "late"), UNKNOWN_TOKEN);
    for never_issued in [0, 1, token + 1, token + 65_536, u64::MAX] {
        assert_eq!(ctx.answer(never_issued, 0, "never issued"), UNKNOWN_TOKEN, "{never_issued}");
    }
    assert_eq!(ctx.stats().host_answers_refused, 1 + 7 + 1 + 4, "0 is no token at all");
    assert_eq!(ctx.destroy(), 0);
}

#[test]
fn the_outcome_is_what_ret_says() {
    let ctx = Context::new("test");
    ctx.register("ask", |ctx, asked| {
        let ret = asked.text.parse().expect("a number");
        assert_eq!(ctx.answer(asked.token, ret, "text"), 0);
    });
    assert_eq!(ctx.run("ask", "0"), Told::ok("text"));
    assert_eq!(ctx.run("ask", "1"), err("Declared(text)"));
    assert_eq!(ctx.run("ask", &CANCELLED.to_string()), err("Cancelled"));
    assert_eq!(ctx.run("ask", &DISCONNECTED.to_string()), err("Disconnected"));
    for code in [2, 3, 14, 17, 4711, -1, i32::MIN, i32::MAX] {
        assert_eq!(ctx.run("ask", &code.to_string()), err(&format!("Failed {{ code: {code}, text: \"text\" }}")));
    }
    assert_eq!(ctx.destroy(), 0);
}

#[test]
fn an_answer_that_does_not_decode_settles_the_call() {
    // More than there are records: what one of them has counted for a context is not counted for the next.
    for _ in 0..70 {
        let ctx = Context::new("test");
        ctx.register("ask", |ctx, asked| {
            let ret = support::c::host_complete(ctx.0, asked.token, 0, b"\xff\xfe".as_ptr().cast(), 2);
            assert_eq!(ret, DECODE);
            assert_eq!(ctx.answer(asked.token, 0, "better"), UNKNOWN_TOKEN);
        });
        let told = ctx.run("ask_text", "");
        assert!(told.ret == 1 && told.text.contains("Decode(\"not UTF-8"), "{told:?}");
        assert_eq!((ctx.stats().host_answers_undecodable, ctx.stats().host_answers_refused), (1, 1));
        assert_eq!(ctx.destroy(), 0);
    }
}

#[test]
fn null_with_a_length_and_absurd_lengths_settle_the_call() {
    let ctx = Context::new("test");
    ctx.register("ask", |ctx, asked| {
        let length = asked.text.parse().expect("a number");
        let expected = if length > 1 << 20 { TOO_LARGE } else { DECODE };
        assert_eq!(support::c::host_complete(ctx.0, asked.token, 0, std::ptr::null(), length), expected);
    });
    for (length, says) in
        [("1", "NULL with a length of 1"), ("3000000000", "3000000000 bytes"), ("18446744073709551615", "the limit is")]
    {
        let told = ctx.run("ask", length);
        assert!(told.ret == 1 && told.text.contains(says), "{told:?}");
    }
    assert_eq!(ctx.destroy(), 0);
}

#[test]
fn not_registered() {
    let ctx = Context::new("test");
    assert_eq!(ctx.run("ask", ""), err("NotRegistered { name: \"ask\" }"));
    assert_eq!(ctx.run("ask_sync", ""), err("NotRegistered { name: \"ask\" }"));
    assert_eq!(ctx.run("ask_elsewhere", ""), err("NotRegistered { name: \"ask\" }"));
    assert_eq!(ctx.destroy(), 0);
}

#[test]
fn waiting_for_a_registration() {
    let ctx = Context::new("test");
    assert_eq!(ctx.run("ask_when_registered", "20"), err("TimedOut"));
    let waiting = ctx.submit("ask_when_registered", "60000");
    ctx.register("other", |_, _| {});
    assert_eq!(ctx.run("echo", ""), Told::ok(""));
    assert!(waiting.is_open());
    ctx.register("ask", |ctx, asked| assert_eq!(ctx.answer(asked.token, 0, "at last"), 0));
    assert_eq!(waiting.wait(), Told::ok("at last"));
    assert_eq!(ctx.destroy(), 0);
}

#[test]
fn a_deadline_ends_the_call_and_the_host_is_told_once() {
    let ctx = Context::new("test");
    let (asked, log) = leave_open(ctx);
    assert_eq!(ctx.run("ask_with_deadline", "20"), err("TimedOut"));
    let token = next(&asked).token;
    assert_eq!(log.cancelled(), vec![token]);
    assert_eq!(ctx.answer(token, 0, "late"), UNKNOWN_TOKEN);
    assert_eq!(ctx.run("ask_with_deadline", "0"), err("TimedOut"));
    assert_eq!((ctx.stats().host_calls_timed_out, log.cancelled().len()), (2, 2));
    assert_eq!(ctx.destroy(), 0);
    assert_eq!(log.cancelled().len(), 2);
}

#[test]
fn the_registration_has_a_deadline() {
    let ctx = Context::new("test");
    let (ret, log) = ctx.register_with("ask", |options| options.deadline_ms = 20, |_, _| {});
    assert_eq!(ret, 0);
    assert_eq!(ctx.run("ask", ""), err("TimedOut"));
    assert_eq!(log.cancelled().len(), 1);
    assert_eq!(ctx.destroy(), 0);
}

#[test]
fn an_answer_in_time_is_no_timeout() {
    let ctx = Context::new("test");
    let log = ctx.register("ask", |ctx, asked| {
        thread::spawn(move || ctx.answer(asked.token, 0, "in time"));
    });
    assert_eq!(ctx.run("ask_with_deadline", "3600000"), Told::ok("in time"));
    assert_eq!(ctx.destroy(), 0);
    assert!(log.cancelled().is_empty());
}

#[test]
fn dropping_the_future_tells_the_host() {
    let ctx = Context::new("test");
    let (asked, log) = leave_open(ctx);
    assert_eq!(ctx.run("ask_and_drop", ""), Told::ok("dropped"));
    let token = next(&asked).token;
    assert_eq!(log.cancelled(), vec![token]);
    assert_eq!(ctx.answer(token, 0, "late"), UNKNOWN_TOKEN);
    assert_eq!(ctx.stats().host_calls_in_flight, 0);
    assert_eq!(ctx.destroy(), 0);
    assert_eq!((log.cancelled().len(), log.released()), (1, 1));
}

#[test]
fn unregistering_ends_open_calls() {
    let ctx = Context::new("test");
    let (asked, log) = leave_open(ctx);
    let pending: Vec<_> = (0..10).map(|_| ctx.submit("ask", "")).collect();
    let tokens: Vec<_> = pending.iter().map(|_| next(&asked).token).collect();
    assert_eq!(log.released(), 0);
    assert_eq!(ctx.unregister("ask"), 0);
    for pending in &pending {
        assert_eq!(pending.wait(), err("Unregistered"));
    }
    let mut cancelled = log.cancelled();
    cancelled.sort_unstable();
    assert_eq!(cancelled, tokens);
    assert_eq!(ctx.answer(tokens[0], 0, "late"), UNKNOWN_TOKEN);
    support::wait_until("userData is released", || log.released() == 1);
    assert_eq!(ctx.run("ask", ""), err("NotRegistered { name: \"ask\" }"));
    assert_eq!(ctx.unregister("ask"), 13, "NOT_REGISTERED");
    assert_eq!(ctx.destroy(), 0);
    assert_eq!(log.released(), 1);
}

#[test]
fn a_replaced_function_may_still_answer() {
    let ctx = Context::new("test");
    let (asked, old) = leave_open(ctx);
    let pending = ctx.submit("ask", "");
    let token = next(&asked).token;
    let new = ctx.register("ask", |ctx, asked| assert_eq!(ctx.answer(asked.token, 0, "new"), 0));
    assert_eq!(ctx.run("ask", ""), Told::ok("new"));
    assert_eq!(old.released(), 0, "its call is open");
    assert_eq!(ctx.answer(token, 0, "old"), 0);
    assert_eq!(pending.wait(), Told::ok("old"));
    support::wait_until("the old one is released", || old.released() == 1);
    assert_eq!((old.cancelled().len(), new.released()), (0, 0));
    assert_eq!(ctx.destroy(), 0);
    assert_eq!((old.released(), new.released()), (1, 1));
}

#[test]
fn replaced_and_unregistered_inside_the_running_function() {
    let ctx = Context::new("test");
    let replacement = Arc::new(Mutex::new(None));
    let kept = Arc::clone(&replacement);
    let log = ctx.register("ask", move |ctx, asked| {
        // The harness asserts that userData is not released before this function has returned.
        let new = ctx.register("ask", |ctx, asked| {
            assert_eq!(ctx.unregister("ask"), 0);
            assert_eq!(ctx.answer(asked.token, 0, "from the unregistered one"), 0);
        });
        *kept.lock().expect("not poisoned") = Some(new);
        assert_eq!(ctx.answer(asked.token, 0, "from the replaced one"), 0);
    });
    assert_eq!(ctx.run("ask", ""), Told::ok("from the replaced one"));
    support::wait_until("the replaced one is released", || log.released() == 1);
    assert_eq!(ctx.run("ask", ""), Told::ok("from the unregistered one"));
    let new = replacement.lock().expect("not poisoned").take().expect("it was registered");
    support::wait_until("the unregistered one is released", || new.released() == 1);
    assert_eq!(ctx.run("ask", ""), err("NotRegistered { name: \"ask\" }"));
    assert_eq!(ctx.destroy(), 0);
}

#[test]
fn from_a_thread_that_is_not_the_ffi_thread() {
    let ctx = Context::new("test");
    ctx.register("ask", |ctx, asked| assert_eq!(ctx.answer(asked.token, 0, &asked.text), 0));
    assert_eq!(ctx.run("ask_elsewhere", "inline"), Told::ok("inline"));
    assert_eq!(ctx.run("ask_sync_elsewhere", "sync"), Told::ok("sync"));
    let (asked, log) = leave_open(ctx);
    let pending = ctx.submit("ask_elsewhere", "remote");
    let asked = next(&asked);
    assert_eq!(ctx.answer(asked.token, 0, &asked.text), 0);
    assert_eq!(pending.wait(), Told::ok("remote"));
    assert_eq!(ctx.destroy(), 0);
    assert!(log.cancelled().is_empty());
}

#[test]
fn from_another_thread_to_a_function_with_the_other_format() {
    let ctx = Context::new("test");
    let answer = |ctx: Context, asked: Asked| assert_eq!(ctx.answer(asked.token, 0, &asked.text), 0);
    let (ret, _) = ctx.register_with("ask", |options| options.format = 1, answer);
    assert_eq!(ret, 0);
    assert_eq!(ctx.run("ask_elsewhere", "CBOR"), Told::ok("CBOR"));
    assert_eq!(ctx.destroy(), 0);
}

#[test]
fn a_call_that_moves_to_another_thread_goes_on_there() {
    let ctx = Context::new("test");
    let (asked, _) = leave_open(ctx);
    let pending = ctx.submit("move_call", "moved");
    let token = next(&asked).token;
    assert_eq!(ctx.answer(token, 0, "arrived"), 0);
    assert_eq!(pending.wait(), Told::ok("arrived"));
    assert_eq!(ctx.destroy(), 0);
}

#[test]
fn a_call_that_is_dropped_on_another_thread_is_cancelled() {
    let ctx = Context::new("test");
    let (asked, log) = leave_open(ctx);
    assert_eq!(ctx.run("drop_call_elsewhere", ""), Told::ok("dropped"));
    let token = next(&asked).token;
    support::wait_until("the host is told", || log.cancelled() == vec![token]);
    assert_eq!(ctx.stats().host_calls_in_flight, 0);
    assert_eq!(ctx.destroy(), 0);
}

#[test]
fn a_synchronous_call_needs_an_inline_answer() {
    let ctx = Context::new("test");
    ctx.register("ask", |ctx, asked| assert_eq!(ctx.answer(asked.token, 0, "now"), 0));
    assert_eq!(ctx.run("ask_sync", ""), Told::ok("now"));
    assert_eq!(ctx.run("name_now", "ask"), Told::ok("now"));
    let (asked, log) = leave_open(ctx);
    assert_eq!(ctx.run("ask_sync", ""), err("TimedOut"));
    assert_eq!(ctx.run("ask_sync_elsewhere", ""), err("TimedOut"));
    assert_eq!(log.cancelled(), vec![next(&asked).token, next(&asked).token]);
    assert_eq!(ctx.destroy(), 0);
}

#[test]
fn limits_and_waiting_for_room() {
    let ctx = Context::new("test");
    let (asked, _) = leave_open(ctx);
    let open: Vec<_> = (0..1_000).map(|_| ctx.submit("ask", "")).collect();
    let tokens: Vec<_> = open.iter().map(|_| next(&asked).token).collect();
    assert_eq!(ctx.run("ask", ""), err("Overloaded"));
    assert_eq!(ctx.run("ask_sync", ""), err("Overloaded"));
    let patient: Vec<_> = (0..3).map(|n| ctx.submit("ask_patiently", &n.to_string())).collect();
    assert!(patient.iter().all(support::Pending::is_open));
    for token in &tokens[..3] {
        assert_eq!(ctx.answer(*token, 0, ""), 0);
    }
    for _ in &patient {
        assert_eq!(ctx.answer(next(&asked).token, 0, "was patient"), 0);
    }
    assert!(patient.iter().all(|pending| pending.wait() == Told::ok("was patient")));
    for token in &tokens[3..] {
        assert_eq!(ctx.answer(*token, 0, ""), 0);
    }
    assert!(open.iter().all(|pending| pending.wait() == Told::ok("")));
    assert_eq!(ctx.destroy(), 0);
}

#[test]
fn a_functions_own_limit() {
    let ctx = Context::new("test");
    let (sender, asked) = mpsc::channel();
    let (ret, _) =
        ctx.register_with("ask", |options| options.max_in_flight = 2, move |_, asked| drop(sender.send(asked)));
    assert_eq!(ret, 0);
    let open = [ctx.submit("ask", ""), ctx.submit("ask", "")];
    let tokens = [next(&asked).token, next(&asked).token];
    assert_eq!(ctx.run("ask", ""), err("Overloaded"));
    let patient = ctx.submit("ask_patiently", "");
    assert_eq!(ctx.answer(tokens[0], 0, "room"), 0);
    assert_eq!(ctx.answer(next(&asked).token, 0, "was patient"), 0);
    assert_eq!(patient.wait(), Told::ok("was patient"));
    assert_eq!(ctx.answer(tokens[1], 0, "room"), 0);
    assert!(open.iter().all(|pending| pending.wait() == Told::ok("room")));
    assert_eq!(ctx.destroy(), 0);
}

#[test]
fn tokens_rise_and_are_never_zero() {
    let ctx = Context::new("test");
    let log = ctx.register("ask", |ctx, asked| assert_eq!(ctx.answer(asked.token, 0, ""), 0));
    for _ in 0..100 {
        ctx.run("ask", "");
    }
    let tokens: Vec<_> = log.asked().iter().map(|asked| asked.token).collect();
    assert!(tokens.is_sorted_by(|a, b| a < b) && tokens[0] > 0, "{tokens:?}");
    assert_eq!(ctx.destroy(), 0);
}

/// The host of a context, for code outside of it.
fn host_of(ctx: Context) -> Host {
    let (sender, host) = mpsc::channel();
    let script = ctx.script(|| async move {
        sender.send(Host::current().expect("in a context")).expect("the test listens");
        Ok(vec![])
    });
    assert_eq!(script.wait(), Told::ok(""));
    host.recv().expect("it was sent")
}

#[test]
fn a_call_on_the_ffi_thread_of_another_context_goes_to_the_host_that_it_names() {
    let answer = |ctx: Context, asked: Asked| assert_eq!(ctx.answer(asked.token, 0, &asked.text), 0);
    let (here, there) = (Context::new("here"), Context::new("there"));
    let (asked_here, asked_there) = (here.register("ask", answer), there.register("ask", answer));
    let theirs = host_of(there);
    let call = here.script(move || async move { theirs.call("ask", "across").await.map_err(|error| show(&error)) });
    assert_eq!(call.wait(), Told::ok("across"));
    assert_eq!((asked_here.asked().len(), asked_there.asked().len()), (0, 1));
    // The next context has the record, mostly, and not the host.
    assert_eq!(there.destroy(), 0);
    let next = Context::new("next");
    let asked = next.register("ask", answer);
    let call = next.script(move || async move {
        let outcome = theirs.call("ask", "too late").await;
        Ok(format!("{outcome:?}").into_bytes())
    });
    assert_eq!(call.wait(), Told::ok("Err(NoContext(Ended))"));
    assert!(asked.asked().is_empty());
    assert_eq!((here.destroy(), next.destroy()), (0, 0));
}

#[test]
fn a_slow_host_function_is_counted() {
    let ctx = Context::new("test");
    ctx.register("ask", |ctx, asked| {
        // Several ticks of the coarse clock beyond the threshold of 10 ms.
        thread::sleep(Duration::from_millis(40));
        assert_eq!(ctx.answer(asked.token, 0, ""), 0);
    });
    ctx.run("ask", "");
    assert_eq!(ctx.stats().host_calls_slow, 1);
    assert_eq!(ctx.destroy(), 0);
}

#[test]
fn many_in_flight_answered_out_of_order_by_many_threads() {
    let ctx = Context::new("test");
    let (asked, _) = leave_open(ctx);
    let asked = Arc::new(Mutex::new(asked));
    let answerers: Vec<_> = (0..4)
        .map(|_| {
            let asked = Arc::clone(&asked);
            thread::spawn(move || {
                loop {
                    let next = asked.lock().expect("not poisoned").recv();
                    let Ok(Asked { token, text }) = next else { break };
                    assert_eq!(ctx.answer(token, 0, &text), 0);
                }
            })
        })
        .collect();
    for round in 0..20 {
        let pending: Vec<_> = (0..500).map(|n| (n, ctx.submit("ask", &format!("{round}/{n}")))).collect();
        for (n, pending) in pending {
            assert_eq!(pending.wait(), Told::ok(&format!("{round}/{n}")), "answers are not crossed");
        }
    }
    assert_eq!(ctx.destroy(), 0);
    answerers.into_iter().for_each(|answerer| answerer.join().expect("no panic"));
}

#[test]
fn what_waits_for_room_in_a_function_that_is_gone() {
    let ctx = Context::new("test");
    let (ret, _) = ctx.register_with("ask", |options| options.max_in_flight = 1, |_, _| {});
    assert_eq!(ret, 0);
    let open = ctx.submit("ask", "");
    ctx.wait_for("it is open", |stats| stats.host_calls_in_flight == 1);
    let patient = ctx.submit("ask_patiently", "");
    assert_eq!(ctx.run("echo", ""), Told::ok(""));
    assert_eq!(ctx.unregister("ask"), 0);
    assert_eq!(open.wait(), err("Unregistered"));
    assert_eq!(patient.wait(), err("NotRegistered { name: \"ask\" }"));
    assert_eq!(ctx.destroy(), 0);
}

#[test]
fn unregistered_inside_the_function_with_a_nested_call() {
    let ctx = Context::new("test");
    let log = ctx.register("ask", |ctx, asked| {
        if asked.text == "outer" {
            assert_eq!(ctx.unregister("ask"), 0);
            // Its library code looks at the registry again, while the outer call is being called.
            assert_eq!(ctx.run("name_now", "ask"), err("NotRegistered { name: \"ask\" }"));
        }
    });
    assert_eq!(ctx.run("ask", "outer"), err("Unregistered"));
    support::wait_until("it is released", || log.released() == 1);
    assert_eq!((log.cancelled().len(), ctx.destroy()), (1, 0));
}

#[test]
fn a_synchronous_call_takes_an_answer_from_another_thread() {
    for request in ["ask_sync", "ask_sync_elsewhere"] {
        let ctx = Context::new("test");
        let log = ctx.register("ask", |ctx, asked| {
            let answered = thread::spawn(move || ctx.answer(asked.token, 0, &asked.text)).join();
            assert_eq!(answered.expect("no panic"), 0, "accepted before the host function returned");
            assert_eq!(ctx.answer(asked.token, 0, "another"), UNKNOWN_TOKEN);
        });
        for round in ["first", "second"] {
            assert_eq!(ctx.run(request, round), Told::ok(round));
        }
        let stats = ctx.stats();
        assert_eq!((stats.host_calls_inline, stats.host_calls_remote, stats.host_calls_timed_out), (0, 2, 0));
        assert_eq!((stats.host_calls_in_flight, log.cancelled()), (0, vec![]));
        assert_eq!(ctx.destroy(), 0);
    }
}

#[test]
fn a_synchronous_call_that_nobody_has_answered_is_cancelled_once() {
    let ctx = Context::new("test");
    let (asked, log) = leave_open(ctx);
    assert_eq!(ctx.run("ask_sync", ""), err("TimedOut"));
    let token = next(&asked).token;
    assert_eq!(ctx.answer(token, 0, "late"), UNKNOWN_TOKEN);
    let stats = ctx.stats();
    assert_eq!((stats.host_calls_timed_out, stats.host_calls_in_flight), (1, 0));
    assert_eq!(ctx.destroy(), 0);
    assert_eq!(log.cancelled(), vec![token]);
}

#[test]
fn an_answer_with_more_bytes_than_a_payload_may_have_settles_the_call() {
    const MOST: usize = 1 << 20;
    let ctx = Context::new("test");
    ctx.register("ask", |ctx, asked| {
        let length = asked.text.parse().expect("a number");
        let expected = if length > MOST { TOO_LARGE } else { 0 };
        assert_eq!(ctx.answer(asked.token, 0, &"a".repeat(length)), expected);
    });
    assert_eq!(ctx.run("ask", &MOST.to_string()), Told::ok(&"a".repeat(MOST)));
    for length in [MOST + 1, MOST + 2] {
        let told = ctx.run("ask", &length.to_string());
        assert!(told.ret == 1 && told.text.contains(&format!("{length} bytes, the limit is {MOST}")), "{told:?}");
    }
    assert_eq!(ctx.destroy(), 0);
}

#[test]
fn a_call_that_is_dropped_after_its_answer_is_not_cancelled() {
    let ctx = Context::new("test");
    let (sender, asked) = mpsc::channel();
    let log = ctx.register("ask", move |_, asked| sender.send(asked).expect("the script listens"));
    let script = ctx.script(move || async move {
        let mut call = Host::current().expect("in a context").call("ask", "?");
        assert!(support::futures_poll_once(&mut call).is_none());
        let token = asked.recv().expect("the host was asked").token;
        let answered = thread::spawn(move || ctx.answer(token, 0, ""));
        assert_eq!(answered.join().expect("no panic"), 0);
        drop(call);
        Ok(vec![])
    });
    assert_eq!(script.wait(), Told::ok(""));
    assert_eq!((log.cancelled(), ctx.stats().host_calls_remote), (vec![], 1));
    assert_eq!(ctx.destroy(), 0);
}

/// The first poll of a request is not that of a task; the calls after it are.
#[test]
fn one_call_after_the_other_each_answered_later() {
    let ctx = Context::new("test");
    let (asked, _log) = leave_open(ctx);
    let script = ctx.script(|| async {
        let host = Host::current().expect("in a context");
        let mut answers = Vec::new();
        for question in ["first", "second", "third"] {
            answers.extend(host.call(&support::ASK, question).await.map_err(|error| support::show(&error))?);
        }
        Ok(answers)
    });
    for expected in ["first", "second", "third"] {
        let next = next(&asked);
        assert_eq!(next.text, expected);
        assert_eq!(ctx.answer(next.token, 0, expected), 0);
    }
    assert_eq!(script.wait(), Told::ok("firstsecondthird"));
    assert_eq!(ctx.destroy(), 0);
}
