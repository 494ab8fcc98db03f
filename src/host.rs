//! The author's side: the host, its functions, and calls to them.

mod call;
mod payload;
mod typed;

pub use self::call::Call;
pub(crate) use self::call::Encoder;
pub use self::payload::{FromHost, ToHost};
pub use self::typed::HostCall;
pub(crate) use self::typed::{call_now, call_now_on};

use crate::context::gate::{Phase, Pin, Refused};
use crate::context::local::Local;
use crate::context::{Context, Instance, Pinned, current};
use crate::error::{HostError, NoContext};
use crate::handles::Handles;
use crate::inflight::{Answer, Raw, Token};
use crate::options::Options;
use crate::registry::{DeclaredName, Name};
use crate::stats::Stats;
use std::fmt;
use std::ptr;

/// The program that loaded the library, as one context of the library knows it.
///
/// A `Host` is a name, not a reference: copying it costs nothing, and one that outlives its context is harmless; its calls
/// end with [`HostError::NoContext`] then.
///
/// # Threading
///
/// `Send` and `Sync`. On the context's FFI thread a call goes straight to the host's function; on any other thread it is
/// passed on to the FFI thread.
#[derive(Clone, Copy)]
pub struct Host {
    context: &'static Context,
    generation: u64,
}

impl PartialEq for Host {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        ptr::eq(self.context, other.context) && self.generation == other.generation
    }
}

impl Eq for Host {}

impl fmt::Debug for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Host").field("live", &self.is_live()).finish_non_exhaustive()
    }
}

impl From<Refused> for HostError {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Stale => Self::NoContext(NoContext::Ended),
            Refused::Closing => Self::ShuttingDown,
            Refused::Crowded => Self::Overloaded,
        }
    }
}

impl Host {
    #[inline]
    pub(crate) fn new(context: &'static Context, generation: u64) -> Self {
        Self { context, generation }
    }

    /// The host of the context that the present code belongs to: on its FFI thread, and in its synchronous requests.
    ///
    /// # Errors
    ///
    /// [`HostError::NoContext`] on any other thread. Take the host where there is one, and move it.
    pub fn current() -> Result<Self, HostError> {
        current::host().ok_or(HostError::NoContext(NoContext::Nowhere))
    }

    /// Calls a host function with bytes; the result and the declared error are bytes too.
    ///
    /// Nothing happens before the returned [`Call`] is polled.
    ///
    /// # Errors
    ///
    /// Every [`HostError`] but `Disconnected`; `Declared` holds what the host passed with `FFI_RET_ERR`.
    ///
    /// # Cancellation
    ///
    /// Dropping the call ends it, and tells the host's cancel function if the host had not answered.
    pub fn call<'a, A: ToHost>(self, function: impl Into<HostFnRef<'a>>, args: A) -> Call<'a, A, Vec<u8>, Vec<u8>> {
        self.call_as(function, args)
    }

    /// Calls a host function whose result is a `T` and whose declared error is an `E`.
    ///
    /// # Errors
    ///
    /// As for [`call`](Self::call); also [`HostError::Decode`], if the host's bytes are neither.
    #[inline]
    pub fn call_as<'a, A: ToHost, T: FromHost, E: FromHost>(
        self,
        function: impl Into<HostFnRef<'a>>,
        args: A,
    ) -> Call<'a, A, T, E> {
        Call::new(Some(self), function.into(), args).anywhere()
    }

    /// Calls a host function that answers before it returns, and does not wait for one that does not.
    ///
    /// # Errors
    ///
    /// As for [`call_as`](Self::call_as); [`HostError::TimedOut`] if the function returned without an answer.
    ///
    /// # Threading
    ///
    /// On another thread than the FFI thread it blocks until the FFI thread has made the call.
    pub fn call_sync<A, T, E>(self, function: &HostFn, args: A) -> Result<T, HostError<E>>
    where
        A: ToHost,
        T: FromHost,
        E: FromHost,
    {
        call::call_sync(self, function.into(), args)
    }

    /// Sends an event to the host's listeners: moves the payload into the queue, and returns. It becomes a payload on the
    /// event thread, in the format of each listener.
    ///
    /// Without listeners it is nobody's event, and nothing is done. When the queue is full, the library's
    /// [`WhenFull`](crate::WhenFull) decides.
    ///
    /// # Errors
    ///
    /// [`HostError::NoContext`] or [`HostError::ShuttingDown`] if the context has ended or is about to.
    pub fn emit(self, event: &'static str, payload: impl ToHost) -> Result<(), HostError> {
        Ok(self.enqueue(event, payload)?)
    }

    /// In one piece, wherever an event is emitted.
    #[inline(always)]
    pub(crate) fn enqueue(self, event: &'static str, payload: impl ToHost) -> Result<(), Refused> {
        self.context_instance(|instance| {
            if let Some(events) = &instance.events {
                events.hub().emit(event, payload, &instance.counters);
            }
        })
    }

    /// Whether the context is live: not closed, though it may be closing.
    #[inline]
    pub fn is_live(self) -> bool {
        self.context.gate.is_current(self.generation)
    }

    /// What the context has done so far.
    ///
    /// # Errors
    ///
    /// [`HostError::NoContext`] or [`HostError::ShuttingDown`] if the context has ended or is about to.
    pub fn stats(self) -> Result<Stats, HostError> {
        Ok(self.enter(Phase::Closing)?.stats())
    }

    /// The limits, deadlines and policies that the context was made with.
    ///
    /// # Errors
    ///
    /// [`HostError::NoContext`] or [`HostError::ShuttingDown`] if the context has ended or is about to.
    pub fn options(self) -> Result<Options, HostError> {
        Ok(self.context_instance(|instance| instance.options)?)
    }

    /// Goes in to ask or change something: no close waits for that.
    pub(crate) fn enter(self, until: Phase) -> Result<Pinned, Refused> {
        self.context.enter(self.generation, until, Pin::Visitor)
    }

    /// Goes in as admitted work: a synchronous request, or one that is being submitted.
    #[inline]
    pub(crate) fn admit(self) -> Result<Pinned, Refused> {
        self.context.enter(self.generation, Phase::Running, Pin::Admitted)
    }

    #[inline]
    pub(crate) fn context(self) -> &'static Context {
        self.context
    }

    /// Brings an answer to a call of this context, and decodes it inside of that, so that handles are found. Any thread, any
    /// token, no pin.
    #[inline(always)]
    pub(crate) fn answer(self, token: Token, raw: Raw<'_>) -> Answer {
        let _inside = current::Decoding::new(self);
        // SAFETY: it is used before this returns.
        let owner = unsafe { self.local() }.map(|local| &local.owner);
        self.context.answer(owner, token, raw)
    }

    /// The same for an answer in CBOR, whose function was registered so.
    #[cfg(feature = "ipc")]
    pub(crate) fn answer_cbor(self, token: Token, ret: i32, payload: &[u8]) -> Option<Answer> {
        let raw = Raw::Host { ret, payload, limit: self.context.max_payload() };
        self.is_live().then(|| self.answer(token, raw))
    }

    /// Whether this is its FFI thread.
    pub(crate) fn is_on_ffi_thread(self) -> bool {
        self.with_local(|local| local.is_some())
    }

    /// Gives `f` the FFI thread's part of this very context, if this is that thread.
    #[inline]
    fn with_local<R>(self, f: impl FnOnce(Option<&Local>) -> R) -> R {
        // SAFETY: it is used by `f` alone, which returns before the loop goes on.
        f(unsafe { self.local() })
    }

    /// The FFI thread's part of this very context, if this is that thread.
    ///
    /// # Safety
    ///
    /// It is used before the loop ends, on this thread: by code that the loop runs.
    #[inline]
    unsafe fn local<'a>(self) -> Option<&'a Local> {
        // SAFETY: passed on.
        unsafe { current::local_of(Some(self)) }
    }

    /// Whether that is this one.
    #[inline]
    pub(crate) fn is_that(self, other: Option<Self>) -> bool {
        // One comparison for both: no host has the address of none.
        let context = other.map_or(ptr::null(), |other| ptr::from_ref(other.context));
        ptr::eq(self.context, context) && other.is_some_and(|other| self.generation == other.generation)
    }

    /// Uses the handles that this host knows.
    pub(crate) fn with_handles<R>(self, f: impl FnOnce(&Handles) -> R) -> Result<R, HostError> {
        self.with_local(|local| match local {
            Some(local) => Ok(f(&local.instance.handles)),
            // Also while the last events are delivered.
            None => Ok(f(&self.enter(Phase::Finishing)?.handles)),
        })
    }

    /// Uses the instance: without a pin on its own FFI thread, which keeps it alive.
    #[inline(always)]
    fn context_instance<R>(self, f: impl FnOnce(&Instance) -> R) -> Result<R, Refused> {
        let pinned;
        // SAFETY: it is used before this returns.
        let instance = match unsafe { self.local() } {
            Some(local) => &*local.instance,
            None => {
                pinned = self.enter(Phase::Closing)?;
                &*pinned
            }
        };
        Ok(f(instance))
    }
}

/// A host function that the library calls, by name: made once, as a static, it is found without a search for its name.
///
/// # Examples
///
/// ```
/// use ffihost::{Host, HostError, HostFn};
///
/// static FETCH_PROFILE: HostFn = HostFn::new("fetch_profile");
///
/// async fn profile(user: &str) -> Result<Vec<u8>, HostError<Vec<u8>>> {
///     Host::current().map_err(HostError::widen)?.call(&FETCH_PROFILE, user).await
/// }
/// # let _ = profile("alice");
/// ```
#[derive(Debug)]
pub struct HostFn(DeclaredName);

impl HostFn {
    /// The host function of that name.
    pub const fn new(name: &'static str) -> Self {
        Self(DeclaredName::new(name))
    }

    /// The name.
    pub const fn name(&self) -> &'static str {
        self.0.text()
    }

    pub(crate) fn declared(&self) -> &DeclaredName {
        &self.0
    }
}

/// Which host function to call: a [`HostFn`], or just a name.
#[derive(Clone, Copy, Debug)]
pub struct HostFnRef<'a>(Name<'a>);

impl HostFnRef<'_> {
    #[inline]
    pub(crate) fn name(&self) -> &Name<'_> {
        &self.0
    }
}

impl<'a> From<&'a HostFn> for HostFnRef<'a> {
    #[inline]
    fn from(function: &'a HostFn) -> Self {
        Self(Name::Declared(&function.0))
    }
}

impl<'a> From<&'a str> for HostFnRef<'a> {
    fn from(name: &'a str) -> Self {
        Self(Name::Given { text: name, id: 0 })
    }
}
