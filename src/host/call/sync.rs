//! A call that needs an inline answer.

use super::answer::{Outcome, decoder};
use super::encode::As;
use crate::context::closing::Abandoned;
use crate::context::deadline::Deadline;
use crate::context::gate::Phase;
use crate::context::local::Local;
use crate::error::HostError;
use crate::host::{FromHost, Host, HostFnRef, ToHost};
use crate::panic::{Contained, contain_call as contain};
use crate::registry::{Keep, Name};
use crate::sync::{Arc, Event};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use tokio::sync::oneshot;

/// Lets a thread wait for what a task would await. It needs no thread-local value with a destructor, which a thread that is
/// ending may not have any longer.
#[derive(Default)]
struct Sleeper {
    woken: AtomicBool,
    event: Event,
}

impl Wake for Sleeper {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.woken.store(true, Ordering::Release);
        self.event.notify_all();
    }
}

fn block_on<R>(mut poll: impl FnMut(&mut Context<'_>) -> Poll<R>) -> R {
    let sleeper = Arc::<Sleeper>::default();
    let waker = Waker::from(Arc::clone(&sleeper));
    loop {
        if let Poll::Ready(output) = poll(&mut Context::from_waker(&waker)) {
            return output;
        }
        sleeper.event.wait(|| sleeper.woken.swap(false, Ordering::Acquire).then_some(()));
    }
}

/// Waits for what the FFI thread sends; for nothing, if the context has ended or is given up.
fn receive<R>(mut receiver: oneshot::Receiver<R>, mut abandoned: Abandoned) -> Option<R> {
    let received = block_on(|cx| match Pin::new(&mut receiver).poll(cx) {
        // It is dropped unsent only when the context ends.
        Poll::Ready(sent) => Poll::Ready(sent.ok()),
        Poll::Pending => abandoned.as_mut().poll(cx).map(|()| None),
    });
    // An outcome may have come just now, too late.
    contain(|| drop(receiver));
    received
}

/// See [`Host::call_sync`].
pub(in crate::host) fn call_sync<A, T, E>(host: Host, function: HostFnRef<'_>, args: A) -> Outcome<T, E>
where
    A: ToHost,
    T: FromHost,
    E: FromHost,
{
    // Dropped last, and contained, also when its encoder panics.
    let args = Contained::new(args);
    if let Some(outcome) =
        host.with_local(|local| local.map(|local| call_inline(local, &function, &*args, Deadline::default())))
    {
        return outcome;
    }
    let mut deadline = Deadline::default();
    deadline.begin();
    let (sender, receiver) = oneshot::channel();
    let (name, id, args) =
        (function.name().text().to_owned(), function.name().id(), Contained::new(args.into_inner().into_owned()));
    let job = move |local: &Rc<Local>| {
        let called = catch_unwind(AssertUnwindSafe(|| {
            call_inline(local, &HostFnRef(Name::Given { text: &name, id }), &*args, deadline)
        }));
        if let Err(unsent) = sender.send(called) {
            contain(|| drop(unsent));
        }
    };
    let posted = host.enter(Phase::Closing).map(|inside| {
        let abandoned = inside.closing.abandonment().wait()?;
        inside.post(Box::new(job)).ok().map(|()| abandoned)
    });
    match posted {
        Err(refused) => Err(HostError::from(refused).widen()),
        Ok(None) => Err(HostError::ShuttingDown),
        Ok(Some(abandoned)) => match receive(receiver, abandoned) {
            None => Err(HostError::ShuttingDown),
            Some(Ok(outcome)) => outcome,
            // The author's code panicked, in the FFI thread: so it does here.
            Some(Err(panic)) => resume_unwind(panic),
        },
    }
}

/// Makes a call on the FFI thread, and ends it if it was not answered when the host function returns.
fn call_inline<A: ToHost, T: FromHost, E: FromHost>(
    local: &Local,
    function: &HostFnRef<'_>,
    args: &A,
    deadline: Deadline,
) -> Outcome<T, E> {
    let made = local.prepare(function.name(), deadline, None).and_then(|(hold, _)| {
        let format = hold.function().format;
        local.make(hold, decoder(format), function.name(), (As(format), args))
    });
    let calling = made.map_err(|not_made| not_made.into_error(function.name()).widen())?;
    local.conclude_call(calling).unwrap_or(Err(HostError::TimedOut))
}

#[cfg(all(test, not(ffihost_loom)))]
mod tests {
    use super::*;
    use std::thread;

    #[test]
    fn a_sleeper_is_woken_by_value_and_by_reference() {
        for wake in [Waker::wake, |waker: Waker| waker.wake_by_ref()] {
            let mut polls = 0;
            let waking = block_on(|cx| {
                polls += 1;
                if polls == 2 {
                    return Poll::Ready("woken");
                }
                let waker = cx.waker().clone();
                drop(thread::spawn(move || wake(waker)));
                Poll::Pending
            });
            assert_eq!((waking, polls), ("woken", 2));
        }
    }
}
