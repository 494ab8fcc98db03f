//! One host call, as a future.
//!
//! On the FFI thread the first poll makes the call, and later polls look at its slot. On any other thread the first poll
//! sends an errand to the FFI thread, where a task of its own makes the call and sends the outcome back. A call that was made
//! on the FFI thread and then moved to another one sends its ticket after it.

use super::{Host, HostFnRef};
use crate::context::close::{Abandoned, Abandonment};
use crate::context::gate::{Phase, Refused};
use crate::context::local::{Lacks, Local, NotMade, Waiting};
use crate::error::{DecodeError, HostError};
use crate::host::{FromHost, ToHost};
use crate::inflight::{Accepted, Decode, Poll as CallPoll, Raw, Ticket};
use crate::registry::Name;
use crate::status::Status;
use crate::sync::{Arc, Condvar, Mutex};
use crate::{Format, panic};
use futures::future::{Either, select};
use std::cell::Cell;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::{Instant, Sleep, sleep_until};

/// What the awaiting code gets.
type Outcome<T, E> = Result<T, HostError<E>>;

/// Decodes answers in one format.
struct Reader<T, E, const CBOR: bool>(PhantomData<(T, E)>);

impl<T: FromHost, E: FromHost, const CBOR: bool> Decode for Reader<T, E, CBOR> {
    type Outcome = Outcome<T, E>;

    #[inline]
    fn decode(answer: Raw<'_>) -> (Self::Outcome, Accepted) {
        let format = if CBOR { Format::Cbor } else { Format::Native };
        let read = match answer {
            Raw::Unreadable(text) => Err(DecodeError::new(text)),
            Raw::Host { ret: OK, payload } => read::<T>(format, payload).map(Ok),
            Raw::Host { ret: ERR, payload } => read::<E>(format, payload).map(|error| Err(HostError::Declared(error))),
            Raw::Host { ret: CANCELLED, .. } => Ok(Err(HostError::Cancelled)),
            Raw::Host { ret: code, payload } => {
                let text = String::from_utf8_lossy(payload).into_owned();
                Ok(Err(HostError::Failed { code, text }))
            }
        };
        match read {
            Ok(outcome) => (outcome, Accepted::Decoded),
            Err(error) => (Err(HostError::Decode(error.to_string())), Accepted::Undecodable),
        }
    }
}

const OK: i32 = Status::Ok.code();
const ERR: i32 = Status::Err.code();
const CANCELLED: i32 = Status::Cancelled.code();

/// Reads a payload as a `V`. A panic of the author's decoder is an error too.
#[inline]
fn read<V: FromHost>(format: Format, payload: &[u8]) -> Result<V, DecodeError> {
    panic::contain(|| V::from_host(format, payload))
        .unwrap_or_else(|text| Err(DecodeError::new(format_args!("the decoder panicked: {text}"))))
}

/// A host call that settles exactly once, whatever the host does. Made by [`Host::call`].
///
/// # Threading
///
/// `Send` if its arguments are; it may be polled on any thread, also on several one after the other.
///
/// # Cancellation
///
/// Dropping it ends the call, and tells the host's cancel function if the host had not answered.
#[must_use = "a call does nothing before it is awaited"]
pub struct Call<'a, A, T: FromHost, E: FromHost> {
    host: Host,
    function: HostFnRef<'a>,
    args: Option<A>,
    deadline: Option<Duration>,
    patience: Patience,
    /// The timer of a call that waited before it was made.
    started: Timer,
    state: State<T, E>,
}

/// What a call waits for before it is made, instead of ending with an error.
#[derive(Clone, Copy, Default)]
struct Patience {
    room: bool,
    registration: bool,
}

impl Patience {
    fn covers(self, lacks: Lacks) -> bool {
        match lacks {
            Lacks::RoomInContext | Lacks::RoomInFunction => self.room,
            Lacks::Registration => self.registration,
        }
    }
}

/// When a call is over, if it ever is.
type Timer = Option<Pin<Box<Sleep>>>;

/// Starts a timer. A deadline beyond what the clock can count is none.
fn timer(limit: Option<Duration>) -> Timer {
    let at = limit.and_then(|limit| Instant::now().checked_add(limit))?;
    Some(Box::pin(sleep_until(at)))
}

fn is_over(timer: &mut Timer, cx: &mut Context<'_>) -> bool {
    timer.as_mut().is_some_and(|timer| timer.as_mut().poll(cx).is_ready())
}

enum State<T, E> {
    /// Not made yet; or, without arguments, made and answered inline.
    New,
    /// Waiting until it can be made.
    Crowded { waiting: Waiting, deadline: Timer },
    /// Made on the FFI thread, and open.
    Open { ticket: Ticket<Outcome<T, E>>, deadline: Timer },
    /// Made, or to be made, by a task on the FFI thread.
    Elsewhere { delivery: oneshot::Receiver<Delivery<T, E>>, abandoned: Abandoned },
    /// Settled.
    Done,
}

impl<A, T: FromHost, E: FromHost> Unpin for Call<'_, A, T, E> {}

impl<'a, A, T: FromHost, E: FromHost> Call<'a, A, T, E> {
    #[inline]
    pub(super) fn new(host: Host, function: HostFnRef<'a>, args: A) -> Self {
        Self {
            host,
            function,
            args: Some(args),
            deadline: None,
            patience: Patience::default(),
            started: None,
            state: State::New,
        }
    }

    /// Ends the call with [`HostError::TimedOut`] if the host has not answered by then, counted from its first poll.
    ///
    /// Without this the deadline is that of the registration, and without that the library's.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// Waits when too many calls are in flight, instead of ending with [`HostError::Overloaded`].
    pub fn wait_for_room(mut self) -> Self {
        self.patience.room = true;
        self
    }

    /// Waits until the host has registered the function, instead of ending with [`HostError::NotRegistered`]. This is for
    /// constructors: a host can register only after create has returned.
    pub fn wait_for_registration(mut self) -> Self {
        self.patience.registration = true;
        self
    }
}

impl<A: ToHost, T: FromHost, E: FromHost> Call<'_, A, T, E> {
    /// Makes the call, on the FFI thread.
    #[inline]
    fn make(&mut self, local: &Local, cx: &mut Context<'_>) -> Poll<Outcome<T, E>> {
        let args = self.args.take().expect("a call is made once");
        let made = local.call::<Reader<T, E, false>, Reader<T, E, true>>(self.function.name(), |format, take| {
            args.to_host(format, take);
        });
        match made {
            Ok(made) => match local.answered(made.ticket) {
                Ok(outcome) => Poll::Ready(outcome),
                Err(ticket) => self.wait(local, cx, ticket, made.deadline),
            },
            Err(NotMade::Lacks(lacks)) if self.patience.covers(lacks) => {
                self.args = Some(args);
                let deadline = self.started.take().or_else(|| timer(self.deadline));
                self.state = State::Crowded { waiting: local.room.wait(lacks), deadline };
                self.poll_crowded(local, cx)
            }
            Err(not_made) => Poll::Ready(Err(not_made.into_error(&self.function))),
        }
    }

    /// Awaits the answer to a call that was made and not answered inline.
    fn wait(
        &mut self,
        local: &Local,
        cx: &mut Context<'_>,
        ticket: Ticket<Outcome<T, E>>,
        registered: Option<Duration>,
    ) -> Poll<Outcome<T, E>> {
        let deadline = self.started.take().or_else(|| {
            let limit = self.deadline.or(registered).or(local.instance.options.host_deadline);
            timer(limit)
        });
        self.state = State::Open { ticket, deadline };
        self.poll_open(local, cx)
    }

    fn poll_crowded(&mut self, local: &Local, cx: &mut Context<'_>) -> Poll<Outcome<T, E>> {
        let State::Crowded { waiting, deadline } = &mut self.state else { return Poll::Pending };
        let over = is_over(deadline, cx);
        if !over && waiting.poll(cx).is_pending() {
            return Poll::Pending;
        }
        local.room.leave();
        if let State::Crowded { deadline, .. } = std::mem::replace(&mut self.state, State::Done) {
            self.started = deadline;
        }
        let polled = if over { Poll::Ready(Err(HostError::TimedOut)) } else { self.make(local, cx) };
        if polled.is_ready() {
            // It may have been woken for room that it did not use.
            local.room.pass_on();
        }
        polled
    }

    #[inline]
    fn poll_open(&mut self, local: &Local, cx: &mut Context<'_>) -> Poll<Outcome<T, E>> {
        let State::Open { ticket, deadline } = &mut self.state else { return Poll::Pending };
        match local.poll_call(ticket, cx.waker()) {
            CallPoll::Pending => {}
            CallPoll::Answered => {
                let State::Open { ticket, .. } = std::mem::replace(&mut self.state, State::Done) else {
                    return Poll::Pending;
                };
                return Poll::Ready(local.finish_call(ticket));
            }
            CallPoll::Ended(reason) => {
                self.state = State::Done;
                return Poll::Ready(Err(local.ended_call(reason).widen()));
            }
        }
        if !is_over(deadline, cx) {
            return Poll::Pending;
        }
        let State::Open { ticket, .. } = std::mem::replace(&mut self.state, State::Done) else { return Poll::Pending };
        match local.expire_call(ticket) {
            Ok(()) => Poll::Ready(Err(HostError::TimedOut)),
            // An answer was accepted just now: it is the outcome, and its arrival wakes this call.
            Err(ticket) => {
                self.state = State::Open { ticket, deadline: None };
                Poll::Pending
            }
        }
    }
}

impl<A: ToHost, T: FromHost, E: FromHost> Call<'_, A, T, E> {
    /// Every poll but the first on the FFI thread.
    fn poll_again(&mut self, local: Option<&Local>, cx: &mut Context<'_>) -> Poll<Outcome<T, E>> {
        let polled = match (local, &self.state) {
            (_, State::Done) => Poll::Pending,
            // Answered inline, and polled again.
            (_, State::New) if self.args.is_none() => Poll::Pending,
            (_, State::Elsewhere { .. }) => self.poll_elsewhere(cx),
            (Some(local), _) if local.instance.generation != self.host.generation => {
                Poll::Ready(Err(HostError::NoContext))
            }
            (Some(local), State::New) => self.make(local, cx),
            (Some(local), State::Crowded { .. }) => self.poll_crowded(local, cx),
            (Some(local), State::Open { .. }) => self.poll_open(local, cx),
            (None, _) => self.poll_elsewhere(cx),
        };
        if polled.is_ready() {
            self.state = State::Done;
        }
        polled
    }

    /// Goes on, on another thread than the FFI thread.
    fn poll_elsewhere(&mut self, cx: &mut Context<'_>) -> Poll<Outcome<T, E>> {
        let mut format = Format::Native;
        loop {
            let State::Elsewhere { delivery, abandoned } = &mut self.state else {
                match self.send(format) {
                    Ok(()) => continue,
                    Err(refused) => return Poll::Ready(Err(HostError::from(refused).widen())),
                }
            };
            match Pin::new(delivery).poll(cx) {
                Poll::Pending if abandoned.as_mut().poll(cx).is_pending() => return Poll::Pending,
                Poll::Pending => return Poll::Ready(Err(HostError::ShuttingDown)),
                Poll::Ready(Ok(Delivery::Settled(outcome))) => return Poll::Ready(outcome),
                Poll::Ready(Ok(Delivery::Encode(other))) => {
                    format = other;
                    self.state = State::New;
                }
                // The sender is dropped unsent only when the context ends.
                Poll::Ready(Err(_)) => return Poll::Ready(Err(HostError::ShuttingDown)),
            }
        }
    }

    /// Sends the call to the FFI thread, with its ticket if it has one.
    fn send(&mut self, format: Format) -> Result<(), Refused> {
        let inside = self.host.enter(Phase::Closing)?;
        let abandoned = inside.closing.abandonment().wait().ok_or(Refused::Closing)?;
        let (sender, delivery) = oneshot::channel();
        let stray = match std::mem::replace(&mut self.state, State::Elsewhere { delivery, abandoned }) {
            State::Open { ticket, deadline } => Stray::Open(ticket, deadline.map(|deadline| deadline.deadline())),
            State::Crowded { .. } => Stray::Crowded,
            _ => Stray::New,
        };
        let mut bytes = Vec::new();
        if let Some(args) = &self.args {
            args.to_host(format, &mut |encoded| bytes = encoded.to_vec());
        }
        let errand = Errand {
            host: self.host,
            name: self.function.name().text.to_owned(),
            id: self.function.name().id,
            args: Encoded { format, bytes, wanted: Cell::new(None) },
            deadline: self.deadline,
            patience: self.patience,
            stray,
            sender,
        };
        inside.post(Box::new(move |local| errand.run(local))).map_err(|_| Refused::Closing)
    }
}

impl<A: ToHost, T: FromHost, E: FromHost> Future for Call<'_, A, T, E> {
    type Output = Outcome<T, E>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        let host = this.host;
        Local::with(host.context(), |local| {
            if let Some(local) = local
                && matches!(this.state, State::New)
                && this.args.is_some()
                && local.instance.generation == host.generation
            {
                return this.make(local, cx);
            }
            if let Some(local) = local
                && matches!(this.state, State::Open { .. })
                && local.instance.generation == host.generation
            {
                return this.poll_open(local, cx);
            }
            this.poll_again(local, cx)
        })
    }
}

impl<A, T: FromHost, E: FromHost> Drop for Call<'_, A, T, E> {
    #[inline]
    fn drop(&mut self) {
        if matches!(self.state, State::Open { .. } | State::Crowded { .. }) {
            self.take_leave();
        }
    }
}

impl<A, T: FromHost, E: FromHost> Call<'_, A, T, E> {
    fn take_leave(&mut self) {
        let stray = match std::mem::replace(&mut self.state, State::Done) {
            State::Open { ticket, .. } => Stray::Open(ticket, None),
            State::Crowded { .. } => Stray::Crowded,
            State::New | State::Elsewhere { .. } | State::Done => return,
        };
        let host = self.host;
        let here = Local::with(host.context(), |local| match local {
            Some(local) if local.instance.generation == host.generation => {
                stray.take_leave(local);
                None
            }
            _ => Some(stray),
        });
        // If it is refused the context has ended, and with it the slot's call.
        if let Some(stray) = here
            && let Ok(inside) = host.enter(Phase::Closing)
        {
            let _ = inside.post(Box::new(move |local| stray.take_leave(local)));
        }
    }
}

/// What the FFI thread sends back.
enum Delivery<T, E> {
    Settled(Outcome<T, E>),
    /// The function is registered with the other format: encode the arguments in this one, and send again.
    Encode(Format),
}

/// What a call has of the FFI thread's, when it is not there.
enum Stray<T, E> {
    New,
    Crowded,
    Open(Ticket<Outcome<T, E>>, Option<Instant>),
}

impl<T, E> Stray<T, E> {
    /// Gives it back: nobody awaits the call any more.
    fn take_leave(self, local: &Local) {
        match self {
            Self::New => {}
            Self::Crowded => local.room.leave(),
            Self::Open(ticket, _) => local.cancel_call(ticket),
        }
    }
}

/// Arguments in one format, as bytes.
struct Encoded {
    format: Format,
    bytes: Vec<u8>,
    /// The other format, if that was asked for.
    wanted: Cell<Option<Format>>,
}

impl ToHost for &Encoded {
    fn to_host(&self, format: Format, take: &mut dyn FnMut(&[u8])) {
        if format == self.format {
            take(&self.bytes);
        } else {
            self.wanted.set(Some(format));
        }
    }
}

/// A call on its way to the FFI thread.
struct Errand<T, E> {
    host: Host,
    name: String,
    id: Option<u32>,
    args: Encoded,
    deadline: Option<Duration>,
    patience: Patience,
    stray: Stray<T, E>,
    sender: oneshot::Sender<Delivery<T, E>>,
}

impl<T: FromHost, E: FromHost> Errand<T, E> {
    /// Goes on with the call in a task of its own, until it settles or nobody awaits it any more.
    fn run(mut self, local: &Local) {
        let state = match std::mem::replace(&mut self.stray, Stray::New) {
            Stray::New => State::New,
            Stray::Crowded => {
                local.room.leave();
                State::New
            }
            Stray::Open(ticket, at) => State::Open { ticket, deadline: at.map(|at| Box::pin(sleep_until(at))) },
        };
        tokio::task::spawn_local(async move {
            if let Some(delivery) = self.delivery(state).await {
                // Nobody awaits it any more, if it comes back.
                let _ = self.sender.send(delivery);
            }
        });
    }

    /// What to send back; nothing if the other side has gone.
    async fn delivery(&mut self, state: State<T, E>) -> Option<Delivery<T, E>> {
        let function = HostFnRef(Name { text: &self.name, id: self.id });
        let call = Call {
            host: self.host,
            function,
            args: Some(&self.args),
            deadline: self.deadline,
            patience: self.patience,
            started: None,
            state,
        };
        let Either::Left((outcome, _)) = select(call, pin!(self.sender.closed())).await else { return None };
        Some(match self.args.wanted.take() {
            Some(format) => Delivery::Encode(format),
            None => Delivery::Settled(outcome),
        })
    }
}

/// Hands the outcome from the FFI thread to the thread that waits for it; nothing, if the errand is dropped unrun. A channel
/// of the standard library would need a thread local with a destructor, which a thread that is ending may not have.
struct Handover<T> {
    handed: Mutex<Handed<T>>,
    changed: Condvar,
}

enum Handed<T> {
    NotYet,
    Over(Option<T>),
}

impl<T> Handover<T> {
    fn new() -> Arc<Self> {
        Arc::new(Self { handed: Mutex::new(Handed::NotYet), changed: Condvar::new() })
    }

    /// Waits; not for an FFI thread that was given up on, at which it looks every now and then.
    fn wait(&self, abandonment: &Abandonment) -> Option<T> {
        let mut handed = self.handed.lock();
        loop {
            match &mut *handed {
                Handed::Over(outcome) => return outcome.take(),
                Handed::NotYet if abandonment.has_happened() => return None,
                Handed::NotYet => {}
            }
            self.changed.wait_for(&mut handed, Duration::from_millis(100));
        }
    }
}

/// The FFI thread's end of a [`Handover`].
struct Hander<T>(Arc<Handover<T>>);

impl<T> Hander<T> {
    fn hand(&self, outcome: Option<T>) {
        let mut handed = self.0.handed.lock();
        if matches!(*handed, Handed::NotYet) {
            *handed = Handed::Over(outcome);
            self.0.changed.notify_all();
        }
    }
}

impl<T> Drop for Hander<T> {
    fn drop(&mut self) {
        self.hand(None);
    }
}

/// See [`Host::call_sync`].
pub(super) fn call_sync<A, T, E>(host: Host, function: HostFnRef<'_>, args: A) -> Outcome<T, E>
where
    A: ToHost + Send + 'static,
    T: FromHost,
    E: FromHost,
{
    let here = Local::with(host.context(), |local| match local {
        Some(local) if local.instance.generation == host.generation => Ok(call_inline(local, &function, &args)),
        _ => Err(()),
    });
    if let Ok(outcome) = here {
        return outcome;
    }
    let handover = Handover::new();
    let hander = Hander(Arc::clone(&handover));
    let (name, id) = (function.name().text.to_owned(), function.name().id);
    let errand = move |local: &Rc<Local>| {
        let outcome = call_inline(local, &HostFnRef(Name { text: &name, id }), &args);
        hander.hand(Some(outcome));
    };
    let posted = host.enter(Phase::Closing).map(|inside| {
        let posted = inside.post(Box::new(errand)).is_ok();
        posted.then(|| Arc::clone(inside.closing.abandonment()))
    });
    match posted {
        Err(refused) => Err(HostError::from(refused).widen()),
        Ok(None) => Err(HostError::ShuttingDown),
        // It is dropped unrun only when the context ends.
        Ok(Some(abandonment)) => handover.wait(&abandonment).unwrap_or(Err(HostError::ShuttingDown)),
    }
}

impl NotMade {
    /// The error of a call that does not wait.
    #[cold]
    fn into_error<E>(self, function: &HostFnRef<'_>) -> HostError<E> {
        match self {
            Self::Lacks(Lacks::RoomInContext | Lacks::RoomInFunction) => HostError::Overloaded,
            Self::Lacks(Lacks::Registration) => HostError::NotRegistered { name: function.name().text.to_owned() },
            Self::Error(error) => error.widen(),
        }
    }
}

/// Makes a call on the FFI thread, and ends it if it was not answered inline.
fn call_inline<A: ToHost, T: FromHost, E: FromHost>(
    local: &Local,
    function: &HostFnRef<'_>,
    args: &A,
) -> Outcome<T, E> {
    let encode = |format, take: &mut dyn FnMut(&[u8])| args.to_host(format, take);
    let made = local
        .call::<Reader<T, E, false>, Reader<T, E, true>>(function.name(), encode)
        .map_err(|not_made| not_made.into_error(function))?;
    local.answered(made.ticket).unwrap_or_else(|ticket| {
        if let Err(ticket) = local.expire_call(ticket) {
            // Another thread answered just after the function returned: too late for a call that does not wait.
            local.cancel_call(ticket);
        }
        Err(HostError::TimedOut)
    })
}
