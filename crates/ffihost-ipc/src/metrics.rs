//! What a server counts.

use ffihost_schema::Status;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// What a server counts while it runs. Clones count together.
///
/// Each number is an atomic of its own, so a [`Snapshot`] is of a moment only when nothing happens meanwhile.
#[derive(Clone, Debug, Default)]
pub struct Metrics(Arc<Counters>);

#[derive(Debug, Default)]
struct Counters {
    counts: [AtomicU64; COUNTS],
    answered: [AtomicU64; Status::ALL.len() + 1],
}

/// Something that is counted.
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

    /// A request that was started got this answer.
    pub(crate) fn answered(&self, ret: i32) {
        let last = Status::ALL.len();
        let index = usize::try_from(ret).map_or(last, |ret| ret.min(last));
        self.0.answered[index].fetch_add(1, Relaxed);
    }

    /// All numbers.
    pub fn snapshot(&self) -> Snapshot {
        let get = |what: Count| self.0.counts[what as usize].load(Relaxed);
        // What ends is read before what begins, and what seems to have ended before it began is none.
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

/// What a server has counted since it was made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Snapshot {
    /// Connections now.
    pub connections_open: u64,
    /// Connections ever.
    pub connections_accepted: u64,
    /// Connections that were closed at once, because there were too many.
    pub connections_refused: u64,
    /// Requests that were handed to the library.
    pub requests_started: u64,
    /// How those were answered, where it was not zero times; none for a status that has no name. Those whose connection
    /// ended before are not among them.
    pub requests_answered: Vec<(Option<Status>, u64)>,
    /// Requests that were not handed to the library: too many, no name, or the connection was about to end.
    pub requests_refused: u64,
    /// Requests that the library has not let go of.
    pub requests_in_flight: u64,
    /// Bytes that were read.
    pub bytes_in: u64,
    /// Bytes that were sent.
    pub bytes_out: u64,
    /// Events, once for each listener.
    pub events_sent: u64,
    /// Events that a listener missed, because it did not read or because they were too large.
    pub events_missed: u64,
    /// Calls of host functions at a client.
    pub calls_made: u64,
    /// Answers to such calls that the library took.
    pub calls_completed: u64,
    /// Calls whose answer was not wanted any more: because of a deadline, the library, or the end of the registration or of
    /// its connection.
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
