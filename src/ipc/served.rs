//! A context of a library, as something to serve: the one [`Service`], whatever way the library's functions are called.

use super::callbacks::{self, Listening, Registration, Waiting, delivered, replied};
use super::functions::{Functions, Origin};
use super::handles::{self, Handles, Types};
use crate::DecodeError;
use crate::abi::{Callback, UserData};
use crate::sync::Mutex;
use crate::wire::cbor::Reader;
use ffihost_ipc::{
    ClientHandles, HandleRef, HostFunction, Listener, Refusal, Reply, ServerInfo, Service, Status, Token,
};
use ffihost_schema as schema;
use std::collections::HashMap;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

#[cfg(test)]
mod tests;

/// A context of a library, as something to serve.
pub struct Served<F> {
    inner: Arc<Inner>,
    functions: Arc<F>,
    /// Whose the host functions are that are registered through this.
    origin: Origin,
}

/// A request, or the release of a handle.
struct Method {
    /// Its place.
    at: usize,
    how: How,
    /// If its arguments can hold handles.
    takes: Option<Arc<Handles>>,
    /// If its outcome can hold handles.
    lends: Option<Arc<Handles>>,
}

/// Listeners by their tickets, and the userData that they were added with.
#[derive(Default)]
struct Listeners {
    present: HashMap<u64, UserData>,
    /// Removed while their last deliveries ran: to be asked for again.
    leaving: Vec<(u64, UserData)>,
}

enum How {
    /// It calls back later.
    Asynchronous,
    /// It calls back before it has been started, and may wait before.
    Synchronous,
    /// It releases a handle.
    Release,
}

/// A host function.
struct Function {
    /// If a call can hold handles.
    lends: Option<Arc<Handles>>,
    /// If an answer can.
    takes: Option<Arc<Handles>>,
}

struct Inner {
    surface: schema::Library,
    descriptor: Vec<u8>,
    methods: HashMap<String, Method>,
    events: HashMap<String, Option<Arc<Handles>>>,
    host_fns: HashMap<String, Function>,
    types: Arc<Types>,
    functions: Arc<dyn Functions>,
    /// The listeners that may be called.
    listeners: Mutex<Listeners>,
}

impl<F> Clone for Served<F> {
    fn clone(&self) -> Self {
        Self { inner: Arc::clone(&self.inner), functions: Arc::clone(&self.functions), origin: self.origin }
    }
}

impl<F> fmt::Debug for Served<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Served").field("library", &self.inner.surface.name).finish_non_exhaustive()
    }
}

impl<F> Deref for Served<F> {
    type Target = F;

    fn deref(&self) -> &F {
        &self.functions
    }
}

impl<F: Functions> Served<F> {
    /// A context of the library that the descriptor describes.
    #[doc(hidden)]
    pub fn new(surface: schema::Library, descriptor: Vec<u8>, functions: F) -> Self {
        let functions = Arc::new(functions);
        let any = Arc::<F>::clone(&functions);
        let types = Arc::new(Types::new(&surface, any.clone()));
        let method = |(at, (name, releases)): (usize, (&str, Option<&str>))| {
            let request = surface.requests.iter().find(|request| request.name == name);
            let how = match request {
                _ if releases.is_some() => How::Release,
                Some(request) if request.asynchronous => How::Asynchronous,
                _ => How::Synchronous,
            };
            let takes = request.and_then(|request| types.arguments(&parameters(request)));
            let lends = request.and_then(|request| types.outcome(&request.result, request.error.as_ref()));
            (name.to_owned(), Method { at, how, takes, lends })
        };
        let host_fn = |host_fn: &schema::HostFn| {
            let takes = types.outcome(&host_fn.result, host_fn.error.as_ref());
            (host_fn.name.clone(), Function { lends: types.arguments(&host_fn.params), takes })
        };
        let inner = Inner {
            methods: functions.methods().into_iter().enumerate().map(method).collect(),
            events: surface.events.iter().map(|one| (one.name.clone(), types.arguments(&one.params))).collect(),
            host_fns: surface.host_fns.iter().map(host_fn).collect(),
            types,
            surface,
            descriptor,
            functions: any,
            listeners: Mutex::default(),
        };
        Self { inner: Arc::new(inner), functions, origin: Origin::Client }
    }
}

impl<F> Served<F> {
    /// What a server says of it.
    pub fn server_info(&self, token: Option<Token>) -> ServerInfo {
        let schema::Library { name, version, hash, .. } = self.surface();
        let descriptor = self.inner.descriptor.clone();
        ServerInfo { library: name.clone(), version: version.clone(), abi_hash: *hash, descriptor, token }
    }

    /// The same context for the host itself: the host functions that are registered through this are the host's own.
    #[must_use]
    pub fn of_host(&self) -> Self {
        Self { origin: Origin::Host, ..self.clone() }
    }

    /// What it offers and asks for.
    pub fn surface(&self) -> &schema::Library {
        &self.inner.surface
    }
}

impl Inner {
    /// Removes a listener, and asks again for those that were still running when they were removed. No lock is held while the
    /// library is asked.
    fn unlisten(&self, ticket: u64) {
        let mut removed = {
            let mut listeners = self.listeners.lock();
            let present = listeners.present.remove(&ticket).map(|user_data| (ticket, user_data));
            listeners.leaving.drain(..).chain(present).collect::<Vec<_>>()
        };
        removed.retain(|(ticket, user_data)| {
            // Every other status means that it is not called again.
            let runs = self.functions.unlisten(*ticket) == Err(Status::Busy);
            if !runs {
                callbacks::let_go_of_listener(user_data.0);
            }
            runs
        });
        self.listeners.lock().leaving.append(&mut removed);
    }

    /// Starts a request; its reply is kept until it calls back.
    fn start(&self, method: usize, payload: &[u8], request: Waiting) -> u64 {
        let user_data = callbacks::keep(request);
        if let Err(status) = self.functions.start(method, payload, Callback::new(replied, UserData(user_data)))
            && let Some(Waiting { reply, .. }) = callbacks::take(user_data)
        {
            reply.refuse(&refused(status));
        }
        user_data.addr() as u64
    }

    fn release(&self, kind: usize, payload: &[u8], reply: &Reply) -> Result<(), Refusal> {
        let number = released(payload).map_err(|error| Refusal::new(error.status(), error.to_string()))?;
        if !reply.take_handle(HandleRef { kind, number }) {
            return Err(Refusal::new(Status::UnknownToken, "this connection does not have that handle"));
        }
        self.functions.release(kind, number).map_err(refused)
    }

    fn unknown(&self, what: &str, name: &str) -> Refusal {
        Refusal::new(Status::InvalidArgument, format!("{} has no {what} named `{name}`", self.surface.name))
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        let Listeners { present, leaving } = std::mem::take(self.listeners.get_mut());
        for (ticket, user_data) in present.into_iter().chain(leaving) {
            // A delivery that still runs has its share, and one that begins finds nothing.
            let _also_if_it_runs = self.functions.unlisten(ticket);
            callbacks::let_go_of_listener(user_data.0);
        }
    }
}

/// All parameters of a request, the receiver first.
fn parameters(request: &schema::Request) -> Vec<schema::Field> {
    let mut all = request.params.clone();
    if let schema::Receiver::Handle(handle) = &request.receiver {
        let (name, ty) = (request.receiver_name.clone(), schema::Type::Handle(handle.clone()));
        all.insert(0, schema::Field { name, docs: schema::Docs::default(), ty });
    }
    all
}

/// A text for a status that something was refused with.
fn refused(status: Status) -> Refusal {
    Refusal::new(status, format!("the library refused it: {}", status.name()))
}

/// The handle that a release names.
fn released(payload: &[u8]) -> Result<u64, DecodeError> {
    Reader::new(payload, payload.len()).only(|reader| {
        let mut handle = None;
        reader.fields(|key, value| -> Result<bool, DecodeError> {
            let is_known = key == "handle";
            if is_known {
                handle = Some(value.unsigned().map_err(|error| DecodeError::of_cbor(error).at(key))?);
            }
            Ok(is_known)
        })?;
        handle.ok_or_else(|| DecodeError::new("missing").at("handle"))
    })
}

impl<F: Functions> Service for Served<F> {
    fn request(&self, method: &str, payload: &[u8], reply: Reply) -> u64 {
        let inner = &self.inner;
        let Some(Method { at, how, takes, lends }) = inner.methods.get(method) else {
            reply.refuse(&inner.unknown("request", method));
            return 0;
        };
        if let Some(takes) = takes
            && let Err(error) = takes.check(0, payload, reply.client_handles())
        {
            reply.refuse(&Refusal::new(error.status(), error.to_string()));
            return 0;
        }
        let at = *at;
        let request = |reply| Waiting { reply, lends: lends.clone() };
        match how {
            How::Asynchronous => return inner.start(at, payload, request(reply)),
            How::Synchronous => {
                // It may wait for whatever its author likes.
                let (inner, payload, request) = (Arc::clone(inner), payload.to_owned(), request(reply));
                tokio::task::spawn_blocking(move || inner.start(at, &payload, request));
            }
            How::Release => match inner.release(at, payload, &reply) {
                Ok(()) => reply.done(),
                Err(refusal) => reply.refuse(&refusal),
            },
        }
        0
    }

    fn cancel(&self, ticket: u64) {
        if let Ok(number @ 1..) = usize::try_from(ticket) {
            self.functions.cancel(number);
        }
    }

    fn listen(&self, event: &str, listener: Listener) -> Result<u64, Refusal> {
        let lends = self.inner.events.get(event).ok_or_else(|| self.inner.unknown("event", event))?;
        let user_data = callbacks::keep_listener(Listening { listener, lends: lends.clone() });
        let added = self.functions.listen(event, Callback::new(delivered, UserData(user_data)));
        let ticket = added.map_err(|status| {
            // What was refused is not called.
            callbacks::let_go_of_listener(user_data);
            refused(status)
        })?;
        self.inner.listeners.lock().present.insert(ticket, UserData(user_data));
        Ok(ticket)
    }

    fn unlisten(&self, ticket: u64) {
        self.inner.unlisten(ticket);
    }

    fn register(&self, name: &str, function: HostFunction) -> Result<u64, Refusal> {
        let known = self.inner.host_fns.get(name).ok_or_else(|| self.inner.unknown("host function", name))?;
        let functions = Arc::clone(&self.inner.functions);
        let (lends, takes) = (known.lends.clone(), known.takes.clone());
        let options = Registration { function, lends, takes, functions }.options();
        // SAFETY: userData lives until it is released.
        unsafe { self.functions.register(name, &options, self.origin) }.map_err(|status| {
            // SAFETY: what was refused is not released.
            unsafe { Registration::released(options.user_data) };
            match status {
                Status::Busy => Refusal::new(status, "the process that serves the library has registered it itself"),
                _ => refused(status),
            }
        })
    }

    fn unregister(&self, name: &str, registration: u64) {
        self.functions.unregister(name, registration);
    }

    fn complete(&self, call: u64, ret: i32, payload: &[u8], client: ClientHandles<'_>) -> Result<(), Status> {
        if let Some(takes) = self.inner.types.answer_to(call)
            && let Err(error) = takes.check(ret, payload, client)
        {
            self.functions.complete(call, Status::Decode.code(), error.to_string().as_bytes())?;
            return Err(Status::Decode);
        }
        self.functions.complete(call, ret, payload)
    }

    fn release(&self, handle: HandleRef) {
        handles::release(&*self.functions, handle);
    }
}
