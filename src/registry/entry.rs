//! What is registered under a name.

use crate::sync::{AtomicU32, Ordering};

/// What the registry has to know of what is registered.
pub(crate) trait Limited {
    /// Open calls at most; 0: no limit.
    fn max_in_flight(&self) -> u32;

    /// Whether nothing is to be looked after for its calls: it has no limit, calls have no deadline but their own, and
    /// payloads are native.
    fn is_plain(&self) -> bool;
}

/// One registration.
#[derive(Debug)]
pub(crate) struct Entry<F> {
    pub(super) name: Box<str>,
    /// What the host registered; dropping it gives it back.
    pub(crate) function: F,
    pub(super) origin: Origin,
    pub(super) unregistered: AtomicU32,
}

/// Whose an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    Host,
    /// A client's, who knows the registration by this number.
    #[cfg(any(test, feature = "ipc"))]
    Client(u64),
}

impl<F> Entry<F> {
    pub(super) fn new(name: &str, function: F, origin: Origin) -> Self {
        Self { name: name.into(), function, origin, unregistered: AtomicU32::new(0) }
    }

    /// Whether it was taken back, not only replaced.
    pub(crate) fn is_unregistered(&self) -> bool {
        // Acquire: pairs with the mark, though the version that led here has ordered them already.
        self.unregistered.load(Ordering::Acquire) != 0
    }
}
