//! Requests: submitted to the FFI thread, or run on the caller's; cancelled.
//!
//! What differs between requests is in two traits: a [`Source`] says where the arguments come from, an [`Owner`] whom the
//! request belongs to.

use super::super::host_fn::{Callback, UserData};
use super::super::library::{AnyLibrary, Reply};
use super::answer::answer_once;
use super::owner::{Admitted, Owner};
use super::refusal::Refusal;
use super::source::Source;
use super::work::Work;
use super::{done, host};
use crate::context::Instance;
use crate::context::gate::Phase;
use crate::context::jobs::Job;
use crate::context::requests::Refused;
use crate::panic;
use crate::status::Status;
use std::ffi::{c_int, c_void};
use tokio::task::AbortHandle;

/// Submits an asynchronous request: its arguments are read here, `handler` runs on the FFI thread, and `reply` makes the outcome
/// of what that returns. A request that is refused is not called back.
#[inline]
pub fn submit<O, A, H, T, F, R>(owner: O, args: A, callback: Callback, (handler, reply): (H, F)) -> Result<(), Status>
where
    O: Owner,
    A: Source,
    A::Args: Send + 'static,
    H: AsyncFnOnce(&O::Queued, A::Args) -> T + Send + 'static,
    T: 'static,
    F: FnOnce(T) -> R + Send + 'static,
    R: Reply + 'static,
{
    owner.admit(args, |admitted, args| match args {
        Ok(args) => admitted.enqueue(callback, Work::<O::Queued, _, _, _>::new(args, (handler, reply), A::FORMAT)),
        Err(refusal) => admitted.enqueue_refusal(callback, refusal),
    })
}

/// Runs a synchronous request: reads its arguments, runs `handler`, and calls back before it returns. A request that is refused
/// is not called back.
///
/// # Safety
///
/// What the owner gives the handler is `Sync`, which `#[ffi]` checks where it can say so readably.
#[inline]
pub unsafe fn run_here<O, A, H, T, F, R>(
    owner: O,
    args: A,
    callback: Callback,
    (handler, reply): (H, F),
) -> Result<(), Status>
where
    O: Owner,
    A: Source,
    H: FnOnce(&O::Here, A::Args) -> T,
    F: FnOnce(T) -> R,
    R: Reply,
{
    let limit = owner.limit();
    let tell = move |status, payload: &[u8]| callback.call(status, payload);
    let request = |state: &O::Here| {
        match Refusal::sort(args.read(limit)?)? {
            Ok(args) => answer_once(|| reply(handler(state, args)), A::FORMAT, tell),
            Err(refusal) => answer_once(|| refusal, A::FORMAT, tell),
        }
        Ok(())
    };
    // SAFETY: the caller's contract.
    unsafe { owner.run(request) }
}

impl Admitted<'_> {
    #[inline(always)]
    fn enqueue(&self, callback: Callback, job: impl Job + 'static) -> Result<(), Status> {
        let Self(inside) = self;
        match inside.requests.submit(callback.user_data().0.addr(), callback, job) {
            Ok(tell) => {
                if tell {
                    inside.context.signal.notify();
                }
                Ok(())
            }
            Err((refused, job)) => Err(refuse(inside, refused, job)),
        }
    }

    #[cold]
    fn enqueue_refusal(&self, callback: Callback, refusal: Refusal) -> Result<(), Status> {
        self.enqueue(callback, refusal)
    }
}

#[cold]
fn refuse(inside: &Instance, refused: Refused, job: impl Job) -> Status {
    if refused == Refused::Full {
        inside.counters.requests_refused.bump();
    }
    panic::contain_call(|| drop(job));
    refused.into()
}

/// `<lib>_cancel`.
pub fn cancel(library: &'static AnyLibrary, ctx: *mut c_void, user_data: *mut c_void) -> c_int {
    done(|| {
        let inside = host(library, ctx)?.enter(Phase::Finishing)?;
        cancel_in(&inside, UserData(user_data))
    })
}

/// Cancels the requests that were submitted with this userData.
pub(crate) fn cancel_in(inside: &Instance, user_data: UserData) -> Result<(), Status> {
    let cancelled = inside.requests.cancel(user_data.0.addr());
    cancelled.tasks.iter().for_each(AbortHandle::abort);
    if !cancelled.found {
        return Err(Status::UnknownToken);
    }
    inside.context.signal.notify();
    Ok(())
}
