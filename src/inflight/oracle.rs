//! Random operations on the table, compared with a plain map.

use super::{
    Accepted, Answer, Calling, Cancelled, Conclusion, Decode, DecoderOf, MAX_IN_FLIGHT, Owner, Poll, Raw, Reason,
    Table, Ticket, Token,
};
use crate::bridge::Signal;
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

    unsafe fn decode(answer: Raw<'_>, place: *mut Outcome) -> Accepted {
        let (ret, accepted) = match answer {
            Raw::Host { ret, .. } => (ret, Accepted::Decoded),
            Raw::Unreadable(_) => (-1, Accepted::Undecodable),
        };
        // SAFETY: the caller's contract.
        unsafe { place.write((ret, Box::new([7; 8]), [7; 64])) };
        accepted
    }
}

#[derive(Clone, Debug)]
enum Operation {
    /// Begins a call, which is answered inline or not.
    Begin {
        answered: Option<i32>,
    },
    /// Answers the nth call that ever was, on the owner's thread if that is even.
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
    /// Makes a call that cannot wait, which another thread has answered or not.
    Synchronous {
        answered: Option<i32>,
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
        3 => any::<Option<i32>>().prop_map(|answered| Operation::Synchronous { answered }),
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
    table: &'static Table<Held>,
    owner: Owner,
    signal: Signal,
    tokens: Vec<Token>,
    tickets: BTreeMap<usize, Ticket<Outcome>>,
    known: BTreeMap<usize, Known>,
    queue: VecDeque<usize>,
    held: Rc<Cell<usize>>,
}

impl Oracle {
    fn new() -> Self {
        Self {
            table: Box::leak(Box::new(Table::new())),
            // SAFETY: the only one of this table.
            owner: unsafe { Owner::new() },
            signal: Signal::new(),
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
            Operation::Synchronous { answered } => self.synchronous(answered),
            Operation::Poll { nth } => self.poll(nth),
            Operation::Drain => self.drain(),
            Operation::Sweep => self.sweep(),
            Operation::Retire => self.retire(),
        }
        let holding = |known: &&Known| !matches!(known, Known::Ended(_));
        assert_eq!(self.held.get(), self.known.values().filter(holding).count(), "holds");
        assert_eq!(self.table.live(&self.owner) as usize, self.known.len(), "live calls");
        self.counts_what_is_used();
    }

    /// Slots of calls that are over count as used where no other slot is spare: those that the drain has still to free.
    fn counts_what_is_used(&self) {
        let lingering = self.queue.iter().filter(|call| !self.known.contains_key(call)).count();
        for spare in 0..3 {
            let used = self.table.used(&self.owner, MAX_IN_FLIGHT - spare) as usize;
            assert_eq!(used, self.known.len() + lingering.saturating_sub(spare as usize), "with {spare} to spare");
        }
    }

    /// The nth of the calls that are not given back.
    fn pick(&self, nth: usize) -> Option<usize> {
        (!self.known.is_empty()).then(|| *self.known.keys().nth(nth % self.known.len()).expect("below the length"))
    }

    /// A call whose host function is running, and its number.
    fn begin_calling(&mut self) -> (usize, Calling<'static, Outcome, Held>) {
        let call = self.tokens.len();
        let ticket = self.table.begin(&self.owner, DecoderOf::<Read>::DECODER).expect("there is room");
        assert!(self.tokens.last().is_none_or(|last| last.sequence() < ticket.token().sequence()), "tokens rise");
        self.tokens.push(ticket.token());
        (call, ticket)
    }

    fn bring(&self, here: bool, token: Token, ret: i32) -> Answer {
        let here = here.then_some(&self.owner);
        self.table.answer(here, token, Raw::Host { ret, payload: &[], limit: 0 }, &self.signal)
    }

    fn begin(&mut self, answered: Option<i32>) {
        let (call, ticket) = self.begin_calling();
        if let Some(ret) = answered {
            assert_eq!(self.bring(true, ticket.token(), ret), Answer::Inline(Accepted::Decoded));
        }
        self.held.set(self.held.get() + 1);
        let hold = Held(call, Rc::clone(&self.held));
        match self.table.called(&self.owner, ticket, hold) {
            Ok(settled) => assert_eq!(Some(settled.outcome.0), answered),
            Err(ticket) => {
                assert_eq!(answered, None);
                self.tickets.insert(call, ticket);
                self.known.insert(call, Known::Open);
            }
        }
    }

    fn synchronous(&mut self, answered: Option<i32>) {
        let (call, ticket) = self.begin_calling();
        let token = ticket.token();
        if let Some(ret) = answered {
            assert_eq!(self.bring(false, token, ret), Answer::Delivered { accepted: Accepted::Decoded });
            self.queue.push_back(call);
        }
        match self.table.conclude(&self.owner, ticket) {
            Conclusion::Remote(outcome) => assert_eq!(Some(outcome.0), answered),
            Conclusion::Ended => assert_eq!(answered, None),
            Conclusion::Inline(_) => panic!("it was not answered inline"),
        }
        assert_eq!(self.bring(false, token, 1), Answer::Unknown, "late");
    }

    fn answer(&mut self, nth: usize, ret: i32) {
        if self.tokens.is_empty() {
            return;
        }
        let call = nth % self.tokens.len();
        let here = nth.is_multiple_of(2);
        let answer = self.bring(here, self.tokens[call], ret);
        if self.known.get(&call) == Some(&Known::Open) {
            assert_eq!(answer, Answer::Delivered { accepted: Accepted::Decoded });
            if here {
                self.known.insert(call, Known::Ready(ret));
            } else {
                self.known.insert(call, Known::Queued(ret));
                self.queue.push_back(call);
            }
        } else {
            assert_eq!(answer, Answer::Unknown, "call {call} was answered twice, late, or after it ended");
        }
    }

    fn forge(&mut self, bits: u64) {
        let Some(token) = Token::from_bits(bits) else { return };
        if !self.tokens.contains(&token) {
            assert_eq!(self.table.answer(None, token, Raw::Unreadable("forged"), &self.signal), Answer::Unknown);
        }
    }

    fn cancel(&mut self, nth: usize) {
        let Some(call) = self.pick(nth) else { return };
        let ticket = self.tickets.remove(&call).expect("not given back");
        let cancelled = self.table.cancel(&self.owner, ticket);
        match self.known.remove(&call).expect("not given back") {
            Known::Open => {
                assert!(
                    matches!(cancelled, Cancelled::Open(left) if left.hold.as_ref().is_some_and(|held| held.0 == call))
                );
            }
            Known::Queued(_) | Known::Ready(_) => {
                assert!(matches!(cancelled, Cancelled::Answered(left) if left.hold.as_ref().is_some()));
            }
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
                let settled = self.table.finish(&self.owner, ticket);
                assert_eq!((settled.outcome.0, settled.hold.map(|held| held.0)), (ret, Some(call)));
            }
            (Poll::Ended(reason), Known::Ended(expected)) => assert_eq!(reason, expected),
            (_, known) => panic!("call {call} is {known:?}"),
        }
    }

    fn drain(&mut self) {
        let woken = Cell::new(0);
        let drained = self.table.drain(&self.owner, |_| woken.set(woken.get() + 1));
        let awaited = self.queue.iter().filter(|call| matches!(self.known.get(call), Some(Known::Queued(_)))).count();
        assert_eq!(drained.arrived as usize, awaited);
        assert_eq!(drained.freed as usize, self.queue.len() - awaited);
        for call in self.queue.drain(..) {
            if let Some(known) = self.known.get_mut(&call)
                && let Known::Queued(ret) = *known
            {
                *known = Known::Ready(ret);
            }
        }
        assert!(woken.get() <= awaited);
    }

    fn sweep(&mut self) {
        let swept = self.table.sweep(&self.owner, Reason::Unregistered, |held| held.0.is_multiple_of(2));
        let mut expected = Vec::new();
        for (call, known) in &mut self.known {
            if call.is_multiple_of(2) && *known == Known::Open {
                *known = Known::Ended(Reason::Unregistered);
                expected.push((self.tokens[*call], Some(*call)));
            }
        }
        let told: Vec<_> = swept.iter().map(|swept| (swept.token, swept.hold.as_ref().map(|held| held.0))).collect();
        assert_eq!(told, expected, "each once, in the order in which they were made");
    }

    fn retire(&mut self) {
        let left = self.table.retire(&self.owner).count();
        assert_eq!(left, self.known.len());
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
    (1..MAX_IN_FLIGHT).for_each(|_| oracle.begin(None));
    assert!(!oracle.table.is_full(&oracle.owner));
    oracle.begin(None);
    assert!(oracle.table.is_full(&oracle.owner));
    assert!(oracle.table.begin(&oracle.owner, DecoderOf::<Read>::DECODER).is_none());
    oracle.cancel(12_345);
    assert!(!oracle.table.is_full(&oracle.owner));
    oracle.begin(Some(1));
    oracle.begin(None);
    // It is answered by another thread and dropped: its slot is free when the drain has come to it.
    oracle.answer(23_457, 1);
    oracle.cancel(23_456);
    assert!(oracle.table.is_full(&oracle.owner));
    oracle.drain();
    assert!(!oracle.table.is_full(&oracle.owner));
    oracle.retire();
}
