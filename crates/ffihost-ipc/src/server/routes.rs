//! Which client is asked when several offer one host function.
//!
//! The newest registration of a name is the one that the library has. When it ends, the one before it is registered again;
//! when it was the last, the name is unregistered. Registrations of one name are put one after the other by a lock of that
//! name alone, which is held while the library is told: it calls nothing of ours back but [`HostFunction::call`] and
//! [`HostFunction::cancel`], which take no such lock.

use crate::link::Link;
use crate::service::{HostFunction, Refusal, Service};
use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

/// Registrations by name, the newest last.
#[derive(Debug, Default)]
pub(super) struct Routes {
    names: Mutex<HashMap<String, Arc<Mutex<Vec<Candidate>>>>>,
}

/// A client that offers a host function.
#[derive(Clone, Debug)]
pub(super) struct Candidate {
    pub(super) link: Arc<Link>,
    pub(super) id: u64,
    pub(super) max_in_flight: u32,
    pub(super) deadline: Option<Duration>,
    /// What its latest registration is taken back by.
    pub(super) ticket: u64,
}

impl Candidate {
    fn function(&self) -> HostFunction {
        let Self { link, id, max_in_flight, deadline, .. } = self.clone();
        HostFunction { link, id, max_in_flight, deadline }
    }
}

impl Routes {
    /// Puts a registration before all others of its name.
    pub(super) fn add(&self, service: &dyn Service, name: &str, mut candidate: Candidate) -> Result<(), Refusal> {
        let route = Arc::clone(self.names.lock().entry(name.to_owned()).or_default());
        let mut candidates = route.lock();
        let added = service.register(name, candidate.function());
        let added = added.map(|ticket| {
            candidate.ticket = ticket;
            candidates.push(candidate);
        });
        drop(candidates);
        self.forget_if_empty(name);
        added
    }

    /// Takes a registration away.
    pub(super) fn remove(&self, service: &dyn Service, link: &Arc<Link>, id: u64) {
        let routes: Vec<_> = self.names.lock().iter().map(|(name, route)| (name.clone(), Arc::clone(route))).collect();
        for (name, route) in routes {
            let mut candidates = route.lock();
            let Some(at) = candidates.iter().position(|one| Arc::ptr_eq(&one.link, link) && one.id == id) else {
                continue;
            };
            let was_asked = at + 1 == candidates.len();
            let removed = candidates.remove(at);
            if was_asked {
                ask_the_last(service, &name, &mut candidates, removed.ticket);
            }
            drop(candidates);
            self.forget_if_empty(&name);
            return;
        }
    }

    fn forget_if_empty(&self, name: &str) {
        let mut names = self.names.lock();
        // Nobody is about to add to it if nobody else has it: that takes this lock.
        if names.get(name).is_some_and(|route| Arc::strong_count(route) == 1 && route.lock().is_empty()) {
            names.remove(name);
        }
    }
}

/// Registers the newest candidate in place of the one that was asked, or takes that one's registration back.
fn ask_the_last(service: &dyn Service, name: &str, candidates: &mut [Candidate], ticket: u64) {
    let Some(last) = candidates.last_mut() else { return service.unregister(name, ticket) };
    match service.register(name, last.function()) {
        Ok(ticket) => last.ticket = ticket,
        Err(error) => {
            // The host may have taken the name over: its registration has another ticket, and stays.
            tracing::warn!(name, %error, "an earlier registration could not be restored");
            service.unregister(name, ticket);
        }
    }
}
