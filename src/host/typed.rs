//! Calls to host functions that were declared with `#[ffi_host]`: typed arguments, results and errors.

use super::call::Call;
use super::{FromHost, Host, HostFn, ToHost};
use crate::Format;
use crate::context::current;
use crate::error::{DecodeError, HostError, NoContext};
use crate::registry::Name;
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
pub struct HostCall<A: ToHost, R: Awaited> {
    /// Both are dropped by hand: a call that is over has nothing to drop, and that is seen with one look.
    call: ManuallyDrop<TypedCall<A, R>>,
    /// What stands in for the host in a unit test, where there is no context.
    double: ManuallyDrop<Option<BoxFuture<'static, R>>>,
}

type TypedCall<A, R> = Call<'static, A, Answer<<R as Awaited>::Result>, Error<<R as Awaited>::Error>>;

impl<A: ToHost, R: Awaited> Unpin for HostCall<A, R> {}

impl<A: ToHost, R: Awaited> Drop for HostCall<A, R> {
    #[inline]
    fn drop(&mut self) {
        if !self.call.is_spent() {
            // SAFETY: it is dropped once, here.
            unsafe { drop_unspent(self) };
        }
    }
}

/// # Safety
///
/// It is not used again.
#[cold]
unsafe fn drop_unspent<A: ToHost, R: Awaited>(this: &mut HostCall<A, R>) {
    // SAFETY: the caller's contract.
    unsafe {
        ManuallyDrop::drop(&mut this.call);
        ManuallyDrop::drop(&mut this.double);
    }
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
        let call = Call::new(current::host(), function.into(), args);
        Self { call: ManuallyDrop::new(call), double: ManuallyDrop::new(None) }
    }

    /// Calls this host, from any thread: for code that does not run on its FFI thread, a `spawn_blocking` closure for instance.
    pub fn on(mut self, host: Host) -> Self {
        self.call.set_host(host);
        self
    }

    /// Ends the call with [`HostError::TimedOut`] if the host has not answered by then, counted from its first poll.
    ///
    /// Without this the deadline is that of `#[ffi_host(deadline = "…")]`, or else of the registration, or else the
    /// library's.
    pub fn deadline(mut self, limit: Duration) -> Self {
        self.call.set_deadline(limit);
        self
    }

    /// Waits when too many calls are in flight, instead of ending with [`HostError::Overloaded`].
    pub fn wait_for_room(mut self) -> Self {
        self.call.wait_policy().room = true;
        self
    }

    /// Waits until the host has registered the function, instead of ending with [`HostError::NotRegistered`]. This is for
    /// constructors: a host can register only after create has returned.
    pub fn wait_for_registration(mut self) -> Self {
        self.call.wait_policy().registration = true;
        self
    }

    /// Goes on where there is no context: with what stands in for the host in a unit test.
    #[cold]
    #[inline(never)]
    fn poll_detached(&mut self, cx: &mut Context<'_>) -> Poll<R> {
        if self.double.is_none()
            && let Name::Declared(function) = self.call.function()
            && let Some(double) = testing::double::<Double<A::Owned, R>>(function)
            && let Some(args) = self.call.take_args()
        {
            *self.double = Some(double(args.into_owned()));
        }
        match &mut *self.double {
            Some(double) => double.as_mut().poll(cx),
            None => Poll::Ready(R::from_outcome(Err(HostError::NoContext(NoContext::Nowhere)))),
        }
    }
}

impl<A: ToHost, R: Awaited + 'static> Future for HostCall<A, R> {
    type Output = R;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<R> {
        if self.call.is_detached() {
            return self.poll_detached(cx);
        }
        Pin::new(&mut *self.call).poll(cx).map(outcome)
    }
}

/// Calls a host function that was declared without `async`, and that answers before it returns.
pub(crate) fn call_now<A: ToHost, R: Awaited + 'static>(function: &'static HostFn, args: A) -> R {
    match Host::current() {
        Ok(host) => outcome(host.call_sync(function, args)),
        Err(error) => match testing::double::<DoubleNow<A::Owned, R>>(function.declared()) {
            Some(double) => double(args.into_owned()),
            None => R::from_outcome(Err(error.widen())),
        },
    }
}

/// The same of this host, from any thread.
pub(crate) fn call_now_on<A: ToHost, R: Awaited>(host: Host, function: &'static HostFn, args: A) -> R {
    outcome(host.call_sync(function, args))
}

#[cfg(all(test, not(ffihost_loom)))]
mod tests {
    use super::*;
    use crate::context::Contexts;
    use futures::FutureExt;
    use std::future::poll_fn;
    use std::rc::Rc;

    /// It has been given the arguments.
    #[test]
    fn a_double_that_has_begun_goes_on_when_a_host_is_named() {
        static ASK: HostFn = HostFn::new("ask");
        static CONTEXTS: Contexts = Contexts::new();
        let double: Double<String, Result<String, HostError>> = Rc::new(|text| {
            let mut is_second = false;
            Box::pin(poll_fn(move |_| match std::mem::replace(&mut is_second, true) {
                false => Poll::Pending,
                true => Poll::Ready(Ok(text.clone())),
            }))
        });
        let _implementation = testing::implement(&ASK, double);
        let mut call = HostCall::<String, Result<String, HostError>>::new(&ASK, "asked".to_owned());
        assert!((&mut call).now_or_never().is_none());
        let stay = CONTEXTS.acquire(1).expect("there is room");
        let mut call = call.on(Host::new(stay.record(), 1));
        assert_eq!((&mut call).now_or_never(), Some(Ok("asked".to_owned())));
    }
}
