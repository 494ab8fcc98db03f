//! What the library's side reports.

use super::{Action, HandleRef, Key, NULL, Session, Stage, Version};
use crate::metrics::Count;
use crate::service::Refusal;
use crate::wire::frame::FromServer;
use ffihost_schema::Status;

impl Session {
    /// A request was started, and can be cancelled with this ticket. True if it was cancelled meanwhile.
    #[must_use = "a request that was cancelled meanwhile has to be cancelled by the caller"]
    pub fn started(&mut self, key: Key, ticket: u64) -> bool {
        self.ids.started(key, ticket)
    }

    /// Ends a request with an outcome; exactly once for each that was started. Returns whether the client is sent the outcome.
    pub fn reply(&mut self, key: Key, ret: i32, payload: &[u8]) -> bool {
        let Some(request) = self.ids.finish(key) else { return false };
        self.metrics.count(Count::RequestFinished);
        if let Some(deadline) = request.deadline {
            self.timers.remove_deadline(deadline, key);
        }
        let waits = !request.answered && self.stage != Stage::Over;
        let answered = waits.then(|| self.answer(request.id, ret, payload));
        if let Some(answered) = answered {
            self.metrics.answered(answered);
        }
        self.end_of_drain();
        answered == Some(ret)
    }

    /// Warns the client that a request still runs.
    pub fn stale(&mut self, key: Key, elapsed_ms: u64) {
        if let (Some(id), Some(Version::Two)) = (self.ids.id_of(key), self.version) {
            self.send_if_capacity(FromServer::Stale { id, elapsed_ms }, 0);
        }
    }

    /// A listener or a registration is in place; a listener has a ticket to remove it with. If it was cancelled meanwhile, the
    /// action ends it.
    #[must_use = "what was cancelled meanwhile has to be ended"]
    pub fn opened(&mut self, id: u64, ticket: u64) -> Action<'static> {
        if self.stage == Stage::Over {
            return Action::None;
        }
        FromServer::Opened { id }.encode(&mut self.output);
        let before = self.output.len();
        let unwanted = self.ids.opened(id, ticket, &mut self.output);
        self.deferred -= self.output.len() - before;
        if unwanted { self.cancel(id) } else { Action::None }
    }

    /// A listener or a registration was refused.
    pub fn refused(&mut self, id: u64, status: Status, text: &str) {
        self.close(id, status.code(), text.as_bytes());
    }

    /// A listener or a registration was ended.
    pub fn closed(&mut self, id: u64) {
        self.close(id, Status::Ok.code(), &[NULL]);
    }

    fn close(&mut self, id: u64, ret: i32, payload: &[u8]) {
        if let Some(deferred) = self.ids.close(id)
            && self.stage != Stage::Over
        {
            self.deferred -= deferred;
            self.answer(id, ret, payload);
        }
        self.end_of_drain();
    }

    /// Sends an event to a listener. Returns whether the client is sent it; otherwise it is counted as missed.
    pub fn event(&mut self, id: u64, payload: &[u8]) -> bool {
        let room = self.has_capacity(payload.len()) && self.output.len() + self.deferred < self.limits.output / 2;
        let Some(listener) = self.ids.listener(id).filter(|_| self.stage != Stage::Over) else { return false };
        if !room {
            listener.missed += 1;
            self.metrics.count(Count::EventMissed);
            return false;
        }
        self.metrics.count(Count::EventSent);
        let missed = std::mem::take(&mut listener.missed);
        let frame = FromServer::Event { id, missed, payload };
        encode_or_defer(frame, listener.deferred.as_mut(), &mut self.deferred, &mut self.output);
        true
    }

    /// Sends a call to a registration.
    ///
    /// # Errors
    ///
    /// If the registration or the session is over, if the arguments are longer than a frame, or without capacity.
    pub fn call(&mut self, call: u64, id: u64, payload: &[u8]) -> Result<(), Refusal> {
        if self.stage == Stage::Over {
            return Err(Refusal::new(Status::Disconnected, "the connection has ended"));
        }
        if !self.fits_a_frame(payload.len()) {
            return Err(Refusal::new(Status::TooLarge, "the arguments are larger than what the client accepts"));
        }
        if !self.has_capacity(payload.len()) {
            return Err(Refusal::new(Status::Busy, "the client does not read what is sent to it"));
        }
        let Some(deferred) = self.ids.registration(id) else {
            return Err(Refusal::new(Status::Cancelled, "the client has taken its registration back"));
        };
        encode_or_defer(FromServer::Call { call, id, payload }, deferred, &mut self.deferred, &mut self.output);
        self.calls.insert(call, id);
        self.metrics.count(Count::CallMade);
        Ok(())
    }

    /// Adds handles to the client's: they are in a payload that it is sent. One that is in it twice is listed twice.
    pub fn add_handles(&mut self, handles: &[HandleRef]) {
        self.handles.add(handles);
    }

    /// Whether the client has a handle. A client cannot use another client's.
    pub fn has_handle(&self, handle: HandleRef) -> bool {
        self.handles.has(handle)
    }

    /// Takes a handle from the client, once, to be released. False if the client does not have it.
    #[must_use = "a handle that was taken has to be released"]
    pub fn take_handle(&mut self, handle: HandleRef) -> bool {
        self.handles.take(handle)
    }

    /// Cancels a call: its answer is refused from now on.
    pub fn cancel_call(&mut self, call: u64) {
        if self.calls.remove(&call).is_some() {
            self.metrics.count(Count::CallCancelled);
            self.send(FromServer::CallCancelled { call });
        }
    }

    /// The answer to a call was refused.
    pub fn call_refused(&mut self, call: u64, status: Status) {
        self.metrics.count(Count::CallRefused);
        self.send(FromServer::CallRefused { call, ret: status.code() });
    }
}

/// Sends a frame, or defers it until OPENED was sent.
fn encode_or_defer(
    frame: FromServer<'_>,
    deferred: Option<&mut Vec<u8>>,
    all_deferred: &mut usize,
    output: &mut Vec<u8>,
) {
    let Some(deferred) = deferred else { return frame.encode(output) };
    let before = deferred.len();
    frame.encode(deferred);
    *all_deferred += deferred.len() - before;
}
