//! Random operations on the table, compared with a plain map.

use super::{Accepted, Answer, Cancelled, Decode, DecoderOf, Owner, Poll, Raw, Reason, Table, Ticket, Token};
use proptest::prelude::*;
use std::cell::Cell;
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;
use std::task::Waker;

/// An outcome that is boxed by the table, since it does not fit in a slot, and whose loss a leak checker notices.
type Outcome = (i32, Box<[u64; 8]>, [u8; 64]);

struct Read;

impl Decode for Read {
    type Outcome = Outcome;

    fn decode(answer: Raw<'_>) -> (Outcome, Accepted) {
        match answer {
            Raw::Host { ret, .. } => ((ret, Box::new([7; 8]), [7; 64]), Accepted::Decoded),
            Raw::Unreadable(_) => ((-1, Box::new([7; 8]), [7; 64]), Accepted::Undecodable),
        }
    }
}

#[derive(Clone, Debug)]
enum Operation {
    /// Begins a call, which is answered inline or not.
    Begin {
        answered: Option<i32>,
    },
    /// Answers the nth call that ever was.
    Answer {
        nth: usize,
        ret: i32,
    },
    /// Answers a token that was never issued.
    Forge {
        bits: u64,
    },
    Cancel {
        nth: usize,
    },
    Expire {
        nth: usize,
    },
    Poll {
        nth: usize,
    },
    Drain,
    /// Ends the open calls whose number is even.
    Sweep,
    /// Ends everything: the next context.
    Retire,
}

fn operation() -> impl Strategy<Value = Operation> {
    prop_oneof![
        8 => any::<Option<i32>>().prop_map(|answered| Operation::Begin { answered }),
        8 => (any::<usize>(), any::<i32>()).prop_map(|(nth, ret)| Operation::Answer { nth, ret }),
        1 => any::<u64>().prop_map(|bits| Operation::Forge { bits }),
        3 => any::<usize>().prop_map(|nth| Operation::Cancel { nth }),
        2 => any::<usize>().prop_map(|nth| Operation::Expire { nth }),
        6 => any::<usize>().prop_map(|nth| Operation::Poll { nth }),
        4 => Just(Operation::Drain),
        1 => Just(Operation::Sweep),
        1 => Just(Operation::Retire),
    ]
}

/// What the oracle knows of a call that was begun and not given back.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Known {
    Open,
    Queued(i32),
    Ready(i32),
    Ended(Reason),
}

/// A hold: the call's number, counted while it is held.
struct Held(usize, Rc<Cell<usize>>);

impl Drop for Held {
    fn drop(&mut self) {
        self.1.set(self.1.get() - 1);
    }
}

struct Oracle {
    table: Table<Held>,
    owner: Owner,
    tokens: Vec<Token>,
    tickets: BTreeMap<usize, Ticket<Outcome>>,
    known: BTreeMap<usize, Known>,
    queue: VecDeque<usize>,
    held: Rc<Cell<usize>>,
}

impl Oracle {
    fn new() -> Self {
        Self {
            table: Table::new(),
            // SAFETY: the only one of this table.
            owner: unsafe { Owner::new() },
            tokens: Vec::new(),
            tickets: BTreeMap::new(),
            known: BTreeMap::new(),
            queue: VecDeque::new(),
            held: Rc::default(),
        }
    }

    fn apply(&mut self, operation: &Operation) {
        match *operation {
            Operation::Begin { answered } => self.begin(answered),
            Operation::Answer { nth, ret } => self.answer(nth, ret),
            Operation::Forge { bits } => self.forge(bits),
            Operation::Cancel { nth } => self.cancel(nth),
            Operation::Expire { nth } => self.expire(nth),
            Operation::Poll { nth } => self.poll(nth),
            Operation::Drain => self.drain(),
            Operation::Sweep => self.sweep(),
            Operation::Retire => self.retire(),
        }
        let holding = |known: &&Known| !matches!(known, Known::Ended(_));
        assert_eq!(self.held.get(), self.known.values().filter(holding).count(), "holds");
        assert_eq!(self.table.live(&self.owner) as usize, self.known.len(), "live calls");
    }

    /// The nth of the calls that are not given back.
    fn pick(&self, nth: usize) -> Option<usize> {
        (!self.known.is_empty()).then(|| *self.known.keys().nth(nth % self.known.len()).expect("below the length"))
    }

    fn begin(&mut self, answered: Option<i32>) {
        let call = self.tokens.len();
        self.held.set(self.held.get() + 1);
        let hold = Held(call, Rc::clone(&self.held));
        let begun = self.table.begin(&self.owner, hold, DecoderOf::<Read>::DECODER);
        let ticket = begun.unwrap_or_else(|_| panic!("there is room"));
        let token = ticket.token();
        assert!(self.tokens.last().is_none_or(|last| last.sequence() < token.sequence()), "tokens rise");
        self.tokens.push(token);
        if let Some(ret) = answered {
            let answer = self.table.answer(Some(&self.owner), token, Raw::Host { ret, payload: &[], limit: 0 });
            assert_eq!(answer, Answer::Inline(Accepted::Decoded));
        }
        match self.table.called(&self.owner, ticket, drop) {
            Ok(outcome) => assert_eq!(Some(outcome.0), answered),
            Err(ticket) => {
                assert_eq!(answered, None);
                self.tickets.insert(call, ticket);
                self.known.insert(call, Known::Open);
            }
        }
    }

    fn answer(&mut self, nth: usize, ret: i32) {
        if self.tokens.is_empty() {
            return;
        }
        let call = nth % self.tokens.len();
        let here = (nth.is_multiple_of(2)).then_some(&self.owner);
        let answer = self.table.answer(here, self.tokens[call], Raw::Host { ret, payload: &[], limit: 0 });
        if self.known.get(&call) == Some(&Known::Open) {
            assert_eq!(answer, Answer::Queued { first: self.queue.is_empty(), accepted: Accepted::Decoded });
            self.known.insert(call, Known::Queued(ret));
            self.queue.push_back(call);
        } else {
            assert_eq!(answer, Answer::Unknown, "call {call} was answered twice, late, or after it ended");
        }
    }

    fn forge(&mut self, bits: u64) {
        let Some(token) = Token::from_bits(bits) else { return };
        if !self.tokens.contains(&token) {
            assert_eq!(self.table.answer(None, token, Raw::Unreadable("forged")), Answer::Unknown);
        }
    }

    fn cancel(&mut self, nth: usize) {
        let Some(call) = self.pick(nth) else { return };
        let ticket = self.tickets.remove(&call).expect("not given back");
        let cancelled = self.table.cancel(&self.owner, ticket);
        match self.known.remove(&call).expect("not given back") {
            Known::Open => assert!(matches!(cancelled, Cancelled::Open(Held(held, _)) if held == call)),
            Known::Queued(_) | Known::Ready(_) => assert!(matches!(cancelled, Cancelled::Answered(Some(_)))),
            Known::Ended(_) => assert!(matches!(cancelled, Cancelled::Ended)),
        }
    }

    fn expire(&mut self, nth: usize) {
        let Some(call) = self.pick(nth) else { return };
        let ticket = self.tickets.remove(&call).expect("not given back");
        match self.table.expire(&self.owner, ticket) {
            Ok(_) => assert_eq!(self.known.remove(&call), Some(Known::Open)),
            Err(ticket) => {
                assert_ne!(self.known[&call], Known::Open);
                self.tickets.insert(call, ticket);
            }
        }
    }

    fn poll(&mut self, nth: usize) {
        let Some(call) = self.pick(nth) else { return };
        let polled = self.table.poll(&self.owner, &self.tickets[&call], Waker::noop());
        if matches!((&polled, self.known[&call]), (Poll::Pending, Known::Open | Known::Queued(_))) {
            return;
        }
        let ticket = self.tickets.remove(&call).expect("not given back");
        match (polled, self.known.remove(&call).expect("not given back")) {
            (Poll::Answered, Known::Ready(ret)) => {
                let outcome = self.table.finish(&self.owner, ticket, |hold| assert!(hold.is_some()));
                assert_eq!(outcome.0, ret);
            }
            (Poll::Ended(reason), Known::Ended(expected)) => assert_eq!(reason, expected),
            (_, known) => panic!("call {call} is {known:?}"),
        }
    }

    fn drain(&mut self) {
        let woken = Cell::new(0);
        let drained = self.table.drain(&self.owner, |_| woken.set(woken.get() + 1));
        assert_eq!(drained, self.queue.len());
        for call in self.queue.drain(..) {
            if let Some(known) = self.known.get_mut(&call)
                && let Known::Queued(ret) = *known
            {
                *known = Known::Ready(ret);
            }
        }
        assert!(woken.get() <= drained);
    }

    fn sweep(&mut self) {
        let ended = Cell::new(0);
        self.table.sweep(
            &self.owner,
            Reason::Unregistered,
            |held| held.0 % 2 == 0,
            |token, held, _| {
                assert_eq!(token, self.tokens[held.0]);
                ended.set(ended.get() + 1);
            },
        );
        let mut expected = 0;
        for (call, known) in &mut self.known {
            if call % 2 == 0 && *known == Known::Open {
                *known = Known::Ended(Reason::Unregistered);
                expected += 1;
            }
        }
        assert_eq!(ended.get(), expected);
    }

    fn retire(&mut self) {
        self.table.retire(&self.owner, drop);
        self.known.clear();
        self.tickets.clear();
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_table_does_what_a_map_does(operations in prop::collection::vec(operation(), 1..200)) {
        let mut oracle = Oracle::new();
        operations.iter().for_each(|operation| oracle.apply(operation));
        oracle.retire();
        oracle.drain();
        prop_assert_eq!(oracle.held.get(), 0);
    }
}

#[test]
fn as_many_calls_as_a_token_can_tell_apart_and_not_one_more() {
    let mut oracle = Oracle::new();
    (0..super::MAX_IN_FLIGHT).for_each(|_| oracle.begin(None));
    let hold = Held(0, Rc::new(Cell::new(1)));
    assert!(oracle.table.begin(&oracle.owner, hold, DecoderOf::<Read>::DECODER).is_err());
    oracle.cancel(12_345);
    oracle.begin(Some(1));
    oracle.retire();
}
