//! The gate: whoever was let in finds everything there; and the close against calls that begin.

use super::{Calls, Dropped, Drops, Settled, model, owner, thread, wait_a_moment};
use crate::bridge::Inbox;
use crate::context::gate::{Gate, Phase};
use crate::inflight::Reason;
use crate::sync::{Arc, UnsafeCell};

/// Something that may be used inside of the gate, and is taken away when nobody is.
struct Guarded {
    gate: Gate,
    inside: UnsafeCell<u32>,
}

// SAFETY: the gate is what makes it so; that is what the model shows.
unsafe impl Sync for Guarded {}
// SAFETY: as above.
unsafe impl Send for Guarded {}

#[test]
fn nobody_is_inside_when_the_context_is_taken_away() {
    model(|| {
        let guarded = Arc::new(Guarded { gate: Gate::new(0), inside: UnsafeCell::new(7) });
        guarded.gate.open(1);
        let visitors: Vec<_> = (0..2)
            .map(|_| {
                let guarded = Arc::clone(&guarded);
                thread::spawn(move || {
                    if guarded.gate.enter(1, Phase::Running).is_ok() {
                        // SAFETY: inside of the gate nobody writes.
                        assert_eq!(guarded.inside.with(|inside| unsafe { *inside }), 7);
                        guarded.gate.leave();
                    }
                })
            })
            .collect();
        assert!(guarded.gate.advance(Phase::Running, Phase::Finishing));
        while guarded.gate.is_occupied() {
            wait_a_moment();
        }
        // SAFETY: nobody is inside, and nobody will be.
        guarded.inside.with_mut(|inside| unsafe { *inside = 0 });
        visitors.into_iter().for_each(|visitor| visitor.join().expect("no panic"));
        assert!(guarded.gate.enter(1, Phase::Finishing).is_ok(), "late visitors left no trace");
    });
}

#[test]
fn a_stale_handle_never_enters_the_next_context() {
    model(|| {
        let gate = Arc::new(Gate::new(0));
        gate.open(1);
        let visitor = {
            let gate = Arc::clone(&gate);
            thread::spawn(move || gate.enter(1, Phase::Finishing).is_ok() && gate.is_current(2))
        };
        assert!(gate.advance(Phase::Running, Phase::Finishing));
        assert!(gate.advance(Phase::Finishing, Phase::Vacant));
        if !gate.is_occupied() {
            assert_eq!(gate.next_generation(9), Some(2));
            gate.open(2);
        }
        assert!(!visitor.join().expect("no panic"), "let in with a handle of the context before");
        assert!(!gate.is_current(1));
    });
}

/// Another thread's call comes while the context closes: it is begun and ended by the last sweep, or refused; it is never
/// left unsettled, and no call is open after the sweep.
#[test]
fn close_against_begin() {
    model(|| {
        let calls = Calls::<Dropped>::new();
        let inbox = Arc::new(Inbox::<Drops>::new());
        let (owner, settled) = (owner(), Drops::default());
        let poster = {
            let (calls, inbox, settled) = (Arc::clone(&calls), Arc::clone(&inbox), settled.clone());
            thread::spawn(move || match inbox.push(settled.clone()) {
                Ok(()) => drop(calls.signal.notify()),
                // Refused at the door: the caller settles it.
                Err(mine) => drop(mine.token()),
            })
        };
        let mut tickets = Vec::new();
        let mut begin = |errand: Drops| tickets.push(calls.begin(&owner, errand.token()));
        while let Some(errand) = inbox.pop() {
            begin(errand);
        }
        // The close: no more errands, and those that are left are settled by being dropped; then the last sweep.
        inbox.close().into_iter().for_each(|errand| drop(errand.token()));
        calls.table.sweep(&owner, Reason::ShuttingDown, |_| true, |_, hold, _| drop(hold));
        poster.join().expect("no panic");
        while let Some(errand) = inbox.pop() {
            calls.begin(&owner, errand.token()).token();
        }
        assert_eq!(settled.get(), 1, "the call is settled once");
        for ticket in tickets {
            assert!(matches!(calls.settle(&owner, ticket, || {}), Settled::Ended(Reason::ShuttingDown)));
        }
        assert_eq!(calls.table.live(&owner), 0);
    });
}
