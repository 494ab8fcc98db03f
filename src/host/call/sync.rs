//! A call that needs an inline answer.

use super::answer::{Outcome, Reader};
use crate::context::calls::NotMade;
use crate::context::closing::Abandonment;
use crate::context::gate::Phase;
use crate::context::local::Local;
use crate::context::room::Lacks;
use crate::error::HostError;
use crate::host::{FromHost, Host, HostFnRef, ToHost};
use crate::registry::Name;
use crate::sync::{Arc, Condvar, Mutex};
use std::rc::Rc;
use std::time::Duration;

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
            handed = self.changed.wait_for(handed, Duration::from_millis(100));
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
pub(in crate::host) fn call_sync<A, T, E>(host: Host, function: HostFnRef<'_>, args: A) -> Outcome<T, E>
where
    A: ToHost,
    T: FromHost,
    E: FromHost,
{
    if let Some(outcome) = host.with_local(|local| local.map(|local| call_inline(local, &function, &args))) {
        return outcome;
    }
    let handover = Handover::new();
    let hander = Hander(Arc::clone(&handover));
    let (name, id, args) = (function.name().text.to_owned(), function.name().id, args.into_owned());
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
    pub(super) fn into_error(self, name: &Name<'_>) -> HostError {
        match self {
            Self::Lacks(Lacks::RoomInContext | Lacks::RoomInFunction) => HostError::Overloaded,
            Self::Lacks(Lacks::Registration) => HostError::NotRegistered { name: name.text.to_owned() },
            Self::Error(error) => error,
        }
    }
}

/// Makes a call on the FFI thread, and ends it if it was not answered when the host function returns.
fn call_inline<A: ToHost, T: FromHost, E: FromHost>(
    local: &Local,
    function: &HostFnRef<'_>,
    args: &A,
) -> Outcome<T, E> {
    let encode = |format, take: &mut dyn FnMut(&[u8])| args.to_host(format, take);
    let made = local
        .call::<Reader<T, E, false>, Reader<T, E, true>>(function.name(), encode)
        .map_err(|not_made| not_made.into_error(function.name()).widen())?;
    local.conclude_call(made.ticket).unwrap_or(Err(HostError::TimedOut))
}
