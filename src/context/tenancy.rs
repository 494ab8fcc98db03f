//! The use of a record by one life of a context.

use super::record::Record;
use super::vacancies::Seat;
use crate::sync::Arc;

/// The use of a record, shared by every thread that may touch what the record holds: the FFI thread, the event thread, the
/// one that closes. When the last of them drops its share, the record becomes vacant and serves again, also long after a
/// close that has timed out.
pub(crate) struct Tenancy<I: 'static>(&'static Record<I>);

impl<I> Drop for Tenancy<I> {
    fn drop(&mut self) {
        self.0.vacate();
    }
}

/// What a context that was begun has to give back, once: its seat at its end, however that was reached, and its share of the
/// tenancy.
pub(crate) struct Stay<I: 'static> {
    // Dropped in this order.
    _seat: Option<Seat>,
    tenancy: Arc<Tenancy<I>>,
}

impl<I> Stay<I> {
    /// Begins to use a vacant record. Without a seat it does not count for the limit.
    pub(super) fn new(record: &'static Record<I>, seat: Option<Seat>) -> Self {
        Self { _seat: seat, tenancy: Arc::new(Tenancy(record)) }
    }

    pub(crate) fn record(&self) -> &'static Record<I> {
        self.tenancy.0
    }

    pub(crate) fn tenancy(&self) -> Arc<Tenancy<I>> {
        Arc::clone(&self.tenancy)
    }
}
