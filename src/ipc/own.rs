//! A context of this very library, as something to serve: its functions are called directly.

use super::callbacks::{Registration, heard, keep, replied, take};
use super::rows::rows;
use crate::abi::served::{Remote, Row, Start};
use crate::abi::{AnyLibrary, Callback, UserData};
use crate::context::gate::Phase;
use crate::inflight::Token;
use crate::sync::{Arc, Mutex};
use crate::wire::cbor::Reader;
use crate::{DecodeError, Format, Host};
use ffihost_ipc::{HostFunction, Listener, Refusal, Reply, Service, Status, Terms, Token as Secret};
use std::collections::{HashMap, HashSet};
use std::ffi::c_void;
use std::fmt;

/// A context of this library, as something to serve.
#[derive(Clone)]
pub struct Own(Arc<Inner>);

struct Inner {
    library: &'static AnyLibrary,
    host: Host,
    requests: HashMap<&'static str, Start>,
    /// What listeners were added with, until they are removed.
    listeners: Mutex<HashMap<u64, Arc<Listener>>>,
    /// The names that are registered from here.
    registered: Mutex<HashSet<String>>,
}

impl fmt::Debug for Own {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Own").field("library", &self.0.library).field("host", &self.0.host).finish_non_exhaustive()
    }
}

impl Own {
    /// A context of a library.
    pub(crate) fn new(library: &'static AnyLibrary, host: Host) -> Self {
        let of_library = |row: &&Row| row.module.split("::").next() == library.crate_name();
        let requests = rows().filter(of_library).map(|row| (row.name, row.start)).collect();
        let (listeners, registered) = (Mutex::new(HashMap::new()), Mutex::new(HashSet::new()));
        Self(Arc::new(Inner { library, host, requests, listeners, registered }))
    }

    /// What a server says of it.
    pub fn terms(&self, token: Option<Secret>) -> Terms {
        let descriptor = self.0.library.descriptor();
        Terms {
            library: self.0.library.name().to_owned(),
            version: self.0.library.version().to_string_lossy().into_owned(),
            abi_hash: descriptor.hash,
            descriptor: descriptor.bytes.clone(),
            token,
        }
    }

    fn unknown(&self, what: &str, name: &str) -> Refusal {
        Refusal::new(Status::InvalidArgument, format!("{} has no {what} named `{name}`", self.0.library.name()))
    }
}

/// A text for a status that a request was refused with.
fn refused(status: Status) -> Refusal {
    Refusal::new(status, format!("the library refused it: {}", status.name()))
}

impl Inner {
    /// Starts a request; its reply is kept until it calls back.
    fn start(&self, start: fn(Remote<'_>) -> Result<(), Status>, payload: &[u8], reply: Reply) -> u64 {
        let user_data = keep(reply);
        let callback = Callback::new(replied, UserData(user_data));
        if let Err(status) = start(Remote { host: self.host, callback, payload })
            && let Some(reply) = take(user_data)
        {
            reply.refuse(&refused(status));
        }
        user_data.addr() as u64
    }

    fn release(&self, release: fn(Host, u64) -> Result<(), Status>, payload: &[u8], reply: Reply) {
        let handle = Reader::new(payload, payload.len()).only(|reader| {
            let mut handle = None;
            reader.map(|key, value| match key {
                "handle" => value.unsigned().map(|number| handle = Some(number)).map_err(|error| error.at(key)),
                _ => value.skip(),
            })?;
            handle.ok_or_else(|| DecodeError::new("missing").at("handle"))
        });
        match handle.map_err(|error| Refusal::new(error.status(), error.to_string())) {
            Ok(handle) => match release(self.host, handle) {
                Ok(()) => reply.done(),
                Err(status) => reply.refuse(&refused(status)),
            },
            Err(refusal) => reply.refuse(&refusal),
        }
    }

    fn complete(&self, call: u64, ret: i32, payload: &[u8]) -> Result<(), Status> {
        let token = Token::from_bits(call).ok_or(Status::UnknownToken)?;
        let answer = self.host.answer(token, ret, payload).ok_or(Status::UnknownToken)?;
        crate::abi::accepted(&answer)
    }
}

impl Service for Own {
    fn request(&self, method: &str, payload: &[u8], reply: Reply) -> u64 {
        match self.0.requests.get(method) {
            Some(Start::Asynchronous(start)) => return self.0.start(*start, payload, reply),
            Some(Start::Synchronous(start)) => {
                // It may wait for whatever its author likes.
                let (own, start, payload) = (self.clone(), *start, payload.to_owned());
                tokio::task::spawn_blocking(move || own.0.start(start, &payload, reply));
            }
            Some(Start::Release(release)) => self.0.release(*release, payload, reply),
            None => reply.refuse(&self.unknown("request", method)),
        }
        0
    }

    fn cancel(&self, ticket: u64) {
        if let Ok(number @ 1..) = usize::try_from(ticket)
            && let Ok(inside) = self.0.host.enter(Phase::Finishing)
        {
            let user_data = UserData(std::ptr::without_provenance_mut(number));
            let _not_any_more = crate::abi::cancel_in(&inside, user_data);
        }
    }

    fn listen(&self, event: &str, listener: Listener) -> Result<u64, Refusal> {
        if !self.0.library.descriptor().events.contains(event) {
            return Err(self.unknown("event", event));
        }
        let listener = Arc::new(listener);
        // What it points to is dropped after the listener was removed.
        let user_data = UserData(Arc::as_ptr(&listener).cast_mut().cast::<c_void>());
        let ticket = crate::abi::add_listener(self.0.host, event, Format::Cbor, Callback::new(heard, user_data));
        let ticket = ticket.map_err(refused)?;
        self.0.listeners.lock().insert(ticket, listener);
        Ok(ticket)
    }

    fn unlisten(&self, ticket: u64) {
        let removed = crate::abi::remove_listener(self.0.host, ticket);
        let listener = self.0.listeners.lock().remove(&ticket);
        // A context that has ended calls nobody; one that may still call keeps what it calls with.
        if let Some(listener) = listener
            && removed == Err(Status::Busy)
        {
            let _for_ever = Arc::into_raw(listener);
        }
    }

    fn register(&self, name: &str, function: HostFunction) -> Result<(), Refusal> {
        if !self.0.library.descriptor().host_fns.contains(name) {
            return Err(self.unknown("host function", name));
        }
        let taken = self.0.host.enter(Phase::Closing).is_ok_and(|inside| inside.registry.contains(name));
        if taken && !self.0.registered.lock().contains(name) {
            let text = "the process that serves the library has registered it itself";
            return Err(Refusal::new(Status::Busy, text));
        }
        let inner = Arc::clone(&self.0);
        let complete = move |call, status: Status, text: &[u8]| {
            // Nobody else knows of the call, so it is open.
            let _settled = inner.complete(call, status.code(), text);
        };
        let options = Registration::options(function, Box::new(complete));
        // SAFETY: userData lives until it is released.
        let registered = unsafe { crate::abi::register_with(self.0.library, Ok(self.0.host), name, &options) };
        if let Err(status) = registered {
            // SAFETY: what was refused is not released.
            unsafe { Registration::refused(&options) };
            return Err(refused(status));
        }
        self.0.registered.lock().insert(name.to_owned());
        Ok(())
    }

    fn unregister(&self, name: &str) {
        let was_ours = self.0.registered.lock().remove(name);
        if was_ours {
            // SAFETY: nothing is registered.
            let _gone_with_its_context =
                unsafe { crate::abi::register_with(self.0.library, Ok(self.0.host), name, &Registration::none()) };
        }
    }

    fn complete(&self, call: u64, ret: i32, payload: &[u8]) -> Result<(), Status> {
        self.0.complete(call, ret, payload)
    }
}
