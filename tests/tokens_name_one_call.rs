//! A token names one call among all contexts of a library, also when they make their calls in the same order. A process of its
//! own, so that both have records that were never used before.

mod support;

use std::sync::mpsc;
use support::{Context, Told};

const UNKNOWN_TOKEN: i32 = 5;

/// Registers `ask` so that calls are left open, and hands over their tokens.
fn leave_open(ctx: Context) -> mpsc::Receiver<u64> {
    let (sender, receiver) = mpsc::channel();
    ctx.register("ask", move |_, asked| sender.send(asked.token).expect("the test listens"));
    receiver
}

fn next(asked: &mpsc::Receiver<u64>) -> u64 {
    asked.recv_timeout(support::PATIENCE).expect("the host function is called")
}

#[test]
fn a_token_names_one_call_among_all_contexts() {
    let (first, second) = (Context::new("first"), Context::new("second"));
    let (first_asked, second_asked) = (leave_open(first), leave_open(second));
    let pending = [first.submit("ask", ""), second.submit("ask", "")];
    let tokens = [next(&first_asked), next(&second_asked)];
    assert_eq!(tokens[0] & 0xffff, tokens[1] & 0xffff, "both are the first calls of their records: the same slot");
    assert_ne!(tokens[0], tokens[1]);
    assert_eq!(second.answer(tokens[0], 0, "for the first"), UNKNOWN_TOKEN);
    assert_eq!(first.answer(tokens[1], 0, "for the second"), UNKNOWN_TOKEN);
    assert!(pending.iter().all(support::Pending::is_open), "neither call is touched");
    assert_eq!(first.answer(tokens[0], 0, "first"), 0);
    assert_eq!(second.answer(tokens[1], 0, "second"), 0);
    assert_eq!(pending.map(|pending| pending.wait()), [Told::ok("first"), Told::ok("second")]);
    assert_eq!((first.stats().host_answers_refused, second.stats().host_answers_refused), (1, 1));
    assert_eq!((first.destroy(), second.destroy()), (0, 0));
}
