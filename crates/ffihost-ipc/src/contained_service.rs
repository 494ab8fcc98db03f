//! A service whose panics end the call that panicked, and nothing else.

use crate::contain::{Contained, contain};
use crate::service::{ClientHandles, HostFunction, Listener, Refusal, Reply, Service};
use crate::session::HandleRef;
use ffihost_schema::Status;
use std::sync::Arc;

/// Contains each call of a service, and its drop. When a connection ends, the service is called once for each thing that is
/// open: a panic in one of these calls leaves out none of the others.
#[derive(Debug)]
pub(crate) struct ContainedService(Contained<Arc<dyn Service>>);

impl ContainedService {
    pub(crate) fn new(service: Arc<dyn Service>) -> Self {
        Self(Contained::new("a service's drop", service))
    }
}

fn panicked() -> Refusal {
    Refusal::new(Status::Panic, "the library panicked")
}

impl Service for ContainedService {
    /// A [`Reply`] that a panic drops answers PANIC.
    fn request(&self, method: &str, payload: &[u8], reply: Reply) -> u64 {
        contain("a request", || self.0.request(method, payload, reply)).unwrap_or(0)
    }

    fn cancel(&self, ticket: u64) {
        let _logged = contain("a cancellation", || self.0.cancel(ticket));
    }

    fn listen(&self, event: &str, listener: Listener) -> Result<u64, Refusal> {
        contain("adding a listener", || self.0.listen(event, listener)).unwrap_or_else(|| Err(panicked()))
    }

    fn unlisten(&self, ticket: u64) {
        let _logged = contain("removing a listener", || self.0.unlisten(ticket));
    }

    fn register(&self, name: &str, function: HostFunction) -> Result<u64, Refusal> {
        contain("a registration", || self.0.register(name, function)).unwrap_or_else(|| Err(panicked()))
    }

    fn unregister(&self, name: &str, ticket: u64) {
        let _logged = contain("taking a registration back", || self.0.unregister(name, ticket));
    }

    fn complete(&self, call: u64, ret: i32, payload: &[u8], client: ClientHandles<'_>) -> Result<(), Status> {
        contain("an answer", || self.0.complete(call, ret, payload, client)).unwrap_or(Err(Status::Panic))
    }

    fn release(&self, handle: HandleRef) {
        let _logged = contain("a release", || self.0.release(handle));
    }
}
