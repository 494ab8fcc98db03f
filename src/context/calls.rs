//! Host calls as the FFI thread makes and ends them.

use super::capacity::{Granted, Unavailable};
use super::deadline::{Deadline, Over};
use super::local::Local;
use super::record::CallHold;
use crate::inflight::{
    Cancelled, Conclusion, Decode, DecoderOf, Full, Leftover, Poll as CallPoll, Reason, Settled, Ticket, Token,
};
use crate::panic::contain_call as contain;
use crate::registry::{Missing, Name};
use crate::{HostError, abi::HostFunction};
use std::task::Waker;
use std::time::Duration;
use tokio::time::Instant;

/// Host calls in a row that are answered inline; the next makes way for other tasks before it is made.
pub(super) const INLINE: i32 = 256;

/// A host call that was made.
pub(crate) struct Made<T> {
    pub(crate) ticket: Ticket<T>,
    /// When its time is over.
    pub(crate) until: Option<Instant>,
}

/// Why a host call was not made.
pub(crate) enum NotMade {
    /// Not now.
    Unavailable(Unavailable),
    /// Its time is over.
    Over,
    /// It cannot be made.
    Error(HostError),
}

impl From<Over> for NotMade {
    fn from(_: Over) -> Self {
        Self::Over
    }
}

impl NotMade {
    /// The error of a call that does not wait.
    #[cold]
    pub(crate) fn into_error(self, name: &Name<'_>) -> HostError {
        match self {
            Self::Unavailable(Unavailable::Registration) => HostError::NotRegistered { name: name.text.to_owned() },
            Self::Unavailable(_) => HostError::Overloaded,
            Self::Over => HostError::TimedOut,
            Self::Error(error) => error,
        }
    }
}

impl Local {
    /// Makes a host call: takes a slot, publishes it, calls the host's function, and sees whether it answered.
    ///
    /// `granted` is what it got by waiting. `encode` is handed the format that the function was registered with, and what to
    /// do with the bytes.
    #[inline]
    pub(crate) fn call<N, C>(
        &self,
        name: &Name<'_>,
        deadline: Deadline,
        mut granted: Option<Granted<'_>>,
        encode: impl FnOnce(crate::Format, &mut dyn FnMut(&[u8])),
    ) -> Result<Made<N::Outcome>, NotMade>
    where
        N: Decode,
        C: Decode<Outcome = N::Outcome>,
    {
        if !self.admits.get() {
            return Err(NotMade::Error(HostError::ShuttingDown));
        }
        self.follow_registry();
        let places = match &mut granted {
            None => self.find_places(name),
            Some(granted) => self.find_places_again(name, granted),
        };
        let hold = places.map_err(NotMade::Unavailable)?;
        let entry = hold.entry();
        let function = entry.function();
        let until = deadline.until(&function.deadline)?;
        let decoder = match function.format {
            crate::Format::Native => DecoderOf::<N>::DECODER,
            crate::Format::Cbor => DecoderOf::<C>::DECODER,
        };
        let calls = &self.context().calls;
        let mut hold = Some(hold);
        let mut begun = Begun { local: self, ticket: None };
        encode(function.format, &mut |request| {
            let Some(taken) = hold.take() else { return };
            match calls.begin(&self.owner, taken, decoder) {
                Ok(ticket) => {
                    let token = ticket.token();
                    begun.ticket = Some(ticket);
                    self.invoke(function, name.text, token, request);
                }
                Err(Full(back)) => hold = Some(back),
            }
        });
        match begun.ticket.take() {
            Some(ticket) => Ok(Made { ticket, until }),
            None => Err(self.not_begun(hold)),
        }
    }

    #[cold]
    fn not_begun(&self, hold: Option<CallHold>) -> NotMade {
        match hold {
            // The slots that are missing are those of calls that nobody awaits, whose answers are on their way.
            Some(hold) if self.context().calls.is_full(&self.owner) => NotMade::Unavailable(Unavailable::Context(hold)),
            _ => NotMade::Error(HostError::Decode("the arguments were not encoded".to_owned())),
        }
    }

    /// Takes the places that a call needs: its function's, and then, which is only looked for, the context's.
    #[inline(always)]
    fn find_places(&self, name: &Name<'_>) -> Result<CallHold, Unavailable> {
        let hold = self.find_function(name)?;
        if self.has_place() { Ok(hold) } else { Err(Unavailable::Context(hold)) }
    }

    /// The same for a call that has waited for one of them.
    #[cold]
    fn find_places_again(&self, name: &Name<'_>, granted: &mut Granted<'_>) -> Result<CallHold, Unavailable> {
        let hold = match granted.take_hold() {
            Some(hold) => hold,
            None => self.find_function(name)?,
        };
        if granted.within_context || self.has_place() { Ok(hold) } else { Err(Unavailable::Context(hold)) }
    }

    #[inline(always)]
    fn find_function(&self, name: &Name<'_>) -> Result<CallHold, Unavailable> {
        self.snapshot.get(name, |function| function.max_in_flight).map_err(|missing| match missing {
            Missing::NotRegistered => Unavailable::Registration,
            Missing::Full(entry) => Unavailable::Function(entry),
        })
    }

    /// Whether a call has to make way for other tasks before it is made, since so many before it were answered inline: a
    /// task that awaits such calls in a loop would not give up the thread at all.
    #[inline]
    pub(crate) fn makes_way(&self) -> bool {
        self.inline_left.get() <= 0 && self.make_way()
    }

    #[cold]
    fn make_way(&self) -> bool {
        self.inline_left.set(INLINE);
        true
    }

    /// A call that could have waited was answered inline.
    #[inline]
    pub(crate) fn count_inline(&self) {
        // Below nothing if calls are nested; the next makes way then.
        self.inline_left.set(self.inline_left.get().wrapping_sub(1));
    }

    /// Takes the outcome of a call that was made just now, if it was answered inline.
    #[inline]
    pub(crate) fn answered<T>(&self, ticket: Ticket<T>) -> Result<T, Ticket<T>> {
        match self.context().calls.called(&self.owner, ticket) {
            Ok(settled) => Ok(self.take_inline(settled)),
            Err(ticket) => {
                if self.context().calls.holds(&self.owner, &ticket, CallHold::is_unregistered) {
                    // It was taken back while it ran, and a sweep that came from inside of it left alone what was being called.
                    self.sweep(Reason::Unregistered, CallHold::is_unregistered);
                }
                Err(ticket)
            }
        }
    }

    /// Ends a call that was made just now and cannot wait: with the outcome, if it was answered, inline or by another
    /// thread. If not the host is told, as of a call whose time is up.
    pub(crate) fn conclude_call<T>(&self, ticket: Ticket<T>) -> Option<T> {
        let token = ticket.token();
        match self.context().calls.conclude(&self.owner, ticket) {
            Conclusion::Inline(settled) => Some(self.take_inline(settled)),
            Conclusion::Remote(settled) => Some(self.take_remote(settled)),
            Conclusion::Ended(left) => {
                self.timed_out(token, left);
                None
            }
        }
    }

    #[inline]
    fn take_inline<T>(&self, settled: Settled<T, CallHold>) -> T {
        self.counters().calls_inline.bump_owned();
        self.let_go(settled.hold);
        settled.outcome
    }

    #[inline]
    fn take_remote<T>(&self, settled: Settled<T, CallHold>) -> T {
        self.counters().calls_remote.bump_owned();
        self.let_go(settled.hold);
        settled.outcome
    }

    /// Calls the host's function, under no lock and with nothing borrowed, and reports it if it was slow.
    #[inline]
    fn invoke(&self, function: &HostFunction, name: &str, token: Token, request: &[u8]) {
        self.counters().calls.bump_owned();
        if !self.watches_host {
            return function.invoke(token, request);
        }
        let start = super::clock::coarse();
        function.invoke(token, request);
        let end = super::clock::coarse();
        // The clock ticks seldom.
        if end != start {
            self.report_if_slow(name, Duration::from_nanos(end.saturating_sub(start)));
        }
    }

    #[cold]
    fn report_if_slow(&self, name: &str, took: Duration) {
        if took < self.instance.options.slow_host {
            return;
        }
        self.counters().calls_slow.bump_owned();
        tracing::warn!(
            host_fn = name,
            ?took,
            "a host function kept the FFI thread: nothing else of the context ran meanwhile"
        );
    }

    /// Looks whether an open call has ended.
    #[inline]
    pub(crate) fn poll_call<T>(&self, ticket: &Ticket<T>, waker: &Waker) -> CallPoll {
        self.context().calls.poll(&self.owner, ticket, waker)
    }

    /// Takes the outcome of a call that was found answered.
    #[inline]
    pub(crate) fn finish_call<T>(&self, ticket: Ticket<T>) -> T {
        self.take_remote(self.context().calls.finish(&self.owner, ticket))
    }

    /// The error of a call that was found ended.
    #[cold]
    pub(crate) fn ended_call(&self, reason: Reason) -> HostError {
        self.let_go(None);
        match reason {
            Reason::Unregistered => HostError::Unregistered,
            Reason::ShuttingDown => HostError::ShuttingDown,
        }
    }

    /// Ends a call whose time is up, and tells the host; unless an answer was accepted, which is then on its way.
    pub(crate) fn expire_call<T>(&self, ticket: Ticket<T>) -> Result<(), Ticket<T>> {
        let token = ticket.token();
        let left = self.context().calls.expire(&self.owner, ticket)?;
        self.timed_out(token, left);
        Ok(())
    }

    #[cold]
    fn timed_out(&self, token: Token, left: Leftover<CallHold>) {
        self.counters().calls_timed_out.bump_owned();
        self.clear_away(token, left, true);
    }

    /// Ends a call that nobody awaits any more, and tells the host if it was open.
    pub(crate) fn cancel_call<T>(&self, ticket: Ticket<T>) {
        let token = ticket.token();
        match self.context().calls.cancel(&self.owner, ticket) {
            Cancelled::Open(left) => {
                self.counters().calls_cancelled.bump_owned();
                self.clear_away(token, left, true);
            }
            Cancelled::Answered(left) => {
                self.counters().calls_remote.bump_owned();
                self.clear_away(token, left, false);
            }
            Cancelled::Ended => self.let_go(None),
        }
    }

    /// After a call has ended: tells the host if it is to know, then drops what is left.
    fn clear_away(&self, token: Token, mut left: Leftover<CallHold>, tell: bool) {
        if tell && let Some(hold) = left.hold.as_ref() {
            self.cancel_at_host(hold, token);
        }
        let hold = left.hold.take();
        contain(|| self.let_go(hold));
    }

    /// Tells the host that an answer is not wanted any longer, unless the context was abandoned: then destroy has returned.
    #[cold]
    fn cancel_at_host(&self, hold: &CallHold, token: Token) {
        if !self.instance.closing.abandonment().has_happened() {
            hold.function().cancel(token);
        }
    }

    pub(super) fn sweep(&self, reason: Reason, matches: fn(&CallHold) -> bool) {
        for swept in self.context().calls.sweep(&self.owner, reason, matches) {
            self.counters().calls_cancelled.bump_owned();
            if let Some(hold) = &swept.hold {
                self.cancel_at_host(hold, swept.token);
            }
            contain(|| self.let_go(swept.hold));
            if let Some(waker) = swept.waker {
                contain(|| waker.wake());
            }
        }
    }

    /// Takes in the answers that other threads have brought, and wakes who awaits them.
    pub(super) fn drain_answers(&self) {
        let drained = self.context().calls.drain(&self.owner, Waker::wake);
        if drained.freed > 0 {
            // Their holds were let go before, but their slots were taken until now.
            self.place_was_freed();
        }
    }

    /// Ends what is left of the calls, at the end of the context.
    pub(super) fn retire_calls(&self) {
        for mut left in self.context().calls.retire(&self.owner) {
            let hold = left.hold.take();
            contain(|| drop(hold));
        }
    }

    /// Lets a hold go, which may release what the host registered, and hands over the place of a call that has ended.
    #[inline]
    fn let_go(&self, hold: Option<CallHold>) {
        drop(hold);
        self.place_was_freed();
    }
}

/// A call that was begun; if the author's encoder panics after that, it is ended.
struct Begun<'a, T> {
    local: &'a Local,
    ticket: Option<Ticket<T>>,
}

impl<T> Drop for Begun<'_, T> {
    #[inline]
    fn drop(&mut self) {
        if let Some(ticket) = self.ticket.take() {
            self.local.cancel_call(ticket);
        }
    }
}
