//! Host calls as the FFI thread makes and ends them.

use super::capacity::{Granted, Unavailable};
use super::clock::Stopwatch;
use super::deadline::{Deadline, Over};
use super::local::{INLINE, Local};
use super::record::CallHold;
use crate::HostError;
use crate::abi::HostFunction;
use crate::host::{Encoder, ToHost};
use crate::inflight::{
    Answer, Calling, Cancelled, Claimed, Conclusion, Decoder, Leftover, Poll as CallPoll, Raw, Reason, Ticket, Token,
};
use crate::panic::contain_call as contain;
use crate::registry::{Keep, Lent, Missing, Name};
use std::mem::ManuallyDrop;
use std::task::Waker;
use std::time::Duration;
use tokio::time::Instant;

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
            Self::Unavailable(Unavailable::Registration) => HostError::NotRegistered { name: name.text().to_owned() },
            Self::Unavailable(_) => HostError::Overloaded,
            Self::Over => HostError::TimedOut,
            Self::Error(error) => error,
        }
    }
}

/// A call whose host function is running, or has just returned, and what it keeps of that.
#[must_use = "it is taken, awaited or concluded"]
pub(crate) struct Made<T, K> {
    calling: Calling<'static, T, CallHold>,
    kept: K,
}

impl Local {
    /// What the common call needs, with one look for each: its function is registered, without a limit and a deadline, and
    /// there is a place within the context's limit.
    #[inline]
    pub(crate) fn ready(&self, name: &Name<'_>) -> Option<Lent<'_, HostFunction>> {
        let has_place = self.context().calls.live(&self.owner) < self.capacity.open();
        if !has_place || self.inline_left.get() <= 0 || self.snapshot.is_stale(&self.instance.registry) {
            return None;
        }
        self.snapshot.lend_plain(name)
    }

    /// The same for any call, with when its time is over. `granted` is what it got by waiting.
    pub(crate) fn prepare(
        &self,
        name: &Name<'_>,
        deadline: Deadline,
        granted: Option<Granted<'_>>,
    ) -> Result<(CallHold, Option<Instant>), NotMade> {
        if !self.capacity.admits() {
            return Err(NotMade::Error(HostError::ShuttingDown));
        }
        self.follow_registry();
        let places = match granted {
            None => self.find_places(name),
            Some(mut granted) => self.find_places_again(name, &mut granted),
        };
        let hold = places.map_err(NotMade::Unavailable)?;
        let until = deadline.until(&hold.function().deadline)?;
        Ok((hold, until))
    }

    /// Makes a host call: takes a slot, publishes it, and calls the host's function.
    #[inline]
    pub(crate) fn make<T, K: Keep<HostFunction>>(
        &self,
        kept: K,
        decoder: &'static Decoder<T>,
        name: &Name<'_>,
        (encoder, args): (impl Encoder, &impl ToHost),
    ) -> Result<Made<T, K>, NotMade> {
        let Some(calling) = self.context().calls.begin(&self.owner, decoder) else {
            return Err(self.no_slot(kept.into_hold()));
        };
        let (function, token) = (kept.function(), calling.token());
        let mut begun = Begun { local: self, function, token, is_invoked: false };
        let mut stopwatch = Stopwatch::new();
        encoder.encode(args, |request| {
            if !begun.is_invoked {
                begun.is_invoked = true;
                self.counters().calls.bump_owned();
                if self.watches_host {
                    stopwatch.start();
                }
                // Under no lock and with nothing borrowed.
                function.invoke(token, request);
            }
        });
        if !ManuallyDrop::new(begun).is_invoked {
            return Err(self.not_encoded(token));
        }
        if self.watches_host
            // SAFETY: the host's function was called, and the stopwatch was started before it, as this never changes.
            && let Some(took) = unsafe { stopwatch.stop() }
        {
            self.report_if_slow(name, took);
        }
        Ok(Made { calling, kept })
    }

    /// The slots that are missing are those of calls that nobody awaits, whose answers are on their way; or numbers have run
    /// out.
    #[cold]
    fn no_slot(&self, hold: CallHold) -> NotMade {
        if self.context().calls.is_full(&self.owner) {
            return NotMade::Unavailable(Unavailable::Context(hold));
        }
        contain(|| self.let_go(hold));
        NotMade::Error(HostError::Overloaded)
    }

    /// Takes the places that a call needs: its function's, and then, which is only looked for, the context's.
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

    fn find_function(&self, name: &Name<'_>) -> Result<CallHold, Unavailable> {
        self.snapshot.get(name).map_err(|missing| match missing {
            Missing::NotRegistered => Unavailable::Registration,
            Missing::Full(entry) => Unavailable::Function(entry),
        })
    }

    /// Whether a call has to make way for other tasks before it is made, since [`INLINE`] before it were answered inline: a
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

    /// Whether a call that was made just now was answered inline.
    #[inline]
    pub(crate) fn is_answered<T, K>(&self, made: &Made<T, K>) -> bool {
        self.context().calls.is_answered(&self.owner, &made.calling)
    }

    /// Takes the outcome of such a call.
    #[inline(always)]
    pub(crate) fn take_answer<T, K>(&self, made: Made<T, K>) -> T {
        self.counters().calls_inline.bump_owned();
        // Below nothing if calls are nested; the next makes way then.
        self.inline_left.set(self.inline_left.get().wrapping_sub(1));
        let Made { calling, kept } = made;
        let calls = &self.context().calls;
        calls.strike_inline(&self.owner, &calling);
        // Before the outcome, which is moved once, to where it stays.
        self.let_go(kept);
        calls.take_inline(&self.owner, calling)
    }

    /// Claims the call whose host function was called last and runs, if that is the call.
    #[inline]
    pub(crate) fn claim_latest(&self, token: u64) -> Option<Claimed<'_, CallHold>> {
        self.context().calls.claim_latest(&self.owner, token)
    }

    /// Brings an answer to any call, inside of the context; see [`Table::answer`](crate::inflight::Table::answer).
    #[inline]
    pub(crate) fn answer(&self, token: Token, raw: Raw<'_>) -> Answer {
        self.context().answer(Some(&self.owner), token, raw)
    }

    /// Goes on with a call that was made just now and not answered.
    #[inline]
    pub(crate) fn await_answer<T>(&self, made: Made<T, impl Keep<HostFunction>>) -> Ticket<T> {
        let hold = made.kept.into_hold();
        let is_unregistered = hold.is_unregistered();
        let ticket = self.context().calls.wait(&self.owner, made.calling, hold);
        if is_unregistered {
            // It was taken back while it ran, and a sweep that came from inside of it left alone what was being called.
            self.sweep(Reason::Unregistered, CallHold::is_unregistered);
        }
        ticket
    }

    /// Ends a call that was made just now and cannot wait: with the outcome, if it was answered, inline or by another
    /// thread. If not the host is told, as of a call whose time is up.
    pub(crate) fn conclude_call<T>(&self, made: Made<T, CallHold>) -> Option<T> {
        let Made { calling, kept } = made;
        let token = calling.token();
        let outcome = match self.context().calls.conclude(&self.owner, calling) {
            Conclusion::Inline(outcome) => {
                self.counters().calls_inline.bump_owned();
                Some(outcome)
            }
            Conclusion::Remote(outcome) => {
                self.counters().calls_remote.bump_owned();
                Some(outcome)
            }
            Conclusion::Ended => {
                self.counters().calls_timed_out.bump_owned();
                self.cancel_at_host(kept.function(), token);
                None
            }
        };
        contain(|| self.let_go(kept));
        outcome
    }

    /// Reports the host's function if it was slow.
    #[cold]
    #[inline(never)]
    fn report_if_slow(&self, name: &Name<'_>, took: Duration) {
        if took < self.instance.options.slow_host {
            return;
        }
        self.counters().calls_slow.bump_owned();
        contain(|| {
            tracing::warn!(
                host_fn = name.text(),
                ?took,
                "a host function kept the FFI thread: nothing else of the context ran meanwhile"
            );
        });
    }

    /// Whether an answer has come to an open call.
    #[inline]
    pub(crate) fn is_ready<T>(&self, ticket: &Ticket<T>) -> bool {
        self.context().calls.is_ready(&self.owner, ticket)
    }

    /// Keeps the waker of a call that has just begun to wait; false if it is over already.
    #[inline]
    pub(crate) fn keep_first<T>(&self, ticket: &Ticket<T>, waker: &Waker) -> bool {
        self.context().calls.keep_first(&self.owner, ticket, waker)
    }

    /// Looks whether an open call has ended.
    #[inline]
    pub(crate) fn poll_call<T>(&self, ticket: &Ticket<T>, waker: &Waker) -> CallPoll {
        self.context().calls.poll(&self.owner, ticket, waker)
    }

    /// Takes the outcome of a call that was found answered.
    #[inline(always)]
    pub(crate) fn finish_call<T>(&self, ticket: Ticket<T>) -> T {
        self.counters().calls_remote.bump_owned();
        let calls = &self.context().calls;
        // Before the outcome, which is moved once, to where it stays.
        self.let_go(calls.strike_ready(&self.owner, &ticket));
        calls.take_ready(&self.owner, ticket)
    }

    /// The error of a call that was found ended.
    #[cold]
    pub(crate) fn ended_call(&self, reason: Reason) -> HostError {
        self.place_was_freed();
        match reason {
            Reason::Unregistered => HostError::Unregistered,
            Reason::ShuttingDown => HostError::ShuttingDown,
        }
    }

    /// Ends a call whose time is up, and tells the host; unless an answer was accepted, which is then on its way.
    pub(crate) fn expire_call<T>(&self, ticket: Ticket<T>) -> Result<(), Ticket<T>> {
        let token = ticket.token();
        let left = self.context().calls.expire(&self.owner, ticket)?;
        self.counters().calls_timed_out.bump_owned();
        self.clear_away(token, left, true);
        Ok(())
    }

    /// Ends a call that nobody awaits any longer, and tells the host if it was open.
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
            Cancelled::Ended => self.place_was_freed(),
        }
    }

    /// The encoder has passed nothing on, so the host knows nothing of the call.
    #[cold]
    fn not_encoded(&self, token: Token) -> NotMade {
        self.end_begun(token, None);
        NotMade::Error(HostError::Decode("the arguments were not encoded".to_owned()))
    }

    /// Ends a call whose encoder has failed. `invoked` is the host's function, if that was called.
    #[cold]
    fn end_begun(&self, token: Token, invoked: Option<&HostFunction>) {
        let ended = self.context().calls.end(&self.owner, token);
        match (&ended, invoked) {
            (Cancelled::Open(_), Some(function)) => {
                self.counters().calls_cancelled.bump_owned();
                self.cancel_at_host(function, token);
            }
            (Cancelled::Answered(_), Some(_)) => self.counters().calls_remote.bump_owned(),
            (Cancelled::Ended, _) | (_, None) => {}
        }
        drop(ended);
        self.place_was_freed();
    }

    /// After a call has ended: tells the host if it is to know, then drops what is left.
    fn clear_away(&self, token: Token, mut left: Leftover<CallHold>, tell: bool) {
        if tell && let Some(hold) = left.hold.as_ref() {
            self.cancel_at_host(hold.function(), token);
        }
        let hold = left.hold.take();
        contain(|| self.let_go(hold));
    }

    /// Tells the host that an answer is not wanted any longer, unless the context was abandoned: then destroy has returned.
    #[cold]
    fn cancel_at_host(&self, function: &HostFunction, token: Token) {
        if !self.instance.closing.abandonment().has_happened() {
            function.cancel(token);
        }
    }

    pub(super) fn sweep(&self, reason: Reason, matches: fn(&CallHold) -> bool) {
        for swept in self.context().calls.sweep(&self.owner, reason, matches) {
            self.counters().calls_cancelled.bump_owned();
            if let Some(hold) = &swept.hold {
                self.cancel_at_host(hold.function(), swept.token);
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
    fn let_go(&self, hold: impl Sized) {
        drop(hold);
        self.place_was_freed();
    }
}

/// A call that was begun; if the author's encoder panics, it is ended.
struct Begun<'a> {
    local: &'a Local,
    function: &'a HostFunction,
    token: Token,
    is_invoked: bool,
}

impl Drop for Begun<'_> {
    #[cold]
    fn drop(&mut self) {
        self.local.end_begun(self.token, self.is_invoked.then_some(self.function));
    }
}
