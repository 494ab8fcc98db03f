//! A host call settles exactly once, whatever the host does.

mod support;

use support::{Context, Told};

#[test]
fn answered_inline() {
    let ctx = Context::new("test");
    let log = ctx.register("ask", |ctx, asked| assert_eq!(ctx.answer(asked.token, 0, &asked.text.to_uppercase()), 0));
    assert_eq!(ctx.run("ask", "hello"), Told::ok("HELLO"));
    assert_eq!(ctx.run("ask_by_name", "again"), Told::ok("AGAIN"));
    assert_eq!((ctx.stats().host_calls_inline, ctx.stats().host_calls_remote), (2, 0));
    assert_eq!(ctx.destroy(), 0);
    assert_eq!((log.released(), log.cancelled()), (1, vec![]));
}

#[test]
fn answered_from_another_thread() {
    let ctx = Context::new("test");
    ctx.register("ask", |ctx, asked| {
        std::thread::spawn(move || assert_eq!(ctx.answer(asked.token, 0, &asked.text), 0));
    });
    assert_eq!(ctx.run("ask", "hello"), Told::ok("hello"));
    assert_eq!(ctx.destroy(), 0);
}
