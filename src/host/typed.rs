//! Calls to host functions that were declared with `#[ffi_host]`: typed arguments, results and errors.

use super::call::{Call, WaitPolicy};
use super::{FromHost, Host, HostFn, ToHost};
use crate::Format;
use crate::context::current;
use crate::error::{DecodeError, HostError, NoContext};
use crate::testing::{self, Double, DoubleNow};
use crate::wire::{self, Awaited, DeclaredByHost, Lift};
use futures::future::BoxFuture;
use std::fmt;
use std::future::Future;
use std::mem::ManuallyDrop;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

/// A result, read by its type.
pub(crate) struct Answer<T>(T);

impl<T: Lift> FromHost for Answer<T> {
    #[inline]
    unsafe fn from_host(format: Format, payload: &[u8], limit: usize) -> Result<Self, DecodeError> {
        // SAFETY: the caller's contract.
        unsafe { wire::from_payload(format, payload, limit) }.map(Self)
    }
}

/// A declared error, read by its type.
pub(crate) struct Error<E>(E);

impl<E: DeclaredByHost> FromHost for Error<E> {
    unsafe fn from_host(format: Format, payload: &[u8], limit: usize) -> Result<Self, DecodeError> {
        // SAFETY: the caller's contract.
        match unsafe { Self::declared(format, payload, limit)? } {
            HostError::Declared(error) => Ok(error),
            other => Err(DecodeError::new(other.map_declared(|_| "a declared error"))),
        }
    }

    unsafe fn declared(format: Format, payload: &[u8], limit: usize) -> Result<HostError<Self>, DecodeError> {
        // SAFETY: the caller's contract.
        unsafe { E::from_payload(format, payload, limit) }.map(|error| error.map_declared(Self))
    }
}

/// What the awaiting code gets, out of its wrappings.
#[inline]
fn outcome<R: Awaited>(outcome: Result<Answer<R::Result>, HostError<Error<R::Error>>>) -> R {
    R::from_outcome(match outcome {
        Ok(Answer(result)) => Ok(result),
        Err(error) => Err(error.map_declared(|Error(declared)| declared)),
    })
}

/// A call of a host function that was declared with `#[ffi_host]`. It settles exactly once, whatever the host does.
///
/// It calls the host of the context that it was made in; [`on`](Self::on) names another, where there is none.
///
/// # Examples
///
/// ```
/// use ffihost::{HostError, ffi_host};
/// use std::time::Duration;
/// # ffihost::library!("clock", Clock);
/// # #[ffihost::ffi(constructor)]
/// # async fn create() -> Result<Clock, String> { Ok(Clock) }
/// # pub struct Clock;
///
/// #[ffi_host]
/// async fn fetch_time(zone: &str) -> Result<u64, HostError>;
///
/// async fn time() -> Result<u64, HostError> {
///     fetch_time("UTC").deadline(Duration::from_secs(2)).await
/// }
/// # fn main() {
/// assert!(matches!(futures::executor::block_on(time()), Err(HostError::NoContext(_))));
/// # }
/// ```
///
/// # Threading
///
/// `Send` if its arguments are. It is awaited on the FFI thread, and off it if a host was named with [`on`](Self::on): in a
/// synchronous request, a `spawn_blocking` closure, another runtime. Without that it ends there with
/// [`HostError::NoContext`].
///
/// # Cancellation
///
/// Dropping it ends the call, and tells the host's cancel function if the host had not answered.
#[must_use = "a call does nothing before it is awaited"]
pub struct HostCall<A: ToHost, R: Awaited>(ManuallyDrop<State<A, R>>);

enum State<A: ToHost, R: Awaited> {
    Attached(Call<'static, A, Answer<R::Result>, Error<R::Error>>),
    /// In no context, so far.
    Detached {
        function: &'static HostFn,
        args: Option<A>,
        deadline: Option<Duration>,
        wait_policy: WaitPolicy,
    },
    /// In a unit test.
    Double(BoxFuture<'static, R>),
}

impl<A: ToHost, R: Awaited> Unpin for HostCall<A, R> {}

/// By hand: one that is over has nothing to drop, and that is seen with one look.
impl<A: ToHost, R: Awaited> Drop for HostCall<A, R> {
    #[inline]
    fn drop(&mut self) {
        if !matches!(&*self.0, State::Attached(call) if call.is_spent()) {
            // SAFETY: it is dropped once, here.
            unsafe { drop_state(&mut self.0) };
        }
    }
}

/// # Safety
///
/// It is not used again.
#[cold]
unsafe fn drop_state<A: ToHost, R: Awaited>(state: &mut ManuallyDrop<State<A, R>>) {
    // SAFETY: the caller's contract.
    unsafe { ManuallyDrop::drop(state) };
}

impl<A: ToHost, R: Awaited> fmt::Debug for HostCall<A, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HostCall").finish_non_exhaustive()
    }
}

impl<A: ToHost, R: Awaited + 'static> HostCall<A, R> {
    /// A call that was not made yet.
    #[doc(hidden)]
    #[inline]
    pub fn new(function: &'static HostFn, args: A) -> Self {
        let Some(host) = current::host() else { return Self::without_context(function, args) };
        Self(ManuallyDrop::new(State::Attached(Call::new(host, function.into(), args))))
    }

    #[cold]
    fn without_context(function: &'static HostFn, args: A) -> Self {
        Self(ManuallyDrop::new(match testing::double::<Double<A::Owned, R>>(function) {
            Some(double) => State::Double(double(args.into_owned())),
            None => State::Detached { function, args: Some(args), deadline: None, wait_policy: WaitPolicy::default() },
        }))
    }

    /// Calls this host, from any thread: for code that does not run on its FFI thread, a `spawn_blocking` closure for instance.
    pub fn on(self, host: Host) -> Self {
        Self(ManuallyDrop::new(match self.into_state() {
            State::Attached(call) => State::Attached(call.on(host)),
            State::Detached { function, args: Some(args), deadline, wait_policy } => {
                State::Attached(host.call_as(function, args).with(deadline, wait_policy))
            }
            other => other,
        }))
    }

    fn into_state(self) -> State<A, R> {
        let mut this = ManuallyDrop::new(self);
        // SAFETY: it is taken out once, since what held it is not dropped.
        unsafe { ManuallyDrop::take(&mut this.0) }
    }

    /// Ends the call with [`HostError::TimedOut`] if the host has not answered by then, counted from its first poll.
    ///
    /// Without this the deadline is that of `#[ffi_host(deadline = "…")]`, or else of the registration, or else the
    /// library's.
    pub fn deadline(mut self, limit: Duration) -> Self {
        match &mut *self.0 {
            State::Attached(call) => call.set_deadline(limit),
            State::Detached { deadline, .. } => *deadline = Some(limit),
            State::Double(_) => {}
        }
        self
    }

    /// Waits when too many calls are in flight, instead of ending with [`HostError::Overloaded`].
    pub fn wait_for_room(mut self) -> Self {
        if let Some(wait_policy) = self.wait_policy() {
            wait_policy.room = true;
        }
        self
    }

    /// Waits until the host has registered the function, instead of ending with [`HostError::NotRegistered`]. This is for
    /// constructors: a host can register only after create has returned.
    pub fn wait_for_registration(mut self) -> Self {
        if let Some(wait_policy) = self.wait_policy() {
            wait_policy.registration = true;
        }
        self
    }

    fn wait_policy(&mut self) -> Option<&mut WaitPolicy> {
        match &mut *self.0 {
            State::Attached(call) => Some(call.wait_policy()),
            State::Detached { wait_policy, .. } => Some(wait_policy),
            State::Double(_) => None,
        }
    }
}

impl<A: ToHost, R: Awaited> Future for HostCall<A, R> {
    type Output = R;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<R> {
        match &mut *self.0 {
            State::Attached(call) => Pin::new(call).poll(cx).map(outcome),
            State::Detached { .. } => Poll::Ready(R::from_outcome(Err(HostError::NoContext(NoContext::Nowhere)))),
            State::Double(double) => double.as_mut().poll(cx),
        }
    }
}

/// Calls a host function that was declared without `async`, and that answers before it returns.
pub(crate) fn call_now<A: ToHost, R: Awaited + 'static>(function: &'static HostFn, args: A) -> R {
    match Host::current() {
        Ok(host) => outcome(host.call_sync(function, args)),
        Err(error) => match testing::double::<DoubleNow<A::Owned, R>>(function) {
            Some(double) => double(args.into_owned()),
            None => R::from_outcome(Err(error.widen())),
        },
    }
}
