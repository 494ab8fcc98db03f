//! Which client provides a host function when several have registered it.
//!
//! The library has the newest registration of a name. When that ends, the one before it is registered again; when the last one
//! ends, the name is unregistered. Each name has a lock that orders its registrations. It is held while the service registers and
//! unregisters; the service may call [`HostFunction::call`] and [`HostFunction::cancel`] meanwhile, which do not take it.

use crate::service::{HostFunction, Refusal, Service};
use crate::shared_session::SharedSession;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

/// The clients that offer host functions, by name, the newest last. Clones share them: so several servers of one library have
/// the same newest.
#[derive(Clone, Debug, Default)]
pub struct Providers {
    names: Arc<Mutex<HashMap<String, OfName>>>,
}

/// The registrations of one name, the newest last, under the lock of the name.
type OfName = Arc<Mutex<Vec<Provider>>>;

/// A client's registration of a host function.
#[derive(Clone, Debug)]
pub(super) struct Provider {
    pub(super) session: Arc<SharedSession>,
    pub(super) id: u64,
    pub(super) max_in_flight: u32,
    pub(super) deadline: Option<Duration>,
    /// The ticket that its latest registration is taken back with.
    pub(super) ticket: u64,
}

impl Provider {
    fn function(&self) -> HostFunction {
        let Self { session, id, max_in_flight, deadline, .. } = self.clone();
        HostFunction { session, id, max_in_flight, deadline }
    }
}

impl Providers {
    /// Registers a host function in place of the other clients'.
    pub(super) fn add(&self, service: &dyn Service, name: &str, mut provider: Provider) -> Result<(), Refusal> {
        let of_name = Arc::clone(self.names.lock().entry(name.to_owned()).or_default());
        let mut providers = of_name.lock();
        let added = service.register(name, provider.function());
        let added = added.map(|ticket| {
            provider.ticket = ticket;
            providers.push(provider);
        });
        drop(providers);
        self.forget_if_empty(name);
        added
    }

    /// Takes a registration back, and restores the newest that is left, if it was the newest.
    pub(super) fn remove(&self, service: &dyn Service, session: &Arc<SharedSession>, id: u64) {
        let names: Vec<_> =
            self.names.lock().iter().map(|(name, of_name)| (name.clone(), Arc::clone(of_name))).collect();
        for (name, of_name) in names {
            let mut providers = of_name.lock();
            let Some(at) = providers.iter().position(|one| Arc::ptr_eq(&one.session, session) && one.id == id) else {
                continue;
            };
            let was_newest = at + 1 == providers.len();
            let removed = providers.remove(at);
            if was_newest {
                restore_newest(service, &name, &mut providers, removed.ticket);
            }
            drop(providers);
            self.forget_if_empty(&name);
            return;
        }
    }

    fn forget_if_empty(&self, name: &str) {
        let mut names = self.names.lock();
        // Without another reference no registration is being added: to get one, this lock is needed.
        if names.get(name).is_some_and(|of_name| Arc::strong_count(of_name) == 1 && of_name.lock().is_empty()) {
            names.remove(name);
        }
    }
}

/// Registers the newest provider in place of the one that was removed, or takes that one's registration back.
fn restore_newest(service: &dyn Service, name: &str, providers: &mut [Provider], ticket: u64) {
    let Some(last) = providers.last_mut() else { return service.unregister(name, ticket) };
    match service.register(name, last.function()) {
        Ok(ticket) => last.ticket = ticket,
        Err(error) => {
            // The host may have taken the name over: its registration has another ticket, and stays.
            tracing::warn!(name, %error, "an earlier registration could not be restored");
            service.unregister(name, ticket);
        }
    }
}
