//! One call against everything that may end it.

use super::{Calls, Dropped, Drops, Number, Settled, model, owner, thread};
use crate::bridge::Signal;
use crate::inflight::{Answer, Cancelled, Conclusion, Owner, Raw, Reason, Ticket, Token};
use crate::sync::Arc;

type Model = Arc<Calls<Dropped>>;

/// A table with one open call, and the drops of its hold.
fn open_call() -> (Model, Owner, Ticket<Number>, Drops) {
    let (calls, owner, holds) = (Calls::new(), owner(), Drops::default());
    let ticket = calls.begin(&owner, holds.token());
    (calls, owner, ticket, holds)
}

/// Another thread answers the call; true if that was accepted.
fn answer_elsewhere(calls: &Model, token: Token, ret: i32) -> thread::JoinHandle<bool> {
    let calls = Arc::clone(calls);
    thread::spawn(move || calls.answer(token, ret))
}

/// Takes in what is left, and checks that nothing is.
fn assert_empty(calls: &Model, owner: &Owner) {
    calls.table.drain(owner, std::task::Waker::wake);
    calls.table.retire(owner).for_each(drop);
    assert_eq!(calls.table.live(owner), 0, "calls are left");
}

#[test]
fn complete_against_drop_of_the_future() {
    model(|| {
        let (calls, owner, ticket, holds) = open_call();
        let answered = answer_elsewhere(&calls, ticket.token(), 7);
        let told = matches!(calls.table.cancel(&owner, ticket), Cancelled::Open(_));
        let accepted = answered.join().expect("it does not panic");
        assert_ne!(told, accepted, "the host is told of a cancellation, or its answer is accepted");
        assert_empty(&calls, &owner);
        assert_eq!(holds.get(), 1);
    });
}

#[test]
fn complete_against_complete() {
    model(|| {
        let (calls, owner, ticket, _) = open_call();
        let first = answer_elsewhere(&calls, ticket.token(), 1);
        let second = answer_elsewhere(&calls, ticket.token(), 2);
        let Settled::Answered(number, _) = calls.settle(&owner, ticket, || {}) else { panic!("somebody answered") };
        let (first, second) = (first.join().expect("no panic"), second.join().expect("no panic"));
        assert_ne!(first, second, "one wins, the other is told");
        assert_eq!(*number, if first { 1 } else { 2 });
        assert_empty(&calls, &owner);
    });
}

#[test]
fn complete_against_deadline() {
    model(|| {
        let (calls, owner, ticket, holds) = open_call();
        let answered = answer_elsewhere(&calls, ticket.token(), 7);
        let delivered = match calls.table.expire(&owner, ticket) {
            Ok(_hold) => false,
            Err(ticket) => {
                let Settled::Answered(number, _) = calls.settle(&owner, ticket, || {}) else {
                    panic!("it was accepted")
                };
                *number == 7
            }
        };
        assert_eq!(answered.join().expect("no panic"), delivered, "an accepted answer is delivered, any other refused");
        assert_empty(&calls, &owner);
        assert_eq!(holds.get(), 1);
    });
}

#[test]
fn complete_against_close() {
    model(|| {
        let (calls, owner, ticket, holds) = open_call();
        let answered = answer_elsewhere(&calls, ticket.token(), 7);
        let told = calls.table.sweep(&owner, Reason::ShuttingDown, |_| true).len();
        let settled = calls.settle(&owner, ticket, || {});
        let accepted = answered.join().expect("no panic");
        match settled {
            Settled::Answered(number, hold) => {
                assert!(accepted && *number == 7 && told == 0);
                drop(hold);
            }
            Settled::Ended(reason) => assert!(!accepted && reason == Reason::ShuttingDown && told == 1),
        }
        assert_empty(&calls, &owner);
        assert_eq!(holds.get(), 1);
    });
}

#[test]
fn complete_against_close_and_the_slots_next_context() {
    model(|| {
        let (calls, first_owner, ticket, _) = open_call();
        let late = answer_elsewhere(&calls, ticket.token(), 1);
        calls.table.retire(&first_owner).for_each(drop);
        // The context is gone, its record has a new one, which begins a call.
        let owner = owner();
        let ticket = calls.begin(&owner, Drops::default().token());
        assert!(calls.answer(ticket.token(), 2));
        let Settled::Answered(number, _) = calls.settle(&owner, ticket, || {}) else { panic!("it was answered") };
        assert_eq!(*number, 2, "a late answer settled another context's call");
        late.join().expect("no panic");
        assert_empty(&calls, &owner);
    });
}

#[test]
fn a_stale_token_never_settles_the_slots_next_call() {
    model(|| {
        let (calls, owner, stale, _) = open_call();
        let late = answer_elsewhere(&calls, stale.token(), 1);
        drop(calls.table.cancel(&owner, stale));
        let ticket = calls.begin(&owner, Drops::default().token());
        let answered = answer_elsewhere(&calls, ticket.token(), 2);
        let Settled::Answered(number, _) = calls.settle(&owner, ticket, || {}) else { panic!("it was answered") };
        assert_eq!(*number, 2, "a stale token settled the next call");
        assert!(answered.join().expect("no panic"), "the right answer was refused");
        late.join().expect("no panic");
        assert_empty(&calls, &owner);
    });
}

#[test]
fn a_token_that_was_guessed_before_it_was_issued() {
    model(|| {
        let (calls, owner, first, _) = open_call();
        // The next call's token can be told: the same slot, the next sequence number of the table's block.
        let guess = Token::from_bits(first.token().bits() + (1 << 16)).expect("not 0");
        drop(calls.table.cancel(&owner, first));
        let guesser = {
            let calls = Arc::clone(&calls);
            thread::spawn(move || calls.answer(guess, 1))
        };
        let ticket = calls.begin(&owner, Drops::default().token());
        assert_eq!(ticket.token(), guess);
        let guessed = guesser.join().expect("no panic");
        assert_eq!(calls.answer(ticket.token(), 2), !guessed);
        let Settled::Answered(number, _) = calls.settle(&owner, ticket, || {}) else { panic!("it was answered") };
        assert_eq!(*number, if guessed { 1 } else { 2 });
        assert_empty(&calls, &owner);
    });
}

#[test]
fn answers_to_several_calls_all_arrive() {
    model(|| {
        let (calls, owner, first, _) = open_call();
        let second = calls.begin(&owner, Drops::default().token());
        let one = answer_elsewhere(&calls, first.token(), 1);
        let two = answer_elsewhere(&calls, second.token(), 2);
        for (ticket, expected) in [(first, 1), (second, 2)] {
            let Settled::Answered(number, _) = calls.settle(&owner, ticket, || {}) else { panic!("it was answered") };
            assert_eq!(*number, expected);
        }
        assert!(one.join().expect("no panic") && two.join().expect("no panic"));
        assert_empty(&calls, &owner);
    });
}

#[test]
fn answered_inline_against_another_thread() {
    model(|| {
        let (calls, owner) = (Calls::new(), owner());
        let ticket = calls.begin_calling(&owner);
        let other = answer_elsewhere(&calls, ticket.token(), 2);
        let raw = Raw::Host { ret: 1, payload: &[], limit: 0 };
        let inline = calls.table.answer(Some(&owner), ticket.token(), raw, &calls.signal);
        let number = match calls.table.called(&owner, ticket, Drops::default().token()) {
            Ok(settled) => settled.outcome,
            Err(ticket) => match calls.settle(&owner, ticket, || {}) {
                Settled::Answered(number, _) => number,
                Settled::Ended(_) => panic!("it was answered"),
            },
        };
        let accepted = other.join().expect("no panic");
        assert_eq!(*number, if accepted { 2 } else { 1 });
        assert_eq!(matches!(inline, Answer::Unknown), accepted);
        assert_empty(&calls, &owner);
    });
}

#[test]
fn an_answer_of_the_owner_against_another_thread() {
    model(|| {
        let (calls, owner, ticket, _) = open_call();
        let other = answer_elsewhere(&calls, ticket.token(), 2);
        let raw = Raw::Host { ret: 1, payload: &[], limit: 0 };
        let here = calls.table.answer(Some(&owner), ticket.token(), raw, &calls.signal);
        let Settled::Answered(number, _) = calls.settle(&owner, ticket, || {}) else { panic!("it was answered") };
        let accepted = other.join().expect("no panic");
        assert_eq!(*number, if accepted { 2 } else { 1 });
        assert_eq!(matches!(here, Answer::Unknown), accepted);
        assert_empty(&calls, &owner);
    });
}

/// A synchronous call ends when its host function has returned: with an answer that was accepted, or without any, and then
/// whoever answers is told that it is too late. The slot's answerer may come after the next call has begun.
#[test]
fn a_call_that_cannot_wait_against_an_answer() {
    model(|| {
        let (calls, owner) = (Calls::new(), owner());
        let ticket = calls.begin_calling(&owner);
        let answered = answer_elsewhere(&calls, ticket.token(), 7);
        let delivered = match calls.table.conclude(&owner, ticket) {
            Conclusion::Inline(_) => panic!("the owner has not answered"),
            Conclusion::Remote(outcome) => Some(*outcome),
            Conclusion::Ended => None,
        };
        assert_eq!(calls.table.live(&owner), 0, "it counts no longer, wherever the answerer is");
        let next = calls.begin(&owner, Drops::default().token());
        assert!(calls.answer(next.token(), 2));
        let Settled::Answered(number, _) = calls.settle(&owner, next, || {}) else { panic!("it was answered") };
        assert_eq!(*number, 2, "an answerer that was too late settled the next call");
        let accepted = answered.join().expect("no panic");
        assert_eq!(delivered, accepted.then_some(7), "an accepted answer is delivered, any other refused");
        let drained = calls.table.drain(&owner, std::task::Waker::wake);
        assert_eq!(drained.arrived, 0);
        assert_empty(&calls, &owner);
    });
}

/// One answerer is suspended between its push and its notification, for ever: its notification goes where nobody looks.
#[test]
fn nobodys_answer_waits_for_another_answerer() {
    model(|| {
        let (calls, owner, first, _) = open_call();
        let second = calls.begin(&owner, Drops::default().token());
        let suspended = {
            let (calls, token) = (Arc::clone(&calls), first.token());
            let raw = Raw::Host { ret: 1, payload: &[], limit: 0 };
            thread::spawn(move || calls.table.answer(None, token, raw, &Signal::new()))
        };
        let answered = answer_elsewhere(&calls, second.token(), 2);
        let Settled::Answered(number, _) = calls.settle(&owner, second, || {}) else { panic!("it was answered") };
        assert_eq!(*number, 2);
        assert!(answered.join().expect("no panic"));
        assert!(matches!(suspended.join().expect("no panic"), Answer::Delivered { .. }));
        assert_empty(&calls, &owner);
        drop(first);
    });
}
