//! What the FFI thread is given to do: requests, and jobs that library code on other threads posts.

use super::local::Local;
use super::requests::{Key, Requests};
use crate::abi::Callback;
use crate::status::Status;
use std::fmt;
use std::marker::PhantomData;
use std::mem::MaybeUninit;
use std::rc::Rc;
use std::task::Context;
use tokio::task::AbortHandle;

/// The requests of a context.
pub(crate) type HostRequests = Requests<Callback, QueuedJob, AbortHandle, Ending>;

/// Queued requests.
pub(crate) type Batch = super::requests::Batch<QueuedJob>;

/// How requests end that are left at the end of a context: a status, and its text.
pub(crate) type Ending = (Status, &'static str);

/// Something to start on the FFI thread.
pub(crate) trait Job: Send {
    /// Starts the request with this key: with a first poll, in a context whose waker does nothing.
    fn start(self, local: &Rc<Local>, key: Key, cx: &mut Context<'_>);
}

/// Where a job is, while it is queued.
type Space = [usize; 8];

/// A request's work, whatever its type: small ones are stored in the queue itself, others in a box.
pub(crate) struct QueuedJob {
    space: MaybeUninit<Space>,
    /// None when the job is used up.
    does: Option<&'static Does>,
    /// The job's type is not known here, so nothing is said of it that a type could.
    job: PhantomData<*mut ()>,
}

/// What can be done with the job of a space: one of both, once.
struct Does {
    start: unsafe fn(*mut Space, &Rc<Local>, Key, &mut Context<'_>),
    drop: unsafe fn(*mut Space),
}

impl<J: Job + 'static> From<J> for QueuedJob {
    #[inline]
    fn from(job: J) -> Self {
        const {
            assert!(size_of::<Box<J>>() <= size_of::<Space>());
        }
        if const { size_of::<J>() <= size_of::<Space>() && align_of::<J>() <= align_of::<Space>() } {
            Self::in_place(job)
        } else {
            Self::in_place(Box::new(job))
        }
    }
}

impl QueuedJob {
    /// For a job that fits.
    #[inline]
    fn in_place<J: Job + 'static>(job: J) -> Self {
        let mut space = MaybeUninit::<Space>::uninit();
        // SAFETY: it fits, as `from` has seen: a box does.
        unsafe { space.as_mut_ptr().cast::<J>().write(job) };
        let does = const {
            &Does {
                // SAFETY: the caller's contract: a job of this type is moved out of the space.
                start: |space, local, key, cx| unsafe { space.cast::<J>().read() }.start(local, key, cx),
                // SAFETY: as above; it is dropped in its place.
                drop: |space| unsafe { space.cast::<J>().drop_in_place() },
            }
        };
        Self { space, does: Some(does), job: PhantomData }
    }

    /// Starts the request with this key, and uses the job up.
    #[inline]
    pub(crate) fn start(&mut self, local: &Rc<Local>, key: Key, cx: &mut Context<'_>) {
        if let Some(does) = self.does.take() {
            // SAFETY: the space has a job of the type that this is for, and from now on nobody else uses it.
            unsafe { (does.start)(self.space.as_mut_ptr(), local, key, cx) }
        }
    }

    /// Drops the job, which may be foreign code's to do.
    #[inline]
    pub(crate) fn discard(&mut self) {
        if let Some(does) = self.does.take() {
            // SAFETY: as above.
            unsafe { (does.drop)(self.space.as_mut_ptr()) }
        }
    }
}

impl Drop for QueuedJob {
    #[inline]
    fn drop(&mut self) {
        self.discard();
    }
}

impl fmt::Debug for QueuedJob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QueuedJob").finish_non_exhaustive()
    }
}

// SAFETY: every job is `Send`.
unsafe impl Send for QueuedJob {}

impl<J: Job> Job for Box<J> {
    fn start(self, local: &Rc<Local>, key: Key, cx: &mut Context<'_>) {
        (*self).start(local, key, cx);
    }
}

/// Something that library code on another thread wants done on the FFI thread: to begin a host call, or to end one that it has
/// dropped.
///
/// Nothing bounds how many wait. Usually it is one for each call that such code awaits, and one for each open call that it has
/// dropped, so at most as many as there may be open calls. The worst case is code that polls calls once and drops them, in a loop, while
/// the FFI thread is held: each leaves its job behind, with the arguments, until that thread goes on or the context ends. Only
/// the library's own code can do that; a host's threads post nothing.
pub(crate) type PostedJob = Box<dyn Run + Send>;

/// What a [`PostedJob`] is.
pub(crate) trait Run {
    fn run(self: Box<Self>, local: &Rc<Local>);
}

impl<F: FnOnce(&Rc<Local>)> Run for F {
    fn run(self: Box<Self>, local: &Rc<Local>) {
        self(local);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    struct Counted<const WORDS: usize>(#[expect(dead_code, reason = "it is counted")] Arc<()>, [usize; WORDS]);

    impl<const WORDS: usize> Job for Counted<WORDS> {
        fn start(self, _: &Rc<Local>, _: Key, _: &mut Context<'_>) {
            assert!(self.1.iter().all(|word| *word == WORDS));
        }
    }

    fn is_dropped_once<const WORDS: usize>() {
        let alive = Arc::new(());
        let job = || QueuedJob::from(Counted(Arc::clone(&alive), [WORDS; WORDS]));
        let (dropped, mut discarded) = (job(), job());
        assert_eq!(Arc::strong_count(&alive), 3);
        drop(dropped);
        discarded.discard();
        assert_eq!(Arc::strong_count(&alive), 1);
        discarded.discard();
        drop(discarded);
        assert_eq!(Arc::strong_count(&alive), 1);
    }

    #[test]
    fn a_job_is_dropped_once_in_its_place_or_in_a_box() {
        is_dropped_once::<0>();
        is_dropped_once::<7>();
        is_dropped_once::<8>();
        is_dropped_once::<40>();
    }
}
