//! Which context the code that runs on this thread belongs to: a chain of frames on the stack.
//!
//! There is a frame while a loop runs, while the event thread does, and around each synchronous request; they nest, since a
//! host function may call a library that calls a host function.

use super::local::Local;
use super::record::Context;
use crate::Host;
use std::cell::Cell;
use std::ptr;

thread_local! {
    static TOP: Cell<*const Frame> = const { Cell::new(ptr::null()) };
}

struct Frame {
    host: Host,
    /// Null except on the FFI thread.
    local: *const Local,
    parent: *const Frame,
}

/// Takes the frame away again, also when the code inside panics.
struct Restore(*const Frame);

impl Drop for Restore {
    fn drop(&mut self) {
        TOP.set(self.0);
    }
}

/// Runs code of a context; `local` is given by the FFI thread's loop alone.
#[inline]
pub(crate) fn enter<R>(host: Host, local: Option<&Local>, f: impl FnOnce() -> R) -> R {
    let parent = TOP.get();
    let frame = Frame { host, local: local.map_or(ptr::null(), ptr::from_ref), parent };
    let _restore = Restore(parent);
    TOP.set(&raw const frame);
    f()
}

/// The context that the present code belongs to.
#[inline]
pub(crate) fn current() -> Option<Host> {
    // SAFETY: a frame that TOP names is on this thread's stack, in `enter`, which takes it out before it returns.
    unsafe { TOP.get().as_ref() }.map(|frame| frame.host)
}

/// Whether this thread is inside of that context: its FFI thread, its event thread, or one of its synchronous requests.
pub(crate) fn is_inside(host: Host) -> bool {
    let mut frame = TOP.get();
    // SAFETY: as in `current`; a parent lives longer than its child.
    while let Some(here) = unsafe { frame.as_ref() } {
        if here.host == host {
            return true;
        }
        frame = here.parent;
    }
    false
}

/// The FFI thread's part of this record's present context, if this thread is that thread.
#[inline]
pub(super) fn with_local<R>(context: &'static Context, f: impl FnOnce(Option<&Local>) -> R) -> R {
    let mut frame = TOP.get();
    // SAFETY: as in `is_inside`.
    while let Some(here) = unsafe { frame.as_ref() } {
        // SAFETY: the loop that entered the frame borrows its `Local` for as long.
        if let Some(local) = unsafe { here.local.as_ref() }
            && ptr::eq(local.instance.context, context)
        {
            return f(Some(local));
        }
        frame = here.parent;
    }
    f(None)
}

/// As [`with_local`], and inside of the context: on a thread that may be so already, as the FFI thread mostly is.
#[inline]
pub(super) fn ensure<R>(host: Host, context: &'static Context, f: impl FnOnce(Option<&Local>) -> R) -> R {
    // SAFETY: as in `is_inside`.
    let top = unsafe { TOP.get().as_ref() };
    // SAFETY: as in `with_local`.
    match top.and_then(|top| unsafe { top.local.as_ref() }) {
        Some(local) if ptr::eq(local.instance.context, context) => f(Some(local)),
        _ => outside(host, context, f),
    }
}

#[inline(never)]
fn outside<R>(host: Host, context: &'static Context, f: impl FnOnce(Option<&Local>) -> R) -> R {
    // Looked for first: the frame that is put on top is that of no FFI thread.
    with_local(context, |local| enter(host, None, || f(local)))
}

/// The `Local` of the innermost loop on this thread.
pub(super) fn innermost_local<R>(f: impl FnOnce(&Local) -> R) -> Option<R> {
    let mut frame = TOP.get();
    // SAFETY: as in `is_inside`.
    while let Some(here) = unsafe { frame.as_ref() } {
        // SAFETY: as in `with_local`.
        if let Some(local) = unsafe { here.local.as_ref() } {
            return Some(f(local));
        }
        frame = here.parent;
    }
    None
}
