//! What a client has open, by its id; and requests by their keys, until the library has ended them.

use super::Key;
use slab::Slab;
use std::collections::HashMap;
use std::time::Instant;

/// A request that the library has not ended.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) id: u64,
    /// Distinguishes it from an earlier request in the same place.
    serial: u64,
    /// The ticket to cancel it with, after it was started.
    ticket: Option<u64>,
    pub(super) deadline: Option<Instant>,
    /// The client was answered, and may use the id again.
    pub(super) answered: bool,
    unwanted: bool,
}

impl Request {
    pub(super) fn new(id: u64, deadline: Option<Instant>) -> Self {
        Self { id, serial: 0, ticket: None, deadline, answered: false, unwanted: false }
    }
}

/// What an id stands for.
#[derive(Debug)]
pub(super) enum Open {
    Request(Key),
    Listener(Listener),
    Registration(Registration),
}

#[derive(Debug, Default)]
pub(super) struct Listener {
    ticket: Option<u64>,
    unwanted: bool,
    pub(super) missed: u64,
    /// Deferred events, until OPENED was sent.
    pub(super) deferred: Option<Vec<u8>>,
}

#[derive(Debug, Default)]
pub(super) struct Registration {
    opened: bool,
    unwanted: bool,
    deferred: Option<Vec<u8>>,
}

impl Open {
    pub(super) fn listener() -> Self {
        Self::Listener(Listener { deferred: Some(Vec::new()), ..Listener::default() })
    }

    pub(super) fn registration() -> Self {
        Self::Registration(Registration { deferred: Some(Vec::new()), ..Registration::default() })
    }
}

/// What a cancellation has to end.
pub(super) enum Cancelled {
    Request(u64),
    Listener(u64),
    Registration,
}

#[derive(Debug, Default)]
pub(super) struct Ids {
    ids: HashMap<u64, Open>,
    requests: Slab<Request>,
    /// Requests that were started, since the beginning.
    started: u64,
    /// Requests that are answered, and that the library has not ended.
    answered: usize,
}

impl Ids {
    pub(super) fn is_open(&self, id: u64) -> bool {
        self.ids.contains_key(&id)
    }

    /// Requests that the library has not ended.
    pub(super) fn in_flight(&self) -> usize {
        self.requests.len()
    }

    /// Listeners and registrations.
    pub(super) fn subscriptions(&self) -> usize {
        self.ids.len() + self.answered - self.requests.len()
    }

    pub(super) fn start(&mut self, mut request: Request) -> Key {
        let (id, serial) = (request.id, self.started);
        self.started += 1;
        request.serial = serial;
        let key = Key { serial, at: self.requests.insert(request) };
        self.ids.insert(id, Open::Request(key));
        key
    }

    pub(super) fn subscribe(&mut self, id: u64, open: Open) {
        self.ids.insert(id, open);
    }

    fn request(&mut self, key: Key) -> Option<&mut Request> {
        self.requests.get_mut(key.at).filter(|request| request.serial == key.serial)
    }

    /// True if the request was cancelled before its ticket was known.
    pub(super) fn started(&mut self, key: Key, ticket: u64) -> bool {
        // It may have been replied to before this.
        let Some(request) = self.request(key) else { return false };
        request.ticket = Some(ticket);
        request.unwanted
    }

    /// The library has ended a request.
    pub(super) fn finish(&mut self, key: Key) -> Option<Request> {
        self.request(key)?;
        let request = self.requests.remove(key.at);
        if request.answered {
            self.answered -= 1;
        } else {
            self.ids.remove(&request.id);
        }
        Some(request)
    }

    /// A request is answered before the library has ended it. Returns its id, and its ticket if it was started.
    pub(super) fn expire(&mut self, key: Key) -> Option<(u64, Option<u64>)> {
        let request = self.request(key).filter(|request| !request.answered)?;
        request.answered = true;
        request.unwanted = true;
        let (id, ticket) = (request.id, request.ticket);
        self.answered += 1;
        self.ids.remove(&id);
        Some((id, ticket))
    }

    /// The id of a request that is not answered.
    pub(super) fn id_of(&mut self, key: Key) -> Option<u64> {
        self.request(key).filter(|request| !request.answered).map(|request| request.id)
    }

    /// Marks what an id stands for as cancelled. Returns what the caller has to end; nothing if it was cancelled before, or if it
    /// is not in place yet, in which case `started` or `opened` says so.
    pub(super) fn cancel(&mut self, id: u64) -> Option<Cancelled> {
        match self.ids.get_mut(&id)? {
            Open::Request(key) => {
                let request = self.requests.get_mut(key.at)?;
                let first = !std::mem::replace(&mut request.unwanted, true);
                request.ticket.filter(|_| first).map(Cancelled::Request)
            }
            Open::Listener(listener) => {
                let first = !std::mem::replace(&mut listener.unwanted, true);
                listener.ticket.filter(|_| first).map(Cancelled::Listener)
            }
            Open::Registration(registration) => {
                let first = !std::mem::replace(&mut registration.unwanted, true);
                (first && registration.opened).then_some(Cancelled::Registration)
            }
        }
    }

    /// A listener or a registration is in place: sends its deferred frames. True if it was cancelled meanwhile.
    pub(super) fn opened(&mut self, id: u64, ticket: u64, output: &mut Vec<u8>) -> bool {
        let (unwanted, deferred) = match self.ids.get_mut(&id) {
            Some(Open::Listener(listener)) => {
                listener.ticket = Some(ticket);
                (&mut listener.unwanted, listener.deferred.take())
            }
            Some(Open::Registration(registration)) => {
                registration.opened = true;
                (&mut registration.unwanted, registration.deferred.take())
            }
            _ => return false,
        };
        output.extend(deferred.unwrap_or_default());
        std::mem::take(unwanted)
    }

    /// Closes a listener or a registration. Returns how many deferred bytes are dropped with it.
    pub(super) fn close(&mut self, id: u64) -> Option<usize> {
        let deferred = match self.ids.get(&id)? {
            Open::Request(_) => return None,
            Open::Listener(Listener { deferred, .. }) | Open::Registration(Registration { deferred, .. }) => deferred,
        };
        let deferred = deferred.as_ref().map_or(0, Vec::len);
        self.ids.remove(&id);
        Some(deferred)
    }

    pub(super) fn listener(&mut self, id: u64) -> Option<&mut Listener> {
        match self.ids.get_mut(&id)? {
            Open::Listener(listener) => Some(listener),
            _ => None,
        }
    }

    /// The deferred calls of a registration that may be called; the inner `None` if OPENED was sent.
    pub(super) fn registration(&mut self, id: u64) -> Option<Option<&mut Vec<u8>>> {
        match self.ids.get_mut(&id)? {
            Open::Registration(registration) if !(registration.opened && registration.unwanted) => {
                Some(registration.deferred.as_mut())
            }
            _ => None,
        }
    }

    /// The ids of listeners and registrations.
    pub(super) fn subscribed(&self) -> Vec<u64> {
        let subscribed = self.ids.iter().filter(|(_, open)| !matches!(open, Open::Request(_)));
        subscribed.map(|(id, _)| *id).collect()
    }

    /// The tickets of the requests that were started.
    pub(super) fn tickets(&self) -> Vec<u64> {
        self.requests.iter().filter_map(|(_, request)| request.ticket).collect()
    }

    /// Forgets every id. Requests stay until the library has ended them. Returns the tickets of listeners and the ids of
    /// registrations.
    pub(super) fn end(&mut self) -> (Vec<u64>, Vec<u64>) {
        let (mut listeners, mut registrations) = (Vec::new(), Vec::new());
        for (id, open) in std::mem::take(&mut self.ids) {
            match open {
                Open::Listener(Listener { ticket: Some(ticket), unwanted: false, .. }) => listeners.push(ticket),
                Open::Registration(Registration { opened: true, unwanted: false, .. }) => registrations.push(id),
                Open::Request(key) => {
                    if let Some(request) = self.requests.get_mut(key.at) {
                        request.answered = true;
                        request.unwanted = true;
                        self.answered += 1;
                    }
                }
                Open::Listener(_) | Open::Registration(_) => {}
            }
        }
        (listeners, registrations)
    }
}
