//! How long a host call may take, counted from its first poll.

use std::time::Duration;
use tokio::time::Instant;

/// The time is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Over;

/// The deadline of one call. The clock is read when it is first needed, which is during the first poll, or never.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Deadline {
    limit: Option<Duration>,
    began: Option<Instant>,
}

impl Deadline {
    /// That of a call with a limit of its own, or none, that was polled first at `began`, if that was before.
    #[inline]
    pub(crate) fn new(limit: Option<Duration>, began: Option<Instant>) -> Self {
        Self { limit, began }
    }

    /// Counts from now on, unless it does already: the call has to wait for something.
    pub(crate) fn begin(&mut self) -> Instant {
        *self.began.get_or_insert_with(Instant::now)
    }

    /// When the time is over; `otherwise` holds if the call has no deadline of its own. One beyond what the clock can count
    /// is none.
    ///
    /// # Errors
    ///
    /// If it is over by now.
    #[inline]
    pub(crate) fn until(self, otherwise: &Option<Duration>) -> Result<Option<Instant>, Over> {
        if self.limit.is_none() && otherwise.is_none() { Ok(None) } else { self.after(*otherwise) }
    }

    #[cold]
    fn after(self, otherwise: Option<Duration>) -> Result<Option<Instant>, Over> {
        let Some(limit) = self.limit.or(otherwise) else { return Ok(None) };
        let now = Instant::now();
        // If it begins here no time has passed, whatever the limit.
        let waited = self.began.is_some();
        match self.began.unwrap_or(now).checked_add(limit) {
            Some(at) if waited && at <= now => Err(Over),
            at => Ok(at),
        }
    }
}
