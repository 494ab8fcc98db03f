//! Where a call stands, and how it goes on. [`CallState`] does not depend on the types of its arguments and its outcome; the
//! functions before it do, and are as short as can be.

use super::answer::{Outcome, decoder};
use super::encode::{As, Encoder};
use super::{Body, Held};
use crate::abi::HostFunction;
use crate::context::calls::{Made, NotMade};
use crate::context::capacity::{Granted, Unavailable, Waiting};
use crate::context::deadline::Deadline;
use crate::context::gate::Phase;
use crate::context::local::Local;
use crate::error::{HostError, NoContext};
use crate::host::{FromHost, Host, ToHost};
use crate::inflight::{Decoder, Poll as CallPoll, Reason, Ticket, Untyped};
use crate::panic::contain_call as contain;
use crate::registry::{Keep, Name};
use std::future::Future;
use std::mem::replace;
use std::pin::Pin;
use std::ptr;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::{Instant, Sleep, sleep_until};

/// What a call waits for before it is made, instead of ending with an error.
#[derive(Clone, Copy, Default)]
pub(in crate::host) struct WaitPolicy {
    pub(in crate::host) room: bool,
    pub(in crate::host) registration: bool,
}

impl WaitPolicy {
    fn covers(self, unavailable: &Unavailable) -> bool {
        match unavailable {
            Unavailable::Function(_) | Unavailable::Context(_) => self.room,
            Unavailable::Registration => self.registration,
        }
    }
}

/// One call, whatever its types.
pub(super) struct CallState {
    /// None if it was made in no context, and none was named since.
    pub(super) host: Option<Host>,
    /// Its own deadline.
    limit: Option<Duration>,
    pub(super) wait_policy: WaitPolicy,
    slow: Option<Box<Slow>>,
    pub(super) progress: Progress,
}

/// What only a call has that was not made during its first poll, or that has a deadline.
#[derive(Default)]
struct Slow {
    /// When it was polled first, if it was not made then.
    began: Option<Instant>,
    /// Wakes it when its time is over.
    timer: Option<Pin<Box<Sleep>>>,
    waiting: Option<Waiting>,
}

pub(super) enum Progress {
    /// Not made yet, and nothing else is asked of it: the common call.
    Plain,
    /// Not made yet, with a deadline of its own, or after it has waited.
    New,
    /// Waiting until it can be made.
    Waiting,
    /// Made on the FFI thread, and open. The ticket is one for the outcome of this call.
    Open(Ticket<Untyped>),
    /// Made, or to be made, by a task on the FFI thread.
    OffThread,
    /// Settled.
    Done,
    /// Settled, and nothing is left to be dropped, whatever the places hold.
    Spent,
}

/// What became of a call that was open.
enum Open {
    Still,
    Answered(Ticket<Untyped>),
    TimedOut,
    Ended(Reason),
}

/// How a call goes on that is not open.
enum Step<'a> {
    Pending,
    /// It can be made now: it is new again.
    Make(Granted<'a>),
    Failed(HostError),
}

/// Goes on with a call on the FFI thread that is not the common one: one that cannot be made at once, or was made already.
#[inline(never)]
pub(super) fn poll_uncommon<A: ToHost, T: FromHost, E: FromHost>(
    call: &mut Body<A, T, E>,
    name: &Name<'_>,
    local: &Local,
    cx: &mut Context<'_>,
) -> Poll<Outcome<T, E>> {
    match call.state.progress {
        Progress::Open(_) => settled(local, call.state.poll_open(local, cx)),
        Progress::Plain | Progress::New if local.makes_way() => {
            cx.waker().wake_by_ref();
            Poll::Pending
        }
        Progress::Plain | Progress::New => prepare(call, name, local, cx, None),
        _ => {
            let step = call.state.poll_waiting(local, cx);
            go_on(call, name, local, cx, step)
        }
    }
}

/// Makes the call if it can be made, or has it wait for what is missing.
fn prepare<A: ToHost, T: FromHost, E: FromHost>(
    call: &mut Body<A, T, E>,
    name: &Name<'_>,
    local: &Local,
    cx: &mut Context<'_>,
    granted: Option<Granted<'_>>,
) -> Poll<Outcome<T, E>> {
    match local.prepare(name, call.state.deadline(), granted) {
        Ok((hold, until)) => {
            let format = hold.function().format;
            // SAFETY: what it holds is written over below, if it is over.
            let polled = unsafe { make(call, name, local, cx, (hold, until), (decoder(format), As(format))) };
            if polled.is_ready() {
                call.state.drop_slow();
                // SAFETY: what it held was dropped.
                unsafe { (&raw mut call.held).write(Held::Nothing) };
            }
            polled
        }
        Err(not_made) => not_made_now(call, name, local, cx, not_made),
    }
}

/// Makes the call. If it is over then its arguments were dropped, where they are.
///
/// # Safety
///
/// If it is over, its arguments are neither used nor dropped again.
#[inline(always)]
pub(super) unsafe fn make<A: ToHost, T: FromHost, E: FromHost, K: Keep<HostFunction>>(
    call: &mut Body<A, T, E>,
    name: &Name<'_>,
    local: &Local,
    cx: &mut Context<'_>,
    (kept, until): (K, Option<Instant>),
    (decoder, encoder): (&'static Decoder<Outcome<T, E>>, impl Encoder),
) -> Poll<Outcome<T, E>> {
    // One that panics now, and is polled again, is not made again.
    call.state.progress = Progress::Done;
    // It has none if they were taken by code of the author's that panicked.
    let Held::Args(args) = &mut call.held else { return Poll::Pending };
    let made = match local.make(kept, decoder, name, (encoder, &**args)) {
        Ok(made) => made,
        Err(not_made) => return not_made_now(call, name, local, cx, not_made),
    };
    if !local.is_answered(&made) {
        return await_answer(call, local, cx, made, until);
    }
    // Before the outcome, which is moved once, to where it stays.
    // SAFETY: they are dropped once, as nothing that is held is looked at any longer.
    unsafe { ptr::drop_in_place(args) };
    call.state.progress = Progress::Spent;
    Poll::Ready(local.take_answer(made))
}

/// Awaits the answer.
#[inline(always)]
fn await_answer<A: ToHost, T: FromHost, E: FromHost, K: Keep<HostFunction>>(
    Body { state, held }: &mut Body<A, T, E>,
    local: &Local,
    cx: &mut Context<'_>,
    made: Made<Outcome<T, E>, K>,
    until: Option<Instant>,
) -> Poll<Outcome<T, E>> {
    held.drop_args();
    let ticket = local.await_answer(made).untyped();
    state.progress = Progress::Open(ticket);
    if until.is_none() && state.slow.is_none() && state.keep_first(local, cx) {
        return Poll::Pending;
    }
    settled(local, state.wait(local, cx, until))
}

#[cold]
fn not_made_now<A: ToHost, T: FromHost, E: FromHost>(
    call: &mut Body<A, T, E>,
    name: &Name<'_>,
    local: &Local,
    cx: &mut Context<'_>,
    not_made: NotMade,
) -> Poll<Outcome<T, E>> {
    let step = call.state.not_made(local, cx, not_made, name);
    go_on(call, name, local, cx, step)
}

#[cold]
fn go_on<A: ToHost, T: FromHost, E: FromHost>(
    call: &mut Body<A, T, E>,
    name: &Name<'_>,
    local: &Local,
    cx: &mut Context<'_>,
    step: Step<'_>,
) -> Poll<Outcome<T, E>> {
    match step {
        Step::Pending => Poll::Pending,
        Step::Make(granted) => prepare(call, name, local, cx, Some(granted)),
        Step::Failed(error) => {
            call.held = Held::Nothing;
            Poll::Ready(Err(error.widen()))
        }
    }
}

/// What the awaiting code gets, if it is over.
#[inline]
fn settled<T: FromHost, E: FromHost>(local: &Local, open: Open) -> Poll<Outcome<T, E>> {
    match open {
        Open::Still => Poll::Pending,
        // SAFETY: a call has tickets only of its own, which are made for this outcome.
        Open::Answered(ticket) => Poll::Ready(local.finish_call(unsafe { ticket.typed() })),
        Open::TimedOut => Poll::Ready(Err(HostError::TimedOut)),
        Open::Ended(reason) => Poll::Ready(Err(local.ended_call(reason).widen())),
    }
}

impl CallState {
    #[inline]
    pub(super) fn new(host: Option<Host>) -> Self {
        Self { host, limit: None, wait_policy: WaitPolicy::default(), slow: None, progress: Progress::Plain }
    }

    /// Gives it a deadline of its own, or takes it away.
    pub(super) fn set_limit(&mut self, limit: Option<Duration>) {
        self.limit = limit;
        if let Progress::Plain = self.progress {
            self.progress = Progress::New;
        }
    }

    /// Ends a call whose answer has come, and returns its ticket. Its arguments were dropped when it had been made.
    #[inline]
    pub(super) fn take_ready(&mut self, local: &Local) -> Option<Ticket<Untyped>> {
        match &self.progress {
            Progress::Open(ticket) if local.is_ready(ticket) => {}
            _ => return None,
        }
        self.drop_slow();
        match replace(&mut self.progress, Progress::Spent) {
            Progress::Open(ticket) => Some(ticket),
            _ => None,
        }
    }

    /// Whether it was not polled yet, and nothing but to be made is asked of it.
    #[inline]
    pub(super) fn is_plain(&self) -> bool {
        matches!(self.progress, Progress::Plain)
    }

    /// Whether it has settled, and nothing is to be dropped.
    #[inline]
    pub(super) fn is_spent(&self) -> bool {
        matches!(self.progress, Progress::Spent)
    }

    /// Whether it was not polled yet.
    pub(super) fn is_new(&self) -> bool {
        matches!(self.progress, Progress::Plain | Progress::New)
    }

    #[inline]
    fn deadline(&self) -> Deadline {
        Deadline::new(self.limit, self.slow.as_ref().and_then(|slow| slow.began))
    }

    /// Keeps the waker of a call that has just been made.
    #[inline(always)]
    fn keep_first(&self, local: &Local, cx: &Context<'_>) -> bool {
        matches!(&self.progress, Progress::Open(ticket) if local.keep_first(ticket, cx.waker()))
    }

    /// Awaits the answer to a call that was made and not answered inline.
    fn wait(&mut self, local: &Local, cx: &mut Context<'_>, until: Option<Instant>) -> Open {
        if until.is_some() || self.slow.is_some() {
            self.set_timer(until);
        }
        self.poll_open(local, cx)
    }

    /// Has this call woken then, and at no other time.
    #[cold]
    fn set_timer(&mut self, until: Option<Instant>) {
        let slow = self.slow.get_or_insert_default();
        if slow.timer.as_ref().map(|timer| timer.deadline()) != until {
            let before = replace(&mut slow.timer, until.map(|at| Box::pin(sleep_until(at))));
            // The waker in it is foreign.
            contain(|| drop(before));
        }
    }

    #[inline]
    fn is_over(&mut self, cx: &mut Context<'_>) -> bool {
        self.slow.as_mut().is_some_and(|slow| slow.is_over(cx))
    }

    #[cold]
    fn not_made<'a>(&mut self, local: &'a Local, cx: &mut Context<'_>, not_made: NotMade, name: &Name<'_>) -> Step<'a> {
        let unavailable = match not_made {
            NotMade::Unavailable(unavailable) if self.wait_policy.covers(&unavailable) => unavailable,
            not_made => {
                self.settle();
                return Step::Failed(not_made.into_error(name));
            }
        };
        let mut deadline = self.deadline();
        let began = deadline.begin();
        self.slow.get_or_insert_default().began = Some(began);
        match deadline.until(&unavailable.deadline().or(local.instance.options.host_deadline)) {
            Ok(until) => self.set_timer(until),
            Err(_) => {
                self.settle();
                return Step::Failed(HostError::TimedOut);
            }
        }
        self.slow.get_or_insert_default().waiting = Some(local.wait_for(unavailable));
        self.progress = Progress::Waiting;
        self.poll_waiting(local, cx)
    }

    /// Goes on with a call that waits; with any other that is not open there is nothing to do.
    #[cold]
    fn poll_waiting<'a>(&mut self, local: &'a Local, cx: &mut Context<'_>) -> Step<'a> {
        let Some(slow) = &mut self.slow else { return Step::Pending };
        let granted = slow.waiting.as_mut().is_some_and(|waiting| waiting.poll(cx).is_ready());
        if !granted && !slow.is_over(cx) {
            return Step::Pending;
        }
        let Some(waiting) = slow.waiting.take() else { return Step::Pending };
        if granted {
            self.progress = Progress::New;
            return Step::Make(local.grant(waiting));
        }
        self.settle();
        local.stop_waiting(waiting);
        Step::Failed(HostError::TimedOut)
    }

    #[inline]
    fn poll_open(&mut self, local: &Local, cx: &mut Context<'_>) -> Open {
        let Progress::Open(ticket) = &mut self.progress else { return Open::Still };
        match local.poll_call(ticket, cx.waker()) {
            CallPoll::Pending => {}
            CallPoll::Answered => {
                let Progress::Open(ticket) = self.settle() else { return Open::Still };
                return Open::Answered(ticket);
            }
            CallPoll::Ended(reason) => {
                self.settle();
                return Open::Ended(reason);
            }
        }
        if !self.is_over(cx) {
            return Open::Still;
        }
        let Progress::Open(ticket) = self.settle() else { return Open::Still };
        match local.expire_call(ticket) {
            Ok(()) => Open::TimedOut,
            // An answer was accepted just now: it is the outcome, and its arrival wakes this call.
            Err(ticket) => {
                self.progress = Progress::Open(ticket);
                Open::Still
            }
        }
    }

    /// The end; returns where it stood.
    #[inline]
    pub(super) fn settle(&mut self) -> Progress {
        self.drop_slow();
        replace(&mut self.progress, Progress::Done)
    }

    #[inline]
    fn drop_slow(&mut self) {
        if self.slow.is_some() {
            self.set_timer(None);
            self.slow = None;
        }
    }

    /// The part that goes on with it on the FFI thread, while this one waits for the outcome.
    pub(super) fn send(&mut self) -> Self {
        let mut deadline = self.deadline();
        let mut slow = self.slow.take().unwrap_or_default();
        slow.began = Some(deadline.begin());
        Self {
            host: self.host,
            limit: self.limit,
            wait_policy: self.wait_policy,
            slow: Some(slow),
            progress: replace(&mut self.progress, Progress::OffThread),
        }
    }

    /// Ends it where it may not be awaited.
    #[cold]
    pub(super) fn misplaced(&mut self) -> HostError {
        self.withdraw();
        HostError::NoContext(NoContext::OffThread)
    }

    /// Ends it, if it was not over. Only the FFI thread can, so that is told if this is another.
    #[cold]
    fn withdraw(&mut self) {
        let waiting = self.slow.as_mut().and_then(|slow| slow.waiting.take());
        let handoff = match (self.settle(), waiting) {
            (Progress::Open(ticket), _) => Handoff::Open(ticket),
            (_, Some(waiting)) => Handoff::Waiting(waiting),
            _ => return,
        };
        // It was made, so there is one.
        let Some(host) = self.host else { return };
        let left = host.with_local(|local| match local {
            Some(local) => {
                handoff.withdraw(local);
                None
            }
            None => Some(handoff),
        });
        // If it is refused the context has ended, and with it the slot's call.
        if let Some(handoff) = left
            && let Ok(inside) = host.enter(Phase::Closing)
        {
            let _ = inside.post(Box::new(move |local: &Rc<Local>| handoff.withdraw(local)));
        }
    }
}

impl Slow {
    fn is_over(&mut self, cx: &mut Context<'_>) -> bool {
        // The timer's own clock stands still while the FFI thread is busy.
        let is_over =
            |timer: &mut Pin<Box<Sleep>>| timer.deadline() <= Instant::now() || timer.as_mut().poll(cx).is_ready();
        self.timer.as_mut().is_some_and(is_over)
    }
}

/// What a call has of the FFI thread's, to be given back there.
enum Handoff {
    Waiting(Waiting),
    Open(Ticket<Untyped>),
}

impl Handoff {
    /// Gives it back: nobody awaits the call any longer.
    fn withdraw(self, local: &Local) {
        match self {
            Self::Waiting(waiting) => local.stop_waiting(waiting),
            Self::Open(ticket) => local.cancel_call(ticket),
        }
    }
}

impl Drop for CallState {
    #[inline(always)]
    fn drop(&mut self) {
        if matches!(self.progress, Progress::Open(_) | Progress::Waiting) {
            self.withdraw();
        }
    }
}
