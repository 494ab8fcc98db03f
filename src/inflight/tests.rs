//! Everything foreign in a slot panics when it is dropped, at each end that a call can have: the books are right afterwards.

use super::sequence::{BLOCK, Supply};
use super::{
    Accepted, Answer, Calling, Cancelled, Conclusion, Decode, DecoderOf, Drained, Owner, Poll, Raw, Reason, Settled,
    Table, Ticket, Token,
};
use crate::bridge::Signal;
use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Wake, Waker};

thread_local! {
    /// Bombs that went off on this thread.
    static WENT_OFF: Cell<usize> = const { Cell::new(0) };
    /// What the next decoding does before it is done.
    static WHILE_DECODING: RefCell<Option<Box<dyn FnOnce()>>> = const { RefCell::new(None) };
}

/// Panics when it is dropped.
#[derive(Debug)]
struct Bomb<const SIZE: usize>(i32, [u8; SIZE]);

impl<const SIZE: usize> Drop for Bomb<SIZE> {
    fn drop(&mut self) {
        WENT_OFF.set(WENT_OFF.get() + 1);
        panic!("a bomb goes off");
    }
}

impl<const SIZE: usize> Bomb<SIZE> {
    fn new(value: i32) -> Self {
        Self(value, [0; SIZE])
    }

    /// Takes it apart; what it says.
    fn defused(self) -> i32 {
        std::mem::ManuallyDrop::new(self).0
    }
}

impl<const SIZE: usize> Decode for Bomb<SIZE> {
    type Outcome = Self;

    unsafe fn decode(answer: Raw<'_>, place: *mut Self) -> Accepted {
        if let Some(meanwhile) = WHILE_DECODING.take() {
            meanwhile();
        }
        let (ret, accepted) = match answer {
            Raw::Host { ret, .. } => (ret, Accepted::Decoded),
            Raw::Unreadable(_) => (-1, Accepted::Undecodable),
        };
        // SAFETY: the caller's contract.
        unsafe { place.write(Self::new(ret)) };
        accepted
    }
}

type Hold = Bomb<8>;

/// A waker whose drop, and whose waking, panics.
struct Panicking(AtomicUsize);

impl Wake for Panicking {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
        // Its drop would panic too, while this one unwinds.
        let _kept = std::mem::ManuallyDrop::new(self);
        panic!("a waker panics");
    }
}

impl Drop for Panicking {
    fn drop(&mut self) {
        WENT_OFF.set(WENT_OFF.get() + 1);
        panic!("the last reference to a waker panics");
    }
}

fn panicking_waker() -> Waker {
    Waker::from(Arc::new(Panicking(AtomicUsize::new(0))))
}

/// A table on one thread; leaked, as the records are.
struct World {
    table: &'static Table<Hold>,
    owner: Owner,
    signal: &'static Signal,
}

impl World {
    fn new() -> Self {
        // SAFETY: the only one of this table.
        let owner = unsafe { Owner::new() };
        Self { table: Box::leak(Box::new(Table::new())), owner, signal: Box::leak(Box::new(Signal::new())) }
    }

    fn begin_calling<const SIZE: usize>(&self) -> Calling<'static, Bomb<SIZE>, Hold> {
        self.table.begin(&self.owner, DecoderOf::<Bomb<SIZE>>::DECODER).expect("there is room")
    }

    /// Begins a call whose host function has returned.
    fn begin<const SIZE: usize>(&self) -> Ticket<Bomb<SIZE>> {
        let calling = self.begin_calling();
        self.table.called(&self.owner, calling, Hold::new(7)).expect_err("nobody answered inline")
    }

    fn answer(&self, token: Token, ret: i32) -> Answer {
        self.table.answer(None, token, Raw::Host { ret, payload: &[], limit: 0 }, self.signal)
    }

    /// Answers on the owner's thread.
    fn answer_here(&self, token: Token, ret: i32) -> Answer {
        self.table.answer(Some(&self.owner), token, Raw::Host { ret, payload: &[], limit: 0 }, self.signal)
    }

    /// Answers a call, and has the queue drained.
    fn answered<const SIZE: usize>(&self) -> Ticket<Bomb<SIZE>> {
        let ticket = self.begin();
        assert_eq!(self.answer(ticket.token(), 1), DELIVERED);
        assert_eq!(self.drain(), Drained { arrived: 1, freed: 0 });
        ticket
    }

    fn drain(&self) -> Drained {
        self.table.drain(&self.owner, Waker::wake)
    }

    /// Polls a call that is open, with that waker.
    fn wait<const SIZE: usize>(&self, ticket: &Ticket<Bomb<SIZE>>, waker: &Waker) {
        assert_eq!(self.table.poll(&self.owner, ticket, waker), Poll::Pending);
    }

    fn retire(&self) -> usize {
        self.table.retire(&self.owner).count()
    }

    /// The next calls, in the same slots, go well in every way.
    fn is_well(&self) {
        assert_eq!(self.table.live(&self.owner), 0, "calls are left");
        let tickets: Vec<_> = (0..3).map(|_| self.begin::<4>()).collect();
        for (ret, ticket) in (0..).zip(&tickets) {
            assert_eq!(self.answer(ticket.token(), ret), DELIVERED);
        }
        self.drain();
        for (ret, ticket) in (0..).zip(tickets) {
            assert_eq!(self.table.poll(&self.owner, &ticket, Waker::noop()), Poll::Answered);
            assert_eq!(defused(self.table.finish(&self.owner, ticket)), ret);
        }
        assert_eq!(self.table.live(&self.owner), 0, "calls are left");
        assert_eq!(self.retire(), 0, "calls are listed");
    }
}

const DELIVERED: Answer = Answer::Delivered { accepted: Accepted::Decoded };

fn defused<const SIZE: usize>(settled: Settled<Bomb<SIZE>, Hold>) -> i32 {
    assert_eq!(settled.hold.map(Hold::defused), Some(7));
    settled.outcome.defused()
}

/// An end of a call, and how many bombs go off: of the outcome, the hold and the waker.
struct End<const SIZE: usize>(&'static str, usize, fn(&World));

/// Drops what cancelling hands back.
fn cancel<const SIZE: usize>(world: &World, ticket: Ticket<Bomb<SIZE>>) -> &'static str {
    match world.table.cancel(&world.owner, ticket) {
        Cancelled::Open(_) => "open",
        Cancelled::Answered(_) => "answered",
        Cancelled::Ended => "ended",
    }
}

fn ends<const SIZE: usize>() -> Vec<End<SIZE>> {
    vec![
        End("dropped when the answer is there", 2, |world| {
            let ticket = world.answered::<SIZE>();
            assert_eq!(cancel(world, ticket), "answered");
        }),
        End("dropped when it was answered inline", 1, |world| {
            let calling = world.begin_calling::<SIZE>();
            let raw = Raw::Host { ret: 1, payload: &[], limit: 0 };
            let inline = world.table.answer(Some(&world.owner), calling.token(), raw, world.signal);
            assert_eq!(inline, Answer::Inline(Accepted::Decoded));
            assert_eq!(cancel(world, calling.ticket()), "answered");
        }),
        End("dropped while the host function runs", 0, |world| {
            let calling = world.begin_calling::<SIZE>();
            assert_eq!(cancel(world, calling.ticket()), "open");
        }),
        End("dropped while it is open", 2, |world| {
            let ticket = world.begin::<SIZE>();
            world.wait(&ticket, &panicking_waker());
            assert_eq!(cancel(world, ticket), "open");
        }),
        End("abandoned", 3, |world| {
            let ticket = world.begin::<SIZE>();
            world.wait(&ticket, &panicking_waker());
            assert_eq!(world.answer(ticket.token(), 1), DELIVERED);
            assert_eq!(cancel(world, ticket), "answered");
            assert_eq!(world.table.live(&world.owner), 0, "it counts no longer, before the drain has come to it");
            assert_eq!(world.drain(), Drained { arrived: 0, freed: 1 });
        }),
        End("abandoned in the middle of a list", 2, |world| {
            let tickets = [world.begin::<SIZE>(), world.begin(), world.begin()];
            for ticket in &tickets {
                assert_eq!(world.answer(ticket.token(), 1), DELIVERED);
            }
            let [first, second, third] = tickets;
            assert_eq!(cancel(world, second), "answered");
            assert_eq!(world.drain(), Drained { arrived: 2, freed: 1 });
            for ticket in [first, third] {
                assert_eq!(world.table.poll(&world.owner, &ticket, Waker::noop()), Poll::Answered);
                assert_eq!(defused(world.table.finish(&world.owner, ticket)), 1);
            }
        }),
        End("abandoned, and drained by the record's next context", 2, |world| {
            let ticket = world.begin::<SIZE>();
            assert_eq!(world.answer(ticket.token(), 1), DELIVERED);
            assert_eq!(world.retire(), 1);
            let next = world.begin::<SIZE>();
            assert_eq!(world.answer(next.token(), 2), DELIVERED);
            assert_eq!(world.drain(), Drained { arrived: 1, freed: 1 });
            assert_eq!(defused(world.table.finish(&world.owner, next)), 2);
        }),
        End("expired", 2, |world| {
            let ticket = world.begin::<SIZE>();
            world.wait(&ticket, &panicking_waker());
            drop(world.table.expire(&world.owner, ticket).expect("it is open"));
        }),
        End("swept", 2, |world| {
            let ticket = world.begin::<SIZE>();
            world.wait(&ticket, &panicking_waker());
            for mut swept in world.table.sweep(&world.owner, Reason::ShuttingDown, |_| true) {
                assert_eq!(swept.token, ticket.token());
                // Let go and dropped by the caller, each on its own.
                assert!(catch_unwind(AssertUnwindSafe(|| drop(swept.hold.take()))).is_err());
                assert!(catch_unwind(AssertUnwindSafe(|| drop(swept.waker.take()))).is_err());
            }
            assert_eq!(world.table.poll(&world.owner, &ticket, Waker::noop()), Poll::Ended(Reason::ShuttingDown));
        }),
        End("swept, then dropped", 1, |world| {
            let ticket = world.begin::<SIZE>();
            for mut swept in world.table.sweep(&world.owner, Reason::ShuttingDown, |_| true) {
                assert!(catch_unwind(AssertUnwindSafe(|| drop(swept.hold.take()))).is_err());
            }
            assert_eq!(cancel(world, ticket), "ended");
        }),
        End("retired: open, answered, ended and abandoned", 8, |world| {
            let open = world.begin::<SIZE>();
            world.wait(&open, &panicking_waker());
            let _ready = world.answered::<SIZE>();
            let ended = world.begin::<SIZE>();
            for mut swept in world.table.sweep(&world.owner, Reason::Unregistered, |_| true) {
                assert!(swept.token == ended.token() || swept.token == open.token());
                assert!(catch_unwind(AssertUnwindSafe(|| drop(swept.hold.take()))).is_err());
                let waker = swept.waker.take();
                assert_eq!(waker.is_some(), swept.token == open.token());
                assert_eq!(catch_unwind(AssertUnwindSafe(|| drop(waker))).is_err(), swept.token == open.token());
            }
            let still_open = world.begin::<SIZE>();
            let abandoned = world.begin::<SIZE>();
            assert_eq!(world.answer(abandoned.token(), 1), DELIVERED);
            assert_eq!(world.retire(), 5);
            assert_eq!(world.answer(still_open.token(), 1), Answer::Unknown);
            assert_eq!(world.drain(), Drained { arrived: 0, freed: 1 });
        }),
        End("concluded without an answer", 0, |world| {
            let ticket = world.begin_calling::<SIZE>();
            let token = ticket.token();
            assert!(matches!(world.table.conclude(&world.owner, ticket), Conclusion::Ended));
            assert_eq!(world.answer(token, 1), Answer::Unknown);
            assert_eq!(world.drain(), Drained::default());
        }),
        End("concluded while an answer is decoded", 1, |world| {
            let ticket = world.begin_calling::<SIZE>();
            let token = ticket.token();
            // The answerer is suspended while it decodes, and the owner goes on: on one thread, as it happens.
            let table = world.table;
            WHILE_DECODING.set(Some(Box::new(move || {
                // SAFETY: it is the table's one thread.
                let owner = unsafe { Owner::new() };
                assert!(matches!(table.conclude(&owner, ticket), Conclusion::Ended), "it was not accepted");
                assert_eq!(table.live(&owner), 0);
            })));
            assert_eq!(world.answer(token, 1), Answer::Unknown, "the host is told that it came too late");
            assert_eq!(world.drain(), Drained { arrived: 0, freed: 1 });
        }),
        End("a waker replaced by another", 1, |world| {
            let ticket = world.begin::<SIZE>();
            world.wait(&ticket, &panicking_waker());
            world.wait(&ticket, Waker::noop());
            assert_eq!(world.answer(ticket.token(), 1), DELIVERED);
            assert_eq!(world.drain(), Drained { arrived: 1, freed: 0 });
            assert_eq!(defused(world.table.finish(&world.owner, ticket)), 1);
        }),
    ]
}

fn every_end<const SIZE: usize>() {
    for End(name, expected, end) in ends::<SIZE>() {
        let world = World::new();
        for round in 0..3 {
            WENT_OFF.set(0);
            end(&world);
            assert_eq!(WENT_OFF.get(), expected, "{name}, round {round}: each goes off once");
            world.is_well();
        }
    }
}

#[test]
fn bombs_at_every_end_of_a_call() {
    every_end::<4>();
    // Too large for the slot.
    every_end::<100>();
}

#[test]
fn a_waker_that_panics_holds_up_nobody() {
    let world = World::new();
    let tickets = [world.begin::<4>(), world.begin(), world.begin()];
    let woken = Arc::new(Counting::default());
    for (index, ticket) in tickets.iter().enumerate() {
        match index {
            1 => world.wait(ticket, &panicking_waker()),
            _ => world.wait(ticket, &Waker::from(Arc::clone(&woken))),
        }
        assert_eq!(world.answer(ticket.token(), 3), DELIVERED);
    }
    assert_eq!(world.drain(), Drained { arrived: 3, freed: 0 });
    assert_eq!(woken.0.load(Ordering::SeqCst), 2);
    for ticket in tickets {
        assert_eq!(world.table.poll(&world.owner, &ticket, Waker::noop()), Poll::Answered);
        assert_eq!(defused(world.table.finish(&world.owner, ticket)), 3);
    }
    world.is_well();
}

#[derive(Default)]
struct Counting(AtomicUsize);

impl Wake for Counting {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

#[test]
fn an_outcome_is_taken_whole_wherever_it_was() {
    let world = World::new();
    for ret in [-1, 0, 77] {
        let inline = world.begin_calling::<100>();
        let raw = Raw::Host { ret, payload: &[], limit: 0 };
        let answer = world.table.answer(Some(&world.owner), inline.token(), raw, world.signal);
        assert_eq!(answer, Answer::Inline(Accepted::Decoded));
        assert_eq!(defused(world.table.called(&world.owner, inline, Hold::new(7)).expect("answered inline")), ret);

        let concluded = world.begin_calling::<100>();
        let answer = world.table.answer(Some(&world.owner), concluded.token(), raw, world.signal);
        assert_eq!(answer, Answer::Inline(Accepted::Decoded));
        let Conclusion::Inline(outcome) = world.table.conclude(&world.owner, concluded) else { panic!("inline") };
        assert_eq!(outcome.defused(), ret);

        let remote = world.begin_calling::<100>();
        assert_eq!(world.answer(remote.token(), ret), DELIVERED);
        let Conclusion::Remote(outcome) = world.table.conclude(&world.owner, remote) else { panic!("remote") };
        assert_eq!(outcome.defused(), ret);
        assert_eq!(world.table.live(&world.owner), 0, "before the drain");
        assert_eq!(world.drain(), Drained { arrived: 0, freed: 1 });
    }
    world.is_well();
}

#[test]
fn answered_by_another_thread_before_the_host_function_returned() {
    let world = World::new();
    let ticket = world.begin_calling::<4>();
    assert_eq!(world.answer(ticket.token(), 5), DELIVERED);
    let ticket = world.table.called(&world.owner, ticket, Hold::new(7)).expect_err("not inline");
    world.wait(&ticket, Waker::noop());
    assert_eq!(world.drain(), Drained { arrived: 1, freed: 0 });
    assert_eq!(defused(world.table.finish(&world.owner, ticket)), 5);
    // Or drained before: then its caller takes it.
    let ticket = world.begin_calling::<4>();
    assert_eq!(world.answer(ticket.token(), 6), DELIVERED);
    assert_eq!(world.drain(), Drained { arrived: 1, freed: 0 });
    assert_eq!(defused(world.table.called(&world.owner, ticket, Hold::new(7)).expect("there")), 6);
    world.is_well();
}

#[test]
fn an_answer_of_the_owner_to_a_call_that_waits_is_not_queued() {
    let world = World::new();
    let (count, mut cx) = (Arc::new(Counting::default()), Context::from_waker(Waker::noop()));
    assert!(world.signal.poll_notified(&mut cx).is_pending());
    let ticket = world.begin::<4>();
    world.wait(&ticket, &Waker::from(Arc::clone(&count)));
    assert_eq!(world.answer_here(ticket.token(), 5), DELIVERED);
    assert_eq!(count.0.load(Ordering::SeqCst), 1);
    assert!(world.signal.poll_notified(&mut cx).is_pending(), "there is nothing to look for");
    assert_eq!(world.drain(), Drained::default());
    assert_eq!(world.answer_here(ticket.token(), 6), Answer::Unknown);
    assert_eq!(world.answer(ticket.token(), 7), Answer::Unknown);
    let ticket = world.table.expire(&world.owner, ticket).expect_err("it is answered");
    assert_eq!(world.table.poll(&world.owner, &ticket, Waker::noop()), Poll::Answered);
    assert_eq!(defused(world.table.finish(&world.owner, ticket)), 5);
    world.is_well();
}

#[test]
fn an_answer_of_the_owner_whose_waker_panics() {
    let world = World::new();
    let ticket = world.begin::<4>();
    world.wait(&ticket, &std::mem::ManuallyDrop::new(panicking_waker()));
    assert_eq!(world.answer_here(ticket.token(), 5), DELIVERED);
    assert_eq!(defused(world.table.finish(&world.owner, ticket)), 5);
    world.is_well();
}

/// Nobody awaits the answer any longer when the decoder is done with it: the drain drops it, as one from another thread.
#[test]
fn an_answer_of_the_owner_whose_decoder_ends_the_call() {
    let world: &'static World = Box::leak(Box::new(World::new()));
    let ticket = world.begin::<4>();
    let token = ticket.token();
    WHILE_DECODING.set(Some(Box::new(move || {
        let Cancelled::Answered(left) = world.table.cancel(&world.owner, ticket) else { panic!("it was claimed") };
        left.hold.defuse();
    })));
    WENT_OFF.set(0);
    assert_eq!(world.answer_here(token, 5), DELIVERED);
    assert_eq!(WENT_OFF.get(), 0);
    assert_eq!(world.drain(), Drained { arrived: 0, freed: 1 });
    assert_eq!(WENT_OFF.get(), 1, "the outcome was dropped");
    world.is_well();
}

#[test]
fn a_deadline_that_is_too_late_hands_the_ticket_back() {
    let world = World::new();
    let ticket = world.begin::<4>();
    assert_eq!(world.answer(ticket.token(), 5), DELIVERED);
    let ticket = world.table.expire(&world.owner, ticket).expect_err("an answer is on its way");
    world.drain();
    let ticket = world.table.expire(&world.owner, ticket).expect_err("the answer is there");
    assert_eq!(defused(world.table.finish(&world.owner, ticket)), 5);
    world.is_well();
}

/// A waker whose clone ends the call that it is kept for.
#[test]
fn a_call_that_ends_while_its_waker_is_cloned() {
    use std::task::{RawWaker, RawWakerVTable};
    const TABLE: RawWakerVTable = RawWakerVTable::new(
        |world| {
            // SAFETY: it was made of a reference that lives as long as the waker.
            let world = unsafe { &*world.cast::<World>() };
            for swept in world.table.sweep(&world.owner, Reason::Unregistered, |_| true) {
                assert_eq!(swept.hold.map(Hold::defused), Some(7));
            }
            RawWaker::new(std::ptr::null(), Waker::noop().vtable())
        },
        |_| {},
        |_| {},
        |_| {},
    );
    let world = World::new();
    let ticket = world.begin::<4>();
    // SAFETY: the functions do what a waker's have to do; it stays on this thread.
    let waker = unsafe { Waker::new((&raw const world).cast(), &TABLE) };
    assert_eq!(world.table.poll(&world.owner, &ticket, &waker), Poll::Ended(Reason::Unregistered));
    world.is_well();
}

#[test]
fn every_answer_notifies() {
    let world = World::new();
    let mut cx = Context::from_waker(Waker::noop());
    let (first, second, third) = (world.begin::<4>(), world.begin::<4>(), world.begin_calling::<4>());
    for token in [first.token(), second.token(), third.token()] {
        assert!(world.signal.poll_notified(&mut cx).is_pending());
        assert_eq!(world.answer(token, 1), DELIVERED);
        assert!(world.signal.poll_notified(&mut cx).is_ready(), "also when the queue is not empty");
    }
    let Conclusion::Remote(outcome) = world.table.conclude(&world.owner, third) else { panic!("it was answered") };
    assert_eq!(outcome.defused(), 1);
    assert_eq!(world.drain(), Drained { arrived: 2, freed: 1 });
    for ticket in [first, second] {
        assert_eq!(defused(world.table.finish(&world.owner, ticket)), 1);
    }
    world.is_well();
}

/// The owner's lists, whatever is taken out of them.
#[test]
fn calls_are_swept_in_the_order_in_which_they_were_made() {
    for gone in 0..4 {
        let world = World::new();
        let mut tickets: Vec<_> = (0..4).map(|_| world.begin::<4>()).collect();
        let Cancelled::Open(mut left) = world.table.cancel(&world.owner, tickets.remove(gone)) else { panic!("open") };
        assert_eq!(left.hold.take().map(Hold::defused), Some(7));
        tickets.push(world.begin());
        let expected: Vec<_> = tickets.iter().map(Ticket::token).collect();
        let swept = world.table.sweep(&world.owner, Reason::Unregistered, |hold| hold.0 == 7);
        assert_eq!(swept.iter().map(|swept| swept.token).collect::<Vec<_>>(), expected);
        for swept in swept {
            assert_eq!(swept.hold.map(Hold::defused), Some(7));
        }
        assert!(world.table.sweep(&world.owner, Reason::Unregistered, |_| true).is_empty(), "each is swept once");
        for ticket in tickets {
            assert_eq!(world.table.poll(&world.owner, &ticket, Waker::noop()), Poll::Ended(Reason::Unregistered));
        }
        world.is_well();
    }
}

/// A sweep looks at the open calls and at no others, however many there were at once.
#[test]
fn a_sweep_costs_what_is_open() {
    let world = World::new();
    let tickets: Vec<_> = (0..1_000).map(|_| world.begin::<4>()).collect();
    let looks = Cell::new(0);
    let matches = |_: &Hold| {
        looks.set(looks.get() + 1);
        false
    };
    assert!(world.table.sweep(&world.owner, Reason::Unregistered, matches).is_empty());
    assert_eq!(looks.replace(0), 1_000);
    for ticket in tickets {
        let left = world.table.expire(&world.owner, ticket).expect("it is open");
        left.hold.defuse();
    }
    let open = world.begin::<4>();
    assert!(world.table.sweep(&world.owner, Reason::Unregistered, matches).is_empty());
    assert_eq!(looks.get(), 1);
    world.table.expire(&world.owner, open).expect("it is open").hold.defuse();
    assert!(world.table.first_listed(&world.owner).is_none());
    world.is_well();
}

impl super::ContainedOption<Hold> {
    fn defuse(mut self) {
        assert_eq!(self.take().map(Hold::defused), Some(7));
    }
}

#[test]
fn a_table_keeps_the_rest_of_its_block_and_ends_with_the_supply() {
    static LAST: Supply = Supply::nearly_empty();
    // SAFETY: the only one of this table.
    let (table, owner) = (Table::<()>::with_supply(&LAST), unsafe { Owner::new() });
    let begin = || table.begin(&owner, DecoderOf::<Number>::DECODER);
    let first = table.called(&owner, begin().expect("there is a number"), ()).expect_err("not answered");
    let first = first.token().sequence();
    assert_eq!(first, (1 << 48) - BLOCK);
    for sequence in first + 1..1 << 48 {
        let calling = begin().expect("there is a number");
        assert_eq!(calling.token().sequence(), sequence);
        assert!(matches!(table.cancel(&owner, calling.ticket()), Cancelled::Open(_)));
    }
    assert_eq!(begin().map(|calling| calling.token()), None, "there is a slot, and no number");
    assert_eq!(table.live(&owner), 1);
    // Another context of the same record, and another table of the same supply.
    assert_eq!(table.retire(&owner).count(), 1);
    assert!(begin().is_none());
    let another = Table::<()>::with_supply(&LAST);
    assert!(another.begin(&owner, DecoderOf::<Number>::DECODER).is_none());
}

#[test]
fn one_token_names_one_call_among_all_tables() {
    // SAFETY: the only ones of these tables.
    let tables = [(Table::<()>::new(), unsafe { Owner::new() }), (Table::new(), unsafe { Owner::new() })];
    let signal = Signal::new();
    let begin = |index: usize| {
        let (table, owner) = &tables[index];
        let ticket = table.begin(owner, DecoderOf::<Number>::DECODER).expect("there is room");
        table.called(owner, ticket, ()).expect_err("not answered")
    };
    let (ours, theirs) = (begin(0), begin(1));
    assert_eq!(ours.token().index(), theirs.token().index(), "the same slot");
    assert_ne!(ours.token(), theirs.token());
    assert!(ours.token().sequence() / BLOCK != theirs.token().sequence() / BLOCK, "of different blocks");
    let answer = |index: usize, token| tables[index].0.answer(None, token, Raw::Unreadable("?"), &signal);
    assert_eq!(answer(1, ours.token()), Answer::Unknown);
    assert_eq!(answer(0, theirs.token()), Answer::Unknown);
    assert_eq!(answer(0, ours.token()), Answer::Delivered { accepted: Accepted::Undecodable });
    assert_eq!(tables[1].0.poll(&tables[1].1, &theirs, Waker::noop()), Poll::Pending);
}

struct Number;

impl Decode for Number {
    type Outcome = i32;

    unsafe fn decode(_: Raw<'_>, place: *mut i32) -> Accepted {
        // SAFETY: the caller's contract.
        unsafe { place.write(0) };
        Accepted::Undecodable
    }
}

#[test]
fn the_call_that_was_begun_last_is_answered_while_it_is_called() {
    // SAFETY: the only one of this table.
    let (table, owner) = (Table::<()>::new(), unsafe { Owner::new() });
    let begin = || table.begin(&owner, DecoderOf::<Number>::DECODER).expect("there is room");
    let answer = |token: Token| Some(table.claim_latest(&owner, token.bits())?.decode(Raw::Unreadable("?")));
    let (outer, inner) = (begin(), begin());
    assert_eq!(answer(outer.token()), None, "another was begun since");
    assert_eq!(answer(inner.token()), Some(Accepted::Undecodable));
    assert_eq!(answer(inner.token()), None, "it is answered");
    assert_eq!(table.called(&owner, inner, ()).map(|settled| settled.outcome).ok(), Some(0));
    assert!(table.called(&owner, outer, ()).is_err());
    let ticket = table.called(&owner, begin(), ()).expect_err("nobody answered");
    assert_eq!(answer(ticket.token()), None, "its host function has returned");
    assert_eq!(table.retire(&owner).count(), 2);
}
