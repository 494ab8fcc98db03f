//! Whom a request belongs to: where it runs, and what its handler is given besides the arguments.

use super::super::library::Library;
use super::host;
use super::refusal::Refusal;
use super::source::Source;
use crate::Host;
use crate::context::{Instance, current};
use crate::panic::Contained;
use crate::status::Status;
use std::ffi::c_void;
use std::fmt;
use std::sync::atomic::Ordering;

/// Arguments, or the answer to arguments that do not decode.
type Args<A> = Result<<A as Source>::Args, Refusal>;

/// A context that has admitted a request. It does not end while somebody has this.
pub struct Admitted<'a>(pub(super) &'a Instance);

impl fmt::Debug for Admitted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Admitted").finish_non_exhaustive()
    }
}

/// Whom a request belongs to.
///
/// # Safety
///
/// The state of the context that [`admit`](Self::admit) enters is a `Queued`: a request's work takes it for one.
pub unsafe trait Owner {
    /// What the handler of an asynchronous request is given, on the FFI thread.
    type Queued: 'static;

    /// What the handler of a synchronous request is given, on the caller's thread.
    type Here: 'static;

    /// How many bytes the arguments may have.
    fn limit(&self) -> usize;

    /// Admits a request to the context that it is to run in, reads its arguments, and has `queue` queue it there.
    fn admit<A: Source>(
        self,
        args: A,
        queue: impl FnOnce(Admitted<'_>, Args<A>) -> Result<(), Status>,
    ) -> Result<(), Status>;

    /// Runs a request on this thread, inside of its context until it has told its outcome: a close waits for that too.
    ///
    /// # Safety
    ///
    /// `Self::Here` is `Sync`.
    unsafe fn run<T>(self, request: impl FnOnce(&Self::Here) -> Result<T, Status>) -> Result<T, Status>;
}

/// A request of a context: its handler is given the author's state.
#[derive(Debug)]
pub struct OfState<S: 'static> {
    library: &'static Library<S>,
    host: Host,
}

impl<S> OfState<S> {
    /// A request of the context that a host names; `InvalidCtx` if there never was one.
    #[inline]
    pub fn named(library: &'static Library<S>, ctx: *mut c_void) -> Result<Self, Status> {
        Ok(Self { library, host: host(library, ctx)? })
    }

    /// A request of this context.
    ///
    /// # Safety
    ///
    /// The context is one of that library.
    #[cfg(feature = "ipc")]
    pub unsafe fn of(library: &'static Library<S>, host: Host) -> Self {
        Self { library, host }
    }
}

// SAFETY: a library's contexts have its state, and the host is one of them: it was found among them, or the caller says so.
unsafe impl<S> Owner for OfState<S> {
    type Queued = S;
    type Here = S;

    #[inline]
    fn limit(&self) -> usize {
        self.library.options.payload
    }

    #[inline]
    fn admit<A: Source>(
        self,
        args: A,
        queue: impl FnOnce(Admitted<'_>, Args<A>) -> Result<(), Status>,
    ) -> Result<(), Status> {
        let inside = self.host.admit()?;
        let args = Refusal::sort(args.read_in(self.host, self.limit())?)?;
        queue(Admitted(&inside), args)
    }

    #[inline]
    unsafe fn run<T>(self, request: impl FnOnce(&S) -> Result<T, Status>) -> Result<T, Status> {
        let inside = self.host.admit()?;
        // SAFETY: the address is null or that of the state of this library's type, which is not dropped while somebody is
        // inside; it is `Sync` by the caller's contract, which lets other threads look at it.
        let state = unsafe { inside.state.load(Ordering::Acquire).cast::<S>().as_ref() }.ok_or(Status::Busy)?;
        current::enter(self.host, || request(state))
    }
}

/// A request of a handle, which is the first of its arguments. A synchronous one does without the state.
#[derive(Debug)]
pub struct OfHandle<S: 'static>(OfState<S>);

impl<S> OfHandle<S> {
    /// As [`OfState::named`].
    #[inline]
    pub fn named(library: &'static Library<S>, ctx: *mut c_void) -> Result<Self, Status> {
        Ok(Self(OfState::named(library, ctx)?))
    }

    /// As [`OfState::of`].
    ///
    /// # Safety
    ///
    /// The context is one of that library.
    #[cfg(feature = "ipc")]
    pub unsafe fn of(library: &'static Library<S>, host: Host) -> Self {
        Self(OfState { library, host })
    }
}

// SAFETY: as above.
unsafe impl<S> Owner for OfHandle<S> {
    /// It is not looked at. A request that is queued when the state is gone ends as cancelled, as that of a context does.
    type Queued = S;
    type Here = ();

    #[inline]
    fn limit(&self) -> usize {
        self.0.limit()
    }

    #[inline]
    fn admit<A: Source>(
        self,
        args: A,
        queue: impl FnOnce(Admitted<'_>, Args<A>) -> Result<(), Status>,
    ) -> Result<(), Status> {
        self.0.admit(args, queue)
    }

    #[inline]
    unsafe fn run<T>(self, request: impl FnOnce(&()) -> Result<T, Status>) -> Result<T, Status> {
        let _inside = self.0.host.admit()?;
        current::enter(self.0.host, || request(&()))
    }
}

/// A request without a receiver: it needs no context of the host's.
///
/// A synchronous one runs in no context at all. An asynchronous one needs a loop to run on, so the first one starts a context
/// of the library's own, which no host knows and which lives as long as the process. In it no host function is registered.
#[derive(Debug)]
pub struct OfNobody<S: 'static>(&'static Library<S>);

impl<S> OfNobody<S> {
    /// A request of this library.
    #[inline]
    pub fn of(library: &'static Library<S>) -> Self {
        Self(library)
    }
}

// SAFETY: the state of the library's own context is `()`.
unsafe impl<S> Owner for OfNobody<S> {
    type Queued = ();
    type Here = ();

    #[inline]
    fn limit(&self) -> usize {
        self.0.options.payload
    }

    #[inline]
    fn admit<A: Source>(
        self,
        args: A,
        queue: impl FnOnce(Admitted<'_>, Args<A>) -> Result<(), Status>,
    ) -> Result<(), Status> {
        let args = Refusal::sort(args.read(self.limit())?)?;
        // Contained, if there is no context: what the drop of an argument does is not the answer to the request.
        let (queue, args) = (Contained::new(queue), Contained::new(args));
        let host = self.0.own.host(&self.0.contexts, self.0.options)?;
        let inside = host.admit()?;
        queue.into_inner()(Admitted(&inside), args.into_inner())
    }

    #[inline]
    unsafe fn run<T>(self, request: impl FnOnce(&()) -> Result<T, Status>) -> Result<T, Status> {
        request(&())
    }
}
