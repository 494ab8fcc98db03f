//! An outcome whose drop panics, at each end of its call: it is dropped once, that ends nothing but itself, and the books are
//! right afterwards.

mod support;

use std::sync::{Arc, Mutex};
use std::thread;
use support::bombs::went_off;
use support::{Asked, Context, Told};

const OK: i32 = 0;
const UNKNOWN_TOKEN: i32 = 5;
const PANIC: i32 = 10;
const CANCELLED: i32 = 15;
const DECODE: i32 = 16;

/// Answers each question with itself: inline, or on another thread before the host function returns, as its second word says.
fn answer_each(ctx: Context) -> Arc<support::Log> {
    ctx.register("ask", |ctx, Asked { token, text }| {
        let expected = if text.contains("half made") { DECODE } else { OK };
        let on_thread = text.split(' ').nth(1) == Some("thread");
        let answer = move || assert_eq!(ctx.answer(token, 0, &text), expected);
        if on_thread { thread::spawn(answer).join().expect("it is accepted") } else { answer() }
    })
}

/// Calls go well, none is left, and destroy says so; and a later context is well too, which may have the same record.
fn is_well(ctx: Context) {
    assert_eq!(ctx.run("ask", "is all well"), Told::ok("is all well"));
    assert_eq!(ctx.run("ask", "all thread well"), Told::ok("all thread well"));
    assert_eq!(ctx.stats().host_calls_in_flight, 0);
    ends_well(ctx);
}

fn ends_well(ctx: Context) {
    assert_eq!(ctx.destroy(), 0);
    let next = Context::new("next");
    answer_each(next);
    assert_eq!(next.run("ask", "next thread time"), Told::ok("next thread time"));
    assert_eq!(next.destroy(), 0);
}

#[test]
fn taken_by_the_code_that_awaits_it() {
    for question in ["await inline 1", "await thread 1", "sync inline 1", "sync thread 1"] {
        let ctx = Context::new("test");
        answer_each(ctx);
        assert_eq!(ctx.run("ask_bomb", question), Told::ok(question));
        assert_eq!(went_off(question), 0);
        is_well(ctx);
    }
}

#[test]
fn dropped_by_the_code_that_awaits_it() {
    for question in ["drop inline 2", "drop thread 2"] {
        let ctx = Context::new("test");
        answer_each(ctx);
        let told = ctx.run("ask_bomb", question);
        assert!(told.ret == PANIC && told.text.contains("the bomb goes off"), "{told:?}");
        assert_eq!(went_off(question), 1);
        is_well(ctx);
    }
}

#[test]
fn its_future_is_dropped() {
    // When the answer is there; and when it is on its way, so that the drain finds nobody who awaits it.
    for question in ["ready thread 3", "abandon thread 3"] {
        let ctx = Context::new("test");
        let log = answer_each(ctx);
        assert_eq!(ctx.run("ask_bomb", question), Told::ok("dropped"));
        assert_eq!(ctx.run("echo", "the loop goes on"), Told::ok("the loop goes on"));
        is_well(ctx);
        assert_eq!(went_off(question), 1);
        assert!(log.cancelled().is_empty(), "an answer was accepted");
    }
}

#[test]
fn the_encoder_panics_after_the_answer() {
    for question in ["encoder inline 4", "encoder thread 4"] {
        let ctx = Context::new("test");
        answer_each(ctx);
        let told = ctx.run("ask_bomb", question);
        assert!(told.ret == PANIC && told.text.contains("the encoder panics"), "{told:?}");
        is_well(ctx);
        assert_eq!(went_off(question), 1);
    }
}

#[test]
fn it_is_dropped_while_it_is_decoded() {
    let half_made = |question: &str| {
        let ctx = Context::new("test");
        ctx.register("ask", |ctx, Asked { token, text }| {
            let half_made = format!("half made {text}");
            assert_eq!(ctx.answer(token, 0, &half_made), DECODE);
            assert_eq!(ctx.answer(token, 0, "again"), UNKNOWN_TOKEN, "the slot is not claimed for ever");
        });
        let told = ctx.run("ask_bomb", question);
        assert!(told.ret == 1 && told.text.contains("Decode(the decoder panicked"), "{told:?}");
        assert_eq!(went_off(&format!("half made {question}")), 1);
        assert_eq!((ctx.stats().host_calls_in_flight, ctx.stats().host_answers_undecodable), (0, 1));
        ends_well(ctx);
    };
    half_made("await inline 5");
    half_made("sync inline 5");
}

/// Nobody lets go of it before the context ends.
#[test]
fn left_to_the_close() {
    for question in ["leak thread 6", "hold thread 6"] {
        let ctx = Context::new("test");
        answer_each(ctx);
        let pending = ctx.submit("ask_bomb", question);
        ctx.wait_for("it is asked", |stats| stats.host_calls == 1);
        if question.starts_with("leak") {
            assert_eq!(pending.wait(), Told::ok("dropped"));
            assert_eq!(went_off(question), 0);
        }
        ends_well(ctx);
        assert_eq!(went_off(question), 1);
        if question.starts_with("hold") {
            assert_eq!(pending.wait().ret, CANCELLED);
        }
    }
}

/// The loop drains several answers at once: one that nobody awaits is the first of them.
#[test]
fn the_answers_behind_it_arrive() {
    let ctx = Context::new("test");
    let open = Mutex::new(Vec::new());
    ctx.register("ask", move |ctx, asked| {
        let mut open = open.lock().expect("not poisoned");
        if !asked.text.starts_with("abandon") {
            return open.push(asked);
        }
        // This one first. The loop drains them after this function has returned, and the request has dropped its call.
        open.insert(0, asked);
        let answers = open.drain(..).map(|asked| ctx.answer(asked.token, 0, &asked.text)).filter(|ret| *ret == 0);
        assert_eq!(thread::scope(|scope| scope.spawn(|| answers.count()).join()).expect("no panic"), 4);
    });
    let pending = ["first", "second", "third"].map(|question| ctx.submit("ask", question));
    ctx.wait_for("they are asked", |stats| stats.host_calls == 3);
    assert_eq!(ctx.run("ask_bomb", "abandon 7"), Told::ok("dropped"));
    for (pending, question) in pending.iter().zip(["first", "second", "third"]) {
        assert_eq!(pending.wait(), Told::ok(question));
    }
    assert_eq!(ctx.stats().host_calls_in_flight, 0);
    ends_well(ctx);
    assert_eq!(went_off("abandon 7"), 1);
}
