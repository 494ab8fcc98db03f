//! The models: each a small program of two or three threads whose every interleaving loom tries, and which also runs as an
//! ordinary test on real threads. `ci/loom.sh` runs them, and shows for each planted bug that its model fails.
//!
//! The main thread of a model plays the owner (the FFI thread); others play the host's.

mod calls;
mod close;
mod events;
mod gate;
mod registry;
mod requests;
mod signal;
mod waiters;

use crate::bridge::Signal;
use crate::inflight::{
    Accepted, Answer, Calling, Decode, Decoder, DecoderOf, Owner, Poll as CallPoll, Raw, Reason, Table, Ticket, Token,
};
use crate::sync::Arc;
use std::future::poll_fn;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;

/// Runs a model: every interleaving under loom, a number of them on real threads.
pub(crate) fn model(body: impl Fn() + Send + Sync + 'static) {
    #[cfg(ffihost_loom)]
    loom::model(body);
    #[cfg(not(ffihost_loom))]
    (0..if cfg!(debug_assertions) { 300 } else { 3_000 }).for_each(|_| body());
}

#[cfg(ffihost_loom)]
pub(crate) use loom::{future::block_on, thread};
#[cfg(not(ffihost_loom))]
pub(crate) use {futures::executor::block_on, std::thread};

/// Counts drops, outside of what loom looks at.
#[derive(Clone, Debug, Default)]
pub(crate) struct Drops(std::sync::Arc<AtomicUsize>);

impl Drops {
    pub(crate) fn get(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }

    pub(crate) fn token(&self) -> Dropped {
        Dropped(self.clone())
    }
}

/// Counted when it is dropped.
#[derive(Debug)]
pub(crate) struct Dropped(Drops);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// An outcome: the answer's status, in what loom finds if it is lost, and everybody if it is dropped twice.
pub(crate) type Number = Arc<i32>;

pub(crate) struct ReadNumber;

impl Decode for ReadNumber {
    type Outcome = Number;

    unsafe fn decode(answer: Raw<'_>, place: *mut Number) -> Accepted {
        let (ret, accepted) = match answer {
            Raw::Host { ret, .. } => (ret, Accepted::Decoded),
            Raw::Unreadable(_) => (-1, Accepted::Undecodable),
        };
        // SAFETY: the caller's contract.
        unsafe { place.write(Arc::new(ret)) };
        accepted
    }
}

/// A table with its signal, as a context has it.
pub(crate) struct Calls<H: 'static> {
    pub(crate) table: Table<H>,
    pub(crate) signal: Signal,
}

impl<H> Calls<H> {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self { table: Table::new(), signal: Signal::new() })
    }

    /// Begins a call whose host function returns without an answer.
    pub(crate) fn begin(&self, owner: &Owner, hold: H) -> Ticket<Number> {
        let calling = self.begin_calling(owner);
        self.table.called(owner, calling, hold).err().expect("nobody answered inline")
    }

    /// Begins a call whose host function is running.
    pub(crate) fn begin_calling(&self, owner: &Owner) -> Calling<'_, Number, H> {
        let decoder: &'static Decoder<Number> = DecoderOf::<ReadNumber>::DECODER;
        self.table.begin(owner, decoder).expect("there is room")
    }

    /// Answers from another thread; true if it was accepted.
    pub(crate) fn answer(&self, token: Token, ret: i32) -> bool {
        match self.table.answer(None, token, Raw::Host { ret, payload: &[], limit: 0 }, &self.signal) {
            Answer::Delivered { .. } => true,
            Answer::Inline(_) => panic!("only the owner answers inline"),
            Answer::Unknown => false,
        }
    }

    /// The FFI thread: waits until the call has settled, doing `turn` whenever it is notified.
    pub(crate) fn settle(&self, owner: &Owner, ticket: Ticket<Number>, turn: impl Fn()) -> Settled<H> {
        let mut ticket = Some(ticket);
        block_on(poll_fn(|cx| {
            loop {
                turn();
                self.table.drain(owner, std::task::Waker::wake);
                let waiting = ticket.as_ref().expect("it is settled once");
                match self.table.poll(owner, waiting, cx.waker()) {
                    CallPoll::Pending => {}
                    CallPoll::Ended(reason) => return Poll::Ready(Settled::Ended(reason)),
                    CallPoll::Answered => {
                        let ticket = ticket.take().expect("it is settled once");
                        let settled = self.table.finish(owner, ticket);
                        return Poll::Ready(Settled::Answered(settled.outcome, settled.hold));
                    }
                }
                if self.signal.poll_notified(cx).is_pending() {
                    return Poll::Pending;
                }
            }
        }))
    }
}

/// How a call ended, for who awaited it.
#[derive(Debug)]
pub(crate) enum Settled<H> {
    Answered(Number, Option<H>),
    Ended(Reason),
}

/// The owner of a model's table.
pub(crate) fn owner() -> Owner {
    // SAFETY: a model makes one for its table at a time, on its main thread.
    unsafe { Owner::new() }
}
