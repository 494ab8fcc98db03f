//! A server's counters.

use ffihost_schema::Status;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// A server's counters. Clones share them.
///
/// Each number is an atomic of its own, so the numbers of a [`Snapshot`] may be of slightly different moments.
#[derive(Clone, Debug, Default)]
pub struct Metrics(Arc<Counters>);

#[derive(Debug, Default)]
struct Counters {
    counts: [AtomicU64; COUNTS],
    answered: [AtomicU64; Status::ALL.len() + 1],
}

/// The index of a counter.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Count {
    ConnectionAccepted,
    ConnectionRefused,
    ConnectionEnded,
    RequestStarted,
    RequestRefused,
    RequestFinished,
    BytesIn,
    BytesOut,
    EventSent,
    EventMissed,
    CallMade,
    CallCompleted,
    CallCancelled,
    CallRefused,
}

const COUNTS: usize = Count::CallRefused as usize + 1;

impl Metrics {
    pub(crate) fn count(&self, what: Count) {
        self.add(what, 1);
    }

    pub(crate) fn add(&self, what: Count, number: usize) {
        self.0.counts[what as usize].fetch_add(number as u64, Relaxed);
    }

    /// Counts the answer to a request that was started, by its status.
    pub(crate) fn answered(&self, ret: i32) {
        let last = Status::ALL.len();
        let index = usize::try_from(ret).map_or(last, |ret| ret.min(last));
        self.0.answered[index].fetch_add(1, Relaxed);
    }

    /// Reads all counters.
    pub fn snapshot(&self) -> Snapshot {
        let get = |what: Count| self.0.counts[what as usize].load(Relaxed);
        // Ends are read before beginnings, and a difference below zero counts as zero.
        let ended = get(Count::ConnectionEnded);
        let finished = get(Count::RequestFinished);
        let (accepted, started) = (get(Count::ConnectionAccepted), get(Count::RequestStarted));
        let answered = self.0.answered.iter().map(|count| count.load(Relaxed)).enumerate();
        let answered = answered.filter(|(_, count)| *count > 0);
        Snapshot {
            connections_open: accepted.saturating_sub(ended),
            connections_accepted: accepted,
            connections_refused: get(Count::ConnectionRefused),
            requests_started: started,
            requests_answered: answered
                .map(|(index, count)| (i32::try_from(index).ok().and_then(Status::from_code), count))
                .collect(),
            requests_refused: get(Count::RequestRefused),
            requests_in_flight: started.saturating_sub(finished),
            bytes_in: get(Count::BytesIn),
            bytes_out: get(Count::BytesOut),
            events_sent: get(Count::EventSent),
            events_missed: get(Count::EventMissed),
            calls_made: get(Count::CallMade),
            calls_completed: get(Count::CallCompleted),
            calls_cancelled: get(Count::CallCancelled),
            calls_refused: get(Count::CallRefused),
        }
    }
}

/// The counters of a server at one moment, from its creation on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Snapshot {
    /// Connections that are open.
    pub connections_open: u64,
    /// Connections that were accepted.
    pub connections_accepted: u64,
    /// Connections that were closed at once, because there were too many.
    pub connections_refused: u64,
    /// Requests that were handed to the library.
    pub requests_started: u64,
    /// How often each status answered a started request, without zeros; `None` stands for all statuses without a name. Requests
    /// whose connection ended first are not counted.
    pub requests_answered: Vec<(Option<Status>, u64)>,
    /// Requests that were not handed to the library: over a limit, without a valid name, or while the connection closes.
    pub requests_refused: u64,
    /// Requests that the library has not ended.
    pub requests_in_flight: u64,
    /// Bytes that were read.
    pub bytes_in: u64,
    /// Bytes that were sent.
    pub bytes_out: u64,
    /// Events that were sent, counted once for each listener.
    pub events_sent: u64,
    /// Events that a listener missed, because the client did not read or because they were too large.
    pub events_missed: u64,
    /// Calls of host functions that were sent to a client.
    pub calls_made: u64,
    /// Answers to such calls that the library accepted.
    pub calls_completed: u64,
    /// Calls that were cancelled: by a deadline, by the library, or by the end of the registration or of its connection.
    pub calls_cancelled: u64,
    /// Answers that were refused: late, a second one, or one that does not decode.
    pub calls_refused: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_without_a_name_are_counted_together() {
        let metrics = Metrics::default();
        for ret in [0, 1, 1, -1, i32::MIN, i32::MAX, Status::ALL.len() as i32] {
            metrics.answered(ret);
        }
        let answered = metrics.snapshot().requests_answered;
        assert_eq!(answered, [(Some(Status::Ok), 1), (Some(Status::Err), 2), (None, 4)]);
    }

    #[test]
    fn clones_count_together() {
        let metrics = Metrics::default();
        let other = metrics.clone();
        other.count(Count::ConnectionAccepted);
        metrics.count(Count::ConnectionAccepted);
        other.count(Count::ConnectionEnded);
        other.add(Count::BytesIn, 7);
        let Snapshot { connections_open, connections_accepted, bytes_in, .. } = metrics.snapshot();
        assert_eq!((connections_open, connections_accepted, bytes_in), (1, 2, 7));
    }
}
