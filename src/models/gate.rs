//! The gate: whoever was let in finds everything there; and the close against calls that begin.

use super::{Calls, Dropped, Drops, Settled, block_on, model, owner, thread};
use crate::bridge::{Inbox, Signal};
use crate::context::gate::{Gate, Left, Phase, Pin, Refused};
use crate::inflight::Reason;
use crate::sync::{Arc, UnsafeCell, planted};
use std::future::poll_fn;
use std::task::Poll;

/// Something that may be used inside of the gate, and is taken away when nobody is.
struct Guarded {
    gate: Gate,
    inside: UnsafeCell<u32>,
}

// SAFETY: the gate is what makes it so; that is what the model shows.
unsafe impl Sync for Guarded {}
// SAFETY: as above.
unsafe impl Send for Guarded {}

impl Guarded {
    fn new() -> Arc<Self> {
        let guarded = Arc::new(Self { gate: Gate::new(0), inside: UnsafeCell::new(7) });
        guarded.gate.open(1);
        guarded
    }

    /// Visits as a host's thread does, and lets go if it is the last one out.
    fn visit(&self, generation: u64, pin: Pin) -> bool {
        let entered = self.gate.enter(generation, Phase::Closing, pin).is_ok();
        if entered {
            // SAFETY: inside of the gate nobody writes.
            assert_eq!(self.inside.with(|inside| unsafe { *inside }), 7);
            if self.gate.leave(pin) == Left::LetGo {
                self.let_go();
            }
        }
        entered
    }

    fn let_go(&self) {
        // SAFETY: nobody is inside, and nobody will be.
        self.inside.with_mut(|inside| unsafe {
            assert_eq!(*inside, 7, "let go twice");
            *inside = 0;
        });
    }
}

#[test]
fn the_last_one_out_lets_go() {
    model(|| {
        let guarded = Guarded::new();
        let visitors = [Pin::Visitor, Pin::Admitted].map(|pin| {
            let guarded = Arc::clone(&guarded);
            thread::spawn(move || guarded.visit(1, pin))
        });
        if guarded.gate.vacate() {
            guarded.let_go();
        }
        let _entered = visitors.map(|visitor| visitor.join().expect("no panic"));
        // SAFETY: everybody is out.
        guarded.inside.with(|inside| assert_eq!(unsafe { *inside }, 0, "nobody let go"));
    });
}

/// Each thread of a context has a share of its tenancy; the last one that drops its share makes the context vacant, whichever
/// it is: the supervisor, or an FFI thread that was abandoned.
#[test]
fn a_record_serves_again_after_a_close_that_timed_out() {
    struct Tenancy(Arc<Guarded>);
    impl Drop for Tenancy {
        fn drop(&mut self) {
            if self.0.gate.vacate() {
                self.0.let_go();
            }
        }
    }
    model(|| {
        let guarded = Guarded::new();
        let tenancy = Arc::new(Tenancy(Arc::clone(&guarded)));
        let stuck = {
            let tenancy = Arc::clone(&tenancy);
            // Library code lets go.
            thread::spawn(move || drop(tenancy))
        };
        let visitor = {
            let guarded = Arc::clone(&guarded);
            thread::spawn(move || guarded.visit(1, Pin::Visitor))
        };
        // The supervisor has waited long enough.
        guarded.gate.advance(Phase::Running, Phase::Abandoned);
        drop(tenancy);
        stuck.join().expect("no panic");
        let _entered = visitor.join().expect("no panic");
        // SAFETY: everybody is out.
        guarded.inside.with(|inside| assert_eq!(unsafe { *inside }, 0, "nobody let go"));
        guarded.gate.open(2);
        assert!(!guarded.visit(1, Pin::Visitor));
    });
}

#[test]
fn a_stale_handle_is_in_nobodys_way() {
    model(|| {
        let guarded = Guarded::new();
        assert!(guarded.gate.vacate());
        guarded.gate.open(2);
        let stale = {
            let guarded = Arc::clone(&guarded);
            thread::spawn(move || guarded.visit(1, Pin::Visitor))
        };
        // Whatever the other does: nobody is inside.
        assert!(guarded.gate.vacate(), "a stale caller was counted");
        assert!(!stale.join().expect("no panic"), "let in with a handle of the context before");
    });
}

/// The last admitted one wakes the close, or the close has seen that it has left.
#[test]
fn the_last_pin_wakes_the_close() {
    model(|| {
        let (guarded, signal) = (Guarded::new(), Arc::new(Signal::new()));
        let requests: Vec<_> = (0..2)
            .map(|_| {
                let (guarded, signal) = (Arc::clone(&guarded), Arc::clone(&signal));
                thread::spawn(move || {
                    if guarded.gate.enter(1, Phase::Running, Pin::Admitted).is_ok()
                        && guarded.gate.leave(Pin::Admitted) == Left::WakeClose
                        && !planted("last_pin_wakes_nobody")
                    {
                        signal.notify();
                    }
                })
            })
            .collect();
        assert!(guarded.gate.advance(Phase::Running, Phase::Closing));
        block_on(poll_fn(|cx| {
            loop {
                if guarded.gate.admitted() == 0 {
                    return Poll::Ready(());
                }
                if signal.poll_notified(cx).is_pending() {
                    return Poll::Pending;
                }
            }
        }));
        requests.into_iter().for_each(|request| request.join().expect("no panic"));
        assert_eq!(guarded.gate.enter(1, Phase::Running, Pin::Admitted), Err(Refused::Closing));
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
        drop(calls.table.sweep(&owner, Reason::ShuttingDown, |_| true));
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
